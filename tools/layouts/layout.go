package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"strings"
)

// field is one member of runtime.schedt that a reader uses.
type field struct {
	name  string // in the tables
	paths string // in the runtime's source, alternatives separated by |
	since int    // first minor version that has it; 0: all
	until int    // last one; 0: it is still there
}

func (f field) in(minor int) bool {
	return minor >= f.since && (f.until == 0 || minor <= f.until)
}

// place is where a field lies in schedt; off is -1 when the release does not have it.
type place struct{ off, size int64 }

var absent = place{-1, 0}

// layout holds a place for each of fields, in that order.
type layout []place

func (l layout) equal(other layout) bool {
	for i := range l {
		if l[i] != other[i] {
			return false
		}
	}
	return true
}

func readLayout(binary string, minor int) (layout, error) {
	file, err := elf.Open(binary)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := file.DWARF()
	if err != nil {
		return nil, err
	}
	schedt, err := typeOfSched(data)
	if err != nil {
		return nil, err
	}
	result := make(layout, len(fields))
	for i, f := range fields {
		result[i] = absent
		for _, path := range strings.Split(f.paths, "|") {
			if p, ok := find(schedt, path); ok {
				result[i] = p
				break
			}
		}
		if found := result[i] != absent; found != f.in(minor) {
			return nil, fmt.Errorf("schedt.%s: found %v, the table of fields says %v", f.paths, found, !found)
		}
	}
	return result, nil
}

// typeOfSched goes by the variable, not by the type's name: several compilation units are called
// "runtime", and only one holds runtime.sched.
func typeOfSched(data *dwarf.Data) (*dwarf.StructType, error) {
	for r := data.Reader(); ; {
		entry, err := r.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			return nil, errNoSched
		}
		if entry.Tag != dwarf.TagVariable || entry.Val(dwarf.AttrName) != "runtime.sched" {
			continue
		}
		offset, ok := entry.Val(dwarf.AttrType).(dwarf.Offset)
		if !ok {
			return nil, errNoSched
		}
		t, err := data.Type(offset)
		if err != nil {
			return nil, err
		}
		if s, ok := plain(t).(*dwarf.StructType); ok {
			return s, nil
		}
		return nil, fmt.Errorf("runtime.sched is a %v, not a struct", t)
	}
}

// find walks a dotted path from t and unwraps the atomic types at its end.
func find(t dwarf.Type, path string) (place, bool) {
	off := int64(0)
	for _, name := range strings.Split(path, ".") {
		f := member(t, name)
		if f == nil {
			return absent, false
		}
		off += f.ByteOffset
		t = plain(f.Type)
	}
	for {
		s, ok := t.(*dwarf.StructType)
		if !ok || !strings.Contains(s.StructName, "atomic.") {
			return place{off, t.Size()}, true
		}
		f := member(s, "value")
		if f == nil {
			f = member(s, "u") // atomic.Bool wraps atomic.Uint8 as u
		}
		if f == nil {
			return absent, false
		}
		off += f.ByteOffset
		t = plain(f.Type)
	}
}

func member(t dwarf.Type, name string) *dwarf.StructField {
	if s, ok := t.(*dwarf.StructType); ok {
		for _, f := range s.Field {
			if f.Name == name {
				return f
			}
		}
	}
	return nil
}

func plain(t dwarf.Type) dwarf.Type {
	for {
		switch named := t.(type) {
		case *dwarf.TypedefType:
			t = named.Type
		case *dwarf.QualType:
			t = named.Type
		default:
			return t
		}
	}
}
