package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var exportFormats = []string{"perfetto", "chrome", "json", "csv"}

// exported runs schedtop export into a file, which must succeed, and returns what it holds.
func exported(t *testing.T, args ...string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	r := schedtop(t, append([]string{"export", "-o", out}, args...)...)
	r.expect(t, exitOK)
	if len(r.stdout)+len(r.stderr) > 0 {
		t.Errorf("nothing to be printed: schedtop %v", r)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// table returns the rows of an export below its heading, each by the names of its columns.
func table(t *testing.T, data []byte) []map[string]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(records) < 2 {
		t.Fatalf("%d rows: %v", len(records), err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func countRows(rows []map[string]string, kind, name string) int {
	n := 0
	for _, row := range rows {
		if row["kind"] == kind && row["name"] == name {
			n++
		}
	}
	return n
}

func TestExportHoldsWhatTheProgramDid(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	rows := table(t, exported(t, path, "--format", "csv"))
	if tasks, regions := countRows(rows, "task", "request"), countRows(rows, "region", "work"); tasks != 20 || regions != 20 {
		t.Errorf("%d tasks and %d regions", tasks, regions)
	}
	logs, blocked := 0, 0
	for _, row := range rows {
		if row["kind"] == "log" && row["message"] == "trace_id="+otelID {
			logs++
		}
		if row["kind"] == "waiting" && strings.Contains(row["where"], "blockForEver") && row["open"] == "true" {
			blocked++
		}
	}
	if logs != 1 || blocked < 7 {
		t.Errorf("%d logs with the ID, %d goroutines still blocked", logs, blocked)
	}
	var chrome struct{ TraceEvents []struct{ Name, Cat string } }
	if err := json.Unmarshal(exported(t, path, "--format", "chrome"), &chrome); err != nil {
		t.Fatal(err)
	}
	if len(chrome.TraceEvents) < len(rows) {
		t.Errorf("%d events, and the table has %d rows", len(chrome.TraceEvents), len(rows))
	}
	perfetto := exported(t, path)
	for _, text := range []string{"Goroutines", "chan receive", "blockForEver", "trace_id=" + otelID} {
		if !bytes.Contains(perfetto, []byte(text)) {
			t.Errorf("%q is not in the packets", text)
		}
	}
}

func TestExportToAPipeIsTheFile(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	data, err := recordTrace()
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"perfetto", "chrome", "csv"} {
		want := exported(t, path, "--format", format)
		for _, args := range [][]string{{path}, {path, "-o", "-"}, {"-"}} {
			cmd := exec.Command(binary, append([]string{"export", "--format", format}, args...)...)
			cmd.Stdin = bytes.NewReader(data)
			got, err := cmd.Output()
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s %v: %d bytes, the file has %d: %v", format, args, len(got), len(want), err)
			}
		}
	}
}

func TestExportCanBeNarrowed(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	rows := table(t, exported(t, path, "--format", "csv", "--trace-id", otelID))
	if tasks, regions := countRows(rows, "task", "request"), countRows(rows, "region", "work"); tasks != 1 || regions != 1 {
		t.Errorf("%d tasks and %d regions for one ID", tasks, regions)
	}
	rows = table(t, exported(t, path, "--format", "csv", "--goroutine", "1"))
	for _, row := range rows {
		if row["kind"] == "running" && row["goroutine"] != "1" {
			t.Errorf("goroutine %s runs", row["goroutine"])
		}
	}
}

func TestRedactedExportKeepsNoUserText(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	for _, format := range exportFormats {
		data := exported(t, path, "--format", format, "--redact=all")
		for _, text := range []string{otelID, "\"request\"", "\"work\""} {
			if bytes.Contains(data, []byte(text)) {
				t.Errorf("%s: %q is still there", format, text)
			}
		}
		// A trace ID is no secret.
		if data := exported(t, path, "--format", format, "--redact"); format != "json" && !bytes.Contains(data, []byte(otelID)) {
			t.Errorf("%s: the ID is gone", format)
		}
	}
}

func TestBadFlagsOfExportAreExit2(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	for _, args := range [][]string{
		{"export"}, {"export", path, path},
		{"export", path, "--format", "pdf"},
		{"export", path, "--format"},
		{"export", path, "--redact=everything"},
		{"export", path, "--from", "2s", "--to", "1s"},
		{"export", path, "--kind", "gc"},
		{"export", path, "-o", ""},
		{"export", "-", "--trace-id", otelID, "--format", "csv"},
		{"stat", path, "--redact"},
		{"stat", path, "--format", "csv"},
	} {
		r := schedtop(t, args...)
		r.expect(t, exitUsage)
		r.oneSentence(t)
	}
}

func TestExportOfWhatIsNoTraceLeavesNoFile(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{"empty": "", "text": "hello, world, this is no trace", "short": "go 1.2"} {
		path := writeFile(t, name, []byte(data))
		for _, format := range exportFormats {
			r := schedtop(t, "export", path, "--format", format, "-o", path+".out")
			r.expect(t, exitDamaged)
			mustContain(t, r.oneSentence(t), name)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
			t.Errorf("%d files are left", len(files))
		}
	}
	r := schedtop(t, "export", filepath.Join(t.TempDir(), "nothing"), "--format", "csv")
	r.expect(t, exitNoTarget)
	r.oneSentence(t)
}

func TestExportOfATornTraceIsExit6WithWhatWasRead(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 10)
	for _, format := range exportFormats {
		r := schedtop(t, "export", path, "--format", format, "-o", path+"."+format)
		r.expect(t, exitDamaged)
		mustContain(t, r.oneSentence(t), path, "damaged at byte")
		if info, err := os.Stat(path + "." + format); err != nil || info.Size() == 0 {
			t.Errorf("nothing was written: %v", err)
		}
	}
}

func TestExportToAFullDiskIsExit1(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	for _, format := range exportFormats {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		cmd := exec.Command(binary, "export", path, "--format", format)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &stderr
		err = cmd.Run()
		_ = full.Close()
		if exitStatus(cmd) != exitFailed || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: %v: %q", format, err, stderr.String())
		}
		mustContain(t, stderr.String(), "can't be written", "No space left")
	}
	r := schedtop(t, "export", path, "-o", filepath.Join(t.TempDir(), "no", "such", "directory"))
	if r.status == exitOK {
		t.Errorf("it was written: schedtop %v", r)
	}
	r.oneSentence(t)
}

// Who reads the first line and goes away must not make it crash, nor hang.
func TestExportToAClosedPipeIsExit1(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	for _, format := range exportFormats {
		cmd := exec.Command(binary, "export", path, "--format", format)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_, _ = io.ReadFull(out, make([]byte, 10))
		_ = out.Close()
		_ = cmd.Wait()
		timer.Stop()
		// What fits into the pipe has arrived before its reader leaves.
		fits := len(exported(t, path, "--format", format)) <= 64<<10
		if status := exitStatus(cmd); status != exitFailed && !(fits && status == exitOK) {
			t.Errorf("%s: status %d: %q", format, status, stderr.String())
		}
	}
}

func TestExportIsNotForATerminal(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("script", "-qec", binary+" export "+traceFile(t, 0), "/dev/null").CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "not for a terminal") {
		t.Errorf("%v: %q", err, out)
	}
}
