package main

import (
	"context"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
)

// work causes events of every common kind, a few of each.
func work() {
	ctx, task := trace.NewTask(context.Background(), "work")
	defer task.End()
	trace.Log(ctx, "category", "message")
	var group sync.WaitGroup
	var mutex sync.Mutex
	channel := make(chan int)
	for i := range 4 {
		group.Go(func() {
			defer trace.StartRegion(ctx, "region").End()
			mutex.Lock()
			_, _ = os.ReadFile("/proc/self/stat")
			mutex.Unlock()
			channel <- i
		})
	}
	for range 4 {
		<-channel
	}
	runtime.GC()
	group.Wait()
}
