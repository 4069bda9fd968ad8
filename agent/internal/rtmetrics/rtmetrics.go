// Package rtmetrics turns runtime/metrics into JSON: all values and histograms that this version of
// Go has, without garbage once the first answer has been given.
package rtmetrics

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"math"
	"runtime/metrics"
	"strconv"
	"sync"

	"schedtop/agent/internal/jsontext"
)

// Reader reads all metrics. The zero value is ready; it may be used by several goroutines.
type Reader struct {
	mu      sync.Mutex
	samples []metrics.Sample
	values  []metric // plain numbers
	hists   []metric
	bounds  []bounds // what the histograms' bounds are, each once
}

type metric struct {
	key    []byte // `"/sched/gomaxprocs:threads":`
	sample int
	bounds int // histograms: index in Reader.bounds
}

type bounds struct {
	id   []byte
	json []byte // `"ID":[...]`
	skip bool   // the client has it
}

// AppendJSON appends the members "values", "histograms" and "bounds". Have is a comma-separated list
// of IDs of bounds that the client has already: they are left out.
func (r *Reader) AppendJSON(b []byte, have []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.samples == nil {
		r.open()
	} else {
		metrics.Read(r.samples)
	}
	b = append(b, `"values":{`...)
	for i, m := range r.values {
		b = comma(b, i)
		b = append(b, m.key...)
		b = appendValue(b, r.samples[m.sample].Value)
	}
	b = append(b, `},"histograms":{`...)
	for i := range r.bounds {
		r.bounds[i].skip = contains(have, r.bounds[i].id)
	}
	for i, m := range r.hists {
		b = comma(b, i)
		b = append(b, m.key...)
		b = append(b, `{"bounds":"`...)
		b = append(b, r.bounds[m.bounds].id...)
		b = append(b, `","counts":[`...)
		b = appendCounts(b, r.samples[m.sample].Value.Float64Histogram().Counts)
		b = append(b, "]}"...)
	}
	b = append(b, `},"bounds":{`...)
	n := 0
	for i := range r.bounds {
		if !r.bounds[i].skip {
			b = comma(b, n)
			b = append(b, r.bounds[i].json...)
			n++
		}
	}
	return append(b, '}')
}

// open asks the runtime what there is. Bounds never change while a process lives (runtime/metrics,
// Float64Histogram), so their text is made here.
func (r *Reader) open() {
	for _, d := range metrics.All() {
		r.samples = append(r.samples, metrics.Sample{Name: d.Name})
	}
	metrics.Read(r.samples)
	known := map[string]int{}
	for i := range r.samples {
		s := &r.samples[i]
		m := metric{key: append(jsontext.AppendString(nil, s.Name), ':'), sample: i}
		switch s.Value.Kind() {
		case metrics.KindUint64, metrics.KindFloat64:
			r.values = append(r.values, m)
		case metrics.KindFloat64Histogram:
			limits := s.Value.Float64Histogram().Buckets
			id := hash(limits)
			at, ok := known[id]
			if !ok {
				at = len(r.bounds)
				known[id] = at
				r.bounds = append(r.bounds, bounds{id: []byte(id), json: appendBounds(nil, id, limits)})
			}
			m.bounds = at
			r.hists = append(r.hists, m)
		}
	}
}

func hash(limits []float64) string {
	h := fnv.New64a()
	var word [8]byte
	for _, v := range limits {
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(v))
		h.Write(word[:])
	}
	return strconv.FormatUint(h.Sum64(), 16)
}

func appendBounds(b []byte, id string, limits []float64) []byte {
	b = jsontext.AppendString(b, id)
	b = append(b, ":["...)
	for i, v := range limits {
		b = comma(b, i)
		b = jsontext.AppendFloat(b, v)
	}
	return append(b, ']')
}

func appendValue(b []byte, v metrics.Value) []byte {
	if v.Kind() == metrics.KindFloat64 {
		return jsontext.AppendFloat(b, v.Float64())
	}
	return jsontext.AppendUint(b, v.Uint64())
}

// appendCounts appends pairs of a bucket's index and its count, for the buckets that have one.
func appendCounts(b []byte, counts []uint64) []byte {
	n := 0
	for i, c := range counts {
		if c == 0 {
			continue
		}
		b = comma(b, n)
		n++
		b = append(b, '[')
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, ',')
		b = jsontext.AppendUint(b, c)
		b = append(b, ']')
	}
	return b
}

func contains(list, id []byte) bool {
	for len(list) > 0 {
		var one []byte
		one, list, _ = bytes.Cut(list, []byte{','})
		if bytes.Equal(one, id) {
			return true
		}
	}
	return false
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}
