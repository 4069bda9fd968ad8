// Driver measures how fast schedtop reads traces, side by side with what Go
// offers, on traces of a busy HTTP server that are made on the spot.
// tests/bench/trace/run builds what it needs and calls it. Nothing is asserted:
// it prints wall time, processor time, peak memory and ratios.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"schedtop/tests/bench/rows"
)

type options struct {
	schedtop, bin, dir string
	rounds             int
	slow, old, keep    bool
	only, without      []string // parts of names; none: all, and none
}

// wants says whether a contestant takes part. The first one always does: the
// others are compared with it.
func (o *options) wants(r row, old bool) bool {
	if r.slow && !o.slow || old != strings.Contains(r.name, "gotraceui") && !r.both {
		return false
	}
	has := func(part string) bool { return strings.Contains(r.name, part) }
	return r.first || (len(o.only) == 0 || slices.ContainsFunc(o.only, has)) && !slices.ContainsFunc(o.without, has)
}

// largestGeneration asks schedtop itself.
func largestGeneration(o *options, file string) (bytes, events int64) {
	out, err := exec.Command(o.schedtop, "check", "--json", file).Output()
	if err != nil {
		log.Fatalf("schedtop check %s: %v", file, err)
	}
	var health struct {
		Largest int64 `json:"largest_generation_bytes"`
		Events  int64 `json:"events"`
	}
	find(out, &health)
	return health.Largest, health.Events
}

// find decodes the object that holds the wanted keys, however deep it lies.
func find(data []byte, into any) {
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil {
		return
	}
	if _, ok := object["largest_generation_bytes"]; ok {
		_ = json.Unmarshal(data, into)
		return
	}
	for _, member := range object {
		find(member, into)
	}
}

// record makes a trace, unless there is one that was kept; an old one as Go
// 1.21 writes it.
func record(o *options, mb int, old bool) string {
	workload, file := "trace-workload", filepath.Join(o.dir, fmt.Sprintf("http-%d", mb))
	if old {
		workload, file = "trace-workload-old", filepath.Join(o.dir, fmt.Sprintf("old-%d", mb))
	}
	if info, err := os.Stat(file); err == nil && info.Size() >= int64(mb)<<20 {
		return file
	}
	cmd := exec.Command(filepath.Join(o.bin, workload), "-o", file+".new", "-for", "10m", "-n", "50",
		"-bytes", strconv.Itoa(mb<<20), "http")
	if out, err := cmd.CombinedOutput(); err != nil {
		log.Fatalf("making a trace: %v\n%s", err, out)
	}
	if err := os.Rename(file+".new", file); err != nil {
		log.Fatal(err)
	}
	return file
}

// warm reads the file once, so that nobody who reads it has to wait for the disk.
func warm(file string) {
	f, err := os.Open(file)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(io.Discard, f); err != nil {
		log.Fatal(err)
	}
}

// row is a contestant on one trace.
type row struct {
	name string
	goal float64 // times the wall time of schedtop stat, at least; below 0: at most
	most float64 // seconds; 0: no matter
	run  func(file string) measure
	// One of those that take minutes; the one that all are compared with; it
	// reads an old trace, too.
	slow, first, both bool
}

