package trace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"schedtop/tests/trace/reference"
	"schedtop/tests/trace/samples"
)

// each writes samples into files, one at a time.
func each(t *testing.T, least int, find func() ([]samples.Sample, error), check func(*testing.T, samples.Sample, string)) {
	t.Helper()
	all, err := find()
	if err != nil {
		t.Skipf("this Go has no such samples: %v", err)
	}
	if len(all) < least {
		t.Fatalf("only %d samples found", len(all))
	}
	for _, sample := range all {
		t.Run(sample.Name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "trace")
			if err := os.WriteFile(file, sample.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			check(t, sample, file)
		})
	}
}

// The reference's tests say themselves whether the trace is good.
func TestVerdictsOfTheReferencesTests(t *testing.T) {
	program := summaryProgram(t)
	each(t, 20, samples.Tests, func(t *testing.T, sample samples.Sample, file string) {
		want := "verdict damaged"
		if sample.Good {
			want = "verdict whole"
		}
		if got, sentence := ours(t, program, file); got[len(got)-1] != want {
			t.Fatalf("%s, want %s (%s)", got[len(got)-1], want, sentence)
		}
		compare(t, program, file)
	})
}

// Traces of Go 1.11 to 1.21 that the reference keeps for its own tests.
func TestTotalsOfTheReferencesOldTraces(t *testing.T) {
	program := summaryProgram(t)
	each(t, 12, samples.Old, func(t *testing.T, _ samples.Sample, file string) {
		compare(t, program, file)
	})
}

// Whatever the fuzzers of the reference found: one verdict for both.
func TestVerdictsOfTheReferencesFuzzCorpus(t *testing.T) {
	program := summaryProgram(t)
	each(t, 15, samples.Fuzzed, func(t *testing.T, _ samples.Sample, file string) {
		compare(t, program, file)
	})
}

// What our own fuzzing has found so far: folders in $TRACE_CORPORA, separated by
// colons.
func TestVerdictsOfOurFuzzCorpora(t *testing.T) {
	program := summaryProgram(t)
	checked, undecided := 0, 0
	for _, dir := range filepath.SplitList(os.Getenv("TRACE_CORPORA")) {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, file := range files {
			if isUndecided(t, file) {
				undecided++
				continue
			}
			compare(t, program, file)
			checked++
		}
	}
	if checked == 0 {
		t.Error("TRACE_CORPORA names no folder with traces: ./check --only fuzz makes them")
	}
	if undecided > checked/10 {
		t.Errorf("%d of %d traces leave the order of their events to the reader, or it fails", undecided, undecided+checked)
	}
	t.Logf("%d traces, and %d whose order is the reader's choice or that the reference fails over", checked, undecided)
}

// isUndecided says whether the reference fails over a trace, or the order of its events is the reader's choice:
// events of two threads have the very same time, and the reference sorts the threads by that time alone, with a
// sort that keeps the order of equal ones only as long as there are no more than 12 (slices.SortFunc).
func isUndecided(t *testing.T, file string) bool {
	t.Helper()
	const sortedStably = 12
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	threads := map[string]bool{}
	last := map[string]string{} // by time
	tied := false
	summary := reference.Read(f, true)
	if summary.Failed {
		return true
	}
	for _, line := range summary.Lines {
		fields := strings.Fields(line)
		if fields[0] != "event" {
			continue
		}
		at, thread := fields[1], fields[5] // "event TIME KIND gN pN mN …"
		threads[thread] = true
		other, seen := last[at]
		tied = tied || seen && other != thread
		last[at] = thread
	}
	return tied && len(threads) > sortedStably
}
