package rtmetrics

import (
	"encoding/json"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
)

type answer struct {
	Values     map[string]any
	Histograms map[string]struct {
		Bounds string
		Counts [][2]uint64
	}
	Bounds map[string][]any
}

func read(t *testing.T, r *Reader, have string) answer {
	t.Helper()
	text := append(r.AppendJSON([]byte{'{'}, []byte(have)), '}')
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return a
}

func bound(t *testing.T, v any) float64 {
	t.Helper()
	if s, ok := v.(string); ok {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return v.(float64)
}

func Test_every_metric_of_the_runtime_is_there(t *testing.T) {
	runtime.GC() // so that there is something in the histograms
	var r Reader
	a := read(t, &r, "")
	for _, d := range metrics.All() {
		_, isValue := a.Values[d.Name]
		_, isHistogram := a.Histograms[d.Name]
		if isValue == isHistogram {
			t.Errorf("%s: a value %v, a histogram %v", d.Name, isValue, isHistogram)
		}
		if isHistogram != (d.Kind == metrics.KindFloat64Histogram) {
			t.Errorf("%s is in the wrong place", d.Name)
		}
	}
	if len(a.Histograms) == 0 || len(a.Bounds) == 0 {
		t.Error("no histograms")
	}
}

func Test_histograms_are_what_the_runtime_says(t *testing.T) {
	runtime.GC()
	const name = "/gc/heap/allocs-by-size:bytes"
	sample := []metrics.Sample{{Name: name}}
	counts := func() (n uint64) {
		metrics.Read(sample)
		for _, c := range sample[0].Value.Float64Histogram().Counts {
			n += c
		}
		return n
	}
	var r Reader
	before := counts()
	a := read(t, &r, "")
	after := counts()
	h := a.Histograms[name]
	var sum uint64
	for _, pair := range h.Counts {
		sum += pair[1]
		if pair[1] == 0 || pair[0] >= uint64(len(sample[0].Value.Float64Histogram().Counts)) {
			t.Errorf("the pair %v is not a bucket with events", pair)
		}
	}
	if sum < before || sum > after || sum == 0 {
		t.Errorf("%d events, the runtime said %d before and %d after", sum, before, after)
	}
	truth := sample[0].Value.Float64Histogram().Buckets
	limits := a.Bounds[h.Bounds]
	if len(limits) != len(truth) {
		t.Fatalf("%d bounds, not %d", len(limits), len(truth))
	}
	for i := range truth {
		if bound(t, limits[i]) != truth[i] {
			t.Errorf("bound %d is %v, not %v", i, limits[i], truth[i])
		}
	}
	if limits := a.Bounds[a.Histograms["/sched/latencies:seconds"].Bounds]; limits[0] != "-Inf" ||
		limits[len(limits)-1] != "+Inf" {
		t.Error("the latencies' outer bounds are not the strings -Inf and +Inf")
	}
}

func Test_bounds_that_the_client_has_are_left_out(t *testing.T) {
	var r, other Reader
	first := read(t, &r, "")
	var ids []string
	for id := range first.Bounds {
		ids = append(ids, id)
		a := read(t, &r, "nonsense,"+id)
		if _, ok := a.Bounds[id]; ok || len(a.Bounds) != len(first.Bounds)-1 {
			t.Errorf("with %s known, %d of %d bounds are sent", id, len(a.Bounds), len(first.Bounds))
		}
	}
	if a := read(t, &r, strings.Join(ids, ",")); len(a.Bounds) != 0 || len(a.Histograms) != len(first.Histograms) {
		t.Error("with all bounds known some are sent, or histograms are missing")
	}
	if a := read(t, &other, strings.Join(ids, ",")); len(a.Bounds) != 0 {
		t.Error("the same bounds have other IDs in another reader")
	}
}

func Test_reading_makes_no_garbage(t *testing.T) {
	var r Reader
	b := r.AppendJSON(nil, nil)
	b = r.AppendJSON(b[:0], nil)
	if n := testing.AllocsPerRun(50, func() { b = r.AppendJSON(b[:0], nil) }); n > 3 {
		t.Errorf("%v allocations per answer", n)
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	var r Reader
	b.ReportAllocs()
	var text []byte
	for i := 0; i < b.N; i++ {
		text = r.AppendJSON(text[:0], nil)
	}
}
