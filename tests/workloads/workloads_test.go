// Package workloads tests the programs of this module from outside, as the tests of schedtop use them.
package workloads

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var modes = []string{
	"quiet", "blocked", "groups", "leak", "spinners", "waves", "half", "mutex", "gc", "threads", "mixed",
	"timers", "hoard", "traced", "counter", "relay",
}

func build(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	args = append([]string{"build", "-o", dir + "/"}, args...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
	return dir
}

// runToEnd expects READY, and an end by itself with status 0; it returns stdout.
func runToEnd(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "SCHEDTOP_DIR="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", cmd.Args, err)
	}
	if !regexp.MustCompile(`(?m)^READY pid=\d+ `).Match(out) {
		t.Fatalf("%v never said READY:\n%s", cmd.Args, out)
	}
	return string(out)
}

func TestEveryModeComesUpAndStopsByItself(t *testing.T) {
	workload := filepath.Join(build(t, "./cmd/workload"), "workload")
	for _, mode := range modes {
		runToEnd(t, workload, "-mode", mode, "-for", "200ms")
	}
}

func TestEveryModeIsTested(t *testing.T) {
	workload := filepath.Join(build(t, "./cmd/workload"), "workload")
	help, _ := exec.Command(workload, "-help").CombinedOutput()
	_, list, found := strings.Cut(string(help), "modes:\n")
	if !found {
		t.Fatalf("-help lists no modes:\n%s", help)
	}
	var listed []string
	for _, line := range strings.Split(strings.TrimSpace(list), "\n") {
		listed = append(listed, strings.Fields(line)[0])
	}
	if strings.Join(listed, " ") != strings.Join(modes, " ") {
		t.Errorf("the program has %v, the test %v", listed, modes)
	}
}

func TestServiceAnswersItsOwnLoad(t *testing.T) {
	service := filepath.Join(build(t, "./cmd/service"), "service")
	runToEnd(t, service, "-load", "200", "-for", "500ms")
}

func TestCgoModeComesUpAndStopsByItself(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skipf("needs a C compiler: %v", err)
	}
	t.Setenv("CGO_ENABLED", "1")
	workload := filepath.Join(build(t, "-tags", "withcgo", "./cmd/workload"), "workload")
	runToEnd(t, workload, "-mode", "cgo", "-for", "200ms")
}

func TestWithoutTheAgentItSaysSo(t *testing.T) {
	workload := filepath.Join(build(t, "-tags", "noagent", "./cmd/workload"), "workload")
	runToEnd(t, workload, "-for", "100ms")
	if out, err := exec.Command(workload, "-agent", "-for", "100ms").CombinedOutput(); err == nil {
		t.Errorf("-agent works without an agent:\n%s", out)
	}
}

func TestStepsChangeGOMAXPROCS(t *testing.T) {
	workload := filepath.Join(build(t, "./cmd/workload"), "workload")
	out := runToEnd(t, workload, "-gomaxprocs-steps", "3,1", "-step-every", "50ms", "-for", "1s")
	for _, want := range []string{"GOMAXPROCS 3\n", "GOMAXPROCS 1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

func TestSocketIsRemovedAtTheEnd(t *testing.T) {
	workload := filepath.Join(build(t, "./cmd/workload"), "workload")
	dir, err := os.MkdirTemp("", "st-") // short: a socket's path is limited to 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd := exec.Command(workload, "-agent", "-for", "1m")
	cmd.Env = append(os.Environ(), "SCHEDTOP_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); !strings.HasPrefix(line, "READY ") {
		t.Fatalf("%q, %v", line, err)
	}
	if list, _ := filepath.Glob(dir + "/*.sock"); len(list) != 1 {
		t.Errorf("one socket expected: %v", list)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("an interrupt is no failure: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("an interrupt doesn't end it")
	}
	if list, _ := filepath.Glob(dir + "/*.sock"); len(list) != 0 {
		t.Errorf("left behind: %v", list)
	}
}
