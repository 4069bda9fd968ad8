// Accounts behind one mutex that many want at the same moment: they wait for it again and again, but what
// they do with it held is a small part of their work.
package main

import (
	"math/rand"
	"runtime"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type ledger struct {
	mu      sync.Mutex
	balance [64]int
}

func (l *ledger) move(from, to, amount int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	scene.Compute(10 * time.Microsecond)
	l.balance[from] -= amount
	l.balance[to] += amount
}

func work(l *ledger, random *rand.Rand) {
	for {
		scene.Compute(200 * time.Microsecond)
		l.move(random.Intn(64), random.Intn(64), 1)
		if random.Intn(20) == 0 {
			scene.Pause(random, time.Millisecond)
		}
	}
}

func main() {
	s := scene.Begin()
	runtime.GOMAXPROCS(4)
	l := new(ledger)
	for i := 0; i < 8; i++ {
		go work(l, s.Random(i))
	}
	s.Play()
}
