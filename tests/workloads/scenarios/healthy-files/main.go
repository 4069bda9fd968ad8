// A batch job that takes one round of files after the other, each file in a goroutine of its own. A few
// files are a hundred times as large as the others: they take as long as they are, and the round waits.
package main

import (
	"math/rand"
	"sync"
	"sync/atomic"

	"schedtop/tests/workloads/internal/scene"
)

// sum reads a file of that many words.
func sum(words int, into *atomic.Uint64) {
	total := uint64(1)
	for i := 0; i < words; i++ {
		total = total*6364136223846793005 + uint64(i)
	}
	into.Add(total)
}

func round(random *rand.Rand, into *atomic.Uint64) {
	var files sync.WaitGroup
	for i := 0; i < 300; i++ {
		words := 500_000 + random.Intn(1_000_000)
		if i%100 == 50 {
			words = 150_000_000
		}
		files.Add(1)
		go func() {
			defer files.Done()
			sum(words, into)
		}()
	}
	files.Wait()
}

func main() {
	s := scene.Begin()
	go func() {
		var total atomic.Uint64
		for random := s.Random(1); ; {
			round(random, &total)
		}
	}()
	s.Play()
}
