package reference

import (
	"maps"
	"slices"

	"golang.org/x/exp/trace"
)

// times are nanoseconds by what they were spent on.
type times map[string]trace.Time

const nobody = "no goroutine"

// tasksFollowed is for how many tasks at once a goroutine's work is counted.
const tasksFollowed = 4

// spentOn names a state as the report does.
func spentOn(state trace.GoState, reason string) string {
	switch state {
	case trace.GoRunning:
		return "running"
	case trace.GoSyscall:
		return "system call"
	case trace.GoRunnable:
		return "runnable"
	}
	if state == trace.GoWaiting && reason != "" {
		return reason
	}
	return "unknown, blocked"
}

// task is open. Who works for it: the goroutine that created it, and whoever
// is in one of its regions.
type task struct {
	id, parent              trace.TaskID
	name                    string
	creator                 trace.GoID
	begin, since            trace.Time
	logs, regions, subtasks int
	workers                 map[trace.GoID]int // how often
	doing                   map[trace.GoID]string
	blockedOn               string // what the last worker that blocked waits for
	spent                   times
}

// furthest is what the worker does that is furthest.
func (t *task) furthest() string {
	doing := slices.Collect(maps.Values(t.doing))
	for _, state := range []string{"running", "system call", "runnable"} {
		if slices.Contains(doing, state) {
			return state
		}
	}
	if len(doing) > 0 {
		return t.blockedOn
	}
	return nobody
}

func (t *task) charge(now trace.Time) {
	t.spent[t.furthest()] += now - t.since
	t.since = now
}

type region struct {
	name   string
	task   trace.TaskID
	begin  trace.Time
	before times // what its goroutine had spent until then
}

// typeSum is what is told of all tasks or regions of one type.
type typeSum struct {
	ended, open, logs, regions, cut, earlier int
	sum, max                                 trace.Time
	spent                                    times
}

func (s *typeSum) add(ns trace.Time) {
	s.ended++
	s.sum += ns
	s.max = max(s.max, ns)
}

type annotations struct {
	printf      func(format string, args ...any)
	tasks       map[trace.TaskID]*task
	regions     map[trace.GoID][]region // innermost last
	goroutines  map[trace.GoID]times    // spent by those that were in a region, until since
	since       map[trace.GoID]trace.Time
	doing       map[trace.GoID]string
	taskTypes   map[string]*typeSum
	regionTypes map[string]*typeSum
	endedOnly   int
	logs        int
}

func newAnnotations(printf func(string, ...any)) *annotations {
	return &annotations{
		printf:      printf,
		tasks:       map[trace.TaskID]*task{},
		regions:     map[trace.GoID][]region{},
		goroutines:  map[trace.GoID]times{},
		since:       map[trace.GoID]trace.Time{},
		doing:       map[trace.GoID]string{},
		taskTypes:   map[string]*typeSum{},
		regionTypes: map[string]*typeSum{},
	}
}

func sumOf(sums map[string]*typeSum, name string) *typeSum {
	if sums[name] == nil {
		sums[name] = &typeSum{spent: times{}}
	}
	return sums[name]
}

// charge adds to what the goroutine spent.
func (a *annotations) charge(id trace.GoID, now trace.Time) {
	spent := a.goroutines[id]
	if spent == nil {
		spent = times{}
		a.goroutines[id] = spent
	}
	if what, known := a.doing[id]; known {
		spent[what] += now - a.since[id]
	}
	a.since[id] = now
}

func (a *annotations) event(ev trace.Event) {
	switch ev.Kind() {
	case trace.EventStateTransition:
		if st := ev.StateTransition(); st.Resource.Kind == trace.ResourceGoroutine {
			a.transition(ev.Time(), st)
		}
	case trace.EventTaskBegin:
		a.beginTask(ev)
	case trace.EventTaskEnd:
		a.endTask(ev)
	case trace.EventRegionBegin:
		a.beginRegion(ev)
	case trace.EventRegionEnd:
		a.endRegion(ev)
	case trace.EventLog:
		a.log(ev)
	}
}

func (a *annotations) transition(now trace.Time, st trace.StateTransition) {
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	if from == to {
		return
	}
	a.charge(id, now)
	what := spentOn(to, st.Reason)
	for _, t := range a.tasks {
		if t.workers[id] == 0 {
			continue
		}
		t.charge(now)
		t.doing[id] = what
		if to == trace.GoNotExist {
			delete(t.workers, id)
			delete(t.doing, id)
		} else if to != trace.GoRunning && to != trace.GoSyscall && to != trace.GoRunnable {
			t.blockedOn = what
		}
	}
	a.doing[id] = what
	if to != trace.GoNotExist {
		return
	}
	for open := a.regions[id]; len(open) > 0; open = open[:len(open)-1] {
		a.leave(id, open[len(open)-1], a.regionTypes)
		sumOf(a.regionTypes, open[len(open)-1].name).cut++
	}
	delete(a.regions, id)
	delete(a.goroutines, id)
	delete(a.doing, id)
}

