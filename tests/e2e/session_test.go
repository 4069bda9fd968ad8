package e2e

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A whole session of an operator on a real terminal, and what may come in the way of its trace.

// screenLane finds a P and its utilization, which is the first percentage of its row.
var screenLane = regexp.MustCompile(`(?m)^ (\d+) [^%\n]*? (\d+(?:\.\d)?) %`)

// A meanOf is what a lane showed, over all the times that somebody looked.
type meanOf struct{ sum, n float64 }

func (m *meanOf) add(value float64) { m.sum, m.n = m.sum+value, m.n+1 }
func (m *meanOf) mean() float64     { return m.sum / m.n }

// jsonLanes gives the utilization of each P in percent.
func jsonLanes(t *testing.T, s snapshot) []float64 {
	t.Helper()
	rows, _ := s.at("derived", "p")
	list, _ := rows.([]any)
	var all []float64
	for _, row := range list {
		all = append(all, 100*snapshot(row.(map[string]any)).number(t, "utilization"))
	}
	return all
}

func TestASessionFromTheFirstLookToATraceThatGoReads(t *testing.T) {
	t.Parallel()
	const procs, seconds = 2, 10
	// Every P is busy half of the time: neither "always" nor "never" would do for an answer.
	w := &traced{launch{argv0: "workload", args: []string{"-mode", "half", "-procs", itoa(procs), "-agent"}}.run(t), t.TempDir()}
	m := startTmux(t, 120, 40)
	modes := m.modes()
	m.watch("-p " + w.p() + " --trace-dir " + w.dir)

	p := startSchedtop(t, "-p", w.p(), "--json", "-n", itoa(seconds))
	var onScreen, inJSON [procs]meanOf
	for running := true; running; {
		select {
		case <-p.ended:
			running = false
		case <-time.After(500 * time.Millisecond):
		}
		for _, lane := range screenLane.FindAllStringSubmatch(m.screen(), -1) {
			number, _ := strconv.Atoi(lane[1])
			value, err := strconv.ParseFloat(lane[2], 64)
			if err != nil || number >= procs {
				t.Fatalf("no lane of this process: %q", lane[0])
			}
			onScreen[number].add(value)
		}
	}
	r := finish(t, p)
	r.expect(t, exitOK)
	for _, s := range parseSnapshots(t, r.stdout)[1:] { // the first has nothing before it
		for number, value := range jsonLanes(t, s) {
			inJSON[number].add(value)
		}
	}
	for number := range onScreen {
		screen, json := onScreen[number].mean(), inJSON[number].mean()
		t.Logf("P%d: %.0f %% on the screen, %.0f %% in JSON", number, screen, json)
		// The two looked at different moments of the same seconds; NaN is no answer either.
		if !(math.Abs(screen-json) <= 20) {
			t.Errorf("P%d is busy %.0f %% on the screen and %.0f %% in the JSON of the same time\n%s", number, screen, json, m.screen())
		}
	}

	m.takeTrace()
	m.waitText("A trace was taken")
	left := names(t, w.dir)
	if len(left) != 1 || !traceName.MatchString(left[0]) {
		t.Fatalf("one trace expected: %v", left)
	}
	m.keys("q")
	m.expectShell(exitOK)
	if after := m.modes(); after != modes {
		t.Errorf("stty before\n%s\nafter\n%s", modes, after)
	}
	parse(t, filepath.Join(w.dir, left[0]))
}

func TestSecondTracerIsNamedOnTheScreen(t *testing.T) {
	t.Parallel()
	w := startTraced(t, build{}, "quiet")
	first := w.begin(t, "-s", "30s")
	dir := t.TempDir()
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p() + " -d 500ms --trace-dir " + dir)
	m.takeTrace()
	m.waitText("No trace was taken")
	mustContain(t, m.screen(), "PID "+itoa(first.pid()))
	mustBeEmpty(t, dir)
	m.keys("q")
	m.expectShell(exitOK)
}

func TestFullDiskIsSaidOnTheScreen(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := startTraced(t, build{}, "mixed")
	if err := syscall.Mount("none", w.dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(w.dir, syscall.MNT_DETACH) })
	m := w.watch(t)
	m.takeTrace()
	m.waitText("no space is left")
	mustBeEmpty(t, w.dir)
	m.keys("q")
	m.expectShell(exitOK)
}

// The user's own themes are offered with those that came with the program, and taken by name.
func TestOwnThemeIsCompletedAndTaken(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	home := t.TempDir()
	themes := filepath.Join(home, "schedtop", "themes")
	if err := os.MkdirAll(themes, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(themes, "mauve.theme"), []byte("[256]\nlabel = 201\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := startTmux(t, 120, 40, "XDG_CONFIG_HOME="+home)
	m.watch("-p " + w.p())
	m.keys(":")
	m.do("send-keys", "-l", "theme ")
	m.waitFor("the names of themes", func(s string) bool {
		return strings.Contains(foot(s), "dark") && strings.Contains(foot(s), "mauve")
	})
	m.do("send-keys", "-l", "ma")
	m.keys("Tab")
	m.waitText(":theme mauve")
	m.keys("Enter")
	m.waitFor("its colours", func(string) bool { return strings.Contains(m.do("capture-pane", "-p", "-e"), "38;5;201") })
	m.keys("q")
	m.expectShell(exitOK)
}

// wheel sends what this terminal would send when the wheel is turned down over a cell.
func (m *tmux) wheelDown(x, y int) {
	m.t.Helper()
	if strings.TrimSpace(m.do("display", "-p", "#{mouse_sgr_flag}")) == "1" {
		m.do("send-keys", "-l", "\x1b[<65;"+itoa(x+1)+";"+itoa(y+1)+"M")
		return
	}
	m.do("send-keys", "-l", "\x1b[Ma"+string(rune('!'+x))+string(rune('!'+y)))
}

func TestRowsAndHeadingsAnswerToTheMouse(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "threads", "-procs", "2", "-n", "12"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p())
	m.keys("3")
	rows := func(s string) []string { return strings.Split(s, "\n") }
	selected := func(s string) int {
		for y, row := range rows(s) {
			if strings.HasPrefix(row, ">") {
				return y
			}
		}
		return -1
	}
	list := m.waitFor("a list", func(s string) bool { return selected(s) > 0 && strings.Contains(s, "TID") })
	first := selected(list)
	// By their numbers, which do not change as what they do may.
	x := strings.Index(rows(list)[first-1], "TID")
	m.click(x, first-1)
	m.waitText("TID▼")
	m.click(x, first-1)
	m.waitText("TID▲")
	m.click(20, first+4)
	m.waitFor("the row that was clicked", func(s string) bool { return selected(s) == first+4 })
	m.wheelDown(20, first)
	m.waitFor("three rows further", func(s string) bool { return selected(s) == first+7 })
	m.keys("q")
	m.expectShell(exitOK)
}
