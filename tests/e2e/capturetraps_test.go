package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

/*
What may happen to a capture between its beginning and its end, and the test that makes it happen.

	second tracer: another schedtop           TestSecondTracerIsNamed
	second tracer: a client of the agent      TestAnotherClientOfTheAgentIsNamed
	second tracer: the program, its pprof     TestTheProgramsOwnTraceIsLeftAlone
	two schedtops ask at once                 TestOfTwoAtOnceOneTakesItAndNamesItself
	an automatic one after another            TestAutomaticCapturesKeepApartAcrossProcesses
	the agent's own pause                     TestCooldownSaysWhenToTryAgain
	schedtop is cancelled                     TestCancelledCaptureLeavesNothing, TestTCancelsWhatItBegan,
	                                          TestQuitDuringATraceLeavesNothing
	schedtop is cancelled: asking             TestCaptureIsCancelledWhileTheAgentIsSilent
	schedtop is cancelled: saving             TestSavingToAStuckDiskIsCancelled
	schedtop is killed                        TestKilledSchedtopLeavesTheAgentWellAndItsFileIsSwept
	schedtop's reader is gone (-o - | head)   TestReaderThatIsGoneEndsTheCapture
	client stopped, or does not read          traceclient_test.go
	target killed                             TestTargetKilledWhileItIsTracedIsExit5,
	                                          TestTargetKilledDuringTIsSaidOnTheScreen
	target stopped                            TestTargetStoppedWhileItIsTracedIsOneSentence
	an agent that lies, floods or is silent   fakecapture_test.go
	more bytes than are allowed               TestCaptureHasNoMoreBytesThanAllowed
	disk full                                 TestFullDiskLeavesNothing
	limit on files (ulimit -f)                TestLimitOnFilesIsADiskThatIsFull
	disk stalls, is too slow, never answers   slowdisk_test.go
	the clock jumps                           TestNothingDependsOnTheWallClock, trace_store's unit tests
	no place for a lock, or a trap in it      TestCaptureGoesOnWhereThereIsNoPlaceForALock, capture_lock's
	                                          unit tests
	a thousand in a row                       TestAThousandCapturesLeaveNothingBehind
*/

// flooding is an agent of a program that has far more to tell than any disk takes: ~100 MB/s, and like a
// real one it gives up a client that holds it up for a second.
func flooding() liar {
	return fakeTrace("that floods", func(w http.ResponseWriter) {
		control := http.NewResponseController(w)
		_, _ = fmt.Fprint(w, header126)
		chunk := make([]byte, 1<<20)
		for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
			_ = control.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := w.Write(chunk); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
	})
}

func TestAnotherClientOfTheAgentIsNamed(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), traceClientEnv+"="+w.socket(t))
	client := start(t, cmd)
	client.stdout.waitFor(t, "status line", func(text []string) bool { return len(text) > 0 })
	r := schedtop(t, "capture", "-p", w.p(), "--trace-dir", w.dir)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "PID "+itoa(client.pid()))
	mustBeEmpty(t, w.dir)
}

