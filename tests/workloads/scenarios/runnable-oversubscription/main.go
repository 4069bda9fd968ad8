// A service that cuts each picture it gets into many tiles and starts a goroutine for each of them: the
// tiles of all requests take turns on the few Ps, and every request takes as long as all together.
package main

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

const tiles = 12

func resize(w http.ResponseWriter, _ *http.Request) {
	var all sync.WaitGroup
	for i := 0; i < tiles; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			scene.Compute(30 * time.Millisecond)
		}()
	}
	all.Wait()
	_, _ = io.WriteString(w, "done\n") // an error means that the client has gone
}

func customers(address string) {
	for i := 0; i < 4; i++ {
		go func() {
			for {
				response, err := http.Get("http://" + address + "/resize")
				if err != nil {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		}()
	}
	scene.Hello("up")
}

func main() {
	if scene.Role() == "customers" {
		customers(scene.Argument())
	}
	s := scene.Begin()
	runtime.GOMAXPROCS(2)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() { scene.Fail(http.Serve(listener, http.HandlerFunc(resize))) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
