package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// prometheusEnv is the folder of Debian's prometheus, which ./check fetches without installing it.
const prometheusEnv = "SCHEDTOP_PROMETHEUS"

var buildFleetservice = sync.OnceValues(func() (string, error) {
	exe := filepath.Join(scratch, "fleetservice")
	cmd := exec.Command("go", "build", "-o", exe, ".")
	cmd.Dir = "fleetservice"
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return exe, err
})

// nextPort is the last one that freeAddress has given away.
var nextPort atomic.Int32

// freeAddress is an address that nobody listens on, and nobody else will: below the ports that the kernel hands out
// by itself, to other tests among others, and each one once.
func freeAddress(t *testing.T) string {
	t.Helper()
	const first, count = 20000, 12000
	nextPort.CompareAndSwap(0, int32(os.Getpid()%(count/10)*10))
	for range count {
		address := "127.0.0.1:" + itoa(first+int(nextPort.Add(1))%count)
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// fleetservice starts the program that is scraped, and waits until it answers.
func startFleetservice(t *testing.T, address string, args ...string) *process {
	t.Helper()
	exe, err := buildFleetservice()
	if err != nil {
		t.Skipf("needs client_golang: %v", err)
	}
	p := start(t, exec.Command(exe, append([]string{"-listen", address}, args...)...))
	await(t, address+" answers", func() bool {
		p.mustRun(t)
		reply, err := http.Get("http://" + address + "/metrics")
		if err == nil {
			_ = reply.Body.Close()
		}
		return err == nil
	})
	return p
}

// mustRun fails when the process has ended: somebody else would answer in its place, or nobody.
func (p *process) mustRun(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
		t.Fatalf("%v has ended: %s", p.cmd.Args, tail(p.stderr.all()))
	default:
	}
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never happens that %s", what)
		}
	}
}

type server struct{ url string }

// startPrometheus scrapes the addresses of each job four times a second.
func startPrometheus(t *testing.T, jobs map[string][]string) server {
	t.Helper()
	var configs strings.Builder
	for job, addresses := range jobs {
		fmt.Fprintf(&configs, "- {job_name: %s, static_configs: [{targets: ['%s']}]}\n", job,
			strings.Join(addresses, "','"))
	}
	return startPrometheusThatScrapes(t, configs.String())
}

func startPrometheusThatScrapes(t *testing.T, configs string) server {
	t.Helper()
	folder := os.Getenv(prometheusEnv)
	if folder == "" {
		t.Skipf("needs Prometheus: set %s to the folder of the program", prometheusEnv)
	}
	dir, address := t.TempDir(), freeAddress(t)
	config := "global: {scrape_interval: 250ms, scrape_timeout: 200ms}\nscrape_configs:\n" + configs
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, exec.Command(filepath.Join(folder, "prometheus"), "--config.file="+file,
		"--storage.tsdb.path="+dir, "--web.listen-address="+address,
		"--web.external-url=http://"+address+"/metrics-server", "--web.route-prefix=/metrics-server",
		"--enable-feature=native-histograms", "--log.level=error"))
	s := server{"http://" + address + "/metrics-server"}
	await(t, "Prometheus is ready", func() bool {
		p.mustRun(t)
		reply, err := http.Get(s.url + "/-/ready")
		if err != nil {
			return false
		}
		_ = reply.Body.Close()
		return reply.StatusCode == http.StatusOK
	})
	return s
}

