package sched

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errStripped says that there is no symbol table: built with -ldflags=-s, or by "go run" or "go test".
var errStripped = errors.New("the executable has no symbol table")

type symbol struct{ value, size uint64 }

// findSymbols looks the names up in the symbol table of an ELF file. It works on windows of the file
// instead of using File.Symbols, which would leave tens of megabytes of garbage in a large program.
func findSymbols(file io.ReaderAt, names []string) (map[string]symbol, error) {
	f, err := elf.NewFile(file)
	if err != nil {
		return nil, fmt.Errorf("the executable can't be parsed: %w", err)
	}
	table := f.SectionByType(elf.SHT_SYMTAB)
	if table == nil || int(table.Link) >= len(f.Sections) {
		return nil, errStripped
	}
	where, err := findStrings(f.Sections[table.Link], names)
	if err != nil {
		return nil, err
	}
	found := make(map[string]symbol, len(names))
	const entry = 24 // sizeof(Elf64_Sym)
	err = windows(table, 0, entry, func(w []byte, _ uint64) {
		for ; len(w) >= entry; w = w[entry:] {
			name, wanted := where[binary.LittleEndian.Uint32(w)]
			if wanted && binary.LittleEndian.Uint16(w[6:]) != uint16(elf.SHN_UNDEF) {
				found[name] = symbol{binary.LittleEndian.Uint64(w[8:]), binary.LittleEndian.Uint64(w[16:])}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, ok := found[name]; !ok {
			return nil, fmt.Errorf("the executable has no symbol %s: its Go runtime is not there", name)
		}
	}
	return found, nil
}

// findStrings returns all offsets in a string table at which one of the names stands or ends: linkers
// may let a short name share the tail of a longer one.
func findStrings(table *elf.Section, names []string) (map[uint32]string, error) {
	where := make(map[uint32]string, len(names))
	patterns := make([][]byte, len(names))
	longest := 0
	for i, name := range names {
		patterns[i] = append([]byte(name), 0)
		if len(patterns[i]) > longest {
			longest = len(patterns[i])
		}
	}
	err := windows(table, longest-1, 1, func(w []byte, at uint64) {
		for i, pattern := range patterns {
			for from := 0; ; {
				k := bytes.Index(w[from:], pattern)
				if k < 0 {
					break
				}
				where[uint32(at)+uint32(from+k)] = names[i]
				from += k + 1
			}
		}
	})
	return where, err
}

// windows calls do with one piece of the section after the other. Pieces begin at multiples of unit
// and repeat the last `overlap` bytes of the piece before.
func windows(s *elf.Section, overlap, unit int, do func(w []byte, at uint64)) error {
	size := (64 << 10) / unit * unit
	buf := make([]byte, size+overlap)
	for at := uint64(0); at < s.Size; at += uint64(size) {
		n, err := s.ReadAt(buf, int64(at))
		if err != nil && err != io.EOF {
			return fmt.Errorf("section %s of the executable: %w", s.Name, err)
		}
		do(buf[:n], at)
	}
	return nil
}
