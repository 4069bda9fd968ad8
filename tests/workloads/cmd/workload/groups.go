package main

import (
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

// startGroups makes groups of known sizes, each by a function of its own. When all of them wait it
// writes the goroutine profile of the runtime, with a stack for each, to -profile.
func startGroups(o *options) {
	var up sync.WaitGroup
	startSenders(10*o.count(50), &up)
	startSleepers(2*o.count(50), &up)
	startReaders(o.count(50), &up)
	up.Wait()
	if o.profile == "" {
		return
	}
	time.Sleep(300 * time.Millisecond) // from being up to waiting
	file, err := os.Create(o.profile)
	if err != nil {
		stage.Fail(err)
	}
	if err := pprof.Lookup("goroutine").WriteTo(file, 2); err != nil {
		stage.Fail(err)
	}
	if err := file.Close(); err != nil {
		stage.Fail(err)
	}
}

// startLeak does the same, and then makes one more every -every that waits for ever.
func startLeak(o *options) {
	startGroups(o)
	go func() {
		for range time.Tick(o.every) {
			go forget(make(chan int))
		}
	}()
}

//go:noinline
func forget(result chan int) {
	result <- 1
}

func startSenders(n int, up *sync.WaitGroup) {
	results := make(chan int)
	up.Add(n)
	for i := 0; i < n; i++ {
		go sendResult(results, up)
	}
}

func sendResult(results chan<- int, up *sync.WaitGroup) {
	up.Done()
	results <- 1
}

func startSleepers(n int, up *sync.WaitGroup) {
	up.Add(n)
	for i := 0; i < n; i++ {
		go sleepLong(up)
	}
}

func sleepLong(up *sync.WaitGroup) {
	up.Done()
	time.Sleep(time.Hour)
}

// startReaders lets them wait for what nobody writes, without a thread for each.
func startReaders(n int, up *sync.WaitGroup) {
	up.Add(n)
	for i := 0; i < n; i++ {
		r, w, err := os.Pipe()
		if err != nil {
			stage.Fail(err)
		}
		go readPipe(r, w, up)
	}
}

func readPipe(r, w *os.File, up *sync.WaitGroup) {
	up.Done()
	_, _ = r.Read(make([]byte, 1))
	_ = w.Close()
}
