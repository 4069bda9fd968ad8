package trace_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"schedtop/tests/trace/pprof"
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

// goProfile is what go tool trace makes of it.
func goProfile(t *testing.T, kind, file string) *pprof.Profile {
	t.Helper()
	cmd := exec.Command("go", "tool", "trace", "-pprof="+kind, file)
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	out, err := cmd.Output()
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

// Profiles are those of go tool trace, to the nanosecond.
func TestProfilesAreThoseOfGoToolTrace(t *testing.T) {
	program := schedtop(t)
	for _, toolchain := range toolchains() {
		t.Run(toolchain, func(t *testing.T) {
			workload := build(t, toolchain)
			for name, args := range scenarios {
				file := filepath.Join(t.TempDir(), name)
				run(t, workload, append([]string{"-o", file}, args...)...)
				for _, kind := range []string{"net", "sync", "syscall", "sched"} {
					sameSamples(t, name+" "+kind, goProfile(t, kind, file),
						profileOf(t, program, "--kind", kind, file))
				}
			}
		})
	}
}
