package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"schedtop/tests/bench/rows"
	"schedtop/tests/bench/seat"
)

// watcher is one way to be watched.
type watcher struct {
	label  string
	args   []string
	screen bool
	hz     int // not schedtop: the agent is asked for metrics and scheduler that often
}

// benchSlowdown alternates windows of a program that counts what it gets done: nobody watches, or one of
// the watchers does. All watchers run all the time, but those whose turn it is not are stopped.
func benchSlowdown(p *programs, o *options) error {
	busy := []int{runtime.NumCPU()}
	if busy[0] > 1 {
		busy = []int{busy[0] - 1, busy[0]}
	}
	fmt.Printf("  %-46s %10s %12s %12s\n", "", "windows", "slowdown", "95 % upper")
	watchers := []watcher{
		{label: "1 Hz, memory", args: []string{"--source", "memory", "--batch"}, screen: false},
		{label: "1 Hz, agent", args: []string{"--source", "agent", "--batch"}, screen: false},
		{label: "screen, lanes at 100 Hz", args: nil, screen: true},
	}
	for _, procs := range busy {
		if err := slowdown(p, o, procs, 0, watchers); err != nil {
			return err
		}
	}
	return nil
}

// slowdown keeps that many Ps busy while as many goroutines wait.
func slowdown(p *programs, o *options, procs, waiting int, watchers []watcher) error {
	length := shortWindow
	if waiting > 0 {
		length = longWindow
	}
	target, err := seat.StartReady(p.workload, "-mode", "counter", "-procs", strconv.Itoa(procs),
		"-waiting", strconv.Itoa(waiting), "-every", o.windowOr(length).String(), "-for", "1h", "-agent")
	if err != nil {
		return err
	}
	defer target.Stop()

	children := make([]*seat.Child, len(watchers))
	for i, w := range watchers {
		args := append([]string{"-p", strconv.Itoa(target.Pid())}, w.args...)
		if w.hz > 0 {
			children[i], err = seat.Start(p.self, "ask", strconv.Itoa(target.Pid()), strconv.Itoa(w.hz))
		} else if w.screen {
			children[i], err = seat.StartScreen(120, 40, nil, p.schedtop, args...)
		} else {
			children[i], err = seat.Start(p.schedtop, args...)
		}
		if err != nil {
			return err
		}
		defer children[i].Stop()
	}
	time.Sleep(2 * time.Second)
	for _, c := range children {
		if err := c.Pause(); err != nil {
			return err
		}
	}
	if _, err := throughput(target); err != nil { // the window in which they began
		return err
	}

	slower := make([]sample, len(watchers))
	for round := 0; round < o.rounds; round++ {
		// The order changes, so that what drifts falls on everybody alike.
		turns := append([]*seat.Child{nil}, children...)
		rates := make([]float64, len(turns))
		for i := range turns {
			turn := (i + round) % len(turns)
			rates[turn], err = window(target, turns[turn])
			if err != nil {
				return err
			}
		}
		for i := range watchers {
			slower[i] = append(slower[i], 1-rates[i+1]/rates[0])
		}
	}
	for i, w := range watchers {
		label := fmt.Sprintf("%d of %d CPUs busy, %s", procs, runtime.NumCPU(), w.label)
		fmt.Printf("  %-46s %10d %10.2f %% %10.2f %%\n", label, len(slower[i]),
			100*slower[i].mean(), 100*slower[i].upper())
		goal := "<=0.5"
		if waiting > 0 {
			goal = "<=1"
		} else if w.hz > 0 {
			goal = ""
		}
		if err := addSlowdown(label, slower[i], goal); err != nil {
			return err
		}
	}
	return nil
}

// addSlowdown hands on how much less the target gets done, at most.
func addSlowdown(label string, slower sample, goal string) error {
	return rows.Add(rows.Row{Part: "slowdown", Figure: "slowdown of the target, 95 % upper bound, " + label,
		Value: 100 * slower.upper(), Unit: "%", Goal: goal})
}

func window(target, watching *seat.Child) (float64, error) {
	if watching != nil {
		if err := watching.Resume(); err != nil {
			return 0, err
		}
		defer func() { _ = watching.Pause() }()
	}
	return throughput(target)
}

// throughput is that of the window which ends with the next line of the target.
func throughput(target *seat.Child) (float64, error) {
	for {
		line, err := target.Out.ReadString('\n')
		if err != nil {
			return 0, err
		}
		if _, rate, ok := strings.Cut(line, " per_s="); ok && strings.HasPrefix(line, "OPS ") {
			return strconv.ParseFloat(strings.TrimSpace(rate), 64)
		}
	}
}
