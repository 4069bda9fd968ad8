package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The tests of this file are about export-metrics.

var servesAt = regexp.MustCompile(`at (http://\S+/metrics)`)

// startExporter returns where it serves.
func startExporter(t *testing.T, pid int, flags ...string) (p *process, at string) {
	t.Helper()
	args := append([]string{"export-metrics", "-p", fmt.Sprint(pid), "-d", "200ms", "--listen", "127.0.0.1:0"}, flags...)
	p = startSchedtop(t, args...)
	p.stderr.waitFor(t, "an address", func(text []string) bool {
		if found := servesAt.FindStringSubmatch(strings.Join(text, "\n")); found != nil {
			at = found[1]
		}
		return at != ""
	})
	return p, at
}

func httpGet(t *testing.T, at, accept string) (code int, contentType, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	all, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, reply.Header.Get("Content-Type"), string(all)
}

// sampleOf is the value of a sample on a page, which begins a line.
func sampleOf(page, sample string) (value float64, ok bool) {
	_, after, ok := strings.Cut("\n"+page, "\n"+sample+" ")
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(after, "\n")
	value, err := strconv.ParseFloat(number, 64)
	return value, err == nil
}

const acceptOpenMetrics = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"

func TestExporterServesBothFormatsToSeveralClients(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "half", "-procs", "2"}}.run(t)
	_, at := startExporter(t, w.pid())
	waitUntil(t, "an idle fraction", func() bool {
		_, _, page := httpGet(t, at, "")
		_, ok := sampleOf(page, "schedtop_idle_ratio")
		return ok
	})
	var all sync.WaitGroup
	for i := 0; i < 20; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			reply, err := http.Get(at)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = reply.Body.Close() }()
			if _, err := io.Copy(io.Discard, reply.Body); err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	code, kind, page := httpGet(t, at, acceptOpenMetrics)
	if code != http.StatusOK || !strings.HasPrefix(kind, "application/openmetrics-text; version=1.0.0") ||
		!strings.HasSuffix(page, "\n# EOF\n") {
		t.Errorf("%d %s:\n%s", code, kind, page)
	}
	for _, sample := range []string{"schedtop_up", `schedtop_p_state_seconds_total{p="1",state="running"}`,
		`schedtop_p_run_queue_goroutines{p="0"}`, `go_sched_latencies_seconds_bucket{le="+Inf"}`,
		`schedtop_threads{use="idle"}`, "go_goroutines", "process_cpu_seconds_total"} {
		if _, ok := sampleOf(page, sample); !ok {
			t.Errorf("no %s in\n%s", sample, page)
		}
	}
	if procs, _ := sampleOf(page, "go_sched_gomaxprocs_threads"); procs != 2 {
		t.Errorf("GOMAXPROCS is %v", procs)
	}
	code, kind, text := httpGet(t, at, "text/plain")
	if code != http.StatusOK || !strings.HasPrefix(kind, "text/plain; version=0.0.4") || strings.Contains(text, "# EOF") {
		t.Errorf("%d %s:\n%s", code, kind, text)
	}
	if code, _, _ := httpGet(t, strings.TrimSuffix(at, "metrics")+"other", ""); code != http.StatusNotFound {
		t.Errorf("status %d for what is not there", code)
	}
	if reply, err := http.Post(at, "text/plain", strings.NewReader("x")); err != nil || reply.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v %v", reply, err)
	}
	if promtool := promProgram("promtool"); promtool != "" {
		lint := exec.Command(promtool, "check", "metrics")
		lint.Stdin = strings.NewReader(text)
		if out, err := lint.CombinedOutput(); err != nil {
			t.Errorf("promtool: %v\n%s", err, out)
		}
	}
}

