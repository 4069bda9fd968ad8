package doctor_test

import (
	"path/filepath"
	"runtime"
	"slices"
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

func isHealthy(r row) bool {
	return r.want == ""
}

// What other programs of the machine do to a healthy one is no fault of its own.
func TestHealthyProgramsOnABusyMachine(t *testing.T) {
	if !isSlow {
		t.Skip("keeps all CPUs busy: in the slow tier alone")
	}
	version := minor(t, "local")
	programs := map[bool]string{} // folders, by whether they are built with cgo
	for _, cgo := range []bool{false, true} {
		list, names := chosen(version, cgo)
		if slices.ContainsFunc(list, isHealthy) {
			programs[cgo] = build(t, "local", cgo, names)
		}
	}
	defer burn()()
	for _, r := range rows {
		if !isHealthy(r) || r.since > version {
			continue
		}
		file, _ := r.capture(t, filepath.Join(programs[r.cgo], r.name), 1)
		got := doctor(t, append(slices.Clone(r.flags), file)...)
		if problem := r.judge(got); problem != "" {
			keep(t, file, r.name+"-loaded.trace")
			t.Errorf("%s: %s\n%s", r.name, problem, got.text)
		}
	}
}
