package sched

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"schedtop/agent/internal/clock"
)

// The text profile of goroutines stops the program for as long as it looks at them; this reads what the
// runtime's list of goroutines and their descriptors hold, and stops nothing.

const (
	groupsMax   = 2000 // that are told; the rest is told by status alone
	samples     = 4
	gGap        = 1024 // copying this many bytes costs less than one more iovec
	gChunk      = 1024 // so many at a time
	allgMax     = 1 << 26
	reasonsMax  = 128
	reasonBytes = 64
	gIdle       = 0
	gWaiting    = 4
	gDead       = 6
	gDeadExtra  = 11
	gKnown      = 1<<1 | 1<<2 | 1<<gSyscall | 1<<gWaiting | 1<<8 | 1<<9 | 1<<10 // copystack, preempted, leaked
)

// goroutines is what a Reader needs for groups, found when they are asked for first.
type goroutines struct {
	err                                error // why they can't be read
	goid, status, reason, gopc, startp field
	span                               span // all of these
	reasons                            []string
	creators, starts                   map[uint64]Place
	system                             map[uint64]bool

	read      batch
	addresses []uint64
	places    []int
}

type groupKey struct {
	status, reason uint8
	creator, start uint64
}

// Groups reads all goroutines, and puts those together that have in common what they wait for and who
// made them.
func (r *Reader) Groups() (*Groups, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	runtime.LockOSThread() // whose processor time is counted
	defer runtime.UnlockOSThread()
	began := threadTime()
	if r.all == nil {
		r.all = new(goroutines)
		r.all.err = r.prepareGroups(r.all)
	}
	if r.all.err != nil {
		return nil, r.all.err
	}
	before := int64(runtime.NumGoroutine())
	out := &Groups{MonotonicNS: clock.MonotonicNS()}
	counted, err := r.countGroups(out)
	if err != nil {
		return nil, err
	}
	if err := believable(out.Count, before, int64(runtime.NumGoroutine())); err != nil {
		return nil, err
	}
	r.nameGroups(out, counted)
	out.CostNS = threadTime() - began
	return out, nil
}

