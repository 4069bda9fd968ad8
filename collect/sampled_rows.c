#include <stdlib.h>
#include <string.h>

#include "collect/sampled_state.h"

/* --- stacks ---------------------------------------------------------------------------------- */

static struct writer_frame frame_of(struct sampled *s, const struct goproc_frame *f)
{
	return (struct writer_frame){sampled_word(s, f->function), sampled_word(s, f->file),
	                             f->line > 0 ? (uint64_t)f->line : 0};
}

static uint64_t one_frame(struct sampled *s, enum goproc_place kind, uint64_t number)
{
	struct goproc_frame at;
	s->names.name(s->names.arg, kind, number, &at);
	if (!at.function[0])
		return 0;
	struct writer_frame frame = frame_of(s, &at);
	return trace_writer_stack(s->writer, &frame, 1);
}

/* What is known without reading the stack: where it stands and how it began. What lies between is
   shown as left out. */
static uint64_t both_ends(struct sampled *s, const struct goproc_goroutine *row)
{
	struct goproc_frame at, start;
	s->names.name(s->names.arg, GOPROC_AT, row->at, &at);
	s->names.name(s->names.arg, GOPROC_START, row->start, &start);
	if (!at.function[0])
		return 0;
	struct writer_frame frame[] = {frame_of(s, &at),
	                               {sampled_word(s, "..."), 0, 0},
	                               frame_of(s, &start)};
	bool is_start = strcmp(at.function, start.function) == 0;
	return trace_writer_stack(s->writer, frame, is_start ? 1 : start.function[0] ? 3 : 2);
}

static uint64_t stack_of(struct sampled *s, const struct goproc_goroutine *row)
{
	struct goproc_frame *at = NULL;
	struct writer_frame frame[TRACE_MAX_FRAMES];
	size_t n = 0;
	if (s->stacks > 0) {
		at = malloc(TRACE_MAX_FRAMES * sizeof *at);
		s->no_memory |= !at;
	}
	if (at) {
		s->stacks--;
		n = s->names.stack(s->names.arg, row->handle, row->goid, at, TRACE_MAX_FRAMES);
		for (size_t i = 0; i < n; i++)
			frame[i] = frame_of(s, &at[i]);
		/* As in Go's own traces, which end with the goroutine's own function. */
		if (n > 1 && strcmp(at[n - 1].function, "runtime.goexit") == 0)
			n--;
		free(at);
	}
	return n > 0 ? trace_writer_stack(s->writer, frame, n) : both_ends(s, row);
}

/* The tracer has words of its own for why a goroutine waits (runtime/traceruntime.go), fewer than a
   traceback (runtime2.go, waitReasonStrings). */
static uint64_t reason_of(struct sampled *s, uint8_t reason)
{
	static const struct {
		const char *traceback, *tracer;
	} words[] = {
		{"IO wait", "network"},
		{"chan receive (nil chan)", "forever"},
		{"chan send (nil chan)", "forever"},
		{"select (no cases)", "forever"},
		{"semacquire", "sync"},
		{"sync.Mutex.Lock", "sync"},
		{"sync.RWMutex.Lock", "sync"},
		{"sync.RWMutex.RLock", "sync"},
		{"sync.WaitGroup.Wait", "sync"},
		{"sync.Cond.Wait", "sync.(*Cond).Wait"},
		{"GC assist wait", "GC mark assist wait for work"},
		{"GC sweep wait", "GC background sweeper wait"},
		{"GC scavenge wait", "system goroutine wait"},
		{"GC worker (idle)", "system goroutine wait"},
		{"force gc (idle)", "system goroutine wait"},
		{"finalizer wait", "system goroutine wait"},
		{"cleanup wait", "system goroutine wait"},
	};
	const char *text = s->names.reason(s->names.arg, reason);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(text, words[i].traceback) == 0)
			return sampled_word(s, words[i].tracer);
	return sampled_word(s, text);
}

/* --- a reading of all goroutines ------------------------------------------------------------- */

/* The thread on which it was in a system call when the trace began; 0: it was in none. */
static uint64_t caller_thread(struct sampled *s, const struct goproc_goroutine *row)
{
	for (size_t i = 0; i < s->threads && row->status == STATUS_SYSCALL; i++)
		if (s->thread[i].curg == row->goid)
			return s->thread[i].id;
	return 0;
}

