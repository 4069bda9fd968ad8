// Workload is a Go program with one plain habit, chosen by -mode, for schedtop's tests and benchmarks
// to watch.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"schedtop/tests/workloads/internal/stage"
)

// A mode starts its goroutines and returns when all of them are up.
type mode struct {
	name  string
	about string
	start func(o *options)
}

type options struct {
	n       int
	waiting int
	every   time.Duration
	profile string
}

// count is -n, or what the mode wants by itself.
func (o *options) count(otherwise int) int {
	if o.n > 0 {
		return o.n
	}
	return otherwise
}

var modes = append([]mode{
	{"quiet", "everything is parked: nothing moves but what schedtop itself does", startQuiet},
	{"blocked", "-n (10,000) goroutines wait for ever, on channels, a mutex, a sleep, a select", startBlocked},
	{"groups", "10 x -n (50) goroutines wait to send, 2 x -n sleep, -n read pipes; -profile tells the truth", startGroups},
	{"leak", "as groups, and one more every -every (1 s) that waits for ever", startLeak},
	{"spinners", "-n (4 x GOMAXPROCS) goroutines compute without a pause", startSpinners},
	{"waves", "-n (40) goroutines more for -every (1 s), which hurry, then none for as long, and so on", startWaves},
	{"half", "each P is busy half of the time and the program never collects", startHalf},
	{"mutex", "-n (64) goroutines queue for one mutex", startMutex},
	{"gc", "much garbage on top of a live heap: one collection after the other", startGC},
	{"threads", "-n (24) threads block in read(2)", startThreads},
	{"mixed", "channels, system calls, timers and new goroutines at once", startMixed},
	{"timers", "-n (5) timers a millisecond for timeouts of an hour that nobody waits for any more", startTimers},
	{"hoard", "-n (4) MiB more on the heap every -every (1 s), which is then collected", startHoard},
	{"traced", "does nothing but trace itself, without an end", startTraced},
	{"counter", "-n (GOMAXPROCS) workers count what they get done; prints it -every (1 s)", startCounter},
	{"relay", "-n (GOMAXPROCS) pairs hand a baton to and fro; counts as counter does", startRelay},
}, cgoModes...)

func main() {
	shared := stage.Flags()
	name := flag.String("mode", "quiet", "what to do; `name` is one of those listed below")
	o := new(options)
	flag.IntVar(&o.n, "n", 0, "how `many` (0: the mode's own number)")
	flag.IntVar(&o.waiting, "waiting", 0, "start that `many` goroutines that wait for ever, besides")
	flag.DurationVar(&o.every, "every", time.Second, "counter: print each `duration`")
	flag.StringVar(&o.profile, "profile", "", "groups: write the goroutine profile to `file`")
	flag.Usage = usage
	flag.Parse()
	for _, m := range modes {
		if m.name == *name {
			shared.Setup()
			startWaiters(o.waiting)
			m.start(o)
			shared.Run(fmt.Sprintf("mode=%s gomaxprocs=%d", m.name, runtime.GOMAXPROCS(0)))
			return
		}
	}
	fmt.Fprintf(os.Stderr, "no mode %q\n", *name)
	usage()
	os.Exit(2)
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: workload -mode NAME [flags] [program arguments]")
	flag.PrintDefaults()
	fmt.Fprintln(os.Stderr, "modes:")
	for _, m := range modes {
		fmt.Fprintf(os.Stderr, "  %-10s %s\n", m.name, m.about)
	}
}
