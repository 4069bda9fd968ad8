package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// `schedtop capture`, and what may come between its beginning and its end.

// A traced is a workload with an agent, and a directory for its traces.
type traced struct {
	*workload
	dir string
}

func startTraced(t *testing.T, b build, mode string) *traced {
	t.Helper()
	return &traced{launch{build: b, argv0: "workload", args: []string{"-mode", mode, "-agent"}}.run(t), t.TempDir()}
}

// begin starts a capture into the directory and returns when bytes have come, or when it has ended for
// another reason than that it is too early.
func (w *traced) begin(t *testing.T, args ...string) *process {
	t.Helper()
	for {
		p := startSchedtop(t, append([]string{"capture", "-p", w.p(), "--trace-dir", w.dir}, args...)...)
		ended := false
		waitUntil(t, "the first bytes of a trace", func() bool {
			select {
			case <-p.ended:
				ended = true
			default:
			}
			return ended || w.hasBytes(t)
		})
		if !ended || !strings.Contains(tail(p.stderr.all()), "try again in") {
			return p
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// hasBytes finds a file that is being written.
func (w *traced) hasBytes(t *testing.T) bool {
	for _, name := range names(t, w.dir) {
		info, err := os.Stat(filepath.Join(w.dir, name))
		if err == nil && strings.HasSuffix(name, ".tmp") && info.Size() > 0 {
			return true
		}
	}
	return false
}

// capture takes a trace of a second; it tries again while the agent says that it is too early.
func (w *traced) capture(t *testing.T, args ...string) result {
	t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		r := schedtop(t, append([]string{"capture", "-p", w.p(), "-s", "1s"}, args...)...)
		said := strings.Join(r.stderr, " ")
		early := strings.Contains(said, "try again in") || strings.Contains(said, "already")
		if r.status != exitFailed || !early || time.Now().After(limit) {
			return r
		}
	}
}

// mustCapture checks that all is well with the agent, after whatever was before.
func (w *traced) mustCapture(t *testing.T) string {
	t.Helper()
	r := w.capture(t, "--trace-dir", w.dir)
	r.expect(t, exitOK)
	if len(r.stdout) != 1 {
		t.Fatalf("stdout is not just the path: schedtop %v", r)
	}
	return r.stdout[0]
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func mustBeEmpty(t *testing.T, dir string) {
	t.Helper()
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// parse holds a trace to Go's own reader.
func parse(t *testing.T, path string) {
	t.Helper()
	cmd := goCommand(local, "tool", "trace", "-d=parsed", path)
	events := newLines()
	var trouble strings.Builder
	cmd.Stdout, cmd.Stderr = events, &trouble
	if err := cmd.Run(); err != nil {
		t.Fatalf("go tool trace: %v\n%s", err, trouble.String())
	}
	if n := len(events.all()); n < 10 {
		t.Errorf("go tool trace finds %d lines in %s\n%s", n, path, trouble.String())
	}
}

var traceName = regexp.MustCompile(`^workload-(\d+)-\d{8}T\d{6}Z-go1\.(\d+)\.trace$`)

func TestCaptureWritesATraceThatGoReads(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		b := build{toolchain: toolchain}
		if minor(t, toolchain) < agentFloor {
			continue
		}
		w := startTraced(t, b, "mutex")
		r := w.capture(t, "--trace-dir", w.dir)
		r.expect(t, exitOK)
		left := names(t, w.dir)
		if len(left) != 1 || len(r.stdout) != 1 || r.stdout[0] != filepath.Join(w.dir, left[0]) {
			t.Fatalf("one file, and its path on stdout, expected; there is %v: schedtop %v", left, r)
		}
		parts := traceName.FindStringSubmatch(left[0])
		if parts == nil || parts[1] != w.p() {
			t.Fatalf("no name of a trace of %s: %s", w.p(), left[0])
		}
		needed := "for Go 1." + parts[2] + " and newer"
		if said := strings.Join(r.stderr, "\n"); !strings.Contains(said, needed) {
			t.Errorf("%q is not said: %s", needed, said)
		}
		info, err := os.Stat(r.stdout[0])
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("for its user alone? %v %v", info.Mode(), err)
		}
		parse(t, r.stdout[0])
	}
}

func TestCaptureGoesToTheDefaultDirectory(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	cmd := exec.Command(binary, "capture", "-p", w.p(), "-s", "1s")
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+w.dir)
	r := finish(t, start(t, cmd))
	r.expect(t, exitOK)
	if len(r.stdout) != 1 || filepath.Dir(r.stdout[0]) != filepath.Join(w.dir, "schedtop", "traces") {
		t.Errorf("not below XDG_DATA_HOME: schedtop %v", r)
	}
}

func TestCaptureGoesWhereItIsTold(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mutex")
	// Through a symbolic link, over an older file.
	file, link := filepath.Join(w.dir, "old.trace"), filepath.Join(w.dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("old.trace", link); err != nil {
		t.Fatal(err)
	}
	w.capture(t, "-o", link).expect(t, exitOK)
	if left := names(t, w.dir); len(left) != 2 {
		t.Errorf("a file and a link expected: %v", left)
	}
	parse(t, file)

	stream := filepath.Join(t.TempDir(), "stream.trace")
	var r result
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(500 * time.Millisecond) {
		out, err := os.Create(stream)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(binary, "capture", "-p", w.p(), "-s", "1s", "-o", "-")
		cmd.Stdout = out
		r = finish(t, start(t, cmd))
		_ = out.Close()
		if r.status == exitOK {
			break
		}
	}
	r.expect(t, exitOK)
	parse(t, stream)
}

func TestCaptureReplacesNothingThatIsNoPlainFile(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	pipe := filepath.Join(w.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, w.dir, w.dir + "/"} {
		r := schedtop(t, "capture", "-p", w.p(), "-s", "1s", "-o", path)
		r.expect(t, exitUsage)
		r.oneSentence(t)
	}
	if left := names(t, w.dir); len(left) != 1 {
		t.Errorf("only the pipe expected: %v", left)
	}
}

func TestSecondTracerIsNamed(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	first := w.begin(t, "-s", "30s")
	dir := t.TempDir()
	r := schedtop(t, "capture", "-p", w.p(), "--trace-dir", dir)
	r.expect(t, exitFailed)
	if said := r.oneSentence(t); !strings.Contains(said, "PID "+itoa(first.pid())) {
		t.Errorf("it is not said who traces: %q", said)
	}
	mustBeEmpty(t, dir)
}

func TestCooldownSaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	w.mustCapture(t)
	dir := t.TempDir()
	// Unless the machine was so slow that the pause is over.
	r := schedtop(t, "capture", "-p", w.p(), "-s", "1s", "--trace-dir", dir)
	if r.status == exitOK {
		t.Skip("the pause between two traces was over before the second was asked for")
	}
	r.expect(t, exitFailed)
	if said := r.oneSentence(t); !strings.Contains(said, "try again in") {
		t.Errorf("it is not said when: %q", said)
	}
	mustBeEmpty(t, dir)
	w.mustCapture(t)
}

func TestCancelledCaptureLeavesNothing(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mixed")
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		p := w.begin(t, "-s", "30s")
		p.signal(t, s)
		if status := p.wait(t, patience); status != 128+int(s) {
			t.Errorf("%v: exit status %d\n%s", s, status, tail(p.stderr.all()))
		}
		mustBeEmpty(t, w.dir)
		path := w.mustCapture(t)
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

func TestKilledSchedtopLeavesTheAgentWellAndItsFileIsSwept(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mixed")
	p := w.begin(t, "-s", "30s")
	p.signal(t, syscall.SIGKILL)
	p.wait(t, patience)
	w.mustCapture(t)
	left := names(t, w.dir)
	if len(left) != 2 {
		t.Fatalf("a trace, and what the killed one left, expected: %v", left)
	}
	old := time.Now().Add(-time.Hour)
	for _, name := range left {
		if err := os.Chtimes(filepath.Join(w.dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	w.mustCapture(t)
	for _, name := range names(t, w.dir) {
		if !traceName.MatchString(name) {
			t.Errorf("not swept: %s", name)
		}
	}
}

func TestTargetKilledWhileItIsTracedIsExit5(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mixed")
	p := w.begin(t, "-s", "30s")
	w.signal(t, syscall.SIGKILL)
	r := finish(t, p)
	r.expect(t, exitExited)
	r.oneSentence(t)
	mustBeEmpty(t, w.dir)
}

func TestTargetStoppedWhileItIsTracedIsOneSentence(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mixed")
	p := w.begin(t, "-s", "6s")
	w.signal(t, syscall.SIGSTOP)
	r := finish(t, p)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "stopped")
	mustBeEmpty(t, w.dir)
	// And one that is stopped already is not asked.
	r = schedtop(t, "capture", "-p", w.p(), "--trace-dir", w.dir)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "kill -CONT")
	mustBeEmpty(t, w.dir)
	w.signal(t, syscall.SIGCONT)
	w.mustCapture(t)
}

func TestFullDiskLeavesNothing(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := startTraced(t, build{}, "mixed")
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	r := schedtop(t, "capture", "-p", w.p(), "--trace-dir", dir)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "no space is left in "+dir)
	mustBeEmpty(t, dir)
	w.mustCapture(t)
}

func TestWhoNobodyCanTraceIsToldWhatElseThereIs(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	dir := t.TempDir()
	r := schedtop(t, "capture", "-p", w.p(), "--trace-dir", dir)
	r.expect(t, exitNoTarget)
	mustContain(t, r.oneSentence(t), "has no schedtop agent")
	mustContain(t, r.oneSentence(t), "--sampled")
	r = schedtop(t, "capture", "-p", itoa(1<<30), "--trace-dir", dir)
	r.expect(t, exitNoTarget)
	mustContain(t, r.oneSentence(t), "there is no process "+itoa(1<<30))
	mustBeEmpty(t, dir)
}

func TestDirectoryThatCanNotBeMadeIsOneSentence(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	for _, dir := range []string{"/dev/null/traces", "/proc/none"} {
		r := schedtop(t, "capture", "-p", w.p(), "--trace-dir", dir)
		if r.status != exitFailed && r.status != exitPermission {
			t.Errorf("exit status 1 or 4 expected: schedtop %v", r)
		}
		mustContain(t, r.oneSentence(t), dir)
	}
}

func TestOnlyTheNewestTracesAreKept(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	foreign := []string{"mine.trace", "workload-1-20200101T000000Z-go1.26-annotated.trace"}
	for _, name := range foreign {
		if err := os.WriteFile(filepath.Join(w.dir, name), make([]byte, 1<<20), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Of before: older than any that follows.
	for i := 0; i < 5; i++ {
		name := filepath.Join(w.dir, fmt.Sprintf("workload-%d-20200101T000000Z-go1.26.trace", i))
		if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-time.Duration(i+1) * time.Hour)
		if err := os.Chtimes(name, then, then); err != nil {
			t.Fatal(err)
		}
	}
	r := w.capture(t, "--trace-dir", w.dir, "--trace-keep", "3")
	r.expect(t, exitOK)
	want := append([]string{"workload-0-20200101T000000Z-go1.26.trace",
		"workload-1-20200101T000000Z-go1.26.trace", filepath.Base(r.stdout[0])}, foreign...)
	mustHold(t, w.dir, want)
	r = w.capture(t, "--trace-dir", w.dir, "--trace-bytes", "1")
	r.expect(t, exitOK)
	mustHold(t, w.dir, append([]string{filepath.Base(r.stdout[0])}, foreign...))
}

func mustHold(t *testing.T, dir string, want []string) {
	t.Helper()
	got := map[string]bool{}
	for _, name := range names(t, dir) {
		got[name] = true
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("%s is gone", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s was kept", name)
	}
}

func TestCaptureWithoutAgentSaysHowToAddIt(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	r := schedtop(t, "capture", "-p", w.p(), "--trace-dir", t.TempDir())
	r.expect(t, exitNoTarget)
	mustContain(t, r.oneSentence(t), "schedtop/agent/auto")
	r = schedtop(t, "capture", "-p", itoa(pidThatIsFree(t)))
	r.expect(t, exitNoTarget)
	r.oneSentence(t)
}
