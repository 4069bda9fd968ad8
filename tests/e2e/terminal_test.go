package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// The tests of this file are about what stands on a real terminal and what is left of it afterwards;
// pty_test.go has those that need only the bytes that are written to one.

// A tmux is a real terminal with a shell in it, as a user has before and after schedtop.
type tmux struct {
	t      *testing.T
	socket string
	runs   int // of shell
}

// prompt is at the start of a line whenever the shell waits.
const prompt = "ready>"

func startTmux(t *testing.T, width, height int, env ...string) *tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("needs tmux")
	}
	// Short, because a socket's path is limited to 107 bytes.
	dir, err := os.MkdirTemp("", "st-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	m := &tmux{t: t, socket: filepath.Join(dir, "tmux")}
	conf := filepath.Join(dir, "conf")
	settings := "set -g status off\nset -g default-terminal tmux-256color\nset -g history-limit 0\n"
	rc := filepath.Join(dir, "bashrc")
	for path, text := range map[string]string{conf: settings, rc: "PS1='" + prompt + " '\nulimit -c 0\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// -D keeps the server our child, so that it dies with us and takes the shell with it.
	server := exec.Command("tmux", "-u", "-S", m.socket, "-f", conf, "-D")
	server.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "NO_COLOR=", "LANG=")
	// Whoever sits here has seen schedtop before.
	if err := os.MkdirAll(filepath.Join(dir, "state", "schedtop"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "state", "schedtop", "greeted"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server.Env = append(server.Env, "XDG_STATE_HOME="+filepath.Join(dir, "state"))
	server.Env = append(server.Env, env...)
	start(t, server)
	waitUntil(t, "a tmux server", func() bool { _, err := os.Stat(m.socket); return err == nil })
	m.do("new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height),
		"exec bash --noprofile --rcfile "+rc+" -i")
	m.waitFor("a shell", func(s string) bool { return strings.HasPrefix(s, prompt) })
	return m
}

func (m *tmux) do(args ...string) string {
	m.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-u", "-S", m.socket}, args...)...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// keys types keys by tmux's names.
func (m *tmux) keys(keys ...string) {
	m.t.Helper()
	m.do(append([]string{"send-keys"}, keys...)...)
}

// run types a line and Enter.
func (m *tmux) run(line string) {
	m.t.Helper()
	m.do("send-keys", "-l", line)
	m.keys("Enter")
}

// shell runs a command that ends by itself, on a screen of its own.
func (m *tmux) shell(line string) string {
	m.t.Helper()
	m.runs++ // what the last one left on the screen is not the end of this one
	end := fmt.Sprintf("END-%d", m.runs)
	m.run("s=$?; clear; " + line + "; echo " + end)
	text := m.waitFor(end+" of "+line, func(s string) bool { return strings.Contains(s, "\n"+end+"\n") })
	text, _, _ = strings.Cut(text, end)
	return strings.TrimSpace(text)
}

func (m *tmux) screen() string {
	m.t.Helper()
	return m.do("capture-pane", "-p")
}

// waitFor returns the screen on which something stands, when all of that picture is drawn: what was looked at
// first may have been half of it.
func (m *tmux) waitFor(what string, done func(screen string) bool) string {
	m.t.Helper()
	var screen string
	for limit := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		if screen = m.screen(); done(screen) {
			return m.settled(screen, done)
		}
		if time.Now().After(limit) {
			m.t.Fatalf("not within %v: %s; the screen:\n%s", patience, what, screen)
		}
	}
}

// settled looks on until two looks are the same, but not for long: some screens always move.
func (m *tmux) settled(screen string, done func(screen string) bool) string {
	m.t.Helper()
	for range 5 {
		time.Sleep(20 * time.Millisecond)
		again := m.screen()
		if again == screen || !done(again) {
			break
		}
		screen = again
	}
	return screen
}

func (m *tmux) waitText(text string) string {
	m.t.Helper()
	return m.waitFor(fmt.Sprintf("%q", text), func(s string) bool { return strings.Contains(s, text) })
}

// watch starts schedtop in the shell and waits for its lanes.
func (m *tmux) watch(args string) {
	m.t.Helper()
	m.run("clear; echo BEFORE; " + binary + " " + args)
	m.waitFor("lanes", func(s string) bool { return strings.Contains(s, "util") && lanesOf(s) > 0 })
}

// tab is the key of a view, which stands before its name on a wide terminal's last row.
func (m *tmux) tab(name string) string {
	m.t.Helper()
	before, _, _ := strings.Cut(foot(m.waitFor("the tab "+name, func(s string) bool {
		before, _, found := strings.Cut(foot(s), " "+name)
		return found && before != ""
	})), " "+name)
	return before[len(before)-1:]
}

// schedtopPID is the one child of the shell.
func (m *tmux) schedtopPID() int {
	m.t.Helper()
	shell := strings.TrimSpace(m.do("display", "-p", "#{pane_pid}"))
	children, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", shell, shell))
	if err != nil {
		m.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		m.t.Fatalf("the shell has not just one child: %q", children)
	}
	return pid
}

// waitShell waits until the shell asks for the next line, which would else be typed to somebody else.
func (m *tmux) waitShell() {
	m.t.Helper()
	m.waitFor("the shell's own screen", func(s string) bool {
		rows := strings.Split(strings.TrimRight(s, "\n"), "\n")
		return strings.HasPrefix(rows[len(rows)-1], prompt)
	})
}

// expectShell waits for the prompt and checks that nothing of the screen is left behind.
func (m *tmux) expectShell(status int) {
	m.t.Helper()
	m.waitShell()
	flags := strings.TrimSpace(m.do("display", "-p",
		"cursor #{cursor_flag} alternate #{alternate_on} keypad #{keypad_cursor_flag}#{keypad_flag} mouse #{mouse_any_flag}"))
	if flags != "cursor 1 alternate 0 keypad 00 mouse 0" {
		m.t.Errorf("modes of the terminal left behind: %s", flags)
	}
	screen := m.screen()
	rows := strings.Split(strings.TrimRight(screen, "\n"), "\n")
	if rows[0] != "BEFORE" || lanesOf(screen) > 0 {
		m.t.Errorf("what stood on the terminal before is not back:\n%s", screen)
	}
	// The shell's own words about a signal may stand between.
	if status == exitOK && len(rows) != 2 {
		m.t.Errorf("the prompt is not where it would be without a screen:\n%s", screen)
	}
	at := strings.TrimSpace(m.do("display", "-p", "#{cursor_y},#{cursor_x}"))
	if want := fmt.Sprintf("%d,%d", len(rows)-1, len(prompt)+1); at != want {
		m.t.Errorf("the cursor is at %s, not after the prompt at %s", at, want)
	}
	if got := m.shell("echo status=$s"); got != "status="+strconv.Itoa(status) {
		m.t.Errorf("exit status: %s, want %d", got, status)
	}
}

func (m *tmux) modes() string { return m.shell("stty -a") }

var laneRow = regexp.MustCompile(`(?m)^ (\d+) +\S.* (\d+ %|\d\.\d %|–|-) `)

// lanesOf counts the rows of Ps.
func lanesOf(screen string) int {
	_, below, _ := strings.Cut(screen, "\n P ")
	return len(laneRow.FindAllString(below, -1))
}

func TestScreenShowsALiveProcess(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "spinners", "-procs", "4", "-n", "4", "-agent"}}.run(t)
	m := startTmux(t, 120, 40, "SCHEDTOP_DIR="+w.dir)
	m.watch("-p " + w.p())
	sources := regexp.MustCompile(`memory (50|100) Hz, agent 1 s`) // a loaded machine has late timers
	busy := regexp.MustCompile(`(?m)^ [0-3] .*▇▇.* (100|9\d) % `)
	screen := m.waitFor("sources, four busy lanes and percentiles", func(s string) bool {
		return sources.MatchString(s) && len(busy.FindAllString(s, -1)) == 4 && lanesOf(s) == 4 &&
			regexp.MustCompile(`p99 +[\d.]`).MatchString(s)
	})
	header, _, _ := strings.Cut(screen, "\n")
	mustContain(t, header, "workload "+w.p(), localVersion(t), "up ", "live", "every 1 s")
	mustContain(t, screen, "GOMAXPROCS 4", " running", " in Go", "last ", "sched/s", "global queue",
		"q quit")
	if !regexp.MustCompile(`(?m)^ [0-3] .*▇▇.* G\d+ +main\.`).MatchString(screen) {
		t.Errorf("no lane shows its history and its goroutine:\n%s", screen)
	}
	m.keys("q")
}

func TestQuitLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	before := m.modes()
	m.watch("-p " + w.p())
	m.keys("q")
	m.expectShell(exitOK)
	if after := m.modes(); after != before {
		t.Errorf("stty before\n%s\nafter\n%s", before, after)
	}
}

func TestEverySignalRestoresTheTerminalAndTellsItself(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	for _, s := range []syscall.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGPIPE, syscall.SIGUSR1,
	} {
		s := s
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			m := startTmux(t, 100, 30, "ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigbus=0")
			before := m.modes()
			m.watch("-p " + w.p())
			if err := syscall.Kill(m.schedtopPID(), s); err != nil {
				t.Fatal(err)
			}
			m.expectShell(128 + int(s))
			if after := m.modes(); after != before {
				t.Errorf("stty before\n%s\nafter\n%s", before, after)
			}
		})
	}
}

func TestControlCEndsTheScreen(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	m.watch("-p " + w.p())
	m.keys("C-c")
	m.expectShell(128 + int(syscall.SIGINT))
}

func TestStopAndContinueKeepTheTerminalUsable(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	before := m.modes()
	m.watch("-p " + w.p())
	m.keys("C-z")
	m.waitText("Stopped")
	m.expectShell(128 + int(syscall.SIGTSTP))
	if stopped := m.modes(); stopped != before {
		t.Errorf("stty before\n%s\nstopped\n%s", before, stopped)
	}
	m.run("clear; echo BEFORE; fg >/dev/null")
	m.waitFor("lanes again", func(s string) bool { return lanesOf(s) == 2 })
	// A stop that can't be caught: only SIGCONT is seen.
	if err := syscall.Kill(m.schedtopPID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	m.waitText("Stopped")
	m.run("fg")
	m.waitFor("lanes again", func(s string) bool { return lanesOf(s) == 2 && !strings.Contains(s, "Stopped") })
	m.keys("q")
	m.expectShell(exitOK)
}

func TestClosedTerminalEndsTheScreen(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	m.watch("-p " + w.p())
	pid := m.schedtopPID()
	m.do("kill-pane")
	waitUntil(t, "the end of schedtop", func() bool { return syscall.Kill(pid, 0) != nil })
}

func TestScreenFollowsTheSizeOfTheTerminal(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "8"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p())
	for _, size := range [][2]int{{80, 24}, {40, 10}, {200, 50}, {39, 12}, {60, 9}, {100, 30}, {1, 1}, {120, 40}} {
		width, height := size[0], size[1]
		m.do("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
		m.waitFor(fmt.Sprintf("a picture of %dx%d", width, height), func(s string) bool {
			rows := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
			if len(rows) != height {
				return false
			}
			if width < 40 || height < 10 {
				want := fmt.Sprintf("%dx%d is too small", width, height)
				// A terminal of one cell has no room for a word; it must only do no harm.
				return lanesOf(s) == 0 && (width == 1 || strings.HasPrefix(rows[0], want))
			}
			return strings.Contains(rows[height-1], "q quit") && strings.Contains(rows[0], "live") &&
				lanesOf(s) >= 3 && (width < 150 || strings.Contains(s, "timers     M"))
		})
	}
	m.keys("q")
	m.expectShell(exitOK)
}

// A target that wants every CPU for itself must not take the screen along.
func TestKeysAnswerAndLanesStayFreshWhileTheTargetSpins(t *testing.T) {
	t.Parallel()
	procs := runtime.NumCPU()
	w := launch{args: []string{"-mode", "spinners", "-procs", itoa(procs), "-n", itoa(4 * procs), "-agent"}}.run(t)
	m := startTmux(t, 120, 40, "SCHEDTOP_DIR="+w.dir)
	m.watch("-p " + w.p())
	m.waitFor("busy lanes", func(s string) bool { return strings.Contains(s, "▇▇") })

	// Others may want the CPUs as well for a while, from which nothing follows.
	var stale string
	for range 5 {
		if stale = m.staysFresh(procs); stale == "" {
			break
		}
	}
	if stale != "" {
		t.Error(stale)
	}
	for _, key := range []struct {
		name string
		done func(s string) bool
	}{
		{m.tab("Threads"), func(s string) bool { return strings.Contains(s, " TID ") }},
		{m.tab("Latency"), func(s string) bool { return strings.Contains(s, "p99.9") }},
		{m.tab("Overview"), func(s string) bool { return lanesOf(s) == procs }},
		{"Space", func(s string) bool { return strings.Contains(header(s), "paused, ") }},
		{"End", func(s string) bool { return strings.Contains(header(s), "live") }},
	} {
		m.keys(key.name)
		m.waitFor("what key "+key.name+" does", key.done)
	}
	m.keys("q")
	m.expectShell(exitOK)
}

// staysFresh looks at the lanes for six seconds and tells what is wrong with them.
func (m *tmux) staysFresh(procs int) string {
	m.t.Helper()
	const looks = 60
	clock := regexp.MustCompile(`\d\d:\d\d:\d\d`)
	seconds := map[string]bool{}
	fresh := 0
	began := time.Now()
	for i := 0; i < looks; i++ {
		s := m.screen()
		seconds[clock.FindString(header(s))] = true
		if strings.Contains(header(s), "live") && !strings.Contains(s, " s old") && lanesOf(s) == procs {
			fresh++
		}
		time.Sleep(100 * time.Millisecond)
	}
	if fresh < looks*3/4 {
		return fmt.Sprintf("the lanes were fresh %d times of %d", fresh, looks)
	}
	if passed := int(time.Since(began).Seconds()); len(seconds) < passed/2 {
		return fmt.Sprintf("in %d s the screen showed %d different seconds", passed, len(seconds))
	}
	return ""
}

func TestLanesFollowGOMAXPROCS(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "spinners", "-n", "2", "-gomaxprocs-steps", "2,6", "-step-every", "3s"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p())
	for _, procs := range []int{2, 6, 2} {
		m.waitFor(fmt.Sprintf("%d lanes", procs), func(s string) bool {
			return lanesOf(s) == procs && strings.Contains(s, fmt.Sprintf("GOMAXPROCS %d", procs))
		})
	}
	m.keys("q")
}

