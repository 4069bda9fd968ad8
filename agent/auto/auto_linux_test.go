package auto

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func hello(t *testing.T, env ...string) (stdout, stderr string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "hello")
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/hello").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	return out.String(), errs.String()
}

func Test_the_import_is_enough(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	out, errs := hello(t, "SCHEDTOP_DIR="+dir, "SCHEDTOP_VERBOSE=")
	if out != "hello 1 true\n" || errs != "" {
		t.Errorf("%q, %q", out, errs)
	}
	out, errs = hello(t, "SCHEDTOP_DIR="+dir, "SCHEDTOP_VERBOSE=1") // which sweeps the socket of the first
	if out != "hello 1 true\n" || !strings.HasPrefix(errs, "schedtop agent: listening on "+dir) {
		t.Errorf("%q, %q", out, errs)
	}
}

func Test_failure_is_silent_unless_asked(t *testing.T) {
	const dir = "relative"
	out, errs := hello(t, "SCHEDTOP_DIR="+dir, "SCHEDTOP_VERBOSE=")
	if !strings.HasPrefix(out, "hello") || errs != "" {
		t.Errorf("%q, %q", out, errs)
	}
	if _, errs = hello(t, "SCHEDTOP_DIR="+dir, "SCHEDTOP_VERBOSE=1"); !strings.Contains(errs, "not an absolute path") ||
		strings.Count(errs, "\n") != 1 {
		t.Errorf("%q", errs)
	}
}
