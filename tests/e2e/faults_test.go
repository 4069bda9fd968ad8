package e2e

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Every allocation, read, opening, connection and write of schedtop fails once, each by itself, and then all
// that come after it. tests/faults/inject.c tells how; here is what schedtop does meanwhile and what it owes:
// no crash, no hang, a documented exit status, a sentence, and no file that is half of one.

// faultLibrary is tests/faults/inject.c, built once.
var faultLibrary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "inject.so")
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	out, err := exec.Command(compiler, "-std=gnu11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror",
		"-o", path, "../faults/inject.c", "-ldl", "-lpthread").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return path, err
})

// faultEnv is an environment in which something of this kind goes wrong. The allocator of a sanitizer is not the
// C library's, so there is nothing to be tried with one.
func faultEnv(t *testing.T, kind string, more ...string) []string {
	t.Helper()
	library, err := faultLibrary()
	if err != nil {
		t.Fatal(err)
	}
	// What is used after it was freed, or before it was written, is not zero.
	env := append(os.Environ(), "LD_PRELOAD="+library, "FAULT_KIND="+kind, "MALLOC_PERTURB_=165")
	return append(env, more...)
}

// needsPlainAllocations skips where they can't be made to fail.
func needsPlainAllocations(t *testing.T) {
	t.Helper()
	if content, err := os.ReadFile(binary); err != nil || bytes.Contains(content, []byte("__asan_init")) {
		t.Skip("a build with a sanitizer has allocations of its own")
	}
}

// A patient is a command that is to survive.
type patient struct {
	name string
	args func(t *testing.T, dir string) []string
	// What has to be the same whenever all went well.
	same bool
	// The file below its directory that is whole or not there.
	file  string
	quick bool // is tried in the quick tier
	// Goes on, or ends with a sentence, when there is no memory from some place on.
	starves bool
	// Keys for a screen; a command without has no terminal.
	keys string
}

func plain(args ...string) func(*testing.T, string) []string {
	return func(*testing.T, string) []string { return args }
}

// live are the arguments of a command about a process that runs.
func live(args ...string) func(*testing.T, string) []string {
	return func(t *testing.T, dir string) []string {
		w := launch{args: []string{"-mode", "quiet", "-procs", "2", "-agent"}}.run(t)
		all := []string{}
		for _, arg := range args {
			arg = strings.ReplaceAll(arg, "DIR", dir)
			all = append(all, strings.ReplaceAll(arg, "PID", w.p()))
		}
		return all
	}
}

func into(dirs ...string) func(*testing.T, string) []string {
	return func(_ *testing.T, dir string) []string {
		all := []string{}
		for _, arg := range dirs {
			all = append(all, strings.ReplaceAll(arg, "DIR", dir))
		}
		return all
	}
}

