package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What hands do on the live screen: keys, clicks and lines, on a real terminal and a real process.

func header(screen string) string { return strings.SplitN(screen, "\n", 2)[0] }

func foot(screen string) string {
	rows := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
	return rows[len(rows)-1]
}

// below is the screen without its header, where ages count on.
func below(screen string) string {
	_, rest, _ := strings.Cut(screen, "\n")
	return rest
}

func TestPausedScreenStandsStillWhileCollectingGoesOn(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "mixed", "-procs", "4"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p() + " -d 200ms")
	time.Sleep(3 * time.Second)
	m.keys("Space")
	paused := m.waitFor("a paused screen", func(s string) bool { return strings.Contains(header(s), "paused, ") })
	mustContain(t, foot(paused), "End live")
	later := m.waitFor("an age that counts", func(s string) bool {
		return regexp.MustCompile(`paused, ([3-9]|\d\d) s ago`).MatchString(header(s))
	})
	if below(later) != below(paused) {
		t.Errorf("a paused screen has changed from\n%s\nto\n%s", paused, later)
	}
	// What came meanwhile is there to walk through.
	seconds := regexp.MustCompile(`paused, (\d+) s ago`)
	m.keys("Home")
	m.waitFor("an older moment", func(s string) bool {
		age := seconds.FindStringSubmatch(header(s))
		return age != nil && len(age[1]) > 0 && below(s) != below(paused)
	})
	m.keys("Right")
	m.waitFor("the next moment", func(s string) bool { return strings.Contains(header(s), "paused, ") })
	m.keys("End")
	m.waitFor("the present", func(s string) bool { return strings.Contains(header(s), "live") })
	m.keys("q")
	m.expectShell(exitOK)
}

func TestHelpListsTheKeysAndGoesAway(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 60)
	m.watch("-p " + w.p())
	for _, open := range []string{"?", "F1"} {
		m.keys(open)
		screen := m.waitText("Keys of Overview")
		mustContain(t, screen, "Freeze what is shown", "Go back in time by one snapshot")
		m.keys("Escape")
		m.waitFor("the lanes again", func(s string) bool { return lanesOf(s) == 2 })
	}
	// Two keys that come at once are two keys.
	m.keys("?")
	m.waitText("Keys of Overview")
	m.keys("Escape", "F2")
	m.waitText("SETTING")
	m.keys("Escape")
	m.waitFor("the lanes again", func(s string) bool { return lanesOf(s) == 2 })
	m.keys("q")
	m.expectShell(exitOK)
}

func TestLineRunsCommandsAndCompletesThem(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	m.watch("-p " + w.p())
	m.keys(":")
	m.do("send-keys", "-l", "pau")
	m.waitText(":pau   Freeze what is shown")
	m.keys("Tab", "Enter")
	m.waitFor("a paused screen", func(s string) bool { return strings.Contains(header(s), "paused, ") })
	m.run(":nonsense")
	m.waitText(`there is no command "nonsense"`)
	m.run(":quit")
	m.expectShell(exitOK)
}

// click sends what this terminal would send for a click at a cell, press and release, in the encoding it
// was asked for.
func (m *tmux) click(x, y int) {
	m.t.Helper()
	if strings.TrimSpace(m.do("display", "-p", "#{mouse_sgr_flag}")) == "1" {
		m.do("send-keys", "-l", fmt.Sprintf("\x1b[<0;%[1]d;%[2]dM\x1b[<0;%[1]d;%[2]dm", x+1, y+1))
		return
	}
	at := string(rune('!'+x)) + string(rune('!'+y))
	m.do("send-keys", "-l", "\x1b[M "+at+"\x1b[M#"+at)
}