func threadTime() int64 {
	const rusageThread = 1
	var usage syscall.Rusage
	if syscall.Getrusage(rusageThread, &usage) != nil {
		return 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func (r *Reader) prepareGroups(a *goroutines) error {
	typ, err := r.types.open("g")
	if err != nil {
		return err
	}
	for _, f := range []struct {
		to   *field
		name string
	}{{&a.goid, "goid"}, {&a.status, "atomicstatus"}, {&a.reason, "waitreason"}, {&a.gopc, "gopc"}, {&a.startp, "startpc"}} {
		if err := typ.find(f.to, false, f.name); err != nil {
			return err
		}
		if end := f.to.off + f.to.size; a.span.size == 0 {
			a.span = span{f.to.off, f.to.size}
		} else {
			lo, hi := min(a.span.off, f.to.off), max(a.span.off+a.span.size, end)
			a.span = span{lo, hi - lo}
		}
	}
	for _, f := range []*field{&a.goid, &a.status, &a.reason, &a.gopc, &a.startp} {
		f.off -= a.span.off
	}
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("the executable can't be opened: %w", err)
	}
	defer exe.Close()
	minor, err := goMinor(runtime.Version())
	if err != nil {
		return err
	}
	m, err := findModule(exe, minor)
	if err != nil {
		return err
	}
	a.reasons, err = m.waitReasons()
	return err
}

// waitReasons reads runtime.waitReasonStrings, which begins with the same three since Go 1.8. Where it ends
// nobody says: it goes on as long as there are words.
func (m *module) waitReasons() ([]string, error) {
	beginning := []string{"", "GC assist marking", "IO wait"}
	const header = 16 // of a string: address, length
	at := uint64(0)
	for _, r := range m.variables {
		err := r.windows(len(beginning)*header, func(w []byte, base uint64) {
			for i := int(-base & 7); at == 0 && i+len(beginning)*header <= len(w); i += 8 {
				same := true
				for k, text := range beginning {
					same = same && word(w[i+k*header+8:]) == uint64(len(text))
				}
				for k := 1; same && k < len(beginning); k++ {
					text, err := peek(word(w[i+k*header:]), len(beginning[k]))
					same = err == nil && string(text) == beginning[k]
				}
				if same {
					at = base + uint64(i)
				}
			}
		})
		if err != nil || at != 0 {
			break
		}
	}
	if at == 0 {
		return nil, fmt.Errorf("the runtime's list of wait reasons was not found")
	}
	list := []string{""}
	for len(list) < reasonsMax {
		head, err := peek(at+uint64(len(list)*header), header)
		if err != nil {
			break
		}
		n := word(head[8:])
		if n == 0 || n > reasonBytes {
			break
		}
		text, err := peek(word(head), int(n))
		if err != nil || strings.ContainsFunc(string(text), func(c rune) bool { return c < ' ' || c > '~' }) {
			break
		}
		list = append(list, string(text))
	}
	return list, nil
}

// join adds n bytes at address, which is no lower than any before, to the last range if it is close.
func (b *batch) join(address uint64, n int) int {
	if k := len(b.ranges) - 1; k >= 0 {
		last := &b.ranges[k]
		end := uint64(last.base + last.size)
		if address <= end+gGap {
			at := b.size - int(last.size) + int(address-uint64(last.base))
			if more := int(address) + n - int(end); more > 0 {
				last.size += uintptr(more)
				b.size += more
			}
			return at
		}
	}
	return b.add(address, n)
}

// countGroups reads the list of goroutines, which only grows and is never freed: the length first, as
// runtime.atomicAllG does.
func (r *Reader) countGroups(out *Groups) (map[groupKey]*Group, error) {
	length, err := peek(r.allglen, 8)
	if err != nil {
		return nil, err
	}
	list, err := peek(r.allgptr, 8)
	if err != nil {
		return nil, err
	}
	n, at := word(length), word(list)
	if n == 0 || n > allgMax || !plausible(at) {
		return nil, torn("allgs")
	}
	counted := make(map[groupKey]*Group)
	var bad error
	err = region{at, at + 8*n}.windows(0, func(w []byte, _ uint64) {
		for len(w) >= 8 && bad == nil {
			part := w[:min(len(w), 8*gChunk)]
			w = w[len(part):]
			bad = r.countPart(out, counted, part)
		}
	})
	if err == nil {
		err = bad
	}
	return counted, err
}

// countPart reads those to which a part of the list points. Its buffers stay, so that no garbage is made of them.
func (r *Reader) countPart(out *Groups, counted map[groupKey]*Group, part []byte) error {
	a := r.all
	a.addresses, a.places = a.addresses[:0], a.places[:0]
	for ; len(part) >= 8; part = part[8:] {
		if g := word(part); plausible(g) {
			a.addresses = append(a.addresses, g)
		} else {
			out.Dropped++
		}
	}
	slices.Sort(a.addresses)
	a.read.reset()
	for _, g := range a.addresses {
		a.places = append(a.places, a.read.join(g+uint64(a.span.off), a.span.size))
	}
	if err := a.read.read(); err != nil {
		return err
	}
	for _, place := range a.places {
		r.count(out, counted, a.read.buf[place:place+a.span.size])
	}
	return nil
}

// count adds one goroutine.
func (r *Reader) count(out *Groups, counted map[groupKey]*Group, g []byte) {
	a := r.all
	status := a.status.unsigned(g) &^ gscan
	switch id := a.goid.signed(g); {
	case status == gIdle || status == gDead || status == gDeadExtra:
		return
	case status > gLastStatus || gKnown>>status&1 == 0 || id <= 0:
		out.Dropped++
		return
	default:
		key := groupKey{status: uint8(status), creator: a.gopc.unsigned(g), start: a.startp.unsigned(g)}
		if status == gWaiting {
			key.reason = uint8(a.reason.unsigned(g))
		}
		if id == 1 {
			key.creator = 0 // the runtime made it, by no go statement
		}
		group := counted[key]
		if group == nil {
			group = &Group{Status: int64(status), System: r.isSystem(key.start)}
			counted[key] = group
		}
		group.Count++
		if len(group.GoIDs) < samples {
			group.GoIDs = append(group.GoIDs, id)
		}
		if group.System {
			out.SystemCount++
		} else {
			out.Count++
		}
	}
}

// believable compares with what the runtime says: it is the proof that the list is the right one.
func believable(count, before, after int64) error {
	lo, hi := min(before, after), max(before, after)
	if slack := 16 + hi/4; count < lo-slack || count > hi+slack {
		return fmt.Errorf("the list of goroutines has %d, the runtime says %d", count, after)
	}
	return nil
}

// nameGroups sorts the largest first and names them; what is more than groupsMax is put together by status.
func (r *Reader) nameGroups(out *Groups, counted map[groupKey]*Group) {
	keys := make([]groupKey, 0, len(counted))
	for key := range counted {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b groupKey) int { return int(counted[b].Count - counted[a].Count) })
	type rest struct {
		status int64
		system bool
	}
	others := map[rest]int{}
	for i, key := range keys {
		g := counted[key]
		if i < groupsMax {
			if int(key.reason) < len(r.all.reasons) {
				g.Reason = r.all.reasons[key.reason]
			}
			g.Creator, g.Start = r.creator(key.creator), r.start(key.start)
			out.List = append(out.List, *g)
			continue
		}
		k, ok := others[rest{g.Status, g.System}]
		if !ok {
			k = len(out.List)
			others[rest{g.Status, g.System}] = k
			out.List = append(out.List, Group{Status: g.Status, System: g.System, GoIDs: g.GoIDs})
		}
		out.List[k].Count += g.Count
	}
}

