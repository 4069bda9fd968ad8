package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The tests of this file are about `schedtop -- PROG ARGS`. What PROG prints comes on schedtop's stderr
// when there is no screen.

// startProgram runs schedtop with a program to start.
func startProgram(t *testing.T, flags []string, program ...string) *process {
	t.Helper()
	return startSchedtop(t, append(append(flags, "--"), program...)...)
}

var readyPID = regexp.MustCompile(`^READY pid=(\d+)`)

// ready waits for the workload that schedtop started, and for the first snapshot of it.
func (p *process) ready(t *testing.T) (pid int) {
	t.Helper()
	pid = p.readyLine(t)
	p.stdout.waitFor(t, "first snapshot", func(text []string) bool { return len(text) > 0 })
	return pid
}

// readyLine waits for the workload alone.
func (p *process) readyLine(t *testing.T) (pid int) {
	t.Helper()
	p.stderr.waitFor(t, "READY", func(text []string) bool {
		for _, line := range text {
			if found := readyPID.FindStringSubmatch(line); found != nil {
				pid, _ = strconv.Atoi(found[1])
			}
		}
		return pid != 0
	})
	return pid
}

func isAlive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func expectGone(t *testing.T, pid int) {
	t.Helper()
	waitUntil(t, fmt.Sprintf("process %d has ended", pid), func() bool { return !isAlive(pid) })
}

func TestStartedProgramIsWatchedUntilItEnds(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	for _, form := range []string{"--batch", "--json"} {
		r := schedtop(t, form, "-d", "200ms", "--", exe, "-mode", "quiet", "-procs", "3", "-for", "4s")
		r.expect(t, exitOK)
		if form == "--batch" {
			mustContain(t, strings.Join(r.stdout, "\n"), "SCHED ", "gomaxprocs=3")
			continue
		}
		all := parseSnapshots(t, r.stdout)
		if len(all) < 3 {
			t.Fatalf("3 snapshots and more expected: schedtop %v", r)
		}
		if n := all[len(all)-1].number(t, "sched", "gomaxprocs"); n != 3 {
			t.Errorf("gomaxprocs is %v", n)
		}
	}
}

func TestStatusOfAStartedProgramIsReturned(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	for _, c := range []struct {
		program []string
		status  int
	}{
		{[]string{"true"}, 0},
		{[]string{"sh", "-c", "exit 7"}, 7},
		{[]string{"sh", "-c", "kill -KILL $$"}, 128 + 9},
		{[]string{exe, "-no-such-flag"}, 2},
		{[]string{exe, "-mode", "quiet", "-for", "700ms", "/bin/sh", "-c", "exit 42"}, 42},
	} {
		r := schedtop(t, append([]string{"--batch", "-d", "100ms", "--"}, c.program...)...)
		r.expect(t, c.status)
	}
}

// Of a parent that ignores SIGCHLD the kernel would wait for our children in our place.
func TestStatusIsReturnedWhateverTheParentIgnores(t *testing.T) {
	t.Parallel()
	r := finish(t, start(t, exec.Command("sh", "-c", `trap '' CHLD; exec "$@"`, "sh",
		binary, "--batch", "--", "sh", "-c", "exit 7")))
	r.expect(t, 7)
}

func TestProgramThatEndsBeforeItCanBeWatchedIsToldSo(t *testing.T) {
	t.Parallel()
	r := schedtop(t, "--json", "--", "sh", "-c", "exit 3")
	r.expect(t, 3)
	if said := r.oneSentence(t); !strings.Contains(said, "status 3 before it could be watched") {
		t.Errorf("the sentence doesn't tell it: %q", said)
	}
}

func TestSignalsArePassedOnToAStartedProgram(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	for _, c := range []struct {
		signal syscall.Signal
		status int
	}{
		{syscall.SIGINT, 0}, // it ends in good order
		{syscall.SIGTERM, 0},
		{syscall.SIGHUP, 128 + int(syscall.SIGHUP)},
		{syscall.SIGQUIT, 2}, // Go prints all stacks
	} {
		// Whoever runs the tests may have them ignore a hangup.
		p := startProgram(t, []string{"--batch", "-d", "100ms"}, "env", "--default-signal=HUP", exe, "-for", "1m")
		pid := p.ready(t)
		p.signal(t, c.signal)
		r := finish(t, p)
		if r.status != c.status {
			t.Errorf("%v: exit status %d expected: schedtop %v", c.signal, c.status, r)
		}
		if isAlive(pid) {
			t.Errorf("%v: process %d is left behind", c.signal, pid)
		}
	}
}

