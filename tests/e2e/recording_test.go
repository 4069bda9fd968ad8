package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// record watches a process as JSON lines and keeps them; it returns the file and the lines.
func record(t *testing.T, pid, delay string, n int) (path string, live []string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "recording.ndjson")
	r := schedtop(t, "-p", pid, "--json", "-d", delay, "-n", itoa(n), "--record", path)
	r.expect(t, exitOK)
	if len(r.stdout) != n {
		t.Fatalf("%d lines expected: schedtop %v", n, r)
	}
	return path, r.stdout
}

// says checks the status and that all of it was told.
func (r result) says(t *testing.T, status int, parts ...string) {
	t.Helper()
	r.expect(t, status)
	text := strings.Join(r.stderr, "\n")
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q was not said: schedtop %v", part, r)
		}
	}
}

// The recorded lines hold the raw values; what is derived comes out the same again.
func TestReplayPrintsTheLinesThatWereRecorded(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-agent", "-mode", "mixed", "-procs", "4"}}.run(t)
	path, live := record(t, w.p(), "200ms", 8)
	replay := schedtop(t, "--replay", path, "--json")
	replay.expect(t, exitOK)
	recorded := readLines(t, path)
	if len(recorded) != len(live)+1 {
		t.Errorf("%d lines recorded of %d snapshots", len(recorded), len(live)+1)
	}
	for i, line := range live {
		if line != recorded[i+1] {
			t.Fatalf("line %d was recorded otherwise than it was printed", i+1)
		}
		if i >= len(replay.stdout) || line != replay.stdout[i] {
			t.Fatalf("line %d came back otherwise than it was printed", i+1)
		}
	}
	if len(replay.stdout) != len(live) {
		t.Errorf("%d lines came back of %d", len(replay.stdout), len(live))
	}

	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--replay", "-", "--batch", "--detail", "-n", "3")
	cmd.Stdin = bytes.NewReader(content)
	piped := finish(t, start(t, cmd))
	piped.expect(t, exitOK)
	if n := count(piped.stdout, "SCHED ") + count(piped.stdout, "# incomplete: "); n != 3 {
		t.Errorf("%d snapshots in the format of schedtrace, not 3: schedtop %v", n, piped)
	}
}