func contestants(o *options) []row {
	tool, err := exec.Command("go", "tool", "-n", "trace").Output()
	if err != nil {
		log.Fatal("go tool -n trace: ", err)
	}
	goTrace := strings.TrimSpace(string(tool))
	return []row{
		{"schedtop stat FILE", 0, 0, func(f string) measure { return run(o.schedtop, "stat", f) }, false, true, true},
		{"schedtop stat - (pipe)", 0, 0, func(f string) measure { return runPiped(f, o.schedtop, "stat", "-") }, false, false, false},
		{"schedtop doctor FILE", -1.3, 0, func(f string) measure { return run(o.schedtop, "doctor", f) }, false, false, true},
		{"schedtop check FILE", 0, 0, func(f string) measure { return run(o.schedtop, "check", f) }, false, false, true},
		{"schedtop profile --kind sched", 0, 0, func(f string) measure { return run(o.schedtop, "profile", "--kind", "sched", f) }, false, false, false},
		{"schedtop export, perfetto", 0, 0, func(f string) measure { return export(o, "perfetto", f) }, false, false, false},
		{"schedtop export, chrome", 0, 0, func(f string) measure { return export(o, "chrome", f) }, false, false, false},
		{"schedtop export, csv", 0, 0, func(f string) measure { return export(o, "csv", f) }, false, false, false},
		{"schedtop trace, first screen", 0, 0, func(f string) measure { return browse(o, f, firstScreen) }, false, false, true},
		{"schedtop trace, first numbers", 0, 2.5, func(f string) measure { return browse(o, f, firstNumbers) }, false, false, true},
		{"schedtop trace, all of it", 0, 0, func(f string) measure { return browse(o, f, wholeScreen) }, false, false, true},
		{"a zoom step, first paint", 0, 0.05, func(f string) measure { return browse(o, f, zoom(false)) }, false, false, false},
		{"a zoom step, exact", 0, 0.5, func(f string) measure { return browse(o, f, zoom(true)) }, false, false, false},
		{"x/exp/trace, counting", 8, 0, func(f string) measure { return run(filepath.Join(o.bin, "count"), f) }, false, false, false},
		{"x/exp/trace, same totals", 10, 0, func(f string) measure { return run(filepath.Join(o.bin, "totals"), f) }, false, false, false},
		{"go tool trace -pprof=sched", 50, 0, func(f string) measure { return run(goTrace, "-pprof=sched", f) }, true, false, false},
		{"go tool trace, until its page", 50, 0, func(f string) measure { return runServer(goTrace, "", f) }, true, false, false},
		{"go tool trace, its /jsontrace", 0, 0, func(f string) measure { return runServer(goTrace, "/jsontrace", f) }, true, false, false},
		{"gotraceui's loader", 0, 0, func(f string) measure { return run(filepath.Join(o.bin, "gotraceui"), f) }, false, false, false},
	}
}

// export writes to nowhere, so that no disk is measured.
func export(o *options, format, file string) measure {
	return run(o.schedtop, "export", "--format", format, file)
}

// best repeats the quick ones: what disturbs a measurement makes it longer.
func best(o *options, r row, file string) measure {
	m := r.run(file)
	for i := 1; i < o.rounds && !r.slow && m.finished; i++ {
		if again := r.run(file); again.finished && again.wall < m.wall {
			m = again
		}
	}
	return m
}

