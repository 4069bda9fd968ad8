package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A metricsServer is where Thanos and Mimir differ from Prometheus: the tenant, partial answers and the moments of
// range queries. What they answer otherwise is Prometheus' own.
type metricsServer struct {
	tenant string // "" none is wanted

	lock    sync.Mutex
	missing bool // a store does not answer: the second instance is missing, which is told as a warning
	ranges  []http.Request
}

func (s *metricsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.tenant != "" && r.Header.Get("X-Scope-OrgID") != s.tenant {
		http.Error(w, "no org id", http.StatusUnauthorized)
		return
	}
	query, now := r.FormValue("query"), time.Now().Unix()
	instances := []string{"a:1", "b:2"}
	warnings := ""
	if s.missing {
		instances = instances[:1]
		warnings = `"warnings":["No StoreAPIs matched for this query"],`
	}
	var rows []string
	for i, instance := range instances {
		labels := fmt.Sprintf(`"instance":"%s","job":"api"`, instance)
		switch {
		case strings.HasSuffix(r.URL.Path, "query_range"):
			rows = append(rows, fmt.Sprintf(`{"metric":{%s},"values":[[%s,"%d"]]}`, labels, r.FormValue("end"), i+1))
		case strings.Contains(query, "timestamp"):
			rows = append(rows, fmt.Sprintf(`{"metric":{%s},"value":[%d,"%d"]}`, labels, now, now))
		case strings.Contains(query, "go_goroutines"):
			rows = append(rows, fmt.Sprintf(`{"metric":{"__name__":"go_goroutines",%s},"value":[%d,"%d"]}`, labels, now, i+7))
		}
	}
	data := `{"resultType":"vector","result":[` + strings.Join(rows, ",") + `]}`
	if strings.Contains(r.URL.Path, "/label/") {
		data = `["go_goroutines"]`
	}
	if strings.HasSuffix(r.URL.Path, "query_range") {
		s.ranges = append(s.ranges, *r)
	}
	_, _ = io.WriteString(w, `{"status":"success",`+warnings+`"data":`+data+`}`)
}

func (s *metricsServer) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL + "/prometheus"
}

// Mimir does not know whom to answer for: the sentence says where the tenant belongs.
func TestFleetOfAServerWithTenantsWantsOne(t *testing.T) {
	t.Parallel()
	url := (&metricsServer{tenant: "team-a"}).serve(t)
	r := schedtop(t, "--prometheus", url, "--json", "-n", "1")
	r.expect(t, exitPermission)
	mustContain(t, r.oneSentence(t), "put X-Scope-OrgID: NAME into the environment variable SCHEDTOP_HEADERS")
	cmd := exec.Command(binary, "--prometheus", url, "--json", "-n", "1")
	cmd.Env = append(os.Environ(), "SCHEDTOP_HEADERS=X-Scope-OrgID: team-a")
	out, err := cmd.Output()
	if err != nil || strings.Count(string(out), `"state":"up"`) != 2 {
		t.Errorf("%v: %s", err, out)
	}
}

// Thanos answers with what it has and a warning. Who is missing then has not gone: nobody knows.
func TestFleetThatIsNotWholeCallsNobodyGone(t *testing.T) {
	t.Parallel()
	s := &metricsServer{}
	p := startSchedtop(t, "--prometheus", s.serve(t), "--json", "-d", "300ms")
	p.stdout.waitFor(t, "both", func(text []string) bool { return count(text, `{"`) >= 2 })
	s.lock.Lock()
	s.missing = true
	s.lock.Unlock()
	since := (time.Now().Unix() + 1) * 1e9 // this server's moments are whole seconds
	p.stderr.waitFor(t, "a warning", func(text []string) bool {
		return strings.Contains(strings.Join(text, "\n"), "No StoreAPIs matched for this query")
	})
	later := func(text []string) (rows []fleetRow) {
		for _, line := range text {
			var row fleetRow
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if row.Wall >= since {
				rows = append(rows, row)
			}
		}
		return rows
	}
	p.stdout.waitFor(t, "some more", func(text []string) bool { return len(later(text)) >= 4 })
	for _, row := range later(p.stdout.all()) {
		if row.State == "gone" || row.Instance == "b:2" && row.State != "" {
			t.Errorf("it can't know that: %+v", row)
		}
	}
}

// clusters is a server that knows an instance of the same name in each of them; "" has no such label. The one
// at i has i+7 goroutines.
type clusters []string

func (c clusters) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query, now := r.FormValue("query"), time.Now().Unix()
	apart := strings.Contains(query, "job, instance, cluster)") || strings.HasPrefix(query, "up{")
	rows := []string{}
	tell := func(name string, value func(i int) int64) {
		for i, cluster := range c {
			labels := `"instance":"a:1","job":"api"` + name
			if apart && cluster != "" {
				labels += `,"cluster":"` + cluster + `"`
			}
			if apart || i == len(c)-1 { // their maximum
				rows = append(rows, fmt.Sprintf(`{"metric":{%s},"value":[%d,"%d"]}`, labels, now, value(i)))
			}
		}
	}
	switch {
	case strings.Contains(query, "topk("):
		if !apart {
			tell("", func(int) int64 { return int64(len(c)) })
		}
	case strings.HasPrefix(query, "up{"):
		tell(`,"__name__":"up"`, func(int) int64 { return 1 })
	case strings.Contains(query, "timestamp("):
		tell("", func(int) int64 { return now })
	case strings.Contains(query, "go_goroutines"):
		tell(`,"__name__":"go_goroutines"`, func(i int) int64 { return int64(i) + 7 })
	}
	data := `{"resultType":"vector","result":[` + strings.Join(rows, ",") + `]}`
	if strings.Contains(r.URL.Path, "/label/") {
		data = `["go_goroutines"]`
	}
	_, _ = io.WriteString(w, `{"status":"success","data":`+data+`}`)
}

