// A program in a container that may use less of the processors than it has Ps: the kernel lets it run
// for a part of each period and then stops all of its threads at once. A copy of the program does what
// the kernel would do, with signals, so that no container is needed.
package main

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"schedtop/tests/workloads/internal/scene"
)

const (
	period = 100 * time.Millisecond
	quota  = 40 * time.Millisecond
)

// throttle lets the process run for `quota` of each period.
func throttle(pid int) {
	for next := time.Now(); ; next = next.Add(period) {
		time.Sleep(time.Until(next))
		if syscall.Kill(pid, syscall.SIGCONT) != nil {
			os.Exit(0) // it has ended
		}
		time.Sleep(time.Until(next.Add(quota)))
		if syscall.Kill(pid, syscall.SIGSTOP) != nil {
			os.Exit(0)
		}
	}
}

func work(jobs <-chan int, done chan<- int) {
	for job := range jobs {
		scene.Compute(2 * time.Millisecond)
		done <- job
	}
}

func main() {
	if scene.Role() == "kernel" {
		pid, err := strconv.Atoi(scene.Argument())
		if err != nil {
			scene.Fail(err)
		}
		go throttle(pid)
		scene.Hello("up")
	}
	s := scene.Begin()
	runtime.GOMAXPROCS(2)
	scene.Other("kernel", strconv.Itoa(os.Getpid()))
	jobs, done := make(chan int, 8), make(chan int, 8)
	for i := 0; i < 2; i++ {
		go work(jobs, done)
	}
	go func() {
		for job := 0; ; job++ {
			jobs <- job
		}
	}()
	go func() {
		for range done {
			runtime.KeepAlive(s)
		}
	}()
	s.Play()
}
