package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hostile is a program name that a terminal would obey.
const hostile = "\x1b[31mevil\x1b]0;owned\a\u009b2J\x7f\xff"

func TestListShowsEveryGoProcessWithItsFacts(t *testing.T) {
	t.Parallel()
	with := launch{args: []string{"-mode", "quiet", "-procs", "3", "-agent"}}.run(t)
	without := launch{build: build{toolchain: "go1.21.13"}, args: []string{"-mode", "quiet", "-procs", "5"}}.run(t)
	stripped := launch{build: build{stripped: true}, args: []string{"-mode", "quiet"}}.run(t)

	r := schedtop(t, "ls")
	r.expect(t, exitOK)
	line := lineOf(t, r, with)
	mustContain(t, line, localVersion(t), "schedtop/tests/workloads", " 3 ", "yes")
	line = lineOf(t, r, without)
	mustContain(t, line, "go1.21.13", "schedtop/tests/workloads", " 5 ", "no")
	line = lineOf(t, r, stripped)
	mustContain(t, line, localVersion(t), "schedtop/tests/workloads")

	for _, s := range parseSnapshots(t, schedtop(t, "ls", "--json").stdout) {
		for _, key := range []string{"pid", "go_version"} {
			if _, ok := s.at(key); !ok {
				t.Errorf("ls --json without %s: %v", key, s)
			}
		}
	}
}

// How the runtime was found, and how sure that is, belongs to every number that is shown of it.
func TestVerboseListSaysHowTheRuntimeWasFound(t *testing.T) {
	t.Parallel()
	whole := launch{args: []string{"-mode", "quiet"}}.run(t)
	stripped := launch{build: build{stripped: true}, args: []string{"-mode", "quiet"}}.run(t)
	other := launch{build: unreadable, args: []string{"-mode", "quiet"}}.run(t)
	r := schedtop(t, "ls", "-v")
	r.expect(t, exitOK)
	mustContain(t, lineAfter(t, r, whole), "memory: runtime found by its symbols, layout of Go 1.")
	mustContain(t, lineAfter(t, r, stripped), "memory: runtime found by its code (11 of 11 fields of the scheduler, ",
		" at the next best address), layout of Go 1.")
	mustContain(t, lineAfter(t, r, other), "memory: ", "go1.99", "schedtop does not know")

	for _, s := range parseSnapshots(t, schedtop(t, "ls", "--json").stdout) {
		switch pid, _ := s.at("pid"); toRow(map[string]any{"pid": pid})["pid"] {
		case whole.p():
			if by, _ := s.at("memory", "found_by"); by != "symbols" {
				t.Errorf("found by %v, not by symbols: %v", by, s)
			}
		case stripped.p():
			if by, _ := s.at("memory", "found_by"); by != "code" || s.number(t, "memory", "score") != 11 {
				t.Errorf("found by %v, not by code with a score of 11: %v", by, s)
			}
		case other.p():
			if _, ok := s.at("memory_error"); !ok {
				t.Errorf("no reason: %v", s)
			}
		}
	}
}

// A process that can't be looked at may be the one that is sought.
func TestListSaysWhatItLeavesOutAndWhy(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	mine := start(t, exec.Command("setpriv", nobody(build{}.path(t), "-for", "1m")[1:]...))
	mine.stdout.waitFor(t, "READY", func(text []string) bool { return count(text, "READY") == 1 })
	r := finish(t, start(t, exec.Command("setpriv", nobody(binary, "ls", "-v")[1:]...)))
	r.expect(t, exitOK)
	mustContain(t, lineOf(t, r, w), "root", "left out: ", "another user (root)", "sudo schedtop -p "+w.p())
	mustContain(t, lineOf(t, r, &workload{process: mine}), localVersion(t), " no ")
	if len(r.stderr) > 0 {
		t.Errorf("nothing on stderr expected: schedtop %v", r)
	}
	r = finish(t, start(t, exec.Command("setpriv", nobody(binary, "ls")[1:]...)))
	r.expect(t, exitOK)
	if said := r.oneSentence(t); !strings.Contains(said, "more can't be looked at: schedtop ls -v tells why") {
		t.Errorf("it is not told that some are left out: %q", said)
	}
}

