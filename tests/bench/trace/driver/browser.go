package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"
)

// The browser is measured on a terminal of its own, as a person would see it: by
// when something changes there, and when nothing does any longer.

const (
	columns, lines = 160, 50
	// Nothing was drawn for so long: it is done.
	quiet = 500 * time.Millisecond
	// From the whole trace down to single events.
	zoomSteps = 14
)

// screen is a program on a terminal.
type screen struct {
	cmd    *exec.Cmd
	master *os.File
	drawn  chan drawing
}

// drawing is what it wrote at once.
type drawing struct {
	at   time.Time
	text []byte
}

func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	ioctl := func(request uintptr, argument unsafe.Pointer) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(argument)); errno != 0 && err == nil {
			err = errno
		}
	}
	var locked, number int32
	size := [4]uint16{lines, columns}
	ioctl(syscall.TIOCSPTLCK, unsafe.Pointer(&locked))
	ioctl(syscall.TIOCGPTN, unsafe.Pointer(&number))
	ioctl(syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		_ = master.Close()
	}
	return master, slave, err
}

func show(program string, args ...string) (*screen, error) {
	master, slave, err := openTerminal()
	if err != nil {
		return nil, err
	}
	defer slave.Close()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		_ = master.Close()
		return nil, err
	}
	s := &screen{cmd, master, make(chan drawing, 1<<16)}
	go func() {
		defer close(s.drawn)
		buffer := make([]byte, 1<<16)
		for {
			n, err := master.Read(buffer)
			if err != nil {
				return
			}
			s.drawn <- drawing{time.Now(), bytes.Clone(buffer[:n])}
		}
	}()
	return s, nil
}

// settle returns when the first and the last of what follows was drawn. No time at
// all: nothing was.
func (s *screen) settle(patience time.Duration) (first, last time.Time) {
	for {
		wait := patience
		if !first.IsZero() {
			wait = quiet
		}
		select {
		case d, more := <-s.drawn:
			if !more {
				return first, last
			}
			if first.IsZero() {
				first = d.at
			}
			last = d.at
		case <-time.After(wait):
			return first, last
		}
	}
}

func (s *screen) press(key string) time.Time {
	began := time.Now()
	_, _ = s.master.WriteString(key)
	return began
}

func (s *screen) close() measure {
	rss := status(s.cmd.Process.Pid, "VmHWM")
	s.press("q")
	go func() {
		for range s.drawn { // until it has gone
		}
	}()
	err := s.cmd.Wait()
	_ = s.master.Close()
	return measure{
		cpu: s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime(),
		rss: rss, finished: err == nil, why: fmt.Sprint("failed: ", err),
	}
}

// browse measures one thing about the browser: see its users.
func browse(o *options, file string, what func(s *screen, began time.Time) time.Duration) measure {
	began := time.Now()
	s, err := show(o.schedtop, "trace", file)
	if err != nil {
		return failed(err)
	}
	wall := what(s, began)
	m := s.close()
	m.wall, m.moment = wall, true
	if wall == 0 {
		m.finished, m.why = false, "failed: nothing was drawn"
	}
	return m
}

func since(began, at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return at.Sub(began)
}

// firstScreen is the time until there is something to see.
func firstScreen(s *screen, began time.Time) time.Duration {
	first, _ := s.settle(10 * time.Second)
	return since(began, first)
}

// firstNumbers is the time until the Summary says something about the part that was
// read by then: its line about processors has their number.
func firstNumbers(s *screen, began time.Time) time.Duration {
	for d := range s.drawn {
		if bytes.Contains(d.text, []byte("GOMAXPROCS")) {
			return since(began, d.at)
		}
	}
	return 0
}

// wholeScreen is the time until all of the trace has been read and drawn.
func wholeScreen(s *screen, began time.Time) time.Duration {
	_, last := s.settle(10 * time.Second)
	return since(began, last)
}

// zoom goes into the timeline step by step and returns the slowest step: until it
// was drawn for the first time, or until what was drawn is exact.
func zoom(exact bool) func(s *screen, began time.Time) time.Duration {
	return func(s *screen, _ time.Time) time.Duration {
		s.settle(10 * time.Second)
		s.press("7") // the Timeline
		s.settle(10 * time.Second)
		var worst time.Duration
		for range zoomSteps {
			began := s.press("w")
			first, last := s.settle(2 * time.Second)
			if exact {
				first = last
			}
			worst = max(worst, since(began, first))
		}
		return worst
	}
}
