package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"schedtop/tests/bench/rows"
	"schedtop/tests/bench/seat"
)

const sleepers = 200

// A racer is one of the programs that draw side by side, each once a second.
type racer struct {
	name string
	*seat.Child
	cpu, bytes, pieces, writes sample // per second, one value of each per window
}

// meter is what a racer has used so far.
type meter struct {
	at                    time.Time
	cpu                   time.Duration
	bytes, pieces, writes int64
}

func (r *racer) read() (m meter, err error) {
	m.at = time.Now()
	m.bytes, m.pieces = r.Term.Counts()
	if m.writes, err = writes(r.Pid()); err != nil {
		return m, err
	}
	m.cpu, err = cpuTime(r.Pid())
	return m, err
}

func (r *racer) add(from, to meter) {
	seconds := to.at.Sub(from.at).Seconds()
	r.cpu = append(r.cpu, (to.cpu-from.cpu).Seconds()/seconds)
	r.bytes = append(r.bytes, float64(to.bytes-from.bytes)/seconds)
	r.pieces = append(r.pieces, float64(to.pieces-from.pieces)/seconds)
	r.writes = append(r.writes, float64(to.writes-from.writes)/seconds)
}

// benchPeers lets schedtop, htop and btop draw side by side, each once a second on a terminal of the same
// size, and compares what they use and what they write. The others have every process of the machine to
// look at, schedtop one, at 100 Hz.
func benchPeers(p *programs, o *options) error {
	for i := 0; i < sleepers; i++ {
		c, err := seat.Start("sleep", "3600")
		if err != nil {
			return err
		}
		defer c.Stop()
	}
	target, err := seat.StartReady(p.service, "-load", "300")
	if err != nil {
		return err
	}
	defer target.Stop()
	fmt.Println("  a service of 300 requests/s; all per refresh of 1 s. Pieces: reads at the terminal's end;")
	fmt.Println("  writes: write(2) of the whole process, so schedtop's wake-up of its own thread is among them.")
	fmt.Printf("  %-12s %-9s %24s %8s %9s %8s %8s\n", "", "", "% of a CPU", "bytes", "pieces", "writes", "RSS MiB")
	for _, size := range [][2]int{{120, 40}, {80, 24}} {
		if err := race(p, o, target, size[0], size[1]); err != nil {
			return fmt.Errorf("%dx%d: %w", size[0], size[1], err)
		}
	}
	return nil
}

// race runs all of them at once, so that what else happens on the machine falls on everybody alike.
func race(p *programs, o *options, target *seat.Child, width, height int) error {
	home, err := os.MkdirTemp("", "schedtop-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(home) }()
	if err := configureBtop(home); err != nil {
		return err
	}
	env := []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "HTOPRC=" + filepath.Join(home, "htoprc")}
	racers := []*racer{{name: p.schedtop}, {name: "htop"}, {name: "btop"}}
	args := [][]string{{"-p", strconv.Itoa(target.Pid())}, {"-d", "10"}, nil}
	for i, r := range racers {
		path, err := exec.LookPath(r.name)
		if err != nil && i > 0 {
			fmt.Printf("  %s is not there\n", r.name)
			continue
		}
		if err != nil {
			return err
		}
		if r.Child, err = seat.StartScreen(width, height, env, path, args[i]...); err != nil {
			return err
		}
		defer r.Stop()
	}
	time.Sleep(3 * time.Second) // all have read what they read once

	const windows = 4
	before := make([]meter, len(racers))
	all := racers
	racers = slices.DeleteFunc(slices.Clone(all), func(r *racer) bool { return r.Child == nil })
	for window := -1; window < windows; window++ {
		for i, r := range racers {
			m, err := r.read()
			if err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(r.name), err)
			}
			if window >= 0 {
				r.add(before[i], m)
			}
			before[i] = m
		}
		if window < windows-1 {
			time.Sleep(5 * o.windowOr(shortWindow))
		}
	}
	for _, r := range racers {
		resident, err := rss(r.Pid())
		if err != nil {
			return err
		}
		fmt.Printf("  %-12s %-9s %24s %8.0f %9.1f %8.1f %8.1f\n", fmt.Sprintf("%dx%d", width, height),
			filepath.Base(r.name), percent(r.cpu), r.bytes.mean(), r.pieces.mean(), r.writes.mean(),
			float64(resident)/(1<<20))
	}
	us := racers[0]
	for _, peer := range racers[1:] {
		fmt.Printf("  %-12s %-9s %24.2f %8.2f %9.2f %8.2f\n", "", "/ "+peer.name, us.cpu.mean()/peer.cpu.mean(),
			us.bytes.mean()/peer.bytes.mean(), us.pieces.mean()/peer.pieces.mean(),
			us.writes.mean()/peer.writes.mean())
	}
	return addRace(all, width, height)
}

// addRace hands on what schedtop used, beside each of the others.
func addRace(racers []*racer, width, height int) error {
	us := racers[0]
	for _, figure := range []struct {
		name, unit, goal string
		scale            float64
		of               func(r *racer) sample
	}{
		{"CPU of the screen", "%", "ratio<=1", 100, func(r *racer) sample { return r.cpu }},
		{"bytes to the terminal, each refresh", "", "", 1, func(r *racer) sample { return r.bytes }},
	} {
		for _, peer := range racers[1:] {
			row := rows.Row{
				Part:   "peers",
				Figure: fmt.Sprintf("%s, %dx%d", figure.name, width, height),
				Value:  figure.scale * figure.of(us).mean(),
				Unit:   figure.unit,
				Peer:   peer.name + " is not there",
				Other:  rows.Unknown,
			}
			if peer.Child != nil {
				row.Peer, row.Other = peer.name, figure.scale*figure.of(peer).mean()
			}
			if peer.name == "htop" {
				row.Goal = figure.goal
			}
			if err := rows.Add(row); err != nil {
				return err
			}
		}
	}
	resident, err := rss(us.Pid())
	if err != nil {
		return err
	}
	return rows.Add(rows.Row{Part: "peers", Figure: fmt.Sprintf("memory of the screen, %dx%d", width, height),
		Value: float64(resident) / (1 << 20), Unit: "MiB", Goal: "<=20"})
}

// configureBtop makes it refresh as often as the others: there is no flag for that.
func configureBtop(home string) error {
	dir := filepath.Join(home, "btop")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "btop.conf"), []byte("update_ms = 1000\n"), 0o600)
}

func percent(s sample) string {
	least, most := s.bounds()
	return fmt.Sprintf("%.2f (%.2f – %.2f)", 100*s.mean(), 100*least, 100*most)
}
