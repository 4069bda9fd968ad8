// A client that keeps a few requests on their way to another machine all of the time: it waits for the
// network, several times at once, and nobody waits for it.
package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type index struct {
	mu   sync.Mutex
	seen map[uint64]int
}

func (x *index) add(sum uint64, page int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.seen[sum] = page
}

func fetch(client *http.Client, url string, into *index, page int) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	sum := fnv.New64()
	if _, err := io.Copy(sum, response.Body); err != nil {
		return err
	}
	into.add(sum.Sum64(), page)
	return nil
}

// site is the other side: every page takes as long as on the Internet.
func site() {
	random := rand.New(rand.NewSource(1))
	page := make([]byte, 20<<10)
	random.Read(page)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		scene.Fail(err)
	}
	go func() {
		scene.Fail(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(80 * time.Millisecond)
			_, _ = w.Write(page)
		})))
	}()
	scene.Hello(listener.Addr().String())
}

func main() {
	if scene.Role() == "site" {
		site()
	}
	s := scene.Begin()
	address := scene.Other("site", "")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	places := make(chan struct{}, 8)
	into := &index{seen: make(map[uint64]int)}
	go func() {
		for page := 0; ; page++ {
			places <- struct{}{}
			go func(page int) {
				if err := fetch(client, fmt.Sprintf("http://%s/%d", address, page), into, page); err != nil {
					scene.Fail(err)
				}
				<-places
			}(page)
		}
	}()
	s.Play()
}
