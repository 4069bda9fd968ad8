package doctor_test

import (
	"math"
	"testing"
)

// A number is told by the doctor and by the engine.
type number struct {
	slug, measure string
	engine        func(all engine) float64
}

// numbers are those that both tell, which must be equal.
var numbers = []number{
	{"trace-truncated", "lost_bytes", func(all engine) float64 { return all.Health.LostBytes }},
	{"trace-truncated", "damages", func(all engine) float64 { return all.Health.Damages }},
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
		want := n.engine(all)
		if math.Abs(got-want) > 1e-7*math.Abs(want) {
			t.Errorf("%s: %s is %v, and by the engine %v", f.Slug, n.measure, got, want)
		}
	}
}
