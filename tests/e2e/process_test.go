package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take on a loaded machine before it counts as a hang.
const patience = 90 * time.Second

// lines collects a stream and lets a test wait for what it says.
type lines struct {
	mu      sync.Mutex
	text    []string
	partial []byte
	closed  bool
	changed chan struct{}
}

func newLines() *lines { return &lines{changed: make(chan struct{})} }

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.partial = append(l.partial, b...)
	for {
		end := bytes.IndexByte(l.partial, '\n')
		if end < 0 {
			break
		}
		l.text = append(l.text, string(l.partial[:end]))
		l.partial = l.partial[end+1:]
	}
	l.wake()
	return len(b), nil
}

func (l *lines) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.wake()
}

func (l *lines) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// all returns the complete lines so far.
func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.text...)
}

// bytes is all that has come, with the line that is not complete.
func (l *lines) bytes() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.text, "\n") + string(l.partial)
}

// waitFor returns when done(lines so far) is true; it fails the test when the stream ends before, or
// never gets there.
func (l *lines) waitFor(t *testing.T, what string, done func(text []string) bool) []string {
	t.Helper()
	limit := time.After(patience)
	for {
		l.mu.Lock()
		text, closed, changed := append([]string(nil), l.text...), l.closed, l.changed
		l.mu.Unlock()
		if done(text) {
			return text
		}
		if closed {
			t.Fatalf("output ended before %s:\n%s", what, tail(text))
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("no %s within %v:\n%s", what, patience, tail(text))
		}
	}
}

func tail(text []string) string {
	const most = 20
	if len(text) > most {
		text = append([]string{"…"}, text[len(text)-most:]...)
	}
	return strings.Join(text, "\n")
}

// A process is a child whose output is collected and which never outlives its test.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *lines
	ended          chan struct{}
	began          time.Time
	took           time.Duration
	peak           atomic.Int64 // resident set, bytes
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, stdout: newLines(), stderr: newLines(), ended: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.stderr
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.WaitDelay = 3 * time.Second // for what others still hold open, not for what it wrote
	p.began = time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	go func() {
		_ = cmd.Wait()
		p.took = time.Since(p.began)
		p.stdout.close()
		p.stderr.close()
		close(p.ended)
	}()
	go p.watchPeak()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// watchPeak asks for the high-water mark while the process runs. What wait4 tells is no less than this
// program's own size, because the process began as a copy of it.
func (p *process) watchPeak() {
	mark := regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`)
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
		if found := mark.FindSubmatch(status); found != nil {
			kib, _ := strconv.ParseInt(string(found[1]), 10, 64)
			p.peak.Store(kib << 10)
		}
		select {
		case <-p.ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("signal %v to %v: %v", s, p.cmd.Args, err)
	}
}

// wait returns the exit status, as a shell has it; a process that doesn't end in time hangs, and fails
// the test.
func (p *process) wait(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(limit):
		t.Fatalf("hangs: %v has not ended after %v\nstdout: %s\nstderr: %s", p.cmd.Args, limit,
			tail(p.stdout.all()), tail(p.stderr.all()))
	}
	return exitStatus(p.cmd)
}

func exitStatus(cmd *exec.Cmd) int {
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

// A result is a finished run of schedtop.
type result struct {
	args           []string
	status         int
	stdout, stderr []string
	took           time.Duration
	peak           int64 // resident set, bytes
}

// schedtop runs it to its end.
func schedtop(t *testing.T, args ...string) result {
	t.Helper()
	return finish(t, startSchedtop(t, args...))
}

func startSchedtop(t *testing.T, args ...string) *process {
	t.Helper()
	return start(t, exec.Command(binary, args...))
}

func finish(t *testing.T, p *process) result {
	t.Helper()
	r := result{args: p.cmd.Args[1:], status: p.wait(t, patience), took: p.took}
	r.stdout, r.stderr = p.stdout.all(), p.stderr.all()
	r.peak = p.peak.Load()
	return r
}

func (r result) String() string {
	return strings.Join(r.args, " ") + "\nexit status " + itoa(r.status) +
		"\nstdout:\n" + tail(r.stdout) + "\nstderr:\n" + tail(r.stderr)
}

func (r result) expect(t *testing.T, status int) {
	t.Helper()
	if r.status != status {
		t.Fatalf("exit status %d expected: schedtop %v", status, r)
	}
}

// sentences returns what schedtop told the user: stderr, and the comments among the snapshots. The
// lines that stand for a snapshot with unknown fields are no messages.
func (r result) sentences() []string {
	var all []string
	for _, line := range r.stderr {
		all = append(all, strings.TrimPrefix(line, "# "))
	}
	for _, line := range r.stdout {
		if rest, ok := strings.CutPrefix(line, "# "); ok && !strings.HasPrefix(rest, "incomplete:") {
			all = append(all, rest)
		}
	}
	return all
}

// oneSentence fails unless schedtop said exactly one thing, and that is readable.
func (r result) oneSentence(t *testing.T) string {
	t.Helper()
	said := r.sentences()
	if len(said) != 1 {
		t.Fatalf("one clear sentence expected, not %d: schedtop %v", len(said), r)
	}
	checkPlain(t, said[0])
	if len(said[0]) < 15 || !strings.Contains(said[0], " ") {
		t.Errorf("no sentence: %q", said[0])
	}
	return said[0]
}

// checkPlain fails on anything that a terminal would obey.
func checkPlain(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r == '\n' || r == '\t' {
			continue
		}
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\uFFFD' {
			t.Errorf("control character or broken UTF-8 in %q", text)
			return
		}
	}
}

// tryRead reads until the end or an error, and says how much came.
func tryRead(r io.Reader) (n int64, err error) {
	n, err = io.Copy(io.Discard, r)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}
