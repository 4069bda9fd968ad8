// Package doctor_test tries `schedtop doctor` on programs with one known fault, and on healthy ones: the
// scenarios in tests/workloads/scenarios. Each is built, traced a few times and judged; the matrix of what
// was found in which is printed. It needs schedtop; its path is in $SCHEDTOP. With $SCHEDTOP_ALL set, every
// scenario is captured five times on two Go versions, else a sample of them once. $SCHEDTOP_DOCTOR_KEEP is
// a folder for the traces that were misjudged.
package doctor_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A row is a scenario and what the doctor owes it.
type row struct {
	name string // of the folder
	// want is the finding that must be the first or second of at least a warning; none: the scenario is
	// healthy, and has none at all.
	want    string
	info    bool                      // want is told as info, and the status is that of a healthy program
	damaged bool                      // want is a damage of the trace: the status is 6
	quick   bool                      // part of the sample that ./check takes
	live    bool                      // what is wanted is known live too
	cgo     bool                      // needs a C compiler
	since   int                       // 25: needs Go 1.25
	window  time.Duration             // of the trace; 0: the usual
	args    []string                  // more arguments of the scenario
	flags   []string                  // the part of the trace that the doctor is asked about
	edit    func(trace []byte) []byte // what happens to the file before it is examined
}

// lastPart asks about what comes after the beginning of a trace: whatever is told lies there.
var lastPart = []string{"--from", "400ms"}

// rows are all scenarios, by family of rules; each family has a file.
var rows = slices.Concat(healthyRows, lockRows, ioRows, cpuRows, gcRows, notesRows, coreRows, liveRows)

const scenarioDir = "../workloads/scenarios"

func TestEveryScenarioHasARow(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(scenarioDir, "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	told := map[string]int{}
	for _, r := range rows {
		told[r.name]++
	}
	for _, folder := range folders {
		if told[filepath.Base(folder)] == 0 {
			t.Errorf("%s has no row", folder)
		}
	}
	for name := range told {
		if _, err := os.Stat(filepath.Join(scenarioDir, name, "main.go")); err != nil {
			t.Errorf("a row without a scenario: %v", err)
		}
	}
}

var advicePattern = regexp.MustCompile(`\.slug = SLUG_(\w+),\s+\.from = ([^,]+),`)

// What the catalogue says can be found in a trace is provoked by a scenario.
func TestEveryFindingOfATraceIsProvoked(t *testing.T) {
	chapters, err := filepath.Glob("../../doctor/chapter_*.c")
	if err != nil || len(chapters) == 0 {
		t.Fatalf("no catalogue: %v", err)
	}
	for _, chapter := range chapters {
		text, err := os.ReadFile(chapter)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range advicePattern.FindAllStringSubmatch(string(text), -1) {
			slug := strings.ToLower(strings.ReplaceAll(match[1], "_", "-"))
			provoked := func(r row) bool { return r.want == slug }
			if strings.Contains(match[2], "FROM_TRACE") && !slices.ContainsFunc(rows, provoked) {
				t.Errorf("no scenario provokes %s", slug)
			}
		}
	}
}
