package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	exectrace "runtime/trace"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

const otelID = "4bf92f3577b34da6a3ce929d0e0e4736"

// recordTrace makes an execution trace of this program, which does what the tests below look for.
var recordTrace = sync.OnceValues(func() ([]byte, error) {
	var out bytes.Buffer
	if err := exectrace.Start(&out); err != nil {
		return nil, err
	}
	never := make(chan int)
	for i := 0; i < 7; i++ {
		go blockForEver(never)
	}
	for i := 0; i < 20; i++ {
		request(i)
	}
	runtime.GC()
	exectrace.Stop()
	return out.Bytes(), nil
})

func blockForEver(never chan int) { <-never }

func request(i int) {
	ctx, task := exectrace.NewTask(context.Background(), "request")
	defer task.End()
	if i == 3 {
		exectrace.Log(ctx, "otel", "trace_id="+otelID)
	}
	answer := make(chan int)
	go func() {
		exectrace.WithRegion(ctx, "work", func() { time.Sleep(2 * time.Millisecond) })
		answer <- 1
	}()
	<-answer
}

func traceFile(t *testing.T, cut int) string {
	t.Helper()
	data, err := recordTrace()
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "app.trace", data[:len(data)-cut])
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// report runs stat --json and returns what it says.
func report(t *testing.T, args ...string) map[string]any {
	t.Helper()
	r := schedtop(t, append([]string{"stat", "--json"}, args...)...)
	r.expect(t, exitOK)
	var object map[string]any
	if err := json.Unmarshal([]byte(strings.Join(r.stdout, "\n")), &object); err != nil {
		t.Fatalf("%v: schedtop %v", err, r)
	}
	return object
}

// dig follows keys into nested objects.
func dig(t *testing.T, object map[string]any, keys ...string) any {
	t.Helper()
	var value any = object
	for _, key := range keys {
		inner, ok := value.(map[string]any)
		if !ok || inner[key] == nil {
			t.Fatalf("no %q in the report", strings.Join(keys, "."))
		}
		value = inner[key]
	}
	return value
}

func TestCheckOfAWholeTraceIsExit0(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"check"}, {"check", "--strict"}} {
		r := schedtop(t, append(args, traceFile(t, 0))...)
		r.expect(t, exitOK)
		mustContain(t, r.stdout[0], ": whole")
		if len(r.stderr) > 0 {
			t.Errorf("nothing on stderr expected: schedtop %v", r)
		}
	}
}

func TestCheckOfATornTraceIsExit6AndSaysWhere(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 10)
	for _, args := range [][]string{{"check", path}, {"check", "--strict", path}, {"stat", path}} {
		r := schedtop(t, args...)
		r.expect(t, exitDamaged)
		mustContain(t, r.oneSentence(t), path, "damaged at byte")
		mustContain(t, strings.Join(r.stdout, "\n"), "damaged", "Damage at byte")
	}
}

func TestWhatIsNoTraceIsExit6(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{"empty": "", "text": "hello, world, this is no trace", "short": "go 1.2"} {
		for _, command := range []string{"check", "stat"} {
			r := schedtop(t, command, writeFile(t, name, []byte(data)))
			r.expect(t, exitDamaged)
			mustContain(t, r.oneSentence(t), name)
		}
	}
}

func TestFileThatIsNotThereIsExit3(t *testing.T) {
	t.Parallel()
	for _, path := range []string{filepath.Join(t.TempDir(), "nothing"), t.TempDir()} {
		r := schedtop(t, "stat", path)
		r.expect(t, exitNoTarget)
		r.oneSentence(t)
	}
	r := schedtop(t, "check", "\x1b]0;x\a")
	r.expect(t, exitNoTarget)
	checkPlain(t, r.oneSentence(t))
}

func TestFileOfAnotherUserIsExit4(t *testing.T) {
	t.Parallel()
	needRoot(t)
	path := traceFile(t, 0)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(path)), 0o755); err != nil {
		t.Fatal(err)
	}
	p := start(t, exec.Command("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", binary, "check", path))
	r := finish(t, p)
	r.expect(t, exitPermission)
	r.oneSentence(t)
}

