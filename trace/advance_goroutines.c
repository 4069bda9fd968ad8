/*
 * What the rare events of goroutines need and do; those that make up most of a trace are in
 * advance.c.
 */
#include "trace/advance.h"

enum advance advance_go_status(struct order *o, struct front *f)
{
	uint64_t id = f->arg[0], mid = f->arg[1], status = f->arg[2];
	bool initial = o->generation->number == o->initial;
	NEED(status < GO_STATUS_COUNT, "goroutine %llu has status %llu, which there is not",
	     (unsigned long long)id, (unsigned long long)status);
	uint32_t slot = idmap_get(&o->goroutine_of, id);
	uint8_t from = (uint8_t)status;
	if (slot != IDMAP_NONE) {
		NEED(o->goroutine[slot].status == status, "goroutine %llu is %s, not %s",
		     (unsigned long long)id, advance_go_state[o->goroutine[slot].status],
		     advance_go_state[status]);
		o->goroutine[slot].seq = 0;
		o->goroutine[slot].seq_generation = (uint32_t)o->generation->number;
	} else {
		NEED(initial, "goroutine %llu was never created", (unsigned long long)id);
		slot = order_add_goroutine(o, id, (uint8_t)status);
		if (slot == TRACE_NONE)
			return ADVANCE_NO_MEMORY;
		from = GO_BAD;
	}
	uint32_t context = f->m, bound = TRACE_NONE;
	if (status == GO_RUNNING) {
		bound = f->m;
	} else if (status == GO_SYSCALL) {
		NEED(mid != TRACE_NO_THREAD, "goroutine %llu is in a syscall without a thread",
		     (unsigned long long)id);
		if (HAS_THREAD && mid == o->thread[f->m].id) {
			NEED(initial || o->thread[f->m].g == slot,
			     "thread %llu runs another goroutine than %llu", (unsigned long long)mid,
			     (unsigned long long)id);
			bound = f->m;
		} else {
			/* It has sat in a syscall for the whole generation, on a thread that says nothing. */
			context = idmap_get(&o->thread_of, mid);
			if (context == IDMAP_NONE)
				context = order_add_thread(o, mid);
			if (context == TRACE_NONE)
				return ADVANCE_NO_MEMORY;
			if (o->thread[context].known)
				NEED(o->thread[context].g == slot, "thread %llu runs another goroutine than %llu",
				     (unsigned long long)mid, (unsigned long long)id);
			o->thread[context].known = true;
			bound = context;
		}
	}
	struct trace_event *e = order_emit(o, f->type, f->time_ns, context);
	transition(e, slot, from, (uint8_t)status);
	e->arg[1] = mid;
	if (f->type == EV_GO_STATUS_STACK)
		e->arg[2] = f->arg[3];
	if (bound != TRACE_NONE && bound != 0)
		o->thread[bound].g = slot_or_none(id, slot);
	return ADVANCE_READY;
}

enum advance advance_go_create_syscall(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_NO_GO;
	NEED(idmap_get(&o->goroutine_of, f->arg[0]) == IDMAP_NONE, "goroutine %llu is there already",
	     (unsigned long long)f->arg[0]);
	uint32_t slot = order_add_goroutine(o, f->arg[0], GO_SYSCALL);
	if (slot == TRACE_NONE)
		return ADVANCE_NO_MEMORY;
	transition(emit(o, f), slot, TRACE_NOT_EXIST, GO_SYSCALL);
	m->g = slot_or_none(f->arg[0], slot);
	return ADVANCE_READY;
}

/* One event that stands for three: the next goroutine wakes, this one blocks or ends, the next one
 * runs. */
enum advance advance_go_switch(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	uint32_t current = m->g;
	NEED(o->goroutine[current].status == GO_RUNNING, "goroutine %llu isn't running",
	     (unsigned long long)o->goroutine[current].id);
	uint32_t next = idmap_get(&o->goroutine_of, f->arg[0]);
	if (next == IDMAP_NONE)
		return ADVANCE_WAIT;
	struct trace_goroutine *g = &o->goroutine[next];
	if (g->status != GO_WAITING || !succeeds(o, f->arg[1], g->seq_generation, g->seq))
		return ADVANCE_WAIT;
	transition(emit(o, f), next, GO_WAITING, GO_RUNNABLE);
	bool destroy = f->type == EV_GO_SWITCH_DESTROY;
	struct trace_event *e = order_emit(o, destroy ? EV_GO_DESTROY : EV_GO_BLOCK, f->time_ns, f->m);
	e->synthetic = true;
	transition(e, current, GO_RUNNING, destroy ? TRACE_NOT_EXIST : GO_WAITING);
	if (destroy)
		order_remove_goroutine(o, current);
	else
		o->goroutine[current].status = GO_WAITING;
	g->status = GO_RUNNING;
	g->seq = f->arg[1];
	m->g = TRACE_NONE;
	e = order_emit(o, EV_GO_START, f->time_ns, f->m);
	e->synthetic = true;
	transition(e, next, GO_RUNNABLE, GO_RUNNING);
	m->g = slot_or_none(f->arg[0], next);
	return ADVANCE_READY;
}

enum advance advance_go_syscall_end_blocked(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	/* The P is lost during this syscall: wait until it is. */
	if (m->p != TRACE_NONE && o->proc[m->p].status == PROC_SYSCALL)
		return ADVANCE_WAIT;
	NEED_THREAD;
	NEED_GO;
	struct trace_goroutine *g = &o->goroutine[m->g];
	NEED(g->status == GO_SYSCALL, "goroutine %llu isn't in a syscall", (unsigned long long)g->id);
	g->status = GO_RUNNABLE;
	transition(emit(o, f), m->g, GO_SYSCALL, GO_RUNNABLE);
	m->g = TRACE_NONE;
	return ADVANCE_READY;
}

enum advance advance_go_destroy_syscall(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_GO;
	uint32_t slot = m->g;
	struct trace_goroutine *g = &o->goroutine[slot];
	NEED(g->status == GO_SYSCALL, "goroutine %llu isn't in a syscall", (unsigned long long)g->id);
	if (m->p != TRACE_NONE) {
		/* The thread's ID may be used again, so its P counts as stolen right now. */
		struct trace_proc *p = &o->proc[m->p];
		NEED(p->status == PROC_SYSCALL, "proc %llu isn't in a syscall", (unsigned long long)p->id);
		p->status = PROC_SYSCALL_ABANDONED;
		struct trace_event *e = order_emit(o, EV_PROC_STEAL, f->time_ns, f->m);
		e->synthetic = true;
		transition(e, m->p, PROC_RUNNING, PROC_IDLE);
	}
	transition(emit(o, f), slot, GO_SYSCALL, TRACE_NOT_EXIST);
	order_remove_goroutine(o, slot);
	m->g = TRACE_NONE;
	m->p = TRACE_NONE;
	return ADVANCE_READY;
}
