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

// installRelease builds a program of a public module with the flags of a release. A module that can't be
// fetched skips the test.
func installRelease(t *testing.T, program, version string) string {
	t.Helper()
	module, _, _ := strings.Cut(program, "/cmd/")
	fetch := goCommand(local, "mod", "download", module+"@"+version)
	fetch.Dir = t.TempDir()
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("%s@%s can't be fetched: %v\n%s", module, version, err, out)
	}
	bin := t.TempDir()
	install := goCommand(local, "install", "-trimpath", "-ldflags", "-s -w", program+"@"+version)
	install.Dir = bin
	install.Env = append(install.Env, "CGO_ENABLED=0", "GOBIN="+bin)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", install.Args, err, out)
	}
	made, err := filepath.Glob(filepath.Join(bin, "*"))
	if err != nil || len(made) != 1 {
		t.Fatalf("one program expected: %v %v", made, err)
	}
	return made[0]
}