// ask evaluates an expression at a moment: instance to value.
func (s server) ask(t *testing.T, expression string, wall int64) map[string]float64 {
	t.Helper()
	reply, err := http.PostForm(s.url+"/api/v1/query", url.Values{
		"query": {expression}, "time": {strconv.FormatFloat(float64(wall)/1e9, 'f', 3, 64)}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(reply.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, row := range answer.Data.Result {
		text, _ := row.Value[1].(string)
		if values[row.Metric["instance"]], err = strconv.ParseFloat(text, 64); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

type fleetRow struct {
	Wall       int64 `json:"wall_ns"`
	Window     int64 `json:"window_ns"`
	Instance   string
	Job        string
	Labels     string
	State      string
	GoVersion  string   `json:"go_version"`
	Cores      *float64 `json:"cpu_cores"`
	Ratio      *float64 `json:"cpu_ratio"`
	Procs      *int     `json:"gomaxprocs"`
	Goroutines *int
	Wait99     []any `json:"wait_p99_ns"`
	Pause99    []any `json:"gc_pause_p99_ns"`
	Uptime     int64 `json:"uptime_ns"`
}

func fleetRows(t *testing.T, args ...string) (rows []fleetRow) {
	t.Helper()
	r := schedtop(t, append(args, "--json", "-n", "1")...)
	if r.status == exitNoTarget {
		return nil // nothing has been scraped yet
	}
	r.expect(t, exitOK)
	for _, line := range r.stdout {
		var row fleetRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		rows = append(rows, row)
	}
	return rows
}

func fleetOf(t *testing.T, args ...string) map[string]fleetRow {
	t.Helper()
	rows := map[string]fleetRow{}
	for _, row := range fleetRows(t, args...) {
		rows[row.Instance] = row
	}
	return rows
}

// end is one of a range, in seconds.
func end(t *testing.T, value any) float64 {
	t.Helper()
	switch v := value.(type) {
	case float64:
		return v / 1e9
	case string:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	t.Fatalf("%v is no end of a range", value)
	return 0
}

func near(a, b, ratio float64) bool { return math.Abs(a-b) <= ratio*math.Max(math.Abs(a), math.Abs(b)) }

// Percentiles are the buckets that PromQL's own quantile lies in, of classic histograms and native ones; the rest
// is what PromQL and the program say.
func TestFleetAgreesWithPromQL(t *testing.T) {
	t.Parallel()
	classic, native, plain, nobody := freeAddress(t), freeAddress(t), freeAddress(t), freeAddress(t)
	one := startFleetservice(t, classic, "-parked", "321", "-busy", "2", "-procs", "3")
	startFleetservice(t, native, "-native")
	startFleetservice(t, plain, "-plain")
	s := startPrometheus(t, map[string][]string{"classic": {classic, nobody}, "native": {native}, "plain": {plain}})
	// A scrape that is under way when both are asked is known to the later one alone: what is told wrongly is
	// wrong every time.
	var rows map[string]fleetRow
	var wrong string
	for range attempts {
		await(t, "all have lived through a window", func() bool {
			rows = fleetOf(t, "--prometheus", s.url)
			return len(rows) == 4 && rows[classic].Cores != nil && rows[native].Wait99 != nil &&
				rows[plain].Cores != nil && rows[classic].Wait99 != nil && rows[classic].Goroutines != nil &&
				rows[classic].Procs != nil && rows[classic].Ratio != nil && rows[plain].Pause99 != nil
		})
		if wrong = s.contradicts(t, rows, classic, native); wrong == "" {
			break
		}
	}
	if wrong != "" {
		t.Error(wrong)
	}

	row := rows[classic]
	if *row.Goroutines < 321 || *row.Goroutines > 360 {
		t.Errorf("%d goroutines, 321 are parked", *row.Goroutines)
	}
	version, _ := exec.Command("go", "env", "GOVERSION").Output()
	if row.GoVersion != strings.TrimSpace(string(version)) || row.Job != "classic" {
		t.Errorf("Go %s of job %s", row.GoVersion, row.Job)
	}
	// By default client_golang tells no latencies and a summary of pauses.
	if rows[plain].Wait99 != nil || len(rows[plain].Pause99) != 2 || rows[plain].Pause99[0] != "-Inf" {
		t.Errorf("latencies %v, pauses %v of a program with the defaults", rows[plain].Wait99, rows[plain].Pause99)
	}
	down := rows[nobody]
	if down.State != "down" || down.Cores != nil || down.Goroutines != nil {
		t.Errorf("nobody is there, but: %+v", down)
	}

	if one := fleetOf(t, "--prometheus", s.url, "--match", `{job="native"}`); len(one) != 1 {
		t.Errorf("one matches, not %v", one)
	}
	r := schedtop(t, "--prometheus", s.url, "--batch", "-n", "1", "--match", `{job="plain"}`)
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stderr, "\n"), "go_sched_latencies_seconds: collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics")
	mustContain(t, strings.Join(r.stdout, "\n"), plain)
	r = schedtop(t, "--prometheus", s.url, "--json", "-n", "1", "--match", `{job=~"("}`)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "says: invalid parameter")

	t.Run("restart", func(t *testing.T) { restartKeepsRatesSound(t, s, one, classic) })
	t.Run("screen", func(t *testing.T) { fleetScreenLeadsToAProcess(t, s, native) })
}

// contradicts asks PromQL for the same windows and tells what it says otherwise.
func (s server) contradicts(t *testing.T, rows map[string]fleetRow, classic, native string) string {
	t.Helper()
	row := rows[classic]
	window := fmt.Sprintf("[%ds]", row.Window/1e9)
	quantile := "histogram_quantile(0.99, sum by (instance, job%s) (rate(go_sched_latencies_seconds%s" + window + ")))"
	for instance, expression := range map[string]string{
		classic: fmt.Sprintf(quantile, ", le", "_bucket"),
		native:  fmt.Sprintf(quantile, "", ""),
	} {
		got := rows[instance]
		value, lo, hi := s.ask(t, expression, got.Wall)[instance], end(t, got.Wait99[0]), end(t, got.Wait99[1])
		const whole = 0.51e-9 // a range is told in whole nanoseconds
		if !(value >= lo-whole && value <= hi+whole) || !(lo < hi) {
			return fmt.Sprintf("p99 of %s is %g for PromQL, %v here", instance, value, got.Wait99)
		}
	}
	if lo, hi := end(t, rows[native].Wait99[0]), end(t, rows[native].Wait99[1]); hi > 1.2*lo {
		return fmt.Sprintf("a native bucket is narrow, not %g to %g", lo, hi)
	}
	cores := s.ask(t, "rate(process_cpu_seconds_total"+window+")", row.Wall)[classic]
	if !near(*row.Cores, cores, 1e-5) || !near(*row.Ratio, cores/3, 1e-5) || *row.Procs != 3 {
		return fmt.Sprintf("CPU is %g for PromQL, %g and %g of %d here", cores, *row.Cores, *row.Ratio, *row.Procs)
	}
	return ""
}

// A counter that begins anew makes no rate of thousands of cores, nor one below zero.
func restartKeepsRatesSound(t *testing.T, s server, old *process, address string) {
	_ = old.cmd.Process.Kill()
	old.wait(t, patience)
	await(t, "it is seen to be down", func() bool {
		return fleetOf(t, "--prometheus", s.url)[address].State == "down"
	})
	startFleetservice(t, address, "-parked", "5")
	await(t, "it is back", func() bool {
		row := fleetOf(t, "--prometheus", s.url)[address]
		if row.Cores != nil && (*row.Cores < 0 || *row.Cores > 16) {
			t.Fatalf("%g cores after a restart", *row.Cores)
		}
		return row.State == "up" && row.Goroutines != nil && *row.Goroutines < 50 && row.Uptime < int64(time.Minute)
	})
}

// Enter watches the process that listens there, Esc comes back to where the list was.
func fleetScreenLeadsToAProcess(t *testing.T, s server, address string) {
	m := startTmux(t, 120, 32)
	m.run("clear; echo BEFORE; " + binary + " --prometheus " + s.url + " -d 1")
	m.waitText("4 instances")
	m.keys(`\`)
	m.keys(strings.Split(address[len("127.0.0.1"):], "")...)
	m.keys("Enter")
	m.waitFor("one row", func(screen string) bool {
		return strings.Contains(screen, "> "+address) && strings.Contains(screen, "1 with")
	})
	m.keys("Enter")
	m.waitFor("its Overview", func(s string) bool {
		return strings.Contains(s, "fleetservice") && strings.Contains(s, "1 Overview")
	})
	m.keys("Escape")
	m.waitText("1 with")
	m.keys("Escape")
	m.waitText("old  ")
	m.keys("q")
	m.expectShell(0)
}

// Whatever stands where a server is thought to be: one sentence, in time, and its words harmless.
func TestFleetFromHostileServers(t *testing.T) {
	t.Parallel()
	answers := map[string]struct {
		code     int
		body     string
		sentence string
	}{
		"html":    {200, "<html>hello</html>", "not as Prometheus' API does"},
		"error":   {422, `{"status":"error","errorType":"execution","error":"too \u001b[31mmany"}`, "says: too ?[31mmany"},
		"teapot":  {502, "bad gateway", "HTTP 502"},
		"denied":  {401, "", "SCHEDTOP_AUTH"},
		"torn":    {200, `{"status":"success","data":{"result":[{"metric":{"instance":"a"`, "not as Prometheus' API does"},
		"nesting": {200, strings.Repeat("[", 1<<20), "not as Prometheus' API does"},
		"nothing": {200, `{"status":"success","data":{"resultType":"vector","result":[]}}`, "knows no instance"},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(answer.code)
				_, _ = io.WriteString(w, answer.body)
			}))
			defer s.Close()
			r := schedtop(t, "--prometheus", s.URL, "--json", "-n", "1")
			if r.status == exitOK {
				t.Errorf("it is content: %v", r)
			}
			mustContain(t, r.oneSentence(t), answer.sentence)
		})
	}
}

// Headers and credentials go to the server; prefixes of paths stay, and long questions are posted.
func TestFleetAsksAsItIsTold(t *testing.T) {
	t.Parallel()
	var lock sync.Mutex
	seen := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		seen["org "+r.Header.Get("X-Scope-OrgID")] = true
		seen["other "+r.Header.Get("X-Other")] = true
		seen["auth "+r.Header.Get("Authorization")] = true
		seen[r.Method+" "+r.URL.Path] = true
		result := "[]"
		if strings.Contains(r.FormValue("query"), "timestamp") {
			now := time.Now().Unix()
			result = fmt.Sprintf(`[{"metric":{"instance":"a:1","job":"api"},"value":[%d,"%d"]}]`, now, now)
		}
		data := `{"resultType":"vector","result":` + result + `}`
		if strings.Contains(r.URL.Path, "/label/") {
			data = `["go_goroutines"]`
		}
		_, _ = io.WriteString(w, `{"status":"success","warnings":["half of it is missing"],"data":`+data+`}`)
	}))
	defer s.Close()
	long := `{job=~"api|` + strings.Repeat("x", 3000) + `"}`
	cmd := exec.Command(binary, "--prometheus", s.URL+"/prometheus", "--json", "-n", "1", "--match", long)
	cmd.Env = append(os.Environ(), "SCHEDTOP_HEADERS=X-Scope-OrgID: team-a\nX-Other: 1", "SCHEDTOP_AUTH=Bearer secret")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	mustContain(t, string(out), `"instance":"a:1"`)
	for _, want := range []string{"org team-a", "other 1", "auth Bearer secret", "POST /prometheus/api/v1/query",
		"GET /prometheus/api/v1/label/__name__/values"} {
		if !seen[want] {
			t.Errorf("no request with %q: %v", want, seen)
		}
	}
	if len(seen) != 5 {
		t.Errorf("more than that: %v", seen)
	}
}
