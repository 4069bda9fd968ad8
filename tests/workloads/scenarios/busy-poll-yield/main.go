// A consumer that gives up its P and asks again at once, until there is something to do.
package main

import (
	"math/rand"
	"runtime"
	"sync/atomic"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func consume(ready *atomic.Int64) {
	for {
		if n := ready.Load(); n > 0 {
			ready.Add(-1)
			scene.Compute(100 * time.Microsecond)
			continue
		}
		// A few hundred nanoseconds of looking, as a queue without locks does.
		scene.Compute(200 * time.Nanosecond)
		runtime.Gosched()
	}
}

func produce(ready *atomic.Int64, random *rand.Rand) {
	for {
		ready.Add(1)
		scene.Pause(random, 10*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	ready := new(atomic.Int64)
	go consume(ready)
	go produce(ready, s.Random(0))
	s.Play()
}