func TestExporterGoesOnWithTheNextRunOfTheProgram(t *testing.T) {
	t.Parallel()
	exe := build{}.path(t)
	run := func() *process {
		p := start(t, exec.Command(exe, "-mode", "quiet"))
		p.stdout.waitFor(t, "READY", func(text []string) bool { return len(text) > 0 })
		return p
	}
	// A copy of its own, so that no other test's workload looks like the next run.
	own := filepath.Join(scratch, "exported-program")
	if err := copyFile(exe, own); err != nil {
		t.Fatal(err)
	}
	exe = own
	first := run()
	_, at := startExporter(t, first.pid())
	is := func(value float64, pid int) func() bool {
		return func() bool {
			_, _, page := httpGet(t, at, "")
			up, ok := sampleOf(page, "schedtop_up")
			return ok && up == value && strings.Contains(page, fmt.Sprintf("pid=\"%d\"", pid))
		}
	}
	waitUntil(t, "it is up", is(1, first.pid()))
	first.signal(t, syscall.SIGKILL)
	waitUntil(t, "it is not up", is(0, first.pid()))
	second := run()
	waitUntil(t, "the next one is up", is(1, second.pid()))
}

// How long it waits before it looks for the next run is not the wall clock's matter.
func TestExporterGoesOnThoughTheClockJumps(t *testing.T) {
	t.Parallel()
	own := filepath.Join(t.TempDir(), "exported-by-a-jumping-clock")
	if err := copyFile(build{}.path(t), own); err != nil {
		t.Fatal(err)
	}
	run := func() *process {
		p := start(t, exec.Command(own, "-mode", "quiet"))
		p.stdout.waitFor(t, "READY", func(text []string) bool { return len(text) > 0 })
		return p
	}
	first := run()
	cmd := exec.Command(binary, "export-metrics", "-p", fmt.Sprint(first.pid()), "-d", "200ms", "--listen", "127.0.0.1:0")
	cmd.Env = withJumpingClock(t)
	p := start(t, cmd)
	says := func(what string) {
		p.stderr.waitFor(t, what, func(text []string) bool { return strings.Contains(strings.Join(text, "\n"), what) })
	}
	says("metrics of process")
	first.signal(t, syscall.SIGKILL)
	says("until the program runs again")
	second := run()
	says(fmt.Sprintf("going on with process %d", second.pid()))
}

// What runs beside it, and what is started otherwise, is another program's matter though it is the same executable.
func TestExporterDoesNotGoOnWithStrangers(t *testing.T) {
	t.Parallel()
	own := filepath.Join(t.TempDir(), "exported-strangers")
	if err := copyFile(build{}.path(t), own); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) *process {
		p := start(t, exec.Command(own, args...))
		p.stdout.waitFor(t, "READY", func(text []string) bool { return len(text) > 0 })
		return p
	}
	first := run("-mode", "quiet")
	sibling := run("-mode", "quiet")
	begun := time.Now()
	p, at := startExporter(t, first.pid())
	// When the first one ends is known to two intervals: the other has to be older.
	waitUntil(t, "a scrape of both side by side", func() bool {
		_, _, page := httpGet(t, at, "")
		up, _ := sampleOf(page, "schedtop_up")
		return up == 1 && time.Since(begun) > time.Second
	})
	first.signal(t, syscall.SIGKILL)
	p.stderr.waitFor(t, "the end", func(text []string) bool {
		return strings.Contains(strings.Join(text, "\n"), "until the program runs again")
	})
	other := run("-mode", "blocked")
	second := run("-mode", "quiet")
	p.stderr.waitFor(t, "the next run", func(text []string) bool {
		return strings.Contains(strings.Join(text, "\n"), "going on with process")
	})
	mustContain(t, strings.Join(p.stderr.all(), "\n"), fmt.Sprintf("going on with process %d", second.pid()))
	_, _, page := httpGet(t, at, "")
	for _, stranger := range []*process{sibling, other} {
		if strings.Contains(page, fmt.Sprintf("pid=\"%d\"", stranger.pid())) {
			t.Errorf("process %d is none of its business:\n%s", stranger.pid(), page)
		}
	}
}

