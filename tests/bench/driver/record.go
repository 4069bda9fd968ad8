package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"schedtop/tests/bench/rows"
	"schedtop/tests/bench/seat"
)

// benchRecord tells how large recordings at one snapshot a second are, and what making them takes, against the
// same lines as they are.
func benchRecord(p *programs, o *options) error {
	seconds := int(o.windowOr(time.Minute) / time.Second)
	for _, t := range []struct {
		about, goal string
		args        []string
	}{
		{"the service under load, 8 Ps", "<=5", []string{p.service, "-agent", "-procs", "8", "-load", "800", "-for", "10m"}},
		{"a mixed program, 256 Ps", "", []string{p.workload, "-agent", "-mode", "mixed", "-procs", "256", "-for", "10m"}},
	} {
		if err := recordOne(p, t.about, t.goal, seconds, t.args); err != nil {
			return err
		}
	}
	return nil
}

func recordOne(p *programs, about, goal string, seconds int, args []string) error {
	target, err := seat.StartReady(args[0], args[1:]...)
	if err != nil {
		return err
	}
	defer target.Stop()
	dir, err := os.MkdirTemp("", "schedtop-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("  %s, %d s:\n", about, seconds)
	var perHour [2]float64
	for i, name := range []string{"packed", "plain.ndjson"} {
		path := filepath.Join(dir, name)
		cmd := exec.Command(p.schedtop, "-p", strconv.Itoa(target.Pid()), "--batch", "--record", path,
			"-n", strconv.Itoa(seconds))
		if lines, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, lines)
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		perHour[i] = float64(info.Size()) / float64(seconds) * 3600
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		fmt.Printf("    %-14s %8.2f MB/h   %5.2f %% of a core, watching included\n", name, perHour[i]/1e6,
			100*used.Seconds()/float64(seconds))
	}
	return rows.Add(rows.Row{Part: "record", Figure: "a recording, " + about, Value: perHour[0] / 1e6, Unit: "MB/h",
		Peer: "plain lines", Other: perHour[1] / 1e6, Goal: goal})
}
