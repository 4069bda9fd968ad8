package e2e

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The sentinel: what breaks its rules and what follows, without a screen and with one.

// crowd is broken by a wave of the workload of that name, and recovers between two of them.
const crowd = "goroutines>35"

// startWaves is a program that misbehaves in turns.
func startWaves(t *testing.T, every time.Duration) *traced {
	t.Helper()
	return &traced{launch{argv0: "workload", args: []string{"-mode", "waves", "-every", every.String(), "-agent"}}.run(t), t.TempDir()}
}

// An event is a line of the sentinel's log.
type event struct {
	Time     time.Time
	Event    string
	Rule     string
	Value    string
	Broken   float64 `json:"broken_s"`
	Then     string
	Why      string
	Left     float64 `json:"left_s"`
	Kind     string
	Bundle   string
	Bytes    int64
	Command  string
	Status   int
	Killed   bool
	Line     string
	Signal   int
	PID      int
	Where    string
	Snapshot int `json:"snapshots"`
}

func events(t *testing.T, text []string) []event {
	t.Helper()
	var all []event
	for _, line := range text {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			if strings.HasPrefix(line, "schedtop: ") {
				continue
			}
			t.Fatalf("no event: %q: %v", line, err)
		}
		checkPlain(t, line)
		all = append(all, e)
	}
	return all
}

func countEvents(all []event, name string) int {
	n := 0
	for _, e := range all {
		if e.Event == name {
			n++
		}
	}
	return n
}

// sentinel starts `schedtop watch` on the workload; settings stand below [sentinel].
func (w *traced) sentinel(t *testing.T, settings string, args ...string) *process {
	t.Helper()
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[sentinel]\n"+settings), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startSchedtop(t, append([]string{"watch", "-p", w.p(), "--config", config, "--trace-dir", w.dir,
		"-d", "100ms", "-s", "1s"}, args...)...)
	p.until(t, "armed", 1)
	return p
}

// until waits for the n-th event of that name.
func (p *process) until(t *testing.T, name string, n int) []event {
	t.Helper()
	text := p.stderr.waitFor(t, name, func(text []string) bool {
		found := 0
		for _, line := range text {
			if strings.Contains(line, `"event":"`+name+`"`) {
				found++
			}
		}
		return found >= n
	})
	return events(t, text)
}

func (p *process) end(t *testing.T, signal syscall.Signal) []event {
	t.Helper()
	p.signal(t, signal)
	if status := p.wait(t, patience); status != 128+int(signal) {
		t.Errorf("status %d after signal %d\n%s", status, signal, tail(p.stderr.all()))
	}
	return events(t, p.stderr.all())
}

// A manifest is what a bundle says of itself.
type manifest struct {
	Schema int
	Reason struct {
		Rule, Value, Then string
		Broken            int64 `json:"broken_ns"`
		At                int64 `json:"monotonic_ns"`
	}
	Target struct {
		Program string
		PID     int
		Version string `json:"go_version"`
		Module  string
		Where   string
	}
	Build struct {
		Version  string `json:"go_version"`
		Path     string
		Settings map[string]string
	}
	Snapshots struct {
		Member string
		Count  int
		First  int64 `json:"first_ns"`
		Last   int64 `json:"last_ns"`
	}
	Captures []struct {
		Kind, Member, Means, Why string
		Bytes                    int64
		Reach                    int64 `json:"reach_ns"`
	}
}

// unpack reads a bundle as any tar does.
func unpack(t *testing.T, path string) (m manifest, members map[string][]byte, order []string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("for its user alone? %v %v", info, err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	members = map[string][]byte{}
	for r := tar.NewReader(file); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		content, err := io.ReadAll(r)
		if err != nil || header.Typeflag != tar.TypeReg || header.Mode != 0o600 {
			t.Fatalf("%s: %v %v", header.Name, header, err)
		}
		members[header.Name] = content
		order = append(order, header.Name)
	}
	if err := json.Unmarshal(members["MANIFEST.json"], &m); err != nil {
		t.Fatalf("MANIFEST.json: %v\n%s", err, members["MANIFEST.json"])
	}
	return m, members, order
}

