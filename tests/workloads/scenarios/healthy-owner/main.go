// One goroutine owns a table and is asked over a channel, as in many programs: those that ask do most of
// the work themselves, and it is idle for half of the time.
package main

import (
	"math/rand"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type request struct {
	key   int
	reply chan int
}

type table struct {
	requests chan request
	counts   map[int]int
}

func (t *table) own() {
	for r := range t.requests {
		scene.Compute(50 * time.Microsecond)
		t.counts[r.key]++
		r.reply <- t.counts[r.key]
	}
}

func (t *table) ask(key int, reply chan int) int {
	t.requests <- request{key, reply}
	return <-reply
}

func serve(t *table, random *rand.Rand) {
	reply := make(chan int, 1)
	for {
		t.ask(random.Intn(1000), reply)
		scene.Compute(200 * time.Microsecond)
		scene.Pause(random, 2*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	t := &table{requests: make(chan request), counts: map[int]int{}}
	go t.own()
	for i := 0; i < 8; i++ {
		go serve(t, s.Random(i))
	}
	s.Play()
}
