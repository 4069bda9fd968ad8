package trace_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The reference merges the Ps of a trace of Go 1.11 to 1.21 in the order of a
// map, so events of one instant change places from run to run, and since it
// gives each event a time of its own, durations change by some nanoseconds:
// two runs of the reference differ in the same lines.
const looseNs = 1000

func isOld(t *testing.T, file string) bool {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	header := make([]byte, 7)
	_, err = f.Read(header)
	return err == nil && string(header) < "go 1.22"
}

// looseNumbers is how many numbers at the end of a line are times.
var looseNumbers = map[string]int{
	"goroutine": 1, "proc": 1, "range": 2, "span": 2, "log": 1,
	"task": 2, "task-type": 2, "task-spent": 1, "region": 2, "region-type": 2, "region-spent": 1,
}

// durations splits a line into what must be equal and the nanoseconds at its end.
func durations(line string) (key string, ns []int64) {
	key, _, _ = strings.Cut(line, " ")
	n := looseNumbers[key]
	fields := strings.Split(line, " ")
	for _, field := range fields[len(fields)-n:] {
		value, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return line, nil
		}
		ns = append(ns, value)
	}
	return strings.Join(fields[:len(fields)-n], " "), ns
}

func near(a, b []int64) bool {
	for i := range a {
		if d := a[i] - b[i]; d < -looseNs || d > looseNs {
			return false
		}
	}
	return true
}

// looseLines are the lines with times, by the rest of the line and in the order
// of the times, and the other ones. Digests hold times and can't be compared.
func looseLines(lines []string) (loose map[string][][]int64, rest []string) {
	loose = map[string][][]int64{}
	for _, line := range lines {
		if strings.HasPrefix(line, "digest ") {
			continue
		}
		if key, ns := durations(line); ns != nil {
			loose[key] = append(loose[key], ns)
		} else {
			rest = append(rest, line)
		}
	}
	for _, all := range loose {
		slices.SortFunc(all, slices.Compare[[]int64])
	}
	return loose, rest
}

// diffLoosely is diff for old traces.
func diffLoosely(t *testing.T, name string, want, got []string) {
	t.Helper()
	looseWant, restWant := looseLines(want)
	looseGot, restGot := looseLines(got)
	for key := range looseWant {
		if looseGot[key] == nil {
			looseGot[key] = nil // a key of both
		}
	}
	for key, got := range looseGot {
		want := looseWant[key]
		// A total of nothing has no line.
		for len(want) < len(got) {
			want = slices.Insert(want, 0, make([]int64, len(got[0])))
		}
		for len(got) < len(want) {
			got = slices.Insert(got, 0, make([]int64, len(want[0])))
		}
		for i := range got {
			if !near(got[i], want[i]) {
				t.Errorf("%s: %s %v, the reference has %v", name, key, got[i], want[i])
			}
		}
	}
	diff(t, name, restWant, restGot)
}
