// Sessions come one after the other and stay, each with a goroutine that waits for its end, and with one
// that waits for all of them: they become more and more, and all of them are in order.
package main

import (
	"math/rand"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type session struct {
	done chan struct{}
}

func (s *session) watch(closed *sync.WaitGroup) {
	<-s.done
	closed.Done()
}

func (s *session) talk(random *rand.Rand) {
	for {
		scene.Compute(20 * time.Microsecond)
		scene.Pause(random, 20*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	go func() {
		var closed sync.WaitGroup
		for number := 0; ; number++ {
			one := &session{done: make(chan struct{})}
			closed.Add(1)
			go one.watch(&closed)
			go one.talk(s.Random(number))
			time.Sleep(20 * time.Millisecond)
		}
	}()
	s.Play()
}
