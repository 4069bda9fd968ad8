package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What goes wrong between schedtop and net/http/pprof: captures that are refused, cut off or not taken of the
// right program, and servers that want to hurt who asks them.

func TestURLGivesATraceAndAListOfGoroutines(t *testing.T) {
	t.Parallel()
	toolchains := []string{"go1.21.13", local}
	if slow {
		toolchains = releases
	}
	for _, toolchain := range toolchains {
		t.Run(toolchain, func(t *testing.T) {
			p, dir := startServed(t, toolchain), t.TempDir()
			for _, target := range [][]string{{"--url", p.url()}, {"-p", p.p(), "--url", p.url()}} {
				r := schedtop(t, append([]string{"capture", "-s", "1", "--trace-dir", dir}, target...)...)
				r.expect(t, exitOK)
				checked := schedtop(t, "check", r.stdout[0])
				checked.expect(t, exitOK)
			}
			r := schedtop(t, "capture", "--goroutines", "--trace-dir", dir, "--url", p.url())
			r.expect(t, exitOK)
			text, err := os.ReadFile(r.stdout[0])
			if err != nil || !bytes.Contains(text, []byte("main.waitForWork")) {
				t.Errorf("no goroutines in %s: %v", r.stdout[0], err)
			}
		})
	}
}

// Each ends in one sentence and leaves nothing behind.
func TestURLTrapsOfCapturesAreSentences(t *testing.T) {
	t.Parallel()
	failDuring := func(t *testing.T, says string, during func(dir string), args ...string) {
		t.Helper()
		dir := t.TempDir()
		p := startSchedtop(t, append([]string{"capture", "--trace-dir", dir}, args...)...)
		during(dir)
		r := finish(t, p)
		said := strings.Join(r.stderr, " ")
		if r.status == exitOK || len(r.stderr) != 1 || !strings.Contains(said, says) {
			t.Errorf("%q expected: schedtop %v", says, r)
		}
		mustBeEmpty(t, dir)
	}
	fail := func(t *testing.T, says string, args ...string) {
		t.Helper()
		failDuring(t, says, func(string) {}, args...)
	}
	t.Run("second tracer", func(t *testing.T) {
		p := startServed(t, local)
		answer, err := http.Get(p.url() + "/debug/pprof/trace?seconds=20")
		if err != nil {
			t.Fatal(err)
		}
		fail(t, "is being traced by somebody else", "-s", "1", "--url", p.url())
		_ = answer.Body.Close()
	})
	t.Run("WriteTimeout", func(t *testing.T) {
		p := startServed(t, "go1.21.13", "-write-timeout", "1500ms")
		fail(t, "WriteTimeout is shorter (take fewer seconds", "-s", "3", "--url", p.url())
	})
	t.Run("killed", func(t *testing.T) {
		p := startServed(t, local, "-parked", "2000")
		failDuring(t, "broke off after", func(dir string) {
			w := &traced{p.workload, dir}
			waitUntil(t, "the first bytes of a trace", func() bool { return w.hasBytes(t) })
			_ = p.cmd.Process.Kill()
		}, "-s", "30", "--url", p.url())
	})
	t.Run("killed process", func(t *testing.T) {
		p := startServed(t, local)
		failDuring(t, "exited while it was traced", func(string) {
			waitUntil(t, "the program is traced", func() bool { return p.isTraced(t) })
			_ = p.cmd.Process.Kill()
		}, "-s", "30", "-p", p.p(), "--url", p.url())
	})
	t.Run("gone", func(t *testing.T) { fail(t, "connection refused", "--url", "http://127.0.0.1:1") })
	for name, trap := range captureTraps {
		t.Run(name, func(t *testing.T) {
			fail(t, trap.says, "-s", "1", "--url", pretend(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/trace") {
					trap.trace(w)
					return
				}
				profile(w, 1)
			}))
		})
	}
}

// profile sends one with a sample of n.
func profile(w http.ResponseWriter, n byte) {
	z := gzip.NewWriter(w)
	_, _ = z.Write([]byte{0x12, 3, 0x12, 1, n})
	_ = z.Close()
}

