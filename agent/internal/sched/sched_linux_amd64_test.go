package sched

import (
	"encoding/json"
	"math"
	"os"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func open(t testing.TB) *Reader {
	t.Helper()
	r, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func view(t testing.TB, r *Reader) State {
	t.Helper()
	var s State
	if err := r.View(func(now *State) {
		s = *now
		s.P = append([]P(nil), now.P...)
		s.M = append([]M(nil), now.M...)
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

func Test_readings_follow_GOMAXPROCS(t *testing.T) {
	r := open(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, n := range []int{3, 1, 17, 2, 8} {
		runtime.GOMAXPROCS(n)
		if s := view(t, r); s.GoMaxProcs != int64(n) || len(s.P) != n {
			t.Errorf("GOMAXPROCS=%d reads as %d with %d Ps", n, s.GoMaxProcs, len(s.P))
		}
	}
}

func Test_readings_follow_threads_that_come_and_go(t *testing.T) {
	r := open(t)
	for i := 0; i < 20; i++ {
		var ready, done sync.WaitGroup
		leave := make(chan bool)
		for k := 0; k < 5; k++ {
			ready.Add(1)
			done.Add(1)
			go func() {
				defer done.Done()
				runtime.LockOSThread() // and no unlock: the thread ends with the goroutine
				ready.Done()
				<-leave
			}()
		}
		ready.Wait()
		locked := 0
		s := view(t, r)
		for _, m := range s.M {
			if m.LockedG != Nil {
				locked++
			}
		}
		if locked < 5 {
			t.Errorf("%d threads are locked, at least 5 should be", locked)
		}
		// Those of the last rounds may be leaving.
		for end := time.Now().Add(60 * time.Second); int64(len(s.M)) < s.Threads-5 || int64(len(s.M)) > s.Threads+1; s = view(t, r) {
			if time.Now().After(end) {
				t.Fatalf("%d threads of %d were read", len(s.M), s.Threads)
			}
			time.Sleep(time.Millisecond)
		}
		close(leave)
		done.Wait()
	}
}

func Test_idle_time_passes_on_idle_processors(t *testing.T) {
	r := open(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var ratio float64
	for i := 0; i < 10; i++ { // a thread that waits for a CPU keeps its P from being idle
		before := view(t, r)
		time.Sleep(300 * time.Millisecond)
		after := view(t, r)
		wall := after.MonotonicNS - before.MonotonicNS
		if ratio = float64(after.IdleNS-before.IdleNS) / float64(4*wall); ratio >= 0.5 && ratio <= 1.02 {
			return
		}
	}
	t.Errorf("four idle Ps were idle for %.2f of the time", ratio)
}

func Test_a_lane_runs_for_every_spinner(t *testing.T) {
	r := open(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var stop atomic.Bool
	defer stop.Store(true)
	for i := 0; i < 2; i++ {
		go func() {
			for !stop.Load() {
			}
		}()
	}
	var per float64
	for i := 0; i < 10; i++ { // a spinner that waits for a CPU may have to begin yet
		spinning, samples := 0, 100
		for i := 0; i < samples; i++ {
			time.Sleep(time.Millisecond)
			for _, p := range view(t, r).P {
				if p.Lane == "running" && strings.Contains(p.Running, "Test_a_lane_runs_for_every_spinner") {
					spinning++
				}
			}
		}
		if per = float64(spinning) / float64(samples); per >= 1.5 && per <= 2.5 {
			return
		}
	}
	t.Errorf("%.2f lanes show the spinners, of which there are 2", per)
}

func Test_the_lane_of_the_reading_processor_is_unknown(t *testing.T) {
	r := open(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := view(t, r)
	for _, m := range s.M {
		if m.TID == int64(syscall.Gettid()) && s.P[m.P].Lane != "" {
			t.Errorf("P%d, which reads, is %s", m.P, s.P[m.P].Lane)
		}
	}
}

func Test_the_garbage_collector_has_its_lane(t *testing.T) {
	r := open(t)
	type node struct{ next *node }
	var list *node
	for i := 0; i < 1e6; i++ { // something to mark, or it is over too soon to be seen
		list = &node{list}
	}
	stop := make(chan bool)
	defer func() {
		close(stop)
		runtime.KeepAlive(list)
	}()
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		for _, p := range view(t, r).P {
			if p.Lane == "gc" && p.GCWorker && strings.HasPrefix(p.Running, "runtime.gcBgMark") {
				return
			}
		}
	}
	t.Error("no mark worker was seen while the collector ran all the time")
}

func Test_every_layout_but_the_right_one_is_refused(t *testing.T) {
	minor, err := goMinor(runtime.Version())
	if err != nil {
		t.Fatal(err)
	}
	for _, layout := range schedtLayouts {
		right := layout.first <= minor && minor <= layout.last
		r := Reader{sched: layout}
		if err := r.findAddresses(minor); (err == nil) != right {
			t.Errorf("the layout of Go 1.%d to 1.%d in Go 1.%d: %v", layout.first, layout.last, minor, err)
		}
	}
}

func Test_wrong_addresses_are_errors(t *testing.T) {
	for name, spoil := range map[string]func(r *Reader){
		"unmapped allp":       func(r *Reader) { r.allp = 8 },
		"unmapped allm":       func(r *Reader) { r.allm = 1 << 46 },
		"unmapped sched":      func(r *Reader) { r.schedAt = math.MaxUint64 - 4096 },
		"other allm":          func(r *Reader) { r.allm = r.allp },
		"other allp":          func(r *Reader) { r.allp = r.allm },
		"other gomaxprocs":    func(r *Reader) { r.gomaxprocs = r.allm },
		"code instead of p":   func(r *Reader) { r.ps = []uint64{r.types.lo}; r.p.id.off += 8 },
		"shifted sched":       func(r *Reader) { r.schedAt += 8 },
		"shifted m.alllink":   func(r *Reader) { r.m.alllink.off -= 8; r.ms = nil },
		"shifted m.curg":      func(r *Reader) { r.m.curg.off += 4 },
		"shifted g.status":    func(r *Reader) { r.g.status = r.g.startpc; r.g.status.size = 4 },
		"allglen of the code": func(r *Reader) { r.allglen = r.types.lo },
	} {
		r := open(t)
		spoil(r)
		if err := r.View(func(s *State) {
			if err := s.compare(runtime.GOMAXPROCS(0), int64(runtime.NumGoroutine()), int64(runtime.NumGoroutine()),
				int64(syscall.Gettid())); err == nil {
				t.Errorf("%s: the reading was believed", name)
			}
		}); err != nil && !strings.Contains(err.Error(), "memory makes no sense") &&
			!strings.Contains(err.Error(), "process_vm_readv") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func Test_readers_may_be_shared(t *testing.T) {
	r := open(t)
	var done sync.WaitGroup
	for i := 0; i < 4; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			for k := 0; k < 200; k++ {
				if err := r.View(func(s *State) { s.AppendJSON(nil) }); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	done.Wait()
}

func Test_fields_keep_their_values_when_packed(t *testing.T) {
	object := make([]byte, 5000)
	offsets := []int{4992, 0, 8, 12, 700, 3000, 3001}
	fields := make([]field, len(offsets))
	var pointers []*field
	for i, off := range offsets {
		fields[i] = field{off, map[bool]int{true: 8, false: 1}[off%8 == 0]}
		object[off] = byte(i + 1)
		pointers = append(pointers, &fields[i])
	}
	missing := field{-1, 0}
	var packed []byte
	for _, s := range pack(append(pointers, &missing)...) {
		packed = append(packed, object[s.off:s.off+s.size]...)
	}
	if len(packed) > 1000 {
		t.Errorf("%d bytes are read for seven fields", len(packed))
	}
	for i, f := range fields {
		if got := f.unsigned(packed) & 0xff; got != uint64(i+1) {
			t.Errorf("the field at %d reads as %d, not %d", offsets[i], got, i+1)
		}
	}
	if missing.signed(packed) != Unknown {
		t.Error("a field that does not exist is known")
	}
}

func Test_idle_stamps_are_decoded_as_the_runtime_makes_them(t *testing.T) {
	const idle, assist = uint64(4) << 61, uint64(2) << 61
	for _, c := range []struct {
		stamp uint64
		now   int64
		want  int64
	}{
		{0, 100, 0},
		{idle | 40, 100, 60},
		{assist | 40, 100, 0},
		{idle | 140, 100, 0}, // the future: another clock reading
	} {
		if got := idleSince(c.stamp, c.now); got != c.want {
			t.Errorf("idleSince(%#x, %d) = %d, not %d", c.stamp, c.now, got, c.want)
		}
	}
}

func Test_versions_are_parsed(t *testing.T) {
	for text, want := range map[string]int{
		"go1.21": 21, "go1.26.8": 26, "go1.27rc1": 27, "devel go1.28-abcdef Mon": 28, "go1.26.8 X:nospin": 26,
	} {
		if got, err := goMinor(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "go2.1", "devel +abc", "go1.", "go1.x"} {
		if got, err := goMinor(text); err == nil {
			t.Errorf("%q is Go 1.%d", text, got)
		}
	}
}

// The keys are a contract with the C side, which has them in one table.
func Test_keys_are_those_of_the_snapshot(t *testing.T) {
	const header = "../../../metrics/snapshot.h"
	text, err := os.ReadFile(header)
	if err != nil {
		t.Skipf("the agent's module is not in schedtop's tree: %v", err)
	}
	s := view(t, open(t))
	s.GoroutinesCreated = 1 // unknown before Go 1.26
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(append(s.AppendJSON([]byte{'{'}), '}'), &answer); err != nil {
		t.Fatal(err)
	}
	keys := func(rows ...map[string]any) []string {
		seen := map[string]bool{}
		for _, row := range rows {
			for k := range row {
				seen[k] = true
			}
		}
		delete(seen, "running")    // strings stand beside the fields
		delete(seen, "preemptoff") //
		list := make([]string, 0, len(seen))
		for k := range seen {
			list = append(list, k)
		}
		sort.Strings(list)
		return list
	}
	var sched map[string]any
	var p, m []map[string]any
	for _, part := range []struct {
		text json.RawMessage
		to   any
	}{{answer["sched"], &sched}, {answer["p"], &p}, {answer["m"], &m}} {
		if err := json.Unmarshal(part.text, part.to); err != nil {
			t.Fatal(err)
		}
	}
	// What is known of the last collection comes with the metrics, which phase of one it is from outside alone;
	// and the last three are what a text of the runtime's schedtrace tells.
	others := map[string]bool{"idle_at_gc_ns": true, "gc_phase": true,
		"trace_ms": true, "sampled_idle_ns": true, "sampled_ns": true}
	for set, got := range map[string][]string{"SCHED": keys(sched), "P": keys(p...), "M": keys(m...)} {
		_, table, ok := strings.Cut(string(text), "#define "+set+"_FIELDS(X)")
		table, _, _ = strings.Cut(table, "\n\n")
		var want []string
		for _, match := range regexp.MustCompile(`X\(\w+, "(\w+)"`).FindAllStringSubmatch(table, -1) {
			if !others[match[1]] {
				want = append(want, match[1])
			}
		}
		sort.Strings(want)
		if !ok || strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: the keys are %q, the snapshot's are %q", set, got, want)
		}
	}
}

func BenchmarkView(b *testing.B) {
	r := open(b)
	b.ReportAllocs()
	var text []byte
	for i := 0; i < b.N; i++ {
		if err := r.View(func(s *State) { text = s.AppendJSON(text[:0]) }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		open(b)
	}
}
