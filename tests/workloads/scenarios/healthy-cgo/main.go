// Short calls into C from many goroutines, and two goroutines that are there to wait for events in C, as
// the bindings of window systems, queues and databases have.
package main

/*
#include <unistd.h>

static unsigned int mix(unsigned int x, int rounds)
{
	for (int i = 0; i < rounds; i++)
		x = x * 1664525u + 1013904223u;
	return x;
}

static int next_event(void)
{
	return usleep(200000);
}
*/
import "C"

import (
	"math/rand"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func events() {
	runtime.LockOSThread()
	for {
		C.next_event()
		scene.Compute(20 * time.Microsecond)
	}
}

func serve(random *rand.Rand) {
	x := C.uint(1)
	for {
		for i := 0; i < 20; i++ {
			x = C.mix(x, 20000)
		}
		scene.Pause(random, 10*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 2; i++ {
		go events()
	}
	for i := 0; i < 4; i++ {
		go serve(s.Random(i))
	}
	s.Play()
}
