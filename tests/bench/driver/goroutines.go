package main

import (
	"fmt"
	"runtime"
	"strconv"
	"time"

	"schedtop/tests/bench/seat"
)

// benchGoroutines reads many goroutines as fast as they can be read, and then at the pace that schedtop
// chooses by itself, while they are in the way of others that work.
func benchGoroutines(p *programs, o *options) error {
	for _, n := range []int{10_000, 100_000} {
		if err := goroutines(p, n); err != nil {
			return err
		}
	}
	fmt.Printf("  %-46s %10s %12s %12s\n", "", "windows", "slowdown", "95 % upper")
	return slowdown(p, o, runtime.NumCPU(), 100_000, []watcher{
		{label: "100,000 wait, 1 Hz, memory", args: []string{"--source", "memory", "--json"}, screen: false},
		{label: "100,000 wait, screen", args: nil, screen: true},
	})
}

func goroutines(p *programs, n int) error {
	target, err := seat.StartReady(p.workload, "-mode", "blocked", "-n", strconv.Itoa(n), "-procs", "2",
		"-for", "10m")
	if err != nil {
		return err
	}
	defer target.Stop()
	time.Sleep(time.Second)
	return inC(p, "goproc_goroutines", strconv.Itoa(target.Pid()))
}
