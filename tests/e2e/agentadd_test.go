package e2e

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// `schedtop agent add` and `schedtop agent overlay`: the agent in modules that know nothing of it.

// program waits to be killed, and uses a package that is vendored.
const program = `package main

import (
	"os"

	"example.org/dep"
)

func main() { dep.Forever(os.Stdin) }
`

// makeModule writes a module with a program, a package that is none, and a vendored module that it needs.
func makeModule(t *testing.T) string {
	t.Helper()
	return writeTree(t, map[string]string{
		"go.mod":                        "module example.org/api\n\ngo 1.18\n\nrequire example.org/dep v1.0.0\n",
		"cmd/api/main.go":               program,
		"internal/x/x.go":               "package x\n",
		"vendor/modules.txt":            "# example.org/dep v1.0.0\n## explicit; go 1.18\nexample.org/dep\n",
		"vendor/example.org/dep/dep.go": "package dep\n\nimport \"io\"\n\nfunc Forever(r io.Reader) { _, _ = io.ReadAll(r); select {} }\n",
	})
}

func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// tree is what there is below a folder, but for its vendored modules.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "vendor" {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(all)
	return all
}

// in runs schedtop in a folder, with a cache of its own.
func in(t *testing.T, dir, cache string, env []string, args ...string) result {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(goCommand(local).Env, "XDG_CACHE_HOME="+cache, "GOFLAGS=", "GOWORK=")
	cmd.Env = append(cmd.Env, env...)
	return finish(t, start(t, cmd))
}

func goIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	goWith(t, local, dir, args...)
}

