package flight

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// fake is an engine whose Start can be held up and can fail.
type fake struct {
	held  chan bool
	err   error
	stops int
}

func (f *fake) Start() error {
	if f.held != nil {
		<-f.held
	}
	return f.err
}

func (f *fake) Stop() { f.stops++ }

func (f *fake) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write([]byte("past"))
	return int64(n), err
}

func tells(t *testing.T, r *Recorder, on bool, words string) {
	t.Helper()
	var o struct {
		On      bool
		Error   string
		SinceNS int64 `json:"since_ns"`
	}
	if err := json.Unmarshal(r.AppendJSON(nil), &o); err != nil {
		t.Fatal(err)
	}
	if o.On != on || o.On != (o.SinceNS > 0) || !strings.Contains(o.Error, words) {
		t.Errorf("%+v, not %v, %q", o, on, words)
	}
}

func Test_a_recorder_that_is_in_the_way_is_named_until_it_ends(t *testing.T) {
	engine := &fake{err: errors.New("flight recorder already enabled")}
	r := &Recorder{engine: engine}
	if err := r.start(); err == nil || !strings.Contains(err.Error(), "of its own") {
		t.Fatal(err)
	}
	tells(t, r, false, "of its own")
	engine.err = nil
	if err := r.Ready(); err == nil || !strings.Contains(err.Error(), "begun just now") {
		t.Fatal(err)
	}
	tells(t, r, true, "")
	if err := r.Ready(); err != nil {
		t.Error(err)
	}
	r.Stop()
	tells(t, r, false, "has ended")
	if engine.stops != 1 {
		t.Error(engine.stops)
	}
}

// The runtime starts a recorder by having its one reader notice; that may be waiting for the program.
func Test_a_runtime_that_hangs_holds_up_nobody(t *testing.T) {
	engine := &fake{held: make(chan bool)}
	r := &Recorder{engine: engine}
	if err := r.start(); err == nil || !strings.Contains(err.Error(), "waits for its writer") {
		t.Fatal(err)
	}
	tells(t, r, false, "waits for its writer")
	if err := r.Ready(); err == nil {
		t.Error("ready before it has started")
	}
	close(engine.held)
	for deadline := time.Now().Add(60 * time.Second); r.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(r.Ready())
		}
	}
	tells(t, r, true, "")
}

func Test_what_was_not_asked_for_says_how_to_ask(t *testing.T) {
	var r *Recorder
	if err := r.Ready(); err == nil {
		t.Error("ready")
	}
	r.Stop()
	if s := string(r.AppendJSON(nil)); s != `{"on":false}` {
		t.Error(s)
	}
}

func Test_settings_below_zero_are_refused(t *testing.T) {
	if _, err := Start(Settings{MinAge: -1}); err == nil {
		t.Error("an age below zero is accepted")
	}
	if r, err := Start(Settings{MaxBytes: -1}); err == nil || r.Ready() == nil {
		t.Error("bytes below zero are accepted")
	}
}
