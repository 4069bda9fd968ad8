package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	exptrace "golang.org/x/exp/trace"
)

// occupancy is what Go's own reader finds in a trace: for how long each state lasted, by start function.
type occupancy struct {
	wallNS  int64
	stateNS map[string]map[exptrace.GoState]int64
	waitNS  map[string]map[string]int64 // by start function and reason
	procNS  int64                       // Ps that ran
}

func readOccupancy(t *testing.T, path string) occupancy {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := exptrace.NewReader(bufio.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	type life struct {
		state  exptrace.GoState
		since  exptrace.Time
		start  string
		reason string
	}
	o := occupancy{stateNS: map[string]map[exptrace.GoState]int64{}, waitNS: map[string]map[string]int64{}}
	lives := map[exptrace.GoID]*life{}
	procs := map[exptrace.ProcID]exptrace.Time{}
	var first, last exptrace.Time
	end := func(l *life, at exptrace.Time) {
		if o.stateNS[l.start] == nil {
			o.stateNS[l.start], o.waitNS[l.start] = map[exptrace.GoState]int64{}, map[string]int64{}
		}
		o.stateNS[l.start][l.state] += int64(at.Sub(l.since))
		if l.state == exptrace.GoWaiting {
			o.waitNS[l.start][l.reason] += int64(at.Sub(l.since))
		}
	}
	for {
		event, err := reader.ReadEvent()
		if err != nil {
			break // the trace was checked to be whole
		}
		if first == 0 {
			first = event.Time()
		}
		last = event.Time()
		if event.Kind() != exptrace.EventStateTransition {
			continue
		}
		change := event.StateTransition()
		if change.Resource.Kind == exptrace.ResourceProc {
			_, to := change.Proc()
			id := change.Resource.Proc()
			if since, running := procs[id]; running {
				o.procNS += int64(last.Sub(since))
				delete(procs, id)
			}
			if to == exptrace.ProcRunning {
				procs[id] = last
			}
			continue
		}
		if change.Resource.Kind != exptrace.ResourceGoroutine {
			continue
		}
		_, to := change.Goroutine()
		id := change.Resource.Goroutine()
		l := lives[id]
		if l == nil {
			l = &life{since: last}
			lives[id] = l
			for frame := range change.Stack.Frames() { // the last one is the start
				l.start = frame.Func
			}
		} else {
			end(l, last)
		}
		l.state, l.since, l.reason = to, last, change.Reason
		if to == exptrace.GoNotExist {
			delete(lives, id)
		}
	}
	for _, l := range lives {
		end(l, last)
	}
	for _, since := range procs {
		o.procNS += int64(last.Sub(since))
	}
	o.wallNS = int64(last.Sub(first))
	return o
}

func (w *workload) sample(t *testing.T) occupancy {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sampled.trace")
	r := schedtop(t, "capture", "-p", w.p(), "--sampled", "-s", "2s", "-o", path)
	r.expect(t, exitOK)
	mustContain(t, tail(r.stderr), "sampled from memory")
	schedtop(t, "check", "--strict", path).expect(t, exitOK)
	var told struct {
		Health struct {
			SampledHz int `json:"sampled_hz"`
		} `json:"health"`
	}
	if err := json.Unmarshal([]byte(tail(schedtop(t, "stat", "--json", path).stdout)), &told); err != nil || told.Health.SampledHz != 1000 {
		t.Errorf("stat --json: %v, %+v", err, told)
	}
	return readOccupancy(t, path)
}

// share of the time that all goroutines of a start function are in a state, from 0 to their number.
func (o occupancy) share(start string, state exptrace.GoState) float64 {
	return float64(o.stateNS[start][state]) / float64(o.wallNS)
}

func mustBeNear(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if got < want-within || got > want+within {
		t.Errorf("%s: %.3f, expected %.3f", what, got, want)
	}
}

// Nothing of the program has an agent, and it is not stopped: its memory alone tells.
func TestSampledCaptureShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		b := build{toolchain: toolchain}
		t.Run(b.String(), func(t *testing.T) {
			t.Parallel()
			w := launch{build: b, args: []string{"-mode", "groups", "-n", "20", "-procs", "4"}}.run(t)
			o := w.sample(t)
			if o.wallNS < 1.7e9 { // the last look may be late on a busy machine
				t.Errorf("%.2f s were asked for, it covers %.3f s", 2.0, float64(o.wallNS)/1e9)
			}
			var waits = map[string]float64{}
			for start, reasons := range o.waitNS {
				for reason, ns := range reasons {
					if strings.HasPrefix(start, "main.") {
						waits[reason] += float64(ns) / float64(o.wallNS)
					}
				}
			}
			// 10 groups of 20 that wait to send, 2 that sleep, 1 that reads pipes; and main sleeps or selects.
			mustBeNear(t, "chan send", waits["chan send"], 200, 2)
			mustBeNear(t, "sleep", waits["sleep"], 40, 3)
			mustBeNear(t, "network", waits["network"], 20, 2)
		})
	}
}

