package sched

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Where the members of p, m and g lie that we read. pack has made the offsets those of the bytes read.
type pFields struct {
	id, status, schedtick, syscalltick, m, runqhead, runqtail, runnext, gfree, timers field
	limiterEvent, gcMarkWorkerMode, goroutinesCreated                                 field
}

type mFields struct {
	id, p, curg, mallocing, throwing, preemptoff, locks, dying, spinning, blocked, lockedg field
	procid, incgo, alllink                                                                 field
}

type gFields struct{ goid, status, startpc field }

// Open finds the runtime's data in this process. The error is one sentence that says why it can't be
// read; it will not change while the process lives.
func Open() (*Reader, error) {
	minor, err := goMinor(runtime.Version())
	if err != nil {
		return nil, err
	}
	r := new(Reader)
	known := false
	for _, layout := range schedtLayouts {
		if layout.first <= minor && minor <= layout.last {
			r.sched, known = layout, true
		}
	}
	if !known {
		return nil, fmt.Errorf("the layout of the scheduler in %s is not known to this agent", runtime.Version())
	}
	if err := r.findAddresses(minor); err != nil {
		return nil, err
	}
	if err := r.findOffsets(); err != nil {
		return nil, err
	}
	s := &r.sched
	r.schedSpans = pack(&s.nmidle, &s.nmidlelocked, &s.mnext, &s.nmfreed, &s.ngsys, &s.npidle, &s.nmspinning,
		&s.needspinning, &s.runq_size, &s.gfree_stack, &s.gfree_nostack, &s.gfree_n, &s.gcwaiting, &s.stopwait,
		&s.sysmonwait, &s.idleTime, &s.totalMutexWaitTime, &s.goroutinesCreated)
	if err := r.prove(); err != nil {
		return nil, err
	}
	return r, nil
}

// goMinor returns N of "go1.N.P", "go1.Nrc1" or "devel go1.N-abcdef".
func goMinor(version string) (int, error) {
	_, rest, ok := strings.Cut(version, "go1.")
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	minor, err := strconv.Atoi(rest[:end])
	if !ok || err != nil {
		return 0, fmt.Errorf("the Go version %q is not of the form go1.N", version)
	}
	return minor, nil
}

// findAddresses looks up the runtime's variables in the symbol table, or else in the runtime's code.
func (r *Reader) findAddresses(minor int) error {
	exe, err := os.Open("/proc/self/exe") // reaches a deleted or replaced file too
	if err != nil {
		return fmt.Errorf("the executable can't be opened: %w", err)
	}
	defer exe.Close()
	if err := r.addressesFromSymbols(exe); err != errStripped {
		return err
	}
	m, err := findModule(exe, minor)
	if err != nil {
		return err
	}
	if !m.text.holds(uint64(reflect.ValueOf(runtime.GC).Pointer()), 1) {
		return fmt.Errorf("the executable's tables do not describe the Go runtime that runs")
	}
	return r.addressesFromCode(m)
}

func (r *Reader) addressesFromSymbols(exe *os.File) error {
	addresses := []struct {
		name string
		to   *uint64
		size uint64
	}{
		{"runtime.allp", &r.allp, 24},
		{"runtime.allm", &r.allm, 8},
		{"runtime.allglen", &r.allglen, 8},
		{"runtime.allgptr", &r.allgptr, 8},
		{"runtime.gomaxprocs", &r.gomaxprocs, 4},
		// The last member of schedt ends where the variable ends, or this is another layout.
		{"runtime.sched", &r.schedAt, uint64(r.schedtSize())},
		{"runtime.types", &r.types.lo, 0},
		{"runtime.etypes", &r.types.hi, 0},
	}
	const anchor = "runtime.GC"
	names := []string{anchor}
	for _, a := range addresses {
		names = append(names, a.name)
	}
	symbols, err := findSymbols(exe, names)
	if err != nil {
		return err
	}
	// Position-independent executables are loaded anywhere: a function whose address we know tells where.
	bias := uint64(reflect.ValueOf(runtime.GC).Pointer()) - symbols[anchor].value
	if bias%uint64(os.Getpagesize()) != 0 {
		return fmt.Errorf("the executable's symbol table does not describe the Go runtime that runs")
	}
	for _, a := range addresses {
		if a.size != 0 && symbols[a.name].size != a.size {
			return fmt.Errorf("%s has %d bytes in this build of %s, not %d: its layout is not known to this agent",
				a.name, symbols[a.name].size, runtime.Version(), a.size)
		}
		*a.to = symbols[a.name].value + bias
	}
	if r.types.hi <= r.types.lo || r.types.hi-r.types.lo > 1<<32 {
		return fmt.Errorf("the symbol table has no sensible place for the type descriptors")
	}
	return nil
}

