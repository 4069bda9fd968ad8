// A request asks two back ends at once, on goroutines that begin anew instead of going on with what they were
// given.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func ask(d time.Duration) {
	ctx := context.Background()
	defer trace.StartRegion(ctx, "ask").End()
	time.Sleep(d)
	scene.Compute(50 * time.Microsecond)
}

func handle(random *rand.Rand) {
	ctx, request := trace.NewTask(context.Background(), "request")
	defer request.End()
	var both sync.WaitGroup
	for i := 0; i < 2; i++ {
		d := time.Duration(1+random.Intn(3)) * time.Millisecond
		both.Add(1)
		go func() {
			defer both.Done()
			ask(d)
		}()
	}
	both.Wait()
	trace.WithRegion(ctx, "answer", func() { scene.Compute(50 * time.Microsecond) })
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