func TestDamagedLinesOfARecordingAreToldByNumber(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	path, _ := record(t, w.p(), "50ms", 5)
	text := readLines(t, path)
	text[2] = text[2][:len(text[2])/2]
	text[4] = "{}"
	if err := os.WriteFile(path, []byte(strings.Join(text, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := schedtop(t, "--replay", path, "--json")
	r.says(t, exitDamaged, "line 3: it is no JSON", "line 5: it is no snapshot", "2 of 6 lines")
	if len(r.stdout) != 3 {
		t.Errorf("3 lines expected of what is whole: schedtop %v", r)
	}
}

func TestWhatIsNoRecordingIsRefused(t *testing.T) {
	t.Parallel()
	schedtop(t, "--replay", "/nonexistent", "--json").says(t, exitNoTarget, "/nonexistent")
	schedtop(t, "--replay", "/etc", "--json").says(t, exitNoTarget, "no recordings in /etc")
	schedtop(t, "--replay", binary, "--batch").says(t, exitDamaged, "line 1: ", "are damaged")
}

// A full disk costs the recording what doesn't fit, with a sentence; the lines on stdout go on.
func TestFullDiskCostsTheRecordingAlone(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	paths := map[string]string{"/dev/full": "ends after 0 snapshots: No space left"}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8k"); err != nil {
		t.Logf("without a small disk, which needs root: %v", err)
	} else {
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
		paths[filepath.Join(dir, "recording")] = "snapshots: No space left"
	}
	for path, says := range paths {
		r := schedtop(t, "-p", w.p(), "--json", "-d", "50ms", "-n", "40", "--record", path)
		r.says(t, exitFailed, path, says)
		if len(r.stdout) != 40 {
			t.Errorf("%d lines of 40 after the disk was full: schedtop %v", len(r.stdout), r)
		}
		if path != "/dev/full" {
			schedtop(t, "--replay", path, "--json").expect(t, exitOK) // no half line is left
		}
	}
}

// replayed runs a replay and returns the lines it printed.
func replayed(t *testing.T, path string) []string {
	t.Helper()
	r := schedtop(t, "--replay", path, "--json")
	r.expect(t, exitOK)
	return r.stdout
}

func expectSame(t *testing.T, what string, live, again []string) {
	t.Helper()
	if len(live) != len(again) {
		t.Errorf("%s: %d lines came back of %d", what, len(again), len(live))
	}
	for i := range live {
		if i < len(again) && live[i] != again[i] {
			t.Fatalf("%s: line %d came back otherwise than it was printed", what, i+1)
		}
	}
}

// Packed and whole after every line: what one run prints and records is the same, byte for byte, also where the
// end is torn off or schedtop was killed.
func TestPackedRecordingEqualsTheLiveLines(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-agent", "-mode", "mixed", "-procs", "8"}}.run(t)
	path := filepath.Join(t.TempDir(), "recording")
	r := schedtop(t, "-p", w.p(), "--json", "-d", "200ms", "-n", "12", "--record", path)
	r.expect(t, exitOK)
	expectSame(t, "whole", r.stdout, replayed(t, path))

	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--replay", "-", "--json")
	cmd.Stdin = bytes.NewReader(content)
	piped := finish(t, start(t, cmd))
	piped.expect(t, exitOK)
	expectSame(t, "piped", r.stdout, piped.stdout)

	// The index is at the end: without all of it nothing is missing, without some lines before it those are.
	torn := filepath.Join(t.TempDir(), "torn")
	for _, keep := range []int{len(content) - 1, len(content) * 2 / 3} {
		if err := os.WriteFile(torn, content[:keep], 0o600); err != nil {
			t.Fatal(err)
		}
		again := schedtop(t, "--replay", torn, "--json")
		again.says(t, exitDamaged, torn, "is cut off at byte "+itoa(keep))
		if keep == len(content)-1 {
			expectSame(t, "torn", r.stdout, again.stdout)
		} else if n := len(again.stdout); n < 4 || n >= 12 {
			t.Errorf("%d lines of 12 are in two thirds of the file", n)
		} else {
			expectSame(t, "torn", r.stdout[:n], again.stdout)
		}
	}
}

func TestKilledRecordingIsWhole(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	path := filepath.Join(t.TempDir(), "recording")
	cmd := exec.Command(binary, "-p", w.p(), "--json", "-d", "50ms", "--record", path)
	p := start(t, cmd)
	waitUntil(t, "10 lines", func() bool { return len(p.stdout.all()) >= 10 })
	_ = cmd.Process.Kill()
	<-p.ended
	live := p.stdout.all()
	again := replayed(t, path)
	if len(again) < len(live) {
		t.Fatalf("%d lines were recorded of %d that were printed", len(again), len(live))
	}
	expectSame(t, "killed", live, again[:len(live)])
}

// Recordings and logs of a directory: one writer, played in their order.
func TestDirectoryOfRecordings(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	dir := filepath.Join(t.TempDir(), "kept") + "/"
	var live []string
	for range 2 {
		r := schedtop(t, "-p", w.p(), "--json", "-d", "50ms", "-n", "5", "--record", dir, "--log", dir)
		r.expect(t, exitOK)
		live = append(live, r.stdout...)
	}
	again := replayed(t, dir)
	// The second run's first snapshot has one before it now.
	if len(again) != 11 {
		t.Errorf("%d lines of two runs of 5, whose border makes one more", len(again))
	}
	expectSame(t, "first run", live[:5], again[:min(5, len(again))])
	logs, err := filepath.Glob(dir + "*.schedtrace.log")
	if err != nil || len(logs) != 2 {
		t.Fatalf("logs: %v, %v", logs, err)
	}
	text := readLines(t, logs[0])
	if !strings.HasPrefix(text[0], "# ") || !strings.Contains(text[0], w.p()) ||
		!strings.HasPrefix(text[1], "SCHED 0ms: ") || len(text) != 7 {
		t.Errorf("the log begins otherwise than with what it is of:\n%s", strings.Join(text, "\n"))
	}
}

// Pause, seek and speed, and what a recording can't do, on the screen.
func TestReplayOnTheScreenIsSteered(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("../data/leak.ndjson") // 72 s, a snapshot every six
	if err != nil {
		t.Fatal(err)
	}
	m := startTmux(t, 120, 30)
	m.run("clear; echo BEFORE; " + binary + " --replay " + path + " --speed 0.1")
	m.waitText("replay 0.1x")
	m.keys("Space")
	m.waitText("replay paused")
	m.keys("t")
	m.waitText("of a recording no trace can be taken")
	m.keys("End")
	m.waitText("71 s of 71 s")
	m.keys("Home")
	m.waitText("0 s of 71 s")
	m.keys("@")
	m.keys("2999-12-31", "Enter") // is too far away for nanoseconds
	m.waitText("71 s of 71 s")
	m.keys("Home")
	m.waitText("0 s of 71 s")
	m.keys("@")
	m.keys("+30s", "Enter")
	m.waitText("30 s of 71 s")
	m.keys("Space")
	m.keys("+", "+", "+", "+", "+", "+", "+")
	m.waitText("end of the recording")
	m.keys("q")
	m.expectShell(exitOK)
}

// The numbers on the screen are those of the recording, and its end is said.
func TestReplayShowsTheRecordedNumbers(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "blocked", "-n", "4321", "-procs", "3"}}.run(t)
	path, live := record(t, w.p(), "100ms", 6)
	last := parseSnapshot(t, live[len(live)-1])
	goroutines := strconv.Itoa(int(last.number(t, "sched", "goroutines")))
	goroutines = goroutines[:1] + "," + goroutines[1:]

	m := startTmux(t, 100, 24)
	m.run("clear; echo BEFORE; " + binary + " --replay " + path)
	screen := m.waitText("end of the recording")
	for _, text := range []string{w.p(), goroutines, fmt.Sprintf("%v", last["go_version"])} {
		if !strings.Contains(screen, text) {
			t.Errorf("%q of the recording is not on the screen:\n%s", text, screen)
		}
	}
	_, below, _ := strings.Cut(screen, "\n P ")
	if rows := regexp.MustCompile(`(?m)^ \d .* %`).FindAllString(below, -1); len(rows) != 3 {
		t.Errorf("%d lanes of 3:\n%s", len(rows), screen)
	}
	m.keys("q")
	m.expectShell(exitOK)
}