func TestBadFlagsOfStatAreExit2(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	for _, args := range [][]string{
		{"stat"}, {"check"}, {"stat", path, path},
		{"stat", path, "--kind", "everything"},
		{"stat", path, "--kind", "gc,"},
		{"stat", path, "--from", "soon"},
		{"stat", path, "--from", "2s", "--to", "1s"},
		{"stat", path, "--goroutine", "x"},
		{"stat", path, "--task", ""},
		{"stat", path, "--strict"},
		{"check", path, "--kind", "gc"},
		{"stat", path, "-p", "1"},
		{"ls", "--kind", "gc"},
	} {
		r := schedtop(t, args...)
		r.expect(t, exitUsage)
		r.oneSentence(t)
	}
}

func TestReportTellsWhatTheProgramDid(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	r := schedtop(t, "stat", path)
	r.expect(t, exitOK)
	text := strings.Join(r.stdout, "\n")
	mustContain(t, text, "Utilization", "Who runs", "Who waits, and why", "Still blocked at the end",
		"Garbage collection", "Tasks", "blockForEver", "request", "work")
	for _, line := range r.stdout {
		checkPlain(t, line)
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
	object := report(t, path)
	if got := dig(t, object, "health", "verdict"); got != "whole" {
		t.Errorf("verdict %v", got)
	}
	if got := dig(t, object, "utilization", "gomaxprocs"); got != float64(runtime.GOMAXPROCS(0)) {
		t.Errorf("gomaxprocs %v", got)
	}
	blocked, _ := json.Marshal(object["blocked"])
	if !strings.Contains(string(blocked), "blockForEver") {
		t.Errorf("nobody is blocked in blockForEver: %s", blocked)
	}
	tasks := dig(t, object, "tasks", "types").([]any)
	if len(tasks) != 1 {
		t.Fatalf("%d types of tasks", len(tasks))
	}
	request := tasks[0].(map[string]any)
	if request["type"] != "request" || request["ended"] != 20.0 {
		t.Errorf("tasks: %v", request)
	}
	// Each slept 2 ms in a goroutine of its own, and the parts add up.
	for _, one := range request["slowest"].([]any) {
		task := one.(map[string]any)
		sum := 0.0
		for _, part := range task["spent"].([]any) {
			sum += part.(map[string]any)["ns"].(float64)
		}
		if ns := task["ns"].(float64); ns < 2e6 || sum < ns*.999 || sum > ns*1.001 {
			t.Errorf("task of %v ns, its parts %v ns", ns, sum)
		}
	}
}

func TestPipesAndPackedFilesReadAsTheFileDoes(t *testing.T) {
	t.Parallel()
	data, err := recordTrace()
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(data)
	_ = w.Close()
	want := schedtop(t, "stat", "--json", "--kind", "goroutines,waits,tasks", traceFile(t, 0))
	for _, input := range [][]byte{data, packed.Bytes()} {
		cmd := exec.Command(binary, "stat", "--json", "--kind", "goroutines,waits,tasks", "-")
		cmd.Stdin = bytes.NewReader(input)
		r := finish(t, start(t, cmd))
		r.expect(t, exitOK)
		if strings.Join(r.stdout, "") != strings.Join(want.stdout, "") {
			t.Errorf("not what the file says: schedtop %v", r)
		}
	}
}

func TestReportCanBeNarrowed(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	if object := report(t, path, "--kind", "gc"); len(object) != 2 {
		t.Errorf("more than the schema and gc: %v", object)
	}
	types := dig(t, report(t, path, "--trace-id", otelID), "tasks", "types").([]any)
	if len(types) != 1 || types[0].(map[string]any)["ended"] != 1.0 {
		t.Fatalf("one task carries the ID: %v", types)
	}
	task := types[0].(map[string]any)["slowest"].([]any)[0].(map[string]any)
	id, _ := json.Marshal(task["id"])
	r := schedtop(t, "stat", path, "--task", string(id))
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stdout, "\n"), "Task "+string(id)+" took", otelID)
	none := dig(t, report(t, path, "--trace-id", "0000"), "tasks", "types").([]any)
	if len(none) != 0 {
		t.Errorf("no task carries that ID: %v", none)
	}
	// The parts of a trace that is always the same, 275 ms of a service.
	whole := dig(t, report(t, serviceTrace), "goroutines", "running_ns").(float64)
	sum := 0.0
	for _, part := range [][]string{{"--to", "90ms"}, {"--from", "90ms", "--to", "180ms"}, {"--from", "180ms"}} {
		sum += dig(t, report(t, append(part, serviceTrace)...), "goroutines", "running_ns").(float64)
	}
	// Of a goroutine that runs on without an event a part doesn't know, unless it lasts to the end of the
	// generation, where the runtime tells of everyone.
	if sum < whole*.95 || sum > whole*1.001 {
		t.Errorf("the parts ran for %v ns, the whole for %v ns", sum, whole)
	}
}

