package e2e

import (
	"bytes"
	wire "encoding/binary"
	"testing"
	"time"
)

// Events of a trace, by internal/trace/tracev2.
const (
	evEventBatch = 1
	evFrequency  = 8
	evProcStatus = 13
	evGoCreate   = 14
	evGoStop     = 19
	evGoStatus   = 25
	noThread     = ^uint64(0)
)

func traceEvent(kind byte, args ...uint64) []byte {
	e := []byte{kind}
	for _, a := range args {
		e = wire.AppendUvarint(e, a)
	}
	return e
}

func addTraceBatch(b *bytes.Buffer, generation int, thread, ticks uint64, events []byte) {
	b.Write(traceEvent(evEventBatch, uint64(generation), thread, ticks, uint64(len(events))))
	b.Write(events)
}

// crowded is a trace in whose first generation one goroutine makes so many others. Then come as many generations in
// which nothing happens, or what can't have happened, so that what lies behind it starts anew.
func crowded(goroutines, generations int, torn bool) []byte {
	var b bytes.Buffer
	b.WriteString("go 1.22 trace\x00\x00\x00")
	addTraceBatch(&b, 1, noThread, 100, traceEvent(evFrequency, 1e9))
	events := append(traceEvent(evProcStatus, 1, 0, 1), traceEvent(evGoStatus, 1, 1, 0, 2)...)
	ticks := uint64(1000)
	for i := range goroutines {
		events = append(events, traceEvent(evGoCreate, 1, uint64(i)+2, 0, 0)...)
		if len(events) > 60000 || i == goroutines-1 {
			addTraceBatch(&b, 1, 0, ticks, events)
			ticks += 60000
			events = nil
		}
	}
	for i := 2; i < generations+2; i++ {
		addTraceBatch(&b, i, noThread, ticks+uint64(i), traceEvent(evFrequency, 1e9))
		if torn {
			addTraceBatch(&b, i, 7, ticks+uint64(i), traceEvent(evGoStop, 1, 0, 0))
		}
	}
	return b.Bytes()
}

// What each generation and each gap costs must not grow with the goroutines that once were there: both at once
// would take as long as their product. Twelve times the sum of both is generous; a walk over all of them takes
// fifty times as long and more.
func TestNeitherGenerationsNorGapsCostAsMuchAsAllGoroutines(t *testing.T) {
	t.Parallel()
	const goroutines, generations = 200000, 20000
	for _, torn := range []bool{false, true} {
		var path [3]string
		for i, n := range [3][2]int{{goroutines, 1}, {1, generations}, {goroutines, generations}} {
			path[i] = writeFile(t, "crowd-"+itoa(i), crowded(n[0], n[1], torn))
		}
		for _, command := range [][]string{
			{"stat"}, {"doctor"}, {"profile", "--kind", "sched", "-o", "-"}, {"export", "--format", "csv", "-o", "-"},
		} {
			var took [3]time.Duration
			for i := range path {
				began := time.Now()
				r := schedtop(t, append(command, path[i])...)
				took[i] = time.Since(began)
				if r.status != exitOK && r.status != exitDamaged {
					t.Fatalf("schedtop %v", r)
				}
			}
			if sum := took[0] + took[1]; took[2] > 12*sum {
				t.Errorf("%v, torn %v: %v for the goroutines, %v for the generations, %v for both", command, torn,
					took[0], took[1], took[2])
			}
		}
	}
}