func TestSettingsComeFromFileThenEnvironmentThenFlags(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	home := t.TempDir()
	file := filepath.Join(home, "schedtop", "config")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("dealy = 1s\ndelay = 150ms\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(variable string, args ...string) (float64, result) {
		cmd := exec.Command(binary, append([]string{"-p", w.p(), "--json", "-n", "1"}, args...)...)
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+home, "SCHEDTOP_DELAY="+variable)
		r := finish(t, start(t, cmd))
		r.expect(t, exitOK)
		return parseSnapshots(t, r.stdout)[0].number(t, "interval_ns") / 1e6, r
	}
	for _, c := range []struct {
		variable string
		args     []string
		ms       float64
	}{
		{"", nil, 150},
		{"120ms", nil, 120},
		{"120ms", []string{"-d", "90ms"}, 90},
		{"never", nil, 150},
	} {
		ms, r := run(c.variable, c.args...)
		if ms != c.ms {
			t.Errorf("an interval of %v ms, not %v: schedtop %v", ms, c.ms, r)
		}
		text := strings.Join(r.stderr, "\n")
		if !strings.Contains(text, file+":1: there is no setting 'dealy': expected one of ") {
			t.Errorf("the bad line is not named: schedtop %v", r)
		}
		if c.variable == "never" && !strings.Contains(text, "SCHEDTOP_DELAY takes a time of") {
			t.Errorf("the bad variable is not named: schedtop %v", r)
		}
	}
	r := schedtop(t, "-p", w.p(), "--json", "-n", "1", "--config", filepath.Join(home, "none"))
	r.says(t, exitNoTarget, "none")
}

// The bytes that reach the terminal hold the theme's colours, and none where there shall be none.
func TestThemeColoursReachTheTerminal(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "spinners", "-procs", "2"}}.run(t)
	home := t.TempDir()
	theme := filepath.Join(home, "mine.theme")
	if err := os.WriteFile(theme, []byte("[256]\nrunning = 201\nlabel = mauve\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args    []string
		colours bool
	}{{nil, true}, {[]string{"--color", "never"}, false}} {
		_, screen, log := onTerminal(t, func(screen *lines, log string) {
			waitUntil(t, "3 snapshots", func() bool { return len(parseTraces(readLines(t, log))) >= 3 })
		}, append([]string{"-p", w.p(), "-d", "200ms", "--theme", theme}, c.args...)...)
		text := screen.bytes()
		if got := strings.Contains(text, "38;5;201m"); got != c.colours {
			t.Errorf("%v: the theme's colour is there: %v", c.args, got)
		}
		if got := strings.Contains(text, "38;5;"); got != c.colours {
			t.Errorf("%v: there are colours: %v", c.args, got)
		}
		if !strings.Contains(strings.Join(readLines(t, log), "\n"), theme+":3: 'mauve' is no colour") {
			t.Errorf("the theme's bad line is not named")
		}
	}
	schedtop(t, "-p", w.p(), "--theme", "nosuch").says(t, exitNoTarget, "there is no theme 'nosuch'")
}
