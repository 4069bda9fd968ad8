// Command layouts writes the tables of where the variables of the runtime keep their fields, one row
// per group of Go releases that agree: those of runtime.sched for both readers, goproc (C) and agent
// (Go), those of the garbage collector for goproc alone.
//
// The other structures of the runtime describe themselves in every Go binary (type descriptors);
// these do not, because nothing ever converts them to an interface. Their layout is a property of the
// release, so it is read here, once per release, from the DWARF of a program that release built.
//
//	go run .          write both tables
//	go run . -check   compare instead; exit status 1 when they drifted
//	go run . -print   one line per release, before rows are merged
//
// Releases that are not installed are fetched by the go command (GOTOOLCHAIN).
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// toolchains lists one release per minor version. To support a new Go: add a line, run, read the diff.
var toolchains = []string{
	"go1.18.10",
	"go1.19.13",
	"go1.20.14",
	"go1.21.13",
	"go1.22.12",
	"go1.23.8",
	"go1.24.6",
	"go1.25.1",
	"go1.26.8",
	"go1.27.0",
}

// tables are independent of each other: each has rows of its own.
var tables = []struct {
	name   string // of the structure in C
	fields []field
}{
	{"layout", fields},
	{"gc_layout", collectorFields},
}

// fields names what the readers use. A field that moved or was renamed lists all its paths, newest
// first. Between since and until it must be found; outside it must not be, so that a rename in a new
// release stops this program instead of producing a table with a hole.
var fields = []field{
	{name: "goidgen", paths: "goidgen"},
	{name: "midle", paths: "midle"},
	{name: "nmidle", paths: "nmidle"},
	{name: "nmidlelocked", paths: "nmidlelocked"},
	{name: "mnext", paths: "mnext"},
	{name: "maxmcount", paths: "maxmcount"},
	{name: "nmsys", paths: "nmsys"},
	{name: "nmfreed", paths: "nmfreed"},
	{name: "ngsys", paths: "ngsys"},
	{name: "pidle", paths: "pidle"},
	{name: "npidle", paths: "npidle"},
	{name: "nmspinning", paths: "nmspinning"},
	{name: "needspinning", paths: "needspinning", since: 20},
	{name: "runq_size", paths: "runq.size|runqsize"},
	{name: "gfree_stack", paths: "gFree.stack.size", since: 25},
	{name: "gfree_nostack", paths: "gFree.noStack.size", since: 25},
	{name: "gfree_n", paths: "gFree.n", until: 24},
	{name: "gcwaiting", paths: "gcwaiting"},
	{name: "stopwait", paths: "stopwait"},
	{name: "sysmonwait", paths: "sysmonwait"},
	{name: "timeToRun", paths: "timeToRun"},
	{name: "idleTime", paths: "idleTime", since: 20},
	{name: "totalMutexWaitTime", paths: "totalMutexWaitTime", since: 20},
	{name: "stwStoppingTimeGC", paths: "stwStoppingTimeGC", since: 22},
	{name: "stwStoppingTimeOther", paths: "stwStoppingTimeOther", since: 22},
	{name: "stwTotalTimeGC", paths: "stwTotalTimeGC", since: 22},
	{name: "stwTotalTimeOther", paths: "stwTotalTimeOther", since: 22},
	{name: "goroutinesCreated", paths: "goroutinesCreated", since: 26},
	{name: "totalRuntimeLockWaitTime", paths: "totalRuntimeLockWaitTime", since: 22},
}

// collectorFields are what the garbage collector keeps; by the same rules.
var collectorFields = []field{
	// Whole variables, for their sizes: in a program where one has another size, it is not known.
	{name: "controller", of: "runtime.gcController"},
	{name: "memstats", of: "runtime.memstats"},
	{name: "work", of: "runtime.work"},
	{name: "heap_marked", of: "runtime.gcController", paths: "heapMarked"},
	{name: "heap_goal", of: "runtime.gcController", paths: "gcPercentHeapGoal|heapGoal"},
	{name: "memory_limit", of: "runtime.gcController", paths: "memoryLimit", since: 19},
	{name: "sweep_trigger", of: "runtime.gcController", paths: "sweepDistMinTrigger", since: 19},
	{name: "triggered", of: "runtime.gcController", paths: "triggered", since: 19},
	{name: "heap_free", of: "runtime.gcController", paths: "heapFree", since: 19},
	{name: "total_alloc", of: "runtime.gcController", paths: "totalAlloc", since: 19},
	{name: "total_free", of: "runtime.gcController", paths: "totalFree", since: 19},
	{name: "mapped_ready", of: "runtime.gcController", paths: "mappedReady", since: 19},
	{name: "cycles", of: "runtime.memstats", paths: "numgc"},
	{name: "cycles_forced", of: "runtime.memstats", paths: "numforcedgc"},
	{name: "cpu_total", of: "runtime.work", paths: "cpuStats.TotalTime|cpuStats.totalTime", since: 20},
	{name: "cpu_idle", of: "runtime.work", paths: "cpuStats.IdleTime|cpuStats.idleTime", since: 20},
	{name: "cpu_gc", of: "runtime.work", paths: "cpuStats.GCTotalTime|cpuStats.gcTotalTime", since: 20},
	{name: "cpu_assist", of: "runtime.work", paths: "cpuStats.GCAssistTime|cpuStats.gcAssistTime", since: 20},
}

