// Work at 100 % CPU in rounds that fork and join: parts of a large table are sorted and summed, by one
// goroutine for each P.
package main

import (
	"math/rand"
	"runtime"
	"sort"
	"sync"

	"schedtop/tests/workloads/internal/scene"
)

func fill(part []int, random *rand.Rand) {
	for i := range part {
		part[i] = random.Int()
	}
}

func step(part []int, random *rand.Rand) int {
	fill(part, random)
	sort.Ints(part)
	sum := 0
	for i := 0; i < len(part); i += 100 {
		sum ^= part[i]
	}
	return sum
}

func main() {
	s := scene.Begin()
	table := make([]int, 1<<19)
	parts := runtime.GOMAXPROCS(0)
	sums := make([]int, parts)
	sources := make([]*rand.Rand, parts)
	for i := range sources {
		sources[i] = s.Random(i)
	}
	go func() {
		for {
			var all sync.WaitGroup
			for i := 0; i < parts; i++ {
				all.Add(1)
				go func(i int) {
					defer all.Done()
					sums[i] = step(table[i*len(table)/parts:(i+1)*len(table)/parts], sources[i])
				}(i)
			}
			all.Wait()
		}
	}()
	s.Play()
}
