package e2e

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The commands that faults_test.go tries: at least one of each row of the command table, and one of each way
// to a target.

// A patient is a command that is to survive.
type patient struct {
	name string
	args func(t *testing.T, dir string) []string
	// What has to be the same whenever all went well.
	same bool
	// The file below its directory that is whole or not there.
	file string
	// A command that has no fault to find with what was left when all went well.
	proof []string
	quick bool // is tried in the quick tier
	// Goes on, or ends with a sentence, when there is no memory from some place on.
	starves bool
	// Keys for a screen; a command without has no terminal.
	keys string
	// What is done with one that does not end by itself, before it is told to; what it returns is wrong.
	attend func(child *process, stderr *growing, dir string) string
	// What it needs anew each time.
	prepare func(dir string)
}

// growing is what a program has written so far.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *growing) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(b)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

// comes waits for something, and tells whether it came: not when the program has ended, and not when it takes long.
func comes(child *process, there func() bool) bool {
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if there() {
			return true
		}
		select {
		case <-child.ended:
			return false
		default:
			if time.Now().After(end) {
				return false
			}
		}
	}
}

func plain(args ...string) func(*testing.T, string) []string {
	return func(*testing.T, string) []string { return args }
}

func into(args ...string) func(*testing.T, string) []string {
	return func(_ *testing.T, dir string) []string { return replaced(args, "DIR", dir) }
}

func replaced(args []string, old, by string) []string {
	all := []string{}
	for _, arg := range args {
		all = append(all, strings.ReplaceAll(arg, old, by))
	}
	return all
}

// live are the arguments of a command about a process that runs.
func live(args ...string) func(*testing.T, string) []string {
	return func(t *testing.T, dir string) []string {
		w := launch{args: []string{"-mode", "quiet", "-procs", "2", "-agent"}}.run(t)
		return replaced(replaced(args, "DIR", dir), "PID", w.p())
	}
}

// remote are those of a command about a program at an address.
func remote(args ...string) func(*testing.T, string) []string {
	return func(t *testing.T, dir string) []string {
		return replaced(replaced(args, "DIR", dir), "URL", startServed(t, "").url())
	}
}

// scrape is what a metrics server does with an exporter.
func scrape(child *process, stderr *growing, _ string) string {
	if !comes(child, func() bool { return strings.Contains(stderr.String(), "/metrics\n") }) {
		return ""
	}
	at := servesAt.FindStringSubmatch(stderr.String())
	if at == nil {
		return "no address"
	}
	client := http.Client{Timeout: patience}
	for i := 0; i < 2; i++ {
		request, err := http.NewRequest(http.MethodGet, at[1], nil)
		if err != nil {
			return err.Error()
		}
		request.Header.Set("Accept", "application/openmetrics-text")
		reply, err := client.Do(request)
		if err != nil {
			continue
		}
		page, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err == nil && reply.StatusCode == http.StatusOK && !bytes.HasSuffix(page, []byte("# EOF\n")) {
			return "half a page"
		}
	}
	return ""
}

// waitForBundle waits for what becomes of a rule that is broken at once. The line that tells it may be the one that
// can't be written.
func waitForBundle(child *process, stderr *growing, dir string) string {
	if comes(child, func() bool {
		said := stderr.String()
		saved, _ := filepath.Glob(filepath.Join(dir, "traces", "*.schedtop"))
		return len(saved) > 0 || strings.Contains(said, `"event":"saved"`) || strings.Contains(said, `"event":"failed"`)
	}) {
		return ""
	}
	select {
	case <-child.ended:
		return ""
	default:
		return "a rule is broken, and nothing follows"
	}
}

// newModule is a Go module for the agent to be added to.
func newModule(dir string) {
	dir = filepath.Join(dir, "module")
	_ = os.RemoveAll(dir)
	_ = os.Mkdir(dir, 0o755)
	_ = os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module m\n\ngo 1.21\n"), 0o644)
	_ = os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644)
}

