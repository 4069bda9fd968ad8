// A sum over many megabytes is computed in one call into a routine that can't be interrupted: whoever
// stops the world, as the collector does for its cycles, has to wait for it, and everybody else with him.
package main

import (
	"crypto/md5"
	"math/rand"
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
		scene.Pause(random, 500*time.Microsecond)
	}
}

func main() {
	s := scene.Begin()
	go store(make([]byte, 64<<20))
	for i := 0; i < 4; i++ {
		go handle(s.Random(i))
	}
	s.Play()
}