// A signal that says something to a program does so: this one has it write a trace.
func TestUserSignalReachesTheProgramWhileItIsWatched(t *testing.T) {
	t.Parallel()
	trace := filepath.Join(t.TempDir(), "trace")
	p := startProgram(t, []string{"--batch", "-d", "100ms"}, build{}.path(t), "-mode", "mixed", "-for", "1m",
		"-trace", trace, "-trace-for", "100ms")
	p.ready(t)
	p.signal(t, syscall.SIGUSR1)
	p.stderr.waitFor(t, "the trace", func(text []string) bool { return count(text, "TRACE end_ns=") == 1 })
	p.signal(t, syscall.SIGTERM)
	p.wait(t, patience)
}

// stateOf is the letter that the kernel has for a process.
func stateOf(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	return rest[:min(1, len(rest))]
}

// As a job of a shell: both stop, and both go on.
func TestStopAndContinueArePassedOnToo(t *testing.T) {
	t.Parallel()
	p := startProgram(t, []string{"--batch", "-d", "100ms"}, build{}.path(t), "-mode", "quiet", "-for", "1m")
	pid := p.ready(t)
	p.signal(t, syscall.SIGTSTP)
	waitUntil(t, "both are stopped", func() bool { return stateOf(pid) == "T" && stateOf(p.pid()) == "T" })
	p.signal(t, syscall.SIGCONT)
	waitUntil(t, "both go on", func() bool { return stateOf(pid) == "S" && stateOf(p.pid()) == "S" })
	p.signal(t, syscall.SIGTERM)
	finish(t, p).expect(t, exitOK)
}

func TestProgramIsEndedWhenEnoughIsPrinted(t *testing.T) {
	t.Parallel()
	p := startProgram(t, []string{"--batch", "-n", "3", "-d", "300ms"}, build{}.path(t), "-mode", "quiet", "-for", "1m")
	pid := p.ready(t)
	finish(t, p).expect(t, exitOK)
	if isAlive(pid) {
		t.Errorf("process %d is left behind", pid)
	}
}

func TestStoppedProgramIsEndedToo(t *testing.T) {
	t.Parallel()
	p := startProgram(t, []string{"--batch", "-n", "20", "-d", "200ms"}, build{}.path(t), "-mode", "quiet", "-for", "1m")
	pid := p.ready(t)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	finish(t, p).expect(t, exitOK)
	if isAlive(pid) {
		t.Errorf("process %d is left behind", pid)
	}
}

// Whatever ends schedtop ends the program too: nobody else knows of it.
func TestProgramDoesNotOutliveSchedtop(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	p := startProgram(t, []string{"--batch", "-d", "100ms"}, exe, "-mode", "quiet", "-for", "1m")
	pid := p.ready(t)
	p.signal(t, syscall.SIGKILL)
	p.wait(t, patience)
	expectGone(t, pid)

	// Nobody reads any more: SIGPIPE.
	cmd := exec.Command(binary, "--batch", "-d", "100ms", "--", exe, "-mode", "quiet", "-for", "1m")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = write
	p = start(t, cmd)
	_ = write.Close()
	if _, err := io.ReadFull(read, make([]byte, 20)); err != nil {
		t.Fatal(err)
	}
	pid = p.readyLine(t)
	_ = read.Close()
	p.wait(t, patience)
	expectGone(t, pid)
}

func TestProgramThatIsNoGoProgramIsExit3AndIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	r := schedtop(t, "--batch", "--", "sh", "-c", "echo pid=$$ >&2; exec sleep 300")
	r.expect(t, exitNoTarget)
	said := r.sentences()
	if len(said) != 2 || !strings.Contains(said[1], "not a Go program") {
		t.Fatalf("one sentence expected after what the program printed: schedtop %v", r)
	}
	pid, err := strconv.Atoi(strings.TrimPrefix(said[0], "pid="))
	if err != nil {
		t.Fatal(err)
	}
	if isAlive(pid) {
		t.Errorf("process %d is left behind", pid)
	}
}

func TestProgramThatCantBeExecutedIsToldBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("\x7fELF"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, status := range map[string]int{
		"no-such-program":       exitNoTarget,
		"/no/such/program":      exitNoTarget,
		"":                      exitNoTarget,
		plain:                   exitPermission,
		"/":                     exitPermission,
		"\x1b]0;owned\a\x9b2Jx": exitNoTarget,
	} {
		r := schedtop(t, "--batch", "--", name)
		if r.status != status {
			t.Errorf("exit status %d expected: schedtop %v", status, r)
		}
		r.oneSentence(t)
	}
}

func TestScriptIsWatchedOnceItExecutesItsProgram(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "run")
	text := "#!/bin/sh\nsleep 0.5\nexec env GODEBUG= nice '" + build{}.path(t) + "' \"$@\"\n"
	if err := writeProgram(script, []byte(text)); err != nil {
		t.Fatal(err)
	}
	r := schedtop(t, "--batch", "-d", "100ms", "--", script, "-mode", "quiet", "-procs", "5", "-for", "2s")
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stdout, "\n"), "gomaxprocs=5")
}

// A Go program may execute another one: what was started is watched all along.
func TestProgramIsWatchedThroughThoseThatItExecutes(t *testing.T) {
	t.Parallel()
	exe, other := build{}.path(t), build{toolchain: "go1.21.13"}.path(t)
	r := schedtop(t, "--json", "-d", "100ms", "--", exe, "-mode", "quiet", "-procs", "3", "-for", "3s",
		other, "-mode", "quiet", "-procs", "5", "-for", "3s", "/bin/sh", "-c", "exit 9")
	r.expect(t, 9)
	seen := map[string]bool{}
	for _, s := range parseSnapshots(t, r.stdout) {
		version, _ := s.at("go_version")
		procs, _ := s.at("sched", "gomaxprocs")
		seen[fmt.Sprintf("%v %v", version, procs)] = true
	}
	for _, want := range []string{localVersion(t) + " 3", "go1.21.13 5"} {
		if !seen[want] {
			t.Errorf("%q was not watched, but %v", want, seen)
		}
	}
}

func TestAgentOfAStartedProgramIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := unhurried(t, "--json", "-d", "1s", "-n", "2", "--source", "agent", "--",
		build{}.path(t), "-mode", "quiet", "-agent", "-for", "1m")
	r.expect(t, exitOK)
	for _, s := range parseSnapshots(t, r.stdout) {
		if n := s.number(t, "runtime", "goroutines"); n < 1 {
			t.Errorf("the agent's data is missing: %v", s)
		}
	}
}

func TestWhatAStartedProgramPrintsGoesToTheFileThatIsNamed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "printed")
	if err := os.WriteFile(file, []byte("of the last run\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := schedtop(t, "--batch", "-d", "100ms", "--stderr", file, "--", "sh", "-c",
		"echo out; echo err >&2; exec '"+build{}.path(t)+"' -mode quiet -for 2s")
	r.expect(t, exitOK)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "out\nerr\nREADY ") {
		t.Errorf("the file has %q", text)
	}
	if len(r.stderr) > 0 {
		t.Errorf("nothing on stderr expected: schedtop %v", r)
	}
	r = schedtop(t, "--batch", "--stderr", "/no/such/file", "--", "true")
	r.expect(t, exitFailed)
	r.oneSentence(t)
}

// Without a screen a pipe or a file is the program's own input.
func TestStartedProgramReadsOurInput(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "--batch", "--", "sh", "-c", "read line; exit $line")
	cmd.Stdin = strings.NewReader("23\n")
	finish(t, start(t, cmd)).expect(t, 23)
}

// privileged is a copy of the workload with a right that its user lacks.
func privileged(t *testing.T, give func(path string) error) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "privileged-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "workload")
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	if err := give(exe); err != nil {
		t.Fatal(err)
	}
	return exe
}

