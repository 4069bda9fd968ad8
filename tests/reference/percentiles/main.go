// Percentiles makes random histograms, finds their percentiles in a way that shares nothing with
// metrics/histogram.c, and prints both for tests/unit/test_histogram.c to compare.
//
// The way is that of the definition: it keeps every single event, sorts them, picks the one at the
// nearest rank and looks up the bucket it fell into. One line is one case:
//
//	bounds N B... before N C... now N C... expect unknown
//	bounds N B... before 0      now N C... expect K PERMILLE LO HI ...
//
// "before 0" stands for a window since the process started, "expect 0" for one without events.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"os"
	"sort"
	"strconv"
)

var permilles = []int{0, 1, 10, 70, 250, 500, 900, 990, 999, 1000}

func main() {
	seed := flag.Int64("seed", 1, "of the random numbers")
	cases := flag.Int("cases", 1000, "how many to print")
	flag.Parse()
	random := rand.New(rand.NewSource(*seed))
	out := bufio.NewWriter(os.Stdout)
	for i := 0; i < *cases; i++ {
		printCase(out, random)
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func printCase(out *bufio.Writer, random *rand.Rand) {
	bounds := randomBounds(random)
	// Each event stands for so many: real counters are large, and memory is not.
	weight := []uint64{1, 1, 1, 7, 1e9, 1 << 40}[random.Intn(6)]
	window := randomEvents(random, bounds)
	var before []float64
	sinceStart := random.Intn(3) == 0
	if !sinceStart {
		before = randomEvents(random, bounds)
	}
	reset := !sinceStart && random.Intn(4) == 0
	now := append(append([]float64{}, before...), window...)
	if reset {
		now = window // the process began anew, and so did its counters
	}
	nowCounts, beforeCounts := count(bounds, now, weight), count(bounds, before, weight)

	fmt.Fprintf(out, "bounds %d", len(bounds))
	for _, bound := range bounds {
		fmt.Fprint(out, " ", formatBound(bound))
	}
	if sinceStart {
		fmt.Fprint(out, " before 0")
	} else {
		printCounts(out, "before", beforeCounts)
	}
	printCounts(out, "now", nowCounts)
	if reset && anyFell(beforeCounts, nowCounts) {
		fmt.Fprintln(out, " expect unknown")
		return
	}
	if reset {
		// Every bucket outgrew what it was before: nobody can tell this from a longer life.
		window = without(bounds, now, beforeCounts, weight)
	}
	printPercentiles(out, bounds, window, weight)
}

// randomBounds rise, and may begin at -Inf, end at +Inf, or both.
func randomBounds(random *rand.Rand) []float64 {
	n := 2 + random.Intn(40)
	bounds := make([]float64, n)
	at := float64(random.Intn(2000) - 1000)
	for i := range bounds {
		bounds[i] = at
		at += math.Ceil(random.Float64() * math.Exp2(float64(random.Intn(20))))
		at += 0.25 * float64(1+random.Intn(3))
	}
	if random.Intn(2) == 0 {
		bounds[0] = math.Inf(-1)
	}
	if random.Intn(2) == 0 {
		bounds[n-1] = math.Inf(1)
	}
	return bounds
}

// randomEvents are values within the bounds; none, few or many, all over or in a few buckets only.
func randomEvents(random *rand.Rand, bounds []float64) []float64 {
	n := []int{0, 1, 2, 3, 10, 100, 1000}[random.Intn(7)]
	first := random.Intn(len(bounds) - 1)
	width := 1 + random.Intn(len(bounds)-1-first)
	events := make([]float64, n)
	for i := range events {
		bucket := first + random.Intn(width)
		lo, hi := bounds[bucket], bounds[bucket+1]
		switch {
		case math.IsInf(lo, -1) && math.IsInf(hi, 1):
			events[i] = random.NormFloat64()
		case math.IsInf(lo, -1):
			events[i] = hi - 1 - random.Float64()
		case math.IsInf(hi, 1):
			events[i] = lo + random.Float64()
		case random.Intn(4) == 0:
			events[i] = lo // a bound belongs to the bucket that it begins
		default:
			events[i] = lo + (hi-lo)*0.9*random.Float64()
		}
	}
	return events
}

// bucketOf is the last bucket that begins at or below the event.
func bucketOf(bounds []float64, event float64) int {
	return sort.Search(len(bounds), func(i int) bool { return bounds[i] > event }) - 1
}

func count(bounds, events []float64, weight uint64) []uint64 {
	counts := make([]uint64, len(bounds)-1)
	for _, event := range events {
		counts[bucketOf(bounds, event)] += weight
	}
	return counts
}

func anyFell(before, now []uint64) bool {
	for i := range before {
		if now[i] < before[i] {
			return true
		}
	}
	return false
}

// without leaves out as many events of each bucket as there were before.
func without(bounds, events []float64, before []uint64, weight uint64) []float64 {
	var rest []float64
	left := append([]uint64{}, before...)
	for _, event := range events {
		if bucket := bucketOf(bounds, event); left[bucket] > 0 {
			left[bucket] -= weight
		} else {
			rest = append(rest, event)
		}
	}
	return rest
}

func printCounts(out *bufio.Writer, name string, counts []uint64) {
	fmt.Fprintf(out, " %s %d", name, len(counts))
	for _, n := range counts {
		fmt.Fprintf(out, " %d", n)
	}
}

// printPercentiles takes the event of the nearest rank; with weights, each event holds `weight` ranks in a row.
func printPercentiles(out *bufio.Writer, bounds, events []float64, weight uint64) {
	if len(events) == 0 {
		fmt.Fprintln(out, " expect 0")
		return
	}
	sorted := append([]float64{}, events...)
	sort.Float64s(sorted)
	total := uint64(len(sorted)) * weight
	fmt.Fprintf(out, " expect %d", len(permilles))
	for _, permille := range permilles {
		rank := (total/1000)*uint64(permille) + ((total%1000)*uint64(permille)+999)/1000
		if rank == 0 {
			rank = 1
		}
		bucket := bucketOf(bounds, sorted[(rank-1)/weight])
		fmt.Fprintf(out, " %d %s %s", permille, formatBound(bounds[bucket]), formatBound(bounds[bucket+1]))
	}
	fmt.Fprintln(out)
}

// formatBound writes what strtod(3) reads back to the last bit.
func formatBound(bound float64) string {
	return strconv.FormatFloat(bound, 'g', -1, 64)
}
