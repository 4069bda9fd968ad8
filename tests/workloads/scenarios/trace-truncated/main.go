// The program ends while it is traced, and nobody stopped the tracer: what it had not written yet is lost.
package main

import (
	"os"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func work(jobs <-chan int) {
	for range jobs {
		scene.Compute(20 * time.Microsecond)
	}
}

func main() {
	s := scene.Begin()
	jobs := make(chan int)
	for i := 0; i < 4; i++ {
		go work(jobs)
	}
	s.Record()
	// In the middle of what the runtime writes about once a second: between two of those Go 1.22 to 1.24
	// leave nothing that tells.
	for begin := time.Now(); time.Since(begin) < s.For*3/4; {
		jobs <- 1
	}
	os.Exit(0)
}
