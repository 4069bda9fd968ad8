package capture

import (
	"errors"
	"fmt"
	"io"
	"time"

	"schedtop/agent/internal/stream"
	"schedtop/agent/internal/wire"
)

const (
	flushTime = 3 * time.Second // for the runtime to flush what it has
	// The recorder's bytes are out of the runtime's hands, so a slow client holds up nobody but itself.
	flightStall = 5 * time.Second
)

// flights is the dump that is under way. It goes beside a trace: the runtime has both read at once.
var flights = slot{what: "what the flight recorder holds"}

// Recorder is a flight recorder.
type Recorder interface {
	// Ready says why there is nothing to write.
	Ready() error
	// Dump writes what has been; it may wait for ever for the runtime.
	Dump(w io.Writer) error
}

// Flight sends what a flight recorder holds. Errors are as those of Run.
func Flight(c Client, r Recorder, auto bool, limit int64) error {
	if bad := flights.acquire(c.PID(), auto, time.Now()); bad != nil {
		return bad
	}
	if err := r.Ready(); err != nil {
		flights.release(time.Time{})
		return &wire.Error{Status: 409, Sentence: err.Error()}
	}
	limits := stream.Limits{Bytes: limit, Stall: flightStall}
	out := stream.New("application/octet-stream", limits, c.Send, func() {})
	written := make(chan error, 1)
	go func() {
		err := dump(r, out)
		flights.release(time.Now())
		written <- err
	}()
	timer := time.NewTimer(flushTime)
	defer timer.Stop()
	var err error
	select {
	case err = <-written:
	case <-timer.C:
		if out.Abandon() {
			return &wire.Error{Status: 503, Sentence: "the runtime can't flush what the flight recorder holds: " +
				"another trace of the program waits for its writer"}
		}
		err = <-written
	}
	if err != nil {
		if out.Abandon() {
			return &wire.Error{Status: 500, Sentence: "the flight recorder can't be read: " + err.Error()}
		}
		return err
	}
	return out.Close()
}

// dump lets no mistake of the agent's end the program.
func dump(r Recorder, w io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(fmt.Sprint(p))
		}
	}()
	return r.Dump(w)
}

// FlightParams reads the query of GET /v1/flight.
func FlightParams(req *wire.Request) (auto bool, bad *wire.Error) {
	_, auto, bad = query(req, false)
	return auto, bad
}
