package e2e

import (
	"math"
	"strings"
	"testing"
)

// What is read from memory of the garbage collector and of waits for locks is what the program reads
// of itself.
func TestCollectorReadFromMemoryIsThatOfRuntimeMetrics(t *testing.T) {
	t.Parallel()
	const seconds = 1e9 // ns
	same := []struct {
		key, metric string
		unit        float64
		since       int
	}{
		{"gc_cycles", "/gc/cycles/total:gc-cycles", 1, 0},
		{"gc_cycles_forced", "/gc/cycles/forced:gc-cycles", 1, 0},
		{"heap_live_bytes", "/gc/heap/live:bytes", 1, 21},
		{"heap_goal_bytes", "/gc/heap/goal:bytes", 1, 0},
		{"cpu_total_at_gc_ns", "/cpu/classes/total:cpu-seconds", seconds, 0},
		{"cpu_idle_at_gc_ns", "/cpu/classes/idle:cpu-seconds", seconds, 0},
		{"cpu_gc_at_gc_ns", "/cpu/classes/gc/total:cpu-seconds", seconds, 0},
		{"cpu_assist_at_gc_ns", "/cpu/classes/gc/mark/assist:cpu-seconds", seconds, 0},
		{"mutex_wait_ns", "/sync/mutex/wait/total:seconds", seconds, 0},
	}
	for _, toolchain := range versions() {
		if minor(t, toolchain) < agentFloor {
			continue
		}
		t.Run(toolchain, func(t *testing.T) {
			t.Parallel()
			w := launch{build: build{toolchain: toolchain, program: "parked"}, args: []string{"-agent"}}.run(t)
			var problem []string
			for i := 0; i < attempts; i++ {
				before := w.metrics(t)
				r := schedtop(t, "-p", w.p(), "--json", "-n", "1", "-d", "100ms", "--source", "memory")
				r.expect(t, exitOK)
				got := parseSnapshots(t, r.stdout)
				after := w.metrics(t)
				if len(got) != 1 {
					t.Fatalf("one snapshot expected: schedtop %v", r)
				}
				problem = nil
				for _, s := range same {
					// What is seconds as a float has lost some digits.
					low, high := before.value(t, s.metric)*s.unit, after.value(t, s.metric)*s.unit
					slack := 1e-9 * math.Abs(high)
					if n := got[0].number(t, "runtime", s.key); n < low-slack || n > high+slack {
						problem = append(problem, s.key+" is not "+s.metric)
						t.Logf("%s is %v, %s between %v and %v", s.key, n, s.metric, low, high)
					}
				}
				if len(problem) == 0 {
					return
				}
			}
			t.Errorf("%v", problem)
		})
	}
}

// The memory limit has a say in the goal, together with the percentage, alone, and when it is so tight that
// there is none left. What counts for it moves with every allocation.
func TestHeapGoalUnderAMemoryLimitIsThatOfRuntimeMetrics(t *testing.T) {
	t.Parallel()
	const slack = 512 << 10
	for _, toolchain := range versions() {
		if minor(t, toolchain) < agentFloor {
			continue
		}
		for _, env := range [][]string{
			{"GOMEMLIMIT=1GiB"}, {"GOMEMLIMIT=1GiB", "GOGC=off"}, {"GOMEMLIMIT=40MiB", "GOGC=off"}, {"GOMEMLIMIT=4MiB"},
		} {
			t.Run(toolchain+" "+strings.Join(env, " "), func(t *testing.T) {
				w := launch{build: build{toolchain: toolchain, program: "parked"}, env: env, args: []string{"-agent"}}.run(t)
				for try := 1; ; try++ {
					before := w.metrics(t).value(t, "/gc/heap/goal:bytes")
					r := schedtop(t, "-p", w.p(), "--json", "-n", "1", "-d", "100ms", "--source", "memory")
					r.expect(t, exitOK)
					got := parseSnapshots(t, r.stdout)[0].number(t, "runtime", "heap_goal_bytes")
					after := w.metrics(t).value(t, "/gc/heap/goal:bytes")
					if got >= math.Min(before, after)-slack && got <= math.Max(before, after)+slack {
						return
					}
					if try == attempts {
						t.Fatalf("the goal is %.0f, that of runtime/metrics %.0f and %.0f", got, before, after)
					}
				}
			})
		}
	}
}

// A collection takes the idle time over to another place; with both the time stays exact.
func TestIdleTimeIsExactWhileTheProgramCollects(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "gc", "-procs", "2"}}.run(t)
	r := schedtop(t, "-p", w.p(), "--json", "-n", "5", "-d", "300ms", "--source", "memory")
	r.expect(t, exitOK)
	collected := false
	for _, s := range parseSnapshots(t, r.stdout) {
		if method, _ := s.at("derived", "idle", "method"); method != "runtime" {
			t.Errorf("idle is known by %v, not by the runtime's own count", method)
		}
		rate, known := s.at("derived", "rates", "gc_cycles_per_s")
		collected = collected || known && toFloat(t, rate) > 0
	}
	if !collected {
		t.Error("the program has not collected and proves nothing")
	}
}

// The phase is read with symbols and without. While marking goes on, workers run on Ps; the two are read by one
// call, but not at one moment.
func TestPhaseOfTheCollectorIsKnownInStrippedPrograms(t *testing.T) {
	t.Parallel()
	const off, mark, end = 0, 1, 2
	for _, toolchain := range versions() {
		for _, flavour := range []build{{}, {stripped: true}} {
			flavour.toolchain = toolchain
			t.Run(flavour.String(), func(t *testing.T) {
				w := launch{build: flavour, args: []string{"-mode", "gc", "-procs", "2"}}.run(t)
				seen := make(map[float64]int)
				working, agree := 0, 0
				for try := 0; try < attempts && (seen[off] == 0 || seen[mark] == 0); try++ {
					r := schedtop(t, "-p", w.p(), "--json", "-n", "40", "-d", "50ms", "--source", "memory")
					r.expect(t, exitOK)
					for _, s := range parseSnapshots(t, r.stdout) {
						phase := s.number(t, "sched", "gc_phase")
						seen[phase]++
						if worksForCollector(s) {
							working++
							if phase != off {
								agree++
							}
						}
					}
				}
				if seen[off] == 0 || seen[mark] == 0 || len(seen) > 3 || len(seen) == 3 && seen[end] == 0 {
					t.Errorf("the program collects now and then, and its phases were %v", seen)
				}
				if working > 0 && 2*agree < working {
					t.Errorf("of %d readings with a mark worker %d were in a phase that has them", working, agree)
				}
			})
		}
	}
}

// worksForCollector says whether a mark worker runs on any P.
func worksForCollector(s snapshot) bool {
	for _, p := range s.rows("p") {
		if p["gc_worker"] == "true" {
			return true
		}
	}
	return false
}
