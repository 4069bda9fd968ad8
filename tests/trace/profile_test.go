package trace_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"schedtop/tests/trace/pprof"
	"schedtop/tests/trace/reference"
)

func schedtop(t *testing.T) string {
	t.Helper()
	path := os.Getenv("SCHEDTOP")
	if path == "" {
		t.Skip("SCHEDTOP doesn't name the program to test")
	}
	return path
}

// profileOf runs schedtop profile, which must not fail.
func profileOf(t *testing.T, program string, args ...string) *pprof.Profile {
	t.Helper()
	cmd := exec.Command(program, append([]string{"profile"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("profile %v: %v\n%s", args, err, stderr.String())
	}
	return decode(t, out)
}

func decode(t *testing.T, data []byte) *pprof.Profile {
	t.Helper()
	p, err := pprof.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// goTrace is the path of go tool trace, which is quicker to start than go.
var goTrace = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("go", "tool", "-n", "trace")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
})

// goProfile is what go tool trace makes of it.
func goProfile(t *testing.T, kind, file string) *pprof.Profile {
	t.Helper()
	tool, err := goTrace()
	if err != nil {
		t.Fatalf("go tool -n trace: %v", err)
	}
	out, err := exec.Command(tool, "-pprof="+kind, file).Output()
	if err != nil {
		t.Fatalf("go tool trace -pprof=%s %s: %v", kind, file, err)
	}
	p := decode(t, out)
	// To Go's tool a stack that is one empty frame is no stack, but it may show
	// the one or the other.
	for i, s := range p.Samples {
		if len(s.Stack) == 1 && s.Stack[0] == (pprof.Frame{}) {
			p.Samples[i].Stack = nil
		}
	}
	return p
}

// sameSamples compares stack by stack, with addresses, functions and lines, and
// value by value.
func sameSamples(t *testing.T, name string, want, got *pprof.Profile) {
	t.Helper()
	if w, g := strings.Join(want.Types, " "), strings.Join(got.Types, " "); w != g {
		t.Errorf("%s: samples are of %s, not of %s", name, g, w)
	}
	diffSamples(t, name, want.Lines(), got.Lines())
}

func diffSamples(t *testing.T, name string, want, got []string) {
	t.Helper()
	in := map[string]int{}
	for _, line := range want {
		in[line]++
	}
	reported := 0
	report := func(format string, args ...any) {
		if reported++; reported <= 5 {
			t.Errorf(name+": "+format, args...)
		}
	}
	for _, line := range got {
		if in[line]--; in[line] < 0 {
			report("only schedtop has %s", line)
		}
	}
	for line, n := range in {
		if n > 0 {
			report("only the reference has %s", line)
		}
	}
}

// Of one trace of each toolchain with events of all kinds; with $SCHEDTOP_ALL set, of more.
func TestProfiles(t *testing.T) {
	t.Parallel()
	program := schedtop(t)
	for _, toolchain := range toolchains() {
		t.Run(toolchain, func(t *testing.T) {
			workload := build(t, toolchain)
			for name, args := range scenarios {
				if name != "all" && os.Getenv("SCHEDTOP_ALL") == "" {
					continue
				}
				file := filepath.Join(t.TempDir(), name)
				run(t, workload, append([]string{"-o", file}, args...)...)
				t.Run(name, func(t *testing.T) {
					compareWithGoToolTrace(t, program, file)
					if name == "all" {
						addUp(t, program, file, toolchain != "go1.18.10")
						compareParts(t, program, file)
						openWithPprof(t, program, file)
						compareWithFolded(t, program, file)
					}
				})
			}
		})
	}
}

// callbacksTrace makes a trace of threads of C that call Go.
func callbacksTrace(t *testing.T) string {
	t.Helper()
	if os.Getenv("SCHEDTOP_ALL") == "" {
		t.Skip("not in the quick tier")
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "callbacks"), ".")
	build.Dir = "callbacks"
	build.Env = append(os.Environ(), "CGO_ENABLED=1", "GOTOOLCHAIN=local")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("there is no C compiler for cgo: %s", out)
	}
	file := filepath.Join(dir, "trace")
	run(t, filepath.Join(dir, "callbacks"), file)
	return file
}

// Of the goroutine with which threads of C call Go, go tool trace counts the last
// life, and so does schedtop.
func TestProfilesOfCallbacks(t *testing.T) {
	program := schedtop(t)
	compareWithGoToolTrace(t, program, callbacksTrace(t))
}

// Profiles are those of go tool trace, to the nanosecond.
func compareWithGoToolTrace(t *testing.T, program, file string) {
	t.Helper()
	for _, kind := range []string{"net", "sync", "syscall", "sched"} {
		want := goProfile(t, kind, file)
		if len(want.Samples) == 0 && filepath.Base(file) == "all" {
			t.Errorf("%s: nothing to compare", kind)
		}
		sameSamples(t, kind, want, profileOf(t, program, "--kind", kind, file))
	}
}

