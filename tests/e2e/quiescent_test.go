package e2e

import (
	"fmt"
	"testing"
)

// A target in which nothing moves: what schedtop reads must be what the runtime prints about itself,
// in every field of every row.
func TestQuiescentTargetReadsAsItsOwnSchedtrace(t *testing.T) {
	forEachVersionAndSource(t, func(t *testing.T, toolchain, source string) {
		w := launchFor(toolchain, source, "schedtrace=100,scheddetail=1", "-mode", "quiet", "-procs", "4").run(t)
		for _, form := range []string{"--batch", "--json"} {
			if form == "--batch" && minor(t, toolchain) < 20 {
				// The line of today's format needs needspinning, which that runtime doesn't have.
				continue
			}
			w.mustAgree(t, source, form)
		}
	})
}

// The same for the short form, whose P columns are in today's format whatever the target's is.
func TestQuiescentTargetReadsAsItsOwnShortSchedtrace(t *testing.T) {
	t.Parallel()
	w := launch{godebug: "schedtrace=100", args: []string{"-mode", "quiet", "-procs", "4"}}.run(t)
	var problem string
	for i := 0; i < attempts; i++ {
		before := w.truth(t)
		r := schedtop(t, "-p", w.p(), "--batch", "-n", "1", "--source", "memory")
		r.expect(t, 0)
		got := parseTraces(r.stdout)
		if len(got) != 1 {
			t.Fatalf("one snapshot expected: schedtop %v", r)
		}
		if after := w.truthAfterNow(t); len(compare(before, after)) > 0 {
			problem = "the target never stood still: " + list(compare(before, after))
			continue
		}
		differences := compare(before, got[0])
		if len(differences) == 0 {
			return
		}
		problem = list(differences)
	}
	t.Error(problem)
}

// attempts to see the target standing still. A thread that looks for work, or a timer of the runtime
// itself, may get in between; a field that is read wrongly is wrong every time.
const attempts = 20

func forEachVersionAndSource(t *testing.T, test func(t *testing.T, toolchain, source string)) {
	t.Parallel()
	for _, toolchain := range versions() {
		for _, source := range []string{"memory", "agent"} {
			if source == "agent" && minor(t, toolchain) < agentFloor {
				continue
			}
			t.Run(toolchain+"/"+source, func(t *testing.T) {
				t.Parallel()
				test(t, toolchain, source)
			})
		}
	}
}

func launchFor(toolchain, source, godebug string, args ...string) launch {
	if source == "agent" {
		args = append(args, "-agent")
	}
	return launch{build: build{toolchain: toolchain}, godebug: godebug, args: args}
}

func (w *workload) mustAgree(t *testing.T, source, form string) {
	t.Helper()
	var problem string
	for i := 0; i < attempts; i++ {
		before := w.truth(t)
		got := w.observe(t, source, form)
		after := w.truthAfterNow(t)
		if problem = disagreement(source, before, got, after); problem == "" {
			return
		}
	}
	t.Errorf("%s: %s", form, problem)
}

// tooSlow is what schedtop says of an agent that gets no CPU for a while.
const tooSlow = "does not answer: it takes too long"

// unhurried runs schedtop, again when the machine was so busy that an agent did not answer in time.
func unhurried(t *testing.T, args ...string) result {
	t.Helper()
	r := schedtop(t, args...)
	for i := 0; i < attempts && count(r.stderr, tooSlow) > 0; i++ {
		r = schedtop(t, args...)
	}
	return r
}

// observe takes one snapshot.
func (w *workload) observe(t *testing.T, source, form string) trace {
	t.Helper()
	// An answer is waited for half of the interval, and no more than half a second. --batch is done when
	// it is there; --json has two snapshots to take, the first to derive from.
	args := []string{"-p", w.p(), form, "-n", "1", "--source", source, "-d"}
	if form == "--batch" {
		args = append(args, "5s", "--detail")
	} else {
		args = append(args, "500ms")
	}
	r := unhurried(t, args...)
	r.expect(t, 0)
	if len(r.sentences()) > 0 {
		t.Fatalf("nothing to complain about expected: schedtop %v", r)
	}
	var got []trace
	if form == "--batch" {
		got = parseTraces(r.stdout)
	} else {
		for _, s := range parseSnapshots(t, r.stdout) {
			got = append(got, s.trace())
		}
	}
	if len(got) != 1 {
		t.Fatalf("one snapshot expected: schedtop %v", r)
	}
	return got[0]
}

