package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Traces are global in a process, and so are the pauses between them. No test runs beside another.

// makeEvents keeps the runtime tracing: goroutines hand over to each other as fast as they can. After every
// thousand times they rest for a while, if asked to: without that, a client in this very process may have to
// wait for a turn until it counts as one that doesn't read. end ends them, at the latest with the test.
func makeEvents(t *testing.T, rest time.Duration) (end func()) {
	stop := make(chan bool)
	end = sync.OnceFunc(func() { close(stop) })
	t.Cleanup(end)
	for i := 0; i < 2; i++ {
		ping, pong := make(chan bool), make(chan bool)
		go func() {
			for n := 1; ; n++ {
				if n%1000 == 0 {
					time.Sleep(rest)
				}
				select {
				case ping <- true:
				case <-stop:
					return
				}
				select {
				case <-pong:
				case <-stop:
					return
				}
			}
		}()
		go func() {
			for {
				select {
				case <-ping:
				case <-stop:
					return
				}
				select {
				case pong <- true:
				case <-stop:
					return
				}
			}
		}()
	}
	return end
}

// trace asks for a trace, waiting for the last one and the pause after it to be over: runtime/trace
// says that it has stopped a moment before whoever stopped it goes on.
func (c *client) trace(query string) *http.Response {
	c.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; {
		c.send("GET /v1/trace?%s HTTP/1.1\r\n\r\n", query)
		answer := c.response()
		switch answer.StatusCode {
		case 200:
			return answer
		case 429:
			seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
			if err != nil || seconds < 1 || seconds > 2 {
				c.t.Fatalf("Retry-After: %q", answer.Header.Get("Retry-After"))
			}
			c.json(answer, 429)
			time.Sleep(time.Duration(seconds) * time.Second)
		case 409:
			if refusal := c.json(answer, 409); time.Now().After(deadline) {
				c.t.Fatalf("%v", refusal)
			}
			time.Sleep(10 * time.Millisecond)
		default:
			c.t.Fatalf("%v", c.json(answer, 200))
		}
	}
}

// whole reads a trace to its end and has Go's own tool read it.
func (c *client) whole(answer *http.Response, end string) []byte {
	c.t.Helper()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if got := answer.Trailer.Get("Schedtop-End"); got != end {
		c.t.Errorf("the trace of %d bytes is %s, not %s", len(b), got, end)
	}
	if !bytes.HasPrefix(b, []byte("go 1.")) || len(b) < 100 {
		c.t.Errorf("%q is no trace", b)
	}
	return b
}

// parse has Go's own tool read a trace: it fails when the trace is damaged.
func parse(t *testing.T, b []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "tool", "trace", "-pprof=sched", file).CombinedOutput(); err != nil {
		t.Errorf("go tool trace: %v: %.300s", err, out)
	}
}

func Test_traces_are_whole(t *testing.T) {
	makeEvents(t, 10*time.Millisecond)
	c := dial(t, start(t, Options{}))
	before := time.Now()
	b := c.whole(c.trace("seconds=1"), "complete")
	if d := time.Since(before); d < time.Second {
		t.Errorf("one second lasts %v", d)
	}
	parse(t, b)
	c.get("/v1/info") // on the same connection
}

func Test_traces_are_not_taken_too_often(t *testing.T) {
	c := dial(t, start(t, Options{}))
	c.whole(c.trace("seconds=1"), "complete")
	for query, limit := range map[string]int{"seconds=1": 2, "seconds=1&auto=0": 2, "seconds=1&auto=1": 60} {
		c.send("GET /v1/trace?%s HTTP/1.1\r\n\r\n", query)
		answer := c.response()
		seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if err != nil || seconds > limit || seconds < limit-10 || seconds < 1 {
			t.Errorf("%s: Retry-After is %q of %d s", query, answer.Header.Get("Retry-After"), limit)
		}
		c.json(answer, 429)
	}
}

