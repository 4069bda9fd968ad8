// Workload is a small service in one process that traces itself: handlers answer
// requests, each a task with regions, with a pool of workers and a lock between
// them. One region can be made slower by a share of its work, and by nothing else,
// so that a comparison of two of its traces has a right answer.
package main

import (
	"context"
	"flag"
	"log"
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

var (
	out     = flag.String("o", "trace.out", "write the trace to `file`")
	length  = flag.Duration("for", time.Second, "trace for so long")
	seed    = flag.Int64("seed", 1, "of the sizes of requests")
	slower  = flag.Float64("slower", 0, "add this share to the work of region encode")
	clients = flag.Int("n", 4, "handlers")
)

// sink keeps the compiler from leaving the work out.
var sink atomic.Uint64

// work computes for a while that depends on n alone: some 1.5 ns each.
func work(n int) {
	x := uint64(n)
	for i := 0; i < n; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	sink.Add(x)
}

type job struct {
	ctx  context.Context
	size int
	done chan struct{}
}

// encode is what may be slower.
func encode(j job) {
	defer trace.StartRegion(j.ctx, "encode").End()
	work(j.size + int(float64(j.size)**slower))
}

func worker(jobs chan job) {
	for j := range jobs {
		encode(j)
		close(j.done)
	}
}

type store struct {
	mutex sync.Mutex
	rows  map[int]int
}

func (s *store) put(ctx context.Context, key int) {
	defer trace.StartRegion(ctx, "store").End()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.rows[key%512]++
	work(10000)
}

func audit(ctx context.Context, size int, done chan struct{}) {
	defer trace.StartRegion(ctx, "audit").End()
	work(size / 4)
	close(done)
}

func handle(random *rand.Rand, jobs chan job, rows *store) {
	ctx, task := trace.NewTask(context.Background(), "request")
	defer task.End()
	// Most requests are of one size; some are large.
	size := 60000 + random.Intn(60000)
	if random.Intn(20) == 0 {
		size *= 3
	}
	trace.WithRegion(ctx, "parse", func() { work(40000 + random.Intn(40000)) })
	j := job{ctx, size, make(chan struct{})}
	jobs <- j
	<-j.done
	audited := make(chan struct{})
	go audit(ctx, size, audited)
	rows.put(ctx, size)
	<-audited
}

func serve(random *rand.Rand, jobs chan job, rows *store) {
	for {
		handle(random, jobs, rows)
		time.Sleep(time.Duration(500+random.Intn(1500)) * time.Microsecond)
	}
}

func main() {
	flag.Parse()
	file, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	jobs, rows := make(chan job), &store{rows: map[int]int{}}
	for i := 0; i < 2; i++ {
		go worker(jobs)
	}
	for i := 0; i < *clients; i++ {
		go serve(rand.New(rand.NewSource(*seed*1000+int64(i))), jobs, rows)
	}
	time.Sleep(100 * time.Millisecond) // it has warmed up
	if err := trace.Start(file); err != nil {
		log.Fatal(err)
	}
	time.Sleep(*length)
	trace.Stop()
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}
