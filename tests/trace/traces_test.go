package trace_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each release that writes a header of its own, and the one after it, with
// $SCHEDTOP_ALL set; else the newest of both formats. A toolchain that can't be
// had is skipped, aloud.
var allToolchains = []string{
	"go1.18.10", "go1.19.13", "go1.20.14", "go1.21.13", "go1.22.12", "go1.23.8", "go1.24.6", "go1.25.1", "go1.26.8", "go1.27.0",
}

func toolchains() []string {
	if os.Getenv("SCHEDTOP_ALL") != "" {
		return allToolchains
	}
	return []string{"go1.21.13", "local"}
}

var scenarios = map[string][]string{
	"http":  {"http"},
	"gc":    {"gc"},
	"tasks": {"tasks"},
	"long":  {"-for", "2500ms", "-n", "3", "tasks", "locks", "leaks"},
	"all":   {"-profile", "-n", "4", "http", "gc", "tasks", "locks", "files", "leaks", "spawn"},
}

// build returns the path of the workload built by a toolchain.
func build(t *testing.T, toolchain string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "workload")
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Dir = "workload"
	// Go 1.19 indexes what lies in the module cache. A toolchain that was
	// downloaded lies there whole, and its own packages are then not found:
	// "import of unknown directory". Go 1.20 leaves GOROOT out of the index.
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOFLAGS=-mod=mod", "GODEBUG=goindex=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%s can't be used here: %s", toolchain, strings.TrimSpace(string(out)))
	}
	return program
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// keep copies a trace that a test fails on to $TRACE_KEEP, since no other run records
// the same, and says where it is.
func keep(t *testing.T, file string) string {
	t.Helper()
	dir := os.Getenv("TRACE_KEEP")
	if dir == "" {
		return "not kept: TRACE_KEEP names no directory"
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	kept := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+"-"+filepath.Base(file))
	if err := os.WriteFile(kept, data, 0o600); err != nil {
		return err.Error()
	}
	return "kept as " + kept
}

// Everything that both readers count is equal, to the nanosecond.
func TestTotalsOfRealTraces(t *testing.T) {
	t.Parallel()
	program := summaryProgram(t)
	for _, toolchain := range toolchains() {
		t.Run(toolchain, func(t *testing.T) {
			workload := build(t, toolchain)
			for name, args := range scenarios {
				file := filepath.Join(t.TempDir(), name)
				run(t, workload, append([]string{"-o", file}, args...)...)
				compare(t, program, file)
			}
		})
	}
}
