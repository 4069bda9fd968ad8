package sched

import "fmt"

// A program without a symbol table still has the runtime's code, and the function that prints the
// scheduler's state refers to all of it: runtime.sched is the base from which most of the references in
// runtime.schedtrace land on fields that the layout knows. How many do is the score, and it proves the
// layout as well.

const (
	missingMax = 2 // fields that need not be found
	leadMin    = 4 // a wrong base explains 4 or 5 references by chance
	codeMax    = 64 << 10
)

// printed are the fields that runtime.schedtrace prints.
func (s *schedtLayout) printed() []field {
	var list []field
	for _, f := range []field{s.npidle, s.nmspinning, s.needspinning, s.nmidle, s.runq_size, s.mnext, s.nmfreed,
		s.gcwaiting, s.nmidlelocked, s.stopwait, s.sysmonwait} {
		if f.off >= 0 {
			list = append(list, f)
		}
	}
	return list
}

// addressesFromCode finds what addressesFromSymbols looks up.
func (r *Reader) addressesFromCode(m *module) error {
	const schedtrace = "runtime.schedtrace"
	// atomicAllG is part of forEachGRace unless the runtime was built without inlining.
	goroutines := []string{"runtime.forEachGRace", "runtime.atomicAllG"}
	functions, err := m.find(append(goroutines, schedtrace)...)
	if err != nil {
		return err
	}
	list, err := m.referencesOf(functions[schedtrace])
	if err != nil {
		return fmt.Errorf("%s, where the scheduler's variables would be found: %w", schedtrace, err)
	}
	var score score
	if r.schedAt, score = findSched(list, r.sched.printed()); !score.good() {
		return fmt.Errorf("the executable has no symbol table, and its code does not tell where the scheduler is: of "+
			"the %d fields that %s prints %d were found, and %d in another place", score.of, schedtrace, score.found,
			score.second)
	}
	sched := region{r.schedAt, r.schedAt + uint64(r.schedtSize())}
	r.gomaxprocs = only(list, sched, isGomaxprocs)
	r.allp = only(list, sched, isAllp)
	r.allm = only(list, sched, isAllm)
	for _, name := range goroutines {
		if code, ok := functions[name]; ok && r.allglen == 0 {
			if list, err := m.referencesOf(code); err == nil {
				r.allglen, r.allgptr = listOfGoroutines(list)
			}
		}
	}
	for name, at := range map[string]uint64{"gomaxprocs": r.gomaxprocs, "allp": r.allp, "allm": r.allm, "allglen": r.allglen} {
		if at == 0 {
			return fmt.Errorf("the executable has no symbol table, and its code does not tell where runtime.%s is", name)
		}
	}
	r.types = m.types
	return nil
}

// referencesOf lists the variables to which a function refers.
func (m *module) referencesOf(code region) ([]operand, error) {
	if code.hi <= code.lo || code.hi-code.lo > codeMax {
		return nil, fmt.Errorf("it is not there")
	}
	b, err := peek(code.lo, int(code.hi-code.lo))
	if err != nil {
		return nil, err
	}
	all, ok := operands(b, code.lo)
	if !ok {
		return nil, fmt.Errorf("its code is not understood")
	}
	list := all[:0]
	for _, one := range all {
		if m.isVariable(one.target) {
			list = append(list, one)
		}
	}
	return list, nil
}

// score says how many of the fields lie where a base would put them, there and in the next best place.
type score struct{ found, second, of int }

func (s score) good() bool { return s.found >= s.of-missingMax && s.found-s.second >= leadMin }

func findSched(list []operand, fields []field) (best uint64, s score) {
	s.of = len(fields)
	for _, f := range fields {
		for _, one := range list {
			base := one.target - uint64(f.off)
			if base == best {
				continue
			}
			switch n := explained(list, fields, base); {
			case n > s.found:
				best, s.found, s.second = base, n, s.found
			case n > s.second:
				s.second = n
			}
		}
	}
	return best, s
}

// explained is how many fields are referred to when schedt begins at base.
func explained(list []operand, fields []field, base uint64) int {
	n := 0
	for _, f := range fields {
		for _, one := range list {
			if one.target-base == uint64(f.off) && (one.taken || one.size == f.size) {
				n++
				break
			}
		}
	}
	return n
}

func isLoaded(list []operand, target uint64, size int) bool {
	loaded := false
	for _, one := range list {
		if one.target == target && one.writes {
			return false // a variable of schedtrace's own
		}
		loaded = loaded || one.target == target && one.size == size
	}
	return loaded
}

// What the kinds of variables look like in schedtrace: allp is a slice, address and length.
func isGomaxprocs(list []operand, at uint64) bool { return isLoaded(list, at, 4) }

func isAllp(list []operand, at uint64) bool {
	return isLoaded(list, at, 8) && isLoaded(list, at+8, 8)
}

func isAllm(list []operand, at uint64) bool {
	return isLoaded(list, at, 8) && !isLoaded(list, at+8, 8) && !isLoaded(list, at-8, 8)
}

// only is the one variable outside of schedt that is such a one; 0: none, or several.
func only(list []operand, sched region, is func([]operand, uint64) bool) uint64 {
	found := uint64(0)
	for _, one := range list {
		switch {
		case sched.holds(one.target, 1) || one.target == found || !is(list, one.target):
		case found != 0:
			return 0
		default:
			found = one.target
		}
	}
	return found
}

// listOfGoroutines is where atomicAllG loads the length and then the address (runtime/proc.go).
func listOfGoroutines(list []operand) (length, address uint64) {
	for _, one := range list {
		if one.size != 8 && !one.taken || one.writes || one.target == length {
			continue // also the load through an address that was taken
		}
		if length != 0 {
			return length, one.target
		}
		length = one.target
	}
	return 0, 0
}
