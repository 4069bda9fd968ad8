package e2e

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestIterationsAreCounted(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	for _, n := range []int{1, 2, 5} {
		r := schedtop(t, "-p", w.p(), "--batch", "-d", "50ms", "-n", itoa(n))
		r.expect(t, exitOK)
		if got := len(parseTraces(r.stdout)); got != n || len(r.stdout) != n {
			t.Errorf("%d lines expected: schedtop %v", n, r)
		}
		r = schedtop(t, "-p", w.p(), "--json", "-d", "50ms", "-n", itoa(n))
		r.expect(t, exitOK)
		if got := len(parseSnapshots(t, r.stdout)); got != n {
			t.Errorf("%d lines expected: schedtop %v", n, r)
		}
	}
}

// The snapshots say themselves when they were taken. A loaded machine makes one late, but never early,
// and the schedule stays: lateness does not add up.
func TestDelaySetsTheInterval(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	const n, delay, want = 11, 200 * time.Millisecond, 10 * 200 * time.Millisecond
	var span time.Duration
	for range attempts { // the first one and the last one alone can be late
		r := schedtop(t, "-p", w.p(), "--json", "-d", "0.2", "-n", itoa(n))
		r.expect(t, exitOK)
		all := parseSnapshots(t, r.stdout)
		if len(all) != n {
			t.Fatalf("%d snapshots expected: schedtop %v", n, r)
		}
		if got := time.Duration(all[0].number(t, "interval_ns")); got != delay {
			t.Fatalf("interval_ns is %v", got)
		}
		span = time.Duration(all[n-1].number(t, "monotonic_ns") - all[0].number(t, "monotonic_ns"))
		if span >= want*8/10 && span <= want*2 {
			return
		}
	}
	t.Errorf("%d intervals of %v took %v", n-1, delay, span)
}

func TestTimeOfBatchLinesCountsFromAttach(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	r := schedtop(t, "-p", w.p(), "--batch", "-d", "100ms", "-n", "4")
	r.expect(t, exitOK)
	last := -1.0
	for _, tr := range parseTraces(r.stdout) {
		ms := toFloat(t, json.Number(tr.sched["ms"]))
		if ms < last || ms > 1000*r.took.Seconds() {
			t.Errorf("%v ms after %v ms: schedtop %v", ms, last, r)
		}
		last = ms
	}
}

// A reader of a pipe gets each line when it is written, not when a buffer is full.
func TestOutputIsLineBuffered(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	// The first line of --json comes after one interval, when there is something to derive from.
	for form, delay := range map[string]string{"--batch": "1h", "--json": "2s"} {
		p := startSchedtop(t, "-p", w.p(), form, "-d", delay)
		p.stdout.waitFor(t, "the first line of "+form, func(text []string) bool { return len(text) > 0 })
		p.signal(t, syscall.SIGTERM)
		p.wait(t, patience)
	}
}

func TestClosedOutputEndsItWithoutNoise(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	for _, form := range []string{"--batch", "--json"} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(binary, "-p", w.p(), form, "-d", "50ms")
		cmd.Stdout = writer
		p := start(t, cmd)
		_ = writer.Close()
		if _, err := io.ReadFull(reader, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		_ = reader.Close()
		r := finish(t, p)
		if r.status != exitOK && r.status != 128+int(syscall.SIGPIPE) {
			t.Errorf("exit status 0 or 141 expected: schedtop %v", r)
		}
		if len(r.stderr) > 0 {
			t.Errorf("silence expected: schedtop %v", r)
		}
	}
}

func TestFullDiskIsExit1(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("needs /dev/full: %v", err)
	}
	defer func() { _ = full.Close() }()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	for _, form := range []string{"--batch", "--json"} {
		cmd := exec.Command(binary, "-p", w.p(), form, "-d", "50ms", "-n", "3")
		cmd.Stdout = full
		r := finish(t, start(t, cmd))
		r.expect(t, exitFailed)
		r.oneSentence(t)
	}
}

func TestSignalsEndBatchAtOnce(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		p := startSchedtop(t, "-p", w.p(), "--batch", "-d", "1h")
		p.stdout.waitFor(t, "first line", func(text []string) bool { return len(text) > 0 })
		p.signal(t, s)
		if status := p.wait(t, patience); status != 128+int(s) {
			t.Errorf("exit status %d after signal %d", status, int(s))
		}
	}
}

// doc/schema.md is the contract: what --json prints is in it.
func TestEveryJSONKeyIsDocumented(t *testing.T) {
	t.Parallel()
	documented := documentedKeys(t)
	w := launch{build: build{program: "service"}, args: []string{"-agent", "-load", "100"}}.run(t)
	r := schedtop(t, "-p", w.p(), "--json", "-d", "300ms", "-n", "3")
	r.expect(t, exitOK)
	seen := map[string]bool{}
	for _, s := range parseSnapshots(t, r.stdout) {
		collectKeys(map[string]any(s), seen)
	}
	if len(seen) < 60 {
		t.Errorf("only %d keys in --json of a busy service with an agent", len(seen))
	}
	for key := range seen {
		if !documented[key] {
			t.Errorf("doc/schema.md doesn't have `%s`", key)
		}
	}
}

func documentedKeys(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../doc/schema.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, word := range regexp.MustCompile("`[^`\n]+`").FindAllString(string(text), -1) {
		for _, key := range strings.Split(strings.Trim(word, "`"), ".") { // a path names each of its members
			documented[key] = true
		}
	}
	return documented
}

func collectKeys(value any, seen map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			seen[key] = true
			collectKeys(member, seen)
		}
	case []any:
		for _, member := range v {
			collectKeys(member, seen)
		}
	}
}

// Where no source knows a field, the line says so: a 0 would be a lie.
func TestUnknownFieldMakesTheLineIncomplete(t *testing.T) {
	t.Parallel()
	w := launch{build: unreadable, args: []string{"-mode", "quiet"}}.run(t)
	r := schedtop(t, "-p", w.p(), "--batch", "-n", "2", "-d", "100ms")
	r.expect(t, exitOK)
	if n := count(r.stdout, "# incomplete: "); n != 2 {
		t.Errorf("2 incomplete lines expected: schedtop %v", r)
	}
	if len(parseTraces(r.stdout)) != 0 {
		t.Errorf("no SCHED line expected: schedtop %v", r)
	}
	if said := r.oneSentence(t); !strings.Contains(said, "go1.99") {
		t.Errorf("the sentence doesn't say why: %q", said)
	}
	r = schedtop(t, "-p", w.p(), "--json", "-n", "1")
	r.expect(t, exitOK)
	for _, s := range parseSnapshots(t, r.stdout) {
		if _, ok := s.at("sched", "gomaxprocs"); ok {
			t.Errorf("an unknown field is there: %v", s)
		}
	}
}
