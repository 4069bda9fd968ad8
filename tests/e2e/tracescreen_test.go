package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A trace on a real terminal: over the live view, and by itself.

// browse starts schedtop trace in the shell and waits for its tabs.
func (m *tmux) browse(args string) {
	m.t.Helper()
	m.run("clear; echo BEFORE; " + binary + " trace " + args)
	m.waitFor("a view of a trace", func(s string) bool { return strings.Contains(foot(s), "leave") })
}

func screenRow(screen string, i int) string {
	rows := strings.Split(screen, "\n")
	if i >= len(rows) {
		return ""
	}
	return rows[i]
}

// zoomToSpan zooms the timeline in until a single span of a goroutine is selected.
func (m *tmux) zoomToSpan() {
	m.t.Helper()
	single := regexp.MustCompile(`(?m)^.*\n *when +[\d.]+`)
	goroutine := regexp.MustCompile(`\bG\d+ `)
	for i := 0; i < 60; i++ {
		m.keys("Enter")
		key := "w"
		for k := 0; k < 20; k++ {
			if span := single.FindString(m.screen()); goroutine.MatchString(span) {
				return
			} else if span != "" {
				key = "Right" // an idle P
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		m.keys(key)
	}
	m.t.Fatalf("no single span is selected:\n%s", m.screen())
}

func TestTraceTakenByTIsOpenedAndLeftForTheLiveView(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "mutex")
	m := startTmux(t, 160, 45)
	m.watch("-p " + w.p() + " -d 200ms --trace-dir " + w.dir)
	live := header(m.screen())
	m.takeTrace()
	m.waitText("Enter opens it")
	m.keys("Enter")
	m.waitFor("the summary of the trace", func(s string) bool {
		return strings.Contains(header(s), " events") && strings.Contains(s, "Wait to run")
	})
	m.keys("2")
	m.waitText("START FUNCTION")
	m.keys("7")
	m.waitText("window")
	m.zoomToSpan()
	m.keys("u")
	m.waitFor("the wake-up, or why there is none", func(s string) bool {
		return regexp.MustCompile(`G\d+ |woken by |no wake-up`).MatchString(screenRow(s, 1))
	})
	m.keys("q")
	m.waitFor("the live view, which has gone on", func(s string) bool {
		now := header(s)
		return strings.Contains(now, " live ") && now != live && strings.Contains(s, "util")
	})
	m.keys("q")
	m.expectShell(exitOK)
}

func TestTraceIsBrowsedByItself(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	m := startTmux(t, 120, 40)
	modes := m.modes()
	m.browse(path)
	m.waitText("Wait to run")
	mustContain(t, header(m.screen()), filepath.Base(path))
	m.keys("q")
	m.expectShell(exitOK)
	m.browse(path + " --trace-id " + otelID)
	if screen := m.waitText("request"); !strings.Contains(foot(screen), "Tasks") {
		t.Errorf("not on the tasks:\n%s", screen)
	}
	m.keys("q")
	m.expectShell(exitOK)
	m.browse(path + " --goroutine 1 --ascii")
	m.waitText("G1 ")
	m.keys("q")
	m.expectShell(exitOK)
	if after := m.modes(); after != modes {
		t.Errorf("stty before\n%s\nafter\n%s", modes, after)
	}
}

func TestDamagedTraceIsBrowsedAndItsStatusSaysSo(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 100)
	m := startTmux(t, 120, 40)
	m.browse(path)
	m.waitFor("the damage", func(s string) bool { return strings.Contains(header(s), "damaged") })
	m.keys("q")
	m.waitText("damaged at byte")
	m.waitShell()
	if got := m.shell("echo status=$s"); got != "status=6" {
		t.Errorf("exit status: %s", got)
	}
}

func TestTraceThatCantBeBrowsedIsOneSentence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, empty := filepath.Join(dir, "text"), filepath.Join(dir, "empty")
	for path, data := range map[string]string{text: "this is no execution trace", empty: ""} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := startTmux(t, 120, 40)
	for _, try := range []struct {
		args, sentence string
		status         int
	}{
		{"", "trace needs the file", exitUsage},
		{"-", "standard input can't be browsed", exitUsage},
		{text, "not a Go execution trace", exitDamaged},
		{empty, "the file is empty", exitDamaged},
		{filepath.Join(dir, "gone"), "can't be opened", exitNoTarget},
		{text + " --kind gc", "trace does not take --kind", exitUsage},
		{text + " | cat", "the screen needs a terminal", 0},
	} {
		m.run("clear; " + binary + " trace " + try.args)
		screen := m.waitText(try.sentence)
		if strings.Contains(foot(screen), "leave") {
			t.Errorf("%s: the screen was taken:\n%s", try.args, screen)
		}
		m.waitShell()
		if got := m.shell("echo status=$s"); try.status != 0 && got != "status="+itoa(try.status) {
			t.Errorf("%s: exit %s, want %d", try.args, got, try.status)
		}
	}
}
