// Package sched reads the scheduler's state of the process it runs in: what
// GODEBUG=schedtrace=1000,scheddetail=1 would print, and idle time.
//
// The runtime offers no way to ask for it, so the memory is read where the runtime keeps it. Three
// things make that safe. Addresses and offsets come from the program itself (its symbol table or, when
// it was stripped, the code of runtime.schedtrace; its run-time type descriptors), only the offsets in
// runtime.schedt from a table made per Go version.
// The reads go through process_vm_readv(2), so that a wrong address is an error and not a crash. And
// everything is checked against what the runtime says by other ways before anything is believed.
package sched

import (
	"math"
	"strconv"

	"schedtop/agent/internal/jsontext"
)

const (
	// Nil is the value of a reference (m=, p=, curg=, lockedg=) that the runtime has as nil.
	Nil = -1
	// Unknown is the value of a field that this version of Go does not have.
	Unknown = math.MinInt64
)

// State is one reading. Names are those of schedtrace where it prints the field.
type State struct {
	MonotonicNS int64 // CLOCK_MONOTONIC just before the read

	GoMaxProcs, IdleProcs, Threads, SpinningThreads, NeedSpinning, IdleThreads, RunQueue int64
	NMIdleLocked, StopWait                                                               int64
	GCWaiting, SysmonWait                                                                bool
	// IdleNS is sched.idleTime plus, for every P idle now, the time since it became so.
	IdleNS            int64
	Goroutines        int64 // as runtime.NumGoroutine counts
	GoroutinesCreated int64 // Unknown before Go 1.26
	MutexWaitNS       int64

	P []P
	M []M // in the order of runtime.allm
}

// P is one processor.
type P struct {
	ID, Status, SchedTick, SyscallTick, M, RunqSize, GFreeCnt, TimersLen int64
	RunNext                                                              bool // a goroutine waits in runnext
	GCWorker                                                             bool // a GC mark worker runs on it
	CurG                                                                 int64
	Lane                                                                 string // what it does; "" if that is unknown, as of the P that does the reading
	Running                                                              string // start function of CurG, "" if there is none
}

// M is one thread of the runtime.
type M struct {
	ID, P, CurG, Mallocing, Throwing, Locks, Dying int64
	Spinning, Blocked, InCgo                       bool
	LockedG                                        int64
	TID                                            int64 // 0 before the thread has started
	CurGStatus                                     int64 // Nil when CurG is
	PreemptOff                                     string
}

// AppendJSON appends the members "sched", "p" and "m" of the answer to GET /v1/sched.
func (s *State) AppendJSON(b []byte) []byte {
	b = append(b, `"sched":{"gomaxprocs":`...)
	b = strconv.AppendInt(b, s.GoMaxProcs, 10)
	b = number(b, `,"idleprocs":`, s.IdleProcs)
	b = number(b, `,"threads":`, s.Threads)
	b = number(b, `,"spinningthreads":`, s.SpinningThreads)
	b = number(b, `,"needspinning":`, s.NeedSpinning)
	b = number(b, `,"idlethreads":`, s.IdleThreads)
	b = number(b, `,"runqueue":`, s.RunQueue)
	b = boolean(b, `,"gcwaiting":`, s.GCWaiting)
	b = number(b, `,"nmidlelocked":`, s.NMIdleLocked)
	b = number(b, `,"stopwait":`, s.StopWait)
	b = boolean(b, `,"sysmonwait":`, s.SysmonWait)
	b = number(b, `,"idle_ns":`, s.IdleNS)
	b = number(b, `,"goroutines":`, s.Goroutines)
	b = number(b, `,"goroutines_created":`, s.GoroutinesCreated)
	b = number(b, `,"mutex_wait_ns":`, s.MutexWaitNS)
	b = append(b, `},"p":[`...)
	for i := range s.P {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.P[i].appendJSON(b)
	}
	b = append(b, `],"m":[`...)
	for i := range s.M {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.M[i].appendJSON(b)
	}
	return append(b, ']')
}

func (p *P) appendJSON(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, p.ID, 10)
	b = number(b, `,"status":`, p.Status)
	b = number(b, `,"schedtick":`, p.SchedTick)
	b = number(b, `,"syscalltick":`, p.SyscallTick)
	b = reference(b, `,"m":`, p.M)
	b = number(b, `,"runqsize":`, p.RunqSize)
	b = number(b, `,"gfreecnt":`, p.GFreeCnt)
	b = number(b, `,"timerslen":`, p.TimersLen)
	b = boolean(b, `,"runnext":`, p.RunNext)
	b = boolean(b, `,"gc_worker":`, p.GCWorker)
	b = reference(b, `,"curg":`, p.CurG)
	if p.Lane != "" {
		b = append(b, `,"lane":"`...)
		b = append(b, p.Lane...)
		b = append(b, '"')
	}
	if p.Running != "" {
		b = append(b, `,"running":`...)
		b = jsontext.AppendString(b, p.Running)
	}
	return append(b, '}')
}

func (m *M) appendJSON(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, m.ID, 10)
	b = reference(b, `,"p":`, m.P)
	b = reference(b, `,"curg":`, m.CurG)
	b = number(b, `,"mallocing":`, m.Mallocing)
	b = number(b, `,"throwing":`, m.Throwing)
	b = append(b, `,"preemptoff":`...)
	b = jsontext.AppendString(b, m.PreemptOff)
	b = number(b, `,"locks":`, m.Locks)
	b = number(b, `,"dying":`, m.Dying)
	b = boolean(b, `,"spinning":`, m.Spinning)
	b = boolean(b, `,"blocked":`, m.Blocked)
	b = reference(b, `,"lockedg":`, m.LockedG)
	if m.TID != 0 {
		b = number(b, `,"tid":`, m.TID)
	}
	b = boolean(b, `,"incgo":`, m.InCgo)
	if m.CurGStatus != Nil {
		b = number(b, `,"curg_status":`, m.CurGStatus)
	}
	return append(b, '}')
}

// number appends a key (with its comma and colon) and a value, or nothing for Unknown: a field that
// is not known is absent, never 0.
func number(b []byte, key string, v int64) []byte {
	if v == Unknown {
		return b
	}
	b = append(b, key...)
	return strconv.AppendInt(b, v, 10)
}

func reference(b []byte, key string, v int64) []byte {
	if v == Nil {
		b = append(b, key...)
		return append(b, "null"...)
	}
	return number(b, key, v)
}

func boolean(b []byte, key string, v bool) []byte {
	b = append(b, key...)
	return strconv.AppendBool(b, v)
}
