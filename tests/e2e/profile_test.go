package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unpacked is a profile's bytes, which are those of a whole gzip file.
func unpacked(t *testing.T, data []byte) []byte {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readProfile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(unpacked(t, data))
}

func TestProfileNamesWhereGoroutinesAreBlocked(t *testing.T) {
	t.Parallel()
	path, out := traceFile(t, 0), filepath.Join(t.TempDir(), "x.pb.gz")
	if err := os.WriteFile(out, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := schedtop(t, "profile", "--kind", "blocked", "--still-blocked", path, "-o", out)
	r.expect(t, exitOK)
	if len(r.stdout)+len(r.stderr) > 0 {
		t.Errorf("nothing to tell expected: schedtop %v", r)
	}
	mustContain(t, readProfile(t, out), "blockForEver", "still-blocked", "chan receive", "delay", "nanoseconds")
	r = schedtop(t, "profile", "--kind", "blocked", path, "-o", out)
	r.expect(t, exitOK)
	if strings.Contains(readProfile(t, out), "blockForEver") {
		t.Error("those who never woke are in the profile without being asked for")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".schedtop-*")); len(left) > 0 {
		t.Errorf("temporaries were left: %v", left)
	}
}

func TestProfileOfAPipeGoesToAPipe(t *testing.T) {
	t.Parallel()
	data, err := recordTrace()
	if err != nil {
		t.Fatal(err)
	}
	for _, extra := range [][]string{nil, {"-o", "-"}} {
		cmd := exec.Command(binary, append([]string{"profile", "--kind", "sync", "-"}, extra...)...)
		cmd.Stdin = bytes.NewReader(data)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		mustContain(t, string(unpacked(t, out)), "request")
	}
}

func TestProfileOfATornTraceIsWrittenAndExit6(t *testing.T) {
	t.Parallel()
	path, out := traceFile(t, 10), filepath.Join(t.TempDir(), "x.pb.gz")
	r := schedtop(t, "profile", "--kind", "sched", path, "-o", out)
	r.expect(t, exitDamaged)
	mustContain(t, r.stderr[len(r.stderr)-1], path, "damaged at byte")
	readProfile(t, out)
}

func TestProfileOfWhatIsNoTraceIsExit6AndNoFile(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{"empty": "", "text": "hello, world, this is no trace"} {
		out := filepath.Join(t.TempDir(), "x.pb.gz")
		r := schedtop(t, "profile", "--kind", "sched", writeFile(t, name, []byte(data)), "-o", out)
		r.expect(t, exitDamaged)
		mustContain(t, r.oneSentence(t), name)
		if _, err := os.Stat(out); err == nil {
			t.Error("a file was written")
		}
	}
}

func TestEmptyProfileIsTold(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "x.pb.gz")
	r := schedtop(t, "profile", "--kind", "cpu", traceFile(t, 0), "-o", out)
	r.expect(t, exitOK)
	mustContain(t, r.oneSentence(t), "the profile is empty")
	readProfile(t, out)
}

// A request waits for its answer inside its task, and others do not count.
func TestProfileOfOneRequest(t *testing.T) {
	t.Parallel()
	path, out := traceFile(t, 0), filepath.Join(t.TempDir(), "x.pb.gz")
	for _, c := range []struct {
		flag, value string
		empty       bool
	}{
		{"--trace-id", otelID, false},
		{"--trace-id", strings.Repeat("f", len(otelID)), true},
		{"--task", "request", false},
		{"--task", "nothing", true},
		{"--goroutine", "987654321", true},
		{"--from", "1h", true},
	} {
		r := schedtop(t, "profile", "--kind", "sync", path, "-o", out, c.flag, c.value)
		r.expect(t, exitOK)
		if told := len(r.stderr) > 0; told != c.empty {
			t.Errorf("empty: %v expected: schedtop %v", c.empty, r)
		}
		if named := strings.Contains(readProfile(t, out), "e2e.request"); named == c.empty {
			t.Errorf("%s %s: the request is in the profile: %v", c.flag, c.value, named)
		}
	}
}

func TestProfileThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	for _, c := range []struct {
		out    string
		status int
	}{
		{"/dev/full", exitUsage}, // a device is never replaced by a file
		{t.TempDir(), exitUsage},
		{filepath.Join(t.TempDir(), "no", "such", "x"), exitFailed},
	} {
		r := schedtop(t, "profile", "--kind", "sync", path, "-o", c.out)
		r.expect(t, c.status)
		r.oneSentence(t)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("needs /dev/full: %v", err)
	}
	defer func() { _ = full.Close() }()
	cmd := exec.Command(binary, "profile", "--kind", "sync", path)
	cmd.Stdout = full
	r := finish(t, start(t, cmd))
	r.expect(t, exitFailed)
	r.oneSentence(t)
}

func TestBadFlagsOfProfileAreExit2(t *testing.T) {
	t.Parallel()
	path := traceFile(t, 0)
	for _, args := range [][]string{
		{"profile", path},
		{"profile", "--kind", "sync"},
		{"profile", "--kind", "gc", path},
		{"profile", "--kind", "net,sync", path},
		{"profile", "--kind", "cpu", "--still-blocked", path},
		{"profile", "--kind", "net", "--from", "2s", "--to", "1s", path},
		{"profile", "--kind", "net", "--trace-id", otelID, "-"},
		{"profile", "--kind", "net", "--json", path},
		{"stat", "--still-blocked", path},
		{"stat", "-o", "x", path},
	} {
		r := schedtop(t, args...)
		r.expect(t, exitUsage)
		r.oneSentence(t)
	}
}
