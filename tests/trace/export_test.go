package trace_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/exp/trace"

	"schedtop/tests/trace/reference"
	"schedtop/tests/trace/viewer"
)

// Exports are read back by package viewer, and must hold what the reference finds
// in the same trace: of each goroutine the time by state and reason, each region,
// task, log and range, and an arrow for each goroutine that was woken. To compare
// to the nanosecond they are made by the program trace-export, whose path is in
// $TRACE_EXPORT; schedtop itself, in $SCHEDTOP, keeps the times as they were
// written (see order.h), and is compared with its own report.

// exporter is the program that exports with the durations of the reference.
func exporter(t *testing.T) string {
	t.Helper()
	path := os.Getenv("TRACE_EXPORT")
	if path == "" {
		t.Skip("TRACE_EXPORT doesn't name the program to compare with")
	}
	return path
}

// output runs a program that must succeed.
func output(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	return out
}

var viewers = map[string]func(io.Reader) (*viewer.Recording, error){
	"perfetto": viewer.ReadPerfetto,
	"chrome":   viewer.ReadChrome,
}

// view exports a trace and reads it back.
func view(t *testing.T, format string, data []byte) *viewer.Recording {
	t.Helper()
	r, err := viewers[format](bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return r
}

// exportTrace makes the trace that the exports are of, once: with a bit of
// everything, and of more than one generation.
func exportTrace(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	run(t, build(t, "local"), "-o", file, "-for", "1300ms", "-bytes", "1500000", "-profile", "-n", "2",
		"tasks", "gc", "locks", "files", "leaks", "http")
	return file
}

// goroutineOf is the number in "G12 main.worker" and "G12 regions".
func goroutineOf(track string) string {
	number, _, _ := strings.Cut(strings.TrimPrefix(track, "G"), " ")
	return number
}

// argument is one of a slice, as each format has it.
func argument(args map[string]any, name string) uint64 {
	switch value := args[name].(type) {
	case uint64:
		return value
	case float64:
		return uint64(value)
	}
	return 0
}

var rangeNames = map[string]string{
	"gc": "GC concurrent mark phase", "sweep": "GC incremental sweep", "assist": "GC mark assist",
}

// lines says what a recording holds as reference.Summary has it; times are
// counted from `first`.
func lines(r *viewer.Recording, first int64) []string {
	var lines []string
	totals := map[string]int64{}
	for _, s := range r.Slices {
		length, begin, open := s.End-s.Begin, s.Begin+first, s.Args["open"] == true
		switch s.Category {
		case "running", "runnable", "syscall":
			totals[goroutineOf(s.Track)+" "+s.Category] += length
		case "waiting":
			reason := s.Name
			if reason == "waiting" {
				reason = ""
			}
			totals[goroutineOf(s.Track)+" waiting/"+reason] += length
		case "region":
			if !open {
				lines = append(lines, fmt.Sprintf("region %s %s %d %d %d", goroutineOf(s.Track), s.Name,
					argument(s.Args, "task"), begin, length))
			}
		case "stw":
			if !open {
				lines = append(lines, fmt.Sprintf("span stop-the-world (%s) %d %d %d", s.Name,
					argument(s.Args, "goroutine"), begin, length))
			}
		case "gc", "sweep", "assist":
			id := "0"
			if s.Category == "sweep" {
				id = strings.Fields(s.Track)[1]
			} else if s.Category == "assist" {
				id = goroutineOf(s.Track)
			}
			if !open {
				lines = append(lines, fmt.Sprintf("span %s %s %d %d", rangeNames[s.Category], id, begin, length))
			}
		case "task":
			lines = append(lines, fmt.Sprintf("task %s %d %d %d %d %v", s.Name, argument(s.Args, "task"),
				argument(s.Args, "parent_task"), begin, length, open))
		}
	}
	for key, total := range totals {
		if total != 0 {
			lines = append(lines, fmt.Sprintf("goroutine %s %d", key, total))
		}
	}
	for _, i := range r.Instants {
		if i.Category == "log" {
			lines = append(lines, fmt.Sprintf("log %s %d %s %q %d", goroutineOf(i.Track), argument(i.Args, "task"),
				i.Name, i.Args["message"], i.At+first))
		}
	}
	lines = append(lines, fmt.Sprintf("arrows %d", len(r.From)))
	sort.Strings(lines)
	return lines
}

// annotated is what the summary of the reference says with other words: tasks
// and logs, and who is woken.
type annotated struct {
	first, last trace.Time
	woken       int
	tasks       map[trace.TaskID]string
	lines       []string
}

func (a *annotated) event(ev trace.Event) {
	if a.first == 0 {
		a.first = ev.Time()
	}
	a.last = ev.Time()
	switch ev.Kind() {
	case trace.EventStateTransition:
		st := ev.StateTransition()
		if st.Resource.Kind != trace.ResourceGoroutine {
			return
		}
		if from, to := st.Goroutine(); from == trace.GoWaiting && to == trace.GoRunnable {
			a.woken++
		}
	case trace.EventTaskBegin:
		task := ev.Task()
		a.tasks[task.ID] = fmt.Sprintf("task %s %d %d %d ", task.Type, task.ID, parentOf(task), ev.Time())
	case trace.EventTaskEnd:
		if begun, ok := a.tasks[ev.Task().ID]; ok {
			delete(a.tasks, ev.Task().ID)
			a.lines = append(a.lines, finishTask(begun, ev.Time(), false))
		}
	case trace.EventLog:
		log := ev.Log()
		category := log.Category
		if category == "" {
			category = "log"
		}
		a.lines = append(a.lines, fmt.Sprintf("log %d %d %s %q %d", ev.Goroutine(), taskOf(log.Task), category,
			log.Message, ev.Time()))
	}
}

// finishTask adds how long it took to the line that ends with its beginning.
func finishTask(begun string, end trace.Time, open bool) string {
	fields := strings.Fields(begun)
	begin, _ := strconv.ParseInt(fields[len(fields)-1], 10, 64)
	return fmt.Sprintf("%s%d %v", begun, int64(end)-begin, open)
}

func taskOf(id trace.TaskID) uint64 {
	if id == trace.NoTask || id == trace.BackgroundTask {
		return 0
	}
	return uint64(id)
}

func parentOf(task trace.Task) uint64 {
	return taskOf(task.Parent)
}

// expected says what the reference finds.
func expected(t *testing.T, file string) (first int64, lines []string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range reference.Read(bytes.NewReader(data), false).Lines {
		for _, kind := range []string{"goroutine ", "region ", "span "} {
			if strings.HasPrefix(line, kind) {
				lines = append(lines, strings.ReplaceAll(line, `\x20`, " "))
			}
		}
	}
	reader, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	a := annotated{tasks: map[trace.TaskID]string{}}
	for {
		ev, err := reader.ReadEvent()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		a.event(ev)
	}
	for _, begun := range a.tasks {
		a.lines = append(a.lines, finishTask(begun, a.last, true))
	}
	lines = append(append(lines, a.lines...), fmt.Sprintf("arrows %d", a.woken))
	sort.Strings(lines)
	return int64(a.first), lines
}

// What other viewers are given is what the reference finds, to the nanosecond.
func TestExportsHoldWhatTheReferenceFinds(t *testing.T) {
	program := exporter(t)
	file := exportTrace(t)
	first, want := expected(t, file)
	for format := range viewers {
		t.Run(format, func(t *testing.T) {
			r := view(t, format, output(t, program, format, file))
			diff(t, format, want, lines(r, first))
			checkRuns(t, r)
			checkCounters(t, r)
		})
	}
}

// A goroutine that comes back under its ID is one track, and each life counts.
func TestExportsOfCallbacks(t *testing.T) {
	program := exporter(t)
	file := callbacksTrace(t)
	first, want := expected(t, file)
	for format := range viewers {
		r := view(t, format, output(t, program, format, file))
		diff(t, format, joinLives(want), lines(r, first))
	}
}

// joinLives adds up what the reference says of each life of a goroutine.
func joinLives(lines []string) []string {
	totals, joined := map[string]int64{}, []string{}
	for _, line := range lines {
		at := strings.LastIndex(line, " ")
		ns, err := strconv.ParseInt(line[at+1:], 10, 64)
		if err == nil && strings.HasPrefix(line, "goroutine ") {
			totals[line[:at]] += ns
		} else {
			joined = append(joined, line)
		}
	}
	for key, ns := range totals {
		joined = append(joined, fmt.Sprintf("%s %d", key, ns))
	}
	return joined
}

// checkRuns makes sure that Ps run what goroutines say.
func checkRuns(t *testing.T, r *viewer.Recording) {
	t.Helper()
	totals := map[string]int64{}
	for _, s := range r.Slices {
		totals[s.Category] += s.End - s.Begin
	}
	if totals["running"] == 0 || totals["proc"] != totals["running"] {
		t.Errorf("goroutines run for %d ns, and Ps run them for %d", totals["running"], totals["proc"])
	}
}

func checkCounters(t *testing.T, r *viewer.Recording) {
	t.Helper()
	for _, name := range []string{"heap", "heap goal", "GOMAXPROCS", "goroutines runnable", "goroutines running"} {
		values := r.Counters[name]
		if len(values) == 0 {
			t.Errorf("there is no counter %q", name)
		}
		for i := range values {
			if i > 0 && values[i].At < values[i-1].At {
				t.Errorf("%q steps back in time", name)
			}
			if values[i].Value < 0 {
				t.Errorf("%q is %d", name, values[i].Value)
			}
		}
	}
}

// States add up to what the report says, also where the clock of the reference
// and the one of the program differ; and all formats agree.
func TestExportsAddUpToTheReport(t *testing.T) {
	t.Parallel()
	program := schedtop(t)
	for _, toolchain := range toolchains() {
		t.Run(toolchain, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "trace")
			run(t, build(t, toolchain), "-o", file, "-for", "100ms", "-bytes", "700000", "-n", "2", "gc", "tasks", "locks", "http")
			var report struct {
				Goroutines struct {
					Running  int64 `json:"running_ns"`
					Runnable int64 `json:"runnable_ns"`
					Syscall  int64 `json:"syscall_ns"`
					Waiting  int64 `json:"waiting_ns"`
				}
			}
			data := output(t, program, "stat", "--json", file)
			if err := json.Unmarshal(data, &report); err != nil {
				t.Fatal(err)
			}
			if exported := output(t, program, "export", "--format", "json", file); !bytes.Equal(data, exported) {
				t.Error("export --format json is not what stat --json says")
			}
			want := map[string]int64{"running": report.Goroutines.Running, "runnable": report.Goroutines.Runnable,
				"syscall": report.Goroutines.Syscall, "waiting": report.Goroutines.Waiting}
			for format := range viewers {
				got := map[string]int64{}
				for _, s := range view(t, format, output(t, program, "export", "--format", format, file)).Slices {
					got[s.Category] += s.End - s.Begin
				}
				compareStates(t, format, want, got)
			}
			compareStates(t, "csv", want, tableStates(t, output(t, program, "export", "--format", "csv", file)))
		})
	}
}