func goWith(t *testing.T, toolchain, dir string, args ...string) {
	t.Helper()
	cmd := goCommand(toolchain, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, "GOFLAGS=", "GOWORK=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

// mustAnswer starts a program and asks its agent for the list of its goroutines.
func mustAnswer(t *testing.T, exe string, args ...string) {
	t.Helper()
	cmd := exec.Command(exe, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	p := start(t, cmd)
	pid := strconv.Itoa(p.cmd.Process.Pid)
	var r result
	waitUntil(t, "the agent's answer", func() bool {
		r = schedtop(t, "capture", "--goroutines", "-p", pid, "-o", filepath.Join(t.TempDir(), "goroutines"))
		return r.status == exitOK
	})
	mustContain(t, strings.Join(r.stderr, "\n"), "less ")
}

func TestAnOverlayPutsTheAgentIntoAProgramAndLeavesItsTreeAlone(t *testing.T) {
	t.Parallel()
	dir, cache := makeModule(t), t.TempDir()
	before := tree(t, dir)
	r := in(t, dir, cache, nil, "agent", "overlay", "./cmd/api")
	r.expect(t, exitOK)
	if len(r.stdout) != 1 || !strings.HasPrefix(r.stdout[0], cache) {
		t.Fatalf("a path in the cache expected: schedtop %v", r)
	}
	exe := filepath.Join(t.TempDir(), "api")
	goIn(t, dir, "build", "-overlay", r.stdout[0], "-o", exe, "./cmd/api")
	mustAnswer(t, exe)
	if after := tree(t, dir); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("the tree was %v and is %v", before, after)
	}
	again := in(t, dir, cache, nil, "agent", "overlay", "./cmd/...")
	again.expect(t, exitOK)
	if again.stdout[0] != r.stdout[0] {
		t.Errorf("the same overlay is called %s and %s", r.stdout[0], again.stdout[0])
	}
}

func TestTheAgentIsAddedOnceAndOverwritesNothing(t *testing.T) {
	t.Parallel()
	dir, cache := makeModule(t), t.TempDir()
	before := tree(t, dir)
	r := in(t, "/", cache, nil, "agent", "add", dir)
	r.expect(t, exitOK)
	after := tree(t, dir)
	if len(after) != len(before)+len(r.stdout) {
		t.Errorf("it names %d files; there were %d and are %d", len(r.stdout), len(before), len(after))
	}
	// What travels inside schedtop is what is in the tree.
	var sources []string
	for _, name := range tree(t, "../../agent") {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") &&
			!strings.Contains(name, "testdata/") && !strings.HasPrefix(name, "internal/unstripped/") {
			sources = append(sources, "internal/schedtopagent/"+name)
		}
	}
	for _, name := range sources {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if want := len(sources) + 2; len(r.stdout) != want { // the license, the import
		t.Errorf("%d files are written, not %d", len(r.stdout), want)
	}
	if out, err := exec.Command("gofmt", "-l", filepath.Join(dir, "internal"), filepath.Join(dir, "cmd")).
		CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v, %s", err, out)
	}
	exe := filepath.Join(t.TempDir(), "api")
	goIn(t, dir, "build", "-o", exe, "./cmd/api")
	mustAnswer(t, exe)

	again := in(t, dir, cache, nil, "agent", "add", ".")
	again.expect(t, exitOK)
	if len(again.stdout) > 0 {
		t.Errorf("written again: %v", again.stdout)
	}
	changed := filepath.Join(dir, "internal/schedtopagent/agent.go")
	if err := os.WriteFile(changed, []byte("package agent // ours\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	refused := in(t, dir, cache, nil, "agent", "add", ".")
	refused.expect(t, exitFailed)
	mustContain(t, refused.oneSentence(t), changed, "nothing is overwritten")
	if text, err := os.ReadFile(changed); err != nil || string(text) != "package agent // ours\n" {
		t.Errorf("%q, %v", text, err)
	}
	has := in(t, dir, cache, nil, "agent", "overlay", "./cmd/api")
	has.expect(t, exitFailed)
	mustContain(t, has.oneSentence(t), "has the agent already (schedtop_agent.go)")
}

func TestWhereTheAgentCanNotGoOneSentenceSaysWhy(t *testing.T) {
	t.Parallel()
	module, cache := makeModule(t), t.TempDir()
	bare := writeTree(t, map[string]string{"main.go": "package main\n\nfunc main() {}\n"})
	library := writeTree(t, map[string]string{"go.mod": "module example.org/l\n\ngo 1.21\n", "l.go": "package l\n"})
	outside := writeTree(t, map[string]string{
		"go.work": "go 1.21\n\nuse ./a\n", "a/go.mod": "module example.org/a\n\ngo 1.21\n", "a/a.go": "package a\n",
		"b/go.mod": "module example.org/b\n\ngo 1.21\n", "b/main.go": "package main\n\nfunc main() {}\n",
	})
	imports := writeTree(t, map[string]string{"go.mod": "module example.org/i\n\ngo 1.21\n",
		"main.go": "package main\n\nimport _ \"schedtop/agent/auto\"\n\nfunc main() {}\n"})
	for _, row := range []struct {
		dir    string
		env    []string
		args   []string
		status int
		words  string
	}{
		{bare, nil, []string{"overlay", "."}, exitNoTarget, "there is no go.mod"},
		{module, []string{"GO111MODULE=off"}, []string{"overlay", "./cmd/api"}, exitFailed, "GO111MODULE=off"},
		{library, nil, []string{"overlay", "./..."}, exitNoTarget, "no main package"},
		{library, nil, []string{"add", "."}, exitNoTarget, "no main package"},
		{module, nil, []string{"overlay", "./cmd/api/main.go"}, exitUsage, "go build drops what an overlay adds"},
		{module, nil, []string{"overlay", "./cmd/none"}, exitFailed, "go list: "},
		{module, []string{"GOFLAGS=-overlay=/x"}, []string{"overlay", "./cmd/api"}, exitFailed, "GOFLAGS has an -overlay"},
		{outside + "/b", []string{"GOWORK=" + outside + "/go.work"}, []string{"overlay", "."}, exitFailed, "go.work"},
		{imports, nil, []string{"overlay", "."}, exitFailed, "has the agent already (main.go)"},
		{imports, nil, []string{"add", "."}, exitFailed, "has the agent already (main.go)"},
		{module, []string{"PATH=/nowhere"}, []string{"overlay", "./cmd/api"}, exitNoTarget, "no go command in PATH"},
		{module, nil, []string{"add", module + "/none"}, exitFailed, "No such file"},
		{module, nil, []string{"add"}, exitUsage, "schedtop agent add DIR"},
		{module, nil, []string{"remove", "."}, exitUsage, "schedtop agent add DIR"},
	} {
		r := in(t, row.dir, cache, row.env, append([]string{"agent"}, row.args...)...)
		r.expect(t, row.status)
		mustContain(t, r.oneSentence(t), row.words)
		// A build with what it printed must not succeed without the agent.
		if row.args[0] == "overlay" && (len(r.stdout) != 1 || strings.HasPrefix(r.stdout[0], cache)) {
			t.Errorf("printed: %v", r.stdout)
		}
	}
	cmd := goCommand(local, "build", "-overlay", "/dev/null/schedtop-agent-overlay-failed", "-o", os.DevNull, "./cmd/api")
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("go build takes a file that is none for an overlay: %s", out)
	}
	for _, toolchain := range versions() {
		if minor(t, toolchain) >= agentFloor {
			continue
		}
		r := in(t, module, cache, []string{"GOTOOLCHAIN=" + toolchain}, "agent", "overlay", "./cmd/api")
		r.expect(t, exitFailed)
		mustContain(t, r.oneSentence(t), "Go 1.21 or newer", toolchain)
	}
}

func TestHelpWarnsOfFilesInPlaceOfPackages(t *testing.T) {
	t.Parallel()
	r := schedtop(t, "agent", "--help")
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stdout, "\n"), "go build ./cmd/api/main.go", "silently drops",
		`-overlay "$(schedtop agent overlay ./cmd/api)"`)
}

// A shape is a module as people have them: the folder that `go build` is run in, the module, its program, and tags.
type shape struct {
	name             string
	files            map[string]string
	in, module, main string
	tags             string
}

func shapes() []shape {
	dep := "package dep\n\nimport \"io\"\n\nfunc Forever(r io.Reader) { _, _ = io.ReadAll(r); select {} }\n"
	split := map[string]string{
		"go.mod":           "module example.org/split/v2\n\ngo 1.18\n",
		"main.go":          "package main\n\nfunc main() { forever() }\n",
		"forever.go":       "//go:build special\n\npackage main\n\nimport (\n\t\"io\"\n\t\"os\"\n)\n\nfunc forever() { _, _ = io.ReadAll(os.Stdin); select {} }\n",
		"forever_other.go": "//go:build !special\n\npackage main\n\nfunc forever() {}\n",
		"main_test.go":     "package main\n\nimport \"testing\"\n\nfunc TestNothing(*testing.T) {}\n",
	}
	return []shape{
		{"vendored in a sub-directory", map[string]string{
			"README":                            "no module here\n",
			"sub/go.mod":                        "module example.org/api\n\ngo 1.18\n\nrequire example.org/dep v1.0.0\n",
			"sub/cmd/api/main.go":               program,
			"sub/vendor/modules.txt":            "# example.org/dep v1.0.0\n## explicit; go 1.18\nexample.org/dep\n",
			"sub/vendor/example.org/dep/dep.go": dep,
		}, "sub", "sub", "./cmd/api", ""},
		{"replaced, not vendored", map[string]string{
			"go.mod":          "module example.org/api\n\ngo 1.18\n\nrequire example.org/dep v1.0.0\n\nreplace example.org/dep => ./dep\n",
			"cmd/api/main.go": program, "dep/go.mod": "module example.org/dep\n\ngo 1.18\n", "dep/dep.go": dep,
		}, ".", ".", "./cmd/api", ""},
		{"a workspace", map[string]string{
			"go.work":           "go 1.21\n\nuse (\n\t./api\n\t./dep\n)\n",
			"api/go.mod":        "module example.org/api\n\ngo 1.18\n\nrequire example.org/dep v1.0.0\n",
			"api/cmd/x/main.go": program, "dep/go.mod": "module example.org/dep\n\ngo 1.18\n", "dep/dep.go": dep,
		}, ".", "api", "./api/cmd/x", ""},
		{"split over files with tags", split, ".", ".", ".", "special"},
	}
}

// The agent is built by the Go of the module, however old, and whatever the module is like.
func TestTheAgentIsBuiltByEveryGoInEveryModule(t *testing.T) {
	t.Parallel()
	toolchains, all := []string{"go1.21.13", "go1.24.6"}, shapes()
	if slow {
		toolchains = nil
		for _, toolchain := range releases {
			if minor(t, toolchain) >= agentFloor {
				toolchains = append(toolchains, toolchain)
			}
		}
	} else {
		all = all[len(all)-1:]
	}
	for _, toolchain := range toolchains {
		for _, s := range all {
			t.Run(toolchain+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				env := []string{"GOTOOLCHAIN=" + toolchain, "GOFLAGS=-tags=" + s.tags}
				root, cache, exe := writeTree(t, s.files), t.TempDir(), filepath.Join(t.TempDir(), "api")
				in1 := filepath.Join(root, s.in)
				r := in(t, in1, cache, env, "agent", "overlay", s.main)
				r.expect(t, exitOK)
				goWith(t, toolchain, in1, "build", "-tags", s.tags, "-overlay", r.stdout[0], "-o", exe, s.main)
				mustAnswer(t, exe)
				in(t, in1, cache, env, "agent", "add", filepath.Join(root, s.module)).expect(t, exitOK)
				goWith(t, toolchain, in1, "build", "-tags", s.tags, "-o", exe, s.main)
				mustAnswer(t, exe)
				if slow {
					goWith(t, toolchain, filepath.Join(root, s.module), "vet", "./internal/schedtopagent/...")
				}
			})
		}
	}
}

