package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// inC runs a program of tests/bench that is written in C and prints its own table.
func inC(p *programs, name string, args ...string) error {
	cmd := exec.Command(filepath.Join(p.build, "tests/bench", name), args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// benchSnapshot reads a program of 2 Ps and few Ms, as fast as it can be read.
func benchSnapshot(p *programs, _ *options) error {
	target, err := startReady(p.workload, "-mode", "mixed", "-procs", "2", "-for", "10m")
	if err != nil {
		return err
	}
	defer target.stop()
	time.Sleep(time.Second)
	return inC(p, "goproc_snapshot", strconv.Itoa(target.pid()))
}

// benchSize fills a history as ten minutes of watching 8 Ps would, without waiting for them.
func benchSize(p *programs, _ *options) error {
	return inC(p, "history_size")
}
