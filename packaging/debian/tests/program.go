// A program to be watched: eight goroutines work, a thousand wait, and its first second is written to a trace.
package main

import (
	"fmt"
	"os"
	"runtime/trace"
	"time"
)

func work() {
	for {
		for end := time.Now().Add(5 * time.Millisecond); time.Now().Before(end); {
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func main() {
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := trace.Start(file); err != nil {
		panic(err)
	}
	for i := 0; i < 8; i++ {
		go work()
	}
	for i := 0; i < 1000; i++ {
		go func() { select {} }()
	}
	time.Sleep(time.Second)
	trace.Stop()
	if err := file.Close(); err != nil {
		panic(err)
	}
	fmt.Println("READY")
	time.Sleep(time.Minute)
}