// zstdcat unpacks the snapshots with the tool that users have.
func zstdcat(t *testing.T, packed []byte) []string {
	t.Helper()
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("zstd is not installed")
	}
	cmd := exec.Command("zstd", "-dc")
	cmd.Stdin = bytes.NewReader(packed)
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("zstd: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// checkSnapshots holds the recording to what the manifest says, and to the time around the moment: some
// before it, and as much after it as was asked for.
func checkSnapshots(t *testing.T, m manifest, packed []byte, after time.Duration) {
	t.Helper()
	lines := zstdcat(t, packed)
	if len(lines) != m.Snapshots.Count || len(lines) < 10 {
		t.Fatalf("%d snapshots, %d in the manifest", len(lines), m.Snapshots.Count)
	}
	var at []int64
	for _, line := range lines {
		var s struct {
			Monotonic int64 `json:"monotonic_ns"`
			PID       int
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil || s.PID != m.Target.PID {
			t.Fatalf("%v: %.100s", err, line)
		}
		at = append(at, s.Monotonic)
	}
	if at[0] != m.Snapshots.First || at[len(at)-1] != m.Snapshots.Last {
		t.Errorf("from %d to %d, and not as in %+v", at[0], at[len(at)-1], m.Snapshots)
	}
	// The trace takes a second, and the snapshots go on meanwhile and afterwards.
	if first, last := m.Reason.At-at[0], at[len(at)-1]-m.Reason.At; first <= 0 || last < int64(after+time.Second)*9/10 {
		t.Errorf("%v before and %v after", time.Duration(first), time.Duration(last))
	}
}

// checkReaders opens what is inside with every command that can.
func checkReaders(t *testing.T, bundle string) {
	t.Helper()
	for _, command := range [][]string{{"check", bundle}, {"stat", bundle},
		{"profile", "--kind", "sched", "-o", filepath.Join(t.TempDir(), "profile"), bundle}} {
		schedtop(t, command...).expect(t, exitOK)
	}
	// What the doctors say of it is their own matter.
	for _, command := range [][]string{{"doctor", bundle}, {"doctor", "--replay", bundle}} {
		if r := schedtop(t, command...); r.status != exitOK && r.status != exitFound {
			t.Errorf("nothing is read: schedtop %v", r)
		}
	}
	r := schedtop(t, "--replay", bundle, "--json")
	r.expect(t, exitOK)
	if len(r.stdout) < 10 {
		t.Errorf("%d snapshots are replayed", len(r.stdout))
	}
}

var bundleName = regexp.MustCompile(`^workload-(\d+)-\d{8}T\d{6}Z-go1\.(\d+)\.schedtop$`)

func TestSentinelFiresOnceThenRespectsItsLimits(t *testing.T) {
	t.Parallel()
	every, watched, settings := 500*time.Millisecond, 4*time.Second, "after = 1s\napart = 1h\ncooldown = 1h\n"
	if slow {
		every, watched, settings = 2*time.Second, time.Minute, "after = 1s\n"
	}
	w := startWaves(t, every)
	p := w.sentinel(t, settings, "--sentinel", crowd+" for 200ms", "--then", "trace", "--then", "goroutines")
	saved := p.until(t, "saved", 1)
	p.until(t, "suppressed", 1)
	time.Sleep(watched)
	all := p.end(t, syscall.SIGTERM)
	if countEvents(all, "fired") != 1 || countEvents(all, "saved") != 1 || countEvents(all, "captured") != 2 || countEvents(all, "failed") != 0 {
		t.Fatalf("one bundle with two captures expected:\n%s", tail(p.stderr.all()))
	}
	// Every wave breaks the rule again. That is said, once for each reason and not for each snapshot.
	if n := countEvents(all, "suppressed"); n < 1 || n > 4 {
		t.Errorf("%d times suppressed:\n%s", n, tail(p.stderr.all()))
	}
	for _, e := range all {
		if e.Event == "suppressed" && (e.Why == "" || e.Left <= 0 || e.Rule != crowd+" for 200ms") {
			t.Errorf("suppressed without a reason: %+v", e)
		}
		if e.Event == "fired" && (e.Broken < 0.2 || e.Then != "trace, goroutines" || e.PID != w.pid()) {
			t.Errorf("fired: %+v", e)
		}
	}
	bundle := saved[len(saved)-1].Bundle
	left := names(t, w.dir)
	if len(left) != 1 || !bundleName.MatchString(left[0]) || filepath.Base(bundle) != left[0] {
		t.Fatalf("one bundle expected, %s: %v", bundle, left)
	}
	m, members, order := unpack(t, bundle)
	if want := "MANIFEST.json snapshots.ndjson.zst buildinfo.txt goroutines.txt capture.trace"; strings.Join(order, " ") != want {
		t.Errorf("members are %v, not %s", order, want)
	}
	if m.Schema != 1 || m.Reason.Rule != crowd+" for 200ms" || m.Target.PID != w.pid() || m.Target.Program != "workload" ||
		m.Build.Version != m.Target.Version || m.Build.Path != "schedtop/tests/workloads/cmd/workload" ||
		m.Build.Settings["GOOS"] != "linux" || len(m.Captures) != 2 {
		t.Errorf("manifest: %+v", m)
	}
	if !bytes.Contains(members["goroutines.txt"], []byte("main.startWaves")) {
		t.Errorf("goroutines.txt:\n%.500s", members["goroutines.txt"])
	}
	checkSnapshots(t, m, members["snapshots.ndjson.zst"], time.Second)
	trace := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(trace, members["capture.trace"], 0o600); err != nil {
		t.Fatal(err)
	}
	parse(t, trace)
	checkReaders(t, bundle)
	if listed, err := exec.Command("tar", "tf", bundle).Output(); err != nil || string(listed) != strings.Join(order, "\n")+"\n" {
		t.Errorf("tar tf: %v\n%s", err, listed)
	}
}

func TestSentinelActsAgainWhenItsLimitsAllow(t *testing.T) {
	t.Parallel()
	w := startWaves(t, 300*time.Millisecond)
	p := w.sentinel(t, "after = 0s\napart = 2s\ncooldown = 0s\n", "--trace-keep", "2",
		"--sentinel", crowd, "--then", "snapshots")
	p.until(t, "saved", 3)
	var fired []time.Time
	for _, e := range p.end(t, syscall.SIGINT) {
		if e.Event == "fired" {
			fired = append(fired, e.Time)
		}
	}
	for i := 1; i < len(fired); i++ {
		if apart := fired[i].Sub(fired[i-1]); apart < 1900*time.Millisecond {
			t.Errorf("%v apart", apart)
		}
	}
	if left := names(t, w.dir); len(left) > 2 {
		t.Errorf("more is kept than --trace-keep says: %v", left)
	}
}

func TestSentinelRunsItsCommandForABoundedTime(t *testing.T) {
	t.Parallel()
	w := startWaves(t, 300*time.Millisecond)
	p := w.sentinel(t, "after = 0s\nexec-time = 6s\n", "--sentinel", crowd, "--then",
		`exec:sh -c 'echo "$SCHEDTOP_RULE|$SCHEDTOP_PID|$SCHEDTOP_PROGRAM|$SCHEDTOP_VALUE"; tar tf "$SCHEDTOP_BUNDLE"; printf "\033[31m\n"; sleep 600'`)
	p.until(t, "ran", 1)
	var said []string
	for _, e := range p.end(t, syscall.SIGTERM) {
		if e.Event == "output" {
			said = append(said, e.Line)
		}
		if e.Event == "ran" && (!e.Killed || e.Status != 128+15 || e.Command != "sh") {
			t.Errorf("not killed: %+v", e)
		}
	}
	if len(said) < 3 || !strings.HasPrefix(said[0], crowd+"|"+w.p()+"|workload|") || said[1] != "MANIFEST.json" ||
		said[len(said)-1] != "?[31m" {
		t.Errorf("the command said %q", said)
	}
}

func TestEndOfTheProcessIsAReasonToSaveWhatThereIs(t *testing.T) {
	t.Parallel()
	w := startWaves(t, 300*time.Millisecond)
	p := w.sentinel(t, "after = 30s\n", "--sentinel", crowd, "-s", "30s")
	p.until(t, "fired", 1)
	waitUntil(t, "some of the trace", func() bool { return w.hasScratch(t, p) })
	if err := w.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if status := p.wait(t, patience); status != exitExited {
		t.Errorf("status %d\n%s", status, tail(p.stderr.all()))
	}
	text := p.stderr.all()
	if last := text[len(text)-1]; last != "schedtop: process "+w.p()+" has exited" {
		t.Errorf("the last word is %q", last)
	}
	all := events(t, text)
	if countEvents(all, "not-captured") != 1 || countEvents(all, "saved") != 1 {
		t.Fatalf("a bundle without a trace expected:\n%s", tail(text))
	}
	m, _, order := unpack(t, filepath.Join(w.dir, names(t, w.dir)[0]))
	if len(m.Captures) != 1 || m.Captures[0].Why == "" || len(order) != 3 {
		t.Errorf("%v %+v", order, m.Captures)
	}
	r := schedtop(t, "stat", filepath.Join(w.dir, names(t, w.dir)[0]))
	r.expect(t, exitNoTarget)
	if said := r.oneSentence(t); !strings.Contains(said, "holds no execution trace") {
		t.Errorf("stat says %q", said)
	}
}

// hasScratch tells whether a capture is under way: its file has no name, but is open.
func (w *traced) hasScratch(t *testing.T, p *process) bool {
	t.Helper()
	links, _ := filepath.Glob("/proc/" + itoa(p.pid()) + "/fd/*")
	for _, link := range links {
		to, _ := os.Readlink(link)
		if strings.HasPrefix(to, w.dir) && strings.HasSuffix(to, "(deleted)") {
			return true
		}
	}
	return false
}

// A rule was broken, and often that is why somebody restarts things: what is there is not lost.
func TestSentinelThatIsEndedSavesWhatItHas(t *testing.T) {
	t.Parallel()
	w := startWaves(t, 300*time.Millisecond)
	p := w.sentinel(t, "", "--sentinel", crowd, "-s", "30s")
	p.until(t, "fired", 1)
	waitUntil(t, "some of the trace", func() bool { return w.hasScratch(t, p) })
	all := p.end(t, syscall.SIGTERM)
	if p.took > patience/2 || countEvents(all, "saved") != 1 || countEvents(all, "captured") != 0 {
		t.Fatalf("%v:\n%s", p.took, tail(p.stderr.all()))
	}
	left := names(t, w.dir)
	if len(left) != 1 {
		t.Fatalf("one bundle expected: %v", left)
	}
	m, _, order := unpack(t, filepath.Join(w.dir, left[0]))
	if len(m.Captures) != 1 || m.Captures[0].Why != "it was cancelled" || m.Snapshots.Count < 1 || len(order) != 3 {
		t.Errorf("%v %+v", order, m)
	}
}

func TestSentinelFollowsAProgramThatIsStartedAnew(t *testing.T) {
	t.Parallel()
	// A copy with a name of its own, for others run the same program.
	exe := filepath.Join(t.TempDir(), "waves")
	if err := copyFile(build{}.path(t), exe); err != nil {
		t.Fatal(err)
	}
	begin := func() *traced {
		args := []string{"-mode", "waves", "-every", "300ms", "-agent"}
		return &traced{launch{exe: exe, argv0: "sentinel-followed", args: args}.run(t), t.TempDir()}
	}
	first := begin()
	p := first.sentinel(t, "after = 0s\napart = 1s\ncooldown = 0s\n", "--follow", "--sentinel", crowd, "--then", "snapshots")
	p.until(t, "saved", 1)
	_ = first.cmd.Process.Kill()
	<-first.ended
	second := begin()
	p.until(t, "followed", 1)
	before := countEvents(events(t, p.stderr.all()), "saved")
	all := p.until(t, "saved", before+1)
	last := event{}
	for _, e := range all {
		if e.Event == "fired" {
			last = e
		}
	}
	if last.PID != second.pid() {
		t.Errorf("fired for %d, not for %d", last.PID, second.pid())
	}
	p.end(t, syscall.SIGTERM)
}

func TestBadRulesAreNamedWithTheirPlace(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config")
	text := "[sentinel]\nwhen = sched.p98>50ms\nthen = trace\napart = never\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := schedtop(t, "watch", "-p", "1", "--config", config)
	r.expect(t, exitUsage)
	said := strings.Join(r.stderr, "\n")
	for _, want := range []string{config + ":2: the rule 'sched.p98>50ms': 'sched.p98' is no metric", "METRIC > VALUE [for TIME]",
		config + ":3: an action belongs to the rule before it", config + ":4: apart takes a time", "watch needs a rule"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	for _, bad := range [][]string{{"--sentinel", "idle>"}, {"--then", "trace"}, {"--sentinel", "idle>1%", "--then", "reboot"}} {
		r := schedtop(t, append([]string{"watch", "-p", "1"}, bad...)...)
		r.expect(t, exitUsage)
		r.oneSentence(t)
	}
	list := schedtop(t, "watch", "--list")
	list.expect(t, exitOK)
	if len(list.stdout) < 40 || !strings.HasPrefix(list.stdout[1], "sched.p50 ") {
		t.Errorf("the list: %v", list)
	}
}

func TestScreenSaysWhatTheSentinelDoes(t *testing.T) {
	t.Parallel()
	w := startWaves(t, 300*time.Millisecond)
	m := startTmux(t, 120, 40)
	log := filepath.Join(t.TempDir(), "log")
	m.watch("-p " + w.p() + " -d 200ms -s 1s --trace-dir " + w.dir +
		" --sentinel 'idle>100% for 1h' --sentinel '" + crowd + " for 1s' --then goroutines 2>" + log)
	m.waitText("sentinel armed")
	m.keys("5")
	m.waitFor("the rules below the findings", func(s string) bool {
		return strings.Contains(s, "idle>100% for 1h") && strings.Contains(s, crowd+" for 1s") && strings.Contains(s, "goroutines")
	})
	m.keys("q")
	m.expectShell(exitOK)
	m.watch("-p " + w.p() + " -d 100ms -s 1s --trace-dir " + w.dir + " --sentinel '" + crowd + "' --then goroutines 2>" + log)
	m.keys("5")
	m.waitFor("that it has fired and why", func(s string) bool {
		return strings.Contains(s, "sentinel fired") && strings.Contains(s, "fired ") && strings.Contains(s, ".schedtop")
	})
	m.keys("q")
	m.expectShell(exitOK)
	text, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(text), `# sentinel {"time":`) || !strings.Contains(string(text), `"event":"fired"`) {
		t.Errorf("the log: %v\n%.2000s", err, text)
	}
	if left := names(t, w.dir); len(left) != 1 || !bundleName.MatchString(left[0]) {
		t.Errorf("one bundle expected: %v", left)
	}
}

// What the disk has no room for is left out, and the bundle says so.
func TestBundleWithoutItsTraceIsBetterThanNone(t *testing.T) {
	t.Parallel()
	needRoot(t)
	w := startTraced(t, build{}, "mixed")
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=32m"); err != nil {
		t.Skipf("needs to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	p := w.sentinel(t, "after = 10s\n", "--sentinel", "goroutines>0", "--then", "trace", "--trace-dir", dir)
	captured := p.until(t, "captured", 1)
	bytes := captured[len(captured)-1].Bytes
	// The trace lies there already, but there is no room for it in the bundle.
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	fill := int64(disk.Bavail)*disk.Bsize - bytes/2
	if bytes < 60<<10 || fill < 0 {
		t.Fatalf("a trace of %d bytes", bytes)
	}
	if err := os.WriteFile(filepath.Join(dir, "full"), make([]byte, fill), 0o600); err != nil {
		t.Fatal(err)
	}
	saved := p.until(t, "saved", 1)
	p.end(t, syscall.SIGTERM)
	m, _, order := unpack(t, saved[len(saved)-1].Bundle)
	if strings.Join(order, " ") != "MANIFEST.json snapshots.ndjson.zst buildinfo.txt" || len(m.Captures) != 1 ||
		!strings.Contains(m.Captures[0].Why, "no space is left") && !strings.Contains(m.Captures[0].Why, "No space left") {
		t.Errorf("%v %+v", order, m.Captures)
	}
}

// Whoever read the log is gone: the watching goes on.
func TestSentinelOutlivesTheReaderOfItsLog(t *testing.T) {
	t.Parallel()
	w := startWaves(t, 300*time.Millisecond)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[sentinel]\nafter = 0s\napart = 1s\ncooldown = 0s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "watch", "-p", w.p(), "--config", config, "--trace-dir", w.dir, "-d", "100ms",
		"--sentinel", crowd, "--then", "snapshots")
	cmd.Stderr = writer
	p := start(t, cmd)
	_ = writer.Close()
	_ = reader.Close()
	waitUntil(t, "two bundles", func() bool { return len(names(t, w.dir)) >= 2 })
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t, patience); status != 128+int(syscall.SIGTERM) {
		t.Errorf("status %d", status)
	}
}

// What has been, around the moment that a rule was broken: of a program that keeps it.
func TestBundleHasWhatTheFlightRecorderHasSeen(t *testing.T) {
	t.Parallel()
	l := launch{argv0: "workload", args: []string{"-mode", "waves", "-every", "300ms", "-agent", "-flight", "2s"}}
	w := &traced{l.run(t), t.TempDir()}
	p := w.sentinel(t, "after = 0s\n", "--sentinel", crowd+" for 100ms", "--then", "flight")
	saved := p.until(t, "saved", 1)
	p.end(t, syscall.SIGTERM)
	m, members, order := unpack(t, saved[len(saved)-1].Bundle)
	if want := "MANIFEST.json snapshots.ndjson.zst buildinfo.txt capture.flight.trace"; strings.Join(order, " ") != want {
		t.Fatalf("members are %v, not %s: %+v", order, want, m.Captures)
	}
	if len(m.Captures) != 1 || m.Captures[0].Kind != "flight" || m.Captures[0].Means != "agent" || m.Captures[0].Reach <= 0 {
		t.Errorf("%+v", m.Captures)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(trace, members["capture.flight.trace"], 0o600); err != nil {
		t.Fatal(err)
	}
	parse(t, trace)
	schedtop(t, "check", saved[len(saved)-1].Bundle).expect(t, exitOK)
}

// The same beside a program that is known by its address alone.
func TestSentinelOfAURL(t *testing.T) {
	t.Parallel()
	served := startServed(t, local, "-parked", "37", "-metrics")
	dir, config := t.TempDir(), filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[sentinel]\nafter = 0s\napart = 1s\ncooldown = 1h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Memory is asked for every ten seconds; that is no gap.
	p := startSchedtop(t, "watch", "--url", served.url(), "--config", config, "--trace-dir", dir, "-d", "500ms", "-s", "1s",
		"--sentinel", "goroutines>=42 for 1s", "--then", "trace", "--then", "goroutines",
		"--sentinel", "memory>1MB for 4s", "--then", "snapshots", "--then", "exec:sh -c 'echo $SCHEDTOP_WHERE'")
	p.until(t, "ran", 1)
	p.until(t, "saved", 2)
	all := p.end(t, syscall.SIGTERM)
	if countEvents(all, "saved") != 2 || countEvents(all, "captured") != 2 || countEvents(all, "failed") != 0 {
		t.Fatalf("two bundles expected:\n%s", tail(p.stderr.all()))
	}
	for _, e := range all {
		if (e.Event == "armed" || e.Event == "fired") && (e.Where != served.url() || e.PID != 0) {
			t.Errorf("%+v", e)
		}
		if e.Event == "output" && e.Line != served.url() {
			t.Errorf("the command was told %q", e.Line)
		}
	}
	left := names(t, dir)
	name := regexp.MustCompile(`profiled-127\.0\.0\.1_\d+-\d{8}T\d{6}Z-go1\.\d+\.schedtop$`)
	if len(left) != 2 || !name.MatchString(left[0]) || !name.MatchString(left[1]) {
		t.Fatalf("two bundles by host and port expected: %v", left)
	}
	m, members, order := unpack(t, filepath.Join(dir, left[0]))
	if want := "MANIFEST.json snapshots.ndjson.zst goroutines.txt capture.trace"; strings.Join(order, " ") != want {
		t.Fatalf("members are %v, not %s", order, want)
	}
	if m.Target.Where != served.url() || m.Target.PID != 0 || m.Target.Version != runtime.Version() {
		t.Errorf("%+v", m.Target)
	}
	if !bytes.Contains(members["goroutines.txt"], []byte("main.waitForWork")) {
		t.Errorf("goroutines.txt:\n%.500s", members["goroutines.txt"])
	}
	schedtop(t, "check", filepath.Join(dir, left[0])).expect(t, exitOK)
}
