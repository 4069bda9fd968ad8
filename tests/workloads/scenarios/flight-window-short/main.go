//go:build go1.25

// A flight recorder that keeps a second or two is asked to write down why a request took long, which
// began before that.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

const tooLong = 2500 * time.Millisecond

func serve(random *rand.Rand) {
	for {
		scene.In("ping", func(context.Context) { scene.Compute(100 * time.Microsecond) })
		scene.Pause(random, 20*time.Millisecond)
	}
}

// handle is the request that takes long, in steps.
func handle(random *rand.Rand, slow func()) {
	scene.In("report", func(ctx context.Context) {
		for begin := time.Now(); time.Since(begin) < tooLong; {
			trace.WithRegion(ctx, "page", func() { scene.Compute(time.Millisecond) })
			scene.Pause(random, 10*time.Millisecond)
		}
		slow()
	})
}

func main() {
	s := scene.Begin()
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 500 * time.Millisecond})
	if err := recorder.Start(); err != nil {
		scene.Fail(err)
	}
	go serve(s.Random(0))
	handle(s.Random(1), func() { s.Keep(recorder) })
}
