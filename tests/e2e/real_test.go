package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Programs that people run, at releases that are built with the local Go.
var realPrograms = []struct {
	module, version string
	args            []string // DIR is a folder of their own
}{
	{"github.com/nats-io/nats-server/v2", "v2.11.8", []string{"-a", "127.0.0.1", "-p", "-1"}},
	{"github.com/caddyserver/caddy/v2/cmd/caddy", "v2.10.2",
		[]string{"file-server", "--listen", "127.0.0.1:0", "--root", "DIR"}},
	{"go.etcd.io/etcd/server/v3", "v3.6.4", []string{"--data-dir", "DIR/data",
		"--listen-client-urls", "http://127.0.0.1:0", "--advertise-client-urls", "http://127.0.0.1:0",
		"--listen-peer-urls", "http://127.0.0.1:0", "--initial-advertise-peer-urls", "http://127.0.0.1:0",
		"--initial-cluster", "default=http://127.0.0.1:0"}},
}

// Real programs, built as their releases are: without symbols and DWARF, paths trimmed. They never stand
// quite still, so what has not changed between two of their own prints is what must be read in between.
func TestRealProgramsReadAsTheirOwnSchedtrace(t *testing.T) {
	if !slow {
		t.Skip("fetches and builds large programs: in the slow tier alone")
	}
	for _, program := range realPrograms {
		t.Run(program.module, func(t *testing.T) {
			exe := installRelease(t, program.module, program.version)
			dir := t.TempDir()
			cmd := exec.Command(exe, replaceAll(program.args, "DIR", dir)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GODEBUG=schedtrace=100,scheddetail=1", "HOME="+dir)
			w := &workload{process: start(t, cmd), dir: dir}
			w.truth(t)

			r := schedtop(t, "ls", "-v")
			r.expect(t, exitOK)
			mustContain(t, lineAfter(t, r, w), "runtime found by its code (11 of 11 ")
			var problem string
			for i := 0; i < attempts; i++ {
				before := w.truth(t)
				got := w.observe(t, "memory", "--json")
				after := w.truthAfterNow(t)
				moved := map[string]bool{}
				for _, d := range compare(before, after) {
					moved[d.where+" "+d.field] = true
				}
				if len(moved) > 12 {
					problem = "the target never stood nearly still:\n" + list(compare(before, after))
					continue
				}
				wrong := remove(compare(before, got), printsItself, func(d difference) bool {
					return moved[d.where+" "+d.field]
				})
				if problem = list(wrong); len(wrong) == 0 {
					return
				}
			}
			t.Error(problem)
		})
	}
}

func replaceAll(words []string, old, new string) []string {
	var out []string
	for _, word := range words {
		out = append(out, strings.ReplaceAll(word, old, new))
	}
	return out
}

// installRelease builds a program of a public module with the flags of a release: from a module of our own
// that needs it, for "go install" takes none whose go.mod replaces others. What can't be fetched skips the test.
func installRelease(t *testing.T, program, version string) string {
	t.Helper()
	dir := t.TempDir()
	exe := filepath.Join(dir, "program")
	run := func(args ...string) ([]byte, error) {
		cmd := goCommand(local, args...)
		cmd.Dir = dir
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
		return cmd.CombinedOutput()
	}
	if out, err := run("mod", "init", "example.org/release"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := run("get", program+"@"+version); err != nil {
		t.Skipf("%s@%s can't be fetched: %v\n%s", program, version, err, out)
	}
	if out, err := run("build", "-trimpath", "-ldflags", "-s -w", "-o", exe, program); err != nil {
		t.Fatalf("%s@%s: %v\n%s", program, version, err, out)
	}
	return exe
}
