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
				for i := 0; i < 3; i++ {
					before := w.truth(t)
					got := w.observe(t, source, form)
					after := w.truthAfterNow(t)
					between(t, before, got, after)
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
