package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A program that needs more is stopped and reported as not finished.
const memoryCap = 12 << 30

const patience = 30 * time.Minute

type measure struct {
	wall, cpu time.Duration
	rss       int64 // bytes, the most it ever had
	finished  bool
	why       string // when it did not finish
	moment    bool   // of a longer run: wall is no time in which all was read
}

// status reads a number of kB from /proc.
func status(pid int, key string) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, key+":"); ok {
			var kb int64
			_, _ = fmt.Sscan(rest, &kb)
			return kb << 10
		}
	}
	return 0
}

// watch is what was seen of a process while it ran.
type watch struct {
	why     string // it was killed
	peak    int64  // of its memory, bytes
	stopped chan struct{}
}

// guard kills the process when it passes the cap or takes for ever. The watch is
// complete once done was closed and stopped received.
func guard(cmd *exec.Cmd, done <-chan struct{}) *watch {
	w := &watch{stopped: make(chan struct{})}
	began := time.Now()
	go func() {
		defer close(w.stopped)
		for {
			pause := 20 * time.Millisecond
			if time.Since(began) < time.Second {
				pause = 2 * time.Millisecond // those that are done soon
			}
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
			w.peak = max(w.peak, status(cmd.Process.Pid, "VmHWM"))
			if w.peak > memoryCap {
				w.why = fmt.Sprintf("not finished: it passed %d GiB", memoryCap>>30)
			} else if time.Since(began) > patience {
				w.why = "not finished: it took too long"
			}
			if w.why != "" {
				_ = cmd.Process.Kill()
				return
			}
		}
	}()
	return w
}

// peakOf is the most memory that the process had. The kernel counts what its
// parent had when it was forked, too: a number that is no larger tells nothing,
// and what was seen from outside takes its place.
func peakOf(state *os.ProcessState, seen int64) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok || usage.Maxrss<<10 <= status(os.Getpid(), "VmHWM") {
		return seen
	}
	return usage.Maxrss << 10
}

func failed(err error) measure {
	return measure{why: "failed: " + err.Error()}
}

// found is the exit status of a doctor who found something, which is no failure.
const found = 10

// finish waits for the process and says what it took.
func finish(cmd *exec.Cmd, began time.Time) measure {
	done := make(chan struct{})
	w := guard(cmd, done)
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() == found {
		err = nil
	}
	m := measure{wall: time.Since(began), finished: err == nil}
	close(done)
	<-w.stopped
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	m.rss = peakOf(cmd.ProcessState, w.peak)
	if err != nil {
		m.why = "failed: " + err.Error()
	}
	if w.why != "" {
		m.why = w.why
	}
	return m
}

func command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func run(name string, args ...string) measure {
	cmd := command(name, args...)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return failed(err)
	}
	return finish(cmd, began)
}

// runPiped gives it the file through a pipe.
func runPiped(file, name string, args ...string) measure {
	f, err := os.Open(file)
	if err != nil {
		return failed(err)
	}
	defer f.Close()
	cmd := command(name, args...)
	cmd.Stdin = struct{ io.Reader }{f} // not a file, so that there is a pipe between
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return failed(err)
	}
	return finish(cmd, began)
}

// runServer runs go tool trace until a browser would have seen this page of it.
func runServer(tool, page, file string) measure {
	cmd := command(tool, "-http=127.0.0.1:0", file)
	cmd.Env = append(os.Environ(), "BROWSER=true")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return failed(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return failed(err)
	}
	done := make(chan struct{})
	w := guard(cmd, done)
	m := measure{why: "failed: it never served its page"}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		_, address, ok := strings.Cut(lines.Text(), "listening on ")
		if !ok {
			continue
		}
		if answer, err := http.Get(strings.TrimSpace(address) + page); err == nil {
			_, err := io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			m = measure{finished: err == nil && answer.StatusCode == http.StatusOK}
		}
		break
	}
	m.wall = time.Since(began)
	m.rss = status(cmd.Process.Pid, "VmHWM")
	close(done)
	<-w.stopped
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if w.why != "" {
		m.finished, m.why = false, w.why
	}
	return m
}
