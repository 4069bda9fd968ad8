package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// `schedtop capture --flight` and `f`: what has been, from the agent's flight recorder.

// recorderFloor is the oldest Go whose runtime keeps one.
const recorderFloor = 25

func startRecorded(t *testing.T, b build, mode string, args ...string) *traced {
	t.Helper()
	l := launch{build: b, argv0: "workload", args: append([]string{"-mode", mode, "-agent"}, args...)}
	return &traced{l.run(t), t.TempDir()}
}

var flightName = regexp.MustCompile(`^workload-(\d+)-\d{8}T\d{6}Z-go1\.(\d+)\.flight\.trace$`)

// seconds reads a duration as schedtop writes it, up to a minute.
func seconds(t *testing.T, text string) float64 {
	t.Helper()
	d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return d.Seconds()
}

func TestWhatHasBeenCanBeCaptured(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		if minor(t, toolchain) < recorderFloor {
			continue
		}
		w := startRecorded(t, build{toolchain: toolchain}, "mutex", "-flight", "2s")
		time.Sleep(4 * time.Second) // to have been
		r := schedtop(t, "capture", "--flight", "-p", w.p(), "--trace-dir", w.dir)
		r.expect(t, exitOK)
		left := names(t, w.dir)
		if len(left) != 1 || len(r.stdout) != 1 || r.stdout[0] != filepath.Join(w.dir, left[0]) {
			t.Fatalf("one file, and its path on stdout, expected; there is %v: schedtop %v", left, r)
		}
		if parts := flightName.FindStringSubmatch(left[0]); parts == nil || parts[1] != w.p() {
			t.Errorf("no name of a flight recording of %s: %s", w.p(), left[0])
		}
		said := strings.Join(r.stderr, "\n")
		told := regexp.MustCompile(`, the last ([\d.]+ m?s), for Go`).FindStringSubmatch(said)
		if told == nil || !strings.Contains(said, "MinAge asks for 2 s") {
			t.Fatalf("no reach and no advice: %s", said)
		}
		// The file knows it best.
		stat := schedtop(t, "stat", r.stdout[0])
		stat.expect(t, exitOK)
		covers := regexp.MustCompile(`It covers ([\d.]+ m?s)`).FindStringSubmatch(strings.Join(stat.stdout, "\n"))
		if covers == nil {
			t.Fatalf("schedtop %v", stat)
		}
		if is, says := seconds(t, covers[1]), seconds(t, told[1]); says < 0.7*is || says > 1.1*is || is < 1 { // to the batch that was begun last
			t.Errorf("%s: it covers %v s and is said to reach back %v s", toolchain, is, says)
		}
		parse(t, r.stdout[0])
	}
}

// Where there is none, whatever the reason, one sentence says so, and nothing is left behind.
func TestWithoutAFlightRecorderTheReasonIsTold(t *testing.T) {
	t.Parallel()
	type row struct {
		name  string
		build build
		args  []string
		words string
	}
	rows := []row{
		{"not asked for", build{}, nil, "SCHEDTOP_FLIGHT"},
	}
	for _, toolchain := range versions() {
		if n := minor(t, toolchain); n >= agentFloor && n < recorderFloor {
			rows = append(rows, row{"too old", build{toolchain: toolchain}, []string{"-flight", "5s"},
				"came with Go 1.25, and this program was built with " + toolchain})
		}
	}
	for _, row := range rows {
		w := startRecorded(t, row.build, "quiet", row.args...)
		r := schedtop(t, "capture", "--flight", "-p", w.p(), "--trace-dir", w.dir)
		r.expect(t, exitFailed)
		mustContain(t, r.oneSentence(t), "no flight recording of process "+w.p(), row.words)
		mustBeEmpty(t, w.dir)
		w.mustCapture(t) // the agent works without
	}
}

// A recorder that holds too little is told what would be enough.
func TestAFlightRecorderThatIsTooSmallIsToldTheSizeItNeeds(t *testing.T) {
	t.Parallel()
	w := startRecorded(t, build{}, "mixed", "-flight", "30s", "-flight-bytes", strconv.Itoa(256<<10))
	time.Sleep(3 * time.Second)
	r := schedtop(t, "capture", "--flight", "-p", w.p(), "-o", filepath.Join(w.dir, "x"))
	r.expect(t, exitOK)
	said := strings.Join(r.stderr, "\n")
	needs := regexp.MustCompile(`256 KiB hold [\d.]+ m?s of this program .*; for 30 s set MaxBytes to [\d.]+ [MG]iB`)
	if !needs.MatchString(said) {
		t.Errorf("no advice: %s", said)
	}
}

func TestFWritesDownWhatHasBeen(t *testing.T) {
	t.Parallel()
	w := startRecorded(t, build{}, "mutex", "-flight", "5s")
	time.Sleep(2 * time.Second)
	m := w.watch(t)
	m.waitText("f flight")
	m.keys("f")
	screen := m.waitText("What has been was written down")
	left := names(t, w.dir)
	if len(left) != 1 || !flightName.MatchString(left[0]) {
		t.Fatalf("one flight recording expected: %v\n%s", left, screen)
	}
	mustContain(t, screen, left[0], "Reach", "back from when it was asked for", "Enter opens it")
	m.keys("Enter")
	m.waitFor("the browser", func(s string) bool { return strings.Contains(s, "1 Summary") })
	parse(t, filepath.Join(w.dir, left[0]))
	if info, err := os.Stat(filepath.Join(w.dir, left[0])); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(fmt.Sprint(info, err))
	}
}
