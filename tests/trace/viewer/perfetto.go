package viewer

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Types of track events, and flags of a sequence.
const (
	sliceBegin = 1
	sliceEnd   = 2
	instant    = 3
	counter    = 4

	stateCleared = 1
	needsState   = 2

	clockRealtime = 1
	clockBoottime = 6
)

type track struct {
	name      string
	isCounter bool
	open      []Slice
	last      int64 // time of the last event
}

// interned strings count until they are cleared.
type interned struct {
	valid                                bool
	categories, names, arguments, values map[uint64]string
}

type perfetto struct {
	*Recording
	tracks map[uint64]*track
	state  interned
}

// ReadPerfetto reads a sequence of TracePackets.
func ReadPerfetto(r io.Reader) (*Recording, error) {
	p := &perfetto{Recording: newRecording(), tracks: map[uint64]*track{}}
	buffered := bufio.NewReaderSize(r, 1<<20)
	for packet := 1; ; packet++ {
		tag, err := binary.ReadUvarint(buffered)
		if err == io.EOF {
			break
		}
		if err != nil || tag != 1<<3|bytes {
			return nil, fmt.Errorf("packet %d begins with %d: %v", packet, tag, err)
		}
		length, err := binary.ReadUvarint(buffered)
		if err != nil || length > 1<<20 {
			return nil, fmt.Errorf("packet %d has %d bytes: %v", packet, length, err)
		}
		data := make([]byte, length)
		if _, err := io.ReadFull(buffered, data); err != nil {
			return nil, fmt.Errorf("packet %d: %w", packet, err)
		}
		m, err := parse("TracePacket", data)
		if err == nil {
			err = p.packet(m)
		}
		if err != nil {
			return nil, fmt.Errorf("packet %d: %w", packet, err)
		}
	}
	for _, t := range p.tracks {
		if len(t.open) > 0 {
			return nil, fmt.Errorf("%d slices of %q do not end", len(t.open), t.name)
		}
	}
	return p.Recording, p.checkArrows()
}

func (p *perfetto) packet(m message) error {
	if m.number(10) == 0 {
		return fmt.Errorf("a packet of no sequence")
	}
	flags := m.number(13)
	if flags&stateCleared != 0 {
		p.Resets++
		p.state = interned{true, map[uint64]string{}, map[uint64]string{}, map[uint64]string{}, map[uint64]string{}}
	}
	for _, data := range m.messages[12] {
		for i, into := range map[int]map[uint64]string{1: p.state.categories, 2: p.state.names,
			3: p.state.arguments, 29: p.state.values} {
			for _, entry := range data.messages[i] {
				if old, ok := into[entry.number(1)]; ok && old != entry.text(2) || entry.number(1) == 0 {
					return fmt.Errorf("string %d is %q and %q", entry.number(1), old, entry.text(2))
				}
				into[entry.number(1)] = entry.text(2)
			}
		}
	}
	for _, d := range m.messages[60] {
		if err := p.descriptor(d); err != nil {
			return err
		}
	}
	for _, s := range m.messages[6] {
		for _, clock := range s.messages[1] {
			switch clock.number(1) {
			case clockRealtime:
				p.Wall = int64(clock.number(2))
			case clockBoottime:
				p.WallAt = int64(clock.number(2))
			}
		}
	}
	for _, e := range m.messages[11] {
		if flags&needsState != 0 && !p.state.valid {
			return fmt.Errorf("interned strings are needed before there are any")
		}
		if err := p.event(e, int64(m.number(8)), flags&needsState != 0); err != nil {
			return err
		}
	}
	return nil
}

func (p *perfetto) descriptor(d message) error {
	uuid, parent := d.number(1), d.number(5)
	if uuid == 0 {
		return fmt.Errorf("a track without a number")
	}
	if parent != 0 && p.tracks[parent] == nil {
		return fmt.Errorf("track %q lies in %d, which is not there", d.text(2), parent)
	}
	if t := p.tracks[uuid]; t != nil {
		t.name = d.text(2) // it has become known
	} else {
		p.tracks[uuid] = &track{name: d.text(2), isCounter: len(d.messages[8]) > 0}
	}
	p.Tracks[d.text(2)]++
	return nil
}

// lookUp finds an interned string.
func lookUp(in map[uint64]string, id uint64) (string, error) {
	if text, ok := in[id]; ok {
		return text, nil
	}
	return "", fmt.Errorf("string %d was not told", id)
}

func (p *perfetto) arguments(e message) (map[string]any, error) {
	args := map[string]any{}
	for _, a := range e.messages[4] {
		name, err := lookUp(p.state.arguments, a.number(1))
		if err != nil {
			return nil, err
		}
		switch {
		case len(a.numbers[2]) > 0:
			args[name] = a.number(2) != 0
		case len(a.numbers[3]) > 0:
			args[name] = a.number(3)
		case len(a.numbers[17]) > 0:
			if args[name], err = lookUp(p.state.values, a.number(17)); err != nil {
				return nil, err
			}
		default:
			args[name] = a.text(6)
		}
	}
	return args, nil
}

func (p *perfetto) event(e message, at int64, state bool) error {
	t := p.tracks[e.number(11)]
	if t == nil {
		return fmt.Errorf("an event on track %d, which is not there", e.number(11))
	}
	if at < t.last {
		return fmt.Errorf("time steps back from %d to %d on %q", t.last, at, t.name)
	}
	var name, category string
	var err error
	if kind := e.number(9); kind == sliceBegin || kind == instant {
		if name, err = lookUp(p.state.names, e.number(10)); err != nil {
			return err
		}
		if category, err = lookUp(p.state.categories, e.number(3)); err != nil {
			return err
		}
	}
	args, err := p.arguments(e)
	if err != nil {
		return err
	}
	if !state && (len(args) > 0 || name != "") {
		return fmt.Errorf("an event that does not say that it needs interned strings")
	}
	if t.isCounter != (e.number(9) == counter) {
		return fmt.Errorf("an event of type %d on %q", e.number(9), t.name)
	}
	return p.place(t, e, Slice{Track: t.name, Category: category, Name: name, Begin: at, Args: args})
}

func (p *perfetto) place(t *track, e message, s Slice) error {
	for _, id := range e.numbers[47] {
		p.From[id] = End{t.name, s.Begin}
	}
	for _, id := range e.numbers[48] {
		p.To[id] = End{t.name, s.Begin}
	}
	switch e.number(9) {
	case sliceBegin:
		s.FlowIn = e.numbers[48]
		t.open = append(t.open, s)
		t.last = s.Begin
	case sliceEnd:
		if len(t.open) == 0 {
			return fmt.Errorf("a slice of %q ends that has not begun", t.name)
		}
		begun := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		begun.End = s.Begin
		for key, value := range s.Args {
			begun.Args[key] = value
		}
		begun.Track = t.name
		p.Slices = append(p.Slices, begun)
		t.last = s.Begin
	case instant:
		p.Instants = append(p.Instants, Instant{s.Track, s.Category, s.Name, s.Begin, s.Args})
	case counter:
		p.Counters[t.name] = append(p.Counters[t.name], Value{s.Begin, int64(e.number(30))})
		t.last = s.Begin
	default:
		return fmt.Errorf("an event of type %d", e.number(9))
	}
	return nil
}
