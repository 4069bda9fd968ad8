// Package reference says what golang.org/x/exp/trace reads in a trace, as the
// same lines of text that tests/trace/summary/trace_summary.c prints.
package reference

import (
	"bufio"
	"fmt"
	"io"
	"sort"
	"strings"

	"golang.org/x/exp/trace"
)

// Summary holds the lines, sorted, the time of the last event, and the reader's
// error if it gave the trace up.
type Summary struct {
	Lines []string
	Last  trace.Time
	Err   error
	// The reference itself has failed, and has no verdict.
	Failed bool
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

// scope is what a range of time belongs to.
type scope struct {
	kind string
	id   trace.ResourceID
}

type openRange struct {
	name  string
	since trace.Time
}

type total struct {
	n        int
	sum, max trace.Time
}

type proc struct {
	since, sum trace.Time
	running    bool
}

type summarizer struct {
	lines      []string
	ranges     map[scope]openRange
	totals     map[string]*total
	procs      map[trace.ProcID]*proc
	gomaxprocs uint64
	heap, top  uint64
	kinds      map[trace.EventKind]int
	goroutines map[trace.GoID]*goroutine
	last       trace.Time
	since      trace.Time // of the last sync
	old        bool       // Go 1.21 or before: what is met late begins late
	events     eventPrinter
	annotated  *annotations
	places     *places
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

// known is when that began of which the event tells. The first that is told of
// something was so since the last sync, as in internal/trace/summary.go.
func (s *summarizer) known(ev trace.Event, first bool) trace.Time {
	if first && !s.old {
		return s.since
	}
	return ev.Time()
}

func (s *summarizer) transition(ev trace.Event) {
	st := ev.StateTransition()
	if st.Resource.Kind == trace.ResourceProc {
		s.proc(ev, st)
		return
	}
	if st.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	s.places.transition(ev, st, s.known(ev, from == trace.GoUndetermined))
	g := s.goroutines[id]
	if g == nil {
		s.goroutines[id] = &goroutine{s.known(ev, from == trace.GoUndetermined), to, "", map[string]trace.Time{}}
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
	s.events.event(ev, s.rangeName(ev))
	s.annotated.event(ev)
	switch ev.Kind() {
	case trace.EventSync:
		s.since = ev.Time()
	case trace.EventStateTransition:
		s.transition(ev)
	case trace.EventRangeBegin, trace.EventRangeActive:
		s.begin(ev)
	case trace.EventRangeEnd:
		s.end(ev)
	case trace.EventMetric:
		s.metric(ev.Metric())
	}
}

func (s *summarizer) proc(ev trace.Event, st trace.StateTransition) {
	id, now := st.Resource.Proc(), ev.Time()
	p := s.procs[id]
	if p == nil {
		p = &proc{}
		s.procs[id] = p
	}
	from, to := st.Proc()
	if p.running && to != trace.ProcRunning {
		p.sum += now - p.since
	}
	if !p.running && to == trace.ProcRunning {
		p.since = s.known(ev, from == trace.ProcUndetermined)
	}
	p.running = to == trace.ProcRunning
}

// rangeName is what a range is called, where it begins.
func (s *summarizer) rangeName(ev trace.Event) string {
	switch ev.Kind() {
	case trace.EventRangeBegin, trace.EventRangeActive:
		return quoteKind(ev.Range().Name)
	case trace.EventRangeEnd:
		scope, name := rangeScope(ev)
		if open, ok := s.ranges[scope]; ok {
			name = open.name
		}
		return quoteKind(name)
	}
	return ""
}

// quoteKind quotes the kind of a stop of the world.
func quoteKind(name string) string {
	kind, reason, found := strings.Cut(name, " (")
	if !found {
		return name
	}
	return kind + " (" + quote(strings.TrimSuffix(reason, ")")) + ")"
}

func scopeID(id trace.ResourceID) uint64 {
	switch id.Kind {
	case trace.ResourceGoroutine:
		return uint64(id.Goroutine())
	case trace.ResourceProc:
		return uint64(id.Proc())
	}
	return 0
}

// rangeScope tells a range from others that are open at the same time. The name
// of a stop of the world can't be looked up in the generation where it ends.
func rangeScope(ev trace.Event) (s scope, name string) {
	name = ev.Range().Name
	kind, _, _ := strings.Cut(name, " (")
	return scope{kind, ev.Range().Scope}, name
}

func (s *summarizer) begin(ev trace.Event) {
	scope, name := rangeScope(ev)
	if _, open := s.ranges[scope]; !open || ev.Kind() == trace.EventRangeBegin {
		s.ranges[scope] = openRange{name, s.known(ev, ev.Kind() == trace.EventRangeActive)}
	}
}

func (s *summarizer) end(ev trace.Event) {
	scope, _ := rangeScope(ev)
	open, ok := s.ranges[scope]
	if !ok {
		return
	}
	delete(s.ranges, scope)
	t := s.totals[open.name]
	if t == nil {
		t = &total{}
		s.totals[open.name] = t
	}
	s.printf("span %s %d %d %d", quoteKind(open.name), scopeID(scope.id), open.since, ev.Time()-open.since)
	t.n++
	t.sum += ev.Time() - open.since
	t.max = max(t.max, ev.Time()-open.since)
}

func (s *summarizer) metric(m trace.Metric) {
	switch m.Name {
	case "/sched/gomaxprocs:threads":
		s.gomaxprocs = m.Value.Uint64()
	case "/memory/classes/heap/objects:bytes":
		s.heap = m.Value.Uint64()
		s.top = max(s.top, s.heap)
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

// Read reads the whole trace. Its events are lines, too, if they are asked for.
func Read(r io.Reader, events bool) (summary Summary) {
	defer func() {
		if p := recover(); p != nil {
			summary = Summary{Err: fmt.Errorf("the reference fails: %v", p), Failed: true}
		}
	}()
	s := &summarizer{
		ranges:     map[scope]openRange{},
		totals:     map[string]*total{},
		procs:      map[trace.ProcID]*proc{},
		kinds:      map[trace.EventKind]int{},
		goroutines: map[trace.GoID]*goroutine{},
		events:     eventPrinter{digests: map[trace.EventKind]uint64{}, stacks: map[trace.Stack]uint64{}},
	}
	s.annotated = newAnnotations(s.printf)
	s.places = newPlaces()
	if events {
		s.events.print = func(line string) { s.lines = append(s.lines, line) }
	}
	buffered := bufio.NewReader(r)
	header, _ := buffered.Peek(len("go 1.22"))
	s.old = string(header) < "go 1.22"
	err := s.read(buffered)
	s.annotated.finish(s.last)
	if !s.old {
		s.places.print(s.printf, s.last)
	}
	for id, g := range s.goroutines {
		g.charge(s.last)
		s.finish(id, g)
	}
	for id, p := range s.procs {
		if p.running {
			p.sum += s.last - p.since
		}
		if p.sum != 0 {
			s.printf("proc %d %d", uint64(id), p.sum)
		}
	}
	for name, t := range s.totals {
		s.printf("range %s %d %d %d", name, t.n, t.sum, t.max)
	}
	if s.gomaxprocs != 0 {
		s.printf("gomaxprocs %d", s.gomaxprocs)
	}
	if s.kinds[trace.EventMetric] > 0 && s.top > 0 {
		s.printf("heap %d %d", s.top, s.heap)
	}
	for kind, n := range s.kinds {
		s.printf("kind %v %d", kind, n)
		if !s.events.unprintable {
			s.printf("digest %v %016x", kind, s.events.digests[kind])
		}
	}
	if err == nil {
		s.printf("verdict whole")
	} else {
		s.printf("verdict damaged")
	}
	sort.Strings(s.lines)
	return Summary{Lines: s.lines, Last: s.last, Err: err}
}
