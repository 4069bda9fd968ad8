package main

import (
	"context"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
)

// works cause events of every common kind, a few of each: one trace of all of
// them would be longer than what the fuzzers take.
var works = map[string]func(){
	"now-tasks":   annotate,
	"now-files":   read,
	"now-collect": runtime.GC,
}

// annotate uses a task, regions and a log, over goroutines that pass messages.
func annotate() {
	ctx, task := trace.NewTask(context.Background(), "work")
	defer task.End()
	trace.Log(ctx, "category", "message")
	channel := make(chan int)
	for i := range 4 {
		go func() {
			defer trace.StartRegion(ctx, "region").End()
			channel <- i
		}()
	}
	for range 4 {
		<-channel
	}
}

// read makes system calls, one goroutine after the other.
func read() {
	var group sync.WaitGroup
	var mutex sync.Mutex
	for range 4 {
		group.Go(func() {
			mutex.Lock()
			defer mutex.Unlock()
			_, _ = os.ReadFile("/proc/self/stat")
		})
	}
	group.Wait()
}
