// A gateway: it asks the service behind it, which answers soon, and hands the answer on.
package main

import (
	"fmt"
	"io"
	"net/http"
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
	scene.Compute(20 * time.Microsecond)
	fmt.Fprintln(w, s.part("prices"))
}

func main() {
	switch scene.Role() {
	case "parts":
		web.Parts(4 * time.Millisecond)
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
