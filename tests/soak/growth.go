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

// What memory may be more at the end than in the middle. The history of a screen takes ten minutes to fill, and has 24
// MiB then at most.
const (
	growthShare    = 0.08
	growthKiB      = 4 << 10
	historyKiB     = 24 << 10
	historyFillsIn = 10 * time.Minute
)

// growth compares the time after the warm-up, which is the third fifth of all looks, with the last fifth.
type growth struct {
	early, late extremes
	slope       float64 // KiB a minute of resident memory, over the last three fifths
}

type extremes struct{ least, median, most look }

var errFewLooks = errors.New("there are too few looks at it to tell whether it grows")

func measureGrowth(looks []look) (growth, error) {
	const leastLooks = 20
	n := len(looks)
	if n < leastLooks {
		return growth{}, errFewLooks
	}
	return growth{early: extremesOf(looks[n*2/5 : n*3/5]), late: extremesOf(looks[n*4/5:]), slope: slope(looks[n*2/5:])}, nil
}

func extremesOf(looks []look) (e extremes) {
	values := make([]int, len(looks))
	for _, of := range []func(l *look) *int{
		func(l *look) *int { return &l.resident },
		func(l *look) *int { return &l.own },
		func(l *look) *int { return &l.fds },
		func(l *look) *int { return &l.threads },
		func(l *look) *int { return &l.children },
	} {
		for i := range looks {
			values[i] = *of(&looks[i])
		}
		sort.Ints(values)
		*of(&e.least), *of(&e.median), *of(&e.most) = values[0], values[len(values)/2], values[len(values)-1]
	}
	e.median.at = looks[len(looks)/2].at
	return e
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

// promises are what can be said of any process that does the same all the time. Descriptors, threads and children come
// and go, so they grow where the fewest of late are more than the most of before.
func (g growth) promises(name string) []promise {
	early, late := g.early, g.late
	memory := fmt.Sprintf("after %.0f s and %.0f s: %d and %d KiB resident, %d and %d of them its own; %+.0f KiB a minute",
		early.median.at.Seconds(), late.median.at.Seconds(), early.median.resident, late.median.resident, early.median.own,
		late.median.own, g.slope)
	numbers := fmt.Sprintf("%d to %d and %d to %d descriptors, %d to %d and %d to %d threads, %d to %d and %d to %d children",
		early.least.fds, early.most.fds, late.least.fds, late.most.fds, early.least.threads, early.most.threads,
		late.least.threads, late.most.threads, early.least.children, early.most.children, late.least.children, late.most.children)
	return []promise{
		{"memory_of_" + name + "_does_not_grow", memory,
			late.median.resident <= allowed(early.median.resident, early.median.at, late.median.at) &&
				late.median.own <= allowed(early.median.own, early.median.at, late.median.at)},
		{"descriptors_threads_and_children_of_" + name + "_do_not_grow", numbers, late.least.fds <= early.most.fds &&
			late.least.threads <= early.most.threads && late.least.children <= early.most.children},
	}
}

// allowed is what may have become of so much memory from one time to another.
func allowed(kib int, from, to time.Duration) int {
	fills := min(to, historyFillsIn) - min(from, historyFillsIn)
	return kib + int(growthShare*float64(kib)) + growthKiB + int(historyKiB*fills.Seconds()/historyFillsIn.Seconds())
}
