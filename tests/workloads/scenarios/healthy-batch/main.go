// A batch job that uses every processor: it sorts and sums, and takes memory as it goes. Everybody runs,
// nobody waits for it, and it is meant to be so.
package main

import (
	"math/rand"
	"runtime"
	"sort"

	"schedtop/tests/workloads/internal/scene"
)

func step(random *rand.Rand, n int) int {
	words := make([]int, n)
	for i := range words {
		words[i] = random.Int()
	}
	sort.Ints(words)
	seen := make(map[int]int)
	for _, w := range words {
		seen[w%4096]++
	}
	return len(seen)
}

func work(random *rand.Rand) {
	for {
		if step(random, 20000) == 0 {
			panic("nothing was seen")
		}
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		go work(s.Random(i))
	}
	s.Play()
}
