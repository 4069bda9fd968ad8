package e2e

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	exptrace "golang.org/x/exp/trace"
)

// Two spinners on four Ps wander: what each lane shows must be what the execution trace of the same
// seconds says about that P.
func TestLanesOfTwoSpinnersAgreeWithTheExecutionTrace(t *testing.T) {
	var wrong []string
	for range 3 { // a sampler that gets no CPU knows less
		if wrong = lanesAgainstTrace(t); len(wrong) == 0 {
			return
		}
	}
	t.Error(strings.Join(wrong, "\n"))
}

// lanesAgainstTrace tells which lanes contradict the trace.
func lanesAgainstTrace(t *testing.T) (wrong []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "spinners.trace")
	w := launch{args: []string{"-mode", "spinners", "-n", "2", "-procs", "4",
		"-trace", file, "-trace-for", "22s"}}.run(t)
	w.signal(t, syscall.SIGUSR1)
	w.stdout.waitFor(t, "begin of the trace", hasPrefix("TRACE start_ns="))

	// Sampled 100 times a second, a P that is taken and left at random every 10 ms is known to
	// +-2.9 points (one sigma) after 3 s. Five windows of 3 s make 5 points more than three sigmas.
	const windows = 5
	r := schedtop(t, "-p", w.p(), "--json", "-d", "3s", "-n", itoa(windows), "--source", "memory")
	r.expect(t, exitOK)
	all := parseSnapshots(t, r.stdout)
	if len(all) != windows {
		t.Fatalf("%d snapshots expected: schedtop %v", windows, r)
	}
	w.stdout.waitFor(t, "end of the trace", hasPrefix("TRACE end_ns="))

	var told [4]float64
	var from, to float64
	for i, s := range all {
		end := s.number(t, "monotonic_ns")
		begin := s.number(t, "lanes", "start_ns")
		if i == 0 {
			from = begin
		}
		to = end
		ps, _ := s.at("derived", "p")
		list, _ := ps.([]any)
		if len(list) != len(told) {
			t.Fatalf("%d lanes expected in %v", len(told), ps)
		}
		for p := range told {
			told[p] += (end - begin) * snapshot(list[p].(map[string]any)).number(t, "utilization")
		}
	}
	truth, covered := busyOf(t, file, uint64(from), uint64(to))
	if !covered {
		wrong = append(wrong, "the trace doesn't cover the window: this machine is too slow today")
	}
	sum := 0.0
	for p := range told {
		got, want := 100*told[p]/(to-from), 100*truth[p]/(to-from)
		t.Logf("P%d: lane %.1f %%, trace %.1f %%", p, got, want)
		if math.Abs(got-want) > 5 {
			wrong = append(wrong, fmt.Sprintf("P%d is busy %.1f %% by its lane and %.1f %% by the trace", p, got, want))
		}
		sum += want
	}
	if sum < 150 {
		wrong = append(wrong, fmt.Sprintf("two spinners keep 2 Ps busy, not %.2f: the trace proves nothing", sum/100))
	}
	w.signal(t, syscall.SIGTERM)
	w.wait(t, patience)
	return wrong
}

func hasPrefix(prefix string) func([]string) bool {
	return func(text []string) bool {
		for _, line := range text {
			if strings.HasPrefix(line, prefix) {
				return true
			}
		}
		return false
	}
}

// busyOf adds up how long a goroutine ran on each P between two moments of the monotonic clock.
// covered says whether the trace knows of all that time.
func busyOf(t *testing.T, file string, from, to uint64) (busy map[int]float64, covered bool) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	reader, err := exptrace.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	type running struct {
		on    exptrace.ProcID
		since exptrace.Time
	}
	var (
		clock *exptrace.ClockSnapshot
		first exptrace.Time
		last  exptrace.Time
		now   = map[exptrace.GoID]running{}
	)
	busy = map[int]float64{}
	account := func(r running, end exptrace.Time) {
		begin := max(int64(r.since), moment(clock, from))
		if until := min(int64(end), moment(clock, to)); until > begin {
			busy[int(r.on)] += float64(until - begin)
		}
	}
	for {
		e, err := reader.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind() == exptrace.EventSync {
			if clock == nil {
				clock = e.Sync().ClockSnapshot
			}
			continue
		}
		if clock == nil {
			t.Fatal("the trace doesn't tell how its clock relates to the monotonic one")
		}
		if first == 0 {
			first = e.Time()
		}
		last = e.Time()
		if e.Kind() != exptrace.EventStateTransition {
			continue
		}
		s := e.StateTransition()
		if s.Resource.Kind != exptrace.ResourceGoroutine {
			continue
		}
		g := s.Resource.Goroutine()
		if before, ok := now[g]; ok {
			account(before, e.Time())
			delete(now, g)
		}
		if _, state := s.Goroutine(); state == exptrace.GoRunning {
			now[g] = running{e.Proc(), e.Time()}
		}
	}
	for _, r := range now {
		account(r, last)
	}
	return busy, moment(clock, from) >= int64(first) && moment(clock, to) <= int64(last)
}

// moment converts from the monotonic clock to the trace's.
func moment(clock *exptrace.ClockSnapshot, mono uint64) int64 {
	return int64(clock.Trace) + int64(mono) - int64(clock.Mono)
}
