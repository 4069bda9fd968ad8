package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"strings"
)

// field is one member of a variable of the runtime that a reader uses.
type field struct {
	name  string // in the tables
	paths string // in the runtime's source, alternatives separated by |
	since int    // first minor version that has it; 0: all
	until int    // last one; 0: it is still there
	of    string // the variable; "": runtime.sched
}

func (f field) variable() string {
	if f.of == "" {
		return "runtime.sched"
	}
	return f.of
}

func (f field) in(minor int) bool {
	return minor >= f.since && (f.until == 0 || minor <= f.until)
}

// place is where a field lies in its variable; off is -1 when the release does not have it.
type place struct{ off, size int64 }

var absent = place{-1, 0}

// layout holds a place for each field of a table, in that order.
type layout []place

func (l layout) equal(other layout) bool {
	for i := range l {
		if l[i] != other[i] {
			return false
		}
	}
	return true
}

// readLayouts returns one layout for each of tables.
func readLayouts(binary string, minor int) ([]layout, error) {
	file, err := elf.Open(binary)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := file.DWARF()
	if err != nil {
		return nil, err
	}
	types, err := typesOfVariables(data)
	if err != nil {
		return nil, err
	}
	result := make([]layout, len(tables))
	for i, t := range tables {
		if result[i], err = readLayout(types, t.fields, minor); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func readLayout(types map[string]dwarf.Type, fields []field, minor int) (layout, error) {
	result := make(layout, len(fields))
	for i, f := range fields {
		result[i] = absent
		for _, path := range strings.Split(f.paths, "|") {
			if p, ok := find(types[f.variable()], path); ok {
				result[i] = p
				break
			}
		}
		if found := result[i] != absent; found != f.in(minor) {
			return nil, fmt.Errorf("%s.%s: found %v, the table of fields says %v", f.variable(), f.paths,
				found, !found)
		}
	}
	return result, nil
}

// typesOfVariables goes by the variables, not by the names of types: several compilation units are
// called "runtime", and only one holds them.
func typesOfVariables(data *dwarf.Data) (map[string]dwarf.Type, error) {
	types := map[string]dwarf.Type{}
	for _, t := range tables {
		for _, f := range t.fields {
			types[f.variable()] = nil
		}
	}
	for r := data.Reader(); ; {
		entry, err := r.Next()
		if err != nil {
			return nil, err
		}
		if entry == nil {
			break
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		if _, wanted := types[name]; !wanted || entry.Tag != dwarf.TagVariable {
			continue
		}
		if offset, ok := entry.Val(dwarf.AttrType).(dwarf.Offset); ok {
			t, err := data.Type(offset)
			if err != nil {
				return nil, err
			}
			types[name] = plain(t)
		}
	}
	for name, t := range types {
		if _, ok := t.(*dwarf.StructType); !ok {
			return nil, fmt.Errorf("the DWARF has no struct %s", name)
		}
	}
	return types, nil
}

// find walks a dotted path from t, none for t itself, and unwraps the atomic types at its end.
func find(t dwarf.Type, path string) (place, bool) {
	off := int64(0)
	if path == "" {
		return place{0, t.Size()}, true
	}
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
