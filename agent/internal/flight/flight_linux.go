package flight

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"time"

	"schedtop/agent/internal/clock"
	"schedtop/agent/internal/jsontext"
)

// Starting, flushing and stopping go through the runtime's one reader of traces, which waits for whoever
// else is having one written: the program's own writer may be stuck.
const (
	startTime = 2 * time.Second
	stopTime  = 2 * time.Second
)

// engine is runtime/trace.FlightRecorder, which not every Go has.
type engine interface {
	Start() error
	Stop()
	WriteTo(w io.Writer) (int64, error)
}

// Recorder is a flight recorder that was asked for, whether it could be started or not. A nil one was not
// asked for.
type Recorder struct {
	settings Settings

	use    sync.Mutex // whoever has the engine work; it may wait long
	engine engine     // nil: this Go has none

	mu       sync.Mutex // of what follows; nobody waits with it
	starting chan error // not nil: the engine has not said yet whether it starts
	on       bool
	since    int64 // monotonic ns: when it came on
	why      error // not on
}

// Start starts a recorder. With an error, the recorder knows why it does not work, and takes the
// program's place if that ends its own.
func Start(s Settings) (*Recorder, error) {
	s, err := s.complete()
	r := &Recorder{settings: s, why: err}
	if err != nil {
		return r, err
	}
	if r.engine = newEngine(s); r.engine == nil {
		r.why = errTooOld()
		return r, r.why
	}
	return r, r.start()
}

func errTooOld() error {
	return fmt.Errorf("flight recorders came with Go 1.25, and this program was built with %s", runtime.Version())
}

// start has the engine start, and does not wait for it for ever.
func (r *Recorder) start() error {
	r.mu.Lock()
	starting := make(chan error, 1)
	r.starting = starting
	r.mu.Unlock()
	go func() {
		r.use.Lock()
		defer r.use.Unlock()
		starting <- r.engine.Start()
	}()
	timer := time.NewTimer(startTime)
	defer timer.Stop()
	select {
	case err := <-starting:
		starting <- err
	case <-timer.C:
	}
	_, _, err := r.state()
	return err
}

// state says since when it records, or why it does not.
func (r *Recorder) state() (on bool, since int64, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.starting != nil {
		select {
		case err := <-r.starting:
			r.starting = nil
			if r.on = err == nil; r.on {
				r.since, r.why = clock.MonotonicNS(), nil
			} else {
				r.why = fmt.Errorf("the program runs a flight recorder of its own, and the runtime allows one (%w)", err)
			}
		default:
			r.why = errors.New("the flight recorder can't start while the program's own trace waits for its writer")
		}
	}
	return r.on, r.since, r.why
}

// Ready says why there is nothing to be written. If the program has ended a recorder of its own
// meanwhile, ours begins.
func (r *Recorder) Ready() error {
	if r == nil {
		if newEngine(Settings{}) == nil {
			return errTooOld()
		}
		return errors.New("this program keeps no flight recorder: agent.Options.FlightRecorder, or SCHEDTOP_FLIGHT=10s " +
			"in the environment of agent/auto, has it kept")
	}
	on, _, why := r.state()
	if on {
		return nil
	}
	r.mu.Lock()
	again := r.engine != nil && r.starting == nil
	r.mu.Unlock()
	if !again {
		return why
	}
	if err := r.start(); err != nil {
		return err
	}
	return errors.New("the program's own flight recorder has ended; this one has begun just now: ask again when it has seen something")
}

// Dump writes what is kept. Who calls it must be ready for it to wait as long as the program's own trace
// waits for its writer.
func (r *Recorder) Dump(w io.Writer) error {
	r.use.Lock()
	defer r.use.Unlock()
	_, err := r.engine.WriteTo(w)
	return err
}

// Stop ends it, as far as it can be ended within a moment.
func (r *Recorder) Stop() {
	if r == nil || r.engine == nil {
		return
	}
	ended := make(chan bool)
	go func() {
		r.use.Lock()
		defer r.use.Unlock()
		defer close(ended)
		r.engine.Stop()
	}()
	timer := time.NewTimer(stopTime)
	defer timer.Stop()
	select {
	case <-ended:
		r.mu.Lock()
		r.on, r.why = false, errors.New("the flight recorder has ended")
		r.mu.Unlock()
	case <-timer.C:
	}
}

// AppendJSON appends an object that says whether it records.
func (r *Recorder) AppendJSON(b []byte) []byte {
	if r == nil {
		return append(b, `{"on":false}`...)
	}
	on, since, why := r.state()
	b = append(b, `{"on":`...)
	b = strconv.AppendBool(b, on)
	b = append(b, `,"min_age_ns":`...)
	b = strconv.AppendInt(b, int64(r.settings.MinAge), 10)
	b = append(b, `,"max_bytes":`...)
	b = strconv.AppendInt(b, r.settings.MaxBytes, 10)
	if on {
		b = append(b, `,"since_ns":`...)
		b = strconv.AppendInt(b, since, 10)
	} else {
		b = append(b, `,"error":`...)
		b = jsontext.AppendString(b, why.Error())
	}
	return append(b, '}')
}
