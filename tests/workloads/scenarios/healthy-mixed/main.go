// A service whose requests differ in size: some compute ten times as long as most others, which is
// still a moment.
package main

import (
	"io"
	"math/rand"
	"net"
	"net/http"
	"strconv"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// sum does as much work as the order has lines.
func sum(w http.ResponseWriter, r *http.Request) {
	lines, err := strconv.Atoi(r.URL.Query().Get("lines"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	scene.Compute(time.Duration(lines) * 20 * time.Microsecond)
	_, _ = w.Write([]byte("summed\n")) // the client may have gone
}

// customers order a few lines each; now and then somebody orders a catalogue.
func customers(address string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	for i := 0; i < 6; i++ {
		go func(random *rand.Rand, most int) {
			for n := 1; ; n++ {
				scene.Pause(random, 10*time.Millisecond)
				lines := 1 + random.Intn(10)
				if most > 0 && n%40 == 20 {
					lines = most
				}
				response, err := client.Get("http://" + address + "?lines=" + strconv.Itoa(lines))
				if err != nil {
					return // the service has ended
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		}(rand.New(rand.NewSource(int64(i))), largest(i))
	}
	scene.Hello("up")
}

// largest is how many lines a customer may order.
func largest(customer int) int {
	if customer == 0 {
		return 200
	}
	return 0
}

func main() {
	if scene.Role() == "customers" {
		customers(scene.Argument())
	}
	s := scene.Begin()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() { scene.Fail(http.Serve(listener, http.HandlerFunc(sum))) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
