package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// visit watches the process for as long as asked and returns what was found by slug, and the status.
func visit(t *testing.T, pid, watched string, args ...string) (map[string]finding, int) {
	t.Helper()
	list, status := diagnose(t, append([]string{"-p", pid, "--for", watched}, args...)...)
	found := map[string]finding{}
	for i := len(list) - 1; i >= 0; i-- { // of one slug the worst counts
		found[list[i].Slug] = list[i]
	}
	return found, status
}

// accuses fails when the doctor says more than `info` about anything.
func accuses(t *testing.T, found map[string]finding) {
	t.Helper()
	for slug, f := range found {
		if f.Severity != "info" {
			t.Errorf("%s %s: %s", f.Severity, slug, f.Summary)
		}
	}
}

func expectFinding(t *testing.T, found map[string]finding, slug, severity string) finding {
	t.Helper()
	f, ok := found[slug]
	if !ok || f.Severity != severity {
		t.Fatalf("%s %s expected: %+v", severity, slug, found)
	}
	if f.Summary == "" || f.Remedy == "" || len(f.Evidence) == 0 {
		t.Errorf("it proves nothing: %+v", f)
	}
	return f
}

func TestDoctorFindsSendersThatNobodyEverHears(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "leak", "-every", "20ms", "-procs", "2"}}.run(t)
	found, status := visit(t, w.p(), "10s", "--limit", "goroutine-growth.time=5s", "--limit", "channel-send-stuck.time=5s")
	if status != exitFound {
		t.Errorf("status %d", status)
	}
	stuck := expectFinding(t, found, "channel-send-stuck", "warning")
	mustContain(t, stuck.Evidence[0].Text, "main.forget")
	if top := stuck.Evidence[0].Stack; len(top) == 0 || top[0].Function != "main.forget" {
		t.Errorf("where: %+v", top)
	}
	grown := expectFinding(t, found, "goroutine-growth", "warning")
	if rate := grown.Measures["growth_per_s"]; rate < 5 || rate > 80 {
		t.Errorf("50 a second were made, %.1f a second found", rate)
	}
}

// The rule takes a minute to be sure: before that it says what it knows, and nobody fails because of it.
func TestDoctorSaysForHowLongItKnowsOfGrowth(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "leak", "-every", "10ms", "-procs", "2"}}.run(t)
	found, status := visit(t, w.p(), "5s", "--limit", "channel-send-stuck.time=1h")
	if status != exitOK {
		t.Errorf("status %d: %+v", status, found)
	}
	mustContain(t, expectFinding(t, found, "goroutine-growth", "info").Summary, "to be sure takes 1m 00s")
}

func TestDoctorAccusesNoHealthyProcess(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]launch{
		"service":         {build: build{program: "service"}, args: []string{"-load", "50"}},
		"service's agent": {build: build{program: "service"}, args: []string{"-load", "50", "-agent"}},
		"quiet":           {args: []string{"-mode", "quiet"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var args []string
			if strings.HasSuffix(name, "agent") {
				args = []string{"--source", "agent"}
			}
			found, status := visit(t, l.run(t).p(), "5s", args...)
			accuses(t, found)
			if status != exitOK {
				t.Errorf("status %d", status)
			}
		})
	}
}

func TestDoctorFindsAHeapThatKeepsGrowing(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "hoard", "-every", "200ms", "-procs", "2"}}.run(t)
	found, _ := visit(t, w.p(), "9s", "--limit", "heap-growth.time=4s")
	f := expectFinding(t, found, "heap-growth", "warning")
	if f.Measures["heap_live_bytes"] < f.Measures["heap_live_before_bytes"]+16<<20 {
		t.Errorf("by how much? %v", f.Measures)
	}
}

func TestDoctorFindsTimersThatLiveUntilTheyFire(t *testing.T) {
	t.Parallel()
	for _, toolchain := range []string{local, "go1.21.13"} {
		if toolchain != local && !slow {
			continue
		}
		w := launch{build: build{toolchain: toolchain}, args: []string{"-mode", "timers", "-procs", "2"}}.run(t)
		found, status := visit(t, w.p(), "9s", "--limit", "timer-leak.time=4s", "--limit", "timer-leak.timers=2000")
		expectFinding(t, found, "timer-leak", "warning")
		if status != exitFound {
			t.Errorf("status %d", status)
		}
	}
}

func TestDoctorFindsCollectionsThatTakeTheCPU(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "gc", "-procs", "2"}}.run(t)
	found, _ := visit(t, w.p(), "6s")
	f := expectFinding(t, found, "gc-pressure", "warning")
	if f.Measures["cycles_per_s"] <= 0 || f.Measures["gc_cpu_ratio"] < 0.1 {
		t.Errorf("measures %v", f.Measures)
	}
}

