// A service that puts an answer together from four others, which it asks all at the same time.
package main

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
	"schedtop/tests/workloads/internal/web"
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

func main() {
	switch scene.Role() {
	case "parts":
		web.Parts(12 * time.Millisecond)
	case "customers":
		web.Customers(scene.Argument(), 20*time.Millisecond)
	}
	s := scene.Begin()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	service := &shop{client, scene.Other("parts", "")}
	listener := web.Listen()
	go func() { scene.Fail(http.Serve(listener, service)) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
