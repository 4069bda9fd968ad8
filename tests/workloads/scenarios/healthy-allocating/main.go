// A service that makes its answers of fresh memory, as most do: the collector is often at work, over a
// small heap, and takes little of what the service uses.
package main

import (
	"encoding/json"
	"math/rand"
	"runtime"
	"sync/atomic"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type answer struct {
	ID    int               `json:"id"`
	Names []string          `json:"names"`
	Extra map[string]string `json:"extra"`
}

var bytes, heap atomic.Uint64

func render(random *rand.Rand) {
	a := answer{ID: random.Int(), Extra: make(map[string]string)}
	for i := 0; i < 8; i++ {
		a.Names = append(a.Names, "customer of the shop")
	}
	for _, key := range []string{"city", "street", "country"} {
		a.Extra[key] = "somewhere"
	}
	text, err := json.Marshal(a)
	if err != nil {
		scene.Fail(err)
	}
	bytes.Add(uint64(len(text)))
}

func handle(random *rand.Rand) {
	for {
		for i := 0; i < 40; i++ {
			render(random)
		}
		scene.Compute(150 * time.Microsecond)
		scene.Pause(random, time.Millisecond)
	}
}

// observe looks at the memory once a second, as an exporter of metrics does.
func observe() {
	for {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		heap.Store(stats.HeapAlloc)
		time.Sleep(time.Second)
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 4; i++ {
		go handle(s.Random(i))
	}
	go observe()
	s.Play()
}
