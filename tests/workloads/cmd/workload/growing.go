package main

import (
	"context"
	"io"
	"runtime"
	"runtime/trace"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

// startTimers makes timers for timeouts that nobody waits for any more: -n a millisecond, each for an
// hour. With a go.mod before 1.23 they live until they fire.
func startTimers(o *options) {
	n := o.count(5)
	go func() {
		for range time.Tick(time.Millisecond) {
			for i := 0; i < n; i++ {
				answered(context.Background())
			}
		}
	}()
}

//go:noinline
func answered(ctx context.Context) {
	done := make(chan struct{})
	close(done)
	select {
	case <-done:
	case <-time.After(time.Hour):
	case <-ctx.Done():
	}
}

// startHoard keeps -n MiB more every -every, and collects garbage so that it can be seen.
func startHoard(o *options) {
	n := o.count(4)
	go func() {
		var kept [][]byte
		for range time.Tick(o.every) {
			kept = append(kept, make([]byte, n<<20))
			runtime.GC()
		}
		runtime.KeepAlive(kept)
	}()
}

// startTraced does nothing but trace itself all the time.
func startTraced(o *options) {
	startWaiters(o.count(5))
	if err := trace.Start(io.Discard); err != nil {
		stage.Fail(err)
	}
}
