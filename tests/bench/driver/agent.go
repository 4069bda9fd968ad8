package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"schedtop/tests/bench/rows"
	"schedtop/tests/bench/seat"
)

// echo serves a Unix socket that sends back what it gets: the least that any answer costs.
func echo(path string) error {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	fmt.Println("READY")
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer func() { _ = conn.Close() }()
			buffer := make([]byte, 64<<10)
			for {
				n, err := conn.Read(buffer)
				if err != nil {
					return
				}
				if _, err := conn.Write(buffer[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// What schedtop asks an agent.
const (
	metrics = iota
	sched
	requests
)

// ownSockets keeps the agents that are started from now on apart from those of others: in a folder of their
// own, which has room for other files, until remove is called.
func ownSockets() (dir string, remove func(), err error) {
	if dir, err = os.MkdirTemp("", "schedtop-bench-"); err != nil {
		return "", nil, err
	}
	remove = func() {
		_ = os.Unsetenv("SCHEDTOP_DIR")
		_ = os.RemoveAll(dir)
	}
	if err = os.Setenv("SCHEDTOP_DIR", filepath.Join(dir, "sockets")); err != nil {
		remove()
	}
	return dir, remove, err
}

// benchAgent asks an agent in a program that does nothing else, and an echo, equally often.
func benchAgent(p *programs, o *options) error {
	dir, remove, err := ownSockets()
	if err != nil {
		return err
	}
	defer remove()
	agent, err := seat.StartReady(p.workload, "-mode", "quiet", "-agent", "-for", "1h")
	if err != nil {
		return err
	}
	defer agent.Stop()
	sockets, err := filepath.Glob(filepath.Join(dir, "sockets", fmt.Sprintf("%d-*.sock", agent.Pid())))
	if err != nil || len(sockets) != 1 {
		return fmt.Errorf("the agent's socket is not in %s", filepath.Join(dir, "sockets"))
	}
	path := filepath.Join(dir, "echo.sock")
	peer, err := startEcho(p.self, path)
	if err != nil {
		return err
	}
	defer peer.Stop()

	ask, sizes, err := agentCaller(sockets[0])
	if err != nil {
		return err
	}
	say, err := echoCaller(path)
	if err != nil {
		return err
	}
	fmt.Printf("  %-36s %12s %12s %18s %8s\n", "", "agent µs", "echo µs", "agent % of a CPU", "ratio")
	for _, row := range []struct {
		label    string
		hz       int
		requests []int
	}{
		{"nobody asks", 0, nil},
		{"metrics and sched, 1 Hz", 1, []int{metrics, sched}},
		{"sched, 10 Hz", 10, []int{sched}},
		{"metrics, 10 Hz", 10, []int{metrics}},
		{"metrics and sched, 10 Hz", 10, []int{metrics, sched}},
	} {
		turns := [2]func() error{
			func() error {
				for _, request := range row.requests {
					if err := ask(request); err != nil {
						return fmt.Errorf("the agent: %w", err)
					}
				}
				return nil
			},
			func() error {
				for _, request := range row.requests {
					if err := say(sizes[request]); err != nil {
						return fmt.Errorf("the echo: %w", err)
					}
				}
				return nil
			},
		}
		if err := compareAnswers(agent, peer, turns, row.label, row.hz, 10*o.windowOr(shortWindow)); err != nil {
			return err
		}
	}
	fmt.Printf("  the answers have %d (metrics) and %d bytes (sched); the echo gets and sends as many\n",
		sizes[metrics], sizes[sched])
	return nil
}

func startEcho(self, path string) (*seat.Child, error) {
	peer, err := seat.Start(self, "echo", path)
	if err != nil {
		return nil, err
	}
	for tries := 0; tries < 100; tries++ {
		if conn, err := net.Dial("unix", path); err == nil {
			return peer, conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	peer.Stop()
	return nil, fmt.Errorf("the echo never listened on %s", path)
}

// compareAnswers takes turns, half a period apart: asked right after the other one, either would find the
// kernel's code in the caches and seem cheaper than it is.
func compareAnswers(agent, peer *seat.Child, turns [2]func() error, label string, hz int, length time.Duration) error {
	var before, used [2]time.Duration
	children := [2]*seat.Child{agent, peer}
	var err error
	for i, c := range children {
		if before[i], err = cpuTime(c.Pid()); err != nil {
			return err
		}
	}
	began := time.Now()
	count := int(length.Seconds() * float64(hz))
	for i := 0; i < 2*count; i++ {
		if err := turns[i%2](); err != nil {
			return err
		}
		time.Sleep(time.Until(began.Add(time.Duration(i+1) * time.Second / time.Duration(2*hz))))
	}
	if count == 0 {
		time.Sleep(length)
	}
	took := time.Since(began)
	for i, c := range children {
		if used[i], err = cpuTime(c.Pid()); err != nil {
			return err
		}
		used[i] -= before[i]
	}
	share := 100 * float64(used[0]) / float64(took)
	if count == 0 {
		fmt.Printf("  %-36s %12s %12s %17.3f%%\n", label, "", "", share)
		return rows.Add(rows.Row{Part: "agent", Figure: "the agent's CPU, " + label, Value: share, Unit: "%"})
	}
	each := func(d time.Duration) float64 { return float64(d) / 1e3 / float64(count) }
	fmt.Printf("  %-36s %12.0f %12.0f %17.3f%% %8.2f\n", label, each(used[0]), each(used[1]), share,
		float64(used[0])/float64(used[1]))
	if hz == 1 {
		return rows.Add(rows.Row{Part: "agent", Figure: "the agent's CPU, " + label, Value: share, Unit: "%", Goal: "<=0.1"})
	}
	return rows.Add(rows.Row{Part: "agent", Figure: "the agent's CPU for each time, " + label, Value: each(used[0]), Unit: "µs",
		Peer: "a bare echo", Other: each(used[1]), Goal: "ratio<=2"})
}

// agentCaller also tells how long the answers are once the agent has told its bounds. It is as plain a client
// as the echo's, because whether a server wakes on a warm CPU depends on what its client does next.
func agentCaller(socket string) (ask func(request int) error, sizes [requests]int, err error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, sizes, err
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	get := func(target string) ([]byte, error) {
		if _, err := io.WriteString(conn, "GET "+target+" HTTP/1.1\r\nHost: agent\r\n\r\n"); err != nil {
			return nil, err
		}
		reply, err := http.ReadResponse(in, nil)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(reply.Body)
		if err == nil && reply.StatusCode != http.StatusOK {
			err = fmt.Errorf("GET %s: %s: %s", target, reply.Status, bytes.TrimSpace(body))
		}
		return body, err
	}
	first, err := get("/v1/metrics")
	if err != nil {
		return nil, sizes, err
	}
	var known struct{ Bounds map[string]json.RawMessage }
	if err := json.Unmarshal(first, &known); err != nil {
		return nil, sizes, err
	}
	ids := make([]string, 0, len(known.Bounds))
	for id := range known.Bounds {
		ids = append(ids, id)
	}
	targets := [requests]string{metrics: "/v1/metrics?have=" + strings.Join(ids, ","), sched: "/v1/sched"}
	for i, target := range targets {
		body, err := get(target)
		if err != nil {
			return nil, sizes, err
		}
		sizes[i] = len(body)
	}
	return func(request int) error {
		_, err := get(targets[request])
		return err
	}, sizes, nil
}

func echoCaller(path string) (say func(size int) error, err error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, err
	}
	payload, answer := make([]byte, 64<<10), make([]byte, 64<<10)
	return func(size int) error {
		if _, err := conn.Write(payload[:size]); err != nil {
			return err
		}
		_, err := io.ReadFull(conn, answer[:size])
		return err
	}, nil
}
