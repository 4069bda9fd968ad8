package sched

import (
	"strconv"

	"schedtop/agent/internal/jsontext"
)

// Place is a place in the program; Function is "" and Line 0 where that is unknown.
type Place struct {
	Function, File string
	Line           int
}

// Group is a number of goroutines of one status, wait reason, creator and start function.
type Group struct {
	Status  int64  // as the runtime has it, without _Gscan
	Reason  string // "" when it does not wait
	System  bool   // of the runtime, as it is not counted by runtime.NumGoroutine
	Creator Place  // the go statement
	Start   Place  // the function that it began with
	Count   int64
	GoIDs   []int64 // a few of them
}

// Groups are all goroutines. How long they wait and where they stand is not told: the one would need
// a memory of all of them inside of the program, the other its stacks.
type Groups struct {
	MonotonicNS        int64 // CLOCK_MONOTONIC just before the read
	CostNS             int64 // processor time that it took
	Count, SystemCount int64
	Dropped            int64 // what made no sense
	List               []Group
}

// AppendJSON appends the members of the answer to GET /v1/groups. Places and reasons are told once, and
// groups have their positions.
func (g *Groups) AppendJSON(b []byte) []byte {
	places, reasons := names[Place]{}, names[string]{}
	list := []byte(`,"groups":[`)
	for i := range g.List {
		if i > 0 {
			list = append(list, ',')
		}
		list = g.List[i].appendJSON(list, &places, &reasons)
	}
	b = append(b, `"count":`...)
	b = strconv.AppendInt(b, g.Count, 10)
	b = number(b, `,"system_count":`, g.SystemCount)
	b = number(b, `,"dropped":`, g.Dropped)
	b = number(b, `,"cost_ns":`, g.CostNS)
	b = append(b, `,"reasons":[`...)
	for i, reason := range reasons.list {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsontext.AppendString(b, reason)
	}
	b = append(b, `],"places":[`...)
	for i := range places.list {
		if i > 0 {
			b = append(b, ',')
		}
		b = places.list[i].appendJSON(b)
	}
	b = append(b, ']')
	return append(append(b, list...), ']')
}

// names gives everything that is different a position.
type names[T comparable] struct {
	list []T
	at   map[T]int64
}

func (n *names[T]) position(name T) int64 {
	at, ok := n.at[name]
	if !ok {
		if n.at == nil {
			n.at = map[T]int64{}
		}
		at = int64(len(n.list))
		n.at[name] = at
		n.list = append(n.list, name)
	}
	return at
}

func (g *Group) appendJSON(b []byte, places *names[Place], reasons *names[string]) []byte {
	b = append(b, `{"status":`...)
	b = strconv.AppendInt(b, g.Status, 10)
	b = number(b, `,"count":`, g.Count)
	b = boolean(b, `,"system":`, g.System)
	if g.Reason != "" {
		b = number(b, `,"reason":`, reasons.position(g.Reason))
	}
	if g.Creator != (Place{}) {
		b = number(b, `,"creator":`, places.position(g.Creator))
	}
	if g.Start != (Place{}) {
		b = number(b, `,"start":`, places.position(g.Start))
	}
	b = append(b, `,"goids":[`...)
	for i, id := range g.GoIDs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return append(b, "]}"...)
}

func (p *Place) appendJSON(b []byte) []byte {
	b = append(b, `{"function":`...)
	b = jsontext.AppendString(b, p.Function)
	b = append(b, `,"file":`...)
	b = jsontext.AppendString(b, p.File)
	return append(number(b, `,"line":`, int64(p.Line)), '}')
}
