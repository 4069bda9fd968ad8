package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"schedtop/tests/bench/seat"
)

// inC runs a program of tests/bench that is written in C and prints its own table.
func inC(p *programs, name string, args ...string) error {
	cmd := exec.Command(filepath.Join(p.build, "tests/bench", name), args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// benchSnapshot reads programs of 2 Ps and few or some Ms as fast as they can be read.
func benchSnapshot(p *programs, _ *options) error {
	for _, mode := range []string{"quiet", "mixed"} {
		if err := snapshots(p, mode); err != nil {
			return err
		}
	}
	return nil
}

func snapshots(p *programs, mode string) error {
	target, err := seat.StartReady(p.workload, "-mode", mode, "-procs", "2", "-for", "10m")
	if err != nil {
		return err
	}
	defer target.Stop()
	time.Sleep(time.Second)
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", target.Pid()))
	if err != nil {
		return err
	}
	fmt.Printf("  a %s program, 2 Ps and %d threads:\n", mode, len(threads))
	return inC(p, "goproc_snapshot", strconv.Itoa(target.Pid()))
}

// benchAttach attaches to the same program with and without symbols, in turn.
func benchAttach(p *programs, _ *options) error {
	args := []string{"200"}
	for _, program := range []string{p.service, p.stripped} {
		target, err := seat.StartReady(program, "-load", "100")
		if err != nil {
			return err
		}
		defer target.Stop()
		args = append(args, strconv.Itoa(target.Pid()))
	}
	return inC(p, "goproc_attach", args...)
}

// benchSize fills histories as a quarter of an hour of watching would, without waiting for it.
func benchSize(p *programs, _ *options) error {
	return inC(p, "history_size")
}
