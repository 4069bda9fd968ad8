package sched

import (
	"encoding/binary"
	"runtime"
	"sync"
	"syscall"

	"schedtop/agent/internal/clock"
)

// Reader reads the state of the scheduler. It may be used by several goroutines.
type Reader struct {
	mu sync.Mutex

	// What Open found; it never changes.
	schedAt, allp, allm, allglen, allgptr, gomaxprocs uint64
	types                                             types
	sched                                             schedtLayout
	p                                                 pFields
	m                                                 mFields
	g                                                 gFields
	schedSpans, pSpans, mSpans, gSpans                []span

	// Where everything was at the last read: it is assumed there, and that is checked.
	allpArray uint64
	ps, ms    []uint64 // addresses; ms in the order of allm
	mIndex    map[uint64]int

	self          int64 // the thread that reads
	first, second batch
	links         []links
	names         map[uint64]string // start functions by address
	state         State
	all           *goroutines // nil until they are asked for
}

// links says where in the second batch the things are to which an M points; -1: to nothing.
type links struct{ curg, lockedg, preemptoff, preemptoffLen int }

const (
	attempts      = 10
	maxProcs      = 1 << 16
	maxThreads    = 1 << 20
	maxNames      = 4096
	runqLength    = 256    // runtime2.go: p.runq
	gscan         = 0x1000 // runtime2.go: _Gscan, a flag on the status
	gSyscall      = 3
	gLastStatus   = 11 // _Gdeadextra, the last one of Go 1.26
	preemptoffMax = 31
)

// The values of p.status, runtime2.go.
const (
	pIdle = iota
	pRunning
	pSyscall // until Go 1.25
	pGCStop
	pDead
)

// torn is the error of a reading that contradicts itself; the text names the field.
type torn string

func (t torn) Error() string {
	return "the scheduler's memory makes no sense at " + string(t) +
		": it changed during every one of the reads, or this program has another layout"
}

// View reads everything anew and calls do with it; the state is do's until it returns. A reading that
// contradicts itself is thrown away and tried again; if it never fits, that is the error.
func (r *Reader) View(do func(s *State)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	for i := 0; i < attempts; i++ {
		if err = r.attempt(); err == nil {
			do(&r.state)
			return nil
		}
		if i >= attempts/2 {
			runtime.Gosched()
		}
	}
	return err
}

func (r *Reader) attempt() error {
	b := &r.first
	b.reset()
	allp := b.add(r.allp, 16)
	allm := b.add(r.allm, 8)
	allglen := b.add(r.allglen, 8)
	gomaxprocs := b.add(r.gomaxprocs, 4)
	array := b.add(r.allpArray, 8*len(r.ps))
	sched := b.object(r.schedAt, r.schedSpans)
	ps, ms := b.objects(r.ps, r.pSpans), b.objects(r.ms, r.mSpans)
	r.state.MonotonicNS = clock.MonotonicNS()
	r.self = int64(syscall.Gettid())
	if err := b.read(); err != nil {
		r.ps, r.ms = r.ps[:0], r.ms[:0] // start from the roots next time
		return err
	}
	if int64(syscall.Gettid()) != r.self {
		return torn("m of the reader")
	}
	if err := r.checkPs(b.buf[allp:], b.buf[array:]); err != nil {
		return err
	}
	if err := r.checkMs(word(b.buf[allm:]), ms); err != nil {
		return err
	}
	if n := binary.LittleEndian.Uint32(b.buf[gomaxprocs:]); int64(n) != int64(len(r.ps)) {
		return torn("gomaxprocs")
	}
	if err := r.decodeMs(ms); err != nil {
		return err
	}
	if err := r.decodePs(ps); err != nil {
		return err
	}
	return r.decodeSched(b.buf[sched:], word(b.buf[allglen:]), ps)
}