func TestSampledCaptureMeasuresHowBusyThePsAre(t *testing.T) {
	t.Parallel()
	busy := launch{args: []string{"-mode", "spinners", "-n", "5", "-procs", "2"}}.run(t)
	o := busy.sample(t)
	mustBeNear(t, "Ps that run", float64(o.procNS)/float64(o.wallNS), 2, .1)
	mustBeNear(t, "spinners that run", o.share("main.startSpinners.func1", exptrace.GoRunning), 2, .1)
	mustBeNear(t, "spinners that wait for a P", o.share("main.startSpinners.func1", exptrace.GoRunnable), 3, .1)
	busy.signal(t, 15)
	idle := launch{args: []string{"-mode", "threads", "-n", "7", "-procs", "2"}}.run(t)
	o = idle.sample(t)
	mustBeNear(t, "Ps that run", float64(o.procNS)/float64(o.wallNS), 0, .1)
	mustBeNear(t, "threads in a system call", o.share("main.startThreads.func1", exptrace.GoSyscall), 7, .1)
}

func TestSampledCaptureProvesNothingToTheDoctor(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "mutex"}}.run(t)
	dir := t.TempDir()
	r := schedtop(t, "capture", "-p", w.p(), "--sampled", "-s", "1s", "--trace-dir", dir)
	r.expect(t, exitOK)
	kept := names(t, dir)
	if len(kept) != 1 || !strings.HasSuffix(kept[0], ".sampled.trace") {
		t.Fatalf("kept: %v", kept)
	}
	r = schedtop(t, "doctor", filepath.Join(dir, kept[0]))
	r.expect(t, exitFailed)
	mustContain(t, r.oneSentence(t), "a sampled trace proves nothing")
	mustContain(t, tail(schedtop(t, "stat", "--kind", "health", filepath.Join(dir, kept[0])).stdout), "Sampled from memory 1000 times a second")
}

// A process that goes away in the middle, and one that was never there.
func TestSampledCaptureOfAProcessThatExits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := launch{args: []string{"-mode", "mixed"}}.run(t)
	p := startSchedtop(t, "capture", "-p", w.p(), "--sampled", "-s", "20s", "--trace-dir", dir)
	mustSample(t, dir)
	w.signal(t, 9)
	if status := p.wait(t, patience); status != exitExited {
		t.Errorf("exit status %d", status)
	}
	mustBeEmpty(t, dir)
	r := schedtop(t, "capture", "-p", itoa(pidThatIsFree(t)), "--sampled")
	r.expect(t, exitNoTarget)
	r.oneSentence(t)
}

// mustSample waits until something is being written there.
func mustSample(t *testing.T, dir string) {
	t.Helper()
	waitUntil(t, fmt.Sprintf("a file in %s", dir), func() bool {
		entries, err := os.ReadDir(dir)
		return err == nil && len(entries) > 0
	})
}
