// A service whose health check writes down the stacks of all its goroutines, of which there are
// thousands: the whole program stands still meanwhile.
package main

import (
	"math/rand"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type connection struct {
	messages chan []byte
}

func (c *connection) read(depth int) []byte {
	if depth > 0 {
		return c.read(depth - 1)
	}
	return <-c.messages
}

func (c *connection) serve() {
	for {
		if message := c.read(12); message == nil {
			return
		}
	}
}

func check(every time.Duration) {
	text := make([]byte, 16<<20)
	for {
		time.Sleep(every)
		text = text[:runtime.Stack(text[:cap(text)], true)]
	}
}

func work(random *rand.Rand) {
	for {
		scene.Compute(300 * time.Microsecond)
		scene.Pause(random, time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 4000; i++ {
		go (&connection{make(chan []byte)}).serve()
	}
	for i := 0; i < 3; i++ {
		go work(s.Random(i))
	}
	go check(150 * time.Millisecond)
	s.Play()
}
