package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// traceClientEnv makes the test binary a client that asks the socket it names for a trace.
const traceClientEnv = "SCHEDTOP_E2E_TRACE_CLIENT"

func traceClient(socket string) int {
	c, err := net.Dial("unix", socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(c, "GET /v1/trace?seconds=20 HTTP/1.1\r\nHost: agent\r\n\r\n")
	r := bufio.NewReader(c)
	status, err := r.ReadString('\n')
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Print(status)
	_, _ = tryRead(r)
	return 0
}

// A trace that nobody takes piles up in the target, until it dies of it: ~90 MB/s were measured.
const traceGrowth = 64 << 20

func TestTraceClientStoppedBySignalLeavesTheTargetWell(t *testing.T) {
	w := launch{args: []string{"-mode", "mixed", "-agent"}}.run(t)
	before := residentBytes(t, w.pid())
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), traceClientEnv+"="+w.socket(t))
	c := start(t, cmd)
	status := c.stdout.waitFor(t, "status line", func(text []string) bool { return len(text) > 0 })
	if !strings.Contains(status[0], " 200 ") {
		t.Fatalf("no trace: %s", status[0])
	}
	time.Sleep(time.Second)
	c.signal(t, syscall.SIGSTOP)
	staysBounded(t, w, before)
	if n := captureTrace(t, w.socket(t), 1); n == 0 {
		t.Error("the next trace is empty")
	}
}

func TestTraceClientThatStopsReadingLeavesTheTargetWell(t *testing.T) {
	w := launch{args: []string{"-mode", "mixed", "-agent"}}.run(t)
	before := residentBytes(t, w.pid())
	c, err := net.Dial("unix", w.socket(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "GET /v1/trace?seconds=20 HTTP/1.1\r\nHost: agent\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 512)); err != nil {
		t.Fatal(err)
	}
	staysBounded(t, w, before)
	if n := captureTrace(t, w.socket(t), 1); n == 0 {
		t.Error("the next trace is empty")
	}
}

// staysBounded watches the target's memory for longer than a trace's writer may wait.
func staysBounded(t *testing.T, w *workload, before int64) {
	t.Helper()
	for limit := time.Now().Add(8 * time.Second); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
		if now := residentBytes(t, w.pid()); now > before+traceGrowth {
			t.Fatalf("the target grew from %d to %d MiB while nobody read its trace", before>>20, now>>20)
		}
	}
}

func residentBytes(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "statm"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
