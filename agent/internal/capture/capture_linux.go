// Package capture takes execution traces for clients: one at a time in a process, not too often, and
// never longer than the client keeps reading.
package capture

import (
	"fmt"
	"runtime/trace"
	"time"

	"schedtop/agent/internal/stream"
	"schedtop/agent/internal/wire"
)

// The limits of a capture.
const (
	MinSeconds   = 1
	MaxSeconds   = 30
	DefaultBytes = 256 << 20

	stall = time.Second     // while the runtime makes events
	drain = 5 * time.Second // for the rest, after it has been stopped
)

// traces is the process's one trace. Tracing is global in the runtime, so this is too.
var traces = slot{what: "a trace"}

// Client is the connection for which a trace is taken.
type Client interface {
	// PID of the peer, 0 when it can't be named here.
	PID() int
	// Send sends bytes or fails within the limit.
	Send(b []byte, limit time.Duration) error
	// Wait reads from the client until the deadline or Wake; it fails when the client goes away.
	Wait() error
	// SetDeadline says until when Wait waits; zero ends that.
	SetDeadline(t time.Time) error
}

// Run takes a trace. A wire.Error is an answer that is still to be given, any other error means that the
// connection is of no use any more.
func Run(c Client, seconds int, auto bool, limit int64) error {
	if err := traces.acquire(c.PID(), auto, time.Now()); err != nil {
		return err
	}
	var ended time.Time
	defer func() { traces.release(ended) }()

	// Moving the deadline to the past ends Wait, whoever is first.
	wake := func() { _ = c.SetDeadline(time.Unix(1, 0)) }
	// The trace is stopped a little before the cap, so that in most cases its last generation fits.
	limits := stream.Limits{Bytes: limit, Soft: limit - limit/8, Stall: stall}
	out := stream.New("application/octet-stream", limits, c.Send, wake)
	if err := c.SetDeadline(time.Now().Add(time.Duration(seconds) * time.Second)); err != nil {
		return err
	}
	if err := trace.Start(out); err != nil {
		if err := c.SetDeadline(time.Time{}); err != nil {
			return err
		}
		return &wire.Error{Status: 409,
			Sentence: fmt.Sprintf("a trace is being taken by the program itself already (%v)", err)}
	}
	out.Start()
	gone := c.Wait()
	out.Drain(drain)
	trace.Stop() // all Writes have returned when it returns
	ended = time.Now()
	err := out.Close()
	if err == nil {
		err = gone
	}
	if err == nil {
		err = c.SetDeadline(time.Time{})
	}
	return err
}

// Params reads the query of GET /v1/trace.
func Params(req *wire.Request) (seconds int, auto bool, bad *wire.Error) {
	seconds, auto, bad = query(req, true)
	if bad == nil && (seconds < MinSeconds || seconds > MaxSeconds) {
		bad = &wire.Error{Status: 400,
			Sentence: fmt.Sprintf("seconds must be a whole number from %d to %d", MinSeconds, MaxSeconds)}
	}
	return seconds, auto, bad
}

// query reads who asks, by itself or for a person, and how many seconds of what is to come.
func query(req *wire.Request, future bool) (seconds int, auto bool, bad *wire.Error) {
	ok := true
	bad = req.Params(func(name, value []byte) bool {
		switch {
		case string(name) == "seconds" && future:
			seconds = wire.SmallInt(value)
		case string(name) == "auto":
			auto = string(value) == "1"
			ok = auto || string(value) == "0"
		default:
			return false
		}
		return true
	})
	if bad == nil && !ok {
		bad = &wire.Error{Status: 400, Sentence: "auto must be 0 or 1"}
	}
	return seconds, auto, bad
}
