// Soak lets schedtop work hard for a while, in all the ways that people keep it open for weeks, and looks whether
// it grows: memory, descriptors, threads, children, files. Programs that are watched end and start anew, one has
// 100,000 goroutines, a recording has 256 Ps, traces are taken and browsed, and on every screen somebody presses
// keys all the time. All parts run at once, and then each of those with a screen has the machine for itself. Prints TAP; tests/soak/run builds what it needs and calls it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// programs are the paths of what is tested and of what it looks at.
type programs struct {
	schedtop, workload, service string
}

// A part is one way to use schedtop. It prepares what is looked at, starts a schedtop, and works with it until the
// time is over; what that did, besides not growing, it promises at the end.
type part struct {
	name  string
	start func(s *stand) error
	work  func(s *stand) error
	ended func(s *stand)
}

var parts = []part{
	{"restarts", startRestarts, workRestarts, endRestarts},
	{"goroutines", startGoroutines, (*stand).pressKeys, nil},
	{"replay", startReplay, workReplay, endReplay},
	{"captures", startCaptures, workCaptures, endCaptures},
	{"browser", startBrowser, (*stand).pressKeys, nil},
	{"recorder", startRecorder, (*stand).wait, endRecorder},
	{"lines", startLines, (*stand).wait, endLines},
	{"agent", startAgent, (*stand).wait, endLines},
	{"sentinel", startSentinel, workSentinel, endSentinel},
	{"echo", startEcho, workEcho, endEcho},
}

const leastLength = time.Minute

func main() {
	var p programs
	flag.StringVar(&p.schedtop, "schedtop", "", "the `program` under test")
	flag.StringVar(&p.workload, "workload", "", "the workloads of tests/workloads (`program`)")
	flag.StringVar(&p.service, "service", "", "its HTTP service (`program`)")
	length := flag.Duration("for", 4*time.Minute, "how `long`, all in all")
	only := flag.String("only", "", "comma-separated `names` of parts (default: all)")
	verbose := flag.Bool("v", false, "print every look at every process")
	flag.Parse()
	chosen, err := choose(*only)
	if err == nil && *length < leastLength {
		err = fmt.Errorf("it takes %v at least to see whether anything grows", leastLength)
	}
	if err == nil {
		err = soak(p, chosen, *length, *verbose)
	}
	if err != nil {
		if !errors.Is(err, errBroken) {
			fmt.Fprintf(os.Stderr, "soak: %v\n", err)
		}
		os.Exit(1)
	}
}

// choose returns the parts of a list of names, in their own order; all for an empty one.
func choose(list string) ([]part, error) {
	if list == "" {
		return parts, nil
	}
	var chosen []part
	names := "," + list + ","
	for _, p := range parts {
		if strings.Contains(names, ","+p.name+",") {
			chosen = append(chosen, p)
			names = strings.Replace(names, ","+p.name+",", ",", 1)
		}
	}
	if names != "," {
		return nil, fmt.Errorf("there is no part %s", strings.Trim(names, ","))
	}
	return chosen, nil
}

// A promise is kept or not, and the detail tells how well.
type promise struct {
	text, detail string
	kept         bool
}

var errBroken = errors.New("a promise is broken")

func soak(p programs, chosen []part, length time.Duration, verbose bool) error {
	until := time.Now().Add(length)
	dir, err := os.MkdirTemp("", "schedtop-soak")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-told // all that was started ends with us
		_ = os.RemoveAll(dir)
		os.Exit(1)
	}()
	if err := makeHome(dir); err != nil {
		return err
	}
	stands := make([]*stand, len(chosen))
	for i, chosen := range chosen {
		stands[i] = newStand(chosen, p, dir, until, int64(i))
	}
	together(stands, (*stand).run)
	for _, s := range stands {
		if s.screens && !s.failed {
			s.note(s.timeAlone(stands))
		}
	}
	together(stands, (*stand).finish)
	var promises []promise
	for _, s := range stands {
		if verbose {
			s.tellLooks(os.Stderr)
		}
		promises = append(promises, s.promises...)
	}
	return tell(append(append(promises, latencies(stands)...), leftovers(dir)))
}

// together does something at all stands at once.
func together(stands []*stand, do func(s *stand)) {
	var all sync.WaitGroup
	for _, s := range stands {
		all.Add(1)
		go func(s *stand) {
			defer all.Done()
			do(s)
		}(s)
	}
	all.Wait()
}

// tell prints TAP.
func tell(promises []promise) (err error) {
	fmt.Printf("# %d CPUs\n", runtime.NumCPU())
	for i, p := range promises {
		verdict := "ok"
		if !p.kept {
			verdict, err = "not ok", errBroken
		}
		fmt.Printf("%s %d - %s\n", verdict, i+1, p.text)
		for _, line := range strings.Split(strings.TrimRight(p.detail, "\n"), "\n") {
			fmt.Println("#", line)
		}
	}
	fmt.Printf("1..%d\n", len(promises))
	return err
}

// Where everybody finds what belongs to this user, and puts what is only for a while.
var homes = map[string]string{
	"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state",
	"XDG_CACHE_HOME": "cache", "XDG_RUNTIME_DIR": "runtime", "TMPDIR": "tmp",
}

func makeHome(dir string) error {
	for variable, name := range homes {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		if err := os.Setenv(variable, path); err != nil {
			return err
		}
	}
	return nil
}

// leftovers looks for files that were for a while and are still there. Who captures a program leaves a file that tells
// others when, for a day.
func leftovers(dir string) promise {
	var left []string
	for _, variable := range []string{"TMPDIR", "XDG_RUNTIME_DIR"} {
		root := filepath.Join(dir, homes[variable])
		_ = filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
			isLock, _ := filepath.Match("capture-*.lock", filepath.Base(path))
			if err != nil || !entry.IsDir() && !isLock {
				left = append(left, strings.TrimPrefix(path, dir))
			}
			return nil
		})
	}
	return promise{"nothing_is_left_behind", fmt.Sprintf("%d files that were for a while are there: %q", len(left), left), len(left) == 0}
}
