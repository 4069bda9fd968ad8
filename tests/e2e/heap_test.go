package e2e

import (
	"math"
	"testing"
)

// What the collector's variables say, read from outside, is what runtime/metrics says from within. The
// program collects now and then, so two reads from within must agree before that in between counts.
func TestHeapReadFromMemoryIsThatOfRuntimeMetrics(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		if minor(t, toolchain) < agentFloor {
			continue
		}
		for _, mode := range []string{"quiet", "mixed"} {
			t.Run(toolchain+"/"+mode, func(t *testing.T) {
				w := launch{build: build{toolchain: toolchain}, args: []string{"-mode", mode, "-agent"}}.run(t)
				for i := 0; i < attempts; i++ {
					before := w.metrics(t)
					got := oneSnapshot(t, w)
					after := w.metrics(t)
					const cycles = "/gc/cycles/total:gc-cycles"
					from, to := before.value(t, cycles), after.value(t, cycles)
					if n := got.number(t, "runtime", "gc_cycles"); n < from || n > to {
						t.Fatalf("%v cycles, not from %v to %v", n, from, to)
					}
					if from == to {
						mustEqualMetrics(t, got, after)
						return
					}
				}
				t.Skip("the program never stopped collecting for a moment, so only its cycles were compared")
			})
		}
	}
}

func oneSnapshot(t *testing.T, w *workload) snapshot {
	t.Helper()
	r := schedtop(t, "-p", w.p(), "--json", "-n", "1", "-d", "200ms", "--source", "memory")
	r.expect(t, exitOK)
	all := parseSnapshots(t, r.stdout)
	if len(all) != 1 {
		t.Fatalf("one snapshot expected: schedtop %v", r)
	}
	return all[0]
}

func mustEqualMetrics(t *testing.T, got, metrics snapshot) {
	t.Helper()
	for _, c := range []struct {
		member, metric string
		scale          float64
	}{
		{"heap_live_bytes", "/gc/heap/live:bytes", 1},
		{"heap_goal_bytes", "/gc/heap/goal:bytes", 1},
		{"cpu_total_at_gc_ns", "/cpu/classes/total:cpu-seconds", 1e9},
		{"cpu_idle_at_gc_ns", "/cpu/classes/idle:cpu-seconds", 1e9},
		{"cpu_gc_at_gc_ns", "/cpu/classes/gc/total:cpu-seconds", 1e9},
		{"cpu_assist_at_gc_ns", "/cpu/classes/gc/mark/assist:cpu-seconds", 1e9},
	} {
		value, want := got.number(t, "runtime", c.member), c.scale*metrics.value(t, c.metric)
		if math.Abs(value-want) > 1 { // ns: seconds are floating-point numbers
			t.Errorf("%s is %.0f, %s says %.0f", c.member, value, c.metric, want)
		}
	}
}

// Nothing in a program without symbols tells where these are: unknown, and never a wrong number.
func TestHeapOfAStrippedProgramIsUnknown(t *testing.T) {
	t.Parallel()
	w := launch{build: build{stripped: true}, args: []string{"-mode", "quiet"}}.run(t)
	s := oneSnapshot(t, w)
	for _, member := range []string{"gc_cycles", "heap_live_bytes", "heap_goal_bytes", "cpu_total_at_gc_ns"} {
		if value, ok := s.at("runtime", member); ok {
			t.Errorf("%s is %v", member, value)
		}
	}
}
