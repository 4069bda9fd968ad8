package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// A child is a process that ends with its bench.
type child struct {
	cmd  *exec.Cmd
	out  *bufio.Reader // its stdout, unless it got a terminal
	term *os.File      // the other end of its terminal
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGCONT)
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	if c.term != nil {
		_ = c.term.Close()
	}
}

// pause and resume stop a watcher from watching, without what starting it costs.
func (c *child) pause() error  { return c.cmd.Process.Signal(syscall.SIGSTOP) }
func (c *child) resume() error { return c.cmd.Process.Signal(syscall.SIGCONT) }

// start runs a program whose output nobody reads.
func start(name string, args ...string) (*child, error) {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return &child{cmd: cmd}, cmd.Start()
}

// startReady runs a workload and waits until it says that it is up.
func startReady(name string, args ...string) (*child, error) {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, out: bufio.NewReader(pipe)}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			c.stop()
			return nil, fmt.Errorf("%s ended before it was up: %w", name, err)
		}
		if strings.HasPrefix(line, "READY ") {
			return c, nil
		}
	}
}

// ioctl numbers of <asm-generic/ioctls.h>.
const (
	tiocsptlck = 0x40045431
	tiocgptn   = 0x80045430
	tiocswinsz = 0x5414
)

func ioctl(f *os.File, request uintptr, argument unsafe.Pointer) error {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument))
	if errno != 0 {
		return errno
	}
	return nil
}

// startScreen runs a program on a terminal of 120x40 whose output is read and thrown away.
func startScreen(env []string, name string, args ...string) (*child, error) {
	term, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	var number, unlock int32
	size := [4]uint16{40, 120}
	for _, call := range []struct {
		request  uintptr
		argument unsafe.Pointer
	}{
		{tiocsptlck, unsafe.Pointer(&unlock)},
		{tiocgptn, unsafe.Pointer(&number)},
		{tiocswinsz, unsafe.Pointer(&size)},
	} {
		if err := ioctl(term, call.request, call.argument); err != nil {
			return nil, fmt.Errorf("a new terminal: %w", err)
		}
	}
	side, err := os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = side.Close() }()
	cmd := exec.Command(name, args...)
	cmd.Env = append(append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8"), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = side, side, side
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	c := &child{cmd: cmd, term: term}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _, _ = io.Copy(io.Discard, term) }()
	return c, nil
}

// cpuTime is what all threads of a process have used so far, to the nanosecond.
func cpuTime(pid int) (time.Duration, error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	tasks, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, task := range tasks {
		text, err := os.ReadFile(dir + "/" + task.Name() + "/schedstat")
		if err != nil {
			return 0, err
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}

// rss is VmRSS in bytes.
func rss(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("process %d tells no VmRSS", pid)
}
