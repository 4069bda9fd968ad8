// A server with a task for each connection: most people stay, and say something now and then; some
// only look in.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

const people = 40

// session is one connection; how often something is said in it, nobody knows before.
func session(ctx context.Context, task *trace.Task, random *rand.Rand, said int) {
	defer task.End()
	for i := 0; i < said; i++ {
		scene.Pause(random, 20*time.Millisecond)
		trace.WithRegion(ctx, "say", func() { scene.Compute(100 * time.Microsecond) })
	}
}

func accept(random *rand.Rand) {
	const long, short = 1 << 20, 2
	for i := 0; ; i++ {
		said := short
		if i < people {
			said = long
		} else {
			scene.Pause(random, 50*time.Millisecond)
		}
		ctx, task := trace.NewTask(context.Background(), "session")
		go session(ctx, task, rand.New(rand.NewSource(random.Int63())), said)
	}
}

func main() {
	s := scene.Begin()
	s.Record()
	go accept(s.Random(0))
	time.Sleep(s.For)
	s.End()
}
