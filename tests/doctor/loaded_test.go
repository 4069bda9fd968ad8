package doctor_test

import (
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
)

// burn keeps every CPU busy until the returned function is called, which returns when nobody is.
func burn() (stop func()) {
	var over atomic.Bool
	done := make(chan uint32)
	n := runtime.NumCPU()
	for range n {
		go func() {
			x := uint32(1)
			for !over.Load() {
				for range 1000 {
					x = x*1664525 + 1013904223
				}
			}
			done <- x
		}()
	}
	return func() {
		over.Store(true)
		for range n {
			<-done
		}
	}
}

// What other programs of the machine do to a healthy one is no fault of its own.
func TestHealthyProgramsOnABusyMachine(t *testing.T) {
	if !isSlow {
		t.Skip("keeps all CPUs busy: in the slow tier alone")
	}
	var names []string
	for _, r := range healthyRows {
		names = append(names, r.name)
	}
	dir := build(t, "local", false, names)
	defer burn()()
	for _, r := range healthyRows {
		file, _ := r.capture(t, filepath.Join(dir, r.name), 1)
		got := doctor(t, file)
		if problem := r.judge(got); problem != "" {
			keep(t, file, r.name+"-loaded.trace")
			t.Errorf("%s: %s\n%s", r.name, problem, got.text)
		}
	}
}
