package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"schedtop/tests/bench/seat"
)

// A stand is where one part has its things: the schedtop that is looked at, the programs that it looks at, and a
// directory of its own.
type stand struct {
	part
	programs
	dir    string
	until  time.Time
	life   string // of what it looks at, which is always started with the same arguments
	random *rand.Rand

	child   *seat.Child // the schedtop
	target  *seat.Child // what it looks at; nil: a file
	hand    hand
	counts  map[string]int // of what the part counts
	why     string         // something failed
	page    string         // as it was in the end
	screens bool           // its keys are timed
	alone   timings        // while all others held still
	failed  bool

	looks    []look
	promises []promise
}

func newStand(p part, programs programs, dir string, until time.Time, seed int64) *stand {
	return &stand{part: p, programs: programs, dir: filepath.Join(dir, p.name), until: until,
		life: (time.Until(until) + 10*time.Minute).Round(time.Second).String(), random: rand.New(rand.NewSource(seed)), counts: map[string]int{}}
}

func (s *stand) promise(kept bool, text, format string, args ...any) {
	s.promises = append(s.promises, promise{text, fmt.Sprintf(format, args...), kept})
}

// over tells that it is time to stop.
func (s *stand) over() bool { return time.Now().After(s.until) }

// wait lets the others work.
func (s *stand) wait() error {
	time.Sleep(time.Until(s.until))
	return nil
}

// note keeps in mind that something went wrong, with its reason.
func (s *stand) note(err error) {
	if err != nil {
		s.failed = true
		s.promise(false, s.name+"_works_until_the_end", "%v", err)
	}
}

// run is a part from its beginning until the time is over.
func (s *stand) run() {
	err := os.Mkdir(s.dir, 0o700)
	if err == nil {
		err = s.start(s)
	}
	if err == nil {
		stop, looked := make(chan struct{}), new(sync.WaitGroup)
		looked.Add(1)
		go func() {
			defer looked.Done()
			s.lookOften(stop)
		}()
		err = s.work(s)
		close(stop)
		looked.Wait()
	}
	s.note(err)
}

// finish ends what goes on, and says what has come of it.
func (s *stand) finish() {
	if !s.failed {
		s.note(s.judge())
	}
	s.stopTarget()
	if s.child != nil {
		s.child.Stop()
	}
}

// lookOften looks at the schedtop twice a second, or less often where the soak is long.
func (s *stand) lookOften(stop <-chan struct{}) {
	const most = 2000
	began := time.Now()
	interval := max(500*time.Millisecond, time.Until(s.until)/most)
	for {
		if l, err := takeLook(s.child.Pid(), time.Since(began)); err == nil {
			s.looks = append(s.looks, l)
		}
		select {
		case <-stop:
			return
		case <-time.After(interval):
		}
	}
}

// judge ends the schedtop and says what has come of it.
func (s *stand) judge() error {
	if s.name != "echo" {
		g, err := measureGrowth(s.looks)
		if err != nil {
			return err
		}
		s.promises = append(s.promises, g.promises(s.name)...)
		if err := s.end(); err != nil {
			return err
		}
	}
	if s.ended != nil {
		s.ended(s)
	}
	return nil
}

// end asks the schedtop to end and waits until it has.
func (s *stand) end() error {
	const patience = 20 * time.Second
	if err := s.child.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- s.child.Cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(patience):
		return fmt.Errorf("it goes on %v after SIGTERM", patience)
	}
	if s.child.Read != nil {
		<-s.child.Read
	}
	status, ok := s.child.Cmd.ProcessState.Sys().(syscall.WaitStatus)
	s.promise(ok && (status.Signal() == syscall.SIGTERM || status.ExitStatus() == 128+int(syscall.SIGTERM)),
		s.name+"_ends_when_it_is_told_to", "%v", s.child.Cmd.ProcessState)
	return nil
}

// startTarget starts what is looked at. It gives way to those who look, as their answers are timed.
func (s *stand) startTarget(program string, args ...string) error {
	target, err := seat.StartReady("nice", append([]string{"-n", "10", program, "-for", s.life}, args...)...)
	if err == nil {
		s.target = target
	}
	return err
}

// ownWorkload makes a program of the workload that has a name of its own. Who is forked by others while it is being
// written would hold it open, and then it could not be started.
func (s *stand) ownWorkload() error {
	program, err := os.ReadFile(s.workload)
	if err != nil {
		return err
	}
	s.workload = filepath.Join(s.dir, fmt.Sprintf("%s%d", s.name, os.Getpid()))
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(s.workload, program, 0o700)
}

func (s *stand) stopTarget() {
	if s.target == nil {
		return
	}
	if s.target.Cmd.Process.Signal(syscall.SIGTERM) == nil {
		_ = s.target.Cmd.Wait()
	}
	s.target = nil
}

// startScreen runs schedtop on a terminal.
func (s *stand) startScreen(args ...string) (err error) {
	s.screens = true
	s.child, err = seat.StartScreen(screenWidth, screenHeight, nil, s.schedtop, args...)
	return err
}

// startLined runs schedtop without a screen and counts the lines that it prints.
func (s *stand) startLined(args ...string) error {
	child, err := seat.StartLined(func([]byte) { s.counts["lines"]++ }, s.schedtop, args...)
	s.child = child
	return err
}

// startQuiet runs schedtop without a screen, where it prints nothing or nobody reads it.
func (s *stand) startQuiet(args ...string) (err error) {
	s.child, err = seat.Start(s.schedtop, args...)
	return err
}

// targetPid is the number of what is looked at, as an argument.
func (s *stand) targetPid() string { return strconv.Itoa(s.target.Pid()) }

// filesIn counts those below a directory of this part, by how their names end; and sums up what they take.
func (s *stand) filesIn(name, suffix string) (files int, bytes int64, others []string) {
	entries, err := os.ReadDir(filepath.Join(s.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		others = append(others, err.Error())
	}
	for _, entry := range entries {
		info, err := entry.Info()
		switch {
		case err != nil:
			others = append(others, err.Error())
		case filepath.Ext(entry.Name()) == suffix:
			files++
			bytes += info.Size()
		case info.Size() > 64 || entry.IsDir(): // a lock says who has it
			others = append(others, entry.Name())
		}
	}
	return files, bytes, others
}

func (s *stand) tellLooks(to io.Writer) {
	for _, l := range s.looks {
		fmt.Fprintf(to, "%s %.1f %d %d %d %d %d\n", s.name, l.at.Seconds(), l.resident, l.own, l.fds, l.threads, l.children)
	}
}
