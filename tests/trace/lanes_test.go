package trace_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"schedtop/tests/trace/samples"
)

// trace-lanes asks what the timeline draws from the same questions in two ways
// and prints where the answers differ.
func lanesProgram(t *testing.T) string {
	t.Helper()
	path := os.Getenv("TRACE_LANES")
	if path == "" {
		t.Skip("TRACE_LANES doesn't name the program that compares lanes")
	}
	return path
}

func compareLanes(t *testing.T, program, file string) {
	t.Helper()
	out, err := exec.Command(program, file).CombinedOutput()
	if err == nil || strings.HasPrefix(string(out), file+" can't be read") {
		return
	}
	t.Errorf("%s: %v, %s\n%s", filepath.Base(file), err, keep(t, file), out)
}

func TestTimelinesOfRealTraces(t *testing.T) {
	t.Parallel()
	program := lanesProgram(t)
	for _, toolchain := range toolchains() {
		t.Run(toolchain, func(t *testing.T) {
			workload := build(t, toolchain)
			for _, name := range []string{"http", "all"} {
				file := filepath.Join(t.TempDir(), name)
				run(t, workload, append([]string{"-o", file}, scenarios[name]...)...)
				compareLanes(t, program, file)
			}
		})
	}
}

// survive is for traces in which nothing adds up, whose clocks step back at will.
func survive(t *testing.T, program, file string) {
	t.Helper()
	out, err := exec.Command(program, file).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Errorf("%s: %v, %s\n%s", filepath.Base(file), err, keep(t, file), out)
	}
}

func TestTimelinesOfTheReferencesTests(t *testing.T) {
	program := lanesProgram(t)
	each(t, 20, samples.Tests, func(t *testing.T, _ samples.Sample, file string) {
		survive(t, program, file)
	})
}

func TestTimelinesOfTheReferencesOldTraces(t *testing.T) {
	program := lanesProgram(t)
	each(t, 12, samples.Old, func(t *testing.T, _ samples.Sample, file string) {
		compareLanes(t, program, file)
	})
}

// Several generations: whole, cut off, without one of them, and with bytes that
// are others.
func TestTimelinesOfDamagedTraces(t *testing.T) {
	program := lanesProgram(t)
	for _, toolchain := range damagedToolchains() {
		t.Run(toolchain, func(t *testing.T) {
			long := recordLong(t, toolchain)
			second := long.generations[1]
			torn := long.data[:len(long.data)*3/4]
			missing := slices.Concat(long.data[:second.Start], long.data[second.End:])
			hurt := slices.Clone(long.data)
			for i := range 40 {
				hurt[(second.Start+second.End)/2+i] ^= 0x5a
			}
			for name, data := range map[string][]byte{"whole": long.data, "torn": torn, "missing": missing, "hurt": hurt} {
				file := filepath.Join(t.TempDir(), name)
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
				if name == "hurt" {
					survive(t, program, file)
				} else {
					compareLanes(t, program, file)
				}
			}
		})
	}
}
