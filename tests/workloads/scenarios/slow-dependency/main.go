// A service whose answers need one other, which takes long; each request is a task and logs the ID by
// which the other one knows it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"runtime/trace"
	"sync/atomic"
	"time"

	"schedtop/tests/workloads/internal/scene"
	"schedtop/tests/workloads/internal/web"
)

type shop struct {
	client *http.Client
	parts  string
	next   atomic.Int64
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

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, task := trace.NewTask(r.Context(), "GET /prices")
	defer task.End()
	trace.Logf(ctx, "trace_id", "%032x", s.next.Add(1))
	scene.Compute(50 * time.Microsecond)
	fmt.Fprintln(w, s.part("prices"))
}

func main() {
	switch scene.Role() {
	case "parts":
		web.Parts(120 * time.Millisecond)
	case "customers":
		web.Customers(scene.Argument(), 20*time.Millisecond)
	}
	s := scene.Begin()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	service := &shop{client: client, parts: scene.Other("parts", "")}
	listener := web.Listen()
	go func() { scene.Fail(http.Serve(listener, service)) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