func TestExporterSaysWhatIsWrongWithAnAddress(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for address, c := range map[string]struct {
		status int
		says   string
	}{
		"nonsense":        {exitUsage, "--listen takes an address and a port"},
		"127.0.0.1:99999": {exitUsage, "--listen takes an address and a port"},
		l.Addr().String(): {exitFailed, "in use"},
		"192.0.2.1:0":     {exitFailed, "can't listen on"},
		"::1:9464":        {exitUsage, "--listen takes an address and a port"},
	} {
		r := schedtop(t, "export-metrics", "-p", fmt.Sprint(w.pid()), "--listen", address)
		r.says(t, c.status, c.says)
	}
	r := schedtop(t, "export-metrics", "-p", "999999999", "--listen", "127.0.0.1:0")
	r.says(t, exitNoTarget, "999999999")
	p, _ := startExporter(t, w.pid(), "--listen", ":0")
	p.stderr.waitFor(t, "a warning", func(text []string) bool {
		return strings.Contains(strings.Join(text, "\n"), "whoever reaches this address")
	})
}

// --- with the real Prometheus ----------------------------------------------------------------------

func promProgram(name string) string {
	if folder := os.Getenv(prometheusEnv); folder != "" {
		return filepath.Join(folder, name)
	}
	return ""
}

// series evaluates an expression now: how many series it has.
func (s server) series(t *testing.T, expression string) int {
	t.Helper()
	code, _, body := httpGet(t, s.url+"/api/v1/query?query="+url.QueryEscape(expression), "")
	var reply struct {
		Status, Error string
		Data          struct{ Result []any }
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil || code != http.StatusOK || reply.Status != "success" {
		t.Fatalf("%s: %d %s %v", expression, code, body, err)
	}
	return len(reply.Data.Result)
}

// expressions are those of the dashboard, with its variables filled in.
func expressions(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../doc/grafana/schedtop.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			all = append(all, strings.NewReplacer("$__rate_interval", "5s", "$instance", ".*").Replace(target.Expr))
		}
	}
	if len(all) < 15 {
		t.Fatalf("only %d expressions", len(all))
	}
	return all
}

func TestPrometheusScrapesTheExporterAndTheDashboardShowsIt(t *testing.T) {
	t.Parallel()
	if promProgram("prometheus") == "" {
		t.Skipf("needs Prometheus: set %s to the folder of its programs", prometheusEnv)
	}
	w := launch{args: []string{"-mode", "mixed", "-procs", "2"}}.run(t)
	_, at := startExporter(t, w.pid())
	client := freeAddress(t)
	startFleetservice(t, client)
	jobs := map[string][]string{
		"exported": {strings.TrimSuffix(strings.TrimPrefix(at, "http://"), "/metrics")},
		"client":   {client},
	}
	s := startPrometheus(t, jobs)
	// Rates need two scrapes, and the last one of a P's states comes with the second.
	waitUntil(t, "there are rates", func() bool {
		return s.series(t, `rate(schedtop_p_state_seconds_total{state="running"}[5s]) > 0`) > 0
	})
	for _, expression := range expressions(t) {
		waitUntil(t, "something for "+expression, func() bool { return s.series(t, expression) > 0 })
	}
	// A program that exports its metrics itself has series of the same names: one query is for both.
	for _, name := range []string{"go_goroutines", "go_threads", "go_sched_gomaxprocs_threads", "go_info",
		"process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds",
		`go_sched_latencies_seconds_bucket{le="+Inf"}`} {
		for job := range jobs {
			waitUntil(t, name+" of "+job, func() bool {
				return s.series(t, fmt.Sprintf(`count(%s) by (job) and on(job) up{job="%s"}`, name, job)) == 1
			})
		}
	}
	// The scrape itself was understood whole.
	waitUntil(t, "it is up", func() bool {
		return s.series(t, `up{job="exported"} == 1`) == 1 && s.series(t, "schedtop_up == 1") == 1
	})
}
