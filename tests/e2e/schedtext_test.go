package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The tests of this file are about what the runtime prints by itself, as a source.

// ownLines are the SCHED lines of a text as schedtop prints them: with the words of Go 1.26. The last one is not
// whole where the program ended in the middle of it.
func ownLines(text []string) []string {
	var all []string
	brackets := strings.NewReplacer("[ ", "[", " ]", "]")
	for _, line := range text {
		i := strings.Index(line, "SCHED ")
		if i >= 0 && strings.Contains(line[i:], "runqueue=") && strings.HasSuffix(line, "]") {
			all = append(all, brackets.Replace(line[i:]))
		}
	}
	return all
}

func expectLines(t *testing.T, want, got []string) {
	t.Helper()
	if len(want) == 0 || strings.Join(ownLines(want), "\n") != strings.Join(ownLines(got), "\n") {
		t.Errorf("the runtime printed\n%s\nand schedtop\n%s", strings.Join(ownLines(want), "\n"),
			strings.Join(ownLines(got), "\n"))
	}
}

// printed runs a workload that traces itself into a file, to its end.
func printed(t *testing.T, exe, godebug string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "app.log")
	cmd := exec.Command("sh", "-c", `exec "$0" -mode mixed -procs 3 -for 700ms >>"$1" 2>&1`, exe, path)
	cmd.Env = append(os.Environ(), "GODEBUG="+godebug)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func TestFileOfSchedtraceIsPrintedNumberByNumber(t *testing.T) {
	t.Parallel()
	toolchains := []string{""}
	if slow {
		toolchains = append(toolchains, "go1.18.10", "go1.19.13", "go1.20.14", "go1.22.12", "go1.25.1",
			"go1.27.0")
	}
	for _, toolchain := range toolchains {
		t.Run("go="+toolchain, func(t *testing.T) {
			path := printed(t, build{toolchain: toolchain}.path(t), "schedtrace=50")
			r := schedtop(t, "--schedtrace", path, "--batch")
			r.expect(t, exitOK)
			expectLines(t, readLines(t, path), r.stdout)
		})
	}
}

func TestFileOfScheddetailTellsOfGoroutinesAndLanes(t *testing.T) {
	t.Parallel()
	path := printed(t, build{}.path(t), "schedtrace=50,scheddetail=1")
	r := schedtop(t, "--schedtrace", path, "--json")
	r.expect(t, exitOK)
	all := parseSnapshots(t, r.stdout)
	if len(all) < 3 {
		t.Fatalf("too few prints: schedtop %v", r)
	}
	last := all[len(all)-2] // the program may have ended in the middle of its very last print
	if _, ok := last.at("pid"); ok {
		t.Error("a text has no PID")
	}
	if where, _ := last.at("where"); where != path {
		t.Errorf("where is %v", where)
	}
	if last.number(t, "goroutines", "count") < 1 || last.number(t, "derived", "idle", "ratio") < 0 {
		t.Errorf("no goroutines in %v", last)
	}
	for _, key := range []string{"lanes", "p", "m"} {
		if _, ok := last.at(key); !ok {
			t.Errorf("no %s in %v", key, last)
		}
	}
	batch := schedtop(t, "--schedtrace", path, "--batch", "--detail")
	batch.expect(t, exitOK)
	want, got := parseTraces(readLines(t, path)), parseTraces(batch.stdout)
	whole := len(want) - 1
	if len(got) < whole || len(got) > len(want) || whole < 3 {
		t.Fatalf("%d prints of %d", len(got), len(want))
	}
	for i := range whole {
		if differences := compare(want[i].modern(), got[i]); len(differences) > 0 {
			t.Errorf("print %d: %s", i, list(differences))
		}
	}
}

func TestPipelineEndsWithTheProgram(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	line := fmt.Sprintf("GODEBUG=schedtrace=50 %s -mode quiet -procs 2 -for 700ms 2>&1 | tee %s | %s --schedtrace - --batch",
		build{}.path(t), log, binary)
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	expectLines(t, readLines(t, log), strings.Split(string(out), "\n"))
}

// startPrinting starts a workload whose standard error goes where the shell's redirection says.
func startPrinting(t *testing.T, redirection string) *process {
	t.Helper()
	cmd := exec.Command("sh", "-c", `exec "$0" -mode quiet -procs 2 -for 60s `+redirection, build{}.path(t))
	cmd.Env = append(os.Environ(), "GODEBUG=schedtrace=50")
	return start(t, cmd)
}

func TestStandardErrorOfAProcessIsFollowedWhenItIsAFile(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	p := startPrinting(t, "2>"+log)
	waitUntil(t, "lines in the file", func() bool {
		text, _ := os.ReadFile(log)
		return strings.Count(string(text), "SCHED ") > 3
	})
	r := schedtop(t, "-p", fmt.Sprint(p.pid()), "--source", "schedtrace", "--json", "-d", "500ms", "-n", "3")
	r.expect(t, exitOK)
	last := parseSnapshots(t, r.stdout)[2]
	if origin, _ := last.at("sources", "sched", "origin"); origin != "schedtrace" {
		t.Errorf("the scheduler's numbers come from %v", origin)
	}
	if method, _ := last.at("derived", "idle", "method"); method != "schedtrace" {
		t.Errorf("the idle fraction is known by %v", method)
	}
	if last.number(t, "os", "threads") < 1 || last.number(t, "sched", "gomaxprocs") != 2 {
		t.Errorf("the operating system's view is missing in %v", last)
	}
}

func TestStandardErrorThatCanNotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	for redirection, says := range map[string]string{"": "is a pipe", "2>/dev/null": "goes to /dev/null"} {
		p := startPrinting(t, redirection)
		waitUntil(t, "the workload", func() bool {
			exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.pid()))
			return exe == build{}.path(t)
		})
		r := schedtop(t, "-p", fmt.Sprint(p.pid()), "--source", "schedtrace", "--batch")
		r.expect(t, exitNoTarget)
		mustContain(t, r.oneSentence(t), says)
	}
}

func TestSilenceSaysWhereSchedtraceIsPrinted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("nothing of the kind\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := schedtop(t, "--schedtrace", path, "--batch")
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "2>&1", "GODEBUG=schedtrace=")
	p := startSchedtop(t, "--schedtrace", path, "--batch", "--follow")
	p.stderr.waitFor(t, "a sentence", func(text []string) bool {
		return strings.Contains(strings.Join(text, "\n"), "2>&1")
	})
}

func TestStartedProgramIsTracedAndItsOtherOutputPassedOn(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	cmd := exec.Command(binary, "--source", "schedtrace", "-d", "100ms", "--batch", "--detail", "--",
		"sh", "-c", `printf no-newline >&2; echo "GODEBUG is $GODEBUG"; exec "$0" -mode quiet -procs 2 -for 3s`, exe)
	cmd.Env = append(os.Environ(), "GODEBUG=madvdontneed=1")
	r := finish(t, start(t, cmd))
	r.expect(t, exitOK)
	all := strings.Join(r.stderr, "\n")
	mustContain(t, all, "no-newline", "GODEBUG is madvdontneed=1,schedtrace=100,scheddetail=1", "READY pid=")
	if strings.Contains(all, "SCHED 0ms") || strings.Contains(all, "  P0:") {
		t.Errorf("schedtrace was passed on:\n%s", all)
	}
	prints := parseTraces(r.stdout)
	if len(prints) < 4 || len(prints[2].p) != 2 || len(prints[2].m) == 0 {
		t.Errorf("too little was printed: %v", r.stdout)
	}
}

func TestRotatedAndTruncatedTextsAreFollowed(t *testing.T) {
	t.Parallel()
	line := func(ms int) string {
		return fmt.Sprintf("SCHED %dms: gomaxprocs=1 idleprocs=0 threads=2 spinningthreads=0 needspinning=0 "+
			"idlethreads=1 runqueue=0 [ 0 ] schedticks=[ %d ]\n", ms, ms)
	}
	path := filepath.Join(t.TempDir(), "log")
	add := func(text string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	add(line(0) + line(100))
	p := startSchedtop(t, "--schedtrace", path, "--json", "--follow")
	seen := func(n int) []snapshot {
		t.Helper()
		return parseSnapshots(t, p.stdout.waitFor(t, fmt.Sprint(n, " lines"), func(text []string) bool { return len(text) >= n }))
	}
	seen(1)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(line(200))
	seen(2)
	add("something else, longer than what comes next, so that the file becomes shorter and not only other\n" + line(300))
	seen(3)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // what is cut and written again at once can't be told from what grows
	add(line(400))
	seen(4)
	add(line(0) + line(100)) // the program begins anew, and its first snapshot has none before it
	all := seen(5)
	for i, ms := range []float64{100, 200, 300, 400, 100} {
		if got := all[i].number(t, "sched", "trace_ms"); got != ms {
			t.Errorf("line %d is that of %v ms, not of %v", i, got, ms)
		}
	}
	if all[4].number(t, "life") != 1 {
		t.Errorf("no new life: %v", all[4])
	}
}

func TestScreenTakesItsKeysFromTheTerminalWhenInputIsAPipe(t *testing.T) {
	t.Parallel()
	m := startTmux(t, 120, 30)
	m.run(fmt.Sprintf("clear; GODEBUG=schedtrace=100,scheddetail=1 %s -mode quiet -procs 2 -for 1m 2>&1 | %s --schedtrace -",
		build{}.path(t), binary))
	m.waitFor("lanes", func(s string) bool {
		return strings.Contains(s, "standard input") && lanesOf(s) > 0 && strings.Contains(s, "schedtrace")
	})
	m.keys("2")
	m.waitText(" groups")
	gone := func(s string) bool { return !strings.Contains(s, "Esc closes") }
	m.takeTrace()
	m.waitText("no trace of standard input: a text can't be asked for one")
	m.keys("Escape")
	m.waitFor("the view without the panel", gone)
	m.keys("f") // which asks at once
	m.waitText("no flight recording of standard input: a text can't be asked for one")
	m.keys("Escape")
	m.waitFor("the view without the panel", gone)
	m.keys("q")
	// The shell waits for the workload, to which the loss of its standard error is no signal.
	m.waitFor("the end", func(s string) bool { return !strings.Contains(s, "goroutines in") })
}

// A program that prints what nobody takes ends with schedtop all the same.
func TestLaunchedProgramEndsThoughNobodyTakesItsOutput(t *testing.T) {
	t.Parallel()
	full, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	defer in.Close()
	cmd := exec.Command(binary, "--source", "schedtrace", "--json", "--",
		"sh", "-c", "while echo nobody reads this >&2; do :; done")
	cmd.Stderr = in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // the pipe is full by then; were it not, it would end as well
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(patience):
		cmd.Process.Kill()
		t.Error("an interrupt does not end it")
	}
}
