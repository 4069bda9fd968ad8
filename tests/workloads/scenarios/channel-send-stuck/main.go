// Each request asks two backends and takes the first answer. The other one is sent to a channel from which
// nobody receives any more, by a goroutine that stays.
package main

import (
	"math/rand"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func fetch(random *rand.Rand, answers chan int) {
	scene.Pause(random, 5*time.Millisecond)
	answers <- 1
}

func handle(s *scene.Scene, number int) {
	answers := make(chan int)
	go fetch(s.Random(2*number), answers)
	go fetch(s.Random(2*number+1), answers)
	<-answers
}

func main() {
	s := scene.Begin()
	go func() {
		for number := 0; ; number++ {
			go handle(s, number)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	s.Play()
}
