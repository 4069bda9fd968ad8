package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A spot in the program: a frame of a stack, or what one is named for.
type spot struct {
	function, position string // position is FILE:LINE
}

func (f spot) String() string { return f.function + " " + f.position }

// A goroutine as somebody tells of it.
type goroutine struct {
	state   string // in the words of a traceback
	system  bool
	locked  bool
	creator spot
	at      spot
	stack   []spot
}

// framesShown is how many of the innermost frames a traceback has at least, before it leaves some out.
const framesShown = 50

// What schedtop reads of every goroutine is what the runtime prints when the program crashes: state,
// wait reason, creator and every frame, those of the runtime, inlined ones and wrappers too.
func TestParkedGoroutinesReadAsTheRuntimeDumpsThem(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		for _, b := range append([]build{{noInlining: true}}, matrix...) {
			b.toolchain, b.program = toolchain, "parked"
			if !slices.Contains(full(), toolchain) && b != (build{toolchain: toolchain, program: "parked"}) {
				continue
			}
			t.Run(b.String(), func(t *testing.T) {
				t.Parallel()
				w, dump := park(t, b)
				user := parseDump(t, dump)
				ours := readSettled(t, w)
				w.signal(t, syscall.SIGQUIT)
				w.wait(t, patience)
				all := parseDump(t, strings.Join(w.stderr.all(), "\n"))
				if len(all) < len(shapesExpected) {
					t.Fatalf("the crash shows no more than %d goroutines", len(all))
				}
				compareStacks(t, all, ours)
				compareKinds(t, user, ours)
			})
		}
	}
}

// Kinds of waits that the program must have brought about, or it proves nothing.
var shapesExpected = []string{
	"chan receive", "chan send", "chan receive (nil chan)", "chan send (nil chan)", "select",
	"select (no cases)", "sleep", "IO wait", "syscall", "force gc (idle)",
	"GC sweep wait",
}

// park starts the program and returns what it printed about its goroutines when all of them waited.
func park(t *testing.T, b build) (w *process, dump string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump")
	cmd := exec.Command(b.path(t), "-for", "5m", "-dump", path)
	cmd.Env = append(os.Environ(), "GOTRACEBACK=system")
	w = start(t, cmd)
	w.stdout.waitFor(t, "READY", func(text []string) bool {
		return len(text) > 0 && strings.HasPrefix(text[0], "READY ")
	})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return w, string(text)
}

var (
	dumpHeader = regexp.MustCompile(`^goroutine (\d+) (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[([^\]]*)\]:$`)
	minutes    = regexp.MustCompile(`, \d+ minutes`)
	position   = regexp.MustCompile(`^\t(.+:\d+)(?: \+0x[0-9a-f]+)?(?: fp=.*)?$`)
)

// parseDump reads a traceback of all goroutines.
func parseDump(t *testing.T, text string) map[string]*goroutine {
	t.Helper()
	all := map[string]*goroutine{}
	var g *goroutine
	var function string
	creator := false
	for _, line := range strings.Split(text, "\n") {
		switch {
		case dumpHeader.MatchString(line):
			match := dumpHeader.FindStringSubmatch(line)
			state := minutes.ReplaceAllString(match[2], "")
			g = &goroutine{state: strings.TrimSuffix(state, ", locked to thread")}
			g.locked = g.state != state
			all[match[1]] = g
		case g == nil || line == "":
			g = nil
		case strings.HasPrefix(line, "created by "):
			function, creator = strings.TrimPrefix(line, "created by "), true
			if i := strings.Index(function, " in goroutine "); i >= 0 {
				function = function[:i]
			}
		case position.MatchString(line):
			f := spot{function, position.FindStringSubmatch(line)[1]}
			if creator {
				g.creator = f
			} else {
				g.stack = append(g.stack, f)
			}
			creator = false
		case strings.HasSuffix(line, ")"):
			function = line[:strings.LastIndex(line, "(")]
			if function == "panic" {
				function = "runtime.gopanic"
			}
		}
	}
	return all
}

// statuses of goroutines, as runtime/traceback.go names them.
var statuses = map[string]string{"1": "runnable", "2": "running", "3": "syscall", "4": "waiting"}

// readSettled reads until nothing moves: the runtime's own goroutines sweep what was collected.
func readSettled(t *testing.T, w *process) map[string]*goroutine {
	t.Helper()
	var before map[string]*goroutine
	var wrong string
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(200 * time.Millisecond) {
		var now map[string]*goroutine
		if now, wrong = readGoroutines(t, w); wrong != "" {
			before = nil
			continue
		}
		if before != nil && reflect.DeepEqual(now, before) {
			return now
		}
		before = now
		for _, g := range now {
			if g.state == "running" || g.state == "runnable" || g.system && g.state == "sleep" {
				before = nil
			}
		}
	}
	t.Fatalf("the goroutines never stood still %s", wrong)
	return nil
}

