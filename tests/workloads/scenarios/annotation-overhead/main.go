// Every look at a map is a region of its own, though it takes no longer than writing that down.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type cache map[int]int

func (c cache) get(ctx context.Context, key int) (value int) {
	trace.WithRegion(ctx, "get", func() { value = c[key] })
	return value
}

func handle(c cache, random *rand.Rand) (sum int) {
	ctx, request := trace.NewTask(context.Background(), "request")
	defer request.End()
	for i := 0; i < 400; i++ {
		sum += c.get(ctx, random.Intn(len(c)))
	}
	return sum
}

func serve(c cache, random *rand.Rand) {
	for {
		scene.Pause(random, 8*time.Millisecond)
		handle(c, random)
	}
}

func main() {
	s := scene.Begin()
	c := make(cache)
	for i := 0; i < 1000; i++ {
		c[i] = i
	}
	for i := 0; i < 4; i++ {
		go serve(c, s.Random(i))
	}
	s.Play()
}
