// Workload makes execution traces with every kind of event that a Go program
// can cause: HTTP, garbage collections, annotations, locks, syscalls, CPU
// samples, goroutines that never wake. It builds with Go 1.18 and later.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"sync/atomic"
	"time"
)

// counter counts what is written to a file.
type counter struct {
	file *os.File
	n    int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	atomic.AddInt64(&c.n, int64(n))
	return n, err
}

var kinds = map[string]func(n int){
	"http":   serve,
	"gc":     collect,
	"tasks":  annotate,
	"locks":  lock,
	"files":  readFiles,
	"leaks":  leak,
	"misuse": misuse,
	"spawn":  spawn,
}

func main() {
	out := flag.String("o", "trace.out", "write the trace to `file`")
	length := flag.Duration("for", 300*time.Millisecond, "trace for so long")
	bytes := flag.Int64("bytes", 0, "stop after about so many bytes")
	clients := flag.Int("n", 8, "goroutines of each kind")
	profile := flag.Bool("profile", false, "put CPU samples into the trace")
	flag.Parse()
	f, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	for _, kind := range flag.Args() {
		if kinds[kind] == nil {
			log.Fatalf("unknown kind %q", kind)
		}
	}
	leak(3) // some goroutines are older than the trace
	if *profile {
		if err := pprof.StartCPUProfile(io.Discard); err != nil {
			log.Fatal(err)
		}
	}
	w := &counter{file: f}
	if err := trace.Start(w); err != nil {
		log.Fatal(err)
	}
	for _, kind := range flag.Args() {
		kinds[kind](*clients)
	}
	for t0 := time.Now(); time.Since(t0) < *length; time.Sleep(5 * time.Millisecond) {
		if *bytes > 0 && atomic.LoadInt64(&w.n) >= *bytes {
			break
		}
	}
	trace.Stop()
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
	os.Exit(0)
}

// serve answers n clients over HTTP, with a pool of workers behind the handler.
func serve(n int) {
	work := make(chan func(), n)
	for i := 0; i < n; i++ {
		go func() {
			for job := range work {
				job()
			}
		}()
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		done := make(chan []byte, 1)
		work <- func() { done <- make([]byte, 4096) }
		select {
		case b := <-done:
			_, _ = w.Write(b)
		case <-time.After(time.Second):
		}
	}))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	for i := 0; i < n; i++ {
		go func() {
			for {
				if r, err := client.Get(server.URL); err == nil {
					_, _ = io.Copy(io.Discard, r.Body)
					_ = r.Body.Close()
				}
			}
		}()
	}
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

// collect allocates enough to keep the collector at work, and asks for a few
// stops of the world besides.
func collect(n int) {
	for i := 0; i < n; i++ {
		go func() {
			for keep := make([]*tree, 4); ; {
				for j := range keep {
					keep[j] = grow(12)
				}
			}
		}()
	}
	go func() {
		for {
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			debug.FreeOSMemory()
			time.Sleep(20 * time.Millisecond)
		}
	}()
}

// annotate uses tasks, regions and logs, nested and across goroutines.
func annotate(n int) {
	for i := 0; i < n; i++ {
		go func(i int) {
			for j := 0; ; j++ {
				ctx, task := trace.NewTask(context.Background(), fmt.Sprintf("job %d", i%3))
				trace.Logf(ctx, "number", "%d/%d", i, j)
				trace.WithRegion(ctx, "parse", func() { time.Sleep(50 * time.Microsecond) })
				outer := trace.StartRegion(ctx, "compute")
				sub, child := trace.NewTask(ctx, "part")
				done := make(chan bool)
				go func() {
					defer trace.StartRegion(sub, "inner").End()
					done <- true
				}()
				<-done
				child.End()
				outer.End()
				trace.Log(ctx, "", "no category")
				task.End()
			}
		}(i)
	}
}

func lock(n int) {
	var mutex sync.Mutex
	var rw sync.RWMutex
	cond := sync.NewCond(&mutex)
	for i := 0; i < n; i++ {
		go func(i int) {
			for {
				mutex.Lock()
				if i%2 == 0 {
					cond.Broadcast()
				} else {
					cond.Wait()
				}
				mutex.Unlock()
				rw.RLock()
				runtime.Gosched()
				rw.RUnlock()
				if i == 0 {
					rw.Lock()
					time.Sleep(10 * time.Microsecond)
					rw.Unlock()
				}
			}
		}(i)
	}
}

func readFiles(n int) {
	for i := 0; i < n; i++ {
		go func() {
			for {
				_, _ = os.ReadFile("/proc/self/status")
				r, w, err := os.Pipe()
				if err != nil {
					return
				}
				go func() { _, _ = w.Write([]byte("x")); _ = w.Close() }()
				_, _ = io.ReadAll(r)
				_ = r.Close()
			}
		}()
	}
}

// leak starts goroutines that nobody wakes.
func leak(n int) {
	for i := 0; i < n; i++ {
		go func() { <-make(chan bool) }()
	}
}

// misuse ends a region inside another, for which Go's reader gives the trace
// up. It logs each time.
func misuse(int) {
	go func() {
		for {
			outer := trace.StartRegion(context.Background(), "outer")
			inner := trace.StartRegion(context.Background(), "inner")
			_ = inner
			trace.Log(context.Background(), "misuse", "")
			outer.End()
			time.Sleep(time.Millisecond)
		}
	}()
}

func spawn(n int) {
	for i := 0; i < n; i++ {
		go func() {
			for {
				var group sync.WaitGroup
				for j := 0; j < 10; j++ {
					group.Add(1)
					go group.Done()
				}
				group.Wait()
			}
		}()
	}
}