func (r *Reader) schedtSize() int {
	end := 0
	s := &r.sched
	for _, f := range []field{s.timeToRun, s.totalMutexWaitTime, s.totalRuntimeLockWaitTime, s.goroutinesCreated} {
		if f.off+f.size > end {
			end = f.off + f.size
		}
	}
	return end
}

// findOffsets asks the type descriptors where the members of p, m and g are.
func (r *Reader) findOffsets() error {
	type want struct {
		to       *field
		optional bool
		paths    []string
	}
	p, m, g := &r.p, &r.m, &r.g
	for _, s := range []struct {
		name  string
		spans *[]span
		wants []want
	}{
		{"p", &r.pSpans, []want{
			{&p.id, false, []string{"id"}},
			{&p.status, false, []string{"status"}},
			{&p.schedtick, false, []string{"schedtick"}},
			{&p.syscalltick, false, []string{"syscalltick"}},
			{&p.m, false, []string{"m"}},
			{&p.runqhead, false, []string{"runqhead"}},
			{&p.runqtail, false, []string{"runqtail"}},
			{&p.runnext, false, []string{"runnext"}},
			{&p.gfree, false, []string{"gFree.size", "gFree.n"}},        // renamed in 1.25
			{&p.timers, false, []string{"timers.heap", "timers"}},       // a struct since 1.23
			{&p.limiterEvent, false, []string{"limiterEvent.stamp"}},    // since 1.19
			{&p.gcMarkWorkerMode, false, []string{"gcMarkWorkerMode"}},  //
			{&p.goroutinesCreated, true, []string{"goroutinesCreated"}}, // since 1.26
		}},
		{"m", &r.mSpans, []want{
			{&m.id, false, []string{"id"}},
			{&m.p, false, []string{"p"}},
			{&m.curg, false, []string{"curg"}},
			{&m.mallocing, false, []string{"mallocing"}},
			{&m.throwing, false, []string{"throwing"}},
			{&m.preemptoff, false, []string{"preemptoff"}},
			{&m.locks, false, []string{"locks"}},
			{&m.dying, false, []string{"dying"}},
			{&m.spinning, false, []string{"spinning"}},
			{&m.blocked, false, []string{"blocked"}},
			{&m.lockedg, false, []string{"lockedg"}},
			{&m.procid, false, []string{"procid"}},
			{&m.incgo, false, []string{"incgo"}},
			{&m.alllink, false, []string{"alllink"}},
		}},
		{"g", &r.gSpans, []want{
			{&g.goid, false, []string{"goid"}},
			{&g.status, false, []string{"atomicstatus"}},
			{&g.startpc, false, []string{"startpc"}},
		}},
	} {
		typ, err := r.types.open(s.name)
		if err != nil {
			return err
		}
		fields := make([]*field, len(s.wants))
		for i, w := range s.wants {
			if err := typ.find(w.to, w.optional, w.paths...); err != nil {
				return err
			}
			fields[i] = w.to
		}
		*s.spans = pack(fields...)
	}
	return nil
}

// prove reads once and compares with what the runtime tells by its interface: it is the proof that
// the addresses and layouts are right.
func (r *Reader) prove() error {
	runtime.LockOSThread() // so that we know which M must be found running this goroutine
	defer runtime.UnlockOSThread()
	tid, before := int64(syscall.Gettid()), int64(runtime.NumGoroutine())
	var verdict error
	err := r.View(func(s *State) {
		after := int64(runtime.NumGoroutine())
		verdict = s.compare(runtime.GOMAXPROCS(0), before, after, tid)
	})
	if err != nil {
		return err
	}
	return verdict
}

func (s *State) compare(procs int, before, after, tid int64) error {
	if int64(procs) != s.GoMaxProcs {
		return fmt.Errorf("the scheduler's memory says GOMAXPROCS=%d, the runtime %d", s.GoMaxProcs, procs)
	}
	lo, hi := before, after
	if lo > hi {
		lo, hi = hi, lo
	}
	if slack := 16 + hi/4; s.Goroutines < lo-slack || s.Goroutines > hi+slack {
		return fmt.Errorf("the scheduler's memory says %d goroutines, the runtime %d", s.Goroutines, after)
	}
	const running = 2 // runtime2.go: _Grunning
	for i := range s.M {
		m := &s.M[i]
		if m.TID == tid && m.P != Nil && m.CurG != Nil && m.CurGStatus == running && m.LockedG == m.CurG {
			return nil
		}
	}
	return fmt.Errorf("the scheduler's memory does not show the thread that reads it")
}
