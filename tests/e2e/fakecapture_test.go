package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Agents that are asked for a trace and give something else. Each is one sentence, in time, and no file.

const header126 = "go 1.26 trace\x00\x00\x00"

// fakeTrace answers /v1/info well, and /v1/trace as it is told.
func fakeTrace(name string, trace func(w http.ResponseWriter)) liar {
	return liar{name: name, http: func(w http.ResponseWriter, r *http.Request, pid int) {
		if r.URL.Path == "/v1/info" {
			_, _ = fmt.Fprint(w, info(pid, 1))
			return
		}
		trace(w)
	}}
}

// ending sends a body and then says how it ended.
func ending(body, end string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Trailer", "Schedtop-End")
		_, _ = fmt.Fprint(w, body)
		w.(http.Flusher).Flush()
		w.Header().Set("Schedtop-End", end)
	}
}

func refusing(code int, words string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, words)
	}
}

var captureLiars = []struct {
	liar
	says   string
	status int
}{
	{fakeTrace("that sends no trace", ending(strings.Repeat("<html>", 10), "complete")), "no Go execution trace", exitFailed},
	{fakeTrace("that sends nothing", ending("", "complete")), "empty trace", exitFailed},
	{fakeTrace("that sends half a header", ending("go 1.26", "complete")), "empty trace", exitFailed},
	{fakeTrace("that does not say how it ended", ending(header126+"\x01", "")), "does not say that the trace is whole", exitFailed},
	{fakeTrace("that cuts at its limit", ending(header126+"\x01", "truncated")), "take fewer seconds", exitFailed},
	{fakeTrace("that promises the end in the head", func(w http.ResponseWriter) {
		w.Header().Set("Schedtop-End", "complete")
		_, _ = fmt.Fprint(w, header126+"\x01")
	}), "does not say that the trace is whole", exitFailed},
	{fakeTrace("that breaks off", func(w http.ResponseWriter) {
		_, _ = fmt.Fprint(w, header126+strings.Repeat("x", 5000))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}), "broke off", exitFailed},
	{fakeTrace("that never begins", func(http.ResponseWriter) { time.Sleep(patience) }), "takes too long", exitFailed},
	{fakeTrace("that never ends", func(w http.ResponseWriter) {
		_, _ = fmt.Fprint(w, header126)
		for i := 0; i < 300; i++ {
			if _, err := fmt.Fprint(w, "x"); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	}), "did not end the trace in time", exitFailed},
	{fakeTrace("that refuses", refusing(403, `{"schema":1,"error":"not here, \u001b[31msorry"}`)), "sorry", exitPermission},
	{fakeTrace("that refuses without words", refusing(500, "\x1b[31m<html>")), "HTTP 500", exitFailed},
	{fakeTrace("whose refusal is endless", refusing(409, strings.Repeat("x", 1<<20))), "HTTP 409", exitFailed},
	{liar{name: "of another process", http: func(w http.ResponseWriter, _ *http.Request, pid int) {
		_, _ = fmt.Fprint(w, info(pid+1, 1))
	}}, "another process", exitFailed},
	{liar{name: "whose info is no JSON", http: func(w http.ResponseWriter, _ *http.Request, _ int) {
		_, _ = fmt.Fprint(w, "\x1b[31m<html>")
	}}, "agent", exitFailed},
}

func TestAgentIsNotTrustedWithATrace(t *testing.T) {
	t.Parallel()
	for _, l := range captureLiars {
		l := l
		t.Run(strings.ReplaceAll(l.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			w := launch{args: []string{"-mode", "quiet"}}.run(t)
			l.serve(t, w)
			dir := t.TempDir()
			r := schedtop(t, "capture", "-p", w.p(), "-s", "1s", "--trace-dir", dir)
			r.expect(t, l.status)
			mustContain(t, r.oneSentence(t), l.says)
			mustBeEmpty(t, dir)
			if r.peak > peakBytes {
				t.Errorf("schedtop grew to %d MiB", r.peak>>20)
			}
		})
	}
}

// A trace that the agent ended early, near its limit, is whole.
func TestShortenedTraceIsKeptAndSaysSo(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	fakeTrace("that shortens", ending(header126+"\x01", "shortened")).serve(t, w)
	dir := t.TempDir()
	r := schedtop(t, "capture", "-p", w.p(), "-s", "1s", "--trace-dir", dir)
	r.expect(t, exitOK)
	mustContain(t, strings.Join(r.stderr, "\n"), "shorter than asked")
	if left := names(t, dir); len(left) != 1 {
		t.Errorf("one trace expected: %v", left)
	}
}