func TestMoreLanesThanRowsCanBeScrolled(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "64"}}.run(t)
	m := startTmux(t, 80, 24)
	m.watch("-p " + w.p())
	screen := m.waitText("to P63")
	mustContain(t, screen, " more Ps: P", "\n 0 ")
	m.keys("G")
	m.waitFor("the last P", func(s string) bool { return strings.Contains(s, "\n 63 ") && !strings.Contains(s, "\n 0 ") })
	m.keys("Up")
	m.waitText("+1 more P: P63")
	m.keys("g")
	m.waitText("\n 0 ")
	m.keys("q")
}

func TestStoppedTargetIsShownAsStopped(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p())
	w.signal(t, syscall.SIGSTOP)
	m.waitFor("stopped", func(s string) bool { return strings.Contains(strings.SplitN(s, "\n", 2)[0], "stopped") })
	w.signal(t, syscall.SIGCONT)
	m.waitFor("live", func(s string) bool { return strings.Contains(strings.SplitN(s, "\n", 2)[0], "live") })
	m.keys("q")
}

func TestExitedTargetStaysOnTheScreenUntilQuit(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p())
	w.signal(t, syscall.SIGKILL)
	m.waitFor("the last lanes with their age", func(s string) bool {
		return regexp.MustCompile(`exited ([2-9]|\d\d) s ago`).MatchString(s) && lanesOf(s) == 2 &&
			strings.Contains(s, " s old")
	})
	m.keys("q")
	m.waitText("has exited")
	m.expectShell(exitExited)
}

