package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

// A look is what a process has at one time.
type look struct {
	at                     time.Duration // since it was first looked at
	resident, own          int           // KiB: all of its pages, and those that are no part of a file
	fds, threads, children int
}

var errEnded = errors.New("the process has no memory any more")

// takeLook asks /proc. That a thread ends meanwhile is nobody's fault.
func takeLook(pid int, at time.Duration) (look, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	l := look{at: at}
	text, err := os.ReadFile(dir + "/smaps_rollup")
	if err != nil {
		return l, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kib int
		if n, _ := fmt.Sscanf(line, "Rss: %d kB", &kib); n == 1 {
			l.resident = kib
		} else if n, _ := fmt.Sscanf(line, "Anonymous: %d kB", &kib); n == 1 {
			l.own = kib
		}
	}
	if l.resident == 0 {
		return l, errEnded
	}
	fds, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return l, err
	}
	threads, err := os.ReadDir(dir + "/task")
	if err != nil {
		return l, err
	}
	l.fds, l.threads = len(fds), len(threads)
	for _, thread := range threads {
		children, err := os.ReadFile(filepath.Join(dir, "task", thread.Name(), "children"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return l, err
		}
		l.children += len(strings.Fields(string(children)))
	}
	return l, nil
}

// What may be more at the end than in the middle. All that fills up to a limit has not filled in minutes: a history
// holds ten, of which what is older than one grows by a snapshot a second. Descriptors and threads come and go.
const (
	growthShare   = 0.08
	growthKiB     = 4 << 10
	growthFds     = 3
	growthThreads = 2
)

// growth compares the time after the warm-up with the end: medians of the third fifth of all looks and of the last.
type growth struct {
	early, late look
	most        look
	slope       float64 // KiB a minute of resident memory, over the last three fifths
}

var errFewLooks = errors.New("there are too few looks at it to tell whether it grows")

func measureGrowth(looks []look) (growth, error) {
	const leastLooks = 20
	n := len(looks)
	if n < leastLooks {
		return growth{}, errFewLooks
	}
	g := growth{early: medians(looks[n*2/5 : n*3/5]), late: medians(looks[n*4/5:])}
	for _, l := range looks {
		g.most.resident = max(g.most.resident, l.resident)
		g.most.fds = max(g.most.fds, l.fds)
		g.most.threads = max(g.most.threads, l.threads)
		g.most.children = max(g.most.children, l.children)
	}
	g.slope = slope(looks[n*2/5:])
	return g, nil
}

func medians(looks []look) look {
	median := func(of func(l look) int) int {
		values := make([]int, len(looks))
		for i, l := range looks {
			values[i] = of(l)
		}
		sort.Ints(values)
		return values[len(values)/2]
	}
	return look{
		at:       looks[len(looks)/2].at,
		resident: median(func(l look) int { return l.resident }),
		own:      median(func(l look) int { return l.own }),
		fds:      median(func(l look) int { return l.fds }),
		threads:  median(func(l look) int { return l.threads }),
		children: median(func(l look) int { return l.children }),
	}
}

// slope is that of least squares, in KiB a minute.
func slope(looks []look) float64 {
	var at, kib float64
	for _, l := range looks {
		at += l.at.Minutes()
		kib += float64(l.resident)
	}
	at /= float64(len(looks))
	kib /= float64(len(looks))
	var up, along float64
	for _, l := range looks {
		up += (l.at.Minutes() - at) * (float64(l.resident) - kib)
		along += (l.at.Minutes() - at) * (l.at.Minutes() - at)
	}
	if along == 0 {
		return 0
	}
	return up / along
}

// promises are what can be said of any process that does the same all the time.
func (g growth) promises(name string) []promise {
	memory := fmt.Sprintf("after %.0f s and %.0f s: %d and %d KiB resident, %d and %d of them its own; %+.0f KiB a minute",
		g.early.at.Seconds(), g.late.at.Seconds(), g.early.resident, g.late.resident, g.early.own, g.late.own, g.slope)
	numbers := fmt.Sprintf("%d and %d descriptors (at most %d), %d and %d threads (%d), %d and %d children (%d)",
		g.early.fds, g.late.fds, g.most.fds, g.early.threads, g.late.threads, g.most.threads,
		g.early.children, g.late.children, g.most.children)
	return []promise{
		{"memory_of_" + name + "_does_not_grow", memory,
			grewLittle(g.early.resident, g.late.resident) && grewLittle(g.early.own, g.late.own)},
		{"descriptors_threads_and_children_of_" + name + "_do_not_grow", numbers,
			g.late.fds <= g.early.fds+growthFds && g.late.threads <= g.early.threads+growthThreads &&
				g.late.children <= g.early.children+1},
	}
}

func grewLittle(early, late int) bool {
	return late <= early+int(growthShare*float64(early))+growthKiB
}
