package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"schedtop/tests/bench/rows"
	"schedtop/tests/bench/seat"
)

const fleetInstances = 10000

// A fleet is written as a file that promtool makes blocks of: samples every 30 s, from before now until after
// the bench has ended.
const (
	fleetBefore = 5 * time.Minute
	fleetAfter  = 8 * time.Minute
	fleetStep   = 30 * time.Second
)

var fleetBounds = []string{"6.4e-08", "6.4e-07", "7.168e-06", "8.192e-05", "0.000917504", "0.01048576", "0.117440512", "+Inf"}

// fleetSeries are those of one instance, by the seconds since the first sample.
var fleetSeries = []struct {
	name, labels string
	value        func(instance int, second float64) float64
}{
	{"up", "", func(int, float64) float64 { return 1 }},
	{"go_goroutines", "", func(i int, _ float64) float64 { return 1000 + float64(i%97) }},
	{"go_sched_gomaxprocs_threads", "", func(int, float64) float64 { return 8 }},
	{"go_threads", "", func(i int, _ float64) float64 { return 12 + float64(i%5) }},
	{"go_memstats_heap_alloc_bytes", "", func(i int, _ float64) float64 { return 64e6 + float64(i)*1000 }},
	{"process_resident_memory_bytes", "", func(i int, _ float64) float64 { return 128e6 + float64(i)*1000 }},
	{"process_start_time_seconds", "", func(i int, _ float64) float64 { return 1.7e9 + float64(i) }},
	{"process_cpu_seconds_total", "", func(i int, s float64) float64 { return s * (2 + float64(i%50)/10) }},
	{"go_info", `,version="go1.26.8"`, func(int, float64) float64 { return 1 }},
}

func writeFleet(path string, first, last time.Time) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	out := bufio.NewWriterSize(file, 1<<20)
	family := func(name, labels string, value func(int, float64) float64) {
		for i := 0; i < fleetInstances; i++ {
			for at := first; at.Before(last); at = at.Add(fleetStep) {
				fmt.Fprintf(out, "%s{job=\"api\",instance=\"10.%d.%d.%d:8080\"%s} %g %d\n", name, i/40000, i/200%200,
					i%200, labels, value(i, at.Sub(first).Seconds()), at.Unix())
			}
		}
	}
	for _, s := range fleetSeries {
		family(s.name, s.labels, s.value)
	}
	for _, name := range []string{"go_sched_latencies_seconds_bucket", "go_sched_pauses_total_gc_seconds_bucket"} {
		for k, le := range fleetBounds {
			family(name, `,le="`+le+`"`, func(i int, s float64) float64 {
				return s * float64(100+i%10) * float64(min(k*k, 36)) // the last two but one hold 1 in 6
			})
		}
	}
	fmt.Fprintln(out, "# EOF")
	return out.Flush()
}

// startFleetServer fills a Prometheus and starts it.
func startFleetServer(p *programs, dir string) (*seat.Child, string, error) {
	now := time.Now()
	file, data := filepath.Join(dir, "fleet.om"), filepath.Join(dir, "data")
	if err := writeFleet(file, now.Add(-fleetBefore), now.Add(fleetAfter)); err != nil {
		return nil, "", err
	}
	out, err := exec.Command(filepath.Join(p.metrics, "promtool"), "tsdb", "create-blocks-from", "openmetrics", "-q",
		file, data).CombinedOutput()
	if err != nil {
		return nil, "", fmt.Errorf("promtool: %w\n%s", err, out)
	}
	if err := os.Remove(file); err != nil {
		return nil, "", err
	}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o600); err != nil {
		return nil, "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address := listener.Addr().String()
	_ = listener.Close()
	c, err := seat.Start(filepath.Join(p.metrics, "prometheus"), "--config.file="+config, "--storage.tsdb.path="+data,
		"--web.listen-address="+address, "--log.level=error")
	if err != nil {
		return nil, "", err
	}
	for try := 0; try < 300; try++ {
		time.Sleep(100 * time.Millisecond)
		if reply, err := http.Get("http://" + address + "/-/ready"); err == nil {
			_ = reply.Body.Close()
			if reply.StatusCode == http.StatusOK {
				return c, "http://" + address, nil
			}
		}
	}
	c.Stop()
	return nil, "", fmt.Errorf("prometheus is not ready within 30 s")
}

