// A client keeps the context of its first request and makes all others with it; each of them ends the one
// thing that was begun.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type client struct {
	ctx    context.Context
	finish func()
	random *rand.Rand
}

func (c *client) call() {
	defer c.finish()
	trace.WithRegion(c.ctx, "send", func() { scene.Compute(50 * time.Microsecond) })
	trace.WithRegion(c.ctx, "receive", func() { scene.Pause(c.random, 4*time.Millisecond) })
}

// connect makes a client that lives for a second or so.
func connect(random *rand.Rand) *client {
	ctx, first := trace.NewTask(context.Background(), "call")
	return &client{ctx, first.End, random}
}

func work(random *rand.Rand) {
	for {
		c := connect(random)
		for i := 0; i < 40; i++ {
			c.call()
			scene.Pause(random, 2*time.Millisecond)
		}
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 8; i++ {
		go work(s.Random(i))
	}
	s.Play()
}