func main() {
	o := new(options)
	flag.StringVar(&o.schedtop, "schedtop", "", "the `program` under test")
	flag.StringVar(&o.bin, "bin", "", "`folder` of the programs beside it")
	flag.StringVar(&o.dir, "dir", "", "`folder` for the traces, which go when they were measured")
	keep := flag.String("keep", "", "`folder` for the traces, which stay there and are used again")
	without := flag.String("without", "", "leave out those whose name has one of these `parts` in it")
	only := flag.String("only", "", "measure only those whose name has one of these `parts` in it, as check,counting")
	flag.IntVar(&o.rounds, "rounds", 3, "measure the quick ones so `often`, and take the best")
	sizes := flag.String("sizes", "5,25,100,500", "sizes of the traces, in `MB`")
	flag.BoolVar(&o.slow, "tool", true, "measure go tool trace, too")
	flag.BoolVar(&o.old, "old", true, "and a trace of Go 1.21, which the last release of gotraceui can read, against its loader")
	flag.Parse()
	if *keep != "" {
		o.dir, o.keep = *keep, true
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	if *without != "" {
		o.without = strings.Split(*without, ",")
	}
	fmt.Printf("%s, %d CPUs, memory of each at most %d GiB, best of %d\n\n",
		runtime.Version(), runtime.NumCPU(), memoryCap>>30, o.rounds)
	var first, last measure
	for _, size := range strings.Split(*sizes, ",") {
		mb, err := strconv.Atoi(size)
		if err != nil {
			log.Fatal(err)
		}
		last = compare(o, mb, false)
		if !first.finished {
			first = last
		}
		_, err = os.Stat(filepath.Join(o.bin, "gotraceui"))
		if o.old && err == nil {
			compare(o, mb, true)
		} else if o.old {
			gone := rows.Row{Part: "trace", Figure: "schedtop stat of a trace by Go 1.21", Value: rows.Unknown, Unit: "s",
				Peer: "gotraceui's loader is not there", Other: rows.Unknown}
			if err := rows.Add(gone); err != nil {
				log.Fatal(err)
			}
		}
	}
	fmt.Printf("growth of schedtop's memory from the shortest to the longest trace: %+.1f MiB\n",
		float64(last.rss-first.rss)/(1<<20))
}

// compare prints the table of one trace and returns schedtop's own row.
func compare(o *options, mb int, old bool) measure {
	file := record(o, mb, old)
	if !o.keep {
		defer os.Remove(file)
	}
	warm(file)
	info, err := os.Stat(file)
	if err != nil {
		log.Fatal(err)
	}
	largest, events := largestGeneration(o, file)
	if old {
		fmt.Printf("%.0f MB of Go 1.21, %.1f M events\n", float64(info.Size())/1e6, float64(events)/1e6)
	} else {
		fmt.Printf("%.0f MB, %.1f M events, largest generation %.1f MB\n", float64(info.Size())/1e6,
			float64(events)/1e6, float64(largest)/1e6)
	}
	fmt.Printf("  %-30s %9s %9s %10s %9s %8s %6s\n", "", "wall", "CPU", "peak RSS", "Mev/s", "x wall", "goal")
	var own measure
	for _, r := range contestants(o) {
		if !o.wants(r, old) {
			continue
		}
		m := best(o, r, file)
		if r.first {
			own = m
		}
		m.print(r, own, events)
		if err := m.add(r, own, info.Size(), old); err != nil {
			log.Fatal(err)
		}
	}
	if old {
		fmt.Println()
		return own
	}
	fmt.Printf("  RSS of schedtop stat, without its tables, should be below %.1f MiB of a file and %.1f of a pipe\n\n",
		20+0.1*float64(largest)/(1<<20), 1.2*float64(largest)/(1<<20)+20)
	return own
}

// add hands the row on. Who is no schedtop stands beside schedtop stat; so do those of schedtop's that do
// more with the same trace.
func (m measure) add(r row, own measure, bytes int64, old bool) error {
	size := fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	if old {
		size += " by Go 1.21"
	}
	row := rows.Row{Part: "trace", Figure: r.name + ", " + size, Value: m.wall.Seconds(), Unit: "s"}
	switch {
	case r.first:
		if err := rows.Add(row); err != nil {
			return err
		}
		row = rows.Row{Part: "trace", Figure: "memory of " + r.name + ", " + size, Value: float64(m.rss) / (1 << 20), Unit: "MiB"}
	case !strings.HasPrefix(r.name, "schedtop") && !m.moment:
		row.Figure, row.Value = "schedtop stat FILE, "+size, own.wall.Seconds()
		row.Peer, row.Other = r.name, m.wall.Seconds()
		if r.goal > 0 {
			row.Goal = fmt.Sprintf("ratio<=%.3g", 1/r.goal)
		}
		if !m.finished {
			row.Peer, row.Other = r.name+" "+m.why, rows.Unknown
		}
		return rows.Add(row)
	case r.goal < 0:
		row.Peer, row.Other, row.Goal = "schedtop stat", own.wall.Seconds(), fmt.Sprintf("ratio<=%.3g", -r.goal)
	}
	if r.most > 0 {
		row.Goal = fmt.Sprintf("<=%g", r.most)
	}
	if !m.finished {
		row.Value = rows.Unknown
	}
	return rows.Add(row)
}

func (m measure) print(r row, own measure, events int64) {
	if !m.finished {
		fmt.Printf("  %-30s %s after %.1f s, %.1f times as long as schedtop took for all of it\n", r.name, m.why,
			m.wall.Seconds(), m.wall.Seconds()/own.wall.Seconds())
		return
	}
	ratio, goal := "", ""
	if m != own {
		ratio = fmt.Sprintf("%.2f", m.wall.Seconds()/own.wall.Seconds())
	}
	if r.goal > 0 {
		goal = fmt.Sprintf(">= %.0f", r.goal)
	} else if r.goal < 0 {
		goal = fmt.Sprintf("<= %.1f", -r.goal)
	}
	speed := fmt.Sprintf("%.1f", float64(events)/1e6/m.wall.Seconds())
	if m.moment {
		speed = ""
	}
	fmt.Printf("  %-30s %7.3f s %7.3f s %6.1f MiB %9s %8s %6s\n", r.name, m.wall.Seconds(), m.cpu.Seconds(),
		float64(m.rss)/(1<<20), speed, ratio, goal)
}