func TestEveryKeyOfAReportIsDocumented(t *testing.T) {
	t.Parallel()
	documented, seen := documentedKeys(t), map[string]bool{}
	for _, args := range [][]string{{traceFile(t, 0)}, {traceFile(t, 0), "--trace-id", otelID, "--from", "0", "--to", "1h"}} {
		collectKeys(report(t, args...), seen)
	}
	r := schedtop(t, "check", "--json", traceFile(t, 10))
	var torn map[string]any
	if err := json.Unmarshal([]byte(strings.Join(r.stdout, "")), &torn); err != nil {
		t.Fatal(err)
	}
	collectKeys(torn, seen)
	if len(seen) < 100 {
		t.Errorf("only %d keys", len(seen))
	}
	for key := range seen {
		if !documented[key] {
			t.Errorf("doc/schema.md doesn't have `%s`", key)
		}
	}
}

// A reader of a pipe that stalls must still be stopped.
func TestInterruptEndsAStalledRead(t *testing.T) {
	t.Parallel()
	data, err := recordTrace()
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = to.Close() }()
	cmd := exec.Command(binary, "stat", "-")
	cmd.Stdin = from
	p := start(t, cmd)
	_ = from.Close()
	if _, err := to.Write(data[:len(data)/2]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	p.signal(t, syscall.SIGINT)
	r := finish(t, p)
	r.expect(t, 128+int(syscall.SIGINT))
	if len(r.stdout)+len(r.stderr) > 0 {
		t.Errorf("nothing is known yet: schedtop %v", r)
	}
}

func TestReportToAFullDiskIsExit1(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("needs /dev/full: %v", err)
	}
	defer func() { _ = full.Close() }()
	for _, args := range [][]string{{"stat"}, {"stat", "--json"}, {"check"}} {
		cmd := exec.Command(binary, append(args, traceFile(t, 0))...)
		cmd.Stdout = full
		r := finish(t, start(t, cmd))
		r.expect(t, exitFailed)
		r.oneSentence(t)
	}
}

// A long read shows how far it is on a terminal, and takes that away again. Who ignores hangups goes on doing so.
func TestProgressIsShownOnATerminalAndWiped(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "long.trace")
	if err := recordElsewhere(path, ""); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	us, them := openTerminal(t)
	screen := newLines()
	go func() { _, _ = io.Copy(screen, us) }()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `trap "" HUP; exec "$0" stat --kind health -`, binary)
	cmd.Stdin, cmd.Stderr = from, them
	p := start(t, cmd)
	_, _ = from.Close(), them.Close()
	for i := 0; i < 4; i++ { // slowly, so that the read is long however late it begins
		if i == 3 {
			_ = cmd.Process.Signal(syscall.SIGHUP)
		}
		_, _ = to.Write(data[len(data)*i/4 : len(data)*(i+1)/4])
		time.Sleep(700 * time.Millisecond)
	}
	_ = to.Close()
	r := finish(t, p)
	r.expect(t, exitOK)
	mustContain(t, r.stdout[0], "whole")
	waitUntil(t, "the bar was shown and wiped", func() bool {
		screen.mu.Lock()
		defer screen.mu.Unlock()
		shown := string(screen.partial)
		return strings.Contains(shown, " read") && strings.HasSuffix(shown, "\r\x1b[K")
	})
}

// recorderEnv makes the test binary a program that traces itself into the file it names; what it logs is in the other.
const (
	recorderEnv = "SCHEDTOP_E2E_RECORD"
	logEnv      = "SCHEDTOP_E2E_LOG"
)

func recordElsewhere(path, text string) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), recorderEnv+"="+path, logEnv+"="+text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("no trace: %w: %s", err, out)
	}
	return nil
}

// recorder writes a trace of thirty logs, or one of several generations, each of which takes a second.
func recorder(path, text string) int {
	f, err := os.Create(path)
	if err == nil {
		err = exectrace.Start(f)
	}
	if err != nil {
		return 1
	}
	for i := 0; text != "" && i < 30; i++ {
		exectrace.Log(context.Background(), "http", text)
		time.Sleep(time.Millisecond)
	}
	for end := time.Now().Add(3500 * time.Millisecond); text == "" && time.Now().Before(end); {
		request(0)
	}
	exectrace.Stop()
	if f.Close() != nil {
		return 1
	}
	return 0
}
