// Two steps overlap on one goroutine: the second begins before the first is over.
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
	defer request.End()
	reading := trace.StartRegion(ctx, "read")
	scene.Pause(random, 2*time.Millisecond)
	parsing := trace.StartRegion(ctx, "parse")
	scene.Compute(50 * time.Microsecond)
	reading.End()
	scene.Compute(50 * time.Microsecond)
	parsing.End()
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