func TestPickedProcessIsWatched(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "3"}}.run(t)
	m := startTmux(t, 120, 50)
	m.run("clear; echo BEFORE; " + binary)
	m.waitText("which one?")
	marked := regexp.MustCompile(`(?m)^> +(\d+) `) // by its PID: its age counts on
	selected := regexp.MustCompile(`(?m)^> +` + w.p() + ` .*workload .*schedtop/tests/workloads`)
	for !selected.MatchString(m.screen()) {
		before := marked.FindString(m.waitFor("a selected row", marked.MatchString))
		m.keys("Down")
		m.waitFor("the next row to be selected, and "+w.p()+" among them", func(s string) bool {
			now := marked.FindString(s)
			return now != "" && now != before
		})
	}
	m.keys("Enter")
	m.waitFor("three lanes", func(s string) bool { return strings.Contains(s, "workload "+w.p()) && lanesOf(s) == 3 })
	m.keys("q")
	m.expectShell(exitOK)
}

func TestSignalInThePickerRestoresTheTerminal(t *testing.T) {
	t.Parallel()
	_ = launch{args: []string{"-mode", "quiet"}}.run(t)
	m := startTmux(t, 100, 30)
	m.run("clear; echo BEFORE; " + binary)
	m.waitText("which one?")
	m.keys("C-c")
	m.expectShell(128 + int(syscall.SIGINT))
}

