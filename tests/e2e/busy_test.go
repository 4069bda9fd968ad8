package e2e

import (
	"fmt"
	"strconv"
	"testing"
)

// While everything moves, a counter that was read between two prints of the truth lies between them.
func TestBusyTargetsCountersLieBetweenTwoReadsOfTheTruth(t *testing.T) {
	for _, toolchain := range versions() {
		for _, source := range []string{"memory", "agent"} {
			if source == "agent" && minor(t, toolchain) < agentFloor {
				continue
			}
			t.Run(toolchain+"/"+source, func(t *testing.T) {
				w := launchFor(toolchain, source, "schedtrace=150,scheddetail=1", "-mode", "mixed", "-procs", "3").run(t)
				form := "--batch"
				if minor(t, toolchain) < 20 {
					form = "--json"
				}
				before := w.truthAfterNow(t)
				for i := 0; i < 3; i++ {
					got := w.observe(t, source, form)
					after := w.truthAfterNow(t)
					between(t, before, got, after)
					before = after
				}
			})
		}
	}
}

func between(t *testing.T, before, got, after trace) {
	t.Helper()
	// Threads of Go are never given back, but those of a locked goroutine that ended: there is none.
	mustLieBetween(t, "SCHED threads", before.sched["threads"], got.sched["threads"], after.sched["threads"])
	if len(got.p) != len(before.p) {
		t.Fatalf("%d Ps, the target has %d", len(got.p), len(before.p))
	}
	moved := 0
	for i := range got.p {
		for _, field := range []string{"schedtick", "syscalltick"} {
			lo, hi := before.p[i][field], after.p[i][field]
			mustLieBetween(t, fmt.Sprintf("P%d %s", i, field), lo, got.p[i][field], hi)
			if lo != hi {
				moved++
			}
		}
	}
	if moved == 0 {
		t.Error("no counter moved: this target is not busy")
	}
}

func mustLieBetween(t *testing.T, what, lo, value, hi string) {
	t.Helper()
	var n [3]uint64
	for i, text := range []string{lo, value, hi} {
		var err error
		if n[i], err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Errorf("%s: %q is no number (before %q, read %q, after %q)", what, text, lo, value, hi)
			return
		}
	}
	if n[1] < n[0] || n[1] > n[2] {
		t.Errorf("%s = %d does not lie between the target's own %d and %d", what, n[1], n[0], n[2])
	}
}

// The numbers beyond schedtrace, read from the target's memory, against runtime/metrics: the same
// counters by the runtime's own public way.
func TestBusyTargetsHistogramsLieBetweenTwoReadsOfRuntimeMetrics(t *testing.T) {
	w := launch{args: []string{"-mode", "gc", "-agent"}}.run(t)
	histograms := map[string]string{
		"sched_latency":     "/sched/latencies:seconds",
		"gc_pause":          "/sched/pauses/total/gc:seconds",
		"gc_pause_stopping": "/sched/pauses/stopping/gc:seconds",
	}
	before := w.metrics(t)
	r := schedtop(t, "-p", w.p(), "--json", "-d", "300ms", "-n", "2", "--source", "memory")
	var after snapshot
	waitUntil(t, "the counters to move", func() bool {
		after = w.metrics(t)
		for _, theirs := range histograms {
			if before.total(t, theirs) == after.total(t, theirs) {
				return false
			}
		}
		return true
	})
	r.expect(t, exitOK)
	for _, s := range parseSnapshots(t, r.stdout) {
		for ours, theirs := range histograms {
			lo, hi := before.total(t, theirs), after.total(t, theirs)
			if got := s.number(t, "histograms", ours, "total"); got < lo || got > hi {
				t.Errorf("%s has %v events, %s has %v before and %v after", ours, got, theirs, lo, hi)
			}
		}
		const created = "/sched/goroutines-created:goroutines"
		if _, ok := before.at("values", created); ok { // since Go 1.26
			lo, hi := before.value(t, created), after.value(t, created)
			if got := s.number(t, "sched", "goroutines_created"); got < lo || got > hi {
				t.Errorf("%v goroutines created, runtime/metrics says %v before and %v after", got, lo, hi)
			}
		}
	}
}

// total is how many events a histogram of runtime/metrics has seen.
func (s snapshot) total(t *testing.T, metric string) float64 {
	t.Helper()
	value, ok := s.at("histograms", metric, "counts")
	pairs, isList := value.([]any)
	if !ok || !isList {
		t.Fatalf("the agent doesn't tell %s", metric)
	}
	sum := 0.0
	for _, pair := range pairs {
		sum += toFloat(t, pair.([]any)[1])
	}
	return sum
}
