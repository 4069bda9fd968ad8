// A service that says much of itself, and says it well: tasks that are handed from goroutine to goroutine and
// ended there, regions in each other, cheap requests with nothing in them, tasks that outlast the trace, work that
// outlives its request with a task of its own, and logs about tokens and sessions without one.
package main

import (
	"context"
	"fmt"
	"math/rand"
	"net/url"
	"runtime/trace"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type job struct {
	ctx  context.Context
	done func()
	key  int
}

// accept begins a task for each job; a worker ends it.
func accept(jobs chan<- job, random *rand.Rand) {
	for key := 0; ; key++ {
		scene.Pause(random, 2*time.Millisecond)
		ctx, whole := trace.NewTask(context.Background(), "job")
		trace.Logf(ctx, "auth", "token: valid, session=%d, tokens used: %d", key, 100+random.Intn(900))
		trace.WithRegion(context.Background(), "dispatch", func() { jobs <- job{ctx, whole.End, key} })
	}
}

var database = url.URL{Scheme: "postgres", User: url.UserPassword("shop", "pass"), Host: "db:5432"}

func (j job) do(random *rand.Rand) {
	defer j.done()
	defer trace.StartRegion(j.ctx, "do").End()
	trace.Logf(j.ctx, "db", "connected to %s, trace_id=%032x", database.Redacted(), random.Uint64())
	var parts sync.WaitGroup
	for i := 0; i < 2; i++ {
		parts.Add(1)
		d := time.Duration(1+random.Intn(2)) * time.Millisecond
		go func() {
			defer parts.Done()
			trace.WithRegion(j.ctx, "ask", func() { time.Sleep(d) })
		}()
	}
	parts.Wait()
	nest(j.ctx, 5)
	if j.key%10 == 0 {
		go audit(j.ctx, j.key)
	}
	cached(j.ctx)
}

// nest is a recursion with a region each.
func nest(ctx context.Context, depth int) {
	defer trace.StartRegion(ctx, "nest").End()
	if depth > 0 {
		nest(ctx, depth-1)
	}
	scene.Compute(10 * time.Microsecond)
}

// cached has little to do.
func cached(ctx context.Context) {
	_, short := trace.NewTask(ctx, "cached")
	defer short.End()
	scene.Compute(5 * time.Microsecond)
}

// audit goes on when the job is over.
func audit(ctx context.Context, key int) {
	ctx, own := trace.NewTask(ctx, "audit")
	defer own.End()
	time.Sleep(20 * time.Millisecond)
	trace.WithRegion(ctx, "write", func() { scene.Compute(20 * time.Microsecond) })
	trace.Log(ctx, "audit", fmt.Sprintf("job %d, signature: ok, version golang.org/x/net@v0.1.%d", key, key))
}

func work(jobs <-chan job, random *rand.Rand) {
	for j := range jobs {
		j.do(random)
	}
}

// stay has one task for as long as it is connected, and regions for what it does.
func stay(random *rand.Rand) {
	ctx, whole := trace.NewTask(context.Background(), "connection")
	defer whole.End()
	for {
		trace.WithRegion(ctx, "ping", func() { scene.Pause(random, 10*time.Millisecond) })
	}
}

func main() {
	s := scene.Begin()
	jobs := make(chan job, 16)
	for i := 0; i < 4; i++ {
		go accept(jobs, s.Random(i))
		go work(jobs, s.Random(4+i))
		go stay(s.Random(8 + i))
	}
	s.Play()
}