// pretend serves what looks like a program, and says where.
func pretend(t *testing.T, serve func(w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// batch is a header, and a batch of events that claims so many bytes and has two.
func batch(size byte) string { return header126 + "\x01\x01\x01\x01" + string(rune(size)) + "\x05\x06" }

var captureTraps = map[string]struct {
	trace func(w http.ResponseWriter)
	says  string
}{
	"page": {func(w http.ResponseWriter) { _, _ = fmt.Fprint(w, strings.Repeat("<html>", 10)) }, "no Go execution trace"},
	"cut inside a batch": {func(w http.ResponseWriter) { _, _ = fmt.Fprint(w, batch(100)) },
		"is cut off, though its answer ended well"},
	"cut between batches": {func(w http.ResponseWriter) { _, _ = fmt.Fprint(w, batch(2)) },
		"is cut off, though its answer ended well"},
	"broken off": {func(w http.ResponseWriter) {
		_, _ = fmt.Fprint(w, batch(2))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}, "broke off after"},
	"proxy": {refusing(http.StatusGatewayTimeout, "<html>"), "a proxy before"},
	"gone":  {refusing(http.StatusNotFound, ""), "has no /debug/pprof/trace"},
}

// bomb is an answer that unpacks to a thousand times as much.
func bomb() []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for i, zeros := 0, make([]byte, 1<<20); i < 64; i++ {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	return packed.Bytes()
}

func endless(w http.ResponseWriter) {
	junk := bytes.Repeat([]byte{0x1f}, 1<<16)
	for {
		if _, err := w.Write(junk); err != nil {
			return
		}
	}
}

// What answers where a program was expected is told before there is a screen.
func TestURLThatIsNoProgramIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve  func(w http.ResponseWriter, r *http.Request)
		says   string
		status int
	}{
		"page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, "<html>")
		}, "answers /debug/pprof/threadcreate with text/html, which is no profile", exitNoTarget},
		"silence": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "it takes too long", exitFailed},
		"circle": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "HTTP 302", exitFailed},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusFound)
		}, "sends us to another server", exitFailed},
		"endless": {func(w http.ResponseWriter, _ *http.Request) { endless(w) }, "more than an answer may hold", exitFailed},
		"broken":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "hung up", exitFailed},
		"trouble": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no \x1b[1m luck", 500) }, "HTTP 500: no ?[1m luck", exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			r := schedtop(t, "--json", "--url", pretend(t, c.serve))
			if r.status != c.status || len(r.stdout) > 0 || len(r.stderr) != 1 || !strings.Contains(r.stderr[0], c.says) {
				t.Errorf("%d and %q expected: schedtop %v", c.status, c.says, r)
			}
		})
	}
}

// A server that turns hostile later costs its own numbers alone: lines go on, and say what is wrong.
func TestHostileURLCostsNothingButItsNumbers(t *testing.T) {
	t.Parallel()
	packed := bomb()
	for name, c := range map[string]struct {
		serve func(w http.ResponseWriter, r *http.Request)
		says  string
	}{
		"bomb":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(packed) }, "is no profile: it is too large"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) { endless(w) }, "it sent more than an answer may hold"},
		"page":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") }, "is no profile"},
		"silence": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ""},
		"million": {func(w http.ResponseWriter, _ *http.Request) {
			z := gzip.NewWriter(w)
			_, _ = z.Write([]byte{0x12, 11, 0x12, 9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
			_ = z.Close()
		}, "not believed"},
	} {
		t.Run(name, func(t *testing.T) {
			url := pretend(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/goroutine") {
					c.serve(w, r)
					return
				}
				profile(w, 3)
			})
			p := startSchedtop(t, "--json", "-d", "300ms", "--url", url)
			p.stdout.waitFor(t, "five lines", func(text []string) bool { return len(text) >= 5 })
			if c.says != "" {
				p.stderr.waitFor(t, c.says, func(text []string) bool { return count(text, c.says) > 0 })
			}
			told := len(p.stdout.all())
			p.stdout.waitFor(t, "one line more", func(text []string) bool { return len(text) > told })
			p.signal(t, syscall.SIGTERM)
			if r := finish(t, p); r.peak > 400<<20 {
				t.Errorf("it took %d MiB", r.peak>>20)
			}
		})
	}
}

// isTraced asks for the program's goroutines, one of which waits for the end of a trace.
func (p served) isTraced(t *testing.T) bool {
	t.Helper()
	answer, err := http.Get(p.url() + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	return bytes.Contains(text, []byte("net/http/pprof.Trace"))
}

// Ctrl-C ends the trace at the program, too.
func TestURLCaptureIsCancelledAtTheProgram(t *testing.T) {
	t.Parallel()
	p, dir := startServed(t, local), t.TempDir()
	c := start(t, exec.Command(binary, "capture", "-s", "20", "--url", p.url(), "--trace-dir", dir))
	// Whoever asked for a trace of his own to find out could be the one that is in the way.
	waitUntil(t, "the program is traced", func() bool { return p.isTraced(t) })
	_ = c.cmd.Process.Signal(os.Interrupt)
	c.wait(t, patience)
	mustBeEmpty(t, dir)
	for begun := time.Now(); p.isTraced(t); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second { // of twenty
			t.Fatal("the program is still traced")
		}
	}
	again := schedtop(t, "capture", "-s", "1", "--url", p.url(), "-o", filepath.Join(dir, "next.trace"))
	again.expect(t, exitOK)
}
