package trace_test

import (
	"os"
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

// durations splits a line into what must be equal and the nanoseconds at its end.
func durations(line string) (key string, ns []int64) {
	n := 0
	switch key, _, _ = strings.Cut(line, " "); key {
	case "goroutine", "proc":
		n = 1
	case "range": // the count stays
		n = 2
	}
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

// diffLoosely is diff for old traces.
func diffLoosely(t *testing.T, name string, want, got []string) {
	t.Helper()
	var restWant, restGot []string
	known := map[string][]int64{}
	for _, line := range want {
		key, ns := durations(line)
		if ns == nil {
			restWant = append(restWant, line)
		}
		known[key] = ns
	}
	for _, line := range got {
		key, ns := durations(line)
		if ns == nil {
			restGot = append(restGot, line)
			continue
		}
		other := known[key]
		delete(known, key)
		if other == nil {
			other = make([]int64, len(ns)) // a total of nothing has no line
		}
		for i := range ns {
			if d := ns[i] - other[i]; d < -looseNs || d > looseNs {
				t.Errorf("%s: %s, the reference has %v", name, line, other)
				break
			}
		}
	}
	for key, ns := range known {
		for _, x := range ns {
			if x > looseNs {
				t.Errorf("%s: only the reference: %s %v", name, key, ns)
			}
		}
	}
	diff(t, name, restWant, restGot)
}
