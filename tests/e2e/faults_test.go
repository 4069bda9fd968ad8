package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Every allocation, read, opening, connection and write of schedtop fails once, each by itself, and then all
// that come after it. tests/faults/inject.c tells how, faultpatients_test.go of which commands; here is what
// schedtop owes meanwhile: no crash, no hang, a documented exit status, a sentence, and no file that is half of one.
//
// A place is a call with its callers; it is tried at its first turn and at its third, and with all that follow
// failing as well. That makes some 20,000 trials, of which there is time for a sample: each command has an equal share
// of allFaults for each kind of fault, in which the places are taken in the order of the bits of their numbers
// from the last one to the first, that is, from all over the run of the command in equal distances, at first wide
// ones and then ever closer ones. The order is the same in each run. The quick tier has the first three of the
// commands and kinds that are marked. All of one command are tried with
//
//	SCHEDTOP_FAULTS='^stat/memory' SCHEDTOP_FAULT_TIME=1h go test -run TestNothingThatFailsOnce -timeout 0

// allFaults is what the slow tier takes when nothing else runs.
const allFaults = 4 * time.Minute

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

// faultEnv is an environment in which something of this kind goes wrong.
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

// needsPlainAllocations skips where they can't be made to fail: the allocator of a sanitizer is not the C library's.
func needsPlainAllocations(t *testing.T) {
	t.Helper()
	if content, err := os.ReadFile(binary); err != nil || bytes.Contains(content, []byte("__asan_init")) {
		t.Skip("a build with a sanitizer has allocations of its own")
	}
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
	wrong          []string // of the terminal, or of what was made
}

