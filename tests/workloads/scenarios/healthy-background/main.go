// A service that answers in microseconds while a report is computed on one of its Ps: the others are
// free, so nobody waits for the report.
package main

import (
	"io"
	"math/rand"
	"net"
	"net/http"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func render() {
	for {
		scene.Compute(300 * time.Millisecond)
		time.Sleep(200 * time.Millisecond)
	}
}

func answer(w http.ResponseWriter, _ *http.Request) {
	scene.Compute(50 * time.Microsecond)
	_, _ = io.WriteString(w, "42\n") // an error means that the client has gone
}

func customers(address string) {
	for i := 0; i < 4; i++ {
		go func(random *rand.Rand) {
			for {
				scene.Pause(random, 30*time.Millisecond)
				response, err := http.Get("http://" + address + "/answer")
				if err != nil {
					continue
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		}(rand.New(rand.NewSource(int64(i))))
	}
	scene.Hello("up")
}

func main() {
	if scene.Role() == "customers" {
		customers(scene.Argument())
	}
	s := scene.Begin()
	runtime.GOMAXPROCS(4)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() { scene.Fail(http.Serve(listener, http.HandlerFunc(answer))) }()
	scene.Other("customers", listener.Addr().String())
	go render()
	s.Play()
}