func Test_one_trace_at_a_time(t *testing.T) {
	a := start(t, Options{})
	first, second := dial(t, a), dial(t, a)
	answer := first.trace("seconds=2")
	second.fails("GET", "/v1/trace?seconds=1", 409, fmt.Sprintf("by PID %d already", os.Getpid()))
	second.get("/v1/sched") // everything else goes on
	first.whole(answer, "complete")
}

func Test_the_programs_own_trace_is_left_alone(t *testing.T) {
	c := dial(t, start(t, Options{}))
	c.whole(c.trace("seconds=1"), "complete")
	time.Sleep(2 * time.Second) // the pause
	var own bytes.Buffer
	if err := trace.Start(&own); err != nil {
		t.Fatal(err)
	}
	c.fails("GET", "/v1/trace?seconds=1", 409, "by the program itself already")
	if !trace.IsEnabled() {
		t.Error("the program's trace was ended")
	}
	trace.Stop()
	parse(t, own.Bytes())
	c.whole(c.trace("seconds=1"), "complete") // a refusal starts no pause, and leaves nothing behind
}

func Test_a_trace_ends_when_its_client_leaves(t *testing.T) {
	makeEvents(t, 10*time.Millisecond)
	a := start(t, Options{})
	c := dial(t, a)
	answer := c.trace("seconds=30")
	if _, err := io.ReadFull(answer.Body, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	tracingEnds(t, 25*time.Second) // of thirty
	next := dial(t, a)
	parse(t, next.whole(next.trace("seconds=1"), "complete"))
}

func tracingEnds(t *testing.T, limit time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(limit); trace.IsEnabled(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("tracing goes on %v later", limit)
		}
	}
}

// Without a deadline on every write this needs hundreds of megabytes in three seconds, and no trace can be
// taken ever after.
func Test_a_client_that_stops_reading_harms_nobody(t *testing.T) {
	end := makeEvents(t, 0)
	a := start(t, Options{})
	c := dial(t, a)
	before := rss(t)
	answer := c.trace("seconds=30")
	tracingEnds(t, 20*time.Second)
	if grown := rss(t) - before; grown > 256<<20 {
		t.Errorf("the process has grown by %d MiB", grown>>20)
	}
	if _, err := io.Copy(io.Discard, answer.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the answer that broke off looks whole: %v", err)
	}
	end() // nobody has to keep up with them now
	next := dial(t, a)
	parse(t, next.whole(next.trace("seconds=1"), "complete"))
}

func rss(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	return number(t, strings.Fields(string(text))[1]) * int64(os.Getpagesize())
}

func Test_traces_end_at_the_cap(t *testing.T) {
	makeEvents(t, 10*time.Millisecond)
	const limit = 4 << 20
	c := dial(t, start(t, Options{MaxTraceBytes: limit}))
	answer := c.trace("seconds=30")
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	end := answer.Trailer.Get("Schedtop-End")
	if len(b) > limit || len(b) < limit/2 || end != "shortened" && end != "truncated" {
		t.Errorf("%d bytes of at most %d, %s", len(b), limit, end)
	}
	if end == "shortened" {
		parse(t, b)
	}
	tracingEnds(t, 20*time.Second)
	c.get("/v1/info")
}

func Test_requests_sent_during_a_trace_are_served_after_it(t *testing.T) {
	c := dial(t, start(t, Options{}))
	answer := c.trace("seconds=1")
	c.send("GET /v1/info HTTP/1.1\r\n\r\nGET /v1/sched HTTP/1.1\r\n\r\n")
	c.whole(answer, "complete")
	if o := c.json(c.response(), 200); fmt.Sprint(o["pid"]) != strconv.Itoa(os.Getpid()) {
		t.Error(o)
	}
	c.json(c.response(), 200)
}

func Test_close_ends_a_trace(t *testing.T) {
	a, err := Listen(Options{Dir: filepath.Join(t.TempDir(), "s")})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, a)
	c.trace("seconds=30")
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if trace.IsEnabled() {
		t.Error("tracing goes on")
	}
	runtime.KeepAlive(c)
}
