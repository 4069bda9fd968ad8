// Driver measures how often schedtop diff is right: runs of one workload must
// show nothing beyond the noise, and a region that is slower in one of two runs
// must be found. tests/bench/diff/run builds what it needs and calls it. Nothing
// is asserted: it prints how many of the tries came out as they should.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"schedtop/tests/bench/rows"
)

type options struct {
	schedtop, workload, dir string
	tries, sets             int
	length                  time.Duration
	apart                   bool
	seed                    int64
}

// trial is a pair of sides that differ by so much work of one region.
type trial struct {
	name   string
	slower float64
}

var trials = []trial{{"same", 0}, {"5 %", 0.05}, {"10 %", 0.10}, {"20 %", 0.20}}

// tally is what came of the tries of one trial.
type tally struct {
	tries, silent, found int // nothing reported; the region's durations reported as longer
	changes              int // reported in all
	ratios               []float64
}

// report is what the driver needs of schedtop diff --json.
type report struct {
	Significant int
	Rows        []struct {
		Kind, Name string
		Changes    map[string]struct {
			Ratio       float64
			Significant bool
		}
	}
}

// capture begins one run, which writes a trace.
func capture(o *options, file string, seed int64, slower float64) *exec.Cmd {
	cmd := exec.Command(o.workload, "-o", file, "-for", o.length.String(),
		"-seed", strconv.FormatInt(seed, 10), "-slower", strconv.FormatFloat(slower, 'f', -1, 64))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	return cmd
}

func wait(cmd *exec.Cmd) {
	if err := cmd.Wait(); err != nil {
		log.Fatalf("the workload: %v", err)
	}
}

// pair takes one trace for each side. Both run at the same time, so that what
// else the machine does meets both, unless they shall run apart: then the order
// is drawn.
func pair(o *options, random *rand.Rand, t trial, number int) (before, after string) {
	before = filepath.Join(o.dir, fmt.Sprintf("before-%d", number))
	after = filepath.Join(o.dir, fmt.Sprintf("after-%d", number))
	seeds := [2]int64{random.Int63n(1 << 40), random.Int63n(1 << 40)}
	first := func() *exec.Cmd { return capture(o, before, seeds[0], 0) }
	second := func() *exec.Cmd { return capture(o, after, seeds[1], t.slower) }
	if random.Intn(2) == 1 {
		first, second = second, first
	}
	cmd := first()
	if o.apart {
		wait(cmd)
		wait(second())
		return before, after
	}
	other := second()
	wait(cmd)
	wait(other)
	return before, after
}

func compare(o *options, before, after []string) report {
	args := append([]string{"diff", "--json"}, before...)
	args = append(append(args, "--"), after...)
	out, err := exec.Command(o.schedtop, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			log.Fatalf("schedtop diff: %v: %s", err, exit.Stderr)
		}
		log.Fatalf("schedtop diff: %v", err)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		log.Fatal(err)
	}
	return r
}

func (t *tally) add(r report) {
	t.tries++
	t.changes += r.Significant
	if r.Significant == 0 {
		t.silent++
	}
	for _, row := range r.Rows {
		if row.Kind != "region" || row.Name != "encode" {
			continue
		}
		median, p99 := row.Changes["median"], row.Changes["p99"]
		if median.Significant && median.Ratio > 1 || p99.Significant && p99.Ratio > 1 {
			t.found++
		}
		t.ratios = append(t.ratios, median.Ratio)
	}
}

// loadAverage is that of the last minute; our own runs are part of it.
func loadAverage() float64 {
	var load float64
	if data, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(data), &load)
	}
	return load
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// add hands on how many of the tries came out as they should. Of changes of 5 and 10 % nothing is asked:
// they are told to show where the power ends.
func add(figure string, right, tries int) {
	row := rows.Row{Part: "diff", Figure: fmt.Sprintf("%s, of %d tries", figure, tries),
		Value: 100 * float64(right) / float64(tries), Unit: "%"}
	if strings.Contains(figure, "silent") || strings.Contains(figure, "20 %") {
		row.Goal = ">=95"
	}
	if err := rows.Add(row); err != nil {
		log.Fatal(err)
	}
}

func main() {
	var o options
	flag.StringVar(&o.schedtop, "schedtop", "schedtop", "")
	flag.StringVar(&o.workload, "workload", "workload", "")
	flag.StringVar(&o.dir, "dir", ".", "for the traces")
	flag.IntVar(&o.tries, "tries", 100, "of each trial")
	flag.IntVar(&o.sets, "sets", 1, "traces on each side of a comparison")
	flag.DurationVar(&o.length, "for", time.Second, "length of a trace")
	flag.BoolVar(&o.apart, "apart", false, "run the two sides one after the other, not at the same time")
	flag.Int64Var(&o.seed, "seed", 1, "of the workload's requests and of the order of runs")
	flag.Parse()
	random := rand.New(rand.NewSource(o.seed))
	tallies := make([]tally, len(trials))
	load := 0.0
	for try := 0; try < o.tries; try++ {
		load += loadAverage() / float64(o.tries)
		// The trials take turns: all see the same hours of the machine.
		for i, t := range trials {
			var before, after []string
			for n := 0; n < o.sets; n++ {
				b, a := pair(&o, random, t, n)
				before, after = append(before, b), append(after, a)
			}
			tallies[i].add(compare(&o, before, after))
		}
	}
	how := "at the same time"
	if o.apart {
		how = "one after the other"
	}
	fmt.Printf("%d trace(s) of %v on each side, taken %s, seed %d, load average %.1f on %d CPUs\n",
		o.sets, o.length, how, o.seed, load, runtime.NumCPU())
	for i, t := range trials {
		n := &tallies[i]
		if t.slower == 0 {
			fmt.Printf("one workload:          nothing beyond the noise in %d of %d (%d changes in the others)\n",
				n.silent, n.tries, n.changes)
			add("diff of one workload, silent", n.silent, n.tries)
			continue
		}
		fmt.Printf("encode does %-4s more:  found in %d of %d (its median rose by %.1f %% on average)\n",
			t.name, n.found, n.tries, 100*(mean(n.ratios)-1))
		add("diff, a region with "+t.name+" more work found", n.found, n.tries)
	}
}
