package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// Whatever ends a screen, the terminal is as it was: this file is the table of all screens and all ends.
// terminal_test.go looks at some of them through a terminal's eyes; here it is what was sent to one.

// A seat is a terminal of its own with a program on it.
type seat struct {
	t      *testing.T
	p      *process
	us     *os.File
	before syscall.Termios
	done   chan struct{}

	mu   sync.Mutex
	sent bytes.Buffer // what the program wrote to the terminal
}

func (s *seat) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.Write(b)
}

func (s *seat) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent.String()
}

func (s *seat) modes() (m syscall.Termios) {
	s.t.Helper()
	ioctl(s.t, s.us, syscall.TCGETS, unsafe.Pointer(&m))
	return m
}

// sit starts a command on a terminal, its own and its standard error, too, unless that goes elsewhere.
func sit(t *testing.T, cmd *exec.Cmd) *seat {
	t.Helper()
	us, them := openTerminal(t)
	s := &seat{t: t, us: us, done: make(chan struct{})}
	s.before = s.modes()
	cmd.Env = append(cmd.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8",
		"ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigbus=0")
	cmd.Stdin, cmd.Stdout = them, them
	if cmd.Stderr == nil {
		cmd.Stderr = them
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	s.p = start(t, cmd)
	_ = them.Close()
	go func() {
		_, _ = io.Copy(s, us)
		close(s.done)
	}()
	return s
}

func (s *seat) press(keys string) {
	s.t.Helper()
	// It may have ended by itself.
	_, _ = s.us.WriteString(keys)
}

// waitText waits until the program has drawn this, after the first `from` bytes of all it wrote.
func (s *seat) waitText(text string, from int) {
	s.t.Helper()
	waitUntil(s.t, fmt.Sprintf("%q on the terminal", text), func() bool {
		return strings.Contains(s.text()[from:], text)
	})
}

// hasEnded tells whether the program ends in time; a test of faults goes on without.
func (s *seat) hasEnded(limit time.Duration) bool {
	select {
	case <-s.p.ended:
		return true
	case <-time.After(limit):
		return false
	}
}

var (
	privateMode = regexp.MustCompile("\x1b\\[\\?([0-9;]+)([hl])")
	keypadMode  = regexp.MustCompile("\x1b[=>]")
	styles      = regexp.MustCompile("\x1b\\[[0-9;:]*m")
)

// The modes that a screen sets, by their numbers in DECSET.
var modeNames = map[string]string{
	"1": "cursor keys of an application", "25": "no cursor", "47": "alternate screen", "1047": "alternate screen",
	"1049": "alternate screen", "9": "mouse", "1000": "mouse", "1002": "mouse", "1003": "mouse", "1004": "focus",
	"1005": "mouse", "1006": "mouse", "1015": "mouse", "1016": "mouse", "2004": "bracketed paste",
	"2026": "update held back",
}

// leftOn tells which modes a program has set and not reset.
func leftOn(sent string) []string {
	on := map[string]bool{"25": true}
	for _, m := range privateMode.FindAllStringSubmatch(sent, -1) {
		for _, number := range strings.Split(m[1], ";") {
			on[number] = m[2] == "h"
		}
	}
	on["25"] = !on["25"]
	var left []string
	for number, set := range on {
		if name := modeNames[number]; set && name != "" {
			left = append(left, name)
		}
	}
	if all := keypadMode.FindAllString(sent, -1); len(all) > 0 && all[len(all)-1] == "\x1b=" {
		left = append(left, "keypad of an application")
	}
	if all := styles.FindAllString(sent, -1); len(all) > 0 {
		if last := all[len(all)-1]; last != "\x1b[m" && last != "\x1b[0m" && last != "\x1b[39;49m" {
			left = append(left, "colours")
		}
	}
	sort.Strings(left)
	return left
}

// expectRestored fails when the program, which has ended, left something on the terminal.
func (s *seat) expectRestored(t *testing.T) {
	t.Helper()
	<-s.done
	if left := s.wrong(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// wrong tells what of the terminal is not as it was before the program.
func (s *seat) wrong() []string {
	s.t.Helper()
	left := leftOn(s.text())
	if s.modes() != s.before {
		left = append(left, "modes of the line (stty)")
	}
	return left
}

// A stage is one of schedtop's screens.
type stage struct {
	name  string
	args  func(t *testing.T) []string
	ready string // is drawn when it is up
}

var stages = []stage{
	{"the live screen", func(t *testing.T) []string {
		w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
		return []string{"-p", w.p(), "-d", "100ms"}
	}, "sched/s"},
	{"the trace browser", func(*testing.T) []string {
		return []string{"trace", serviceTrace}
	}, "Wait to run"},
	{"the fleet", func(t *testing.T) []string {
		return []string{"--prometheus", fakeFleet(t), "-d", "100ms"}
	}, "instance"},
	{"the process list", func(t *testing.T) []string {
		launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
		return nil
	}, "which one?"},
	{"a replay at its end", func(*testing.T) []string {
		return []string{"--replay", "../data/leak.ndjson", "--speed", "max"}
	}, "end of the recording"},
}

const serviceTrace = "../data/service.trace.gz"

// fakeFleet serves what Prometheus would say of one instance.
func fakeFleet(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data := `["go_goroutines"]`
		if !strings.Contains(r.URL.Path, "/label/") {
			now := time.Now().Unix()
			data = fmt.Sprintf(`{"resultType":"vector","result":[{"metric":{"instance":"a:1","job":"api"},`+
				`"value":[%d,"%d"]}]}`, now, now)
		}
		_, _ = io.WriteString(w, `{"status":"success","data":`+data+`}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// A screenEnd is one way for a screen to end.
type screenEnd struct {
	name string
	sig  syscall.Signal // what it is told to have ended by; 0: it ends by itself
	end  func(s *seat)
}

func bySignal(sig syscall.Signal) screenEnd {
	return screenEnd{sig.String(), sig, func(s *seat) { s.p.signal(s.t, sig) }}
}

var screenEnds = []screenEnd{
	{"q", 0, func(s *seat) { s.press("q") }},
	bySignal(syscall.SIGINT),
	bySignal(syscall.SIGTERM),
	bySignal(syscall.SIGHUP),
	bySignal(syscall.SIGQUIT),
	bySignal(syscall.SIGSEGV),
	bySignal(syscall.SIGABRT),
	bySignal(syscall.SIGBUS),
	bySignal(syscall.SIGPIPE),
	bySignal(syscall.SIGALRM),
	bySignal(syscall.SIGVTALRM),
	bySignal(syscall.SIGIO),
	{"Ctrl-C", syscall.SIGINT, func(s *seat) { s.press("\x03") }},
	{"stopped with SIGSTOP, continued, then q", 0, func(s *seat) {
		s.p.signal(s.t, syscall.SIGSTOP)
		s.p.signal(s.t, syscall.SIGCONT)
		s.press("q")
	}},
}

func TestEveryScreenGivesTheTerminalBackWhateverEndsIt(t *testing.T) {
	t.Parallel()
	for _, stage := range stages {
		stage := stage
		t.Run(stage.name, func(t *testing.T) {
			t.Parallel()
			args := stage.args(t)
			for _, ending := range screenEnds {
				t.Run(ending.name, func(t *testing.T) {
					s := sit(t, exec.Command(binary, args...))
					s.waitText(stage.ready, 0)
					ending.end(s)
					status := s.p.wait(t, patience)
					<-s.done
					if want := 128 + int(ending.sig); ending.sig != 0 && status != want {
						t.Errorf("exit status %d, not %d", status, want)
					} else if ending.sig == 0 && status != exitOK {
						t.Errorf("exit status %d, not 0", status)
					}
					s.expectRestored(t)
				})
			}
		})
	}
}

// Memory ends while the screen is up: all allocations fail from then on. It may go on without, or end with a
// sentence, but neither fall nor leave the terminal as it is.
func TestFailedAllocationsGiveTheTerminalBack(t *testing.T) {
	t.Parallel()
	needsPlainAllocations(t)
	for _, stage := range stages {
		stage := stage
		t.Run(stage.name, func(t *testing.T) {
			t.Parallel()
			after := filepath.Join(t.TempDir(), "now")
			cmd := exec.Command(binary, stage.args(t)...)
			cmd.Env = faultEnv(t, "memory", "FAULT_MANY=1", "FAULT_AFTER="+after)
			s := sit(t, cmd)
			s.waitText(stage.ready, 0)
			if err := os.WriteFile(after, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			s.press("?\x1b:?2\x0c")
			time.Sleep(300 * time.Millisecond) // some snapshots, and what was pressed
			s.press("\x1b\x1bqq")
			status := s.p.wait(t, patience)
			<-s.done
			if status != exitOK && status != exitFailed {
				t.Errorf("exit status %d:\n%q", status, tailOf(s.text()))
			}
			s.expectRestored(t)
		})
	}
}

func tailOf(text string) string {
	const most = 600
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return text
}

// Ctrl-Z and fg, of a shell that is on the same terminal.
func TestEveryScreenGivesTheTerminalBackWhileItIsStopped(t *testing.T) {
	t.Parallel()
	for _, stage := range stages {
		stage := stage
		t.Run(stage.name, func(t *testing.T) {
			t.Parallel()
			stopped := filepath.Join(t.TempDir(), "stopped")
			shell := `set -m; "$0" "$@"; stty -g >'` + stopped + `.new'; mv '` + stopped + `.new' '` + stopped +
				`'; while [ -e '` + stopped + `' ]; do sleep 0.02; done; fg >/dev/null; exit $?`
			s := sit(t, exec.Command("bash", append([]string{"-c", shell, binary}, stage.args(t)...)...))
			s.waitText(stage.ready, 0)
			s.press("\x1a")
			waitUntil(t, "the shell to go on", func() bool { _, err := os.Stat(stopped); return err == nil })
			waitUntil(t, "the terminal to be as before while it is stopped", func() bool { return len(s.wrong()) == 0 })
			before := len(s.text())
			if err := os.Remove(stopped); err != nil {
				t.Fatal(err)
			}
			s.waitText(stage.ready, before)
			s.press("q")
			if status := s.p.wait(t, patience); status != exitOK {
				t.Errorf("exit status %d", status)
			}
			s.expectRestored(t)
		})
	}
}

// The terminal is gone, with the signal that tells so: nobody is left to restore it for, but nothing may stay.
func TestNoScreenOutlivesItsTerminal(t *testing.T) {
	t.Parallel()
	for _, stage := range stages {
		stage := stage
		t.Run(stage.name, func(t *testing.T) {
			t.Parallel()
			s := sit(t, exec.Command(binary, stage.args(t)...))
			s.waitText(stage.ready, 0)
			_ = s.us.Close()
			s.p.expectSignal(t, syscall.SIGHUP)
		})
	}
}

// What can't be executed is said in a sentence, on a terminal that nobody has touched.
func TestProgramThatCannotBeExecutedLeavesTheTerminalAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]int{
		filepath.Join(dir, "absent"): exitNoTarget,
		dir:                          exitPermission,
	} {
		s := sit(t, exec.Command(binary, "--", path))
		if status := s.p.wait(t, patience); status != want {
			t.Errorf("%s: exit status %d, not %d", path, status, want)
		}
		s.expectRestored(t)
		if text := s.text(); !strings.HasPrefix(text, "schedtop: ") || strings.Count(text, "\n") != 1 {
			t.Errorf("one sentence expected: %q", text)
		}
	}
}