func TestUnusableTerminalIsOneSentence(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	m := startTmux(t, 160, 30) // the sentence in one line
	for _, term := range []string{"dumb", "nonsense", ""} {
		m.run("clear; echo BEFORE; TERM=" + term + " " + binary + " -p " + w.p())
		m.waitText("--batch")
		m.expectShell(exitFailed)
	}
}

func TestPlainTerminalsGetPlainCharacters(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "spinners", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	for _, how := range []string{"LC_ALL=C %s -p %s", "%s --ascii -p %s"} {
		m.run("clear; " + fmt.Sprintf(how, binary, w.p()))
		screen := m.waitFor("busy lanes", func(s string) bool { return strings.Contains(s, "###") && lanesOf(s) == 2 })
		if len(screen) != utf8.RuneCountInString(screen) {
			t.Errorf("%s: characters beyond ASCII:\n%s", how, screen)
		}
		m.keys("q")
		m.waitShell()
	}
}

func TestNoColorMeansNoColor(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "spinners", "-procs", "2"}}.run(t)
	m := startTmux(t, 100, 30)
	colour := regexp.MustCompile(`\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[0-9;]*m`)
	for how, want := range map[string]bool{"%s -p %s": true, "NO_COLOR=1 %s -p %s": false, "%s --color=never -p %s": false} {
		m.run("clear; " + fmt.Sprintf(how, binary, w.p()))
		m.waitFor("busy lanes", func(s string) bool { return strings.Contains(s, "▇▇") })
		if screen := m.do("capture-pane", "-p", "-e"); colour.MatchString(screen) != want {
			t.Errorf("%s: colours %v, want %v:\n%q", how, !want, want, screen)
		}
		m.keys("q")
		m.waitShell()
	}
}
