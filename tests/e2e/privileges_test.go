package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The tests of this file are about the rights that schedtop itself has: what root gives up, and that one
// capability of a file is enough for all that needs any.

// The numbers of linux/capability.h.
const (
	capDacOverride   = 1
	capDacReadSearch = 2
	capFowner        = 3
	capKill          = 5
	capSysPtrace     = 19
)

func capabilities(numbers ...int) (set uint64) {
	for _, n := range numbers {
		set |= 1 << n
	}
	return set
}

// statusOf is a field of /proc/PID/status.
func statusOf(t *testing.T, pid int, name string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("no %s in %s", name, text)
	return ""
}

func capsOf(t *testing.T, pid int, set string) uint64 {
	t.Helper()
	value, err := strconv.ParseUint(statusOf(t, pid, set), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestRootGivesUpTheRightsThatItDoesNotNeed(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	p := startSchedtop(t, "-p", w.p(), "--batch", "-d", "100ms")
	p.stdout.waitFor(t, "a line", func(text []string) bool { return len(text) > 0 })
	may := capabilities(capSysPtrace, capDacOverride, capDacReadSearch, capFowner)
	for _, set := range []string{"CapPrm", "CapEff"} {
		if has := capsOf(t, p.pid(), set); has&^may != 0 || has&(1<<capSysPtrace) == 0 {
			t.Errorf("%s is %#x, allowed is %#x", set, has, may)
		}
	}
	if got := statusOf(t, p.pid(), "NoNewPrivs"); got != "1" {
		t.Errorf("it starts nothing, and yet could gain rights: NoNewPrivs %s", got)
	}
}

// A program that is started has what it would have without us.
func TestStartedProgramKeepsTheRightsOfTheCaller(t *testing.T) {
	t.Parallel()
	needRoot(t)
	exe := build{}.path(t)
	own := capsOf(t, os.Getpid(), "CapEff")
	p := startSchedtop(t, "--batch", "-d", "100ms", "--", exe, "-mode", "quiet", "-for", "1m")
	p.stdout.waitFor(t, "a line", func(text []string) bool { return count(text, "SCHED ") > 0 })
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid(), p.pid()))
	if err != nil {
		t.Fatal(err)
	}
	child := atoi(t, strings.TrimSpace(string(children)))
	if has := capsOf(t, child, "CapEff"); has != own {
		t.Errorf("the program has the capabilities %#x, its caller %#x", has, own)
	}
	if got := statusOf(t, child, "NoNewPrivs"); got != "0" {
		t.Errorf("the program can't gain rights any more: NoNewPrivs %s", got)
	}
	if has := capsOf(t, p.pid(), "CapEff"); has == own || has&(1<<capKill) == 0 {
		t.Errorf("schedtop itself has %#x", has)
	}
	p.signal(t, syscall.SIGTERM)
	p.wait(t, patience)
}

// capped is a copy of the binary with CAP_SYS_PTRACE, for a user who has nothing else.
func capped(t *testing.T) string {
	t.Helper()
	needRoot(t)
	dir, err := os.MkdirTemp(scratch, "capped-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "schedtop")
	if err := copyFile(binary, path); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("setcap", "cap_sys_ptrace+ep", path).CombinedOutput(); err != nil {
		t.Skipf("needs setcap: %v %s", err, out)
	}
	return path
}

func asNobody(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	words := nobody(args...)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = "/"
	return cmd
}

func TestFileCapabilityToTraceIsEnoughForProcessesOfOthers(t *testing.T) {
	t.Parallel()
	path := capped(t)
	w := launch{args: []string{"-mode", "quiet", "-procs", "3"}}.run(t)

	without := finish(t, start(t, asNobody(t, binary, "-p", w.p(), "--batch", "-n", "1")))
	without.expect(t, exitPermission)

	cmd := asNobody(t, path, "-p", w.p(), "--batch", "--detail", "-d", "100ms")
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH=/nowhere", "TERMINFO=/nowhere")
	p := start(t, cmd)
	p.stdout.waitFor(t, "a snapshot with all Ps", func(text []string) bool {
		return count(text, "gomaxprocs=3") > 0 && count(text, "  P2: status=") > 0
	})
	if has := capsOf(t, p.pid(), "CapPrm"); has != 1<<capSysPtrace {
		t.Errorf("it has the capabilities %#x", has)
	}
	p.signal(t, syscall.SIGTERM)
	p.wait(t, patience)

	// What it sees beyond its user's rights must not be written beyond them, nor passed on.
	dir, err := os.MkdirTemp(scratch, "root-")
	if err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"capture", "--sampled", "-s", "1", "-p", w.p(), "-o", victim},
		{"-p", w.p(), "--json", "-n", "1", "--record", victim},
	} {
		r := finish(t, start(t, asNobody(t, append([]string{path}, args...)...)))
		if r.status == exitOK {
			t.Errorf("another user's file was written: schedtop %v", r)
		}
	}
	if text, err := os.ReadFile(victim); err != nil || string(text) != "precious" {
		t.Errorf("another user's file is %q now, %v", text, err)
	}
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("left in another user's directory: %v", left)
	}

	exe := build{}.path(t)
	cmd = asNobody(t, path, "--batch", "-d", "100ms", "--", exe, "-mode", "quiet", "-for", "1m")
	cmd.Env = append(os.Environ(), "HOME=/tmp", "SCHEDTOP_DIR=/nowhere")
	p = start(t, cmd)
	p.stdout.waitFor(t, "a line", func(text []string) bool { return count(text, "SCHED ") > 0 })
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid(), p.pid()))
	if err != nil {
		t.Fatal(err)
	}
	if has := capsOf(t, atoi(t, strings.TrimSpace(string(children))), "CapPrm"); has != 0 {
		t.Errorf("the program that it started has the capabilities %#x", has)
	}
	p.signal(t, syscall.SIGTERM)
	p.wait(t, patience)
}
