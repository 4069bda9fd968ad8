package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// schedtop --url: programs that are known by their net/http/pprof alone.

// A served is the workload of that name and where it listens.
type served struct {
	*workload
	address string
}

func startServed(t *testing.T, toolchain string, args ...string) served {
	t.Helper()
	w := launch{build: build{program: "profiled", toolchain: toolchain}, args: args}.run(t)
	fields := strings.Fields(w.stdout.all()[0])
	return served{w, fields[1]}
}

func (p served) url() string { return "http://" + p.address }

// schedtopWith runs it with more environment, and nobody's home.
func schedtopWith(t *testing.T, env []string, args ...string) result {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(append(os.Environ(), "HOME="+t.TempDir()), env...)
	return finish(t, start(t, cmd))
}

// told is what one line of --json says, as far as a profile can.
type told struct {
	PID     *int   `json:"pid"`
	Where   string `json:"where"`
	Life    int    `json:"life"`
	Program string `json:"program"`
	Sources map[string]struct {
		Origin string `json:"origin"`
	} `json:"sources"`
	Sched      map[string]any     `json:"sched"`
	Runtime    map[string]float64 `json:"runtime"`
	P          []any              `json:"p"`
	Lanes      any                `json:"lanes"`
	Goroutines *struct {
		Count int `json:"count"`
		ByTop struct {
			Groups []struct {
				State  string `json:"state"`
				Reason string `json:"reason"`
				Count  int    `json:"count"`
				At     struct {
					Function string `json:"function"`
				} `json:"at"`
			} `json:"groups"`
		} `json:"by_top"`
	} `json:"goroutines"`
	Derived map[string]any `json:"derived"`
	Trouble []struct {
		Source, Text string
	} `json:"trouble"`
}

// sched is 0 for what is unknown.
func (one told) sched(name string) int {
	value, _ := one.Sched[name].(float64)
	return int(value)
}

func readTold(t *testing.T, lines []string) []told {
	t.Helper()
	var all []told
	for _, line := range lines {
		var one told
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, one)
	}
	return all
}

// watchURL is what --json tells in so many lines.
func watchURL(t *testing.T, env []string, n int, args ...string) []told {
	t.Helper()
	r := schedtopWith(t, env, append([]string{"--json", "-d", "500ms", "-n", itoa(n)}, args...)...)
	r.expect(t, exitOK)
	return readTold(t, r.stdout)
}

// mustTell checks that goroutines and memory come from the profiles; what is not answered in time is for the
// next line.
func mustTell(t *testing.T, env []string, parked int, args ...string) {
	t.Helper()
	for n := 1; ; n += 3 {
		lines := watchURL(t, env, n, args...)
		wrong := lines[len(lines)-1].lacks(parked)
		if wrong == "" {
			return
		}
		if n > 12 {
			t.Fatal(wrong)
		}
	}
}

// lacks says what is missing in a line.
func (one told) lacks(parked int) string {
	switch {
	case one.sched("goroutines") < parked+5 || one.sched("threads") < 1:
		return fmt.Sprintf("too few goroutines or threads: %v", one.Sched)
	case one.Runtime["memory_total_bytes"] < 1<<20 || one.Runtime["alloc_bytes"] < 1:
		return fmt.Sprintf("no figures of memory: %v", one.Runtime)
	case one.Sources["sched"].Origin != "pprof" || one.Sources["runtime"].Origin != "pprof":
		return fmt.Sprintf("told by %v", one.Sources)
	case !strings.HasSuffix(one.Program, "profiled"):
		return fmt.Sprintf("the program is %q", one.Program)
	}
	return ""
}

// What a profile tells is the same for every Go; the rest stays unknown, never 0.
func TestURLTellsGoroutinesAndMemory(t *testing.T) {
	t.Parallel()
	toolchains := []string{"go1.21.13", local}
	if slow {
		toolchains = releases
	}
	for _, toolchain := range toolchains {
		t.Run(toolchain, func(t *testing.T) {
			p := startServed(t, toolchain, "-parked", "37")
			mustTell(t, nil, 37, "--url", p.url())
			found := map[string]int{}
			for _, line := range watchURL(t, nil, 8, "--url", p.url()) {
				_, hasProcs := line.Sched["gomaxprocs"]
				_, hasIdle := line.Derived["idle_ratio"]
				if line.PID != nil || line.P != nil || line.Lanes != nil || hasProcs || hasIdle {
					t.Errorf("more than can be known: %+v", line)
				}
				if line.Goroutines == nil {
					continue
				}
				for _, g := range line.Goroutines.ByTop.Groups {
					found[g.State+" "+g.Reason+" "+g.At.Function] = g.Count
				}
			}
			if found["waiting chan receive main.waitForWork"] != 37 || found["waiting sync.Mutex.Lock main.lockUp"] != 5 {
				t.Errorf("groups: %v", found)
			}
		})
	}
}

