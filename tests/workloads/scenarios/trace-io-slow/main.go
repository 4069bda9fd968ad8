// The trace goes where it is taken slowly, a far disk or a thin line: each piece of it waits for the
// one before.
package main

import (
	"io"
	"math/rand"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

type line struct {
	w io.Writer
}

func (l line) Write(data []byte) (int, error) {
	time.Sleep(time.Duration(len(data)) * 4 * time.Microsecond) // a quarter of a megabyte a second
	return l.w.Write(data)
}

func handle(tickets chan int, done *sync.WaitGroup) {
	for range tickets {
		scene.Compute(2 * time.Microsecond)
		done.Done()
	}
}

func feed(tickets chan int, done *sync.WaitGroup, random *rand.Rand) {
	for {
		done.Add(16)
		for i := 0; i < 16; i++ {
			tickets <- i
		}
		done.Wait()
		scene.Pause(random, 100*time.Microsecond)
	}
}

func main() {
	s := scene.Begin()
	s.Writer = func(file io.Writer) io.Writer { return line{file} }
	tickets := make(chan int)
	var done sync.WaitGroup
	for i := 0; i < 4; i++ {
		go handle(tickets, &done)
	}
	go feed(tickets, &done, s.Random(0))
	s.Play()
}
