// Gotraceui does what gotraceui does with a file before its window has
// anything to show: it reads the events and makes spans of them. Its last
// release reads what Go wrote up to 1.21.
package main

import (
	"fmt"
	"log"
	"os"

	"honnef.co/go/gotraceui/trace"
	"honnef.co/go/gotraceui/trace/ptrace"
)

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	nobody := func(float64) {}
	events, err := trace.Parse(f, nobody)
	if err != nil {
		log.Fatal(err)
	}
	t, err := ptrace.Parse(events, nobody)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(t.Goroutines), "goroutines")
}
