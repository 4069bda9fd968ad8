package sched

import (
	"encoding/binary"
	"math"
	"runtime"
)

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// plausible says whether an address can be that of an object of the runtime.
func plausible(address uint64) bool { return address >= 4096 && address < 1<<47 && address%8 == 0 }

// checkPs compares runtime.allp with what it was assumed to be, and learns it anew if it is not.
func (r *Reader) checkPs(allp, array []byte) error {
	at, n := word(allp), word(allp[8:])
	if n == 0 || n > maxProcs || !plausible(at) {
		return torn("allp")
	}
	same := at == r.allpArray && n == uint64(len(r.ps))
	for i := 0; same && i < len(r.ps); i++ {
		same = word(array[8*i:]) == r.ps[i]
	}
	if same {
		return nil
	}
	r.ps = r.ps[:0]
	list, err := peek(at, int(n)*8)
	if err != nil {
		return err
	}
	r.allpArray = at
	for i := 0; i < int(n); i++ {
		p := word(list[8*i:])
		if !plausible(p) {
			r.ps = r.ps[:0]
			return torn("allp")
		}
		r.ps = append(r.ps, p)
	}
	return torn("allp") // once more, with the Ps known
}

// checkMs does the same for the list that begins at runtime.allm. New Ms come at its front and few
// ever leave it, so only the part that is not as it was is followed link by link.
func (r *Reader) checkMs(head uint64, ms packed) error {
	good, next := 0, head
	for good < len(r.ms) && r.ms[good] == next {
		next = r.m.alllink.unsigned(ms.object(good))
		good++
	}
	if good == len(r.ms) && next == 0 && good > 0 {
		return nil
	}
	old := make(map[uint64]int, len(r.ms))
	for i, m := range r.ms[good:] {
		old[m] = good + i
	}
	list := append(make([]uint64, 0, len(r.ms)+16), r.ms[:good]...)
	for next != 0 {
		if i, ok := old[next]; ok {
			list = append(list, r.ms[i:]...) // the next read shows whether the rest is as it was
			break
		}
		if !plausible(next) || len(list) >= maxThreads {
			return torn("allm")
		}
		r.second.reset()
		m := r.second.objects([]uint64{next}, r.mSpans)
		if err := r.second.read(); err != nil {
			return err
		}
		list = append(list, next)
		next = r.m.alllink.unsigned(m.object(0))
	}
	r.ms = list
	r.mIndex = make(map[uint64]int, len(list))
	for i, m := range list {
		r.mIndex[m] = i
	}
	return torn("allm")
}

// decodeMs fills state.M, reading the goroutines and strings to which the Ms point.
func (r *Reader) decodeMs(ms packed) error {
	f, b := &r.m, &r.second
	b.reset()
	r.links = r.links[:0]
	for i := range r.ms {
		m := ms.object(i)
		l := links{curg: -1, lockedg: -1, preemptoff: -1}
		for _, g := range []struct {
			field field
			to    *int
		}{{f.curg, &l.curg}, {f.lockedg, &l.lockedg}} {
			if at := g.field.unsigned(m); at != 0 {
				if !plausible(at) {
					return torn("m.curg")
				}
				*g.to = b.object(at, r.gSpans)
			}
		}
		if at, n := word(m[f.preemptoff.off:]), word(m[f.preemptoff.off+8:]); n != 0 {
			if n > preemptoffMax {
				n = preemptoffMax
			}
			l.preemptoff, l.preemptoffLen = b.add(at, int(n)), int(n)
		}
		r.links = append(r.links, l)
	}
	if err := b.read(); err != nil {
		return err
	}
	r.state.M = r.state.M[:0]
	for i, l := range r.links {
		m := ms.object(i)
		out := M{
			ID: f.id.signed(m), P: Nil, CurG: Nil, LockedG: Nil, CurGStatus: Nil,
			Mallocing: f.mallocing.signed(m), Throwing: f.throwing.signed(m),
			Locks: f.locks.signed(m), Dying: f.dying.signed(m),
			Spinning: f.spinning.boolean(m), Blocked: f.blocked.boolean(m), InCgo: f.incgo.boolean(m),
			TID: f.procid.signed(m),
		}
		if out.ID < 0 || out.ID > math.MaxInt32 || out.TID < 0 || out.TID > math.MaxInt32 {
			return torn("m.id")
		}
		if p := f.p.unsigned(m); p != 0 {
			if out.P = int64(r.indexOfP(p)); out.P < 0 {
				return torn("m.p")
			}
		}
		if l.curg >= 0 {
			g := b.buf[l.curg:]
			out.CurG = r.g.goid.signed(g)
			out.CurGStatus = r.g.status.signed(g) &^ gscan
			if out.CurGStatus < 0 || out.CurGStatus > gLastStatus {
				return torn("g.atomicstatus")
			}
		}
		if l.lockedg >= 0 {
			out.LockedG = r.g.goid.signed(b.buf[l.lockedg:])
		}
		if out.CurG < Nil || out.LockedG < Nil {
			return torn("g.goid")
		}
		if l.preemptoff >= 0 {
			out.PreemptOff = string(b.buf[l.preemptoff : l.preemptoff+l.preemptoffLen])
		}
		r.state.M = append(r.state.M, out)
	}
	return nil
}