func waitsOf(t *testing.T, file string) *reference.Waits {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	waits, err := reference.ReadWaits(f)
	if err != nil {
		t.Fatal(err)
	}
	return waits
}

// What was blocked, by reason, and CPU samples, by stack, are what the events of
// golang.org/x/exp/trace add up to.
func addUp(t *testing.T, program, file string, hasSamples bool) {
	t.Helper()
	want := waitsOf(t, file)
	blocked := profileOf(t, program, "--kind", "blocked", file)
	sameSums(t, "blocked", want.Ended, blocked.Sums(1, "reason"))
	all := profileOf(t, program, "--kind", "blocked", "--still-blocked", file)
	open := &pprof.Profile{}
	for _, s := range all.Samples {
		if s.Labels["state"] == "still-blocked" {
			open.Samples = append(open.Samples, s)
		}
	}
	sameSums(t, "still blocked", want.Open, open.Sums(1, "reason"))
	if len(all.Samples) != len(blocked.Samples)+len(open.Samples) {
		t.Errorf("%d samples with and %d without the %d that are open", len(all.Samples),
			len(blocked.Samples), len(open.Samples))
	}
	if !hasSamples { // Go 1.19 was the first to put them into traces
		return
	}
	samples := map[string]int64{}
	for _, s := range profileOf(t, program, "--kind", "cpu", file).Samples {
		samples[s.Text()] += s.Values[0]
	}
	sameSums(t, "cpu", want.Samples, samples)
}

func sameSums(t *testing.T, name string, want, got map[string]int64) {
	t.Helper()
	maps.DeleteFunc(want, func(_ string, sum int64) bool { return sum == 0 })
	if len(want) == 0 {
		t.Errorf("%s: nothing to compare", name)
	}
	if !maps.Equal(want, got) {
		t.Errorf("%s: the reference has %v, schedtop %v", name, want, got)
	}
}

// Parts of the time add up to all of it, and so do goroutines.
func compareParts(t *testing.T, program, file string) {
	t.Helper()
	all := profileOf(t, program, "--kind", "blocked", file)
	first := profileOf(t, program, "--kind", "blocked", "--to", "120ms", file)
	second := profileOf(t, program, "--kind", "blocked", "--from", "120ms", file)
	if a, b := first.Sum(1), second.Sum(1); a == 0 || b == 0 || a+b != all.Sum(1) {
		t.Errorf("blocked for %d ns and for %d ns are not %d ns", a, b, all.Sum(1))
	}
	if a, b := first.Duration, second.Duration; a != 120e6 || a+b != all.Duration {
		t.Errorf("%d ns and %d ns are not %d ns", a, b, all.Duration)
	}
	longest := uint64(0)
	waits := waitsOf(t, file)
	for id, ns := range waits.Of {
		if ns > waits.Of[longest] {
			longest = id
		}
	}
	one := profileOf(t, program, "--kind", "blocked", "--goroutine", fmt.Sprint(longest), file)
	if one.Sum(1) != waits.Of[longest] || one.Sum(1) == 0 {
		t.Errorf("goroutine %d was blocked for %d ns, not %d", longest, waits.Of[longest], one.Sum(1))
	}
	tasks := profileOf(t, program, "--kind", "sched", "--task", "part", file).Sum(1)
	if sched := profileOf(t, program, "--kind", "sched", file).Sum(1); tasks == 0 || tasks >= sched {
		t.Errorf("parts waited to run for %d ns, all did for %d ns", tasks, sched)
	}
}

// go tool pprof opens what is written.
func openWithPprof(t *testing.T, program, file string) {
	t.Helper()
	for _, kind := range []string{"net", "sync", "syscall", "sched", "cpu", "blocked"} {
		out := filepath.Join(t.TempDir(), kind+".pb.gz")
		run(t, program, "profile", "--kind", kind, file, "-o", out)
		text, err := exec.Command("go", "tool", "pprof", "-symbolize=none", "-top", out).Output()
		if err != nil || !strings.Contains(string(text), "flat%") {
			t.Errorf("go tool pprof -top of %s: %v\n%s", kind, err, text)
		}
	}
}

// Folded stacks add up to the profile.
func compareWithFolded(t *testing.T, program, file string) {
	t.Helper()
	for _, kind := range []string{"sched", "blocked"} {
		out, err := exec.Command(program, "export", "--format", "folded", "--kind", kind, file).Output()
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for line := range strings.Lines(string(out)) {
			value := line[strings.LastIndexByte(line, ' ')+1:]
			ns, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += ns
		}
		if want := profileOf(t, program, "--kind", kind, file).Sum(1); sum != want || sum == 0 {
			t.Errorf("%s: folded stacks are %d ns, the profile %d ns", kind, sum, want)
		}
	}
}
