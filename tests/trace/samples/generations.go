package samples

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

const headerSize = 16

// Batch is one batch of a trace of format 2; offsets are those of the file.
type Batch struct {
	Start, End int
	Time       uint64 // ticks
	Kind       byte   // type of its first event
}

// Generation is one generation of a trace of format 2.
type Generation struct {
	Start, End int // its end marker included
	Number     uint64
	Frequency  uint64 // ticks per second; 0: unknown
	Batches    []Batch
}

// IsStructural says whether the batch holds a table and no events.
func (b Batch) IsStructural() bool {
	for _, name := range []string{"Stacks", "Strings", "CPUSamples", "Frequency", "Sync"} {
		if b.Kind == eventNumbers[name] {
			return true
		}
	}
	return false
}

// Nanoseconds is the latest time of its batches.
func (g Generation) Nanoseconds(batches []Batch) int64 {
	latest := uint64(0)
	for _, b := range batches {
		latest = max(latest, b.Time)
	}
	return int64(float64(latest) * (1 / (float64(g.Frequency) / 1e9)))
}

// numbers reads so many numbers; at is -1 when the data end before.
func numbers(data []byte, at, n int) (values []uint64, next int) {
	for range n {
		value, size := binary.Uvarint(data[min(at, len(data)):])
		if size <= 0 {
			return nil, -1
		}
		values, at = append(values, value), at+size
	}
	return values, at
}

// frequency finds the ticks per second in a batch of kind Frequency or Sync.
func frequency(data []byte) uint64 {
	if data[0] == eventNumbers["Sync"] && len(data) > 1 {
		data = data[1:]
	}
	if data[0] != eventNumbers["Frequency"] {
		return 0
	}
	value, _ := binary.Uvarint(data[1:])
	return value
}

// Generations finds the generations of a whole trace of format 2 by hopping
// from batch to batch.
func Generations(trace []byte) ([]Generation, error) {
	if len(trace) < headerSize {
		return nil, fmt.Errorf("no header")
	}
	if version, err := strconv.Atoi(string(trace[5:7])); err != nil || version < 22 {
		return nil, fmt.Errorf("not of format 2: %q", trace[:headerSize])
	}
	var all []Generation
	for at := headerSize; at < len(trace); {
		start := at
		if trace[at] == eventNumbers["EndOfGeneration"] {
			at++
			all[len(all)-1].End = at
			continue
		}
		if trace[at] == eventNumbers["ExperimentalBatch"] {
			at++
		} else if trace[at] != eventNumbers["EventBatch"] {
			return nil, fmt.Errorf("no batch at %d", at)
		}
		head, next := numbers(trace, at+1, 4)
		if next < 0 || head[3] == 0 || int(head[3]) > len(trace)-next {
			return nil, fmt.Errorf("the batch at %d is cut off", start)
		}
		if len(all) == 0 || all[len(all)-1].Number != head[0] {
			all = append(all, Generation{Start: start, Number: head[0]})
		}
		at = next + int(head[3])
		g := &all[len(all)-1]
		g.End = at
		g.Batches = append(g.Batches, Batch{Start: start, End: at, Time: head[2], Kind: trace[next]})
		if f := frequency(trace[next:at]); f != 0 {
			g.Frequency = f
		}
	}
	return all, nil
}
