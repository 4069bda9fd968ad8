package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// `t` on a real terminal, over a real process.

func (w *traced) watch(t *testing.T, flags ...string) *tmux {
	t.Helper()
	m := startTmux(t, 120, 40)
	m.watch(strings.Join(append([]string{"-p", w.p(), "-d", "500ms", "--trace-dir", w.dir}, flags...), " "))
	return m
}

// takeTrace asks for a trace and returns when it has begun: by itself, two seconds later, or by Enter where the
// program has no time to spare. Enter is for those who see the question in time, which a test may not: it returns
// the screen with the question, if it saw one.
func (m *tmux) takeTrace() (question string) {
	m.t.Helper()
	m.keys("t")
	entered := false
	m.waitFor("the trace to begin", func(s string) bool {
		if proposal.MatchString(s) {
			question = s
		}
		if !entered && strings.Contains(s, "Take a trace of ") {
			m.keys("Enter")
			entered = true
		}
		return !proposal.MatchString(s) && underWay.MatchString(s)
	})
	return question
}

// The titles of the panel, before there is a trace and afterwards.
var (
	proposal = regexp.MustCompile(`A trace of \d+ s begins in|Take a trace of \d+ s\?`)
	underWay = regexp.MustCompile(`Asking for a trace|Tracing, |Reading the rest|Saving the trace|(A|No|The) trace was `)
)

// long is more than enough for what is to happen during a trace.
var long = []string{"-s", "25s"}

func TestTTakesATraceThatGoReads(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mutex")
	m := startTmux(t, 120, 40)
	modes := m.modes()
	m.watch("-p " + w.p() + " -d 500ms --trace-dir " + w.dir)
	m.waitText("t trace")
	m.waitFor("enough snapshots for an estimate", func(s string) bool {
		return regexp.MustCompile(`p99 +[\d.]`).MatchString(s)
	})
	if question := m.takeTrace(); question != "" {
		mustContain(t, question, "Size")
	}
	screen := m.waitText("A trace was taken")
	left := names(t, w.dir)
	if len(left) != 1 || !traceName.MatchString(left[0]) {
		t.Fatalf("one trace expected: %v\n%s", left, screen)
	}
	mustContain(t, screen, left[0], "and newer", "Before", "During")
	m.waitFor("the throughput before and during", func(s string) bool {
		return len(regexp.MustCompile(`(Before|During) +[\d.,]+\w? goroutine starts/s`).FindAllString(s, -1)) == 2
	})
	m.keys("Escape")
	m.waitFor("the view without the panel", func(s string) bool { return !strings.Contains(s, "A trace was taken") })
	m.keys("q")
	m.expectShell(exitOK)
	if after := m.modes(); after != modes {
		t.Errorf("stty before\n%s\nafter\n%s", modes, after)
	}
	parse(t, filepath.Join(w.dir, left[0]))
}

func TestTCancelsWhatItBegan(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	m := w.watch(t, long...)
	m.takeTrace()
	m.waitText("Tracing, ")
	m.keys("t")
	m.waitText("The trace was cancelled")
	mustBeEmpty(t, w.dir)
	m.keys("q")
	m.expectShell(exitOK)
}

func TestQuitDuringATraceLeavesNothing(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	m := w.watch(t, long...)
	m.takeTrace()
	m.waitText("Tracing, ")
	m.keys("q")
	m.expectShell(exitOK)
	mustBeEmpty(t, w.dir)
	w.mustCapture(t)
}

func TestTargetKilledDuringTIsSaidOnTheScreen(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	m := w.watch(t, long...)
	m.takeTrace()
	m.waitText("Tracing, ")
	w.signal(t, syscall.SIGKILL)
	m.waitText("exited while it was traced")
	m.waitFor("the next snapshot, which tells the screen", func(s string) bool {
		return regexp.MustCompile(`exited \d+ s ago`).MatchString(s)
	})
	mustBeEmpty(t, w.dir)
	m.keys("q")
	m.expectShell(exitExited)
}

func TestTOfATargetWithoutAgentSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := &traced{launch{args: []string{"-mode", "quiet"}}.run(t), t.TempDir()}
	m := w.watch(t)
	m.takeTrace()
	m.waitText("schedtop/agent/auto")
	m.keys("q")
	m.expectShell(exitOK)
}

func TestIntervalIsChangedWhileItRuns(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p() + " -d 1h")
	m.keys(":")
	m.do("send-keys", "-l", "interval 200ms")
	m.keys("Enter")
	m.waitFor("snapshots five times a second", func(s string) bool {
		header, _, _ := strings.Cut(s, "\n")
		return strings.Contains(header, "every 200 ms") && strings.Contains(header, "live")
	})
	m.keys("q")
	m.expectShell(exitOK)
}

func TestProcessStartedAnewIsFollowed(t *testing.T) {
	t.Parallel()
	// A name of its own: other tests run the same program.
	exe := filepath.Join(t.TempDir(), "orders-"+itoa(os.Getpid()))
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	run := func() *workload {
		return launch{exe: exe, args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	}
	first := run()
	m := startTmux(t, 120, 40)
	m.watch("-p " + first.p() + " -d 200ms")
	first.signal(t, syscall.SIGKILL)
	m.waitText("exited")
	second := run()
	m.waitText("new process " + second.p())
	m.keys("Enter")
	m.waitFor("the new process", func(s string) bool {
		header, _, _ := strings.Cut(s, "\n")
		return strings.Contains(header, " "+second.p()+" ") && strings.Contains(header, "live") && lanesOf(s) == 2
	})
	m.keys("q")
	m.expectShell(exitOK)
}