// faulted runs a patient once with something going wrong.
func (p patient) faulted(t *testing.T, args []string, dir, kind string, more ...string) outcome {
	t.Helper()
	for _, name := range []string{"out", "out.zst"} {
		_ = os.Remove(filepath.Join(dir, name))
	}
	if p.prepare != nil {
		p.prepare(dir)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(faultEnv(t, kind, more...), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	var o outcome
	if p.keys != "" {
		o = p.onScreen(t, cmd)
	} else {
		var stdout, stderr growing
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		child := start(t, cmd)
		attended := make(chan string, 1)
		go func() {
			if p.attend != nil {
				attended <- p.attend(child, &stderr, dir)
				_ = cmd.Process.Signal(syscall.SIGTERM)
			}
		}()
		select {
		case <-child.ended:
		case <-time.After(2 * patience):
			o.hung = true
			_ = child.cmd.Process.Kill()
			<-child.ended
		}
		if p.attend != nil {
			if bad := <-attended; bad != "" {
				o.wrong = append(o.wrong, bad)
			}
		}
		o.stdout, o.stderr = stdout.String(), stderr.String()
		o.status = exitStatus(child.cmd)
	}
	o.signaled = o.status > 128 && !o.hung
	if p.file != "" {
		o.file, _ = os.ReadFile(filepath.Join(dir, p.file))
	}
	o.left, _ = filepath.Glob(filepath.Join(dir, ".schedtop-*"))
	if p.proof != nil && o.status == exitOK {
		if said, err := exec.Command(binary, replaced(p.proof, "DIR", dir)...).CombinedOutput(); err != nil {
			o.wrong = append(o.wrong, fmt.Sprintf("%v: %v: %s", p.proof, err, said))
		}
	}
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
	case o.signaled && o.status != well.status:
		return fmt.Sprintf("it ended by signal %d", o.status-128)
	case !documented[o.status] && o.status != well.status:
		return fmt.Sprintf("exit status %d", o.status)
	case len(o.left) > 0:
		return fmt.Sprintf("left behind: %v", o.left)
	case len(o.wrong) > 0:
		return fmt.Sprintf("left behind: %v", o.wrong)
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

// A faultPlace is where something can fail, as inject.c tells it; in the order in which they are reached.
type faultPlace struct {
	number, call string
	kinds        string // with a comma after each
	turn         int
}

func (p patient) places(t *testing.T, args []string, dir string) (all []faultPlace) {
	t.Helper()
	list := filepath.Join(dir, "places")
	_ = p.faulted(t, args, dir, "", "FAULT_LIST="+list)
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatalf("no list of places: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var at faultPlace
		if _, err := fmt.Sscan(line, &at.number, &at.call, &at.kinds, &at.turn); err != nil {
			t.Fatalf("%q is no place: %v", line, err)
		}
		all = append(all, at)
	}
	return all
}

// evenly puts trials in an order of which every beginning is an even sample of all.
func evenly(all []trial) (some []trial) {
	width := bits.Len(uint(len(all)))
	for i := 0; i < 1<<width; i++ {
		if at := int(bits.Reverse64(uint64(i)) >> (64 - width)); at < len(all) {
			some = append(some, all[at])
		}
	}
	return some
}

// inCurses is among the callers of what curses asked for.
var inCurses = regexp.MustCompile(`lib(tinfo|ncursesw)\.so`)

// inLibarchive are the callers of what libarchive ends the program for, with these last words: it has no other way
// when one of its strings can't grow.
var inLibarchive = regexp.MustCompile(`inject\.so\((malloc|realloc).*\n.*libarchive\.so`)

const fatalOfLibarchive = "Fatal Internal Error in libarchive: Out of memory"

// inTableOfLibuv are the callers of what libuv aborts for: it has no other way when the table of its descriptors
// can't grow. The terminal is to be given back all the same.
var inTableOfLibuv = regexp.MustCompile(`inject\.so\(realloc.*\n.*libuv\.so`)

// A trial is one run with one fault.
type trial struct {
	faultPlace
	many bool
}

func (r trial) env(mark string) []string {
	env := []string{"FAULT_PLACE=" + r.number, fmt.Sprintf("FAULT_TURN=%d", r.turn), "FAULT_MARK=" + mark}
	if r.many {
		env = append(env, "FAULT_MANY=1")
	}
	return env
}

// A ward is a patient who is well, and what can happen to him.
type ward struct {
	patient
	dir    string
	args   []string
	well   outcome
	places []faultPlace
}

func (p patient) admit(t *testing.T) ward {
	t.Helper()
	dir := t.TempDir()
	w := ward{patient: p, dir: dir, args: p.args(t, dir)}
	w.well = p.faulted(t, w.args, dir, "none")
	if bad := p.complaint(w.well, w.well, false); bad != "" {
		t.Fatalf("without any fault: %s: exit status %d: %q", bad, w.well.status, w.well.stderr)
	}
	w.places = p.places(t, w.args, dir)
	return w
}

// try lets things of a kind fail, as many as there is time for, but three at least, and tells how many did.
func (p ward) try(t *testing.T, kind string, harmless bool, most time.Duration) int64 {
	dir, args, well := t.TempDir(), p.args, p.well
	var trials []trial
	for _, at := range p.places {
		if !strings.Contains(","+at.kinds, ","+kind+",") {
			continue
		}
		trials = append(trials, trial{at, false})
		// What follows a process waits for better times, but not for memory.
		if at.turn == 1 && (!harmless && p.same || p.starves && kind == "memory") {
			trials = append(trials, trial{at, true})
		}
	}
	var failed atomic.Int64
	var wait sync.WaitGroup
	next := make(chan trial)
	for worker := 0; worker < 2; worker++ {
		own := filepath.Join(dir, itoa(worker))
		if err := os.Mkdir(own, 0o755); err != nil {
			t.Fatal(err)
		}
		ownArgs := replaced(args, p.dir, own)
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
				if o.status == 128+int(syscall.SIGABRT) && inTableOfLibuv.Match(callers) {
					o = outcome{status: well.status, stdout: well.stdout, file: well.file, wrong: o.wrong}
				}
				if o.status == 1 && inLibarchive.Match(callers) &&
					strings.HasSuffix(strings.TrimSpace(o.stderr), fatalOfLibarchive) {
					o = outcome{status: well.status, stdout: well.stdout, file: well.file, wrong: o.wrong}
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
	for i, trial := range evenly(trials) {
		if i >= 3 && time.Now().After(end) {
			break
		}
		next <- trial
	}
	close(next)
	wait.Wait()
	return failed.Load()
}

// faultShare is how long one command may be tried with one kind of fault, when there are so many pairs of both.
func faultShare(t *testing.T, pairs int) time.Duration {
	t.Helper()
	if more, err := time.ParseDuration(os.Getenv("SCHEDTOP_FAULT_TIME")); err == nil {
		return more
	}
	if !slow {
		return 0
	}
	return allFaults * time.Duration(atoi(t, flag.Lookup("test.parallel").Value.String())) / time.Duration(pairs)
}

func TestNothingThatFailsOnceCrashesOrHangs(t *testing.T) {
	t.Parallel()
	needsPlainAllocations(t)
	only := regexp.MustCompile(os.Getenv("SCHEDTOP_FAULTS"))
	wanted := func(p patient, kind string, quick bool) bool {
		return only.MatchString(p.name+"/"+kind) && (slow || p.quick && quick)
	}
	pairs := map[string]int{}
	for _, p := range faultPatients {
		for _, kind := range faultKinds {
			if wanted(p, kind.name, kind.quick) {
				pairs[p.name]++
				pairs[""]++
			}
		}
	}
	most := faultShare(t, pairs[""])
	var failed atomic.Int64
	t.Run("all", func(t *testing.T) {
		for _, p := range faultPatients {
			p := p
			if pairs[p.name] == 0 {
				continue
			}
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				w := p.admit(t)
				for _, kind := range faultKinds {
					if !wanted(p, kind.name, kind.quick) {
						continue
					}
					kind := kind
					t.Run(kind.name, func(t *testing.T) {
						failed.Add(w.try(t, kind.name, kind.harmless, most))
					})
				}
			})
		}
	})
	t.Logf("%d faults", failed.Load())
	if failed.Load() == 0 {
		t.Error("nothing has failed: this proves nothing")
	}
}