// isSystem is runtime.isSystemGoroutine, by the start function. The goroutine of finalizers counts as the
// runtime's even while it calls back: so does schedt.ngsys.
func (r *Reader) isSystem(start uint64) bool {
	system, ok := r.all.system[start]
	if ok {
		return system
	}
	switch name := r.funcName(start); name {
	case "runtime.main", "runtime.corostart", "runtime.handleAsyncEvent":
	default:
		system = strings.HasPrefix(name, "runtime.")
	}
	if r.all.system == nil || len(r.all.system) >= maxNames {
		r.all.system = make(map[uint64]bool)
	}
	r.all.system[start] = system
	return system
}

// creator names the go statement as the runtime's own traces do (traceback.go: printcreatedby1): the
// function that was compiled, and the line even of one that was inlined into it.
func (r *Reader) creator(pc uint64) Place {
	if place, ok := r.all.creators[pc]; ok {
		return place
	}
	var place Place
	if f := runtime.FuncForPC(uintptr(pc)); pc != 0 && f != nil {
		place.Function = f.Name()
		if outer := runtime.FuncForPC(f.Entry()); outer != nil {
			place.Function = outer.Name()
		}
		call := uintptr(pc)
		if call > f.Entry() {
			call--
		}
		if inner := runtime.FuncForPC(call); inner != nil {
			place.File, place.Line = inner.FileLine(call)
		}
	}
	r.all.creators = remember(r.all.creators, pc, place)
	return place
}

func (r *Reader) start(pc uint64) Place {
	if place, ok := r.all.starts[pc]; ok {
		return place
	}
	var place Place
	if f := runtime.FuncForPC(uintptr(pc)); pc != 0 && f != nil {
		place.Function = f.Name()
		place.File, place.Line = f.FileLine(uintptr(pc))
	}
	r.all.starts = remember(r.all.starts, pc, place)
	return place
}

func remember(places map[uint64]Place, pc uint64, place Place) map[uint64]Place {
	if places == nil || len(places) >= maxNames {
		places = make(map[uint64]Place)
	}
	places[pc] = place
	return places
}