// By job and instance alone two clusters would be one row, with the larger number of each.
func TestInstancesOfTwoClustersAreTwo(t *testing.T) {
	t.Parallel()
	for _, c := range []clusters{{"east", "west"}, {"", "west"}, {"east", ""}} {
		server := httptest.NewServer(c)
		rows := fleetRows(t, "--prometheus", server.URL)
		lines := schedtop(t, "--prometheus", server.URL, "--batch", "-n", "1")
		server.Close()
		got := map[string]int{}
		for _, row := range rows {
			if row.Instance == "a:1" && row.Job == "api" && row.Goroutines != nil {
				got[row.Labels] = *row.Goroutines
			}
		}
		if len(rows) != 2 || len(got) != 2 || got[c[0]] != 7 || got[c[1]] != 8 {
			t.Errorf("clusters %q: %+v", []string(c), rows)
		}
		for _, cluster := range c {
			name := strings.TrimSpace("a:1 " + cluster)
			if !regexp.MustCompile(`(?m)^` + name + ` +up `).MatchString(strings.Join(lines.stdout, "\n")) {
				t.Errorf("no line of %q: %v", name, lines)
			}
		}
	}
}

// The same with the server itself: the labels are those of its configuration.
func TestPrometheusOfTwoClusters(t *testing.T) {
	t.Parallel()
	east, west := freeAddress(t), freeAddress(t)
	startFleetservice(t, east, "-parked", "100")
	startFleetservice(t, west, "-parked", "300")
	target := "  - {targets: ['%s'], labels: {instance: 'api-0:1', cluster: %s}}\n"
	s := startPrometheusThatScrapes(t, "- job_name: api\n  static_configs:\n"+
		fmt.Sprintf(target, east, "east")+fmt.Sprintf(target, west, "west"))
	var rows []fleetRow
	await(t, "both are scraped", func() bool {
		rows = fleetRows(t, "--prometheus", s.url)
		return len(rows) == 2 && rows[0].Goroutines != nil && rows[1].Goroutines != nil
	})
	for _, row := range rows {
		parked := map[string]int{"east": 100, "west": 300}[row.Labels]
		if row.Instance != "api-0:1" || parked == 0 || *row.Goroutines < parked || *row.Goroutines > parked+50 {
			t.Errorf("%+v, %d goroutines", row, *row.Goroutines)
		}
	}
}

// Servers that cache range queries keep those whose ends are multiples of the step; others move the ends there.
func TestGraphsOfAFleetAskForMultiplesOfTheirStep(t *testing.T) {
	t.Parallel()
	s := &metricsServer{}
	m := startTmux(t, 120, 30)
	m.run("clear; echo BEFORE; " + binary + " --prometheus " + s.serve(t) + " -d 1")
	m.waitText("2 instances")
	m.keys("z")
	m.waitText("15 min to 2")
	m.keys("q")
	m.expectShell(exitOK)
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.ranges) == 0 {
		t.Error("no range query")
	}
	for _, r := range s.ranges {
		var ms [3]int64
		for i, name := range []string{"start", "end", "step"} {
			seconds, err := strconv.ParseFloat(r.FormValue(name), 64)
			if err != nil {
				t.Fatal(err)
			}
			ms[i] = int64(math.Round(seconds * 1000))
		}
		late := time.Now().UnixMilli() - ms[1]
		if ms[0]%ms[2] != 0 || ms[1]%ms[2] != 0 || late < 0 || late > ms[2]+30000 {
			t.Errorf("from %d to %d ms by %d ms, %d ms ago", ms[0], ms[1], ms[2], late)
		}
	}
}

// forward passes connections on from an address of this process, as a tunnel to another machine does.
func forward(t *testing.T, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	return l.Addr().String()
}

// Who listens there is not who is scraped there: Enter goes by the address, and Esc comes back.
func TestEnterOnAFleetOpensAnAddress(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	// By the time of its start the tunnel, which is this process, is told from the program behind it.
	await(t, "this process is old enough", func() bool { return time.Since(begun) > 8*time.Second })
	startFleetservice(t, address, "-parked", "77")
	tunnel := forward(t, address)
	s := startPrometheus(t, map[string][]string{"far": {tunnel}})
	await(t, "it is scraped", func() bool {
		return fleetOf(t, "--prometheus", s.url)[tunnel].Uptime > 0
	})
	m := startTmux(t, 120, 32)
	m.run("clear; echo BEFORE; " + binary + " --prometheus " + s.url + " -d 1")
	m.waitText("1 instance")
	m.keys("Enter")
	m.waitFor("its address", func(screen string) bool { return strings.Contains(header(screen), tunnel) })
	m.keys("2")
	m.waitText("select (no cases)")
	m.keys("Escape", "Escape")
	m.waitText("1 instance")
	m.keys("q")
	m.expectShell(exitOK)
}
