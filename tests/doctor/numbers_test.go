package doctor_test

import (
	"flag"
	"math"
	"sync"
	"testing"
)

// A number is told by the doctor and by the engine.
type number struct {
	slug, measure string
	engine        func(all engine) float64
	part          bool // the doctor tells a part of the engine's
}

// numbers are those that both tell.
var numbers = []number{
	{"trace-truncated", "lost_bytes", func(all engine) float64 { return all.Health.LostBytes }, false},
	{"trace-truncated", "damages", func(all engine) float64 { return all.Health.Damages }, false},
	{"gc-pressure", "cycles", func(all engine) float64 { return all.GC.Cycles.Count }, false},
	{"gc-pressure", "marking_ns", func(all engine) float64 { return all.GC.Cycles.Sum }, false},
	{"gc-pressure", "heap_least_bytes", func(all engine) float64 { return all.GC.Heap.Min }, false},
	{"gc-pressure", "heap_most_bytes", func(all engine) float64 { return all.GC.Heap.Max }, false},
	{"gc-pressure", "mutator_utilization_ratio", func(all engine) float64 { return all.GC.Mutator.Mean }, false},
	{"alloc-heavy", "assists", func(all engine) float64 { return all.GC.Assist.Count }, true},
	{"alloc-heavy", "assist_ns", func(all engine) float64 { return all.GC.Assist.Sum }, true},
	{"alloc-heavy", "longest_ns", func(all engine) float64 { return all.GC.Assist.Max }, true},
	{"stw-long", "stops", func(all engine) float64 { return all.GC.Stops.Count }, true},
	{"stw-long", "stopped_ns", func(all engine) float64 { return all.GC.Stops.Sum }, true},
	{"stw-long", "longest_ns", func(all engine) float64 { return all.GC.Stops.Max }, true},
	{"stw-frequent", "stops", func(all engine) float64 { return all.GC.Stops.Count }, true},
	{"cpu-saturation", "wait_p99_ns", func(all engine) float64 { return all.Waits.Latency.P99 }, false},
	{"cpu-saturation", "gomaxprocs", func(all engine) float64 { return all.Utilization.Procs }, false},
	{"cpu-bound-hot-loop", "wait_p99_ns", func(all engine) float64 { return all.Waits.Latency.P99 }, false},
	{"runnable-oversubscription", "gomaxprocs", func(all engine) float64 { return all.Utilization.Procs }, false},
	{"gomaxprocs-mismatch", "gomaxprocs", func(all engine) float64 { return all.Utilization.Procs }, false},
	{"gomaxprocs-mismatch", "running_ns", func(all engine) float64 { return all.Goroutines.Running }, false},
	{"task-never-ended", "begun_tasks", engine.tasks, false},
	{"network-wait", "of_requests", engine.endedTasks, false},
	{"secrets-in-trace", "logs", func(all engine) float64 { return all.Tasks.Logs }, false},
}

// compared has those that some finding told.
var compared sync.Map

// checkAllCompared fails when a number is told by no finding of any scenario: its name has changed.
func checkAllCompared(t *testing.T) {
	if !isSlow || flag.Lookup("test.run").Value.String() != "" {
		return
	}
	for _, n := range numbers {
		if _, ok := compared.Load(n.slug + " " + n.measure); !ok {
			t.Errorf("no finding %s told %s", n.slug, n.measure)
		}
	}
}

// tasks counts those that ended and those that didn't.
func (all engine) tasks() float64 {
	sum := 0.0
	for _, kind := range all.Tasks.Types {
		sum += kind.Ended + kind.Open
	}
	return sum
}

func (all engine) endedTasks() float64 {
	sum := 0.0
	for _, kind := range all.Tasks.Types {
		sum += kind.Ended
	}
	return sum
}

// checkNumbers compares what a finding says with what the engine says of the same trace. JSON has nine
// digits of what is no whole number.
func checkNumbers(t *testing.T, f finding, all engine) {
	t.Helper()
	for _, n := range numbers {
		got, told := f.Measures[n.measure]
		if n.slug != f.Slug || !told {
			continue
		}
		compared.Store(n.slug+" "+n.measure, true)
		want := n.engine(all)
		tolerance := 1e-7 * math.Abs(want)
		if got > want+tolerance || (!n.part && got < want-tolerance) {
			t.Errorf("%s: %s is %v, and by the engine %v", f.Slug, n.measure, got, want)
		}
	}
}