// Who has the agent is known by the imports of all its files, large ones and those with C in them; what only talks of
// it has none.
func TestTheImportOfTheAgentIsFoundWhereItIs(t *testing.T) {
	t.Parallel()
	padding := "// " + strings.Repeat("x", 1000) + "\n"
	for name, row := range map[string]struct {
		source string
		has    bool
	}{
		"large":  {"package main\n\nimport _ \"schedtop/agent/auto\"\n\nfunc main() {}\n" + strings.Repeat(padding, 1100), true},
		"raw":    {"package main\n\nimport _ `schedtop/agent`\n\nfunc main() {}\n", true},
		"cgo":    {"package main\n\n// int x;\nimport \"C\"\n\nimport _ \"schedtop/agent\"\n\nfunc main() {}\n", true},
		"string": {"package main\n\nfunc main() { println(\"schedtop/agent\") }\n", false},
		"other":  {"package main\n\nimport _ \"example.org/i/schedtop/agents\"\n\nfunc main() {}\n", false},
	} {
		dir := writeTree(t, map[string]string{"go.mod": "module example.org/i\n\ngo 1.21\n", "main.go": row.source})
		r := in(t, dir, t.TempDir(), []string{"CGO_ENABLED=1"}, "agent", "overlay", ".")
		if !row.has {
			r.expect(t, exitOK)
			continue
		}
		if r.expect(t, exitFailed); !strings.Contains(r.oneSentence(t), "has the agent already (main.go)") {
			t.Errorf("%s: schedtop %v", name, r)
		}
	}
}

