// Parked is a program whose goroutines all wait, in as many ways and below as many kinds of frames as
// there are. When none of them moves any more, it writes what the runtime itself prints about them.
package main

import (
	"bytes"
	"flag"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

func main() {
	common := stage.Flags()
	dump := flag.String("dump", "", "write what the runtime prints of all goroutines to `file`")
	idle := flag.Int("idle", 0, "start `n` more that wait for a channel")
	flag.Parse()
	common.Setup()
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR2) // starts the goroutine that relays signals
	for _, start := range shapes {
		start()
	}
	for i := 0; i < *idle; i++ {
		go waitForever()
	}
	if *dump != "" {
		settle()
		if err := os.WriteFile(*dump, stacks(), 0o600); err != nil {
			stage.Fail(err)
		}
	}
	common.Run("")
}

// moving finds goroutines in states that do not last. The first one is the one that asks.
var moving = regexp.MustCompile(`(?m)^goroutine \d+ \[(running|runnable|copystack|preempted)`)

func stacks() []byte {
	var text bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&text, 2); err != nil {
		stage.Fail(err)
	}
	return text.Bytes()
}

// settle returns when nothing has moved for a while.
func settle() {
	for still := 0; still < 3; {
		runtime.Gosched()
		time.Sleep(50 * time.Millisecond)
		if len(moving.FindAll(stacks(), -1)) > 1 {
			still = 0
		} else {
			still++
		}
	}
}
