package sched

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
)

// region is a range of this process's memory.
type region struct{ lo, hi uint64 }

func (r region) holds(address uint64, n int) bool {
	return address >= r.lo && address <= r.hi && uint64(n) <= r.hi-address
}

// windows calls do with one piece of the region after the other; each goes on into the next one for
// `overlap` bytes.
func (r region) windows(overlap int, do func(w []byte, at uint64)) error {
	const size = 64 << 10
	var b batch
	for at := r.lo; at < r.hi; at += size {
		n := r.hi - at
		if n > size+uint64(overlap) {
			n = size + uint64(overlap)
		}
		b.reset()
		b.add(at, int(n))
		if err := b.read(); err != nil {
			return err
		}
		do(b.buf, at)
	}
	return nil
}

// module is what a program that was linked without a symbol table still tells of itself, for the
// runtime's own needs: runtime.moduledata.
type module struct {
	text             region
	variables        [4]region // noptrdata, data, bss, noptrbss
	types            types
	names, functions region // funcnametab, pclntable
	table            region // ftab: where functions begin, and their places in pclntable
}

// Numbers of the words of runtime.moduledata, runtime/symtab.go.
const (
	wordNames     = 1 // slices: address, length, capacity
	wordFunctions = 13
	wordTable     = 16
	wordText      = 22
	wordVariables = 24
	moduleWords   = 44
	moduleBytes   = 8 * moduleWords
	ftabEntry     = 8
	tableMax      = 1 << 31
)

// Where the module data may be, and the table it begins with; position-independent executables kept both
// where the loader relocates until Go 1.25.
var (
	moduleHomes  = []string{".go.module", ".noptrdata", ".data", ".data.rel.ro"}
	pclntabHomes = []string{".gopclntab", ".data.rel.ro.gopclntab"}
)

// findModule looks for the module data of the executable.
func findModule(exe *os.File, minor int) (*module, error) {
	f, err := elf.NewFile(exe)
	if err != nil {
		return nil, fmt.Errorf("the executable can't be parsed: %w", err)
	}
	entry, err := entryPoint()
	if err != nil {
		return nil, err
	}
	bias := entry - f.Entry
	var pclntab *elf.Section
	for _, name := range pclntabHomes {
		if s := f.Section(name); s != nil && pclntab == nil {
			pclntab = s
		}
	}
	if pclntab == nil {
		return nil, fmt.Errorf("the executable has neither a symbol table nor a section .gopclntab")
	}
	pattern := binary.LittleEndian.AppendUint64(nil, pclntab.Addr+bias)
	var found *module
	for _, name := range moduleHomes {
		s := f.Section(name)
		if s == nil || found != nil {
			continue
		}
		home := region{s.Addr + bias, s.Addr + s.Size + bias}
		err := home.windows(moduleBytes, func(w []byte, at uint64) {
			for from := 0; found == nil; {
				k := bytes.Index(w[from:], pattern)
				if k < 0 || from+k+moduleBytes > len(w) {
					return
				}
				if (at+uint64(from+k))%8 == 0 {
					found = acceptModule(w[from+k:], minor)
				}
				from += k + 1
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, fmt.Errorf("the executable has no symbol table, and no module data of the runtime was found")
	}
	return found, nil
}

// entryPoint is where the kernel started the program: AT_ENTRY of the auxiliary vector.
func entryPoint() (uint64, error) {
	const atEntry = 9
	auxv, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return 0, fmt.Errorf("where the executable is loaded is unknown: %w", err)
	}
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if word(auxv) == atEntry {
			return word(auxv[8:]), nil
		}
	}
	return 0, fmt.Errorf("where the executable is loaded is unknown: /proc/self/auxv has no AT_ENTRY")
}

// acceptModule checks all that can be checked; nil: that is no module data.
func acceptModule(b []byte, minor int) *module {
	at := func(i int) uint64 { return word(b[8*i:]) }
	wordTypes, wordEtypes := 37, 38
	if minor >= 27 {
		wordEtypes = 39
	}
	m := &module{text: region{at(wordText), at(wordText + 1)}}
	m.types.region = region{at(wordTypes), at(wordEtypes)}
	good := m.text.lo < m.text.hi && m.types.lo != 0 && m.types.lo%8 == 0 &&
		m.types.lo < m.types.hi && m.types.hi-m.types.lo <= 1<<30
	for i := range m.variables {
		r := region{at(wordVariables + 2*i), at(wordVariables + 2*i + 1)}
		good = good && r.lo <= r.hi
		m.variables[i] = r
	}
	for _, slice := range []struct {
		to    *region
		index int
		bytes uint64
	}{{&m.names, wordNames, 1}, {&m.functions, wordFunctions, 1}, {&m.table, wordTable, ftabEntry}} {
		address, length := at(slice.index), at(slice.index+1)
		good = good && length != 0 && length <= at(slice.index+2) && length <= tableMax/slice.bytes && address < 1<<47
		*slice.to = region{address, address + length*slice.bytes}
	}
	if !good {
		return nil
	}
	return m
}

// isVariable says whether something of the program's own stands there, and not code or constants.
func (m *module) isVariable(address uint64) bool {
	for _, r := range m.variables {
		if address >= r.lo && address < r.hi {
			return true
		}
	}
	return false
}

// find returns the code of functions by their names; one that is not there is missing in the result.
func (m *module) find(names ...string) (map[string]region, error) {
	where, err := m.findNames(names)
	if err != nil {
		return nil, err
	}
	found := make(map[string]region, len(names))
	var records batch
	var bad error
	// The last entry says where the last function ends.
	err = m.table.windows(ftabEntry, func(w []byte, _ uint64) {
		n := len(w)/ftabEntry - 1
		if n < 1 || bad != nil {
			return
		}
		entry := func(i int) uint64 { return m.text.lo + uint64(binary.LittleEndian.Uint32(w[i*ftabEntry:])) }
		record := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(w[i*ftabEntry+4:])) }
		// Records follow one another as the functions do: one read serves all.
		first, end := record(0), record(n-1)+8
		if end < first || end-first > 16<<20 || end > m.functions.hi-m.functions.lo {
			bad = fmt.Errorf("the table of functions is not what it was")
			return
		}
		records.reset()
		records.add(m.functions.lo+first, int(end-first))
		if bad = records.read(); bad != nil {
			return
		}
		for i := 0; i < n; i++ {
			at := record(i) - first
			if record(i) < first || at+8 > uint64(len(records.buf)) {
				continue
			}
			name, wanted := where[binary.LittleEndian.Uint32(records.buf[at+4:])] // _func.nameOff
			code := region{entry(i), entry(i + 1)}
			if wanted && code.lo < code.hi && code.hi <= m.text.hi {
				found[name] = code
			}
		}
	})
	if err == nil {
		err = bad
	}
	return found, err
}

// findNames returns the offsets at which the names stand in the table of names.
func (m *module) findNames(names []string) (map[uint32]string, error) {
	where := make(map[uint32]string, len(names))
	patterns, longest := make([][]byte, len(names)), 0
	for i, name := range names {
		patterns[i] = append(append([]byte{0}, name...), 0)
		if len(patterns[i]) > longest {
			longest = len(patterns[i])
		}
	}
	err := m.names.windows(longest, func(w []byte, at uint64) {
		for i, pattern := range patterns {
			if k := bytes.Index(w, pattern); k >= 0 {
				where[uint32(at-m.names.lo)+uint32(k)+1] = names[i]
			}
		}
	})
	return where, err
}
