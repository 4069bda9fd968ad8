// A service that knows nearly all answers by heart; one in fifty it has to get from another service,
// which takes its time. Those who ask for that one wait, all others don't.
package main

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"schedtop/tests/workloads/internal/scene"
	"schedtop/tests/workloads/internal/web"
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

func main() {
	switch scene.Role() {
	case "parts":
		web.Parts(60 * time.Millisecond)
	case "customers":
		web.Customers(scene.Argument(), 5*time.Millisecond)
	}
	s := scene.Begin()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	service := &shop{client: client, parts: scene.Other("parts", "")}
	listener := web.Listen()
	go func() { scene.Fail(http.Serve(listener, service)) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
