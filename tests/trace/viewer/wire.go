package viewer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Wire types of protocol buffers.
const (
	varint  = 0
	fixed64 = 1
	bytes   = 2
)

// field is one of a message: a number, or bytes.
type field struct {
	number, wire int
	value        uint64
	data         []byte
}

var errCut = errors.New("a message is cut off")

// next takes the first field off the message.
func next(message []byte) (field, []byte, error) {
	tag, n := binary.Uvarint(message)
	if n <= 0 {
		return field{}, nil, errCut
	}
	message = message[n:]
	f := field{number: int(tag >> 3), wire: int(tag & 7)}
	switch f.wire {
	case varint:
		f.value, n = binary.Uvarint(message)
		if n <= 0 {
			return f, nil, errCut
		}
		return f, message[n:], nil
	case fixed64:
		if len(message) < 8 {
			return f, nil, errCut
		}
		f.value = binary.LittleEndian.Uint64(message)
		return f, message[8:], nil
	case bytes:
		length, n := binary.Uvarint(message)
		if n <= 0 || length > uint64(len(message)-n) {
			return f, nil, errCut
		}
		f.data = message[n : n+int(length)]
		return f, message[n+int(length):], nil
	}
	return f, nil, fmt.Errorf("wire type %d", f.wire)
}

// member is what the schema says of a field.
type member struct {
	wire     int
	repeated bool
	message  string // its type, when it is a message
	text     bool
}

// schema has the messages of protos/perfetto/trace that a trace of goroutines
// needs, by their names there, with the fields' numbers.
var schema = map[string]map[int]member{
	"TracePacket": {
		6:  {wire: bytes, message: "ClockSnapshot"},
		8:  {wire: varint}, // timestamp
		10: {wire: varint}, // trusted_packet_sequence_id
		11: {wire: bytes, message: "TrackEvent"},
		12: {wire: bytes, message: "InternedData"},
		13: {wire: varint}, // sequence_flags
		58: {wire: varint}, // timestamp_clock_id
		60: {wire: bytes, message: "TrackDescriptor"},
		87: {wire: varint}, // first_packet_on_sequence
	},
	"ClockSnapshot": {1: {wire: bytes, repeated: true, message: "Clock"}},
	"Clock":         {1: {wire: varint}, 2: {wire: varint}},
	"TrackEvent": {
		3:  {wire: varint, repeated: true}, // category_iids
		4:  {wire: bytes, repeated: true, message: "DebugAnnotation"},
		9:  {wire: varint},                  // type
		10: {wire: varint},                  // name_iid
		11: {wire: varint},                  // track_uuid
		30: {wire: varint},                  // counter_value
		47: {wire: fixed64, repeated: true}, // flow_ids
		48: {wire: fixed64, repeated: true}, // terminating_flow_ids
	},
	"DebugAnnotation": {
		1:  {wire: varint}, // name_iid
		2:  {wire: varint}, // bool_value
		3:  {wire: varint}, // uint_value
		6:  {wire: bytes, text: true},
		17: {wire: varint}, // string_value_iid
	},
	"InternedData": {
		1:  {wire: bytes, repeated: true, message: "EventCategory"},
		2:  {wire: bytes, repeated: true, message: "EventName"},
		3:  {wire: bytes, repeated: true, message: "DebugAnnotationName"},
		29: {wire: bytes, repeated: true, message: "InternedString"},
	},
	"EventCategory":       {1: {wire: varint}, 2: {wire: bytes, text: true}},
	"EventName":           {1: {wire: varint}, 2: {wire: bytes, text: true}},
	"DebugAnnotationName": {1: {wire: varint}, 2: {wire: bytes, text: true}},
	"InternedString":      {1: {wire: varint}, 2: {wire: bytes, text: true}},
	"TrackDescriptor": {
		1:  {wire: varint}, // uuid
		2:  {wire: bytes, text: true},
		3:  {wire: bytes, message: "ProcessDescriptor"},
		5:  {wire: varint}, // parent_uuid
		8:  {wire: bytes, message: "CounterDescriptor"},
		11: {wire: varint}, // child_ordering
		12: {wire: varint}, // sibling_order_rank
	},
	"ProcessDescriptor": {1: {wire: varint}, 6: {wire: bytes, text: true}},
	"CounterDescriptor": {3: {wire: varint}},
}

// message is one that was read: numbers, texts and messages by field.
type message struct {
	numbers  map[int][]uint64
	texts    map[int][]string
	messages map[int][]message
}

func (m message) number(field int) uint64 {
	if len(m.numbers[field]) == 0 {
		return 0
	}
	return m.numbers[field][0]
}

func (m message) text(field int) string {
	if len(m.texts[field]) == 0 {
		return ""
	}
	return m.texts[field][0]
}

// parse reads a message of the schema; what the schema does not know is an error.
func parse(name string, data []byte) (message, error) {
	m := message{map[int][]uint64{}, map[int][]string{}, map[int][]message{}}
	seen := map[int]bool{}
	for len(data) > 0 {
		f, rest, err := next(data)
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		data = rest
		spec, ok := schema[name][f.number]
		if !ok || spec.wire != f.wire || (seen[f.number] && !spec.repeated) {
			return m, fmt.Errorf("%s has a field %d of wire type %d, or twice", name, f.number, f.wire)
		}
		seen[f.number] = true
		switch {
		case spec.message != "":
			part, err := parse(spec.message, f.data)
			if err != nil {
				return m, fmt.Errorf("%s: %w", name, err)
			}
			m.messages[f.number] = append(m.messages[f.number], part)
		case spec.text:
			if !utf8.Valid(f.data) {
				return m, fmt.Errorf("%s: field %d is no UTF-8: %q", name, f.number, f.data)
			}
			m.texts[f.number] = append(m.texts[f.number], string(f.data))
		default:
			m.numbers[f.number] = append(m.numbers[f.number], f.value)
		}
	}
	return m, nil
}
