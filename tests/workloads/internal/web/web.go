// Package web is what scenarios of web services share: the other side of the
// program that is judged, in processes of its own.
package web

import (
	"io"
	"math/rand"
	"net"
	"net/http"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

// Listen listens on a port that is free.
func Listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	return listener
}

// Parts plays a web service that takes so long for each answer.
func Parts(after time.Duration) {
	listener := Listen()
	go func() {
		scene.Fail(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(after)
			_, _ = w.Write(make([]byte, 2000)) // the client may have gone
		})))
	}()
	scene.Hello(listener.Addr().String())
}

// Customers plays eight that ask the web service at the address again and
// again, each after a pause.
func Customers(address string, pause time.Duration) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	for i := 0; i < 8; i++ {
		go func(random *rand.Rand) {
			for {
				scene.Pause(random, pause)
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