// outputs are the files that are written, relative to the root of the source tree.
var outputs = []struct {
	path   string
	render func([][]row) ([]byte, error)
}{
	{"goproc/layouts_generated.h", renderC},
	{"agent/internal/sched/layouts_generated.go", renderGo},
}

func main() {
	check := flag.Bool("check", false, "compare with the files in the tree instead of writing them")
	verbose := flag.Bool("print", false, "print each release's layout, write nothing")
	root := flag.String("root", "../..", "root of the source tree")
	flag.Parse()

	drifted, err := run(*root, *check, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "layouts:", err)
		os.Exit(2)
	}
	if drifted {
		os.Exit(1)
	}
}

func run(root string, check, verbose bool) (drifted bool, err error) {
	rows := make([][]row, len(tables))
	for _, toolchain := range toolchains {
		layouts, err := readToolchain(toolchain)
		if err != nil {
			return false, fmt.Errorf("%s: %w", toolchain, err)
		}
		minor, err := minorOf(toolchain)
		if err != nil {
			return false, err
		}
		for i, layout := range layouts {
			if verbose {
				fmt.Println(toolchain, tables[i].name, layout)
			}
			rows[i] = appendRow(rows[i], minor, layout)
		}
	}
	if verbose {
		return false, nil
	}
	for _, output := range outputs {
		text, err := output.render(rows)
		if err != nil {
			return false, err
		}
		path := filepath.Join(root, output.path)
		if !check {
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				return false, err
			}
			if err := os.WriteFile(path, text, 0o666); err != nil {
				return false, err
			}
			continue
		}
		old, err := os.ReadFile(path)
		if err != nil {
			return false, err
		}
		if !bytes.Equal(old, text) {
			drifted = true
			fmt.Printf("%s drifted from the toolchains:\n%s", output.path, diff(old, text))
		}
	}
	return drifted, nil
}

// row is a run of neighbouring minor versions with one layout.
type row struct {
	first, last int
	layout      layout
}

// appendRow merges the release into the previous row when they agree.
func appendRow(rows []row, minor int, l layout) []row {
	if n := len(rows); n > 0 && rows[n-1].last == minor-1 && rows[n-1].layout.equal(l) {
		rows[n-1].last = minor
		return rows
	}
	return append(rows, row{minor, minor, l})
}

func minorOf(toolchain string) (int, error) {
	parts := strings.Split(toolchain, ".")
	if len(parts) < 2 || parts[0] != "go1" {
		return 0, fmt.Errorf("%s: not of the form go1.N.P", toolchain)
	}
	return strconv.Atoi(parts[1])
}

// readToolchain builds the smallest program with that release and reads the layouts from its DWARF.
func readToolchain(toolchain string) ([]layout, error) {
	dir, err := os.MkdirTemp("", "schedtop-layouts")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"go.mod":  "module example.com/tiny\n\ngo 1.18\n",
		"main.go": "package main\n\nfunc main() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return nil, err
		}
	}
	build := exec.Command("go", "build", "-o", "tiny", ".")
	build.Dir = dir
	// The user's own settings must not change what is built: -s -w would drop the DWARF, for one.
	build.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOOS=linux", "GOARCH=amd64",
		"CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOEXPERIMENT=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	minor, err := minorOf(toolchain)
	if err != nil {
		return nil, err
	}
	return readLayouts(filepath.Join(dir, "tiny"), minor)
}

// diff lists the lines that are in only one of the texts: enough to see what moved.
func diff(old, new []byte) string {
	var b strings.Builder
	only := func(mark string, in, notIn []byte) {
		seen := map[string]bool{}
		for _, line := range strings.Split(string(notIn), "\n") {
			seen[line] = true
		}
		for _, line := range strings.Split(string(in), "\n") {
			if !seen[line] {
				b.WriteString(mark + line + "\n")
			}
		}
	}
	only("-", old, new)
	only("+", new, old)
	return b.String()
}
