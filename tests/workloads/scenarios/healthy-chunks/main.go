// A batch job that cuts its data into a few more chunks than there are Ps, collects what they come to,
// and shows how far it is: all Ps are busy all the time, and nobody waits who should not.
package main

import (
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func chunk(results chan<- int) {
	for i := 0; ; i++ {
		scene.Compute(5 * time.Millisecond)
		results <- i
	}
}

func collect(results <-chan int) (sum int) {
	progress := time.NewTicker(50 * time.Millisecond)
	defer progress.Stop()
	for {
		select {
		case n := <-results:
			sum += n
			scene.Compute(10 * time.Microsecond)
		case <-progress.C:
			scene.Compute(20 * time.Microsecond)
		}
	}
}

func main() {
	s := scene.Begin()
	runtime.GOMAXPROCS(2)
	results := make(chan int, 16)
	for i := 0; i < 6; i++ {
		go chunk(results)
	}
	go collect(results)
	s.Play()
}
