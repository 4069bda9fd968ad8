// Package trace_test compares the trace engine with golang.org/x/exp/trace on
// traces made here, and on the reference's own tests. It needs the program
// trace-summary; its path is in $TRACE_SUMMARY.
//
// Compared are, to the nanosecond: a digest of every event's time, context,
// details and stack; each task with what its time was spent on, each region,
// log and range (stops of the world by kind, collections, assists, sweeps); of
// each goroutine the time by state and reason; the same by stack, and waits to
// run by the functions that goroutines start with and were created by; of each P
// its use; what the heap and GOMAXPROCS were. The exceptions are these:
//   - traces of Go 1.11 to 1.21, see looseNs;
//   - of a trace that the reference gives up only the verdict is compared;
//   - "no parent", "no stack" and "no goroutine" are said in more than one way
//     by the reference, and in one here;
//   - an event of a fuzzed trace may name what isn't there, which the reference
//     reads and can't print: no digest is compared of such a trace;
//   - a range that ends in another generation than it began has the name that
//     it began with, since the reference can't look it up any more.
package trace_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"schedtop/tests/trace/reference"
)

func summaryProgram(t *testing.T) string {
	t.Helper()
	path := os.Getenv("TRACE_SUMMARY")
	if path == "" {
		t.Skip("TRACE_SUMMARY doesn't name the program to compare with")
	}
	return path
}

// ours runs trace-summary and returns its lines, sorted.
func ours(t *testing.T, program, file string, flags ...string) ([]string, string) {
	t.Helper()
	cmd := exec.Command(program, append(flags, file)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, file, err, stderr.String())
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	sort.Strings(lines)
	return lines, strings.TrimSpace(stderr.String())
}

// compare fails the test when the two readers differ in anything.
func compare(t *testing.T, program, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := reference.Read(f, false)
	got, sentence := ours(t, program, file)
	if want.Err != nil {
		// The rest of a trace that is given up depends on when: only the verdict counts.
		if got[len(got)-1] != "verdict damaged" {
			t.Errorf("%s: the reference says %q, schedtop reads it all", filepath.Base(file), firstLine(want.Err))
		}
		return
	}
	if got[len(got)-1] != "verdict whole" {
		t.Errorf("%s: the reference reads it all, schedtop says %q", filepath.Base(file), sentence)
		return
	}
	got = withoutExtras(want.Lines, got)
	if isOld(t, file) {
		diffLoosely(t, filepath.Base(file), want.Lines, got)
		return
	}
	diff(t, filepath.Base(file), want.Lines, got)
	if t.Failed() {
		showFirstEvents(t, program, file)
	}
}

// showFirstEvents says where two readers whose digests differ part.
func showFirstEvents(t *testing.T, program, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	events := func(lines []string) []string {
		return slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "event ") })
	}
	want := events(reference.Read(f, true).Lines)
	got, _ := ours(t, program, file, "--events")
	got = events(got)
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Logf("the first event that differs:\n%s (reference)\n%s (schedtop)", want[i], got[i])
			return
		}
	}
}

// withoutExtras leaves out what schedtop knows and the reference doesn't: it
// drops the first GOMAXPROCS of traces of Go 1.11 to 1.21, and can't look up what
// some events of fuzzed ones name, so that it has no digests and places. How long
// goroutines were somewhere is not compared of old traces, see looseNs.
func withoutExtras(want, got []string) []string {
	for _, word := range []string{"gomaxprocs ", "digest ", "place ", "origin "} {
		known := func(line string) bool { return strings.HasPrefix(line, word) }
		if !slices.ContainsFunc(want, known) {
			got = slices.DeleteFunc(got, known)
		}
	}
	return got
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// diff reports the lines that only one side has.
func diff(t *testing.T, name string, want, got []string) {
	t.Helper()
	const most = 20
	in := func(lines []string) map[string]int {
		m := map[string]int{}
		for _, line := range lines {
			m[line]++
		}
		return m
	}
	w, g := in(want), in(got)
	reported := 0
	report := func(lines []string, other map[string]int, side string) {
		for _, line := range lines {
			if other[line] > 0 {
				other[line]--
			} else if reported++; reported <= most {
				t.Errorf("%s: only %s: %s", name, side, line)
			}
		}
	}
	report(want, g, "the reference")
	report(got, w, "schedtop")
	if reported > most {
		t.Errorf("%s: %d more differences", name, reported-most)
	}
	if len(want) < 2 {
		t.Errorf("%s: nothing to compare in it", name)
	}
}