// What go tool pprof and curl do, and what the program may do by itself.
func TestTheProgramsOwnTraceIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := &traced{launch{build: build{program: "service"}, args: []string{"-agent", "-pprof"}}.run(t), t.TempDir()}
	_, addr, _ := strings.Cut(strings.Join(w.stdout.all(), " "), "addr=")
	addr, _, _ = strings.Cut(addr, " ")
	answer, err := http.Get("http://" + addr + "/debug/pprof/trace?seconds=10")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("no trace by net/http/pprof: %v %v", answer, err)
	}
	defer func() { _ = answer.Body.Close() }()
	r := schedtop(t, "capture", "-p", w.p(), "--trace-dir", w.dir)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "the program itself already")
	mustBeEmpty(t, w.dir)
	// And its own trace is whole.
	file := filepath.Join(t.TempDir(), "own.trace")
	own, err := io.ReadAll(answer.Body)
	if err == nil {
		err = os.WriteFile(file, own, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	parse(t, file)
	w.mustCapture(t)
}

func TestOfTwoAtOnceOneTakesItAndNamesItself(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	var all []*process
	for i := 0; i < 4; i++ {
		all = append(all, startSchedtop(t, "capture", "-p", w.p(), "-s", "8s", "--trace-dir", w.dir))
	}
	taken, refused := "", []string(nil)
	for _, p := range all {
		r := finish(t, p)
		if r.status == exitOK {
			taken += itoa(p.pid()) + " "
			continue
		}
		r.expect(t, exitFailed)
		refused = append(refused, r.oneSentence(t))
	}
	if strings.Count(taken, " ") != 1 {
		t.Fatalf("taken by: %q", taken)
	}
	for _, said := range refused {
		mustContain(t, said+" ", "schedtop with PID "+taken)
	}
	if left := names(t, w.dir); len(left) != 1 {
		t.Errorf("one trace expected: %v", left)
	}
}

func TestAutomaticCapturesKeepApartAcrossProcesses(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	w.goroutines(t).expect(t, exitOK)
	for _, args := range [][]string{{"--automatic"}, {"--automatic", "--goroutines"}, {"--automatic", "--cooldown", "1h"}} {
		r := schedtop(t, append([]string{"capture", "-p", w.p(), "--trace-dir", w.dir}, args...)...)
		r.expect(t, exitFailed)
		mustContain(t, r.oneSentence(t), "last capture of process "+w.p(), "try again in")
	}
	// A person, and who sets another pause, needs not wait; another program has a pause of its own.
	w.goroutines(t).expect(t, exitOK)
	w.goroutines(t, "--automatic", "--cooldown", "0").expect(t, exitOK)
	w.capture(t, "--trace-dir", w.dir, "--automatic", "--cooldown", "0").expect(t, exitOK)
	other := startTraced(t, build{}, "quiet")
	other.goroutines(t, "--automatic").expect(t, exitOK)
	other.capture(t, "--trace-dir", other.dir, "--automatic", "--cooldown", "0").expect(t, exitOK)
}

func (w *traced) goroutines(t *testing.T, args ...string) result {
	t.Helper()
	return schedtop(t, append([]string{"capture", "-p", w.p(), "--goroutines", "--trace-dir", w.dir}, args...)...)
}

func TestGoroutinesAreWrittenDown(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mutex")
	r := w.goroutines(t)
	r.expect(t, exitOK)
	left := names(t, w.dir)
	if len(left) != 1 || !strings.HasPrefix(left[0], "workload-"+w.p()+"-") ||
		!strings.HasSuffix(left[0], "-go1."+itoa(minor(t, local))+".goroutines.txt") {
		t.Fatalf("no name of a list of goroutines: %v", left)
	}
	if len(r.stdout) != 1 || r.stdout[0] != filepath.Join(w.dir, left[0]) {
		t.Errorf("its path expected: schedtop %v", r)
	}
	text, err := os.ReadFile(r.stdout[0])
	if err != nil {
		t.Fatal(err)
	}
	mustContain(t, string(text), "goroutine profile: total ", "main.startMutex", "busy.go:")
	r = w.goroutines(t, "-s", "2s")
	r.expect(t, exitUsage)
}

func TestCaptureIsCancelledWhileTheAgentIsSilent(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	var asked atomic.Bool
	fakeTrace("that never begins", func(http.ResponseWriter) {
		asked.Store(true)
		time.Sleep(patience)
	}).serve(t, w)
	dir := t.TempDir()
	p := startSchedtop(t, "capture", "-p", w.p(), "--trace-dir", dir)
	waitUntil(t, "the question", asked.Load)
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t, patience); status != 128+int(syscall.SIGTERM) {
		t.Errorf("exit status %d\n%s", status, tail(p.stderr.all()))
	}
	mustBeEmpty(t, dir)
}