// Who can't look says so, and counts nothing.
func TestListWithoutDescriptorsSaysThatItCannotLook(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"ls"}, {"ls", "--json"}, {"ls", "--plain"}} {
		cmd := exec.Command("sh", append([]string{"-c", `ulimit -n 4; exec "$0" "$@"`, binary}, args...)...)
		r := finish(t, start(t, cmd))
		r.expect(t, exitFailed)
		if said := r.oneSentence(t); !strings.Contains(said, "can't be looked at: Too many open files") {
			t.Errorf("not told that nothing could be looked at: %q", said)
		}
	}
}

// In a PID namespace of its own nothing but schedtop is there.
func TestListOfNoGoProcessesSaysWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	needRoot(t)
	p := start(t, exec.Command("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
		"sleep 60 & '"+binary+"' ls; kill $!"))
	r := finish(t, p)
	r.expect(t, exitOK)
	if said := r.oneSentence(t); !strings.Contains(said, "no Go processes here: 2 run other programs") ||
		!strings.Contains(said, "schedtop -- PROG") {
		t.Errorf("the sentence doesn't tell what was looked at, and what to do: %q", said)
	}
	p = start(t, exec.Command("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", binary, "ls", "--json"))
	r = finish(t, p)
	r.expect(t, exitOK)
	if len(r.stdout) > 0 {
		t.Errorf("nothing on stdout expected: schedtop %v", r)
	}
}

func lineAfter(t *testing.T, r result, w *workload) string {
	t.Helper()
	line := lineOf(t, r, w)
	for i := range r.stdout {
		if r.stdout[i] == line && i+1 < len(r.stdout) {
			return r.stdout[i+1]
		}
	}
	t.Fatalf("nothing after the line for PID %d: schedtop %v", w.pid(), r)
	return ""
}

func lineOf(t *testing.T, r result, w *workload) string {
	t.Helper()
	for _, line := range r.stdout {
		words := strings.Fields(line)
		if len(words) > 0 && words[0] == w.p() {
			return line
		}
	}
	t.Fatalf("no line for PID %d: schedtop %v", w.pid(), r)
	return ""
}

func mustContain(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in %q", part, text)
		}
	}
}

func TestListHasNoProcessThatIsNotGo(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command("sleep", "300"))
	r := schedtop(t, "ls")
	r.expect(t, exitOK)
	for _, line := range r.stdout {
		if words := strings.Fields(line); len(words) > 0 && words[0] == itoa(p.pid()) {
			t.Errorf("sleep is listed: %q", line)
		}
	}
}

// Names come from whoever started the process; nothing of them reaches a terminal unchecked.
func TestHostileProgramNamesNeverReachTheOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	exe := filepath.Join(dir, hostile)
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	w := launch{exe: exe, argv0: hostile, args: []string{"-mode", "quiet", "-agent"}}.run(t)
	for _, args := range [][]string{
		{"ls"},
		{"ls", "--json"},
		{"-p", w.p(), "--batch", "--detail", "-n", "1"},
		{"-p", w.p(), "--json", "-n", "1"},
		{"-p", w.p(), "--json", "-n", "1", "--source", "agent"},
	} {
		r := schedtop(t, args...)
		r.expect(t, exitOK)
		for _, line := range append(r.stdout, r.stderr...) {
			checkPlain(t, line)
		}
	}
	p := startSchedtop(t, "-p", w.p(), "--batch", "-d", "1h")
	p.stdout.waitFor(t, "first line", func(text []string) bool { return len(text) > 0 })
	w.signal(t, syscall.SIGKILL)
	r := finish(t, p)
	r.expect(t, exitExited)
	r.oneSentence(t)
}

func TestDeletedExecutableIsRead(t *testing.T) {
	t.Parallel()
	exe := filepath.Join(t.TempDir(), "gone")
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	w := launch{exe: exe, godebug: "schedtrace=100,scheddetail=1",
		args: []string{"-mode", "quiet", "-procs", "4"}}.run(t)
	if err := os.Remove(exe); err != nil {
		t.Fatal(err)
	}
	// Somebody else's file has its name now, as after an update.
	if err := copyFile("/bin/true", exe); err != nil {
		t.Fatal(err)
	}
	w.mustAgree(t, "memory", "--batch")
}
