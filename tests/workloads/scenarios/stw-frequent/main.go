// A service that reads the memory statistics with every request, each time stopping the world.
package main

import (
	"math/rand"
	"runtime"
	"sync/atomic"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

var heap atomic.Uint64

func observe() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	heap.Store(stats.HeapAlloc)
}

func handle(random *rand.Rand) {
	for {
		scene.Compute(500 * time.Microsecond)
		observe()
		scene.Pause(random, 2*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 4; i++ {
		go handle(s.Random(i))
	}
	s.Play()
}
