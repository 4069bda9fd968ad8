// A pool of workers that has more than enough of them: jobs come in bursts, are done, and the workers
// wait for the next.
package main

import (
	"math/rand"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type job struct {
	key  int
	cost time.Duration
}

type totals struct {
	mu    sync.Mutex
	byKey map[int]time.Duration
}

func (t *totals) add(j job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byKey[j.key] += j.cost
}

func work(jobs <-chan job, done *totals) {
	for j := range jobs {
		scene.Compute(j.cost)
		done.add(j)
	}
}

// feed offers about a quarter of what one P can do.
func feed(jobs chan<- job, random *rand.Rand) {
	for {
		for i := 0; i < 8; i++ {
			jobs <- job{random.Intn(50), time.Duration(100+random.Intn(900)) * time.Microsecond}
		}
		scene.Pause(random, 20*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	jobs := make(chan job, 64)
	done := &totals{byKey: make(map[int]time.Duration)}
	for i := 0; i < 16; i++ {
		go work(jobs, done)
	}
	go feed(jobs, s.Random(0))
	s.Play()
}