func (r *Reader) indexOfP(address uint64) int {
	for i, p := range r.ps {
		if p == address {
			return i
		}
	}
	return -1
}

// decodePs fills state.P. The Ms are known already.
func (r *Reader) decodePs(ps packed) error {
	f := &r.p
	r.state.P = r.state.P[:0]
	for i := range r.ps {
		p := ps.object(i)
		out := P{
			ID: f.id.signed(p), Status: int64(f.status.unsigned(p)), M: Nil, CurG: Nil,
			SchedTick: int64(f.schedtick.unsigned(p)), SyscallTick: int64(f.syscalltick.unsigned(p)),
			RunqSize: int64(uint32(f.runqtail.unsigned(p)) - uint32(f.runqhead.unsigned(p))),
			GFreeCnt: f.gfree.signed(p), TimersLen: f.timers.signed(p),
			RunNext: f.runnext.boolean(p),
		}
		switch {
		case out.ID != int64(i):
			return torn("p.id")
		case out.Status > pDead:
			return torn("p.status")
		case out.RunqSize > runqLength:
			return torn("p.runq")
		case out.GFreeCnt < 0 || out.TimersLen < 0 || out.TimersLen > 1<<40:
			return torn("p.timers")
		}
		incgo, status, reader := false, int64(Nil), false
		if at := f.m.unsigned(p); at != 0 {
			k, ok := r.mIndex[at]
			if !ok {
				return torn("p.m")
			}
			m := &r.state.M[k]
			out.M, out.CurG, incgo, status = m.ID, m.CurG, m.InCgo, m.CurGStatus
			reader = m.TID == r.self
			if out.Status == pIdle {
				out.CurG = Nil // the M is just leaving
			}
			if l := r.links[k]; out.CurG != Nil {
				out.Running = r.funcName(r.g.startpc.unsigned(r.second.buf[l.curg:]))
				out.GCWorker = f.gcMarkWorkerMode.boolean(p)
			}
		}
		// What this P would do if nobody looked can't be known: it is busy looking.
		if !reader {
			out.Lane = lane(&out, incgo, status)
		}
		r.state.P = append(r.state.P, out)
	}
	return nil
}

// lane says what a P does. Since Go 1.26 there is no _Psyscall: a P whose goroutine is in a system call
// stays _Prunning until it is taken away, so the goroutine's status tells.
func lane(p *P, incgo bool, status int64) string {
	switch p.Status {
	case pIdle:
		return "idle"
	case pSyscall:
		return "syscall"
	case pGCStop:
		return "gc"
	case pDead:
		return ""
	}
	switch {
	case p.M == Nil || p.CurG == Nil:
		return "scheduler"
	case incgo || status == gSyscall:
		return "syscall"
	case p.GCWorker:
		return "gc"
	}
	return "running"
}