func compareStates(t *testing.T, format string, want, got map[string]int64) {
	t.Helper()
	for state, ns := range want {
		if got[state] != ns {
			t.Errorf("%s: %s for %d ns, the report says %d", format, state, got[state], ns)
		}
	}
}

// tableStates sums the column of durations by kind.
func tableStates(t *testing.T, data []byte) map[string]int64 {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int64{}
	for _, row := range rows[1:] {
		if row[2] == "" {
			continue
		}
		ns, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		states[row[0]] += ns
	}
	return states
}

// peakOf exports a trace to nowhere, and returns the most memory that took and the
// bytes of the largest generation, which has to be held.
func peakOf(t *testing.T, program, format, file string) (peak, generation int64) {
	t.Helper()
	cmd := exec.Command(program, "export", "--format", format, file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The kernel's own account of a child begins with what its parent had.
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for running := true; running; {
		peak = max(peak, residentPeak(cmd.Process.Pid))
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			running = false
		case <-time.After(2 * time.Millisecond):
		}
	}
	var report struct {
		Health struct {
			Largest int64 `json:"largest_generation_bytes"`
		}
	}
	if err := json.Unmarshal(output(t, program, "check", "--json", file), &report); err != nil {
		t.Fatal(err)
	}
	return peak, report.Health.Largest
}

