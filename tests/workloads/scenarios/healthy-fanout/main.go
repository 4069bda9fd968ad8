// A service that puts an answer together from four others, which it asks all at the same time.
package main

import (
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type shop struct {
	client *http.Client
	parts  string
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
	var all sync.WaitGroup
	names := [...]string{"prices", "stock", "reviews", "similar"}
	var sizes [len(names)]int64
	for i, name := range names {
		all.Add(1)
		go func(i int, name string) {
			defer all.Done()
			sizes[i] = s.part(name)
		}(i, name)
	}
	all.Wait()
	scene.Compute(50 * time.Microsecond)
	fmt.Fprintln(w, sizes)
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	return listener
}

// parts is the other side: each of the four takes a while.
func parts() {
	listener := listen()
	go func() {
		scene.Fail(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(12 * time.Millisecond)
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
				scene.Pause(random, 20*time.Millisecond)
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
	service := &shop{client, scene.Other("parts", "")}
	listener := listen()
	go func() { scene.Fail(http.Serve(listener, service)) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
