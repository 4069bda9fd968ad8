// Consumers that look for work every few microseconds instead of waiting until there is some.
package main

import (
	"math/rand"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type queue struct {
	mu   sync.Mutex
	jobs []int
}

func (q *queue) put(job int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, job)
}

func (q *queue) take() (job int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return 0, false
	}
	job, q.jobs = q.jobs[0], q.jobs[1:]
	return job, true
}

func consume(q *queue) {
	for {
		if _, ok := q.take(); ok {
			scene.Compute(100 * time.Microsecond)
			continue
		}
		time.Sleep(20 * time.Microsecond)
	}
}

func produce(q *queue, random *rand.Rand) {
	for job := 0; ; job++ {
		q.put(job)
		scene.Pause(random, 20*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	q := new(queue)
	for i := 0; i < 4; i++ {
		go consume(q)
	}
	go produce(q, s.Random(0))
	s.Play()
}
