// Package viewer reads exported traces as the programs do that they are for:
// what it accepts is what their formats' descriptions say, and nothing of it is
// shared with the program that wrote them.
package viewer

import "fmt"

// Slice is a stretch of time on a track.
type Slice struct {
	Track          string
	Category, Name string
	Begin, End     int64 // nanoseconds
	Args           map[string]any
	FlowIn         []uint64
}

// Instant is a moment on a track.
type Instant struct {
	Track          string
	Category, Name string
	At             int64
	Args           map[string]any
}

// Value is one of a counter.
type Value struct{ At, Value int64 }

// End is where an arrow begins or ends.
type End struct {
	Track string
	At    int64
}

// Recording is all that a file holds.
type Recording struct {
	Slices   []Slice
	Instants []Instant
	Counters map[string][]Value
	From, To map[uint64]End // arrows by their IDs
	Tracks   map[string]int // how often each name was given
	Resets   int            // of what was interned
	Wall     int64          // when the clock of the trace was at WallAt, in ns since 1970
	WallAt   int64
}

func newRecording() *Recording {
	return &Recording{
		Counters: map[string][]Value{},
		From:     map[uint64]End{},
		To:       map[uint64]End{},
		Tracks:   map[string]int{},
	}
}

// checkArrows makes sure that each arrow has two ends, in the order of time.
func (r *Recording) checkArrows() error {
	if len(r.From) != len(r.To) {
		return fmt.Errorf("%d arrows begin and %d end", len(r.From), len(r.To))
	}
	for id, from := range r.From {
		to, ok := r.To[id]
		if !ok {
			return fmt.Errorf("arrow %d does not end", id)
		}
		if to.At < from.At {
			return fmt.Errorf("arrow %d ends %d ns before it begins", id, from.At-to.At)
		}
	}
	return nil
}