// funcName names the function at an address of which we only hope that it is one.
func (r *Reader) funcName(pc uint64) string {
	if name, ok := r.names[pc]; ok {
		return name
	}
	name := ""
	if f := runtime.FuncForPC(uintptr(pc)); f != nil {
		name = f.Name()
	}
	if r.names == nil || len(r.names) >= maxNames {
		r.names = make(map[uint64]string)
	}
	r.names[pc] = name
	return name
}

// decodeSched fills the rest.
func (r *Reader) decodeSched(b []byte, allglen uint64, ps packed) error {
	f, s := &r.sched, &r.state
	s.GoMaxProcs = int64(len(r.ps))
	s.IdleProcs = f.npidle.signed(b)
	s.Threads = f.mnext.signed(b) - f.nmfreed.signed(b) // proc.go: mcount
	s.SpinningThreads = f.nmspinning.signed(b)
	s.NeedSpinning = f.needspinning.signed(b)
	s.IdleThreads = f.nmidle.signed(b)
	s.RunQueue = f.runq_size.signed(b)
	s.GCWaiting = f.gcwaiting.boolean(b)
	s.NMIdleLocked = f.nmidlelocked.signed(b)
	s.StopWait = f.stopwait.signed(b)
	s.SysmonWait = f.sysmonwait.boolean(b)
	s.IdleNS = f.idleTime.signed(b)
	s.MutexWaitNS = f.totalMutexWaitTime.signed(b)
	s.GoroutinesCreated = f.goroutinesCreated.signed(b)

	// proc.go: gcount
	s.Goroutines = int64(allglen) - f.ngsys.signed(b)
	for _, free := range []field{f.gfree_n, f.gfree_stack, f.gfree_nostack} {
		if free.off >= 0 {
			s.Goroutines -= free.signed(b)
		}
	}
	for i := range r.ps {
		p := ps.object(i)
		s.Goroutines -= s.P[i].GFreeCnt
		if created := r.p.goroutinesCreated; created.off >= 0 && s.GoroutinesCreated != Unknown {
			s.GoroutinesCreated += created.signed(p)
		}
		s.IdleNS += idleSince(r.p.limiterEvent.unsigned(p), s.MonotonicNS)
	}
	if s.Goroutines < 1 { // the counts are read at different moments; one runs for certain
		s.Goroutines = 1
	}

	procs, threads, listed := s.GoMaxProcs, s.Threads, int64(len(r.ms))
	for _, check := range []struct {
		name      torn
		v, lo, hi int64
	}{
		// proc.go, mexit: an M leaves allm before it is counted as freed, and m0 is counted and never leaves.
		{"sched.mnext", threads, listed - 1, 2*listed + 64},
		{"sched.npidle", s.IdleProcs, 0, procs},
		{"sched.nmspinning", s.SpinningThreads, 0, threads},
		{"sched.needspinning", s.NeedSpinning, 0, 1},
		{"sched.nmidle", s.IdleThreads, 0, threads},
		{"sched.nmidlelocked", s.NMIdleLocked, -threads, threads},
		{"sched.runq", s.RunQueue, 0, int64(allglen)},
		{"sched.stopwait", s.StopWait, 0, procs},
		{"sched.idleTime", s.IdleNS, 0, math.MaxInt64},
		{"sched.totalMutexWaitTime", s.MutexWaitNS, 0, math.MaxInt64},
		{"allglen", s.Goroutines, 1, math.MaxInt32},
	} {
		if check.v < check.lo || check.v > check.hi {
			return check.name
		}
	}
	return nil
}

// idleSince is the time since an idle P became so, 0 for others. The stamp is a type in the upper three
// bits and the lower bits of nanotime (mgclimit.go: limiterEventStamp).
func idleSince(stamp uint64, now int64) int64 {
	const (
		typeShift = 61
		typeMask  = uint64(7) << typeShift
		typeIdle  = 4 // limiterEventIdle
	)
	if stamp>>typeShift != typeIdle {
		return 0
	}
	start := int64(uint64(now)&typeMask | stamp&^typeMask)
	if now < start {
		return 0
	}
	return now - start
}
