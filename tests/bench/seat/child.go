package seat

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// A Child is a process that ends with us: with the thread that started it, to be exact.
type Child struct {
	Cmd  *exec.Cmd
	Out  *bufio.Reader // its stdout, unless it got a terminal
	Term *Terminal     // nil: it got none
	Read chan struct{} // of StartLined: closed when all of it is read
}

// Pid is its number.
func (c *Child) Pid() int { return c.Cmd.Process.Pid }

// Stop kills it, whatever it does.
func (c *Child) Stop() {
	_ = c.Cmd.Process.Signal(syscall.SIGCONT)
	_ = c.Cmd.Process.Kill()
	_ = c.Cmd.Wait()
	if c.Term != nil {
		c.Term.close()
	}
}

// Pause stops a watcher from watching, without what starting it costs.
func (c *Child) Pause() error { return c.Cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets it go on.
func (c *Child) Resume() error { return c.Cmd.Process.Signal(syscall.SIGCONT) }

// Start runs a program whose output nobody reads.
func Start(name string, args ...string) (*Child, error) {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Child{Cmd: cmd}, nil
}

// StartReady runs a workload and waits until it says that it is up.
func StartReady(name string, args ...string) (*Child, error) {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c := &Child{Cmd: cmd, Out: bufio.NewReader(pipe)}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for {
		line, err := c.Out.ReadString('\n')
		if err != nil {
			c.Stop()
			return nil, fmt.Errorf("%s ended before it was up: %w", name, err)
		}
		if strings.HasPrefix(line, "READY ") {
			return c, nil
		}
	}
}

// StartLined runs a program and shows each line that it prints to somebody, on a goroutine of its own.
func StartLined(show func(line []byte), name string, args ...string) (*Child, error) {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// Not StdoutPipe: Wait would close that before all of it is read.
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = theirs
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		_ = ours.Close()
		return nil, err
	}
	c := &Child{Cmd: cmd, Read: make(chan struct{})}
	go func() {
		defer close(c.Read)
		defer func() { _ = ours.Close() }()
		const lineMost = 64 << 20
		lines := bufio.NewScanner(ours)
		lines.Buffer(make([]byte, 64<<10), lineMost)
		for lines.Scan() {
			show(lines.Bytes())
		}
	}()
	return c, nil
}
