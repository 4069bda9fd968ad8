// Every request begins a task, as it should, and ends it in the next line: the word defer is missing. The
// work that follows names a task that is over.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func handle(random *rand.Rand) {
	ctx, request := trace.NewTask(context.Background(), "request")
	request.End()
	trace.WithRegion(ctx, "look up", func() { scene.Pause(random, 4*time.Millisecond) })
	trace.WithRegion(ctx, "answer", func() { scene.Compute(100 * time.Microsecond) })
}

func serve(random *rand.Rand) {
	for {
		scene.Pause(random, 4*time.Millisecond)
		handle(random)
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 8; i++ {
		go serve(s.Random(i))
	}
	s.Play()
}
