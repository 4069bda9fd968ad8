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