// A click is what a terminal in mouse mode sends for one: it must be in that mode, and the tab that is
// hit must come up. Afterwards and after a crash the mode is off (expectShell looks).
func TestTabsAnswerToDigitsKeysAndClicks(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "mixed", "-procs", "4"}}.run(t)
	m := startTmux(t, 120, 40, "ASAN_OPTIONS=handle_segv=0")
	m.watch("-p " + w.p())
	if mode := strings.TrimSpace(m.do("display", "-p", "#{mouse_any_flag}")); mode != "1" {
		t.Errorf("the terminal is not asked for clicks: mouse_any_flag %s", mode)
	}
	tab := regexp.MustCompile(` ([1-9]) (\w+)`)
	tabs := tab.FindAllStringSubmatchIndex(foot(m.screen()), -1)
	line := foot(m.screen())
	for _, at := range tabs {
		number, name := line[at[2]:at[3]], line[at[4]:at[5]]
		shown := func(s string) bool {
			return strings.Contains(s, "Keys of "+name)
		}
		m.keys(number)
		m.keys("?")
		m.waitFor("help of view "+number, shown)
		m.keys("Escape")
		m.keys("1")
		m.click(at[2], 39)
		m.keys("?")
		m.waitFor("help of the view that was clicked", shown)
		m.keys("Escape")
	}
	m.keys("1", "?")
	m.waitText("Keys of Overview")
	m.keys("Escape")
	m.waitFor("the Overview", func(s string) bool { return lanesOf(s) == 4 })
	if err := syscall.Kill(m.schedtopPID(), syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	m.expectShell(128 + int(syscall.SIGSEGV))
}

func TestUnknownKeysDoNothing(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	m.watch("-p " + w.p())
	for _, sequence := range []string{"\x1b[25;5~", "\x1b[200q", "\x1b[?1;2z", "\x1bOq"} {
		m.do("send-keys", "-l", sequence)
	}
	time.Sleep(time.Second)
	screen := m.settled(m.screen(), func(string) bool { return true })
	if lanesOf(screen) != 2 || !strings.Contains(header(screen), "live") {
		t.Errorf("characters of unknown keys were taken for keys:\n%s", screen)
	}
	m.keys("q")
	m.expectShell(exitOK)
}

// A service that is restarted while somebody watches: the screen offers the new process and goes on with
// it, in the same picture.
func TestRestartedTargetIsOfferedAndFollowed(t *testing.T) {
	t.Parallel()
	l := launch{exe: ownCopy(t), args: []string{"-mode", "quiet", "-procs", "3"}}
	first := l.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + first.p() + " -d 200ms")
	m.keys("Enter", "1") // nothing to follow yet: a finding opens, if there is one by now
	first.signal(t, syscall.SIGKILL)
	m.waitFor("the end of it", func(s string) bool { return strings.Contains(header(s), "exited") })
	second := l.run(t)
	m.waitText("it has exited; a new process " + second.p() + " of the same program runs: press Enter to follow")
	m.keys("Enter")
	m.waitFor("the new process", func(s string) bool {
		return strings.Contains(header(s), " "+second.p()+" ") && strings.Contains(header(s), "live") && lanesOf(s) == 3
	})
	m.keys("q")
	m.expectShell(exitOK)
}

// ownCopy is the workload as a program of this test alone: others run the same one.
func ownCopy(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "restarted")
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	return exe
}

func TestThreadsAreFilteredAndTheSelectionFollows(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "threads", "-procs", "2", "-n", "12"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p())
	m.keys(m.tab("Threads"))
	selected := regexp.MustCompile(`(?m)^>.*$`)
	tid := regexp.MustCompile(`^> *\S? +(?:M\d+ +)?(\d+) `)
	m.waitFor("a selected thread", func(s string) bool { return selected.MatchString(s) })
	m.keys("Down", "Down", "Down")
	var id []string
	m.waitFor("another one", func(s string) bool {
		id = tid.FindStringSubmatch(selected.FindString(s))
		return id != nil
	})
	m.keys(`\`)
	m.do("send-keys", "-l", id[1])
	m.waitFor("that thread alone", func(s string) bool {
		return strings.Contains(foot(s), ` \`+id[1]) && strings.Contains(selected.FindString(s), id[1])
	})
	m.keys("Enter", "Escape")
	m.waitFor("all threads, the same one selected", func(s string) bool {
		return strings.Contains(selected.FindString(s), " "+id[1]+" ") && strings.Count(s, "\n") > 10 &&
			!strings.Contains(s, "1 of ")
	})
	m.keys("q")
	m.expectShell(exitOK)
}
