package doctor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// captureCount is for a look at a few scenarios.
var captureCount = flag.Int("captures", 0, "capture each scenario so often (0: once, or 5 times in the slow tier)")

var isSlow = os.Getenv("SCHEDTOP_ALL") != ""

// toolchains are the Go versions that scenarios are built with. One that can't be had is skipped, aloud.
func toolchains() []string {
	if isSlow {
		return []string{"local", "go1.24.6"}
	}
	return []string{"local"}
}

func captures() int {
	switch {
	case *captureCount > 0:
		return *captureCount
	case isSlow:
		return 5
	}
	return 1
}

func (r row) length() time.Duration {
	switch {
	case r.window != 0:
		return r.window
	case isSlow:
		return 2 * time.Second
	}
	return time.Second
}

// goEnv is what the scenarios are built in: with cgo the same program would have other threads and stacks.
func goEnv(toolchain string, cgo bool) []string {
	enabled := "CGO_ENABLED=0"
	if cgo {
		enabled = "CGO_ENABLED=1"
	}
	return append(os.Environ(), "GOTOOLCHAIN="+toolchain, enabled)
}

// minor is 24 of go1.24.6.
func minor(t *testing.T, toolchain string) int {
	t.Helper()
	cmd := exec.Command("go", "env", "GOVERSION")
	cmd.Env = goEnv(toolchain, false)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%s can't be used here: %v", toolchain, err)
	}
	parts := strings.Split(strings.TrimSpace(string(out)), ".")
	if len(parts) < 2 {
		t.Fatalf("go env GOVERSION says %q", out)
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		t.Fatalf("go env GOVERSION says %q", out)
	}
	return n
}

// build builds the scenarios, all at once, and returns the folder with the programs. The paths of files in
// stacks all begin with /src: the folder is called after the fault.
func build(t *testing.T, toolchain string, cgo bool, names []string) string {
	t.Helper()
	absolute, err := filepath.Abs(scenarioDir)
	if err != nil {
		t.Fatal(err)
	}
	var hide, packages []string
	for _, name := range names {
		hide = append(hide, filepath.Join(absolute, name)+"=>/src")
		packages = append(packages, "./"+name)
	}
	dir := t.TempDir()
	args := append([]string{"build", "-gcflags=-trimpath=" + strings.Join(hide, ";"), "-o", dir + "/"}, packages...)
	cmd := exec.Command("go", args...)
	cmd.Dir = scenarioDir
	cmd.Env = goEnv(toolchain, cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", toolchain, err, out)
	}
	return dir
}

// processors reads how long all processors have been busy and been there since the machine's start.
func processors(t *testing.T) (busy, all float64) {
	t.Helper()
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	for i, field := range strings.Fields(line)[1:9] { // user nice system idle iowait irq softirq steal
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatalf("/proc/stat: %q", line)
		}
		all += ticks / 100
		if i != 3 && i != 4 {
			busy += ticks / 100
		}
	}
	return busy, all
}

// capture runs a scenario, which traces itself, and returns the trace, and what share of the machine other
// programs had.
func (r row) capture(t *testing.T, program string, seed int) (path string, others float64) {
	t.Helper()
	busy, all := processors(t)
	file := filepath.Join(t.TempDir(), "trace")
	args := append([]string{"-trace", file, "-for", r.length().String(), "-seed", strconv.Itoa(seed)}, r.args...)
	cmd := exec.Command(program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, said.String())
	}
	busyNow, allNow := processors(t)
	own := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	others = (busyNow - busy - own) / (allNow - all)
	if r.edit != nil {
		data, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, r.edit(data), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return file, others
}

type frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

type evidence struct {
	Text      string  `json:"text"`
	Goroutine uint64  `json:"goroutine"`
	Begin     *int64  `json:"begin_ns"`
	End       *int64  `json:"end_ns"`
	Stack     []frame `json:"stack"`
}

type finding struct {
	Slug     string             `json:"slug"`
	Severity string             `json:"severity"`
	Summary  string             `json:"summary"`
	Title    string             `json:"title"`
	Remedy   string             `json:"remedy"`
	Refuted  string             `json:"refuted_by"`
	Impact   float64            `json:"impact_ratio"`
	Measures map[string]float64 `json:"measures"`
	Evidence []evidence         `json:"evidence"`
}

// report is what the doctor said of one trace.
type report struct {
	status   int
	findings []finding
	text     string
}

const (
	statusHealthy = 0
	statusDamaged = 6
	statusFound   = 10
)

// accuses says whether the finding counts as one of a program that isn't healthy.
func (f finding) accuses() bool {
	return f.Severity != "info"
}

// doctor asks the doctor.
func doctor(t *testing.T, args ...string) report {
	t.Helper()
	program := os.Getenv("SCHEDTOP")
	if program == "" {
		t.Skip("SCHEDTOP doesn't name the program to test")
	}
	var out, said bytes.Buffer
	cmd := exec.Command(program, append([]string{"doctor", "--json"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &said
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := report{status: cmd.ProcessState.ExitCode(), text: out.String() + said.String()}
	if err := json.Unmarshal(out.Bytes(), &r.findings); err != nil {
		t.Fatalf("%v: status %d, no list of findings: %v\n%s", cmd.Args, r.status, err, r.text)
	}
	return r
}

// judge says in what the doctor was wrong; empty: in nothing.
func (r row) judge(got report) string {
	place, accused := -1, []string{}
	for i, f := range got.findings {
		if f.Slug == r.want && place < 0 {
			place = i
			if f.accuses() == r.info {
				return fmt.Sprintf("%s is told as %s", f.Slug, f.Severity)
			}
		}
		if f.accuses() {
			accused = append(accused, f.Slug)
		}
	}
	status := statusHealthy
	switch {
	case r.damaged:
		status = statusDamaged
	case len(accused) > 0:
		status = statusFound
	}
	switch {
	case (r.want == "" || r.info) && len(accused) > 0:
		return fmt.Sprintf("accused of %s", strings.Join(accused, ", "))
	case r.want != "" && place < 0:
		return fmt.Sprintf("%s isn't found", r.want)
	case place > 1:
		return fmt.Sprintf("%s comes only as number %d", r.want, place+1)
	case got.status != status:
		return fmt.Sprintf("the status is %d and not %d", got.status, status)
	}
	return ""
}

// keep saves what was misjudged, when somebody wants to look at it.
func keep(t *testing.T, file, name string) {
	t.Helper()
	dir := os.Getenv("SCHEDTOP_DOCTOR_KEEP")
	if dir == "" {
		return
	}
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}
