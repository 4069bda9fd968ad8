package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"schedtop/tests/bench/seat"
)

// askForever asks the agent of a process for all that a snapshot needs, so often a second.
func askForever(pid, hz string) error {
	often, err := strconv.Atoi(hz)
	if err != nil || often < 1 {
		return fmt.Errorf("%q is no frequency", hz)
	}
	sockets, err := filepath.Glob(filepath.Join(os.Getenv("SCHEDTOP_DIR"), pid+"-*.sock"))
	if err != nil || len(sockets) != 1 {
		return fmt.Errorf("process %s has no agent in $SCHEDTOP_DIR", pid)
	}
	ask, _, err := agentCaller(sockets[0])
	if err != nil {
		return err
	}
	for range time.Tick(time.Second / time.Duration(often)) {
		for request := 0; request < requests; request++ {
			if err := ask(request); err != nil {
				return err
			}
		}
	}
	return nil
}

// benchAsked asks the agent of a program that keeps all processors busy, and then has it keep a flight recorder.
func benchAsked(p *programs, o *options) error {
	_, remove, err := ownSockets()
	if err != nil {
		return err
	}
	defer remove()
	fmt.Printf("  %-46s %10s %12s %12s\n", "", "windows", "slowdown", "95 % upper")
	err = slowdown(p, o, runtime.NumCPU(), 0, []watcher{
		{label: "asked at 1 Hz", hz: 1},
		{label: "asked at 10 Hz", hz: 10},
		{label: "asked at 100 Hz", hz: 100},
	})
	if err != nil {
		return err
	}
	for _, mode := range []string{"counter", "relay"} {
		if err := recorderCost(p, o, mode); err != nil {
			return err
		}
	}
	return nil
}

// recorderCost takes turns with two programs that do the same, of which one keeps a flight recorder; the one
// whose turn it is not is stopped.
func recorderCost(p *programs, o *options, mode string) error {
	flags := []string{"-mode", mode, "-every", o.windowOr(shortWindow).String(), "-for", "1h", "-agent"}
	var targets [2]*seat.Child
	for i, more := range [][]string{nil, {"-flight", "10s"}} {
		var err error
		if targets[i], err = seat.StartReady(p.workload, append(flags, more...)...); err != nil {
			return err
		}
		defer targets[i].Stop()
		if err := targets[i].Pause(); err != nil {
			return err
		}
	}
	var slower sample
	for round := 0; round < o.rounds; round++ {
		var rates [2]float64
		for i := range targets {
			turn := (i + round) % 2
			if err := targets[turn].Resume(); err != nil {
				return err
			}
			// The window in which it was resumed tells nothing.
			for n := 0; n < 2; n++ {
				var err error
				if rates[turn], err = throughput(targets[turn]); err != nil {
					return err
				}
			}
			if err := targets[turn].Pause(); err != nil {
				return err
			}
		}
		slower = append(slower, 1-rates[1]/rates[0])
	}
	label := "flight recorder on, " + map[string]string{"counter": "computes", "relay": "hands over every 20 µs"}[mode]
	fmt.Printf("  %-46s %10d %10.2f %% %10.2f %%\n", label, len(slower), 100*slower.mean(), 100*slower.upper())
	return addSlowdown(label, slower, "")
}