// fleetQuestions are what schedtop asks for one refresh: what a proxy before the server sees.
func fleetQuestions(p *programs, server string) ([]string, error) {
	to, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	var asked []string
	proxy := httputil.NewSingleHostReverseProxy(to)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI()) // one at a time: it is one conversation
		proxy.ServeHTTP(w, r)
	}))
	defer s.Close()
	return asked, exec.Command(p.schedtop, "--prometheus", s.URL, "--json", "-n", "1").Run()
}

// timed runs a program to its end: how long it takes, and how much memory at most.
func timed(cmd *exec.Cmd) (took time.Duration, peak int64, err error) {
	began := time.Now()
	err = cmd.Run()
	took = time.Since(began)
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = usage.Maxrss << 10
	}
	return took, peak, err
}

func benchFleet(p *programs, o *options) error {
	if p.metrics == "" || p.metrics == "/usr/bin" {
		return fmt.Errorf("there is no Prometheus")
	}
	dir, err := os.MkdirTemp("", "schedtop-fleet-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	server, address, err := startFleetServer(p, dir)
	if err != nil {
		return err
	}
	defer server.Stop()
	questions, err := fleetQuestions(p, address)
	if err != nil {
		return err
	}
	curl := []string{"-sS", "-o", "/dev/null"}
	for i, question := range questions {
		if i > 0 {
			curl = append(curl, "-o", "/dev/null")
		}
		curl = append(curl, "-g", address+question)
	}

	const rounds = 5
	var early, screen, lines, bare, resident, peak sample
	for round := 0; round < rounds; round++ {
		took, _, err := timed(exec.Command("curl", curl...))
		if err != nil {
			return fmt.Errorf("curl: %w", err)
		}
		bare = append(bare, took.Seconds())
		took, most, err := timed(exec.Command(p.schedtop, "--prometheus", address, "--json", "-n", "1"))
		if err != nil {
			return err
		}
		lines, peak = append(lines, took.Seconds()), append(peak, float64(most)/(1<<20))
		began := time.Now()
		us, err := seat.StartScreen(120, 40, nil, p.schedtop, "--prometheus", address)
		if err != nil {
			return err
		}
		err = us.Term.Await("the instances", func(p *seat.Page) bool { return p.Has("10,000 instances") })
		early = append(early, time.Since(began).Seconds())
		if err == nil {
			err = us.Term.Await("their percentiles", func(p *seat.Page) bool { return strings.Contains(p.Row(10), " ms") })
			screen = append(screen, time.Since(began).Seconds())
		}
		if err == nil {
			var bytes int64
			bytes, err = rss(us.Pid())
			resident = append(resident, float64(bytes)/(1<<20))
		}
		us.Stop()
		if err != nil {
			return err
		}
	}
	fmt.Printf("  %d questions, median of %d:\n", len(questions), rounds)
	fmt.Printf("  %-44s %6.2f s\n", "a bare curl of them", bare.quantile(0.5))
	for _, row := range []struct {
		what, goal string
		took       sample
	}{
		{"first picture: who is there, gauges", "<=2", early},
		{"first screen with percentiles", "<=2", screen},
		{"--json of all of them", "", lines},
	} {
		fmt.Printf("  %-44s %6.2f s, %.2f of curl's\n", row.what, row.took.quantile(0.5),
			row.took.quantile(0.5)/bare.quantile(0.5))
		err := rows.Add(rows.Row{Part: "fleet", Figure: "10,000 instances in Prometheus, " + row.what,
			Value: row.took.quantile(0.5), Unit: "s", Peer: "a bare curl", Other: bare.quantile(0.5), Goal: row.goal})
		if err != nil {
			return err
		}
	}
	fmt.Printf("  %-44s %6.1f MiB, --json at most %.1f MiB\n", "resident with the screen", resident.quantile(0.5),
		peak.quantile(0.5))
	return nil
}
