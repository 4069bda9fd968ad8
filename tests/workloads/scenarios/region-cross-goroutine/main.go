// Whoever takes an order begins to measure it; a worker that has done it ends that.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type order struct {
	measured *trace.Region
	finish   func()
}

func accept(orders chan<- order, random *rand.Rand) {
	for {
		scene.Pause(random, 4*time.Millisecond)
		ctx, whole := trace.NewTask(context.Background(), "order")
		orders <- order{trace.StartRegion(ctx, "in line"), whole.End}
	}
}

func work(orders <-chan order, random *rand.Rand) {
	for o := range orders {
		o.measured.End()
		scene.Pause(random, 2*time.Millisecond)
		o.finish()
	}
}

func main() {
	s := scene.Begin()
	orders := make(chan order, 64)
	for i := 0; i < 4; i++ {
		go accept(orders, s.Random(i))
		go work(orders, s.Random(4+i))
	}
	s.Play()
}
