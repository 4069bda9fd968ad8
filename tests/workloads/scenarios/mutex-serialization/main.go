// Eight goroutines do nearly all of their work with one mutex held: more Ps make it no faster.
package main

import (
	"runtime"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type store struct {
	mu     sync.Mutex
	totals map[int]int
}

// put computes what it could compute before it takes the lock.
func (s *store) put(key int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	scene.Compute(200 * time.Microsecond)
	s.totals[key%64]++
}

func serve(s *store, first int) {
	for key := first; ; key++ {
		scene.Compute(10 * time.Microsecond)
		s.put(key)
	}
}

func main() {
	s := scene.Begin()
	runtime.GOMAXPROCS(4)
	all := &store{totals: make(map[int]int)}
	for i := 0; i < 8; i++ {
		go serve(all, i)
	}
	s.Play()
}
