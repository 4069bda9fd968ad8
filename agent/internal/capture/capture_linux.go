// Package capture takes execution traces for clients: one at a time in a process, not too often, and
// never longer than the client keeps reading.
package capture

import (
	"fmt"
	"math"
	"runtime/trace"
	"sync"
	"time"

	"schedtop/agent/internal/stream"
	"schedtop/agent/internal/wire"
)

// The limits of a capture.
const (
	MinSeconds   = 1
	MaxSeconds   = 30
	DefaultBytes = 256 << 20

	stall        = time.Second     // while the runtime makes events
	drain        = 5 * time.Second // for the rest, after it has been stopped
	cooldown     = 2 * time.Second
	autoCooldown = 60 * time.Second
)

// slot is the process's one trace. Tracing is global in the runtime, so this is too.
var slot struct {
	sync.Mutex
	busy  bool
	pid   int // who has it, when busy
	ended time.Time
}

// acquire takes the slot or says why not.
func acquire(pid int, auto bool, now time.Time) *wire.Error {
	slot.Lock()
	defer slot.Unlock()
	if slot.busy {
		holder := "a process outside of this PID namespace"
		if slot.pid != 0 {
			holder = fmt.Sprintf("PID %d", slot.pid)
		}
		return &wire.Error{Status: 409, Sentence: "a trace is being taken by " + holder + " already"}
	}
	pause := cooldown
	if auto {
		pause = autoCooldown
	}
	if wait := pause - now.Sub(slot.ended); !slot.ended.IsZero() && wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		return &wire.Error{Status: 429, RetryAfter: seconds,
			Sentence: fmt.Sprintf("the last trace ended less than %v ago: try again in %d s", pause, seconds)}
	}
	slot.busy, slot.pid = true, pid
	return nil
}

// release gives the slot back; the time when a trace ended starts the cooldown.
func release(ended time.Time) {
	slot.Lock()
	defer slot.Unlock()
	slot.busy = false
	if !ended.IsZero() {
		slot.ended = ended
	}
}

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
	if err := acquire(c.PID(), auto, time.Now()); err != nil {
		return err
	}
	var ended time.Time
	defer func() { release(ended) }()

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
func Params(req *wire.Request) (seconds int, auto bool, err *wire.Error) {
	ok := true
	err = req.Params(func(name, value []byte) bool {
		switch string(name) {
		case "seconds":
			seconds = wire.SmallInt(value)
		case "auto":
			auto = string(value) == "1"
			ok = auto || string(value) == "0"
		default:
			return false
		}
		return true
	})
	switch {
	case err != nil:
	case seconds < MinSeconds || seconds > MaxSeconds:
		err = &wire.Error{Status: 400,
			Sentence: fmt.Sprintf("seconds must be a whole number from %d to %d", MinSeconds, MaxSeconds)}
	case !ok:
		err = &wire.Error{Status: 400, Sentence: "auto must be 0 or 1"}
	}
	return seconds, auto, err
}
