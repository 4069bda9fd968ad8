// A cache that forgets what was not used for longest, behind one mutex that is held for as long as a
// list takes to change: there are waits for it, and nobody is the slower for them.
package main

import (
	"container/list"
	"math/rand"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type cache struct {
	mu    sync.Mutex
	max   int
	byKey map[int]*list.Element
	order *list.List
}

type entry struct {
	key   int
	value []byte
}

func (c *cache) get(key int) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).value, true
}

func (c *cache) put(key int, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byKey[key] = c.order.PushFront(&entry{key, value})
	for c.order.Len() > c.max {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.byKey, oldest.Value.(*entry).key)
	}
}

// fetch computes what the cache doesn't have, and does it without the lock.
func fetch(c *cache, key int) {
	if _, ok := c.get(key); ok {
		scene.Compute(20 * time.Microsecond)
		return
	}
	scene.Compute(300 * time.Microsecond)
	c.put(key, make([]byte, 512))
}

func handle(c *cache, random *rand.Rand) {
	keys := rand.NewZipf(random, 1.2, 8, 20000)
	for {
		for i := 0; i < 10; i++ {
			fetch(c, int(keys.Uint64()))
		}
		scene.Pause(random, 30*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	c := &cache{max: 4000, byKey: make(map[int]*list.Element), order: list.New()}
	for i := 0; i < 8; i++ {
		go handle(c, s.Random(i))
	}
	s.Play()
}
