package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// local is the Go that runs the tests: the newest at hand.
const local = "local"

// releases are the Go versions that schedtop reads, the newest patch of each that is known to be there.
var releases = []string{
	"go1.18.10", "go1.19.13", "go1.20.14", "go1.21.13", "go1.22.12", "go1.23.8", "go1.24.6", "go1.25.1",
	local, "go1.27.0",
}

// versions are those that a matrix test covers in this tier.
func versions() []string {
	if slow {
		return releases
	}
	return []string{"go1.21.13", "go1.24.6", local}
}

// minor is N of go1.N.
func minor(t *testing.T, toolchain string) int {
	t.Helper()
	name := toolchain
	if name == local {
		name = localVersion(t)
	}
	var n int
	if _, err := fmt.Sscanf(name, "go1.%d", &n); err != nil {
		t.Fatalf("%q is no Go release", name)
	}
	return n
}

var localVersion = func() func(t *testing.T) string {
	var (
		once    sync.Once
		version string
		err     error
	)
	return func(t *testing.T) string {
		t.Helper()
		once.Do(func() {
			var out []byte
			out, err = goCommand(local, "env", "GOVERSION").Output()
			version = strings.TrimSpace(string(out))
		})
		if err != nil {
			t.Fatalf("go env GOVERSION: %v", err)
		}
		return version
	}
}()

func goCommand(toolchain string, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = "../workloads"
	for _, v := range os.Environ() {
		// What `go test` sets for us is not meant for another toolchain.
		if !strings.HasPrefix(v, "GOROOT=") && !strings.HasPrefix(v, "GOTOOLCHAIN=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+toolchain)
	if strings.HasPrefix(toolchain, "go1.19.") {
		// Its new index of modules doesn't find modules whose names have no dot.
		cmd.Env = append(cmd.Env, "GODEBUG=goindex=0")
	}
	return cmd
}

// A build says how a workload is made.
type build struct {
	toolchain  string // "" is local
	program    string // below tests/workloads/cmd; "" is workload
	stripped   bool   // -s -w: neither symbols nor DWARF
	noDWARF    bool   // -w
	pie        bool
	cgo        bool
	race       bool
	noInlining bool   // -N -l, for all packages
	arch       string // "" is amd64
	release    string // what it says to be built with, whatever it was: "go1.99"
}

func (b build) String() string {
	words := []string{b.toolchain, b.program}
	for _, option := range []struct {
		on   bool
		word string
	}{
		{b.stripped, "stripped"}, {b.noDWARF, "w"}, {b.pie, "pie"}, {b.cgo, "cgo"}, {b.race, "race"},
		{b.noInlining, "Nl"}, {b.arch != "", b.arch}, {b.release != "", b.release},
	} {
		if option.on {
			words = append(words, option.word)
		}
	}
	return strings.Join(words, "-")
}

func (b build) withDefaults() build {
	if b.toolchain == "" {
		b.toolchain = local
	}
	if b.program == "" {
		b.program = "workload"
	}
	return b
}

// agentFloor is the oldest Go that the agent supports.
const agentFloor = 21

type built struct {
	once    sync.Once
	missing string // why this toolchain can't be had
	err     error
}

var (
	buildsLock sync.Mutex
	builds     = map[build]*built{}
)

// path builds the workload once per run of the tests. A toolchain that can't be fetched skips the test.
func (b build) path(t *testing.T) string {
	t.Helper()
	b = b.withDefaults()
	path := filepath.Join(scratch, b.String())
	needsNoAgent := minor(t, b.toolchain) < agentFloor
	buildsLock.Lock()
	made := builds[b]
	if made == nil {
		made = new(built)
		builds[b] = made
	}
	buildsLock.Unlock()
	made.once.Do(func() {
		if out, err := goCommand(b.toolchain, "version").CombinedOutput(); err != nil {
			made.missing = fmt.Sprintf("%s can't be fetched: %v %s", b.toolchain, err, out)
			return
		}
		args := []string{"build", "-o", path}
		if needsNoAgent {
			args = append(args, "-tags", "noagent")
		}
		if b.stripped {
			args = append(args, "-ldflags", "-s -w")
		} else if b.noDWARF {
			args = append(args, "-ldflags", "-w")
		}
		if b.pie {
			args = append(args, "-buildmode", "pie")
		}
		if b.noInlining {
			args = append(args, "-gcflags", "all=-N -l")
		}
		if b.race {
			args = append(args, "-race")
		}
		cmd := goCommand(b.toolchain, append(args, "./cmd/"+b.program)...)
		if b.cgo || b.race {
			cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
		} else {
			cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
		}
		if b.arch != "" {
			cmd.Env = append(cmd.Env, "GOARCH="+b.arch)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			made.err = fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
		} else if b.release != "" {
			made.err = pretendRelease(path, b.release)
		}
	})
	if made.missing != "" {
		t.Skip(made.missing)
	}
	if made.err != nil {
		t.Fatal(made.err)
	}
	return path
}

// pretendRelease changes the release that the binary's build information names to another of the same
// length: the runtime stays what it is.
func pretendRelease(path, release string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at := bytes.Index(content, []byte("\xff Go buildinf:"))
	if at < 0 || len(content) < at+33+len(release) || !bytes.HasPrefix(content[at+33:], []byte("go1.")) {
		return fmt.Errorf("%s: no build information", path)
	}
	copy(content[at+33:], release)
	return writeProgram(path, content)
}

// A workload is a running Go program to watch.
type workload struct {
	*process
	dir string // its SCHEDTOP_DIR
}

// A launch says how a workload is run.
type launch struct {
	build
	exe     string // run this copy of the binary instead
	argv0   string // what it calls itself
	godebug string
	env     []string
	args    []string
}

// run starts the workload and returns when it is up.
func (l launch) run(t *testing.T) *workload {
	t.Helper()
	exe := l.exe
	if exe == "" {
		exe = l.path(t)
	}
	// Short, because a socket's path is limited to 107 bytes.
	dir, err := os.MkdirTemp("", "st-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	// Far longer than the slowest test on the slowest machine: it ends with its test.
	cmd := exec.Command(exe, append([]string{"-for", "2h"}, l.args...)...)
	if l.argv0 != "" {
		cmd.Args[0] = l.argv0
	}
	cmd.Env = append(append(os.Environ(), "SCHEDTOP_DIR="+dir, "GODEBUG="+l.godebug), l.env...)
	w := &workload{process: start(t, cmd), dir: dir}
	t.Cleanup(func() { // a test that fails may do so because it is gone
		if !t.Failed() {
			return
		}
		select {
		case <-w.ended:
			t.Logf("process %d: %v after %v; it said: %s", w.pid(), cmd.ProcessState, w.took, tail(w.stderr.all()))
		case <-time.After(100 * time.Millisecond):
		}
	})
	w.stdout.waitFor(t, "READY", func(text []string) bool {
		for _, line := range text {
			if strings.HasPrefix(line, "READY ") {
				return true
			}
		}
		return false
	})
	return w
}

// socket is where this process would serve the agent's protocol.
func (w *workload) socket(t *testing.T) string {
	t.Helper()
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", w.pid()))
	if err != nil {
		t.Fatal(err)
	}
	inode := strings.TrimSuffix(strings.TrimPrefix(link, "pid:["), "]")
	return filepath.Join(w.dir, fmt.Sprintf("%d-%s.sock", w.pid(), inode))
}

func (w *workload) p() string { return itoa(w.pid()) }
