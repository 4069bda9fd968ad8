package reference

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"golang.org/x/exp/trace"
)

// Waits is the time that goroutines were blocked, and the CPU samples, as the
// events tell them; what a generation tells of a goroutine for the first time has
// been so since it began.
type Waits struct {
	Ended map[string]int64 // ns by reason
	Open  map[string]int64 // that had not ended
	Of    map[uint64]int64 // those that ended, by goroutine
	// CPU samples by stack: " address function file:line" for each frame, leaf first.
	Samples map[string]int64
}

type wait struct {
	since  trace.Time
	reason string
}

// ReadWaits reads a whole trace.
func ReadWaits(in io.Reader) (*Waits, error) {
	r, err := trace.NewReader(bufio.NewReader(in))
	if err != nil {
		return nil, err
	}
	w := &Waits{map[string]int64{}, map[string]int64{}, map[uint64]int64{}, map[string]int64{}}
	open := map[trace.GoID]wait{}
	var sync, last trace.Time
	for {
		ev, err := r.ReadEvent()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		last = ev.Time()
		switch ev.Kind() {
		case trace.EventSync:
			sync = ev.Time()
		case trace.EventStackSample:
			w.Samples[stackText(ev.Stack())]++
		case trace.EventStateTransition:
			w.transition(ev, open, sync)
		}
	}
	for _, g := range open {
		w.Open[g.reason] += int64(last - g.since)
	}
	return w, nil
}

func (w *Waits) transition(ev trace.Event, open map[trace.GoID]wait, sync trace.Time) {
	st := ev.StateTransition()
	if st.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	g, waits := open[id]
	switch {
	case to == trace.GoWaiting && !waits:
		since := ev.Time()
		if from == trace.GoUndetermined {
			since = sync
		}
		open[id] = wait{since, st.Reason}
	case to != trace.GoWaiting && waits:
		w.Ended[g.reason] += int64(ev.Time() - g.since)
		w.Of[uint64(id)] += int64(ev.Time() - g.since)
		delete(open, id)
	}
}

func stackText(s trace.Stack) string {
	var b strings.Builder
	for f := range s.Frames() {
		fmt.Fprintf(&b, " %#x %s %s:%d", f.PC, f.Func, f.File, f.Line)
	}
	return b.String()
}
