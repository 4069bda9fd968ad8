//go:build go1.25

// What a flight recorder kept of a service whose requests are much shorter than what it keeps.
package main

import (
	"context"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func serve(random *rand.Rand) {
	for {
		scene.In("request", func(ctx context.Context) {
			trace.WithRegion(ctx, "price", func() { scene.Compute(500 * time.Microsecond) })
			scene.Pause(random, 2*time.Millisecond)
			trace.WithRegion(ctx, "answer", func() { scene.Compute(200 * time.Microsecond) })
		})
		scene.Pause(random, 10*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 500 * time.Millisecond})
	if err := recorder.Start(); err != nil {
		scene.Fail(err)
	}
	for i := 0; i < 6; i++ {
		go serve(s.Random(i))
	}
	time.Sleep(s.For + time.Second)
	s.Keep(recorder)
}