// Other programs of this kind, by the same table, for the record: what they leave behind is told, not judged.
func TestWhatOtherProgramsLeaveOnTheTerminal(t *testing.T) {
	t.Parallel()
	if !slow {
		t.Skip("for the record alone: SCHEDTOP_ALL=1")
	}
	for _, peer := range []string{"htop", "btop"} {
		path, err := exec.LookPath(peer)
		if err != nil {
			t.Logf("%s is not here", peer)
			continue
		}
		tell := func(name string, s *seat) {
			verdict := "restored"
			if !s.hasEnded(5 * time.Second) {
				verdict = "has not ended after 5 s"
				_ = s.p.cmd.Process.Kill()
				<-s.p.ended
			}
			<-s.done
			if left := s.wrong(); verdict == "restored" && len(left) > 0 {
				verdict = fmt.Sprintf("left behind: %v", left)
			}
			t.Logf("%s, %s: %s (%v)", peer, name, verdict, s.p.cmd.ProcessState)
		}
		for _, end := range screenEnds {
			s := sit(t, exec.Command(path))
			s.waitText("\x1b[?1049h", 0)
			time.Sleep(500 * time.Millisecond) // nothing says that it is up
			end.end(s)
			tell(end.name, s)
		}
		after := filepath.Join(t.TempDir(), "now")
		cmd := exec.Command(path)
		cmd.Env = faultEnv(t, "memory", "FAULT_MANY=1", "FAULT_AFTER="+after)
		s := sit(t, cmd)
		s.waitText("\x1b[?1049h", 0)
		time.Sleep(500 * time.Millisecond)
		if err := os.WriteFile(after, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s.press("\x1bq")
		tell("all allocations fail", s)
		s = sit(t, exec.Command(path))
		s.waitText("\x1b[?1049h", 0)
		time.Sleep(500 * time.Millisecond)
		_ = s.us.Close()
		if !s.hasEnded(5 * time.Second) {
			t.Logf("%s, closed terminal: has not ended after 5 s", peer)
			_ = s.p.cmd.Process.Kill()
			continue
		}
		t.Logf("%s, closed terminal: %v", peer, s.p.cmd.ProcessState)
	}
}