// readGoroutines asks goproc, and tells in what the reading contradicts itself.
func readGoroutines(t *testing.T, w *process) (all map[string]*goroutine, wrong string) {
	t.Helper()
	source := os.Getenv("SCHEDTOP")
	if source == "" {
		source = "../../out/build/schedtop"
	}
	out, err := exec.Command(filepath.Join(filepath.Dir(source), "tests/e2e/probe/goroutines"),
		itoa(w.pid())).CombinedOutput()
	if err != nil {
		t.Fatalf("goroutines %d: %v\n%s", w.pid(), err, out)
	}
	all = map[string]*goroutine{}
	var g *goroutine
	var dropped, counted int
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if _, err := fmt.Sscanf(line, "dropped %d, counted %d", &dropped, &counted); err == nil {
			break
		}
		if !strings.HasPrefix(line, "\t") {
			words := strings.SplitN(line, " ", 5)
			g = &goroutine{state: words[4], system: words[2] == "system", locked: words[3] == "locked"}
			if g.state == "" {
				g.state = statuses[words[1]]
			}
			all[words[0]] = g
			continue
		}
		words := strings.SplitN(line[1:], " ", 3)
		f := spot{words[1], words[2]}
		switch words[0] {
		case "creator":
			g.creator = f
		case "at":
			g.at = f
		case "called", "inlined":
			g.stack = append(g.stack, f)
		}
	}
	users := 0
	for _, g := range all {
		if !g.system {
			users++
		}
	}
	if dropped != 0 || users != counted {
		wrong = fmt.Sprintf("%d dropped, %d of the program's own, %d counted", dropped, users, counted)
	}
	return all, wrong
}

func compareStacks(t *testing.T, want, got map[string]*goroutine) {
	t.Helper()
	seen := map[string]bool{}
	compared := 0
	for id, w := range want {
		g := got[id]
		if id == "0" || w.state == "running" || w.state == "runnable" {
			continue // the scheduler's own stack; woken up by the signal
		}
		if g == nil {
			t.Errorf("goroutine %s [%s] was not read", id, w.state)
			continue
		}
		if g.state != w.state || g.locked != w.locked {
			t.Errorf("goroutine %s is %q (locked: %v), not %q (locked: %v)", id, g.state, g.locked,
				w.state, w.locked)
		}
		if w.creator.function != "" && g.creator != w.creator {
			t.Errorf("goroutine %s was created by %v, not %v", id, g.creator, w.creator)
		}
		compareStack(t, id, w, g)
		seen[w.state] = true
		compared++
	}
	for _, state := range shapesExpected {
		if !seen[state] {
			t.Errorf("no goroutine was in %q", state)
		}
	}
	t.Logf("%d goroutines compared", compared)
}

func compareStack(t *testing.T, id string, w, g *goroutine) {
	t.Helper()
	n := len(w.stack)
	if n >= framesShown {
		n = framesShown // what comes next was left out
	} else if len(g.stack) != n {
		t.Errorf("goroutine %s [%s]: %d frames, not %d:\n%v\nnot\n%v", id, w.state, len(g.stack), n,
			listFrames(g.stack), listFrames(w.stack))
		return
	}
	for i := 0; i < n; i++ {
		if i >= len(g.stack) || g.stack[i] != w.stack[i] {
			t.Errorf("goroutine %s [%s]: frame %d differs:\n%v\nnot\n%v", id, w.state, i,
				listFrames(g.stack), listFrames(w.stack))
			return
		}
	}
}

func listFrames(frames []spot) string {
	var text strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&text, "\t%v\n", f)
	}
	return text.String()
}

// compareKinds holds us to what a program sees of itself: no goroutines of the runtime, and of the
// others the frames that are not the runtime's.
func compareKinds(t *testing.T, user, got map[string]*goroutine) {
	t.Helper()
	for id, w := range user {
		g := got[id]
		if g == nil || w.state == "running" {
			continue
		}
		// While it calls back it is shown, but not counted.
		finalizer := regexp.MustCompile(`runtime\.(runfinq|runFinalizers) `).MatchString(listFrames(g.stack))
		if g.system && !finalizer {
			t.Errorf("goroutine %s is the program's own", id)
		}
		at := 0
		for _, f := range g.stack {
			if at < len(w.stack) && f == w.stack[at] {
				at++
			}
		}
		if len(w.stack) < framesShown && at != len(w.stack) {
			t.Errorf("goroutine %s: %v is missing in\n%v", id, w.stack[at], listFrames(g.stack))
		}
	}
	for id, g := range got {
		if user[id] == nil && !g.system {
			t.Errorf("goroutine %s [%s] is the runtime's own:\n%v", id, g.state, listFrames(g.stack))
		}
	}
}
