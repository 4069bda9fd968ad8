package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The exit statuses of the manual page.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitNoTarget   = 3
	exitPermission = 4
	exitExited     = 5
	exitDamaged    = 6
	exitRegressed  = 10
)

func TestTargetThatDoesNotExistIsExit3(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"--batch", "--json"} {
		r := schedtop(t, "-p", itoa(pidThatIsFree(t)), form, "-n", "1")
		r.expect(t, exitNoTarget)
		r.oneSentence(t)
	}
}

// pidThatIsFree is above every PID the kernel would give.
func pidThatIsFree(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/kernel/pid_max")
	if err != nil {
		t.Fatal(err)
	}
	var most int
	if _, err := fmt.Sscan(string(text), &most); err != nil {
		t.Fatal(err)
	}
	return most + 1
}

// The first page of a process is mapped by nobody, and reading it is an error of the system's.
func TestTraceThatCannotBeReadIsNotDamaged(t *testing.T) {
	t.Parallel()
	r := schedtop(t, "stat", "/proc/self/mem")
	r.expect(t, exitFailed)
	if said := r.oneSentence(t); !strings.Contains(said, "can't be read on at byte 0: Input/output error") {
		t.Errorf("not told that reading failed: %q", said)
	}
}

func TestTargetThatIsNotGoIsExit3(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command("sleep", "300"))
	for _, source := range []string{"auto", "memory", "agent"} {
		r := schedtop(t, "-p", itoa(p.pid()), "--batch", "-n", "1", "--source", source)
		r.expect(t, exitNoTarget)
		if said := r.oneSentence(t); !strings.Contains(said, "Go") {
			t.Errorf("not told that it is no Go program: %q", said)
		}
	}
}

func TestKernelThreadAndInitAreNoGoProgramsAndSaySo(t *testing.T) {
	t.Parallel()
	if link, err := os.Readlink("/proc/2/exe"); err == nil {
		t.Skipf("PID 2 is no kernel thread here but %s", link)
	}
	if _, err := os.Stat("/proc/2"); err != nil {
		t.Skip("this PID namespace has no kernel threads")
	}
	r := schedtop(t, "-p", "2", "--batch", "-n", "1")
	r.expect(t, exitNoTarget)
	r.oneSentence(t)
}

func TestProcessOfAnotherUserIsExit4(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	for _, source := range []string{"auto", "memory"} {
		p := start(t, exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
			binary, "-p", w.p(), "--batch", "-n", "1", "--source", source))
		r := finish(t, p)
		r.expect(t, exitPermission)
		r.oneSentence(t)
	}
}

// The socket is the owner's and root's alone: another user gets a sentence, not data.
func TestAgentOfAnotherUserIsExit4(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := launch{args: []string{"-mode", "quiet", "-agent"}}.run(t)
	p := start(t, exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
		binary, "-p", w.p(), "--batch", "-n", "1", "--source", "agent"))
	r := finish(t, p)
	r.expect(t, exitPermission)
	r.oneSentence(t)
}

func TestBadFlagsAreExit2(t *testing.T) {
	t.Parallel()
	self := itoa(os.Getpid())
	for _, args := range [][]string{
		{}, // the screen needs a terminal
		{"-p", self},
		{"--no-such-option"},
		{"-p"},
		{"-p", "x", "--batch"},
		{"-p", "0", "--batch"},
		{"-p", "-1", "--batch"},
		{"-p", "99999999999999999999", "--batch"},
		{"-p", self, "--batch", "-d", "0"},
		{"-p", self, "--batch", "-d", "1ms"},
		{"-p", self, "--batch", "-d", "soon"},
		{"-p", self, "--batch", "-d", "-1s"},
		{"-p", self, "--batch", "-n", "0"},
		{"-p", self, "--batch", "-n", "1.5"},
		{"-p", self, "--batch", "--source", "oracle"},
		{"-p", self, "--batch", "--json"},
		{"--batch"},
		{"no-such-command"},
		{"ls", "no-such-argument"},
		{"-p", self, "--batch", "\x1b]0;x\a"},
	} {
		r := schedtop(t, args...)
		if r.status != exitUsage {
			t.Errorf("exit status %d expected: schedtop %v", exitUsage, r)
			continue
		}
		r.oneSentence(t)
		if len(r.stdout) > 0 {
			t.Errorf("nothing on stdout expected: schedtop %v", r)
		}
	}
}

