// A sum over many megabytes is computed in one call into a routine that can't be interrupted: whoever
// stops the world, as the collector does for its cycles, has to wait for it, and everybody else with him.
package main

import (
	"crypto/md5"
	"math/rand"
	"runtime/debug"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func store(blob []byte) {
	var sum [md5.Size]byte
	for {
		copy(blob, sum[:])
		sum = md5.Sum(blob)
		time.Sleep(5 * time.Millisecond)
	}
}

func handle(random *rand.Rand) {
	recent := make([][]byte, 8)
	for i := 0; ; i++ {
		recent[i%len(recent)] = make([]byte, 256<<10)
		scene.Compute(50 * time.Microsecond)
		scene.Pause(random, 2*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	// Marking lasts until the sum is there and its stack can be scanned, and a cycle's garbage grows with it. With
	// GOGC=100 the next cycle would be due just when the next sum is done; so it is in the middle of one.
	debug.SetGCPercent(10)
	go store(make([]byte, 64<<20))
	for i := 0; i < 4; i++ {
		go handle(s.Random(i))
	}
	s.Play()
}
