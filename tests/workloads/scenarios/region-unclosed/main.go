// What is begun around a look-up is not ended where nothing is found.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func find(ctx context.Context, random *rand.Rand) bool {
	looking := trace.StartRegion(ctx, "look up")
	scene.Pause(random, 4*time.Millisecond)
	if random.Intn(4) == 0 {
		return false
	}
	looking.End()
	return true
}

func handle(random *rand.Rand) {
	ctx, request := trace.NewTask(context.Background(), "request")
	defer request.End()
	defer trace.StartRegion(ctx, "handle").End()
	if find(ctx, random) {
		scene.Compute(100 * time.Microsecond)
	}
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
