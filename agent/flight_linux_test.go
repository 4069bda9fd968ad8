//go:build go1.25

package agent

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// flight asks for what the recorder holds, waiting for the pause after the last time to be over.
func (c *client) flight() *http.Response {
	c.t.Helper()
	for {
		c.send("GET /v1/flight HTTP/1.1\r\n\r\n")
		answer := c.response()
		switch answer.StatusCode {
		case 200:
			return answer
		case 429:
			c.json(answer, 429)
			time.Sleep(100 * time.Millisecond)
		default:
			c.t.Fatalf("%v", c.json(answer, 200))
		}
	}
}

// flightFails expects a refusal, which is not that of the pause.
func (c *client) flightFails(status int, words string) {
	c.t.Helper()
	for {
		c.send("GET /v1/flight HTTP/1.1\r\n\r\n")
		answer := c.response()
		o := c.json(answer, answer.StatusCode)
		if answer.StatusCode == 429 {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		if answer.StatusCode != status || !strings.Contains(fmt.Sprint(o["error"]), words) {
			c.t.Errorf("%d: %v, not %d: %q", answer.StatusCode, o, status, words)
		}
		return
	}
}

func (c *client) flightInfo() map[string]any {
	c.t.Helper()
	return c.get("/v1/info")["flight"].(map[string]any)
}

func Test_the_flight_recorder_tells_what_has_been(t *testing.T) {
	makeEvents(t, 100*time.Millisecond)
	a := start(t, Options{FlightRecorder: &FlightRecorder{MinAge: 3 * time.Second}})
	c := dial(t, a)
	info := c.flightInfo()
	if info["on"] != true || fmt.Sprint(info["min_age_ns"]) != "3000000000" || fmt.Sprint(info["max_bytes"]) != "16777216" {
		t.Error(info)
	}
	time.Sleep(1500 * time.Millisecond)
	b := c.whole(c.flight(), "complete")
	c.fails("GET", "/v1/flight", 429, "try again in")
	if o := c.ask("GET", "/v1/flight?auto=1", 429); !regexp.MustCompile(`in (60|5\d) s`).MatchString(fmt.Sprint(o["error"])) {
		t.Errorf("%v, not in a minute", o["error"])
	}
	parse(t, b)
	c.fails("GET", "/v1/flight?seconds=3", 400, "does not know")
	parse(t, c.whole(c.flight(), "complete")) // on the same connection, and the recorder goes on
}

func Test_a_trace_and_the_flight_recorder_go_together(t *testing.T) {
	makeEvents(t, 100*time.Millisecond)
	a := start(t, Options{FlightRecorder: &FlightRecorder{}})
	first, second := dial(t, a), dial(t, a)
	answer := first.trace("seconds=3")
	came := make(chan []byte)
	go func() { // at once, lest it be taken for a client that doesn't read
		b, _ := io.ReadAll(answer.Body)
		came <- b
	}()
	during := second.whole(second.flight(), "complete")
	b := <-came
	if end := answer.Trailer.Get("Schedtop-End"); end != "complete" {
		t.Errorf("the trace is %q", end)
	}
	parse(t, b)
	parse(t, during)
	second.whole(second.flight(), "complete") // the trace's end did not end it
}

func Test_refused_traces_are_refused_of_the_past_too(t *testing.T) {
	a := start(t, Options{RefuseTrace: true, FlightRecorder: &FlightRecorder{}})
	dial(t, a).fails("GET", "/v1/flight", 403, "RefuseTrace")
}

func Test_without_a_flight_recorder_the_answer_says_how_to_have_one(t *testing.T) {
	c := dial(t, start(t, Options{}))
	c.flightFails(409, "SCHEDTOP_FLIGHT")
	if info := c.flightInfo(); info["on"] != false {
		t.Error(info)
	}
}

func Test_the_programs_own_flight_recorder_is_left_alone(t *testing.T) {
	own := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	a, err := Listen(Options{Dir: filepath.Join(t.TempDir(), "s"), FlightRecorder: &FlightRecorder{}})
	if a == nil || err == nil || !strings.Contains(err.Error(), "of its own") {
		t.Fatalf("%v, %v", a, err)
	}
	defer a.Close()
	c := dial(t, a)
	c.flightFails(409, "of its own")
	if info := c.flightInfo(); info["on"] != false || !strings.Contains(fmt.Sprint(info["error"]), "of its own") {
		t.Error(info)
	}
	if _, err := own.WriteTo(io.Discard); err != nil {
		t.Error(err)
	}
	own.Stop()
	c.flightFails(409, "begun just now")
	if info := c.flightInfo(); info["on"] != true {
		t.Error(info)
	}
	c.whole(c.flight(), "complete")
}

// blocked is a writer of the program's own that takes nothing while it is not open.
type blocked struct {
	once    sync.Once
	entered chan bool // closed by the first Write
	open    chan bool
}

func (b *blocked) Write(p []byte) (int, error) {
	b.once.Do(func() { close(b.entered) })
	<-b.open
	return len(p), nil
}

func Test_a_writer_of_the_program_that_hangs_is_named(t *testing.T) {
	a := start(t, Options{FlightRecorder: &FlightRecorder{}})
	writer := &blocked{entered: make(chan bool), open: make(chan bool)}
	c := dial(t, a)
	started := make(chan error)
	go func() { started <- trace.Start(writer) }() // which waits for the writer, as a recorder runs
	<-writer.entered
	c.flightFails(503, "waits for its writer")
	c.get("/v1/sched") // everything else goes on
	c.fails("GET", "/v1/flight", 409, "by PID "+strconv.Itoa(os.Getpid()))
	close(writer.open)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	trace.Stop()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c.send("GET /v1/flight HTTP/1.1\r\n\r\n")
		answer := c.response()
		if answer.StatusCode == 200 {
			parse(t, c.whole(answer, "complete"))
			return
		}
		if c.json(answer, answer.StatusCode); time.Now().After(end) {
			t.Fatal(answer.Status)
		}
	}
}

func Test_a_client_that_does_not_take_the_past_holds_up_nobody(t *testing.T) {
	end := makeEvents(t, 0)
	a := start(t, Options{FlightRecorder: &FlightRecorder{}})
	time.Sleep(2 * time.Second)
	slow, quick := dial(t, a), dial(t, a)
	answer := slow.flight()
	if _, err := io.ReadFull(answer.Body, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	end()
	quick.whole(quick.trace("seconds=1"), "complete") // through the same reader of the runtime
	_, err := io.Copy(io.Discard, answer.Body)
	if whole := answer.Trailer.Get("Schedtop-End") == "complete"; whole != (err == nil) {
		t.Errorf("whole: %v, but %v", whole, err)
	}
}

func Test_close_ends_the_flight_recorder(t *testing.T) {
	a, err := Listen(Options{Dir: filepath.Join(t.TempDir(), "s"), FlightRecorder: &FlightRecorder{}})
	if err != nil {
		t.Fatal(err)
	}
	if !trace.IsEnabled() {
		t.Error("nothing is recorded")
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if trace.IsEnabled() {
		t.Error("tracing goes on")
	}
}
