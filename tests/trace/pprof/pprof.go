// Package pprof reads profiles as profile.proto of github.com/google/pprof
// describes them, independently of the program that wrote them.
package pprof

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Profile is what this project's tests look at.
type Profile struct {
	Types    []string // "delay/nanoseconds"
	Samples  []Sample
	Time     int64 // ns since 1970, 0: not told
	Duration int64 // ns
}

// Sample is one stack with its values.
type Sample struct {
	Values []int64
	Stack  []Frame // leaf first
	Labels map[string]string
}

// Frame is a place in the code.
type Frame struct {
	Address        uint64
	Function, File string
	Line           int64
}

// field is a number or bytes of a message.
type field struct {
	number int
	value  uint64
	data   []byte
}

var errMessage = errors.New("not a message of protocol buffers")

// each calls f for every field of a message.
func each(message []byte, f func(field) error) error {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return errMessage
		}
		message = message[n:]
		value, n := binary.Uvarint(message)
		if n <= 0 {
			return errMessage
		}
		message = message[n:]
		x := field{number: int(tag >> 3), value: value}
		switch tag & 7 {
		case 0:
		case 2:
			if value > uint64(len(message)) {
				return errMessage
			}
			x.data, message = message[:value], message[value:]
		default:
			return errMessage
		}
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// numbers are the values of a repeated field, packed or not.
func numbers(x field) ([]uint64, error) {
	if x.data == nil {
		return []uint64{x.value}, nil
	}
	var values []uint64
	for data := x.data; len(data) > 0; {
		value, n := binary.Uvarint(data)
		if n <= 0 {
			return nil, errMessage
		}
		values, data = append(values, value), data[n:]
	}
	return values, nil
}

// decoder keeps what IDs and indexes of strings refer to.
type decoder struct {
	p         Profile
	strings   []string
	functions map[uint64]map[int]uint64
	locations map[uint64]location
	types     []map[int]uint64
	samples   []sample
}

type location struct {
	address, function uint64
	line              int64
}

type sample struct {
	locations []uint64
	values    []int64
	labels    []map[int]uint64
}

// scalars are a message's numbers by field.
func scalars(message []byte) (map[int]uint64, error) {
	m := map[int]uint64{}
	err := each(message, func(x field) error {
		m[x.number] = x.value
		return nil
	})
	return m, err
}

func (d *decoder) sample(message []byte) error {
	var s sample
	err := each(message, func(x field) error {
		switch x.number {
		case 1, 2:
			values, err := numbers(x)
			for _, v := range values {
				if x.number == 1 {
					s.locations = append(s.locations, v)
				} else {
					s.values = append(s.values, int64(v))
				}
			}
			return err
		case 3:
			label, err := scalars(x.data)
			s.labels = append(s.labels, label)
			return err
		}
		return nil
	})
	d.samples = append(d.samples, s)
	return err
}

func (d *decoder) location(message []byte) error {
	var id uint64
	var l location
	err := each(message, func(x field) error {
		switch x.number {
		case 1:
			id = x.value
		case 3:
			l.address = x.value
		case 4:
			line, err := scalars(x.data)
			l.function, l.line = line[1], int64(line[2])
			return err
		}
		return nil
	})
	if _, twice := d.locations[id]; twice || id == 0 {
		return fmt.Errorf("there are two locations %d, or none may be", id)
	}
	d.locations[id] = l
	return err
}

func (d *decoder) field(x field) error {
	switch x.number {
	case 1:
		m, err := scalars(x.data)
		d.types = append(d.types, m)
		return err
	case 2:
		return d.sample(x.data)
	case 4:
		return d.location(x.data)
	case 5:
		m, err := scalars(x.data)
		if d.functions[m[1]] != nil || m[1] == 0 {
			return fmt.Errorf("there are two functions %d, or none may be", m[1])
		}
		d.functions[m[1]] = m
		return err
	case 6:
		d.strings = append(d.strings, string(x.data))
	case 9:
		d.p.Time = int64(x.value)
	case 10:
		d.p.Duration = int64(x.value)
	}
	return nil
}

func (d *decoder) text(i uint64) (string, error) {
	if i >= uint64(len(d.strings)) {
		return "", fmt.Errorf("there is no string %d", i)
	}
	return d.strings[i], nil
}

func (d *decoder) frame(id uint64) (Frame, error) {
	l, known := d.locations[id]
	f := d.functions[l.function]
	if !known || f == nil {
		return Frame{}, fmt.Errorf("there is no location %d, or not its function", id)
	}
	function, err1 := d.text(f[2])
	file, err2 := d.text(f[4])
	return Frame{l.address, function, file, l.line}, errors.Join(err1, err2)
}

// resolve puts names in the place of numbers.
func (d *decoder) resolve() error {
	if len(d.strings) == 0 || d.strings[0] != "" {
		return errors.New("the first string isn't empty")
	}
	for _, m := range d.types {
		kind, err1 := d.text(m[1])
		unit, err2 := d.text(m[2])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		d.p.Types = append(d.p.Types, kind+"/"+unit)
	}
	for _, s := range d.samples {
		if len(s.values) != len(d.types) {
			return fmt.Errorf("a sample has %d values of %d types", len(s.values), len(d.types))
		}
		resolved := Sample{Values: s.values, Labels: map[string]string{}}
		for _, id := range s.locations {
			f, err := d.frame(id)
			if err != nil {
				return err
			}
			resolved.Stack = append(resolved.Stack, f)
		}
		for _, m := range s.labels {
			key, err1 := d.text(m[1])
			value, err2 := d.text(m[2])
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			resolved.Labels[key] = value
		}
		d.p.Samples = append(d.p.Samples, resolved)
	}
	return nil
}

// Decode reads a profile packed with gzip.
func Decode(data []byte) (*Profile, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	message, err := io.ReadAll(zip)
	if err != nil {
		return nil, err
	}
	d := decoder{functions: map[uint64]map[int]uint64{}, locations: map[uint64]location{}}
	if err := each(message, d.field); err != nil {
		return nil, err
	}
	return &d.p, d.resolve()
}

// Text is the stack as " address function file:line" for each frame, leaf first.
func (s *Sample) Text() string {
	var b strings.Builder
	for _, f := range s.Stack {
		fmt.Fprintf(&b, " %#x %s %s:%d", f.Address, f.Function, f.File, f.Line)
	}
	return b.String()
}

// Lines are the samples as text: values, labels, and the frames of the stack.
func (p *Profile) Lines() []string {
	var lines []string
	for _, s := range p.Samples {
		line := fmt.Sprint(s.Values)
		if len(s.Labels) > 0 {
			line += fmt.Sprint(s.Labels)
		}
		lines = append(lines, line+s.Text())
	}
	return lines
}

// Sum is that of the i-th value over all samples.
func (p *Profile) Sum(i int) int64 {
	var sum int64
	for _, s := range p.Samples {
		sum += s.Values[i]
	}
	return sum
}

// Sums are the sums of the i-th value by a label's value; what has no such label is
// under "".
func (p *Profile) Sums(i int, label string) map[string]int64 {
	sums := map[string]int64{}
	for _, s := range p.Samples {
		sums[s.Labels[label]] += s.Values[i]
	}
	return sums
}
