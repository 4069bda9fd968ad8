// Requests that call a library in C which takes its time: each of them keeps a thread, and the scheduler
// can't put the goroutine aside.
package main

/*
#include <unistd.h>

static int query(unsigned int us)
{
	return usleep(us);
}
*/
import "C"

import (
	"math/rand"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

func handle() {
	scene.Compute(50 * time.Microsecond)
	if C.query(25000) != 0 {
		return // interrupted
	}
	scene.Compute(50 * time.Microsecond)
}

func serve(random *rand.Rand) {
	for {
		handle()
		scene.Pause(random, 10*time.Millisecond)
	}
}

func main() {
	s := scene.Begin()
	for i := 0; i < 6; i++ {
		go serve(s.Random(i))
	}
	s.Play()
}
