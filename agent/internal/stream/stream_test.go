package stream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// client is the receiving end: a buffer that may be slow or broken.
type client struct {
	bytes.Buffer
	delay  time.Duration
	err    error
	calls  int
	enough int
}

func (c *client) send(b []byte, limit time.Duration) error {
	c.calls++
	if c.delay > limit {
		time.Sleep(limit)
		return errors.New("deadline")
	}
	time.Sleep(c.delay)
	c.Write(b)
	return c.err
}

func (c *client) stream(limits Limits) *Stream {
	return New("text/plain", limits, c.send, func() { c.enough++ })
}

// received reads the answer as an HTTP client does.
func (c *client) received(t *testing.T) (body string, end string) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(&c.Buffer), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), answer.Trailer.Get("Schedtop-End")
}

func write(t *testing.T, s *Stream, text string) {
	t.Helper()
	if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("Write returned %d, %v", n, err)
	}
}

func Test_what_is_written_arrives(t *testing.T) {
	var c client
	s := c.stream(Limits{Bytes: 1000, Stall: time.Second})
	s.Start()
	write(t, s, "hello ")
	write(t, s, "")
	write(t, s, "world")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if body, end := c.received(t); body != "hello world" || end != "complete" || c.enough != 0 {
		t.Errorf("%q, %q, asked to end %d times", body, end, c.enough)
	}
}

func Test_an_empty_answer_is_an_answer(t *testing.T) {
	var c client
	if err := c.stream(Limits{Bytes: 1000, Stall: time.Second}).Close(); err != nil {
		t.Fatal(err)
	}
	if body, end := c.received(t); body != "" || end != "complete" {
		t.Errorf("%q, %q", body, end)
	}
}

func Test_nothing_beyond_the_cap_is_sent(t *testing.T) {
	var c client
	s := c.stream(Limits{Bytes: 10, Stall: time.Second})
	for i := 0; i < 5; i++ {
		write(t, s, "1234")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if body, end := c.received(t); body != "12341234" || end != "truncated" || c.enough != 1 {
		t.Errorf("%q, %q, asked to end %d times", body, end, c.enough)
	}
}

func Test_a_source_that_ends_when_asked_is_sent_whole(t *testing.T) {
	var c client
	s := c.stream(Limits{Bytes: 20, Soft: 8, Stall: time.Second})
	for i := 0; i < 10 && c.enough == 0; i++ {
		write(t, s, "1234")
	}
	write(t, s, "tail")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if body, end := c.received(t); body != "12341234tail" || end != "shortened" || c.enough != 1 {
		t.Errorf("%q, %q, asked to end %d times", body, end, c.enough)
	}
}

func Test_after_an_error_everything_is_thrown_away(t *testing.T) {
	c := client{err: io.ErrClosedPipe}
	s := c.stream(Limits{Bytes: 1 << 20, Stall: time.Second})
	for i := 0; i < 5; i++ {
		write(t, s, "1234")
	}
	if err := s.Close(); err != io.ErrClosedPipe || c.calls != 1 || c.enough != 1 {
		t.Errorf("%v, sent %d times, asked to end %d times", err, c.calls, c.enough)
	}
}

func Test_a_client_that_stops_reading_costs_one_stall(t *testing.T) {
	c := client{delay: time.Hour}
	s := c.stream(Limits{Bytes: 1 << 20, Stall: 50 * time.Millisecond})
	for i := 0; i < 1000; i++ {
		write(t, s, "1234")
	}
	if err := s.Close(); err == nil || c.calls != 1 || c.enough != 1 {
		t.Errorf("%v, sent %d times, asked to end %d times", err, c.calls, c.enough)
	}
}

// Each single write of such a client is within the limit; together they hold the source up for ever.
func Test_a_client_that_is_always_a_little_too_slow_is_cut_off(t *testing.T) {
	c := client{delay: 5 * time.Millisecond}
	s := c.stream(Limits{Bytes: 1 << 20, Stall: 50 * time.Millisecond})
	for i := 0; i < 1000 && c.enough == 0; i++ {
		write(t, s, strings.Repeat("x", 100))
	}
	if err := s.Close(); err == nil || c.enough != 1 {
		t.Errorf("%v, asked to end %d times after %d writes", err, c.enough, c.calls)
	}
}

func Test_writes_after_Close_go_nowhere(t *testing.T) {
	var c client
	s := c.stream(Limits{Bytes: 1000, Stall: time.Second})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	n := c.Len()
	write(t, s, "late")
	s.Start()
	if c.Len() != n {
		t.Error("something was sent after the end")
	}
}

func Test_a_source_that_has_ended_may_be_drained_slowly(t *testing.T) {
	c := client{delay: 10 * time.Millisecond}
	s := c.stream(Limits{Bytes: 1 << 20, Stall: 30 * time.Millisecond})
	s.Drain(time.Minute)
	for i := 0; i < 20; i++ {
		write(t, s, "1234")
	}
	if err := s.Close(); err != nil || c.enough != 0 {
		t.Errorf("%v, asked to end %d times", err, c.enough)
	}
}
