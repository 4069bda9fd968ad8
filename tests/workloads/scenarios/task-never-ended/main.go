// Requests that fail return early, and forget to end what they began.
package main

import (
	"context"
	"errors"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

var errNotFound = errors.New("no such order")

func handle(random *rand.Rand) error {
	ctx, request := trace.NewTask(context.Background(), "request")
	trace.WithRegion(ctx, "look up", func() { scene.Pause(random, 4*time.Millisecond) })
	if random.Intn(4) == 0 {
		return errNotFound
	}
	trace.WithRegion(ctx, "answer", func() { scene.Compute(100 * time.Microsecond) })
	request.End()
	return nil
}

func serve(random *rand.Rand) {
	for {
		scene.Pause(random, 4*time.Millisecond)
		if handle(random) != nil {
			scene.Compute(20 * time.Microsecond)
		}
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 8; i++ {
		go serve(s.Random(i))
	}
	s.Play()
}