// authority makes a CA, and a certificate of it for the loopback, as files.
func authority(t *testing.T) (ca, cert, key string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	rootKey, leafKey := secret(), secret()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the test's own"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "profiled"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, &leafKey.PublicKey, rootKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	return write("ca.pem", "CERTIFICATE", rootDER), write("cert.pem", "CERTIFICATE", leafDER), write("key.pem", "EC PRIVATE KEY", keyDER)
}

func TestURLSpeaksTLSAndTrustsNobodyUnasked(t *testing.T) {
	t.Parallel()
	ca, cert, key := authority(t)
	p := startServed(t, local, "-cert", cert, "-key", key)
	url := "https://" + p.address
	mustTell(t, nil, 20, "--url", url, "--ca-file", ca)
	mustTell(t, []string{"SCHEDTOP_CA_FILE=" + ca}, 20, "--url", url)
	mustTell(t, nil, 20, "--url", url, "--insecure")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--url", url}, "its certificate is not to be trusted"},
		{[]string{"--url", "http://" + p.address}, "HTTP 400"},
	} {
		r := schedtopWith(t, nil, append([]string{"--json", "-n", "1"}, c.args...)...)
		if r.status == exitOK || len(r.stdout) > 0 || !strings.Contains(strings.Join(r.stderr, " "), c.says) {
			t.Errorf("%q expected: schedtop %v", c.says, r)
		}
	}
}

func TestURLTakesCredentialsFromTheEnvironmentAlone(t *testing.T) {
	t.Parallel()
	p := startServed(t, local, "-auth", "me:very secret")
	host, _, _ := net.SplitHostPort(p.address)
	home := t.TempDir()
	netrc := "machine " + host + " login me password \"very secret\"\n"
	if err := os.WriteFile(filepath.Join(home, ".netrc"), []byte(netrc), 0o600); err != nil {
		t.Fatal(err)
	}
	mustTell(t, []string{"SCHEDTOP_AUTH=me:very secret"}, 20, "--url", p.url())
	mustTell(t, []string{"HOME=" + home}, 20, "--url", p.url())
	for _, c := range []struct {
		url, env, says string
		status         int
	}{
		{p.url(), "X=", "belong into the environment variable SCHEDTOP_AUTH", exitPermission},
		{p.url(), "SCHEDTOP_AUTH=me:wrong", "does not take the credentials of SCHEDTOP_AUTH", exitPermission},
		{"http://me:secret@" + p.address, "X=", "SCHEDTOP_AUTH", exitUsage},
	} {
		for _, command := range [][]string{{"--json", "-n", "1"}, {"capture", "-s", "1"}, {"doctor", "--for", "2s"}} {
			r := schedtopWith(t, []string{c.env}, append(command, "--url", c.url)...)
			said := strings.Join(r.stderr, " ")
			if r.status != c.status || !strings.Contains(said, c.says) || strings.Contains(said, "secret@") {
				t.Errorf("%d and %q expected: schedtop %v", c.status, c.says, r)
			}
		}
	}
	bearer := startServed(t, local, "-auth", "Bearer abc")
	mustTell(t, []string{"SCHEDTOP_AUTH=Bearer abc"}, 20, "--url", bearer.url())
}

func TestURLReachesUnixSocketsAndPrefixes(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "st-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "debug.sock")
	startServed(t, local, "-listen", socket, "-prefix", "/internal")
	p := startServed(t, local, "-prefix", "/internal")
	for _, url := range []string{
		"unix://" + socket + ":/internal", "unix://" + socket + ":/internal/debug/pprof",
		p.url() + "/internal", p.url() + "/internal/debug/pprof/",
	} {
		mustTell(t, []string{"http_proxy=http://127.0.0.1:1"}, 20, "--url", url)
	}
	r := schedtop(t, "--json", "--url", p.url())
	if r.status != exitNoTarget || !strings.Contains(strings.Join(r.stderr, " "), "has no /debug/pprof/threadcreate") {
		t.Errorf("the path is missing: schedtop %v", r)
	}
}

