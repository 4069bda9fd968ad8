package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	exectrace "runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"
)

// recordWaits makes a trace of regions that take at least so long.
func recordWaits(length time.Duration) ([]byte, error) {
	var out bytes.Buffer
	if err := exectrace.Start(&out); err != nil {
		return nil, err
	}
	ctx := context.Background()
	for i := 0; i < 60; i++ {
		exectrace.WithRegion(ctx, "steady", func() { time.Sleep(time.Millisecond) })
		exectrace.WithRegion(ctx, "drift | ing", func() { time.Sleep(length) })
	}
	exectrace.Stop()
	return out.Bytes(), nil
}

// recordSides makes a trace on either side of a change, in which one region takes so much longer that no other
// program on the machine makes up for it.
var recordSides = sync.OnceValues(func() ([2][]byte, error) {
	var sides [2][]byte
	if _, err := recordTrace(); err != nil { // two traces at a time can't be
		return sides, err
	}
	var err error
	if sides[0], err = recordWaits(time.Millisecond); err != nil {
		return sides, err
	}
	sides[1], err = recordWaits(30 * time.Millisecond)
	return sides, err
})

// diffFiles writes both sides; `cut` bytes of the second one are missing.
func diffFiles(t *testing.T, cut int) (before, after string) {
	t.Helper()
	sides, err := recordSides()
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "before.trace", sides[0]), writeFile(t, "after.trace", sides[1][:len(sides[1])-cut])
}

func diff(args ...string) []string { return append([]string{"diff"}, args...) }

func TestDiffFindsTheRegionThatTakesLonger(t *testing.T) {
	t.Parallel()
	before, after := diffFiles(t, 0)
	r := schedtop(t, diff("--json", before, after)...)
	r.expect(t, exitOK)
	var result struct {
		Significant int
		Rows        []struct {
			Kind, Name string
			Changes    map[string]struct {
				Ratio       float64
				Significant bool
			}
		}
	}
	if err := json.Unmarshal([]byte(strings.Join(r.stdout, "\n")), &result); err != nil {
		t.Fatalf("%v: schedtop %v", err, r)
	}
	for _, row := range result.Rows {
		if row.Kind != "region" || row.Name != "drift | ing" {
			continue
		}
		if change := row.Changes["median"]; !change.Significant || change.Ratio < 1.2 {
			t.Errorf("its median: %+v", change)
		}
		return
	}
	t.Errorf("no such region: schedtop %v", r)
}

func TestDiffOfATraceWithItselfIsSilent(t *testing.T) {
	t.Parallel()
	before, _ := diffFiles(t, 0)
	for _, args := range [][]string{{before, before}, {before, before, "--", before, before, before}} {
		r := schedtop(t, diff(args...)...)
		r.expect(t, exitOK)
		mustContain(t, strings.Join(r.stdout, "\n"), "No change exceeds the noise")
	}
}

func TestDiffBreaksALimitWithStatus10(t *testing.T) {
	t.Parallel()
	before, after := diffFiles(t, 0)
	for limit, status := range map[string]int{
		"region:drift | ing median +20%":   exitRegressed,
		"region:drift* median +20%":        exitRegressed,
		"region:drift | ing median +9000%": exitOK,
		"region:drift | ing p99 +1%":       exitOK, // too few to judge
		"region:nothing median +50%":       exitFailed,
		"task:drift | ing median +50%":     exitFailed,
	} {
		r := schedtop(t, diff(before, after, "--fail-on", limit)...)
		r.expect(t, status)
		mustContain(t, strings.Join(r.stdout, "\n"), "Limit '"+limit[:20])
		if status != exitOK {
			mustContain(t, r.oneSentence(t), limit)
		}
	}
}

func TestDiffWritesMarkdownThatKeepsItsTable(t *testing.T) {
	t.Parallel()
	before, after := diffFiles(t, 0)
	r := schedtop(t, diff("--markdown", before, after)...)
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stdout, "\n"), "region `drift \\| ing` | median |")
}

func TestDiffTakesDirectories(t *testing.T) {
	t.Parallel()
	before, after := diffFiles(t, 0)
	old, empty := t.TempDir(), t.TempDir()
	for _, name := range []string{"a", "b", "c", ".hidden"} {
		data := []byte("no trace")
		if name != ".hidden" {
			data, _ = os.ReadFile(before)
		}
		if err := os.WriteFile(filepath.Join(old, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := schedtop(t, diff(old, after)...)
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stdout, "\n"), "3 traces")
	r = schedtop(t, diff(empty, after)...)
	r.expect(t, exitNoTarget)
	mustContain(t, r.oneSentence(t), "no file in the directory")
}

func TestDiffOfADamagedTraceIsShownAndExit6(t *testing.T) {
	t.Parallel()
	before, after := diffFiles(t, 10)
	r := schedtop(t, diff(before, after)...)
	r.expect(t, exitDamaged)
	mustContain(t, r.oneSentence(t), after, "damaged at byte")
}

func TestDiffRefusesWhatIsNoTrace(t *testing.T) {
	t.Parallel()
	before, _ := diffFiles(t, 0)
	text := writeFile(t, "notes.txt", []byte("these are no events"))
	nothing := writeFile(t, "nothing", nil)
	for _, c := range []struct {
		file   string
		status int
		says   string
	}{
		{text, exitDamaged, "not a Go execution trace"},
		{nothing, exitDamaged, "empty"},
		{"/no/such/file", exitNoTarget, "No such file"},
	} {
		for _, args := range [][]string{{before, c.file}, {c.file, before}} {
			r := schedtop(t, diff(args...)...)
			r.expect(t, c.status)
			mustContain(t, r.oneSentence(t), c.file, c.says)
		}
	}
}

func TestDiffNarrowsBothSides(t *testing.T) {
	t.Parallel()
	before, after := diffFiles(t, 0)
	r := schedtop(t, diff(before, after, "--by", "task,start")...)
	r.expect(t, exitOK)
	if out := strings.Join(r.stdout, "\n"); strings.Contains(out, "drift") || strings.Contains(out, "Blocking sites") {
		t.Errorf("no regions expected: %s", out)
	}
	r = schedtop(t, diff(before, after, "--from", "1h")...)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "no events to compare at that time")
}

func TestDiffTellsWhatItTakes(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"diff"}, {"diff", "a"}, {"diff", "a", "b", "c"}, {"diff", "a", "--"},
		{"diff", "a", "b", "--fail-on", "encode +20%"}, {"diff", "a", "b", "--json", "--markdown"},
		{"stat", "a", "--markdown"},
		{"diff", "a", "b", "--task", "1", "--by", "region"},
		{"diff", "a", "b", "--trace-id", "ab", "--by", "task,site"},
		{"diff", "a", "b", "--goroutine", "5", "--by", "task"},
		{"diff", "a", "b", "--goroutine", "5", "--task", "login"},
	} {
		r := schedtop(t, args...)
		r.expect(t, exitUsage)
		r.oneSentence(t)
	}
}
