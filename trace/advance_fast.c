/*
 * Shortcuts for the handful of events that make up nearly all of a trace, where nothing about them
 * is unusual: what they need is looked at first, and whatever is missing leaves the event as it is
 * for its handler in advance.c, which knows all cases and every complaint. A thread's state is held
 * in registers meanwhile.
 */
#include <string.h>

#include "trace/advance.h"

enum {
	MOST_ARGS = 3, /* of the events that have a shortcut */
	/* An event's arguments, and type and time of the next: so far nothing has to be checked. */
	ROOM = MOST_ARGS * VARINT_MAX + 1 + VARINT_MAX,
};

/* One thread's turn. */
struct turn {
	struct order *o;
	const uint8_t *p;      /* arguments of the next event */
	struct trace_event *e; /* to be filled next */
	struct trace_thread *thread;
	const struct generation *generation;
	int64_t time_ns, last_ns;
	double ns_per_tick;
	uint32_t m, sequence;
	uint8_t type;
};

/* Times and the clock's rate must be such that no sum can overflow. */
static bool can_begin(const struct order *o, const struct front *f)
{
	return f->m != 0 && !o->reference_clock && bound_ns(f->time_ns) == f->time_ns &&
	       bound_ns(o->last_ns) == o->last_ns && f->ns_per_tick >= 0 && f->ns_per_tick < 1 << 20;
}

ORDER_HOT struct trace_event *fill(struct turn *t, uint8_t type, uint32_t subject, uint32_t name,
                                   uint64_t stack, uint8_t from, uint8_t to)
{
	struct trace_event *e = t->e++;
	t->last_ns = t->time_ns > t->last_ns ? t->time_ns : t->last_ns + 1;
	e->time_ns = t->last_ns;
	e->at_ns = t->time_ns;
	e->arg[0] = e->arg[1] = 0;
	e->arg[2] = stack;
	memcpy(&e->g, &t->thread->g, sizeof e->g + sizeof e->p); /* its g and p in one */
	e->m = t->m;
	e->subject = subject;
	e->name = name;
	e->type = type;
	e->from = from;
	e->to = to;
	e->synthetic = false;
	return e;
}

ORDER_HOT bool has_context(const struct turn *t)
{
	return t->thread->p != TRACE_NONE && t->thread->g != TRACE_NONE;
}

ORDER_HOT bool is_next(const struct turn *t, uint32_t sequence, uint64_t last, uint64_t number)
{
	return sequence == t->sequence && number == last + 1;
}

/* The goroutine that may do this now; NULL: none. */
ORDER_HOT struct trace_goroutine *ready(const struct turn *t, const uint64_t *arg, uint8_t status,
                                        uint32_t *slot)
{
	*slot = idmap_get(&t->o->goroutine_of, arg[0]);
	if (*slot == IDMAP_NONE)
		return NULL;
	struct trace_goroutine *g = &t->o->goroutine[*slot];
	return g->status == status && is_next(t, g->seq_generation, g->seq, arg[1]) ? g : NULL;
}

ORDER_HOT bool start(struct turn *t, const uint64_t *arg)
{
	uint32_t slot;
	struct trace_goroutine *g = ready(t, arg, GO_RUNNABLE, &slot);
	struct trace_thread *m = t->thread;
	if (!g || m->p == TRACE_NONE || m->g != TRACE_NONE || arg[0] == UINT64_MAX)
		return false;
	g->status = GO_RUNNING;
	g->seq = arg[1];
	fill(t, EV_GO_START, slot, NAME_NONE, 0, GO_RUNNABLE, GO_RUNNING);
	m->g = slot;
	return true;
}

ORDER_HOT bool unblock(struct turn *t, const uint64_t *arg)
{
	uint32_t slot;
	struct trace_goroutine *g = ready(t, arg, GO_WAITING, &slot);
	if (!g || !generation_has_stack(t->generation, arg[2]))
		return false;
	g->status = GO_RUNNABLE;
	g->seq = arg[1];
	fill(t, EV_GO_UNBLOCK, slot, NAME_NONE, arg[2], GO_WAITING, GO_RUNNABLE);
	return true;
}

ORDER_HOT bool leave_running(struct turn *t, const uint64_t *arg, uint8_t type, uint8_t to)
{
	const struct generation *gen = t->generation;
	if (!has_context(t) || arg[0] >= gen->name_limit || gen->name_of[arg[0]] == 0 ||
	    !generation_has_stack(gen, arg[1]))
		return false;
	struct trace_goroutine *g = &t->o->goroutine[t->thread->g];
	if (g->status != GO_RUNNING)
		return false;
	g->status = to;
	fill(t, type, t->thread->g, gen->name_of[arg[0]] - 1, arg[1], GO_RUNNING, to);
	t->thread->g = TRACE_NONE;
	return true;
}

