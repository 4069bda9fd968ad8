// A service that knows nearly all answers by heart; one in fifty it has to get from another service,
// which takes its time. Those who ask for that one wait, all others don't.
package main

import (
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type shop struct {
	client *http.Client
	parts  string
	asked  atomic.Int64
}

func (s *shop) part(name string) int64 {
	response, err := s.client.Get("http://" + s.parts + "/" + name)
	if err != nil {
		scene.Fail(err)
	}
	defer response.Body.Close()
	n, _ := io.Copy(io.Discard, response.Body) // what is there counts
	return n
}

func (s *shop) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	n := int64(2000)
	if s.asked.Add(1)%50 == 0 {
		n = s.part("prices")
	}
	fmt.Fprintln(w, n)
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	return listener
}

// parts is the other side.
func parts() {
	listener := listen()
	go func() {
		scene.Fail(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(60 * time.Millisecond)
			_, _ = w.Write(make([]byte, 2000)) // the client may have gone
		})))
	}()
	scene.Hello(listener.Addr().String())
}

func customers(address string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	for i := 0; i < 8; i++ {
		go func(random *rand.Rand) {
			for {
				scene.Pause(random, 5*time.Millisecond)
				response, err := client.Get("http://" + address)
				if err != nil {
					return // the service has ended
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		}(rand.New(rand.NewSource(int64(i))))
	}
	scene.Hello("up")
}

func main() {
	switch scene.Role() {
	case "parts":
		parts()
	case "customers":
		customers(scene.Argument())
	}
	s := scene.Begin()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	service := &shop{client: client, parts: scene.Other("parts", "")}
	listener := listen()
	go func() { scene.Fail(http.Serve(listener, service)) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
