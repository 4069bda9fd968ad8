package reference

import (
	"fmt"
	"strings"

	"golang.org/x/exp/trace"
)

// place is where goroutines of a state were when it began.
type place struct {
	state  string
	reason string
	stack  uint64
}

// origin is where a goroutine comes from, as far as that is known.
type origin struct{ function, creator string }

type waitSum struct {
	count, open int
	total, max  trace.Time
}

func (s *waitSum) add(ns trace.Time) {
	s.count++
	s.total += ns
	s.max = max(s.max, ns)
}

type waiter struct {
	since  trace.Time
	state  trace.GoState
	at     place
	origin origin
}

// places sums up where goroutines wait, are in system calls and are made
// runnable, and how long those of one origin wait to run.
type places struct {
	waiters map[trace.GoID]*waiter
	places  map[place]*waitSum
	origins map[origin]*waitSum
	digests map[trace.Stack]uint64
	// An event names a stack that isn't there, see eventPrinter.
	unprintable bool
}

func newPlaces() *places {
	return &places{map[trace.GoID]*waiter{}, map[place]*waitSum{}, map[origin]*waitSum{}, map[trace.Stack]uint64{}, false}
}

var placeStates = map[trace.GoState]string{
	trace.GoWaiting: "waiting", trace.GoSyscall: "syscall", trace.GoRunnable: "runnable",
}

// stack is a digest of functions, files and lines.
func (w *places) stack(s trace.Stack) uint64 {
	sum, known := w.digests[s]
	if !known {
		var b strings.Builder
		for f := range s.Frames() {
			fmt.Fprintf(&b, "%s\n%s\n%d\n", f.Func, f.File, f.Line)
		}
		if b.Len() > 0 {
			sum = digest(b.String())
		}
		w.digests[s] = sum
	}
	return sum
}

func leafAndRoot(s trace.Stack) (leaf, root string) {
	for f := range s.Frames() {
		if root = f.Func; leaf == "" {
			leaf = root
		}
	}
	return leaf, root
}

// startOf is the function that a goroutine with this stack starts with, "" if
// the stack shows its preemption alone.
func startOf(s trace.Stack) string {
	_, root := leafAndRoot(s)
	if strings.HasPrefix(root, "runtime.asyncPreempt") {
		return ""
	}
	return root
}

func (w *places) close(g *waiter, now trace.Time, open bool) {
	if placeStates[g.state] == "" {
		return
	}
	at := w.places[g.at]
	if at == nil {
		at = &waitSum{}
		w.places[g.at] = at
	}
	at.add(now - g.since)
	if open {
		at.open++
	}
	if g.state != trace.GoRunnable {
		return
	}
	of := w.origins[g.origin]
	if of == nil {
		of = &waitSum{}
		w.origins[g.origin] = of
	}
	if open {
		of.open++
	} else {
		of.add(now - g.since)
	}
}

// learn finds out where the goroutine comes from.
func (g *waiter) learn(ev trace.Event, st trace.StateTransition) {
	from, to := st.Goroutine()
	if from == trace.GoNotExist && to != trace.GoSyscall {
		g.origin.creator, _ = leafAndRoot(ev.Stack())
		g.origin.function = startOf(st.Stack)
		return
	}
	isStatus := from == trace.GoUndetermined || from == to
	if isStatus || ev.Goroutine() == st.Resource.Goroutine() {
		g.origin.function = startOf(ev.Stack())
	}
}

func (w *places) transition(ev trace.Event, st trace.StateTransition, since trace.Time) {
	defer func() {
		if recover() != nil {
			w.unprintable = true
		}
	}()
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	g := w.waiters[id]
	if g == nil {
		g = &waiter{}
		w.waiters[id] = g
	} else if from != to {
		w.close(g, ev.Time(), false)
	}
	if from != to {
		g.state, g.since = to, since
		g.at = place{placeStates[to], st.Reason, 0}
		// The stack that creates a goroutine is no place where that one waits.
		if from != trace.GoNotExist || to == trace.GoRunnable {
			g.at.stack = w.stack(ev.Stack())
		}
	}
	if to == trace.GoNotExist {
		delete(w.waiters, id)
	} else if g.origin.function == "" {
		g.learn(ev, st)
	}
}

func (w *places) print(printf func(string, ...any), last trace.Time) {
	for _, g := range w.waiters {
		w.close(g, last, true)
	}
	if w.unprintable {
		return
	}
	for at, s := range w.places {
		printf("place %s %s %016x %d %d %d open %d", at.state, quote(at.reason), at.stack, s.count, s.total, s.max, s.open)
	}
	for of, s := range w.origins {
		printf("origin %s %s %d %d %d open %d", quote(of.function), quote(of.creator), s.count, s.total, s.max, s.open)
	}
}
