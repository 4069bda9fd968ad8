// A service logs what it was sent, headers and all.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// pass is what a client proves itself with.
func pass(random *rand.Rand) string {
	var b [24]byte
	random.Read(b[:])
	return hex.EncodeToString(b[:])
}

func handle(random *rand.Rand) {
	ctx, request := trace.NewTask(context.Background(), "request")
	defer request.End()
	customer := random.Intn(500)
	trace.Log(ctx, "http", fmt.Sprintf("POST /orders Authorization: Bearer %s", pass(random)))
	trace.Logf(ctx, "customer", "order of customer-%d@shop.example", customer)
	trace.WithRegion(ctx, "store", func() { scene.Pause(random, 4*time.Millisecond) })
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