/* Those that were there when the trace began are runnable then, until the row says more. */
static struct sampled_goroutine *introduce_first(struct sampled *s,
                                                 const struct goproc_goroutine *row)
{
	struct sampled_goroutine *g = sampled_add(s, row->goid);
	uint64_t id = caller_thread(s, row), start = one_frame(s, GOPROC_START, row->start);
	if (!g)
		return NULL;
	sampled_step(s, OBSERVER, EV_GO_STATUS_STACK, (uint64_t)row->goid, id ? id : UINT64_MAX,
	             id ? GO_SYSCALL : GO_RUNNABLE, start);
	if (id) {
		g->doing = SYSCALL;
		g->thread = id;
		sampled_thread(s, id)->caller = row->goid;
	}
	return g;
}

static struct sampled_goroutine *introduce(struct sampled *s, const struct goproc_goroutine *row)
{
	if (!s->has_looked)
		return introduce_first(s, row);
	struct sampled_proc *p = sampled_borrow(s);
	struct sampled_goroutine *g = p ? sampled_add(s, row->goid) : NULL;
	if (g)
		sampled_step(s, p->thread, EV_GO_CREATE, (uint64_t)row->goid,
		             one_frame(s, GOPROC_START, row->start),
		             one_frame(s, GOPROC_CREATOR, row->creator), 0);
	return g; /* none: the next reading has it, too */
}

static void put_to_sleep(struct sampled *s, struct sampled_goroutine *g,
                         const struct goproc_goroutine *row)
{
	if (g->doing == LEFT) {
		sampled_settle(s, g, EV_GO_BLOCK, reason_of(s, row->reason), stack_of(s, row));
	} else {
		struct sampled_proc *p = sampled_borrow(s);
		if (!p)
			return;
		sampled_start(s, p, g);
		sampled_step(s, p->thread, EV_GO_BLOCK, reason_of(s, row->reason), stack_of(s, row), 0, 0);
		p->goroutine = NOBODY;
	}
	g->doing = WAITING;
	g->reason = row->reason;
	g->at = row->at;
}

void sampled_row(struct sampled *s, const struct goproc_goroutine *row)
{
	struct sampled_goroutine *g = sampled_find(s, row->goid);
	if (s->has_looked)
		sampled_set_time(s, row->at_ns);
	if (!g && !(g = introduce(s, row)))
		return;
	g->reading = s->readings;
	/* Of what is on a P or in a system call the looks know more. */
	if (g->doing == RUNNING || g->doing == SYSCALL)
		return;
	switch (row->status) {
	case STATUS_RUNNABLE:
	case STATUS_PREEMPTED:
		sampled_make_runnable(s, g);
		break;
	case STATUS_WAITING:
	case STATUS_LEAKED:
		/* One that waits where it waited may have run unseen: then it was for less than a look. */
		if (g->doing != WAITING || g->reason != row->reason || (row->at && g->at != row->at))
			put_to_sleep(s, g, row);
		break;
	default:
		break;
	}
}

void sampled_rest(struct sampled *s, size_t stacks)
{
	sampled_give_back(s);
	s->stacks = stacks;
}

static void bury(struct sampled *s, size_t index)
{
	struct sampled_goroutine *g = &s->goroutine[index];
	if (g->doing == LEFT) {
		sampled_settle(s, g, EV_GO_DESTROY, 0, 0);
	} else {
		struct sampled_proc *p = sampled_borrow(s);
		if (!p)
			return;
		sampled_start(s, p, g);
		sampled_step(s, p->thread, EV_GO_DESTROY, 0, 0, 0, 0);
		p->goroutine = NOBODY;
	}
	sampled_forget(s, index);
}

void sampled_read(struct sampled *s, bool all)
{
	for (size_t i = s->goroutines; all && i-- > 0;) {
		const struct sampled_goroutine *g = &s->goroutine[i];
		bool runs =
			g->doing == RUNNING || g->doing == SYSCALL || (s->is_lent && s->waits == g->goid);
		if (g->reading != s->readings && !runs)
			bury(s, i);
	}
	sampled_give_back(s);
	s->readings++;
	if (s->has_looked)
		sampled_write_steps(s);
}
