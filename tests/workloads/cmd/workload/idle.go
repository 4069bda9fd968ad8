package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

// startQuiet leaves a process whose scheduler stands still, with something in every column: Ps that
// have run, a goroutine per way of waiting, a locked thread, one in a system call, a far timer.
func startQuiet(o *options) {
	startWaiters(o.count(20))
	startThreads(&options{n: 1})
	var up sync.WaitGroup
	up.Add(1)
	go func() {
		runtime.LockOSThread()
		up.Done()
		select {}
	}()
	up.Wait()
	// Ps that never ran would have zeros to compare only.
	var busy sync.WaitGroup
	for i := 0; i < 4*runtime.GOMAXPROCS(0); i++ {
		busy.Add(1)
		go func() {
			spin(2 * time.Millisecond)
			busy.Done()
		}()
	}
	busy.Wait()
}

func startBlocked(o *options) {
	startWaiters(o.count(10000))
}

// startWaiters returns when n goroutines are about to wait, in every way there is in equal shares.
func startWaiters(n int) {
	var (
		up     sync.WaitGroup
		held   sync.Mutex
		never  = make(chan int)
		unsent = make(chan int)
		group  sync.WaitGroup
		cond   = sync.NewCond(new(sync.Mutex))
	)
	held.Lock()
	group.Add(1)
	ways := []func(){
		func() { <-never },
		func() { unsent <- 1 },
		func() {
			select {
			case <-never:
			case unsent <- 1:
			}
		},
		func() { held.Lock() },
		func() { group.Wait() },
		func() {
			cond.L.Lock()
			cond.Wait()
		},
		func() { time.Sleep(time.Hour) },
	}
	up.Add(n)
	for i := 0; i < n; i++ {
		wait := ways[i%len(ways)]
		go func() {
			up.Done()
			wait()
		}()
	}
	up.Wait()
}

// startThreads blocks one thread per goroutine in read(2) of a pipe that nobody writes. The pipes are
// no os.File: those wait in the poller, not in a thread.
func startThreads(o *options) {
	var up sync.WaitGroup
	for i := 0; i < o.count(24); i++ {
		var pipe [2]int
		if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
			stage.Fail(fmt.Errorf("no pipe: %w", err))
		}
		up.Add(1)
		go func() {
			up.Done()
			var b [1]byte
			n, err := syscall.Read(pipe[0], b[:])
			fmt.Fprintf(os.Stderr, "a read that can't end did: %d, %v\n", n, err)
		}()
	}
	up.Wait()
}
