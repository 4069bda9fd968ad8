package e2e

import (
	"strings"
	"syscall"
	"testing"
)

func TestPositionIndependentExecutableIsRead(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		w := launch{build: build{toolchain: toolchain, pie: true}, godebug: "schedtrace=100,scheddetail=1",
			args: []string{"-mode", "quiet", "-procs", "4"}}.run(t)
		w.mustAgree(t, "memory", "--json")
	}
}

// What the agent reads of itself without a symbol table is what the runtime prints.
func TestAgentOfAStrippedProgramReadsItsScheduler(t *testing.T) {
	t.Parallel()
	for _, toolchain := range versions() {
		if minor(t, toolchain) < agentFloor {
			continue
		}
		for _, pie := range []bool{false, true} {
			w := launch{build: build{toolchain: toolchain, stripped: true, pie: pie}, godebug: "schedtrace=100,scheddetail=1",
				args: []string{"-mode", "quiet", "-procs", "4", "-agent"}}.run(t)
			w.mustAgree(t, "agent", "--json")
		}
	}
}

// unreadable is a program whose memory schedtop can't understand: its release is not known, and there is
// nothing else that tells the layout of its scheduler.
var unreadable = build{stripped: true, release: "go1.99"}

func TestUnreadableBinaryGetsOneSentenceAndTheAgentsData(t *testing.T) {
	t.Parallel()
	w := launch{build: unreadable, args: []string{"-mode", "quiet", "-agent"}}.run(t)
	r := unhurried(t, "-p", w.p(), "--json", "-n", "2", "-d", "1s")
	r.expect(t, exitOK)
	r.oneSentence(t)
	all := parseSnapshots(t, r.stdout)
	if len(all) != 2 {
		t.Fatalf("2 snapshots expected: schedtop %v", r)
	}
	for _, s := range all {
		if n := s.number(t, "runtime", "goroutines"); n < 1 {
			t.Errorf("the agent's data is missing: %v", s)
		}
	}
	r = schedtop(t, "-p", w.p(), "--batch", "-n", "1", "--source", "memory")
	r.expect(t, exitFailed)
	r.oneSentence(t)
}

func TestTargetWithoutAgentSaysHowToAddIt(t *testing.T) {
	t.Parallel()
	w := launch{args: []string{"-mode", "quiet"}}.run(t)
	r := schedtop(t, "-p", w.p(), "--batch", "-n", "1", "--source", "agent")
	r.expect(t, exitNoTarget)
	if said := r.oneSentence(t); !strings.Contains(said, "schedtop/agent") {
		t.Errorf("the sentence doesn't speak of the agent: %q", said)
	}
}

// The number of Ps changes while it is watched: no row too many, none too few.
func TestChangeOfGOMAXPROCSIsFollowed(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"memory", "agent"} {
		w := launch{args: []string{"-mode", "mixed", "-agent", "-gomaxprocs-steps", "1,6,3",
			"-step-every", "600ms"}}.run(t)
		p := startSchedtop(t, "-p", w.p(), "--json", "-d", "100ms", "--source", source)
		p.stdout.waitFor(t, source+": all three numbers of Ps", func(text []string) bool {
			seen := map[string]bool{}
			for _, s := range parseSnapshots(t, text) {
				n, _ := s.at("sched", "gomaxprocs")
				rows := len(s.rows("p"))
				if n == nil {
					continue // read while it changed: unknown, not wrong
				}
				number := toRow(map[string]any{"n": n})["n"]
				if itoa(rows) != number {
					t.Fatalf("gomaxprocs %s and %d rows", number, rows)
				}
				seen[number] = true
			}
			return seen["1"] && seen["6"] && seen["3"]
		})
		p.signal(t, syscall.SIGTERM)
		p.wait(t, patience)
	}
}

// A 50 % busy program that never collects is what /cpu/classes is blind for: it is refreshed at the end
// of a collection only.
func TestHalfBusyProgramThatNeverCollectsReadsHalfIdle(t *testing.T) {
	for _, source := range []string{"memory", "agent"} {
		t.Run(source, func(t *testing.T) {
			w := launch{args: []string{"-mode", "half", "-agent", "-procs", "2"}}.run(t)
			var ratio float64
			// A thread that waits for a CPU while it holds a P keeps that P busy: on a loaded machine
			// the truth itself is off now and then.
			for range 12 {
				if ratio = w.idle(t, source); ratio >= 0.4 && ratio <= 0.6 {
					break
				}
			}
			if ratio < 0.4 || ratio > 0.6 {
				t.Errorf("idle is %.1f %%, not 50 +- 10", 100*ratio)
			}
			m := w.metrics(t)
			if idle := m.value(t, "/cpu/classes/idle:cpu-seconds"); idle != 0 {
				t.Errorf("/cpu/classes/idle is %v: this program has collected and proves nothing", idle)
			}
		})
	}
}

// idle is what schedtop derives for 3 seconds.
func (w *workload) idle(t *testing.T, source string) float64 {
	t.Helper()
	r := schedtop(t, "-p", w.p(), "--json", "-d", "3s", "-n", "1", "--source", source)
	r.expect(t, exitOK)
	all := parseSnapshots(t, r.stdout)
	if len(all) != 1 {
		t.Fatalf("one snapshot expected: schedtop %v", r)
	}
	if method, _ := all[0].at("derived", "idle", "method"); method != "runtime" {
		t.Errorf("known by %v, not by the runtime's own count", method)
	}
	return all[0].number(t, "derived", "idle", "ratio")
}
