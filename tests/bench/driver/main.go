// Bench measures what schedtop costs, and what it costs the program that it watches. Nothing is asserted:
// each table prints ratios against a peer that is measured in the same run, on the same machine, at the
// same time. tests/bench/run builds what it needs and calls it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// programs are the paths of what is measured and of what it is measured on.
type programs struct {
	schedtop string
	build    string // the folder of tests/bench programs written in C
	service  string
	stripped string // the same, linked without symbols
	workload string
	metrics  string // the folder of prometheus and promtool
	self     string
}

type bench struct {
	name  string
	about string
	run   func(p *programs, o *options) error
}

type options struct {
	window time.Duration // 0: what the bench thinks right
	rounds int
}

// How long a window is when nobody says otherwise. A reading of 100,000 goroutines comes every two seconds
// or so: a window must hold several, or noise hides what they cost.
const (
	shortWindow = 2 * time.Second
	longWindow  = 6 * time.Second
)

// windowOr returns the length that was asked for, or this one.
func (o *options) windowOr(length time.Duration) time.Duration {
	if o.window > 0 {
		return o.window
	}
	return length
}

var benches = []bench{
	{"key", "time from a key to its effect on the screen, against htop's and the terminal's own", benchKeys},
	{"peers", "processor time and output of the screen, lanes at 100 Hz, against htop's and btop's", benchPeers},
	{"slowdown", "throughput of a busy program, watched against unwatched", benchSlowdown},
	{"asked", "throughput of a busy program whose agent is asked, or records, against one that is let alone", benchAsked},
	{"agent", "processor time of the agent's answers against a bare echo's", benchAgent},
	{"snapshot", "time of one snapshot by memory reads", benchSnapshot},
	{"attach", "time and memory of attaching to a program without symbols, against one with them", benchAttach},
	{"goroutines", "time to read 10,000 and 100,000 goroutines, and what that costs them", benchGoroutines},
	{"record", "size of a recording, packed against plain lines", benchRecord},
	{"size", "memory of the history of the screen", benchSize},
	{"fleet", "first screen of 10,000 instances in Prometheus, against a bare curl of the same questions", benchFleet},
}

func main() {
	// Children die with the thread that started them: that is this one, which stays.
	runtime.LockOSThread()
	if len(os.Args) == 3 && os.Args[1] == "echo" {
		fail(echo(os.Args[2]))
		return
	}
	if len(os.Args) == 4 && os.Args[1] == "ask" {
		fail(askForever(os.Args[2], os.Args[3]))
		return
	}
	p := new(programs)
	o := new(options)
	flag.StringVar(&p.schedtop, "schedtop", "", "the `program` under test")
	flag.StringVar(&p.build, "build", "", "`folder` of the build, for the programs in C")
	flag.StringVar(&p.service, "service", "", "the HTTP service of tests/workloads (`program`)")
	flag.StringVar(&p.stripped, "stripped", "", "the same linked with -s -w (`program`)")
	flag.StringVar(&p.workload, "workload", "", "the other workloads (`program`)")
	flag.StringVar(&p.metrics, "prometheus", "", "`folder` of prometheus and promtool")
	flag.DurationVar(&o.window, "window", 0, "length of one measured window (default 2s, or 6s where 100,000 goroutines wait)")
	flag.IntVar(&o.rounds, "rounds", 24, "`number` of alternating windows of each kind")
	only := flag.String("only", "", "comma-separated `names` of benches (default: all)")
	flag.Parse()
	self, err := os.Executable()
	fail(err)
	p.self = self

	fmt.Printf("%s, %d CPUs, %s\n", kernel(), runtime.NumCPU(), time.Now().Format(time.DateOnly))
	chosen, err := choose(*only)
	fail(err)
	failed := false
	for _, b := range chosen {
		fmt.Printf("\n%s: %s\n", b.name, b.about)
		if err := b.run(p, o); err != nil {
			fmt.Printf("  not measured: %v\n", err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// choose returns the benches of a list of names, in their own order; all for an empty one.
func choose(list string) ([]bench, error) {
	if list == "" {
		return benches, nil
	}
	asked := map[string]bool{}
	for _, name := range strings.Split(list, ",") {
		asked[name] = true
	}
	var chosen []bench
	for _, b := range benches {
		if asked[b.name] {
			chosen = append(chosen, b)
			delete(asked, b.name)
		}
	}
	for name := range asked {
		return nil, fmt.Errorf("there is no bench %q", name)
	}
	return chosen, nil
}

func fail(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
		os.Exit(1)
	}
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "Linux"
	}
	return "Linux " + strings.TrimSpace(string(release))
}
