package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"strings"
)

// field is one member of a variable of the runtime that a reader uses.
type field struct {
	name     string // in the tables
	variable string // of package runtime; "" is sched
	paths    string // in the runtime's source, alternatives separated by |; "" is the whole variable
	since    int    // first minor version that has it; 0: all
	until    int    // last one; 0: it is still there
}

func (f field) in(minor int) bool {
	return minor >= f.since && (f.until == 0 || minor <= f.until)
}

// place is where a field lies in its variable; off is -1 when the release does not have it.
type place struct{ off, size int64 }

var absent = place{-1, 0}

// layout holds a place for each field of a list, in that order.
type layout []place

func (l layout) equal(other layout) bool {
	for i := range l {
		if l[i] != other[i] {
			return false
		}
	}
	return true
}

func readLayout(binary string, minor int, fields []field) (layout, error) {
	file, err := elf.Open(binary)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := file.DWARF()
	if err != nil {
		return nil, err
	}
	result := make(layout, len(fields))
	types := map[string]*dwarf.StructType{}
	for i, f := range fields {
		name := "runtime." + f.variable
		if f.variable == "" {
			name = "runtime.sched"
		}
		if types[name] == nil {
			if types[name], err = typeOf(data, name); err != nil {
				return nil, err
			}
		}
		result[i] = absent
		if f.paths == "" {
			result[i] = place{0, types[name].Size()}
			continue
		}
		for _, path := range strings.Split(f.paths, "|") {
			if p, ok := find(types[name], path); ok {
				result[i] = p
				break
			}
		}
		if found := result[i] != absent; found != f.in(minor) {
			return nil, fmt.Errorf("%s.%s: found %v, the table of fields says %v", name, f.paths, found, !found)
		}
	}
	return result, nil
}

// typeOf goes by the variable, not by the type's name: several compilation units are called "runtime",
// and only one holds the variables.
func typeOf(data *dwarf.Data, variable string) (*dwarf.StructType, error) {
	for r := data.Reader(); ; {
		entry, err := r.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			return nil, fmt.Errorf("the DWARF has no variable %s", variable)
		}
		if entry.Tag != dwarf.TagVariable || entry.Val(dwarf.AttrName) != variable {
			continue
		}
		offset, ok := entry.Val(dwarf.AttrType).(dwarf.Offset)
		if !ok {
			return nil, fmt.Errorf("the DWARF has no type of %s", variable)
		}
		t, err := data.Type(offset)
		if err != nil {
			return nil, err
		}
		if s, ok := plain(t).(*dwarf.StructType); ok {
			return s, nil
		}
		return nil, fmt.Errorf("%s is a %v, not a struct", variable, t)
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
