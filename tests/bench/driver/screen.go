package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

const sleepers = 200

// benchScreen lets schedtop and htop draw side by side, each once a second, and compares what they use.
// htop has every process of the machine to look at, schedtop one, at 100 Hz.
func benchScreen(p *programs, o *options) error {
	htop, err := exec.LookPath("htop")
	if err != nil {
		return errors.New("htop is not installed")
	}
	for i := 0; i < sleepers; i++ {
		c, err := start("sleep", "3600")
		if err != nil {
			return err
		}
		defer c.stop()
	}
	scratch, err := os.MkdirTemp("", "schedtop-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	peer, err := startScreen([]string{"HTOPRC=" + filepath.Join(scratch, "htoprc")}, htop, "-d", "10")
	if err != nil {
		return err
	}
	defer peer.stop()
	fmt.Printf("  %-34s %22s %22s %8s\n", "target", "schedtop % of a CPU", "htop % of a CPU", "ratio")
	for _, target := range []struct {
		label string
		args  []string
	}{
		{"service, 300 requests/s", []string{"-load", "300"}},
		{"service, 300 requests/s, 8 Ps", []string{"-load", "300", "-procs", "8"}},
	} {
		if err := compareScreens(p, o, peer, target.label, target.args); err != nil {
			return err
		}
	}
	return nil
}

func compareScreens(p *programs, o *options, peer *child, label string, args []string) error {
	target, err := startReady(p.service, args...)
	if err != nil {
		return err
	}
	defer target.stop()
	screen, err := startScreen(nil, p.schedtop, "-p", strconv.Itoa(target.pid()))
	if err != nil {
		return err
	}
	defer screen.stop()
	time.Sleep(3 * time.Second) // both have read what they read once

	const windows = 6
	length := 5 * o.window
	var ours, theirs sample
	for i := 0; i < windows; i++ {
		a, b, err := usage(screen, peer, length)
		if err != nil {
			return fmt.Errorf("while watching %s: %w", label, err)
		}
		ours, theirs = append(ours, a), append(theirs, b)
	}
	resident, err := rss(screen.pid())
	if err != nil {
		return err
	}
	fmt.Printf("  %-34s %22s %22s %8.2f\n", label, percent(ours), percent(theirs), ours.mean()/theirs.mean())
	fmt.Printf("  %-34s %18.1f MiB\n", "  schedtop's RSS after that", float64(resident)/(1<<20))
	return nil
}

// usage is what two processes use of a CPU during the same stretch of time.
func usage(a, b *child, length time.Duration) (float64, float64, error) {
	children := [2]*child{a, b}
	var before [2]time.Duration
	var used [2]float64
	began := time.Now()
	for i, c := range children {
		t, err := cpuTime(c.pid())
		if err != nil {
			return 0, 0, err
		}
		before[i] = t
	}
	time.Sleep(length)
	for i, c := range children {
		t, err := cpuTime(c.pid())
		if err != nil {
			return 0, 0, err
		}
		used[i] = float64(t-before[i]) / float64(time.Since(began))
	}
	return used[0], used[1], nil
}

func percent(s sample) string {
	least, most := s.bounds()
	return fmt.Sprintf("%.2f (%.2f – %.2f)", 100*s.mean(), 100*least, 100*most)
}
