// Two services that need each other to answer, and allow four connections to the other: eight customers at
// once, and each side waits for an answer that the other can't give before it has one.
package main

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// relay serves requests by asking the other side, so many times as the path says.
type relay struct {
	other  string
	client *http.Client
}

func newRelay() *relay {
	return &relay{client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 4}}}
}

func (r *relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	left, err := strconv.Atoi(request.URL.Path[1:])
	if err != nil || left == 0 {
		scene.Compute(100 * time.Microsecond)
		_, _ = io.WriteString(w, "done\n") // an error means that the client has gone
		return
	}
	response, err := r.client.Get("http://" + r.other + "/" + strconv.Itoa(left-1))
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_, _ = io.Copy(w, response.Body)
	_ = response.Body.Close()
}

func serve(r *relay) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() { scene.Fail(http.Serve(listener, r)) }()
	return listener.Addr().String()
}

func customers(address string) {
	for i := 0; i < 12; i++ {
		go func() {
			for {
				response, err := http.Get("http://" + address + "/12")
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		}()
	}
	scene.Hello("up")
}

func main() {
	switch scene.Role() {
	case "stock":
		r := newRelay()
		r.other = scene.Argument()
		scene.Hello(serve(r))
	case "customers":
		customers(scene.Argument())
	}
	s := scene.Begin()
	r := newRelay()
	address := serve(r)
	r.other = scene.Other("stock", address)
	s.Record()
	scene.Other("customers", address)
	time.Sleep(s.For)
	s.End()
}