func TestTargetKilledWhileWatchedIsExit5(t *testing.T) {
	t.Parallel()
	for _, form := range [][]string{
		{"--batch", "-d", "100ms"},
		{"--json", "-d", "100ms"},
		{"--batch", "-d", "10m"}, // also when the next snapshot is far away
	} {
		for _, source := range []string{"auto", "memory", "agent"} {
			w := launch{args: []string{"-mode", "quiet", "-agent"}}.run(t)
			p := startSchedtop(t, append(form, "-p", w.p(), "--source", source)...)
			p.stdout.waitFor(t, "snapshot", func(text []string) bool { return len(text) > 0 })
			w.signal(t, syscall.SIGKILL)
			r := finish(t, p)
			r.expect(t, exitExited)
			// Before that it may have been slow, on a busy machine, and its sockets are closed before it is
			// gone; that it fell silent is the same news.
			var said []string
			for _, sentence := range r.sentences() {
				if !strings.Contains(sentence, "its agent does not answer: ") {
					said = append(said, sentence)
				}
			}
			if len(said) != 1 || !strings.Contains(said[0], "exited") {
				t.Errorf("%v, %s: that it has exited is to be told, and nothing else: %q", form, source, said)
			}
		}
	}
}

// A process that executes another program is another target: nothing of the new one is shown for the old
// one, whoever tells it.
func TestTargetThatExecutesAnotherProgramIsExit5(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	for name, next := range map[string][]string{
		"another Go program":  {build{toolchain: "go1.21.13"}.path(t), "-mode", "quiet", "-for", "1m"},
		"the same one anew":   {exe, "-mode", "quiet", "-for", "1m"},
		"a program of C":      {"/bin/sleep", "60"},
		"at a later snapshot": {exe, "-mode", "spinners", "-for", "1m"},
	} {
		for _, source := range []string{"auto", "memory", "agent"} {
			t.Run(name+"/"+source, func(t *testing.T) {
				t.Parallel()
				delay := "100ms"
				if strings.HasPrefix(name, "at a later") {
					delay = "10m"
				}
				w := launch{args: append([]string{"-mode", "quiet", "-agent"}, next...)}.run(t)
				p := startSchedtop(t, "-p", w.p(), "--json", "-d", delay, "--source", source)
				waitUntil(t, "schedtop at work", func() bool { return threadsOf(p.pid()) > 1 })
				time.Sleep(300 * time.Millisecond) // for some snapshots of it
				w.signal(t, syscall.SIGUSR2)
				r := finish(t, p)
				r.expect(t, exitExited)
				// Before that it may have been seen that the agent is going away.
				said := r.sentences()
				if len(said) == 0 || !strings.Contains(said[len(said)-1], "executed a new program") {
					t.Errorf("the last sentence doesn't tell it: %q", said)
				}
				for _, s := range parseSnapshots(t, r.stdout) {
					if version, _ := s.at("go_version"); version != localVersion(t) {
						t.Errorf("a snapshot of %v", version)
					}
				}
			})
		}
	}
}

// threadsOf counts them: with a second one, the collector's, schedtop knows its target.
func threadsOf(pid int) int {
	all, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	return len(all)
}

// A zombie is still in /proc, but nobody is left to watch.
func TestTargetThatIsAZombieIsNotWatched(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	// A shell that becomes a sleep never waits for its child.
	p := start(t, exec.Command("sh", "-c", "'"+exe+"' -for 100ms >/dev/null & echo $!; exec sleep 300"))
	line := p.stdout.waitFor(t, "PID", func(text []string) bool { return len(text) > 0 })
	pid := line[0]
	waitUntil(t, "the target is a zombie", func() bool {
		text, err := os.ReadFile("/proc/" + pid + "/stat")
		return err == nil && strings.Contains(string(text), ") Z ")
	})
	r := schedtop(t, "-p", pid, "--batch", "-n", "1")
	if r.status != exitNoTarget && r.status != exitExited {
		t.Errorf("exit status 3 or 5 expected: schedtop %v", r)
	}
	r.oneSentence(t)
}

func TestStoppedTargetNeverHangsBatch(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"auto", "memory", "agent"} {
		w := launch{args: []string{"-mode", "half", "-agent"}}.run(t)
		p := startSchedtop(t, "-p", w.p(), "--json", "-d", "200ms", "--source", source)
		live := func(n int) func([]string) bool {
			return func(text []string) bool { return count(text, `"live"`) >= n }
		}
		p.stdout.waitFor(t, "first snapshots", live(2))
		w.signal(t, syscall.SIGSTOP)
		p.stdout.waitFor(t, source+": snapshots that say that the target is stopped", func(text []string) bool {
			return count(text, `"stopped"`) >= 3
		})
		w.signal(t, syscall.SIGCONT)
		before := count(p.stdout.all(), `"live"`)
		p.stdout.waitFor(t, source+": snapshots that say that it goes on", live(before+3))
		p.signal(t, syscall.SIGTERM)
		p.wait(t, patience)
	}
}

// -n counts to its end even if the target is stopped all the time.
func TestBatchOfAStoppedTargetEnds(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"auto", "memory", "agent"} {
		w := launch{args: []string{"-mode", "quiet", "-agent"}}.run(t)
		w.signal(t, syscall.SIGSTOP)
		r := schedtop(t, "-p", w.p(), "--batch", "-d", "200ms", "-n", "3", "--source", source)
		if len(r.sentences()) == 0 {
			t.Errorf("nobody is told that the target is stopped: schedtop %v", r)
		}
	}
}

func count(text []string, part string) int {
	n := 0
	for _, line := range text {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