// A public module with programs in cmd/ and a few dependencies, as it comes and vendored.
func TestTheAgentGoesIntoAPublicModule(t *testing.T) {
	if !slow {
		t.Skip("fetches a public module: in the slow tier alone")
	}
	t.Parallel()
	const module = "golang.org/x/tools@v0.34.0"
	out, err := goCommand(local, "mod", "download", "-json", module).Output()
	var from struct{ Dir string }
	if err != nil || json.Unmarshal(out, &from) != nil || from.Dir == "" {
		t.Skipf("%s can't be fetched: %v %s", module, err, out)
	}
	dir, cache := t.TempDir(), t.TempDir()
	if out, err := exec.Command("cp", "-r", "--no-preserve=mode", from.Dir+"/.", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, vendored := range []bool{false, true} {
		if vendored {
			goIn(t, dir, "mod", "vendor")
		}
		before := tree(t, dir)
		r := in(t, dir, cache, nil, "agent", "overlay", "./cmd/present")
		r.expect(t, exitOK)
		exe := filepath.Join(t.TempDir(), "present")
		goIn(t, dir, "build", "-overlay", r.stdout[0], "-o", exe, "./cmd/present")
		if after := tree(t, dir); len(after) != len(before) {
			t.Errorf("there were %d files and are %d", len(before), len(after))
		}
		mustAnswer(t, exe, "-http", "127.0.0.1:0", "-use_playground=false")
	}
	in(t, dir, cache, nil, "agent", "add", "cmd/present").expect(t, exitOK)
	exe := filepath.Join(t.TempDir(), "present")
	goIn(t, dir, "build", "-mod=vendor", "-o", exe, "./cmd/present")
	mustAnswer(t, exe, "-http", "127.0.0.1:0", "-use_playground=false")
}
