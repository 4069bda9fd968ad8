// Totals reads a trace with Go's own reader and sums what the report of
// schedtop stat is made of: time of each goroutine by state and wait reason, by
// the function that it starts with, scheduling latency, stops of the world.
package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"golang.org/x/exp/trace"
)

type goroutine struct {
	since   trace.Time
	state   trace.GoState
	reason  string
	name    string
	states  [8]trace.Time
	reasons map[string]trace.Time
}

type group struct {
	goroutines int
	states     [8]trace.Time
	reasons    map[string]trace.Time
}

type totals struct {
	goroutines map[trace.GoID]*goroutine
	groups     map[string]*group
	latency    map[int]int // by the number of bits
	open       map[string]trace.Time
	ranges     map[string]trace.Time
	last       trace.Time
}

func (g *goroutine) charge(now trace.Time) {
	g.states[g.state] += now - g.since
	if g.state == trace.GoWaiting {
		if g.reasons == nil {
			g.reasons = map[string]trace.Time{}
		}
		g.reasons[g.reason] += now - g.since
	}
	g.since = now
}

func (t *totals) retire(id trace.GoID, g *goroutine) {
	sum := t.groups[g.name]
	if sum == nil {
		sum = &group{reasons: map[string]trace.Time{}}
		t.groups[g.name] = sum
	}
	sum.goroutines++
	for i, ns := range g.states {
		sum.states[i] += ns
	}
	for reason, ns := range g.reasons {
		sum.reasons[reason] += ns
	}
	delete(t.goroutines, id)
}

// root is the function at the bottom of a stack.
func root(stack trace.Stack) (name string) {
	for frame := range stack.Frames() {
		name = frame.Func
	}
	return name
}

func (t *totals) transition(ev trace.Event) {
	st := ev.StateTransition()
	if st.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	g := t.goroutines[id]
	if g == nil {
		t.goroutines[id] = &goroutine{since: ev.Time(), state: to, name: root(st.Stack)}
		return
	}
	if from == to {
		return
	}
	if g.name == "" {
		g.name = root(ev.Stack())
	}
	if from == trace.GoRunnable && to == trace.GoRunning {
		bits := 0
		for ns := ev.Time() - g.since; ns > 0; ns >>= 1 {
			bits++
		}
		t.latency[bits]++
	}
	g.charge(ev.Time())
	g.state, g.reason = to, st.Reason
	if to == trace.GoNotExist {
		t.retire(id, g)
	}
}

func (t *totals) event(ev trace.Event) {
	t.last = ev.Time()
	switch ev.Kind() {
	case trace.EventStateTransition:
		t.transition(ev)
	case trace.EventRangeBegin, trace.EventRangeActive:
		t.open[ev.Range().Name] = ev.Time()
	case trace.EventRangeEnd:
		name := ev.Range().Name
		if since, ok := t.open[name]; ok {
			t.ranges[name] += ev.Time() - since
		}
	}
}

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	r, err := trace.NewReader(f)
	if err != nil {
		log.Fatal(err)
	}
	t := &totals{
		goroutines: map[trace.GoID]*goroutine{},
		groups:     map[string]*group{},
		latency:    map[int]int{},
		open:       map[string]trace.Time{},
		ranges:     map[string]trace.Time{},
	}
	for {
		ev, err := r.ReadEvent()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		t.event(ev)
	}
	for id, g := range t.goroutines {
		g.charge(t.last)
		t.retire(id, g)
	}
	for name, sum := range t.groups {
		fmt.Println(name, sum.goroutines, sum.states, sum.reasons)
	}
	fmt.Println(t.latency, t.ranges)
}