var faultPatients = []patient{
	{name: "stat", quick: true, args: plain("stat", serviceTrace), same: true},
	{name: "stat --json", args: plain("stat", "--json", serviceTrace), same: true},
	{name: "check", args: plain("check", serviceTrace), same: true},
	{name: "doctor", args: plain("doctor", "--json", serviceTrace), same: true},
	{name: "diff", args: plain("diff", "--json", serviceTrace, serviceTrace), same: true},
	{name: "export perfetto", args: into("export", serviceTrace, "-o", "DIR/out"), same: true, file: "out"},
	{name: "export chrome", args: plain("export", "--format", "chrome", serviceTrace), same: true},
	{name: "export csv", args: plain("export", "--format", "csv", serviceTrace), same: true},
	{name: "export folded", args: plain("export", "--format", "folded", serviceTrace), same: true},
	{name: "profile", args: into("profile", "--kind", "sync", serviceTrace, "-o", "DIR/out"), same: true, file: "out"},
	{name: "replay --json", args: plain("--replay", "../data/leak.ndjson", "--json"), same: true},
	{name: "replay --batch", args: plain("--replay", "../data/leak.ndjson", "--batch", "--detail"), same: true},
	{name: "doctor of a recording", args: plain("doctor", "--replay", "../data/leak.ndjson"), same: true},
	{name: "a record of a replay", args: into("--replay", "../data/leak.ndjson", "--json", "--record", "DIR/out"), same: true},
	{name: "agent add", args: into("agent", "add", "DIR/module")},
	{name: "--help", args: plain("--help"), same: true},

	{name: "ls", args: live("ls", "-v")},
	{name: "--batch", args: live("-p", "PID", "--batch", "-n", "2", "-d", "50ms")},
	{name: "--json", quick: true, starves: true, args: live("-p", "PID", "--json", "-n", "2", "-d", "50ms")},
	{name: "--batch of an agent", args: live("-p", "PID", "--batch", "-n", "2", "-d", "50ms", "--source", "agent")},
	{name: "--record", args: live("-p", "PID", "--json", "-n", "2", "-d", "50ms", "--record", "DIR/out.zst")},
	{name: "--log", args: live("-p", "PID", "--json", "-n", "2", "-d", "50ms", "--log", "DIR/log")},
	{name: "capture", args: live("capture", "-p", "PID", "-s", "1", "-o", "DIR/out"), file: "out"},
	{name: "capture --goroutines", quick: true, args: live("capture", "-p", "PID", "--goroutines", "-o", "DIR/out"), file: "out"},
	{name: "capture --sampled", args: live("capture", "-p", "PID", "--sampled", "-s", "1", "-o", "DIR/out"), file: "out"},
	{name: "doctor -p", args: live("doctor", "-p", "PID", "--for", "2s", "-d", "200ms")},

	{name: "the live screen", quick: true, args: live("-p", "PID", "-d", "100ms"), keys: "2345?\x1b:\x1b"},
	{name: "the trace browser", args: plain("trace", serviceTrace), keys: "12345678?\x1b:\x1b"},
	{name: "the replay", args: plain("--replay", "../data/leak.ndjson", "--speed", "max"), keys: "2345?\x1b:\x1b"},
	{name: "the process list", args: live(), keys: "\x1b[B?\x1b"},
	{name: "the fleet", starves: true, args: func(t *testing.T, _ string) []string {
		return []string{"--prometheus", fakeFleet(t), "-d", "100ms"}
	}, keys: "\x1b[B?\x1b"},
}

// faultKinds are the rows of the table in inject.c. What is done again, or goes on where it was, changes nothing.
var faultKinds = []struct {
	name     string
	harmless bool
	quick    bool
}{
	{"memory", false, true}, {"open", false, true}, {"thread", false, true}, {"connect", false, false},
	{"connect-slow", true, false}, {"read", false, true}, {"read-reset", false, false},
	{"read-interrupted", true, false}, {"read-short", true, true}, {"write", false, true},
	{"write-error", false, false}, {"write-interrupted", true, false}, {"write-short", true, true},
}

// An outcome is what a run left.
type outcome struct {
	status         int
	signaled, hung bool
	stdout, stderr string
	file           []byte // nil: there is none
	left           []string
	wrong          []string // of the terminal
}