// residentPeak is the most memory that a running process had, in bytes.
func residentPeak(pid int) int64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	var kib int64
	_, _ = fmt.Sscan(rest, &kib)
	return kib << 10
}

// A trace that is twenty times as long (five, where time is short) takes no more
// memory but for its generations, which are as long as the machine was busy.
func TestExportMemoryDoesNotGrowWithTheTrace(t *testing.T) {
	program := schedtop(t)
	sizes := []int64{1 << 20, 5 << 20}
	if os.Getenv("SCHEDTOP_ALL") != "" {
		sizes = []int64{5 << 20, 100 << 20}
	}
	workload := build(t, "local")
	var files []string
	for _, size := range sizes {
		file := filepath.Join(t.TempDir(), "trace")
		run(t, workload, "-o", file, "-for", "10m", "-n", "50", "-bytes", strconv.FormatInt(size, 10), "http")
		files = append(files, file)
	}
	for _, format := range []string{"perfetto", "chrome", "csv"} {
		short, shortGeneration := peakOf(t, program, format, files[0])
		long, longGeneration := peakOf(t, program, format, files[1])
		t.Logf("%s: %d KiB, and %d KiB for the long one", format, short>>10, long>>10)
		if short == 0 || long == 0 {
			t.Fatal("its memory was never seen")
		}
		if allowed := 2*max(0, longGeneration-shortGeneration) + 12<<20; long-short > allowed {
			t.Errorf("%s: %d KiB, and %d KiB for the long one", format, short>>10, long>>10)
		}
	}
}