func (a *annotations) follow(t *task, id trace.GoID, now trace.Time) {
	if t.workers[id] == 0 {
		n := 0
		for _, other := range a.tasks {
			if other.workers[id] > 0 {
				n++
			}
		}
		if n == tasksFollowed {
			return
		}
		t.charge(now)
		t.doing[id] = "running" // who begins something runs
	}
	t.workers[id]++
}

// parentOf says 0 for none.
func parentOf(t trace.Task) trace.TaskID {
	if t.Parent == trace.NoTask {
		return trace.BackgroundTask
	}
	return t.Parent
}

func (a *annotations) beginTask(ev trace.Event) {
	name, id := ev.Task().Type, ev.Task().ID
	if id == trace.BackgroundTask {
		return
	}
	sumOf(a.taskTypes, name)
	t := &task{id: id, parent: parentOf(ev.Task()), name: name, creator: ev.Goroutine(), begin: ev.Time(),
		since: ev.Time(), workers: map[trace.GoID]int{}, doing: map[trace.GoID]string{}, spent: times{}}
	if parent := a.tasks[t.parent]; parent != nil {
		parent.subtasks++
	}
	a.tasks[id] = t
	a.follow(t, t.creator, ev.Time())
}

func (a *annotations) endTask(ev trace.Event) {
	if t := a.tasks[ev.Task().ID]; t != nil {
		a.conclude(t, ev.Time(), "ended")
	} else {
		a.endedOnly++
	}
}

func (a *annotations) conclude(t *task, now trace.Time, how string) {
	t.charge(now)
	sum := sumOf(a.taskTypes, t.name)
	sum.logs += t.logs
	sum.regions += t.regions
	if how == "ended" {
		sum.add(now - t.begin)
	} else {
		sum.open++
	}
	a.printf("task %s %d %d %d %s logs %d regions %d subtasks %d %d %d", quote(t.name), uint64(t.id), uint64(t.parent),
		uint64(t.creator), how, t.logs, t.regions, t.subtasks, t.begin, now-t.begin)
	for what, ns := range t.spent {
		if ns != 0 {
			a.printf("task-spent %d %s %d", uint64(t.id), quote(what), ns)
		}
	}
	delete(a.tasks, t.id)
}

func (a *annotations) log(ev trace.Event) {
	l := ev.Log()
	a.logs++
	a.printf("log %d %d %s %016x %d", ev.Goroutine(), uint64(l.Task), quote(l.Category), digest(l.Message), ev.Time())
	if t := a.tasks[l.Task]; t != nil {
		t.logs++
	}
}

func (a *annotations) beginRegion(ev trace.Event) {
	r, id := ev.Region(), ev.Goroutine()
	sumOf(a.regionTypes, r.Type)
	a.charge(id, ev.Time())
	a.doing[id] = "running"
	a.regions[id] = append(a.regions[id], region{r.Type, r.Task, ev.Time(), maps.Clone(a.goroutines[id])})
	if t := a.tasks[r.Task]; t != nil {
		t.regions++
		a.follow(t, id, ev.Time())
	}
}

func (a *annotations) endRegion(ev trace.Event) {
	r, id := ev.Region(), ev.Goroutine()
	if t := a.tasks[r.Task]; t != nil && t.workers[id] > 0 {
		if t.workers[id]--; t.workers[id] == 0 {
			t.charge(ev.Time())
			delete(t.workers, id)
			delete(t.doing, id)
		}
	}
	open := a.regions[id]
	if len(open) == 0 {
		sumOf(a.regionTypes, r.Type).earlier++
		return
	}
	a.charge(id, ev.Time())
	last := open[len(open)-1] // the reference has seen to it that it is this one
	a.regions[id] = open[:len(open)-1]
	a.leave(id, last, a.regionTypes)
	sumOf(a.regionTypes, r.Type).add(ev.Time() - last.begin)
	a.printf("region %d %s %d %d %d", id, quote(last.name), uint64(last.task), last.begin, ev.Time()-last.begin)
}

// leave adds what the goroutine spent in the region to its type.
func (a *annotations) leave(id trace.GoID, r region, sums map[string]*typeSum) {
	for what, ns := range a.goroutines[id] {
		sumOf(sums, r.name).spent[what] += ns - r.before[what]
	}
}

func (a *annotations) finish(now trace.Time) {
	for _, t := range a.tasks {
		a.conclude(t, now, "open")
	}
	for id, open := range a.regions {
		a.charge(id, now)
		for _, r := range open {
			a.leave(id, r, a.regionTypes)
			sumOf(a.regionTypes, r.name).open++
		}
	}
	for name, s := range a.taskTypes {
		a.printf("task-type %s ended %d open %d logs %d regions %d %d %d", quote(name), s.ended, s.open, s.logs, s.regions,
			s.sum, s.max)
	}
	for name, s := range a.regionTypes {
		a.printf("region-type %s ended %d open %d cut %d earlier %d %d %d", quote(name), s.ended, s.open, s.cut, s.earlier,
			s.sum, s.max)
		for what, ns := range s.spent {
			if ns != 0 {
				a.printf("region-spent %s %s %d", quote(name), quote(what), ns)
			}
		}
	}
	if a.endedOnly > 0 {
		a.printf("tasks that only ended %d", a.endedOnly)
	}
	if a.logs > 0 {
		a.printf("logs %d", a.logs)
	}
}