// faulted runs a patient once with something going wrong.
func (p patient) faulted(t *testing.T, args []string, dir, kind string, more ...string) outcome {
	t.Helper()
	for _, name := range []string{"out", "out.zst"} {
		_ = os.Remove(filepath.Join(dir, name))
	}
	if strings.HasPrefix(p.name, "agent") {
		_ = os.RemoveAll(filepath.Join(dir, "module"))
		_ = os.Mkdir(filepath.Join(dir, "module"), 0o755)
		_ = os.WriteFile(filepath.Join(dir, "module", "go.mod"), []byte("module m\n\ngo 1.21\n"), 0o644)
		_ = os.WriteFile(filepath.Join(dir, "module", "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(faultEnv(t, kind, more...), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	var o outcome
	if p.keys != "" {
		o = p.onScreen(t, cmd)
	} else {
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		child := start(t, cmd)
		select {
		case <-child.ended:
		case <-time.After(patience):
			o.hung = true
			_ = child.cmd.Process.Kill()
			<-child.ended
		}
		o.stdout, o.stderr = stdout.String(), stderr.String()
		o.status = exitStatus(child.cmd)
	}
	o.signaled = o.status > 128 && !o.hung
	if p.file != "" {
		o.file, _ = os.ReadFile(filepath.Join(dir, p.file))
	}
	o.left, _ = filepath.Glob(filepath.Join(dir, ".schedtop-*"))
	return o
}

func (p patient) onScreen(t *testing.T, cmd *exec.Cmd) (o outcome) {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	s := sit(t, cmd)
	limit := time.Now().Add(patience)
	for i := 0; !s.hasEnded(15 * time.Millisecond); i++ {
		if time.Now().After(limit) {
			o.hung = true
			_ = s.p.cmd.Process.Kill()
			<-s.p.ended
			break
		}
		if !strings.Contains(s.text(), "\x1b[?1049h") {
			continue // it would go to a line that echoes it
		}
		if i%40 < len(p.keys) {
			s.press(p.keys[i%40 : i%40+1])
		} else {
			s.press("q")
		}
	}
	<-s.done
	o.stdout, o.stderr, o.status = s.text(), stderr.String(), exitStatus(s.p.cmd)
	if !o.hung {
		o.wrong = s.wrong()
	}
	return o
}

var documented = map[int]bool{
	exitOK: true, exitFailed: true, exitUsage: true, exitNoTarget: true, exitPermission: true, exitExited: true,
	exitDamaged: true, exitRegressed: true,
}

// complaint tells what is not as it should be; "" is fine.
func (p patient) complaint(o, well outcome, harmless bool) string {
	told := false
	for _, line := range strings.Split(strings.TrimSuffix(o.stderr, "\n"), "\n") {
		if line == "" || strings.HasPrefix(line, `"?", line `) { // which is curses reading terminfo
			continue
		}
		told = true
		if strings.HasSuffix(line, ": Success") || strings.Contains(line, "(null)") || len(line) < 15 {
			return fmt.Sprintf("not a clear sentence: %q", line)
		}
	}
	lines := strings.Split(strings.TrimSpace(o.stderr), "\n")
	last := lines[len(lines)-1]
	// Curses ends the program by itself when it gets no memory while it opens the screen, and says so.
	ours := strings.HasPrefix(last, "schedtop: ") || strings.HasPrefix(last, "# ")
	if strings.HasPrefix(last, `"?", line `) && strings.HasSuffix(last, "Out of memory") {
		told, ours = true, true
	}
	switch {
	case o.hung:
		return "it hangs"
	case o.signaled:
		return fmt.Sprintf("it ended by signal %d", o.status-128)
	case !documented[o.status]:
		return fmt.Sprintf("exit status %d", o.status)
	case len(o.left) > 0:
		return fmt.Sprintf("left behind: %v", o.left)
	case len(o.wrong) > 0:
		return fmt.Sprintf("left behind on the terminal: %v", o.wrong)
	case o.status != well.status && !told:
		return fmt.Sprintf("exit status %d without a word", o.status)
	case o.status != well.status && !ours:
		return fmt.Sprintf("the last word is not a sentence of ours: %q", last)
	case o.status != well.status && o.status != exitDamaged && o.file != nil && p.same && !bytes.Equal(o.file, well.file):
		return fmt.Sprintf("exit status %d, and a file of %d bytes", o.status, len(o.file))
	case o.status == exitOK && p.file != "" && o.file == nil:
		return "exit status 0 and no file"
	case harmless && p.keys == "" && p.same && o.status != well.status:
		return fmt.Sprintf("exit status %d of what can be done again", o.status)
	}
	if o.status == well.status && p.same && p.keys == "" && (!told || harmless) {
		if o.stdout != well.stdout {
			return "something else is printed, and nothing said"
		}
		if !bytes.Equal(o.file, well.file) {
			return "something else is written, and nothing said"
		}
	}
	return ""
}

// A faultPlace is where something can fail, as inject.c tells it.
type faultPlace struct{ number, call string }

func (p patient) places(t *testing.T, args []string, dir, kind string) []faultPlace {
	t.Helper()
	list := filepath.Join(dir, "places")
	_ = os.Remove(list)
	_ = p.faulted(t, args, dir, kind, "FAULT_LIST="+list)
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatalf("no list of places: %v", err)
	}
	var all []faultPlace
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if number, call, ok := strings.Cut(line, " "); ok {
			all = append(all, faultPlace{number, call})
		}
	}
	sort.Slice(all, func(i, k int) bool { return all[i].number < all[k].number })
	return all
}

// inCurses is among the callers of what curses asked for.
var inCurses = regexp.MustCompile(`lib(tinfo|ncursesw)\.so`)

// A trial is one run with one fault.
type trial struct {
	faultPlace
	turn int
	many bool
}

func (r trial) env(mark string) []string {
	env := []string{"FAULT_PLACE=" + r.number, fmt.Sprintf("FAULT_TURN=%d", r.turn), "FAULT_MARK=" + mark}
	if r.many {
		env = append(env, "FAULT_MANY=1")
	}
	return env
}

// try makes every place fail: the first time, the third time, and from the first time on; and tells how many did.
// As many of them as there is time for, but three at least.
func (p patient) try(t *testing.T, kind string, harmless bool, most time.Duration) int64 {
	dir := t.TempDir()
	args := p.args(t, dir)
	well := p.faulted(t, args, dir, "none")
	if well.hung || well.signaled || !documented[well.status] {
		t.Fatalf("exit status %d without any fault: %q", well.status, well.stderr)
	}
	var trials []trial
	for _, at := range p.places(t, args, dir, kind) {
		trials = append(trials, trial{at, 1, false}, trial{at, 3, false})
		// What follows a process waits for better times, but not for memory.
		if !harmless && p.same || p.starves && kind == "memory" {
			trials = append(trials, trial{at, 1, true})
		}
	}
	rand.New(rand.NewSource(1)).Shuffle(len(trials), func(i, k int) { trials[i], trials[k] = trials[k], trials[i] })
	var failed atomic.Int64
	var wait sync.WaitGroup
	next := make(chan trial)
	for worker := 0; worker < 2; worker++ {
		own := filepath.Join(dir, itoa(worker))
		if err := os.Mkdir(own, 0o755); err != nil {
			t.Fatal(err)
		}
		ownArgs := append([]string{}, args...)
		for i := range ownArgs {
			ownArgs[i] = strings.ReplaceAll(ownArgs[i], dir, own)
		}
		wait.Add(1)
		go func() {
			defer wait.Done()
			for trial := range next {
				mark := filepath.Join(own, "mark")
				_ = os.Remove(mark)
				o := p.faulted(t, ownArgs, own, kind, trial.env(mark)...)
				callers, err := os.ReadFile(mark)
				if err != nil {
					continue // it was not reached
				}
				// glibc 2.36 falls over a failed allocation while it reads its own nsswitch.conf.
				if o.signaled && bytes.Contains(callers, []byte("(__nss_")) {
					continue
				}
				// Curses, too, falls over a failed allocation of its own, or ends the program with a sentence of
				// its own; the terminal is to be given back all the same.
				if o.status != exitOK && kind == "memory" && inCurses.Match(callers) {
					o.signaled, o.status, o.stderr = false, well.status, ""
				}
				failed.Add(1)
				if bad := p.complaint(o, well, harmless); bad != "" {
					t.Errorf("%s: %s\nLD_PRELOAD=inject.so FAULT_KIND=%s %s schedtop %s\nexit status %d, stderr:\n%s", trial.call, bad,
						kind, strings.Join(trial.env("mark"), " "), strings.Join(ownArgs, " "), o.status, o.stderr)
				}
			}
		}()
	}
	end := time.Now().Add(most)
	for i, trial := range trials {
		if i >= 3 && time.Now().After(end) {
			break
		}
		next <- trial
	}
	close(next)
	wait.Wait()
	return failed.Load()
}

func TestNothingThatFailsOnceCrashesOrHangs(t *testing.T) {
	t.Parallel()
	needsPlainAllocations(t)
	only := regexp.MustCompile(os.Getenv("SCHEDTOP_FAULTS"))
	most := time.Duration(0)
	if slow {
		most = 1500 * time.Millisecond
	}
	if more, err := time.ParseDuration(os.Getenv("SCHEDTOP_FAULT_TIME")); err == nil {
		most = more
	}
	var failed atomic.Int64
	t.Run("all", func(t *testing.T) {
		for _, p := range faultPatients {
			for _, kind := range faultKinds {
				p, kind := p, kind
				name := p.name + "/" + kind.name
				if !only.MatchString(name) || !slow && !(p.quick && kind.quick) {
					continue
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					failed.Add(p.try(t, kind.name, kind.harmless, most))
				})
			}
		}
	})
	t.Logf("%d faults", failed.Load())
	if failed.Load() == 0 {
		t.Error("nothing has failed: this proves nothing")
	}
}
