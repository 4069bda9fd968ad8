// Package stage is what all workloads share: the flags that set up the runtime, the agent, a trace of
// the program itself, and an end. A workload always stops by itself, so that a test that dies leaves
// nothing behind.
//
// Built with the tag noagent, and without generics or anything else younger than Go 1.18, the
// workloads run on every Go version that schedtop reads.
package stage

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/trace"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options are the flags that every workload has.
type Options struct {
	Agent       bool
	Flight      time.Duration
	FlightBytes int64
	For         time.Duration
	Procs       int
	Steps       string
	StepEvery   time.Duration
	Trace       string
	TraceFor    time.Duration
	Hide        bool
}

// Flags registers the shared flags; the caller parses.
func Flags() *Options {
	o := new(Options)
	flag.BoolVar(&o.Agent, "agent", false, "serve schedtop's socket")
	flag.DurationVar(&o.Flight, "flight", 0, "with -agent: keep a flight recorder of this `duration`")
	flag.Int64Var(&o.FlightBytes, "flight-bytes", 0, "and of this `many` bytes (0: as the agent has it)")
	flag.DurationVar(&o.For, "for", 10*time.Minute, "stop after `duration`")
	flag.IntVar(&o.Procs, "procs", 0, "set GOMAXPROCS to `n` (0: leave it)")
	flag.StringVar(&o.Steps, "gomaxprocs-steps", "", "cycle GOMAXPROCS through `n,n,...` while running")
	flag.DurationVar(&o.StepEvery, "step-every", 2*time.Second, "`duration` of each of -gomaxprocs-steps")
	flag.StringVar(&o.Trace, "trace", "", "on SIGUSR1 write an execution trace to `file`")
	flag.DurationVar(&o.TraceFor, "trace-for", 3*time.Second, "`duration` of that trace")
	flag.BoolVar(&o.Hide, "hide", false, "forbid others to look at this one (PR_SET_DUMPABLE 0)")
	return o
}

// Setup prepares the runtime; call it after flag.Parse and before the work begins. Problems end the
// program: a workload that is not what was asked for is worse than none.
func (o *Options) Setup() {
	if o.Procs > 0 {
		runtime.GOMAXPROCS(o.Procs)
	}
	if o.Hide {
		if _, _, errno := syscall.Syscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0); errno != 0 {
			Fail(errno)
		}
	}
	if o.Agent {
		if err := o.listen(); err != nil {
			Fail(err)
		}
	}
}

// Run says that the workload is up (`READY pid=N` and what `more` adds) and returns when it is time to
// stop: after -for, or on SIGTERM or SIGINT. When there are arguments besides the flags, they are a program
// that takes over after -for, or on SIGUSR2, in the same process.
func (o *Options) Run(more string) {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	next := make(chan os.Signal, 1)
	if flag.NArg() > 0 {
		signal.Notify(next, syscall.SIGUSR2)
	}
	if o.Steps != "" {
		steps, err := parseSteps(o.Steps)
		if err != nil {
			Fail(err)
		}
		go walk(steps, o.StepEvery)
	}
	if o.Trace != "" {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGUSR1)
		go func() {
			for range asked {
				if err := record(o.Trace, o.TraceFor); err != nil {
					Fail(err)
				}
			}
		}()
	}
	if more != "" {
		more = " " + more
	}
	fmt.Printf("READY pid=%d%s\n", os.Getpid(), more)
	takeOver := func() {
		unlisten()
		if flag.NArg() > 0 {
			Fail(syscall.Exec(flag.Arg(0), flag.Args(), os.Environ()))
		}
	}
	select {
	case <-end:
		unlisten()
	case <-next:
		takeOver()
	case <-time.After(o.For):
		takeOver()
	}
}

// Fail ends the program with a sentence.
func Fail(err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
	os.Exit(1)
}

func parseSteps(list string) ([]int, error) {
	var steps []int
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-gomaxprocs-steps %q: %q is not a number of Ps", list, word)
		}
		steps = append(steps, n)
	}
	return steps, nil
}

func walk(steps []int, every time.Duration) {
	for i := 0; ; i = (i + 1) % len(steps) {
		runtime.GOMAXPROCS(steps[i])
		fmt.Printf("GOMAXPROCS %d\n", steps[i])
		time.Sleep(every)
	}
}

// record says on stdout when the trace began and when it is complete, by the wall clock.
func record(path string, d time.Duration) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := trace.Start(f); err != nil {
		return err
	}
	fmt.Printf("TRACE start_ns=%d\n", time.Now().UnixNano())
	time.Sleep(d)
	stopped := time.Now().UnixNano()
	trace.Stop()
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Printf("TRACE end_ns=%d\n", stopped)
	return nil
}