// disagreement says what got has otherwise than the target's own prints before and after it.
func disagreement(source string, before, got, after trace) string {
	var moved, wrong []difference
	if source == "memory" {
		moved = compare(before, after)
		wrong = remove(compare(before, got), printsItself)
	} else {
		// The agent answers from within: its own work is part of what it sees.
		observer := observerOf(got)
		moved = withoutPoller(remove(compare(before, after), leftByAgent), 2)
		wrong = remove(compare(before, got), printsItself, observer.explains, leftByAgent)
		wrong = withoutPoller(wrong, 1)
	}
	switch {
	case len(moved) > 0:
		return "the target never stood still:\n" + list(moved)
	case len(wrong) > 0:
		return list(wrong)
	}
	return ""
}

func remove(all []difference, explained ...func(difference) bool) []difference {
	var rest []difference
next:
	for _, d := range all {
		for _, explains := range explained {
			if explains(d) {
				continue next
			}
		}
		rest = append(rest, d)
	}
	return rest
}

// printsItself: sysmon, which has neither P nor goroutine, prints the schedtrace while it holds the
// scheduler's lock, so its own `locks` is above 0 there. Read from outside it sleeps. It is the first M that
// is started, and the second one in programs with C code, which keep a spare one without a thread.
func printsItself(d difference) bool {
	return (d.where == "M1" || d.where == "M2") && d.field == "locks" && d.got == "0" &&
		d.wantRow["p"] == "nil" && d.wantRow["curg"] == "nil"
}

// An observer is the one M that runs the agent's handler, on one P, when the agent looks.
type observer struct {
	p, m string
	ok   bool
}

func observerOf(tr trace) observer {
	var o observer
	for _, p := range tr.p {
		if p["status"] == "1" && p["m"] != "nil" {
			if o.ok {
				return observer{} // two at work: not quiescent
			}
			o = observer{p: p["id"], m: p["m"], ok: true}
		}
	}
	return o
}

func (o observer) explains(d difference) bool {
	if !o.ok {
		return false
	}
	switch d.where + " " + d.field {
	case "SCHED idleprocs":
		return less(d.got, d.want, 1)
	case "SCHED idlethreads":
		return less(d.got, d.want, 1)
	case "P" + o.p + " status":
		return d.want == "0" && d.got == "1"
	case "P" + o.p + " m":
		return d.want == "nil" && d.got == o.m
	case "M" + o.m + " p":
		return d.want == "nil" && d.got == o.p
	case "M" + o.m + " curg":
		return d.want == "nil" && d.got != "nil"
	case "M" + o.m + " blocked":
		return d.want == "true" && d.got == "false"
	}
	return false
}

// leftByAgent: a request makes goroutines run, arms the connection's deadlines and takes goroutines
// from the free list.
func leftByAgent(d difference) bool {
	switch d.field {
	case "schedtick", "syscalltick":
		return less(d.want, d.got, 100)
	case "gfreecnt", "timerslen":
		return less(d.want, d.got, 4) || less(d.got, d.want, 4)
	}
	return false
}

// withoutPoller: of the Ms without work one waits in the network poller (blocked=false), the others are
// parked (blocked=true). A request wakes the poller, and another M may take its place: one more M
// that is not parked now, or two that have changed places afterwards.
func withoutPoller(all []difference, most int) []difference {
	var rest []difference
	taken, left := 0, 0
	for _, d := range all {
		switch {
		case d.field == "blocked" && d.wantRow["p"] == "nil" && d.got == "false":
			taken++
		case d.field == "blocked" && d.wantRow["p"] == "nil" && d.got == "true":
			left++
		default:
			rest = append(rest, d)
		}
	}
	if taken > 1 || left > 1 || taken+left > most || most == 2 && taken != left {
		return all
	}
	return rest
}

// less: a is below b, by `most` at most.
func less(a, b string, most int) bool {
	var x, y int
	if _, err := fmt.Sscan(a, &x); err != nil {
		return false
	}
	if _, err := fmt.Sscan(b, &y); err != nil {
		return false
	}
	return x < y && y-x <= most
}