// fileCapability is what setcap writes for cap_net_raw=ep: linux/capability.h, struct vfs_cap_data.
var fileCapability = []byte{1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

func TestProgramsWithMoreRightsThanTheirUserAreRefused(t *testing.T) {
	t.Parallel()
	needRoot(t)
	for says, give := range map[string]func(path string) error{
		"is set-user-ID":        func(path string) error { return os.Chmod(path, 0o755|os.ModeSetuid) },
		"is set-group-ID":       func(path string) error { return os.Chmod(path, 0o755|os.ModeSetgid) },
		"has file capabilities": func(path string) error { return syscall.Setxattr(path, "security.capability", fileCapability, 0) },
	} {
		exe := privileged(t, give)
		p := start(t, exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
			binary, "--batch", "--", exe, "-for", "1m"))
		r := finish(t, p)
		r.expect(t, exitPermission)
		if said := r.oneSentence(t); !strings.Contains(said, says) || !strings.Contains(said, "as root") {
			t.Errorf("%q doesn't say %q and what helps", said, says)
		}
		// Root may look at it, and the bit means nothing where privileges are never gained.
		schedtop(t, "--batch", "-n", "1", "--", exe, "-for", "1m").expect(t, exitOK)
		p = start(t, exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
			"--no-new-privs", binary, "--batch", "-n", "1", "--", exe, "-for", "1m"))
		finish(t, p).expect(t, exitOK)
	}
}

// On the screen.

var screenPID = regexp.MustCompile(`workload (\d+) `)

func (m *tmux) watchStarted(flags string, args string) (pid int) {
	m.t.Helper()
	m.watch(flags + " -- '" + build{}.path(m.t) + "' -procs 2 -for 2m " + args)
	screen := m.waitFor("a process in the header", func(s string) bool { return screenPID.MatchString(header(s)) })
	pid, _ = strconv.Atoi(screenPID.FindStringSubmatch(header(screen))[1])
	return pid
}

func TestScreenOfAStartedProgramAsksBeforeItEndsIt(t *testing.T) {
	t.Parallel()
	m := startTmux(t, 100, 30)
	before := m.modes()
	pid := m.watchStarted("--stderr "+filepath.Join(t.TempDir(), "printed"), "-mode quiet")
	m.keys("q")
	m.waitText("this ends the program too")
	if !isAlive(pid) {
		t.Error("one key has ended the program")
	}
	m.keys("q")
	m.expectShell(exitOK)
	expectGone(t, pid)
	if after := m.modes(); after != before {
		t.Errorf("stty before\n%s\nafter\n%s", before, after)
	}
}

func TestControlCOnTheScreenEndsTheStartedProgram(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	m := startTmux(t, 160, 30, "XDG_STATE_HOME="+state)
	pid := m.watchStarted("", "-mode quiet")
	printed := filepath.Join(state, "schedtop", "local-workload.log")
	waitUntil(t, "what it prints when it is up", func() bool { // it is watched before that
		text, _ := os.ReadFile(printed)
		return len(text) > 0
	})
	m.keys("C-c")
	m.waitText("what the program printed is in " + state)
	m.waitShell()
	if got := m.shell("echo status=$s"); got != "status=0" { // it takes an interrupt for a good end
		t.Errorf("exit status: %s", got)
	}
	expectGone(t, pid)
	text, err := os.ReadFile(printed)
	if err != nil || !strings.HasPrefix(string(text), "READY pid="+itoa(pid)) {
		t.Errorf("what the program printed is not kept: %q, %v", text, err)
	}
}

func TestStatusOfAProgramThatEndsOnTheScreenIsReturned(t *testing.T) {
	t.Parallel()
	m := startTmux(t, 100, 30)
	file := filepath.Join(t.TempDir(), "printed")
	pid := m.watchStarted("--stderr "+file, "-mode quiet")
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	m.waitFor("the end of it", func(s string) bool { return strings.Contains(header(s), "exited") })
	m.keys("q") // nothing is left to be ended: it does not ask
	m.expectShell(2)
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "SIGQUIT: quit") {
		t.Errorf("the stacks are not kept: %.200q, %v", text, err)
	}
}

func TestUserSignalsReachTheProgramWhileTheScreenStays(t *testing.T) {
	t.Parallel()
	m := startTmux(t, 100, 30)
	dir := t.TempDir()
	m.watchStarted("--stderr "+dir+"/printed", "-mode quiet -trace "+dir+"/trace -trace-for 100ms")
	waitUntil(t, "the program to take signals", func() bool { // it is watched before that
		text, _ := os.ReadFile(dir + "/printed")
		return strings.Contains(string(text), "READY ")
	})
	if err := syscall.Kill(m.schedtopPID(), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the trace that it writes on SIGUSR1", func() bool {
		text, _ := os.ReadFile(dir + "/printed")
		return strings.Contains(string(text), "TRACE end_ns=")
	})
	m.keys("q", "q")
	m.expectShell(exitOK)
}
