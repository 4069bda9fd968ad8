// One goroutine owns the index, and eight ask it over a channel: there is no lock, but all of the work is
// that one goroutine's.
package main

import (
	"math/rand"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type request struct {
	key   int
	reply chan int
}

type index struct {
	requests chan request
	pages    map[int]int
}

func (x *index) own() {
	for r := range x.requests {
		scene.Compute(400 * time.Microsecond)
		x.pages[r.key]++
		r.reply <- x.pages[r.key]
	}
}

func (x *index) ask(key int, reply chan int) int {
	x.requests <- request{key, reply}
	return <-reply
}

func serve(x *index, random *rand.Rand) {
	reply := make(chan int, 1)
	for {
		x.ask(random.Intn(1000), reply)
		scene.Compute(20 * time.Microsecond)
	}
}

func main() {
	s := scene.Begin()
	runtime.GOMAXPROCS(4)
	x := &index{requests: make(chan request), pages: map[int]int{}}
	go x.own()
	for i := 0; i < 8; i++ {
		go serve(x, s.Random(i))
	}
	s.Play()
}
