package agent

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"schedtop/agent/internal/rtmetrics"
	"schedtop/agent/internal/unstripped"
)

// The servers whose cost is compared, each in a process of its own: the test binary started again.
var costServers = map[string]func(dir string) error{
	"echo":    serveEcho,
	"nethttp": serveNetHTTP,
	"agent": func(dir string) error {
		a, err := Listen(Options{Dir: dir})
		if err == nil {
			err = os.Rename(a.Path(), filepath.Join(dir, "socket"))
		}
		return err
	},
}

const costServerEnv = "AGENT_TEST_COST_SERVER" // NAME:DIR

func TestMain(m *testing.M) {
	if name, dir, ok := strings.Cut(os.Getenv(costServerEnv), ":"); ok {
		if err := costServers[name](dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark closes the pipe or dies
		os.Exit(0)
	}
	os.Exit(unstripped.Main(m))
}

// serveEcho is the least that a Go program can do for a client: read, write the same bytes.
func serveEcho(dir string) error {
	listener, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				b := make([]byte, 4096)
				for {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					if _, err = c.Write(b[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return nil
}

// serveNetHTTP is what the agent would be built on otherwise, with a handler that does nothing.
func serveNetHTTP(dir string) error {
	listener, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		return err
	}
	body := []byte(strings.Repeat("x", 1000))
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	}()
	return nil
}

type costClient struct {
	cmd   *exec.Cmd
	conn  net.Conn
	in    *bufio.Reader
	stdin io.Closer
	echo  bool
	path  string
	cpu   time.Duration // spent by the server on requests that count
}

func startCost(b *testing.B, server, path string) *costClient {
	dir := b.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), costServerEnv+"="+server+":"+dir)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	c := &costClient{cmd: cmd, stdin: stdin, echo: server == "echo", path: path}
	for deadline := time.Now().Add(10 * time.Second); c.conn == nil; time.Sleep(10 * time.Millisecond) {
		if c.conn, err = net.Dial("unix", filepath.Join(dir, "socket")); err != nil && time.Now().After(deadline) {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() { c.conn.Close() })
	c.in = bufio.NewReaderSize(c.conn, 64<<10)
	return c
}

// cpuTime reads the CPU clock of another process, which counts nanoseconds.
func cpuTime(b *testing.B, pid int) time.Duration {
	clock := uintptr(^pid<<3 | 2) // clock_getcpuclockid(3)
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		b.Fatal(errno)
	}
	return time.Duration(ts.Nano())
}

func (c *costClient) request(b *testing.B) {
	if _, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", c.path); err != nil {
		b.Fatal(err)
	}
	if c.echo {
		for line := "x"; line != "\r\n"; {
			var err error
			if line, err = c.in.ReadString('\n'); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		b.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n < 100 || answer.StatusCode != 200 {
		b.Fatal(answer.Status, n, err)
	}
}

// BenchmarkAt10Hz compares what ten requests a second cost the process that serves them, all servers
// in the same run: run it with -benchtime=100x. The processes are idle otherwise, as real ones are
// for the agent's part: what counts is being woken, with cold caches.
func BenchmarkAt10Hz(b *testing.B) {
	names := []string{"echo", "nethttp", "info", "sched", "metrics"}
	clients := map[string]*costClient{
		"echo":    startCost(b, "echo", "/echo"),
		"nethttp": startCost(b, "nethttp", "/"),
		"info":    startCost(b, "agent", "/v1/info"),
		"sched":   startCost(b, "agent", "/v1/sched"),
		"metrics": startCost(b, "agent", "/v1/metrics?have="+boundsIDs(b)),
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	const warmUp = 5
	for i := -warmUp; i < b.N; i++ {
		if i == 0 {
			b.ResetTimer()
			for _, c := range clients {
				c.cpu = -cpuTime(b, c.cmd.Process.Pid)
			}
		}
		<-tick.C
		for k := range names { // everyone is first, and last, equally often
			clients[names[(i+warmUp+k)%len(names)]].request(b)
		}
	}
	time.Sleep(50 * time.Millisecond) // until the last one sleeps again
	for _, c := range clients {
		c.cpu += cpuTime(b, c.cmd.Process.Pid)
	}
	for _, name := range names {
		per := float64(clients[name].cpu.Nanoseconds()) / 1000 / float64(b.N)
		b.ReportMetric(per, name+"-µs")
		if name != "echo" {
			b.ReportMetric(float64(clients[name].cpu)/float64(clients["echo"].cpu), name+"/echo")
		}
	}
}

// boundsIDs is what a client that has been here before knows.
func boundsIDs(b *testing.B) string {
	var r rtmetrics.Reader
	var answer struct{ Bounds map[string]any }
	if err := json.Unmarshal(append(append([]byte("{"), r.AppendJSON(nil, nil)...), '}'), &answer); err != nil {
		b.Fatal(err)
	}
	ids := make([]string, 0, len(answer.Bounds))
	for id := range answer.Bounds {
		ids = append(ids, id)
	}
	return strings.Join(ids, ",")
}