// A URL beside a PID is believed only of that process.
func TestURLBesideAProcessIsThatProcess(t *testing.T) {
	t.Parallel()
	p, other := startServed(t, local), startServed(t, local)
	for _, line := range watchURL(t, nil, 2, "-p", p.p(), "--url", p.url()) {
		if len(line.Trouble) > 0 || line.Sources["sched"].Origin != "memory" {
			t.Errorf("it is its own: %+v", line)
		}
	}
	lines := watchURL(t, nil, 8, "-p", p.p(), "--url", other.url())
	last := lines[len(lines)-1]
	if len(last.Trouble) != 1 || !strings.Contains(last.Trouble[0].Text, "answers for another process") {
		t.Errorf("it is another's: %+v", last)
	}
	dir := t.TempDir()
	r := schedtop(t, "capture", "-s", "1", "--trace-dir", dir, "-p", p.p(), "--url", other.url())
	if r.status != exitFailed || !strings.Contains(strings.Join(r.stderr, " "), "answers for another process than "+p.p()) {
		t.Errorf("it is another's: schedtop %v", r)
	}
	mustBeEmpty(t, dir)
}

// What listens at the same address anew is another process, and nothing of the two is compared.
func TestURLOfARestartedProgramBeginsAnew(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	first := startServed(t, local, "-listen", address)
	watcher := start(t, exec.Command(binary, "--json", "-d", "300ms", "--url", first.url()))
	watcher.stdout.waitFor(t, "the first line", func(text []string) bool { return len(text) > 1 })
	_ = first.cmd.Process.Kill()
	<-first.ended
	watcher.stderr.waitFor(t, "that it is gone", func(text []string) bool {
		return strings.Contains(tail(text), "does not answer: connection refused")
	})
	startServed(t, local, "-listen", address, "-parked", "50")
	watcher.stdout.waitFor(t, "the new one", func(text []string) bool {
		last := readTold(t, text[len(text)-1:])[0]
		return last.Life == 1 && last.sched("goroutines") > 50
	})
	_ = watcher.cmd.Process.Kill()
}

// What no profile knows, /metrics may; what is no answer of it is no trouble.
func TestURLTakesVersionAndGomaxprocsFromMetrics(t *testing.T) {
	t.Parallel()
	p := startServed(t, local, "-metrics")
	var seen map[string]any
	r := schedtopWith(t, nil, "--json", "-d", "500ms", "-n", "8", "--url", p.url())
	r.expect(t, exitOK)
	if err := json.Unmarshal([]byte(r.stdout[len(r.stdout)-1]), &seen); err != nil {
		t.Fatal(err)
	}
	figures, _ := seen["runtime"].(map[string]any)
	if procs, _ := figures["gomaxprocs"].(float64); seen["go_version"] != runtime.Version() || procs < 1 {
		t.Errorf("Go %v, gomaxprocs %v: %v", seen["go_version"], figures["gomaxprocs"], seen["trouble"])
	}
	if seen["trouble"] != nil {
		t.Errorf("%v", seen["trouble"])
	}
}

func TestScreenOfAURLSaysWhatItCantKnow(t *testing.T) {
	t.Parallel()
	p := startServed(t, local, "-parked", "37")
	m := startTmux(t, 100, 30)
	dir := t.TempDir()
	m.run("clear; " + binary + " --url " + p.url() + " --trace-dir " + dir)
	m.waitText("No lanes: no source tells what the Ps are doing. net/http/pprof tells of goroutines")
	m.waitFor("where it is", func(screen string) bool {
		return strings.Contains(screen, p.url()) && !strings.Contains(screen, "exited")
	})
	m.keys("2")
	m.waitFor("the goroutines", func(screen string) bool {
		return strings.Contains(screen, "chan receive") && strings.Contains(screen, "as main.waitForWork")
	})
	m.keys("Enter")
	m.waitFor("the stack that all of them have", func(screen string) bool {
		return strings.Contains(screen, "37 have this stack") && strings.Contains(screen, "chan.go:")
	})
	m.keys("4")
	m.waitText("no source tells")
	m.takeTrace()
	m.waitText("A trace was taken")
	name := regexp.MustCompile(`profiled-127\.0\.0\.1_\d+-\d{8}T\d{6}Z-go1\.\d+\.trace$`)
	if left := names(t, dir); len(left) != 1 || !name.MatchString(left[0]) {
		t.Errorf("one trace expected: %v", left)
	}
	m.keys("Escape")
	m.keys("q")
	m.waitShell()
}

func TestDoctorOfAURLSaysWhatItDidNotLookFor(t *testing.T) {
	t.Parallel()
	p := startServed(t, local)
	r := schedtop(t, "doctor", "--url", p.url(), "--for", "3s")
	r.expect(t, exitOK)
	if !strings.Contains(strings.Join(r.stderr, " "), "was not looked for") {
		t.Errorf("it knows less than it seems: schedtop %v", r)
	}
}
