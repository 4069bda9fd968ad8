package sched

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"schedtop/agent/internal/unstripped"
)

func TestMain(m *testing.M) { os.Exit(unstripped.Main(m)) }

// row is one line of scheduler state: field name to value, as text.
type row map[string]string

// reading is one answer in the form of schedtrace: "SCHED", "P0", "M3" to their rows.
type reading map[string]row

type round struct {
	A, B       json.RawMessage
	Text       string
	Goroutines int
	Created    uint64
	TID        int
}

// runTruth builds testdata/truth with the Go that runs the tests and returns what it printed.
func runTruth(t *testing.T, mode string, buildFlags ...string) []round {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "truth")
	args, linker := []string{"build", "-o", binary}, "-ldflags="
	for _, flag := range buildFlags {
		if strings.HasPrefix(flag, linker) {
			linker = flag + " "
		} else {
			args = append(args, flag)
		}
	}
	if minor, err := goMinor(runtime.Version()); err != nil || minor >= 23 {
		linker += "-checklinkname=0"
	}
	args = append(args, linker)
	if out, err := exec.Command("go", append(args, "./testdata/truth")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(binary, mode)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var rounds []round
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var r round
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		rounds = append(rounds, r)
	}
	if len(rounds) == 0 {
		t.Fatal("the program printed nothing")
	}
	return rounds
}

var assignment = regexp.MustCompile(`(\w+)=(\S*)`)

// parseText reads the runtime's own print of SCHED, P and M lines.
func parseText(text string) reading {
	r := reading{}
	for _, line := range strings.Split(text, "\n") {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		name = strings.TrimSuffix(name, ":")
		if name == "" || name[0] == 'G' {
			continue
		}
		r[name] = row{}
		for _, m := range assignment.FindAllStringSubmatch(line, -1) {
			r[name][m[1]] = m[2]
		}
	}
	return r
}

// parseJSON brings an answer into the same form.
func parseJSON(t *testing.T, text json.RawMessage) reading {
	t.Helper()
	var answer struct {
		Sched map[string]any
		P, M  []map[string]any
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	r := reading{}
	add := func(name string, values map[string]any) {
		r[name] = row{}
		for k, v := range values {
			if r[name][k] = fmt.Sprint(v); v == nil {
				r[name][k] = "nil"
			}
		}
	}
	add("SCHED", answer.Sched)
	for _, p := range answer.P {
		add("P"+fmt.Sprint(p["id"]), p)
	}
	for _, m := range answer.M {
		add("M"+fmt.Sprint(m["id"]), m)
	}
	return r
}

// differences lists where ours differs from what the runtime printed. While it prints, the printing
// thread holds one lock more, which Go 1.27 counts as 16 (lock_spinbit.go: mutexMLocksDelta).
func differences(ours, truth reading, tid int) []string {
	var list []string
	for name, fields := range truth {
		for field, want := range fields {
			got, ok := ours[name][field]
			printer := ours[name]["tid"] == fmt.Sprint(tid)
			if field == "locks" && printer && got == "0" && (want == "1" || want == "16") {
				continue
			}
			if !ok || got != want {
				list = append(list, fmt.Sprintf("%s %s: ours %q, the runtime's %q", name, field, got, want))
			}
		}
	}
	for name := range ours {
		if _, ok := truth[name]; !ok {
			list = append(list, name+" is not in the runtime's print")
		}
	}
	return list
}

// stable removes what changes by itself: time.
func stable(text json.RawMessage) string {
	return regexp.MustCompile(`"idle_ns":\d+`).ReplaceAllString(string(text), "")
}

func quiescentReadingEqualsSchedtrace(t *testing.T, flags ...string) {
	var last []string
	for _, r := range runTruth(t, "quiescent", flags...) {
		if stable(r.A) != stable(r.B) {
			continue // something happened in between: it says nothing
		}
		ours := parseJSON(t, r.A)
		if last = differences(ours, parseText(r.Text), r.TID); len(last) > 0 {
			continue
		}
		if got := ours["SCHED"]["goroutines"]; got != fmt.Sprint(r.Goroutines) {
			t.Errorf("goroutines is %s, runtime.NumGoroutine %d", got, r.Goroutines)
		}
		if got, ok := ours["SCHED"]["goroutines_created"]; ok && got != fmt.Sprint(r.Created) {
			t.Errorf("goroutines_created is %s, the metric %d", got, r.Created)
		}
		if ours["SCHED"]["mutex_wait_ns"] == "0" {
			t.Error("mutex_wait_ns is 0 in a program whose goroutines have waited for a mutex")
		}
		if !hasValue(ours, "curg_status", "3") {
			t.Error("no thread is in a system call, and one is")
		}
		return
	}
	t.Fatalf("in no round the reading equals the runtime's print; the last differences: %q", last)
}

func hasValue(r reading, field, value string) bool {
	for _, fields := range r {
		if fields[field] == value {
			return true
		}
	}
	return false
}

func Test_quiescent_reading_equals_schedtrace(t *testing.T) { quiescentReadingEqualsSchedtrace(t) }

func Test_quiescent_reading_of_a_position_independent_executable_equals_schedtrace(t *testing.T) {
	quiescentReadingEqualsSchedtrace(t, "-buildmode=pie")
}

func Test_quiescent_reading_of_an_executable_without_DWARF_equals_schedtrace(t *testing.T) {
	quiescentReadingEqualsSchedtrace(t, "-gcflags=all=-dwarf=false")
}

func Test_counters_of_a_busy_program_lie_between_two_readings(t *testing.T) {
	for _, r := range runTruth(t, "busy") {
		a, b, truth := parseJSON(t, r.A), parseJSON(t, r.B), parseText(r.Text)
		for i := 0; i < 4; i++ {
			p := fmt.Sprintf("P%d", i)
			for _, field := range []string{"schedtick", "syscalltick"} {
				lo, v, hi := number64(t, a[p][field]), number64(t, truth[p][field]), number64(t, b[p][field])
				if v < lo || v > hi {
					t.Errorf("%s %s: the runtime printed %d between our %d and %d", p, field, v, lo, hi)
				}
			}
		}
		lo, v, hi := number64(t, a["SCHED"]["threads"]), number64(t, truth["SCHED"]["threads"]),
			number64(t, b["SCHED"]["threads"])
		if v < lo || v > hi {
			t.Errorf("threads: the runtime printed %d between our %d and %d", v, lo, hi)
		}
	}
}

func number64(t *testing.T, text string) int64 {
	t.Helper()
	var n int64
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatalf("%q is no number", text)
	}
	return n
}

func Test_quiescent_reading_of_a_stripped_executable_equals_schedtrace(t *testing.T) {
	quiescentReadingEqualsSchedtrace(t, "-ldflags=-s -w")
}

func Test_quiescent_reading_of_a_stripped_position_independent_executable_equals_schedtrace(t *testing.T) {
	quiescentReadingEqualsSchedtrace(t, "-ldflags=-s -w", "-buildmode=pie")
}
