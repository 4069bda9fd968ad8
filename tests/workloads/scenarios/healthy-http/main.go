// An HTTP service under steady load from outside: JSON in and out, a little computing, a map behind a
// lock, a request in a task of its own.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"runtime/trace"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type order struct {
	Customer string   `json:"customer"`
	Lines    []string `json:"lines"`
	Cents    int      `json:"cents"`
}

type shop struct {
	mu     sync.RWMutex
	orders []order
}

func (s *shop) add(o order) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.orders) == 10000 {
		s.orders = s.orders[:0]
	}
	s.orders = append(s.orders, o)
	return len(s.orders)
}

func (s *shop) latest(n int) []order {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.orders) < n {
		n = len(s.orders)
	}
	return append([]order(nil), s.orders[len(s.orders)-n:]...)
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, task := trace.NewTask(r.Context(), r.Method+" "+r.URL.Path)
	defer task.End()
	if r.Method == http.MethodGet {
		answer(ctx, w, s.latest(20))
		return
	}
	var o order
	err := json.NewDecoder(r.Body).Decode(&o)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	trace.WithRegion(ctx, "price", func() {
		scene.Compute(100 * time.Microsecond)
		o.Cents = 995 * len(o.Lines)
	})
	answer(ctx, w, s.add(o))
}

func answer(ctx context.Context, w http.ResponseWriter, v any) {
	defer trace.StartRegion(ctx, "answer").End()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // an error means that the client has gone
}

// customers is the other side: clients that order, look, and think for a while.
func customers(address string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	for i := 0; i < 16; i++ {
		go func(random *rand.Rand) {
			for {
				scene.Pause(random, 20*time.Millisecond)
				request(client, "http://"+address+"/orders", random)
			}
		}(rand.New(rand.NewSource(int64(i))))
	}
	scene.Hello("up")
}

func request(client *http.Client, url string, random *rand.Rand) {
	var response *http.Response
	var err error
	if random.Intn(3) == 0 {
		response, err = client.Get(url)
	} else {
		o := order{Customer: fmt.Sprint("customer ", random.Intn(100)), Lines: make([]string, 1+random.Intn(8))}
		body, _ := json.Marshal(o)
		response, err = client.Post(url, "application/json", bytes.NewReader(body))
	}
	if err != nil {
		return // the service has ended
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
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
	go func() { scene.Fail(http.Serve(listener, new(shop))) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}
