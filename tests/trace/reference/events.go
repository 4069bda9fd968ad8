package reference

import (
	"fmt"
	"hash/fnv"
	"strings"

	"golang.org/x/exp/trace"
)

// quote writes what could be mistaken for something else as \xNN.
func quote(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c > ' ' && c < 0x7f && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}

func digest(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// continueDigest goes on where the digest of what came before ended.
func continueDigest(sum uint64, text string) uint64 {
	for _, c := range []byte(text) {
		sum = (sum ^ uint64(c)) * 1099511628211
	}
	return sum
}

// eventPrinter keeps a digest of each kind's events as lines of text.
type eventPrinter struct {
	digests map[trace.EventKind]uint64
	stacks  map[trace.Stack]uint64
	print   func(line string) // may be nil
	// An event names a stack or string that isn't there: the reference lets
	// some of them pass, and panics when they are looked up.
	unprintable bool
}

func (p *eventPrinter) stack(s trace.Stack) uint64 {
	sum, known := p.stacks[s]
	if !known {
		var b strings.Builder
		for f := range s.Frames() {
			fmt.Fprintf(&b, "%s\n%s\n%x %d\n", f.Func, f.File, f.PC, f.Line)
		}
		if b.Len() > 0 {
			sum = digest(b.String())
		}
		p.stacks[s] = sum
	}
	return sum
}

func (p *eventPrinter) transition(ev trace.Event) string {
	st := ev.StateTransition()
	if st.Resource.Kind == trace.ResourceProc {
		from, to := st.Proc()
		return fmt.Sprintf("proc %d %v %v", uint64(st.Resource.Proc()), from, to)
	}
	from, to := st.Goroutine()
	line := fmt.Sprintf("goroutine %d %v %v %s", uint64(st.Resource.Goroutine()), from, to, quote(st.Reason))
	if from == trace.GoNotExist && to != trace.GoSyscall {
		line += fmt.Sprintf(" starts %016x", p.stack(st.Stack))
	}
	return line
}

// describe is what the kind of event has to say. The name of a range can't
// always be looked up where it ends, so it is given.
func (p *eventPrinter) describe(ev trace.Event, rangeName string) string {
	switch ev.Kind() {
	case trace.EventSync:
		return fmt.Sprint(ev.Sync().N)
	case trace.EventMetric:
		return fmt.Sprintf("%s %d", ev.Metric().Name, ev.Metric().Value.Uint64())
	case trace.EventLabel:
		return quote(ev.Label().Label)
	case trace.EventRangeBegin, trace.EventRangeActive:
		return fmt.Sprintf("%s %d", rangeName, scopeID(ev.Range().Scope))
	case trace.EventRangeEnd:
		line := fmt.Sprintf("%s %d", rangeName, scopeID(ev.Range().Scope))
		for _, a := range ev.RangeAttributes() {
			line += fmt.Sprintf(" %d", a.Value.Uint64())
		}
		return line
	case trace.EventTaskBegin, trace.EventTaskEnd:
		t := ev.Task()
		return fmt.Sprintf("%d %d %s", uint64(t.ID), uint64(parentOf(t)), quote(t.Type))
	case trace.EventRegionBegin, trace.EventRegionEnd:
		return fmt.Sprintf("%d %s", uint64(ev.Region().Task), quote(ev.Region().Type))
	case trace.EventLog:
		l := ev.Log()
		return fmt.Sprintf("%d %s %016x", uint64(l.Task), quote(l.Category), digest(l.Message))
	case trace.EventStateTransition:
		return p.transition(ev)
	}
	return ""
}

func (p *eventPrinter) event(ev trace.Event, rangeName string) {
	defer func() {
		if recover() != nil {
			p.unprintable = true
		}
	}()
	line := fmt.Sprintf("%d %v g%d p%d m%d %s %016x\n", ev.Time(), ev.Kind(), ev.Goroutine(), ev.Proc(),
		ev.Thread(), p.describe(ev, rangeName), p.stack(ev.Stack()))
	sum, known := p.digests[ev.Kind()]
	if !known {
		sum = digest("")
	}
	p.digests[ev.Kind()] = continueDigest(sum, line)
	if p.print != nil {
		p.print("event " + strings.TrimSuffix(line, "\n"))
	}
}
