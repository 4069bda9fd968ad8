package trace_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"schedtop/tests/trace/reference"
	"schedtop/tests/trace/samples"
)

// What is lost and what is kept of a damaged trace follows from the same trace
// undamaged: its generations are found here, apart from the engine, and the
// reference reads those that are left.

// longTrace is a trace of several generations.
type longTrace struct {
	data        []byte
	generations []samples.Generation
}

var recorded = map[string]longTrace{}

// recordLong makes one trace of each toolchain: a collection goes on when most of
// its generations begin.
func recordLong(t *testing.T, toolchain string) longTrace {
	t.Helper()
	if known, ok := recorded[toolchain]; ok {
		return known
	}
	workload, file := build(t, toolchain), filepath.Join(t.TempDir(), "trace")
	// A busy machine makes longer generations.
	for _, length := range []string{"2300ms", "5s", "20s"} {
		run(t, workload, "-o", file, "-for", length, "-n", "2", "tasks", "locks", "gc")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		generations, err := samples.Generations(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(generations) >= 3 {
			recorded[toolchain] = longTrace{data, generations}
			return recorded[toolchain]
		}
	}
	t.Fatal("no trace has three generations")
	return longTrace{}
}

// damagedToolchains are those whose traces are damaged: the last one of each way
// to end a generation.
func damagedToolchains() []string {
	if os.Getenv("SCHEDTOP_ALL") != "" {
		return []string{"go1.22.12", "go1.25.1", "local"}
	}
	return []string{"local"}
}

// only keeps some of the generations.
func (l longTrace) only(keep ...samples.Generation) []byte {
	data := slices.Clone(l.data[:l.generations[0].Start])
	for _, g := range keep {
		data = append(data, l.data[g.Start:g.End]...)
	}
	return data
}

func write(t *testing.T, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func refer(t *testing.T, data []byte) reference.Summary {
	t.Helper()
	s := reference.Read(strings.NewReader(string(data)), false)
	if s.Err != nil {
		t.Fatalf("the reference doesn't read what was left whole: %v", s.Err)
	}
	return s
}

// number finds the number behind these words at the beginning of a line.
func number(t *testing.T, lines []string, words string) int64 {
	t.Helper()
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, words+" "); ok {
			var n int64
			if _, err := fmt.Sscan(rest, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

// lost reads what the tolerant mode says of its losses.
func lost(t *testing.T, lines []string) (bytes int, ns int64) {
	t.Helper()
	for _, line := range lines {
		if _, err := fmt.Sscanf(line, "lost %d %d", &bytes, &ns); err == nil {
			return bytes, ns
		}
	}
	t.Fatal("no word about losses")
	return 0, 0
}

// findings are the lines without the verdict and what tolerant mode adds.
func findings(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		word, _, _ := strings.Cut(line, " ")
		return word == "verdict" || word == "lost" || word == "repaired"
	})
}

func verdict(lines []string) string {
	return lines[len(lines)-1]
}

// Wherever the last generation is cut, the ones before it are told as the
// reference tells them, and the loss is that many bytes, and the time up to the
// last whole batch.
func TestTornTailKeepsWholeGenerationsAndStatesTheLoss(t *testing.T) {
	program := summaryProgram(t)
	long := recordLong(t, "local")
	last := long.generations[len(long.generations)-1]
	kept := refer(t, long.data[:last.Start])
	for i := 1; i <= cuts; i++ {
		cut := last.Start + (last.End-last.Start)*i/cuts - 1
		got, _ := ours(t, program, write(t, long.data[:cut]), "--tolerant")
		if verdict(got) != "verdict damaged" {
			t.Fatalf("cut at %d of %d: %s", cut, len(long.data), verdict(got))
		}
		diff(t, fmt.Sprintf("cut at %d", cut), findings(kept.Lines), findings(got))
		bytes, ns := lost(t, got)
		want := max(0, last.Nanoseconds(wholeBatches(last, cut))-int64(kept.Last))
		if bytes != cut-last.Start || ns < want-2 || ns > want+2 {
			t.Errorf("cut at %d: lost %d bytes and %d ns, want %d and %d", cut, bytes, ns, cut-last.Start, want)
		}
	}
}

const cuts = 12

func wholeBatches(g samples.Generation, cut int) []samples.Batch {
	return slices.DeleteFunc(slices.Clone(g.Batches), func(b samples.Batch) bool { return b.End > cut })
}

// Before Go 1.26 nothing says where a generation ends: the batches of the last
// one that are whole are kept when the reference, too, takes them for one.
func TestTornTailOfOlderTracesKeepsWholeBatches(t *testing.T) {
	program := summaryProgram(t)
	for _, toolchain := range []string{"go1.22.12", "go1.25.1"} {
		long := recordLong(t, toolchain)
		last := long.generations[len(long.generations)-1]
		for i := 1; i <= cuts; i++ {
			cut := last.Start + (last.End-last.Start)*i/cuts - 1
			end := last.Start
			if whole := wholeBatches(last, cut); len(whole) > 0 {
				end = whole[len(whole)-1].End
			}
			if end == cut {
				continue // nobody can tell
			}
			got, _ := ours(t, program, write(t, long.data[:cut]), "--tolerant")
			bytes, _ := lost(t, got)
			kept := reference.Read(strings.NewReader(string(long.data[:end])), false)
			if verdict(got) != "verdict damaged" || bytes < cut-end || bytes > cut-last.Start {
				t.Errorf("%s, cut at %d: %s, %d bytes lost", toolchain, cut, verdict(got), bytes)
			} else if kept.Err == nil && bytes == cut-end {
				diff(t, fmt.Sprintf("%s, cut at %d", toolchain, cut), findings(kept.Lines), findings(got))
			}
		}
	}
}

// Go's reader takes a trace of Go 1.26 that ends behind a table of a generation
// for whole. It isn't.
func TestCutBehindATableIsNoticed(t *testing.T) {
	program := summaryProgram(t)
	long := recordLong(t, "local")
	last := long.generations[len(long.generations)-1]
	before := long.only(long.generations[len(long.generations)-2])
	checked, unnoticed := 0, 0
	for _, b := range last.Batches {
		if !b.IsStructural() || checked == 5 {
			continue
		}
		lostBytes := b.End - last.Start
		file := write(t, append(slices.Clone(before), long.data[last.Start:b.End]...))
		compare(t, program, file) // strict mode is the reference's
		got, _ := ours(t, program, file, "--tolerant")
		bytes, _ := lost(t, got)
		if verdict(got) != "verdict damaged" || bytes != lostBytes {
			t.Errorf("cut behind a batch of kind %d: %s, %d of %d bytes lost", b.Kind, verdict(got), bytes, lostBytes)
		}
		if strict, _ := ours(t, program, file); verdict(strict) == "verdict whole" {
			unnoticed++
		}
		checked++
	}
	if checked < 3 {
		t.Errorf("only %d cuts behind tables", checked)
	}
	t.Logf("%d cuts, %d of them unnoticed by the reference", checked, unnoticed)
}

// summed adds up the lines that count, and leaves out what no sum of two halves
// can tell.
func summed(halves ...[]string) []string {
	var lines []string
	counts := map[string]int{}
	for _, half := range halves {
		for _, line := range half {
			word, _, _ := strings.Cut(line, " ")
			switch word {
			case "kind":
				var name string
				var n int
				if _, err := fmt.Sscanf(line, "kind %s %d", &name, &n); err == nil && name != "Sync" {
					counts[name] += n
				}
			case "goroutine", "task", "task-spent", "region", "log", "span":
				lines = append(lines, line)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("kind %s %d", name, counts[name]))
	}
	return lines
}

// With a generation missing, what is told is what the reference tells of the
// two halves, each taken for a trace.
func TestMissingGenerationSplitsTheTraceInTwo(t *testing.T) {
	program := summaryProgram(t)
	for _, toolchain := range damagedToolchains() {
		long := recordLong(t, toolchain)
		all := long.generations
		file := write(t, long.only(append(slices.Clone(all[:1]), all[2:]...)...))
		compare(t, program, file)
		got, _ := ours(t, program, file, "--tolerant")
		if verdict(got) != "verdict damaged" {
			t.Errorf("%s: %s", toolchain, verdict(got))
		}
		before, after := refer(t, long.only(all[0])), refer(t, long.only(all[2:]...))
		// The states that are open in the gap end a nanosecond sooner or later.
		diffLoosely(t, toolchain, summed(before.Lines, after.Lines), summed(got))
	}
}

// Such a trace begins as that of a flight recorder does: in the midst of
// collections and stops, told by events behind the first sync.
func TestTracesThatBeginDuringACollection(t *testing.T) {
	program := summaryProgram(t)
	for _, toolchain := range damagedToolchains() {
		active := int64(0)
		// On a busy machine it may be that each of the few generations begins between two collections.
		for attempt := 0; attempt < 8 && active == 0; attempt++ {
			long := recordLong(t, toolchain)
			for i := range long.generations[1:] {
				compare(t, program, write(t, long.only(long.generations[i+1:]...)))
				first := refer(t, long.only(long.generations[i+1]))
				active += number(t, first.Lines, "kind RangeActive")
			}
			if active == 0 {
				delete(recorded, toolchain)
			}
		}
		if active == 0 {
			t.Errorf("%s: no generation began during a collection", toolchain)
		}
	}
}

// The reference gives up a trace for a region that ends inside another; so
// does strict mode, and the default reads it all. The program logs each time.
func TestMisusedRegionsAreRepaired(t *testing.T) {
	program := summaryProgram(t)
	file := filepath.Join(t.TempDir(), "trace")
	run(t, build(t, "local"), "-o", file, "misuse", "locks")
	compare(t, program, file)
	strict, _ := ours(t, program, file)
	got, _ := ours(t, program, file, "--tolerant")
	if verdict(strict) != "verdict damaged" || verdict(got) != "verdict whole" {
		t.Errorf("strict %s, tolerant %s", verdict(strict), verdict(got))
	}
	times := number(t, got, "logs")
	for _, words := range []string{"region-type outer ended", "region-type inner ended 0 open 0 cut", "repaired regions"} {
		// The last one may have logged and not ended.
		if n := number(t, got, words); times < 10 || n < times-1 || n > times {
			t.Errorf("%s %d, but it was misused %d times", words, n, times)
		}
	}
	if bytes, ns := lost(t, got); bytes != 0 || ns != 0 {
		t.Errorf("lost %d bytes, %d ns", bytes, ns)
	}
}

// Cut anywhere, both readers agree whether what is left is a trace.
func TestVerdictsOfCutTraces(t *testing.T) {
	t.Parallel()
	program := summaryProgram(t)
	for _, toolchain := range []string{"go1.22.12", "go1.26.8"} {
		dir := t.TempDir()
		file := filepath.Join(dir, "trace")
		run(t, build(t, toolchain), "-o", file, "-for", "1200ms", "-n", "1", "tasks")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < 40; i++ {
			cut := filepath.Join(dir, "cut")
			if err := os.WriteFile(cut, data[:len(data)*i/40], 0o600); err != nil {
				t.Fatal(err)
			}
			compare(t, program, cut)
			ours(t, program, cut, "--tolerant")
		}
	}
}
