// A service with more to compute than its Ps can: each request takes a millisecond of a P, and there are far
// more clients than that allows, so that all of them queue for a P.
package main

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func quote(w http.ResponseWriter, _ *http.Request) {
	scene.Compute(800 * time.Microsecond)
	_, _ = io.WriteString(w, "42\n") // an error means that the client has gone
}

// customers ask again as soon as they have their answer.
func customers(address string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 96}}
	for i := 0; i < 96; i++ {
		go func() {
			for {
				response, err := client.Get("http://" + address + "/quote")
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
	go func() { scene.Fail(http.Serve(listener, http.HandlerFunc(quote))) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
