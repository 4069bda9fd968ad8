package trace_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Names of events as the reference's text form has them, by number. Those from
// 128 are experimental.
var eventNumbers = func() map[string]byte {
	names := strings.Fields(`None EventBatch Stacks Stack Strings String CPUSamples CPUSample Frequency
		ProcsChange ProcStart ProcStop ProcSteal ProcStatus GoCreate GoCreateSyscall GoStart GoDestroy
		GoDestroySyscall GoStop GoBlock GoUnblock GoSyscallBegin GoSyscallEnd GoSyscallEndBlocked GoStatus
		STWBegin STWEnd GCActive GCBegin GCEnd GCSweepActive GCSweepBegin GCSweepEnd GCMarkAssistActive
		GCMarkAssistBegin GCMarkAssistEnd HeapAlloc HeapGoal GoLabel UserTaskBegin UserTaskEnd
		UserRegionBegin UserRegionEnd UserLog GoSwitch GoSwitchDestroy GoCreateBlocked GoStatusStack
		ExperimentalBatch Sync ClockSnapshot EndOfGeneration`)
	numbers := map[string]byte{}
	for i, name := range names {
		numbers[name] = byte(i)
	}
	return numbers
}()

// assemble turns the reference's text form into a trace.
func assemble(text string) ([]byte, error) {
	var out []byte
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if fields[0] == "Trace" {
			version, _ := strings.CutPrefix(fields[1], "Go1.")
			out = append(out, "go 1."+version+" trace\x00\x00\x00"...)
			continue
		}
		if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data="); ok {
			s, err := strconv.Unquote(data)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			out = binary.AppendUvarint(out, uint64(len(s)))
			out = append(out, s...)
			continue
		}
		if line[0] != '\t' { // lines with a tab are the frames of a stack
			number, ok := eventNumbers[fields[0]]
			if !ok {
				return nil, fmt.Errorf("%q: unknown event", line)
			}
			out = append(out, number)
			fields = fields[1:]
		}
		for _, field := range fields {
			_, value, _ := strings.Cut(field, "=")
			n, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			out = binary.AppendUvarint(out, n)
		}
	}
	return out, nil
}

func referenceTestdata(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("go env GOROOT: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "src", "internal", "trace", "testdata")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("this Go has no tests of its trace reader: %v", err)
	}
	return dir
}

// The reference's tests say themselves whether the trace is good.
func TestVerdictsOfTheReferencesTests(t *testing.T) {
	program := summaryProgram(t)
	files, _ := filepath.Glob(filepath.Join(referenceTestdata(t), "tests", "*.test"))
	if len(files) < 10 {
		t.Fatalf("only %d tests found", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			expect, body, ok := strings.Cut(string(text), "-- trace --\n")
			if !ok {
				t.Fatal("no trace in it")
			}
			data, err := assemble(body)
			if err != nil {
				t.Fatal(err)
			}
			trace := filepath.Join(t.TempDir(), "trace")
			if err := os.WriteFile(trace, data, 0o600); err != nil {
				t.Fatal(err)
			}
			want := "verdict whole"
			if strings.Contains(expect, "FAILURE") {
				want = "verdict damaged"
			}
			got, sentence := ours(t, program, trace)
			if got[len(got)-1] != want {
				t.Fatalf("%s, want %s (%s)", got[len(got)-1], want, sentence)
			}
			compare(t, program, trace)
		})
	}
}

// Traces of Go 1.11 to 1.21 that the reference keeps for its own tests.
func TestTotalsOfTheReferencesOldTraces(t *testing.T) {
	program := summaryProgram(t)
	dir := filepath.Join(filepath.Dir(referenceTestdata(t)), "internal", "tracev1", "testdata")
	files, _ := filepath.Glob(filepath.Join(dir, "*_good"))
	if len(files) < 10 {
		t.Fatalf("only %d traces found", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { compare(t, program, file) })
	}
}

// Whatever the fuzzers of the reference found: one verdict for both.
func TestVerdictsOfTheReferencesFuzzCorpus(t *testing.T) {
	program := summaryProgram(t)
	files, _ := filepath.Glob(filepath.Join(referenceTestdata(t), "fuzz", "*", "*"))
	if len(files) < 10 {
		t.Fatalf("only %d inputs found", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, literal, _ := strings.Cut(string(text), "[]byte(")
		literal = strings.TrimSuffix(strings.TrimSpace(literal), ")")
		data, err := strconv.Unquote(literal)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		trace := filepath.Join(t.TempDir(), filepath.Base(file))
		if err := os.WriteFile(trace, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		compare(t, program, trace)
	}
}
