package e2e

import "testing"

// Reading 100,000 goroutines for the first time takes more than 100 ms of processor time; what the Ps do is
// sampled all the while. On a busy machine a sample may come late for other reasons, but not each time.
func TestLanesAreSampledWhileGoroutinesAreRead(t *testing.T) {
	t.Parallel()
	const gapMax = 40e6 // ns
	w := launch{args: []string{"-mode", "quiet", "-waiting", "100000"}}.run(t)
	least := 1e18
	for try := 0; try < attempts && least > gapMax; try++ {
		r := schedtop(t, "-p", w.p(), "--json", "-n", "1", "-d", "500ms", "--source", "memory")
		r.expect(t, exitOK)
		s := parseSnapshots(t, r.stdout)[0]
		if _, known := s.at("goroutines"); !known {
			continue
		}
		steps, _ := s.at("lanes", "steps_ns")
		list, _ := steps.([]any)
		if len(list) == 0 {
			t.Fatal("nothing was sampled")
		}
		gap := 0.0
		for _, step := range list {
			gap = max(gap, toFloat(t, step))
		}
		least = min(least, gap)
	}
	if least > gapMax {
		t.Errorf("every time no sample was taken for %.0f ms", least/1e6)
	}
}
