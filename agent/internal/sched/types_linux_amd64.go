package sched

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The layout of internal/abi.Type, StructType and StructField, the same from Go 1.18 to 1.27.
const (
	typeSize      = 0
	typeTFlag     = 20
	typeKind      = 23
	typeStr       = 40
	typeHeader    = 48 // where the part begins that depends on the kind
	structPkgPath = typeHeader
	structFields  = typeHeader + 8
	structBytes   = typeHeader + 32
	fieldBytes    = 24 // name, type, offset

	kindMask       = 31
	kindSlice      = 23
	kindString     = 24
	kindStruct     = 25
	tflagExtraStar = 2
)

// types is the range in which the linker put the type descriptors and their names.
type types struct{ region }

func (t types) peek(address uint64, n int) ([]byte, error) {
	if n < 0 || !t.holds(address, n) {
		return nil, fmt.Errorf("a type descriptor points outside of the type section")
	}
	return peek(address, n)
}

// findStruct returns the descriptor of the struct type runtime.NAME. Such a type's name is stored as
// "*runtime.NAME" with the flag "without the star". Any package called runtime has types with such a
// name (k8s.io/apimachinery/pkg/runtime is one), so the full package path decides.
func (t types) findStruct(name string) (uint64, error) {
	text := "*runtime." + name
	pattern := append([]byte{byte(len(text))}, text...)
	names := map[uint32]bool{}
	err := t.windows(len(pattern), func(w []byte, at uint64) {
		for from := 0; ; {
			k := bytes.Index(w[from:], pattern)
			if k < 0 {
				return
			}
			if from += k + 1; from >= 2 { // a flag byte precedes the length
				names[uint32(at-t.lo)+uint32(from-2)] = true
			}
		}
	})
	if err != nil {
		return 0, err
	}
	var found []uint64
	err = t.windows(structBytes, func(w []byte, at uint64) {
		for i := int(-at & 7); i+structBytes <= len(w); i += 8 {
			if names[binary.LittleEndian.Uint32(w[i+typeStr:])] && w[i+typeKind]&kindMask == kindStruct &&
				w[i+typeTFlag]&tflagExtraStar != 0 {
				found = append(found, at+uint64(i))
			}
		}
	})
	if err != nil {
		return 0, err
	}
	for _, address := range found {
		w, err := t.peek(address, structBytes)
		if err != nil {
			return 0, err
		}
		path, err := t.name(binary.LittleEndian.Uint64(w[structPkgPath:]))
		if err == nil && path == "runtime" {
			return address, nil
		}
	}
	return 0, fmt.Errorf("the program has no type descriptor of runtime.%s", name)
}

// name reads an abi.Name: a byte of flags, the length as a varint, the text.
func (t types) name(address uint64) (string, error) {
	head, err := t.peek(address, 3)
	if err != nil {
		return "", err
	}
	n, used := binary.Uvarint(head[1:])
	if used <= 0 {
		return "", fmt.Errorf("a name in the type section is longer than names are")
	}
	text, err := t.peek(address+1+uint64(used), int(n))
	return string(text), err
}

type member struct {
	off  uint64
	typ  uint64
	name string
}

// members lists the fields of a struct type.
func (t types) members(typ uint64) ([]member, error) {
	w, err := t.peek(typ, structBytes)
	if err != nil {
		return nil, err
	}
	if w[typeKind]&kindMask != kindStruct {
		return nil, fmt.Errorf("a type of the runtime is not the struct that it was")
	}
	n := binary.LittleEndian.Uint64(w[structFields+8:])
	if n > 1000 {
		return nil, fmt.Errorf("a struct of the runtime has %d fields", n)
	}
	w, err = t.peek(binary.LittleEndian.Uint64(w[structFields:]), int(n)*fieldBytes)
	if err != nil {
		return nil, err
	}
	list := make([]member, n)
	for i := range list {
		f := w[i*fieldBytes:]
		list[i].typ = binary.LittleEndian.Uint64(f[8:])
		list[i].off = binary.LittleEndian.Uint64(f[16:])
		if list[i].name, err = t.name(binary.LittleEndian.Uint64(f)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// structType is one struct of the runtime, opened for look-ups.
type structType struct {
	types
	name    string
	size    uint64
	members []member
}

func (t types) open(name string) (*structType, error) {
	typ, err := t.findStruct(name)
	if err != nil {
		return nil, err
	}
	head, err := t.peek(typ, typeHeader)
	if err != nil {
		return nil, err
	}
	list, err := t.members(typ)
	return &structType{t, name, binary.LittleEndian.Uint64(head[typeSize:]), list}, err
}

// find sets f to the place of a field. Paths are alternatives, the newest name first; a dot leads into
// an embedded struct. The types of internal/runtime/atomic are looked through, a slice gives its length.
// A field that no version need have may be missing: then f.off is -1.
func (s *structType) find(f *field, optional bool, paths ...string) error {
	for _, path := range paths {
		list, parts := s.members, strings.Split(path, ".")
		off := uint64(0)
		for depth := 0; depth < 10; depth++ {
			want := func(name string) bool { return name == "value" || name == "u" } // atomic.X
			if depth < len(parts) {
				want = func(name string) bool { return name == parts[depth] }
			}
			var m *member
			for i := range list {
				if want(list[i].name) {
					m = &list[i]
				}
			}
			if m == nil {
				break
			}
			off += m.off
			head, err := s.peek(m.typ, typeHeader)
			if err != nil {
				return err
			}
			size := binary.LittleEndian.Uint64(head[typeSize:])
			kind := head[typeKind] & kindMask
			if kind == kindStruct {
				if list, err = s.types.members(m.typ); err != nil {
					return err
				}
				continue
			}
			if depth < len(parts)-1 {
				break
			}
			if kind == kindSlice {
				off, size = off+8, 8
			}
			scalar := size == 1 || size == 4 || size == 8 || kind == kindString
			if !scalar || off+size > s.size || s.size > 1<<20 {
				return fmt.Errorf("runtime.%s.%s is not what it was", s.name, path)
			}
			*f = field{int(off), int(size)}
			return nil
		}
	}
	*f = field{-1, 0}
	if optional {
		return nil
	}
	return fmt.Errorf("runtime.%s has no field %s", s.name, strings.Join(paths, " or "))
}