ORDER_HOT bool begin_syscall(struct turn *t, const uint64_t *arg)
{
	if (!has_context(t) || !generation_has_stack(t->generation, arg[1]))
		return false;
	struct trace_goroutine *g = &t->o->goroutine[t->thread->g];
	struct trace_proc *p = &t->o->proc[t->thread->p];
	if (g->status != GO_RUNNING || !is_next(t, p->seq_generation, p->seq, arg[0]))
		return false;
	g->status = GO_SYSCALL;
	p->status = PROC_SYSCALL;
	p->seq = arg[0];
	fill(t, EV_GO_SYSCALL_BEGIN, t->thread->g, NAME_NONE, arg[1], GO_RUNNING, GO_SYSCALL);
	return true;
}

ORDER_HOT bool end_syscall(struct turn *t)
{
	if (!has_context(t))
		return false;
	struct trace_goroutine *g = &t->o->goroutine[t->thread->g];
	struct trace_proc *p = &t->o->proc[t->thread->p];
	if (g->status != GO_SYSCALL || p->status != PROC_SYSCALL)
		return false;
	g->status = GO_RUNNING;
	p->status = PROC_RUNNING;
	fill(t, EV_GO_SYSCALL_END, t->thread->g, NAME_NONE, 0, GO_SYSCALL, GO_RUNNING);
	return true;
}

ORDER_HOT bool heap(struct turn *t, const uint64_t *arg)
{
	if (t->thread->p == TRACE_NONE)
		return false;
	struct trace_event *e = fill(t, EV_HEAP_ALLOC, TRACE_NONE, NAME_NONE, 0, 0, 0);
	e->arg[0] = arg[0];
	order_note_other(t->o, e);
	return true;
}

/* Behind n arguments; NULL: damaged. */
ORDER_HOT const uint8_t *take(const uint8_t *p, unsigned n, uint64_t *arg)
{
#pragma GCC unroll 3
	for (unsigned i = 0; i < n; i++) {
		p = varint_unchecked(p, &arg[i]);
		if (__builtin_expect(!p, 0))
			return NULL;
	}
	return p;
}

#define SHORTCUT(type_, args_, does_)                \
	case type_:                                      \
		after = take(t.p, args_, arg);               \
		if (__builtin_expect(!after || !(does_), 0)) \
			goto out;                                \
		break

enum fast advance_fast(struct order *o, struct front *f, int64_t limit)
{
	if (!can_begin(o, f))
		return FAST_UNUSUAL;
	struct turn t = {
		.o = o,
		.p = f->p,
		.e = &o->event[o->events],
		.thread = &o->thread[f->m],
		.generation = o->generation,
		.time_ns = f->time_ns,
		.last_ns = o->last_ns,
		.ns_per_tick = f->ns_per_tick,
		.m = f->m,
		.sequence = (uint32_t)o->generation->number,
		.type = f->type,
	};
	const struct trace_event *const full = &o->event[BLOCK_EVENTS - BLOCK_ROOM];
	const uint8_t *const end = f->end;
	const int64_t until_ns = limit > 0 ? bound_ns(limit) : limit;
	enum fast result = FAST_UNUSUAL;
	while (end - t.p >= ROOM) {
		uint64_t arg[MOST_ARGS], ticks;
		const uint8_t *after;
		switch (t.type) {
			SHORTCUT(EV_GO_START, 2, start(&t, arg));
			SHORTCUT(EV_GO_UNBLOCK, 3, unblock(&t, arg));
			SHORTCUT(EV_GO_BLOCK, 2, leave_running(&t, arg, EV_GO_BLOCK, GO_WAITING));
			SHORTCUT(EV_GO_STOP, 2, leave_running(&t, arg, EV_GO_STOP, GO_RUNNABLE));
			SHORTCUT(EV_GO_SYSCALL_BEGIN, 2, begin_syscall(&t, arg));
			SHORTCUT(EV_GO_SYSCALL_END, 0, end_syscall(&t));
			SHORTCUT(EV_HEAP_ALLOC, 1, heap(&t, arg));
		default:
			goto out;
		}
		t.p = after;
		after = varint_unchecked(t.p + 1, &ticks);
		if (__builtin_expect(!after || ticks > UINT32_MAX, 0)) {
			result = FAST_PEEK;
			break;
		}
		t.type = *t.p;
		t.p = after;
		/* Below 2^32 * 2^20: see ticks_to_ns, which can tell nothing else. */
		t.time_ns += (int64_t)((double)(int64_t)ticks * t.ns_per_tick);
		if (t.time_ns > until_ns || t.e > full) {
			result = t.time_ns > limit || t.e > full ? FAST_TURN : FAST_UNUSUAL;
			break;
		}
	}
out:
	f->p = t.p;
	f->time_ns = t.time_ns;
	f->type = t.type;
	o->last_ns = t.last_ns;
	o->events = (size_t)(t.e - o->event);
	return result;
}
