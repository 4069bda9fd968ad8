package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A liar stands where the target's agent would be. Each behaviour gets a raw connection, after the
// request, or an HTTP handler.
type liar struct {
	name string
	raw  func(c net.Conn)
	http func(w http.ResponseWriter, r *http.Request, pid int)
}

// info is what a real agent would say, with another schema number at will.
func info(pid, schema int) string {
	return fmt.Sprintf(`{"schema":%d,"pid":%d,"pid_namespace":0,"go_version":"go1.26.8",`+
		`"program":"workload","module":"m","start_ticks":0,"agent":"0.1.0","sched":true}`, schema, pid)
}

const gibibyte = 1 << 30

var liars = []liar{
	{name: "of an unknown schema version", http: func(w http.ResponseWriter, _ *http.Request, pid int) {
		_, _ = fmt.Fprint(w, info(pid, 99))
	}},
	{name: "that says nothing", raw: func(net.Conn) {
		time.Sleep(2 * patience)
	}},
	{name: "that speaks no HTTP", raw: func(c net.Conn) {
		_, _ = c.Write([]byte("\x00\xff\x1b]0;owned\a not HTTP at all\r\n\r\n"))
	}},
	{name: "that closes at once", raw: func(net.Conn) {}},
	{name: "whose body is no JSON", http: func(w http.ResponseWriter, _ *http.Request, _ int) {
		_, _ = fmt.Fprint(w, "\x1b[31m<html>")
	}},
	{name: "whose body is no object", http: func(w http.ResponseWriter, _ *http.Request, _ int) {
		_, _ = fmt.Fprint(w, `[1,2,3]`)
	}},
	{name: "of another process", http: func(w http.ResponseWriter, _ *http.Request, pid int) {
		_, _ = fmt.Fprint(w, info(pid+1, 1))
	}},
	{name: "that fails", http: func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprint(w, `{"schema":1,"error":"out of \u001b[31mluck\u001b]0;x\u0007"}`)
	}},
	{name: "that sends 1 GiB of JSON", http: func(w http.ResponseWriter, _ *http.Request, pid int) {
		_, _ = fmt.Fprintf(w, `{"schema":1,"pid":%d,"padding":"`, pid)
		flood(w, 'x')
		_, _ = fmt.Fprint(w, `"}`)
	}},
	{name: "that sends 1 GiB of brackets", http: func(w http.ResponseWriter, _ *http.Request, _ int) {
		flood(w, '[')
	}},
	{name: "that sends headers without end", raw: func(c net.Conn) {
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nX-Padding: "))
		flood(c, 'x')
	}},
	{name: "that sends one byte a second", raw: func(c net.Conn) {
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"))
		for i := 0; i < 60; i++ {
			if _, err := c.Write([]byte(" ")); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}},
	{name: "that closes in the middle of the body", raw: func(c net.Conn) {
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"schema\":1,"))
	}},
	{name: "that announces more than there can be", raw: func(c net.Conn) {
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{"))
		time.Sleep(2 * patience)
	}},
	{name: "that begins well and then floods", http: func(w http.ResponseWriter, r *http.Request, pid int) {
		if r.URL.Path == "/v1/info" {
			_, _ = fmt.Fprint(w, info(pid, 1))
			return
		}
		_, _ = fmt.Fprint(w, `{"schema":1,"monotonic_ns":1,"padding":"`)
		flood(w, 'x')
	}},
	{name: "that begins well and then talks nonsense", http: func(w http.ResponseWriter, r *http.Request, pid int) {
		if r.URL.Path == "/v1/info" {
			_, _ = fmt.Fprint(w, info(pid, 1))
			return
		}
		_, _ = fmt.Fprint(w, `{"schema":1,"monotonic_ns":"never","wall_ns":{},"sched":[],"p":{"a":1},"m":7,`+
			`"values":3,"histograms":{"/sched/latencies:seconds":{"bounds":[],"counts":[[-1,5],[1e99,1],"x"]}}}`)
	}},
}

func flood(w interface{ Write([]byte) (int, error) }, with byte) {
	chunk := bytes.Repeat([]byte{with}, 1<<16)
	for sent := 0; sent < gibibyte; sent += len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// serve puts the liar at the place where schedtop looks for the target's agent.
func (l liar) serve(t *testing.T, w *workload) {
	t.Helper()
	listener, err := net.Listen("unix", w.socket(t))
	if err != nil {
		t.Fatal(err)
	}
	if l.http != nil {
		server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			l.http(rw, r, w.pid())
		})}
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
		return
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				// What was asked does not matter; unread bytes would turn the close into a reset.
				_, _ = c.Read(make([]byte, 4096))
				l.raw(c)
			}()
		}
	}()
}

// A hostile or broken agent costs one sentence, and neither much memory nor much time.
const peakBytes = 200 << 20

func TestAgentIsNotTrusted(t *testing.T) {
	t.Parallel()
	for _, l := range liars {
		t.Run(strings.ReplaceAll(l.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			w := launch{args: []string{"-mode", "quiet"}}.run(t)
			l.serve(t, w)
			t.Run("agent", func(t *testing.T) {
				r := schedtop(t, "-p", w.p(), "--batch", "-n", "2", "-d", "300ms", "--source", "agent")
				r.expect(t, exitFailed)
				l.judge(t, r)
			})
			t.Run("auto", func(t *testing.T) {
				r := schedtop(t, "-p", w.p(), "--batch", "-n", "2", "-d", "300ms")
				r.expect(t, exitOK)
				l.judge(t, r)
				if n := len(parseTraces(r.stdout)); n != 2 {
					t.Errorf("the other source gives 2 snapshots, not %d: schedtop %v", n, r)
				}
			})
		})
	}
}

func (l liar) judge(t *testing.T, r result) {
	t.Helper()
	if said := r.oneSentence(t); !strings.Contains(said, "agent") {
		t.Errorf("the sentence doesn't speak of the agent: %q", said)
	}
	if r.peak > peakBytes {
		t.Errorf("schedtop grew to %d MiB", r.peak>>20)
	}
}