// inCgroup makes a cgroup with that share of a CPU and puts the process into it.
func inCgroup(t *testing.T, pid int, milliCPUs int) {
	t.Helper()
	needRoot(t)
	v1, quota := "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us"
	dir, value := filepath.Join(v1, fmt.Sprintf("schedtop-e2e-%d", pid)), fmt.Sprint(milliCPUs*100)
	if _, err := os.Stat(filepath.Join(v1, quota)); err != nil {
		if _, err = os.Stat(filepath.Join(v1, "cpu.cfs_period_us")); err != nil {
			dir, quota = filepath.Join("/sys/fs/cgroup", filepath.Base(dir)), "cpu.max"
			value = fmt.Sprintf("%d 100000", milliCPUs*100)
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("needs a cgroup of its own, to limit the CPU of the target: %v", err)
	}
	t.Cleanup(func() {
		for range 50 {
			if os.Remove(dir) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	for file, text := range map[string]string{quota: value, "cgroup.procs": itoa(pid)} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Skipf("needs a cgroup of its own, to limit the CPU of the target: %v", err)
		}
	}
}

func kill(t *testing.T, w *workload) {
	t.Helper()
	w.signal(t, syscall.SIGKILL)
	w.wait(t, patience)
}

func TestDoctorFindsAQuotaThatStopsTheProgram(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "spinners", "-procs", "4"}}.run(t)
	inCgroup(t, w.pid(), 50)
	t.Cleanup(func() { kill(t, w) }) // before its cgroup goes
	var found map[string]finding
	var status int
	for range 3 { // on a machine that gives it no more than that anyway a quota stops nobody
		if found, status = visit(t, w.p(), "5s"); found["gomaxprocs-mismatch"].Severity == "warning" {
			break
		}
	}
	f := expectFinding(t, found, "gomaxprocs-mismatch", "warning")
	if f.Measures["quota"] != 0.05 {
		t.Errorf("a quota of 0.05 CPUs: %v", f.Measures)
	}
	if status != exitFound {
		t.Errorf("status %d", status)
	}
}

func TestProfilesServedToEverybodyAreFoundOnRequestAlone(t *testing.T) {
	t.Parallel()
	open := launch{build: build{program: "service"}, args: []string{"-addr", "0.0.0.0:0", "-pprof"}}.run(t)
	closed := launch{build: build{program: "service"}, args: []string{"-addr", "127.0.0.1:0", "-pprof"}}.run(t)
	if found, _ := visit(t, open.p(), "2s"); found["pprof-exposed"].Slug != "" {
		t.Error("nobody asked for that")
	}
	if found, _ := visit(t, closed.p(), "2s", "--probe"); found["pprof-exposed"].Slug != "" {
		t.Error("a loopback address is not exposed")
	}
	found, status := visit(t, open.p(), "2s", "--probe")
	expectFinding(t, found, "pprof-exposed", "warning")
	if status != exitFound {
		t.Errorf("status %d", status)
	}
}

func TestDoctorFindsInARecordingWhatItFoundLive(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "leak", "-every", "20ms", "-procs", "2"}}.run(t)
	path, _ := record(t, w.p(), "500ms", 18)
	r := schedtop(t, "doctor", "--replay", path, "--limit", "channel-send-stuck.time=4s")
	r.expect(t, exitFound)
	mustContain(t, strings.Join(r.stdout, "\n"), "WARNING channel-send-stuck")

	text := strings.Join(readLines(t, path), "\n")
	damaged := writeFile(t, "damaged", []byte(text+"\n{\"schema\":1,\n"))
	r = schedtop(t, "doctor", "--replay", damaged, "--limit", "channel-send-stuck.time=4s")
	r.expect(t, exitDamaged)
	one := writeFile(t, "one", []byte(strings.SplitAfter(text, "\n")[0]))
	r = schedtop(t, "doctor", "--replay", one)
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "no two snapshots")
	ruins := writeFile(t, "ruins", []byte(strings.SplitAfter(text, "\n")[0]+"{\n{\n{\n"))
	schedtop(t, "doctor", "--replay", ruins).expect(t, exitDamaged)
}

func TestWhatTheDoctorCouldNotWatchIsNeverHealthy(t *testing.T) {
	t.Parallel()
	schedtop(t, "doctor", "-p", "999999999").expect(t, exitNoTarget)
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	p := startSchedtop(t, "doctor", "-p", w.p(), "--for", "1m")
	waitUntil(t, "schedtop at work", func() bool { return threadsOf(p.pid()) > 1 })
	kill(t, w)
	r := finish(t, p)
	r.expect(t, exitExited)
	for _, args := range [][]string{
		{"doctor"},
		{"doctor", "-p", "1", "trace.out"},
		{"doctor", "-p", "1", "--replay", "x"},
		{"doctor", "--probe", "trace.out"},
		{"doctor", "--for", "5s", "trace.out"},
		{"doctor", "-p", "1", "--for", "1s"},
		{"doctor", "-p", "1", "--from", "1s"},
		{"doctor", "-p", "1", "--to", "1s"},
		{"doctor", "--replay", "x", "--from", "1s"},
		{"doctor", "--delay", "1s", "trace.out"},
		{"doctor", "--source", "agent", "trace.out"},
	} {
		schedtop(t, args...).expect(t, exitUsage)
	}
}

func TestFindingsOnTheScreenLeadToTheGoroutinesThatProveThem(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "leak", "-every", "20ms", "-procs", "2"}}.run(t)
	m := startTmux(t, 120, 40)
	m.watch("-p " + w.p() + " -d 500ms --limit channel-send-stuck.time=3s --limit goroutine-growth.goroutines=1000000")
	m.waitText("! channel-send-stuck")
	m.keys("Enter")
	m.waitText("main.forget  groups.go:")
	m.keys("Enter")
	m.waitFor("the group", func(s string) bool {
		return strings.Contains(s, "goroutines in") && strings.Contains(s, "main.forget")
	})
	m.keys("q")
	m.expectShell(exitOK)
}
