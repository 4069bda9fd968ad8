// Package reference says what golang.org/x/exp/trace reads in a trace, as the
// same lines of text that tests/trace/summary/trace_summary.c prints.
package reference

import (
	"fmt"
	"io"
	"sort"

	"golang.org/x/exp/trace"
)

// Summary holds the lines, sorted, and the reader's error if it gave the trace up.
type Summary struct {
	Lines []string
	Err   error
}

type goroutine struct {
	since  trace.Time
	state  trace.GoState
	reason string
	total  map[string]trace.Time
}

func (g *goroutine) key() string {
	switch g.state {
	case trace.GoWaiting:
		return "waiting/" + g.reason
	case trace.GoRunnable:
		return "runnable"
	case trace.GoRunning:
		return "running"
	case trace.GoSyscall:
		return "syscall"
	}
	return "undetermined"
}

// charge closes the state that goes on.
func (g *goroutine) charge(now trace.Time) {
	g.total[g.key()] += now - g.since
	g.since = now
}

type summarizer struct {
	lines      []string
	kinds      map[trace.EventKind]int
	goroutines map[trace.GoID]*goroutine
	last       trace.Time
}

func (s *summarizer) printf(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (s *summarizer) finish(id trace.GoID, g *goroutine) {
	for key, total := range g.total {
		if total != 0 {
			s.printf("goroutine %d %s %d", uint64(id), key, total)
		}
	}
	delete(s.goroutines, id)
}

func (s *summarizer) transition(ev trace.Event) {
	st := ev.StateTransition()
	if st.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	g := s.goroutines[id]
	if g == nil {
		s.goroutines[id] = &goroutine{ev.Time(), to, "", map[string]trace.Time{}}
		return
	}
	if from == to {
		return
	}
	g.charge(ev.Time())
	g.state, g.reason = to, st.Reason
	if to == trace.GoNotExist {
		s.finish(id, g)
	}
}

func (s *summarizer) event(ev trace.Event) {
	s.kinds[ev.Kind()]++
	s.last = ev.Time()
	if ev.Kind() == trace.EventStateTransition {
		s.transition(ev)
	}
}

func (s *summarizer) read(r io.Reader) error {
	reader, err := trace.NewReader(r)
	if err != nil {
		return err
	}
	for {
		ev, err := reader.ReadEvent()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s.event(ev)
	}
}

// Read reads the whole trace.
func Read(r io.Reader) Summary {
	s := &summarizer{
		kinds:      map[trace.EventKind]int{},
		goroutines: map[trace.GoID]*goroutine{},
	}
	err := s.read(r)
	for id, g := range s.goroutines {
		g.charge(s.last)
		s.finish(id, g)
	}
	for kind, n := range s.kinds {
		s.printf("kind %v %d", kind, n)
	}
	if err == nil {
		s.printf("verdict whole")
	} else {
		s.printf("verdict damaged")
	}
	sort.Strings(s.lines)
	return Summary{s.lines, err}
}
