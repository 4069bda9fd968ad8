// A daemon with nothing to do: it listens, ticks, waits for signals and for work that doesn't come.
package main

import (
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

var beats atomic.Int64

func beat() {
	for range time.Tick(100 * time.Millisecond) {
		beats.Add(1)
	}
}

func wait(changed *sync.Cond) {
	changed.L.Lock()
	defer changed.L.Unlock()
	for {
		changed.Wait()
	}
}

func work(jobs <-chan func(), stop <-chan os.Signal) {
	for {
		select {
		case job := <-jobs:
			job()
		case <-stop:
			os.Exit(0)
		}
	}
}

func main() {
	s := scene.Begin()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() { scene.Fail(http.Serve(listener, http.NotFoundHandler())) }()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	jobs := make(chan func())
	for i := 0; i < 8; i++ {
		go work(jobs, stop)
	}
	go beat()
	go wait(sync.NewCond(new(sync.Mutex)))
	s.Play()
}
