package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// openTerminal returns both ends of a new terminal of 120 x 32 cells.
func openTerminal(t *testing.T) (us, them *os.File) {
	t.Helper()
	us, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("needs a pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = us.Close() })
	var number, unlock uint32
	size := [4]uint16{32, 120}
	ioctl(t, us, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(t, us, syscall.TIOCGPTN, unsafe.Pointer(&number))
	ioctl(t, us, syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	them, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return us, them
}

func ioctl(t *testing.T, f *os.File, request uintptr, arg unsafe.Pointer) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg))
	}); err != nil || errno != 0 {
		t.Fatalf("ioctl %#x: %v %v", request, err, errno)
	}
}

// onTerminal runs schedtop with its screen on a terminal and stderr in a file; q ends it.
func onTerminal(t *testing.T, during func(screen *lines, log string), args ...string) (status int, screen *lines, log string) {
	t.Helper()
	us, them := openTerminal(t)
	log = filepath.Join(t.TempDir(), "sched.log")
	stderr, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = them, them, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p := start(t, cmd)
	_ = them.Close()
	_ = stderr.Close()
	screen = newLines()
	drained := make(chan struct{})
	go func() {
		_, _ = io.Copy(screen, us)
		close(drained)
	}()
	during(screen, log)
	if _, err := us.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	status = p.wait(t, patience)
	<-drained
	return status, screen, log
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// `schedtop -p PID 2>sched.log` shows the screen and keeps a log that every reader of schedtrace reads.
func TestScreenLogsSnapshotsToRedirectedStderr(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "4"}}.run(t)
	var differences []difference
	status, _, log := onTerminal(t, func(_ *lines, log string) {
		waitUntil(t, "5 snapshots in the log", func() bool { return len(parseTraces(readLines(t, log))) >= 5 })
		for range attempts { // something of the runtime itself may get in between
			batch := schedtop(t, "-p", w.p(), "--batch", "-n", "1", "--source", "memory")
			batch.expect(t, exitOK)
			want, got := parseTraces(batch.stdout), parseTraces(readLines(t, log))
			if len(want) != 1 {
				t.Fatalf("one snapshot expected: schedtop %v", batch)
			}
			if differences = compare(want[0], got[len(got)-1]); len(differences) == 0 {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
	}, "-p", w.p(), "-d", "200ms", "--source", "memory")
	if status != exitOK {
		t.Errorf("q is exit status %d", status)
	}
	for _, line := range readLines(t, log) {
		if !strings.HasPrefix(line, "SCHED ") && !strings.HasPrefix(line, "# ") {
			t.Errorf("neither a snapshot nor a comment in the log: %q", line)
		}
	}
	if len(differences) > 0 {
		t.Errorf("the log differs from --batch:\n%s", list(differences))
	}
}

func TestLogOfAnUnreadableTargetSaysWhatIsUnknown(t *testing.T) {
	t.Parallel()
	w := launch{build: unreadable, args: []string{"-mode", "quiet"}}.run(t)
	_, _, log := onTerminal(t, func(_ *lines, log string) {
		waitUntil(t, "incomplete lines in the log", func() bool {
			return count(readLines(t, log), "# incomplete: ") >= 2
		})
	}, "-p", w.p(), "-d", "100ms")
	if n := len(parseTraces(readLines(t, log))); n != 0 {
		t.Errorf("%d lines with numbers that nobody can know", n)
	}
}

func TestHostileProgramNameNeverReachesTheScreen(t *testing.T) {
	t.Parallel()
	exe := filepath.Join(t.TempDir(), hostile)
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	w := launch{exe: exe, argv0: hostile, args: []string{"-mode", "quiet"}}.run(t)
	_, screen, _ := onTerminal(t, func(screen *lines, _ string) {
		waitUntil(t, "the program's name and its lanes", func() bool {
			text := screen.bytes()
			return strings.Contains(text, "evil") && strings.Contains(text, "sched/s")
		})
	}, "-p", w.p(), "-d", "200ms")
	text := screen.bytes()
	for _, part := range []string{"\x1b]0;owned", "owned\a", "\u009b2J", "\xff"} {
		if strings.Contains(text, part) {
			t.Errorf("%q of the program's name reached the terminal", part)
		}
	}
}

// sees waits until a text is among the bytes that a terminal got, and keeps reading afterwards.
func sees(t *testing.T, us *os.File, text string) {
	t.Helper()
	screen := newLines()
	go func() { _, _ = io.Copy(screen, us) }()
	waitUntil(t, fmt.Sprintf("%q on the terminal", text), func() bool { return strings.Contains(screen.bytes(), text) })
}

// screenOn starts schedtop on a terminal, which may be the one that sends it signals.
func screenOn(t *testing.T, them *os.File, controlling bool, args ...string) *process {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8", "ASAN_OPTIONS=handle_abort=0")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = them, them, them
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: controlling}
	p := start(t, cmd)
	_ = them.Close()
	return p
}

// expectSignal waits for the end and checks that it was this signal's doing.
func (p *process) expectSignal(t *testing.T, want syscall.Signal) {
	t.Helper()
	p.wait(t, patience)
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != want {
		t.Errorf("it ended by %v, not by %v", p.cmd.ProcessState, want)
	}
}

// The other end of the terminal goes away: with the signal that tells so, and where nobody sends one.
func TestClosedTerminalIsToldAsAHangup(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet", "-procs", "2"}}.run(t)
	for _, controlling := range []bool{true, false} {
		us, them := openTerminal(t)
		p := screenOn(t, them, controlling, "-p", w.p())
		sees(t, us, "sched/s")
		_ = us.Close()
		p.expectSignal(t, syscall.SIGHUP)
	}
}

// A terminal that takes no output, as when its line is down: writing to it must not be waited for.
func TestSignalEndsTheScreenOfATerminalThatTakesNothing(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "mixed", "-procs", "4"}}.run(t)
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGABRT} {
		us, them := openTerminal(t)
		p := screenOn(t, them, true, "-p", w.p(), "-d", "100ms")
		// Every ^L is a whole picture; the kernel keeps 64 KiB of them.
		for i := 0; i < 60; i++ {
			if _, err := us.WriteString("\f"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if err := p.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		p.expectSignal(t, s)
	}
}