func TestReaderThatIsGoneEndsTheCapture(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	flooding().serve(t, w)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "capture", "-p", w.p(), "-s", "20s", "-o", "-")
	cmd.Stdout = writer
	p := start(t, cmd)
	_ = writer.Close()
	if _, err := io.ReadFull(reader, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	r := finish(t, p)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "the output can't be written")
}

func TestCaptureHasNoMoreBytesThanAllowed(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mixed")
	for _, kind := range [][]string{{"-s", "10s"}, {"--goroutines"}} {
		args := append([]string{"capture", "-p", w.p(), "--capture-bytes", "1k", "--trace-dir", w.dir}, kind...)
		r := schedtop(t, args...)
		r.expect(t, exitFailed)
		mustContain(t, r.oneSentence(t), "may hold (1000 B)")
		mustBeEmpty(t, w.dir)
	}
}

func TestLimitOnFilesIsADiskThatIsFull(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mixed")
	cmd := exec.Command("sh", "-c", `ulimit -f 8; exec "$0" "$@"`, binary, "capture", "-p", w.p(), "--trace-dir", w.dir)
	r := finish(t, start(t, cmd))
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "can't be written in "+w.dir)
	mustBeEmpty(t, w.dir)
}

// A wall clock for one process that jumps ten years back or forth whenever it is looked at.
const jumpingClock = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	static _Atomic int looks;
	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int result = real(id, t);
	if (id == CLOCK_REALTIME)
		t->tv_sec += (looks++ % 2 ? 315360000L : -315360000L);
	return result;
}
`

// withJumpingClock is the environment of a program whose wall clock jumps.
func withJumpingClock(t *testing.T) []string {
	t.Helper()
	shim := filepath.Join(t.TempDir(), "jump.so")
	cc := exec.Command("gcc", "-shared", "-fPIC", "-o", shim, "-x", "c", "-", "-ldl")
	cc.Stdin = strings.NewReader(jumpingClock)
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return append(os.Environ(), "LD_PRELOAD="+shim, "ASAN_OPTIONS=verify_asan_link_order=0")
}

func TestNothingDependsOnTheWallClock(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	jumping := withJumpingClock(t)
	run := func(args ...string) result {
		cmd := exec.Command(binary, append([]string{"capture", "-p", w.p(), "--trace-dir", w.dir}, args...)...)
		cmd.Env = jumping
		return finish(t, start(t, cmd))
	}
	r := run("-s", "2s")
	r.expect(t, exitOK)
	if r.took < 2*time.Second {
		t.Errorf("a trace of 2 s was over after %v", r.took)
	}
	if year := names(t, w.dir)[0]; strings.Contains(year, time.Now().Format("-200601")) {
		t.Fatalf("its clock did not jump: %s", year)
	}
	parse(t, r.stdout[0])
	// The pause goes on by a clock that did not jump, for who sees the jump and for who does not.
	for _, refused := range []result{run("--automatic"), schedtop(t, "capture", "-p", w.p(), "--automatic", "--trace-dir", w.dir)} {
		refused.expect(t, exitFailed)
		said := refused.oneSentence(t)
		_, after, _ := strings.Cut(said, "try again in ")
		number, _, _ := strings.Cut(after, " ")
		if seconds, err := strconv.Atoi(number); err != nil || seconds < 1 || seconds > 60 {
			t.Errorf("a pause of at most a minute expected: %q", said)
		}
	}
	run("--goroutines", "--automatic", "--cooldown", "0").expect(t, exitOK)
	if left := names(t, w.dir); len(left) != 2 {
		t.Errorf("a trace and a list expected: %v", left)
	}
}

// A lock is a courtesy to others: where none can be had a person gets the capture all the same, and is
// told. Nobody would notice an automatic one that comes again and again.
func TestCaptureGoesOnWhereThereIsNoPlaceForALock(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := startTraced(t, build{}, "quiet")
	// As in a container that can write nowhere but to its volume.
	const readOnly = `mkdir -p -m 700 /tmp/schedtop-0 && mount -t tmpfs -o ro,mode=700 none /tmp/schedtop-0 &&
		mount -t tmpfs -o ro none /run && exec "$0" "$@"`
	run := func(args ...string) result {
		cmd := exec.Command("unshare", append([]string{"-m", "sh", "-c", readOnly, binary, "capture", "-p", w.p(),
			"--goroutines", "--trace-dir", w.dir}, args...)...)
		cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR=")
		return finish(t, start(t, cmd))
	}
	r := run()
	if strings.Contains(strings.Join(r.stderr, "\n"), "unshare") {
		t.Skipf("needs a mount namespace: schedtop %v", r)
	}
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stderr, "\n"), "no lock in /tmp/schedtop-0", "XDG_RUNTIME_DIR")
	if left := names(t, w.dir); len(left) != 1 {
		t.Errorf("a list expected: %v", left)
	}
	r = run("--automatic")
	if r.status != exitFailed && r.status != exitPermission {
		t.Errorf("exit status 1 or 4 expected: schedtop %v", r)
	}
	mustContain(t, r.oneSentence(t), "no lock in /tmp/schedtop-0")
}

// In one process, as a screen or a sentinel that runs for weeks; some of them fail.
func TestAThousandCapturesLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/dev/shm", "schedtop-captures-")
	if err != nil {
		t.Skipf("needs a file system in memory: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	var n atomic.Int64
	fakeTrace("that does well every other time", func(rw http.ResponseWriter) {
		switch n.Add(1) % 8 {
		case 1:
			refusing(409, `{"schema":1,"error":"not now"}`)(rw)
		case 3:
			ending(header126+"\x01", "truncated")(rw)
		case 5:
			ending("<html>", "complete")(rw)
		default:
			ending(header126+strings.Repeat("x", 5000), "complete")(rw)
		}
	}).serve(t, w)
	const captures, kept = 1000, 7
	said := manyCaptures(t, w, dir, captures, kept, "traces")
	mustContain(t, said, "625 done", "375 failed")
	if left := names(t, dir); len(left) != kept {
		t.Errorf("%d files expected: %v", kept, left)
	}
}

// The same of a real agent, which takes a trace every few seconds at most, and lists as often as one asks.
func TestAThousandCapturesOfARealAgentLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	if !slow {
		t.Skip("takes minutes: SCHEDTOP_ALL=1")
	}
	w := startTraced(t, build{}, "mutex")
	mustContain(t, manyCaptures(t, w.workload, w.dir, 1000, 20, "goroutines"), "1000 done")
	mustContain(t, manyCaptures(t, w.workload, w.dir, 40, 20, "paced"), "40 done")
	for _, name := range names(t, w.dir) {
		if strings.HasSuffix(name, ".trace") {
			parse(t, filepath.Join(w.dir, name))
		}
	}
}

// manyCaptures lets one process take them all; it fails by itself when descriptors or threads are left.
func manyCaptures(t *testing.T, w *workload, dir string, count, keep int, what string) string {
	t.Helper()
	source := os.Getenv("SCHEDTOP")
	if source == "" {
		source = "../../out/build/schedtop"
	}
	program := filepath.Join(filepath.Dir(source), "tests", "e2e", "probe", "captures")
	p := start(t, exec.Command(program, w.p(), dir, itoa(count), itoa(keep), what))
	if status := p.wait(t, 10*patience); status != 0 {
		t.Fatalf("exit status %d: %s\n%s", status, tail(p.stdout.all()), tail(p.stderr.all()))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was said, and how often: %v", tally(p.stderr.all()))
		}
	})
	return strings.Join(p.stdout.all(), "\n")
}

// tally counts lines by their text.
func tally(text []string) map[string]int {
	counts := map[string]int{}
	for _, line := range text {
		counts[line]++
	}
	return counts
}
