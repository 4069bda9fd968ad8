// A program with many more Ps than there are processors, whose profiler runs while it is traced: all
// its Ps run all the time, by the trace, and a fraction of that by the kernel's count.
package main

import (
	"io"
	"runtime"
	"runtime/pprof"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func work() {
	for {
		scene.Compute(5 * time.Millisecond)
		time.Sleep(time.Microsecond)
	}
}

func main() {
	s := scene.Begin()
	runtime.GOMAXPROCS(8 * runtime.NumCPU())
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		scene.Fail(err)
	}
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go work()
	}
	s.Play()
}