var faultPatients = []patient{
	{name: "stat", quick: true, args: plain("stat", serviceTrace), same: true},
	{name: "stat --json", args: plain("stat", "--json", serviceTrace), same: true},
	{name: "check", args: plain("check", serviceTrace), same: true},
	{name: "doctor", args: plain("doctor", "--json", serviceTrace), same: true},
	{name: "diff", args: plain("diff", "--json", serviceTrace, serviceTrace), same: true},
	{name: "diff --markdown", args: plain("diff", "--markdown", serviceTrace, serviceTrace), same: true},
	{name: "export perfetto", quick: true, args: into("export", serviceTrace, "-o", "DIR/out"), same: true, file: "out"},
	{name: "export chrome", args: plain("export", "--format", "chrome", serviceTrace), same: true},
	{name: "export csv", args: plain("export", "--format", "csv", serviceTrace), same: true},
	{name: "export folded", args: plain("export", "--format", "folded", serviceTrace), same: true},
	{name: "export json", args: plain("export", "--format", "json", "--redact=all", serviceTrace), same: true},
	{name: "profile", args: into("profile", "--kind", "sync", serviceTrace, "-o", "DIR/out"), same: true, file: "out"},
	{name: "replay --json", quick: true, args: plain("--replay", "../data/leak.ndjson", "--json"), same: true},
	{name: "replay --batch", args: plain("--replay", "../data/leak.ndjson", "--batch", "--detail"), same: true},
	{name: "doctor of a recording", args: plain("doctor", "--replay", "../data/leak.ndjson"), same: true},
	{name: "a record of a replay", args: into("--replay", "../data/leak.ndjson", "--json", "--record", "DIR/out"), same: true},
	{name: "--schedtrace", args: plain("--schedtrace", "../data/schedtrace/go1.22-detail.txt", "--batch", "--detail")},
	{name: "agent add", args: into("agent", "add", "DIR/module"), prepare: newModule},
	{name: "--help", args: plain("--help"), same: true},
	{name: "watch --list", args: plain("watch", "--list"), same: true},
	{name: "doctor --explain", args: plain("doctor", "--explain", "goroutine-leak"), same: true},

	{name: "ls", args: live("ls", "-v")},
	{name: "--batch", args: live("-p", "PID", "--batch", "-n", "2", "-d", "50ms")},
	{name: "--json", quick: true, starves: true, args: live("-p", "PID", "--json", "-n", "2", "-d", "50ms")},
	{name: "--batch of an agent", args: live("-p", "PID", "--batch", "-n", "2", "-d", "50ms", "--source", "agent")},
	{name: "--record", args: live("-p", "PID", "--json", "-n", "2", "-d", "50ms", "--record", "DIR/out.zst"),
		proof: []string{"--replay", "DIR/out.zst", "--batch"}},
	{name: "--log", args: live("-p", "PID", "--json", "-n", "2", "-d", "50ms", "--log", "DIR/log")},
	{name: "--url", args: remote("--url", "URL", "--json", "-n", "2", "-d", "50ms")},
	{name: "-- PROG", args: func(t *testing.T, _ string) []string {
		return []string{"--json", "-n", "2", "-d", "50ms", "--", build{}.path(t), "-mode", "quiet", "-for", "1m"}
	}},
	{name: "watch", attend: waitForBundle, args: live("watch", "-p", "PID", "-d", "50ms", "--config", "DIR/config",
		"--trace-dir", "DIR/traces", "--sentinel", "goroutines>0", "--then", "goroutines"),
		prepare: func(dir string) {
			_ = os.RemoveAll(filepath.Join(dir, "traces"))
			_ = os.WriteFile(filepath.Join(dir, "config"), []byte("[sentinel]\nafter = 0s\n"), 0o600)
		}},
	{name: "export-metrics", attend: scrape, args: live("export-metrics", "-p", "PID", "-d", "50ms", "--listen", "127.0.0.1:0")},
	{name: "capture", args: live("capture", "-p", "PID", "-s", "1", "-o", "DIR/out"), file: "out",
		proof: []string{"check", "DIR/out"}},
	{name: "capture --url", args: remote("capture", "--url", "URL", "-s", "1", "-o", "DIR/out"), file: "out",
		proof: []string{"check", "DIR/out"}},
	{name: "capture --flight", args: func(t *testing.T, dir string) []string {
		w := launch{args: []string{"-mode", "mutex", "-agent", "-flight", "1s"}}.run(t)
		return []string{"capture", "--flight", "-p", w.p(), "-o", filepath.Join(dir, "out")}
	}, file: "out", proof: []string{"check", "DIR/out"}},
	{name: "capture --goroutines", quick: true, args: live("capture", "-p", "PID", "--goroutines", "-o", "DIR/out"), file: "out"},
	{name: "capture --sampled", args: live("capture", "-p", "PID", "--sampled", "-s", "1", "-o", "DIR/out"), file: "out",
		proof: []string{"check", "DIR/out"}},
	{name: "doctor -p", args: live("doctor", "-p", "PID", "--for", "2s", "-d", "200ms")},

	{name: "the live screen", quick: true, args: live("-p", "PID", "-d", "100ms"), keys: "2345?\x1b:\x1b"},
	{name: "the trace browser", args: plain("trace", serviceTrace), keys: "12345678?\x1b:\x1b"},
	{name: "the replay", args: plain("--replay", "../data/leak.ndjson", "--speed", "max"), keys: "2345?\x1b:\x1b"},
	{name: "the process list", args: live(), keys: "\x1b[B?\x1b"},
	{name: "the fleet", starves: true, args: func(t *testing.T, _ string) []string {
		return []string{"--prometheus", fakeFleet(t), "-d", "100ms"}
	}, keys: "\x1b[B?\x1b"},
}
