/*
 * What each event needs and does: internal/trace/order.go, one handler for one of its advance
 * functions. READY: the event was emitted and the state moved on. WAIT: it may fit later. BROKEN:
 * it never will.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/order_state.h"

static enum advance __attribute__((format(printf, 3, 4), cold))
broken(struct order *o, const struct front *f, const char *format, ...)
{
	char why[160];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	const char *name = event_specs[f->type].name;
	snprintf(o->problem, sizeof o->problem, "%s on thread %lld in generation %llu: %s",
	         name ? name : "an unknown event", (long long)o->thread[f->m].id,
	         (unsigned long long)o->generation->number, why);
	return ADVANCE_BROKEN;
}

#define NEED(condition, ...)                   \
	do {                                       \
		if (__builtin_expect(!(condition), 0)) \
			return broken(o, f, __VA_ARGS__);  \
	} while (0)

#define HAS_THREAD  (f->m != 0)
#define NEED_THREAD NEED(HAS_THREAD, "expected a thread but didn't have one")
#define NEED_PROC   NEED(m->p != TRACE_NONE, "expected a proc but didn't have one")
#define NEED_GO     NEED(m->g != TRACE_NONE, "expected a goroutine but didn't have one")
#define NEED_NO_GO  NEED(m->g == TRACE_NONE, "expected no goroutine but had one")
/* order.go: userGoReqs */
#define NEED_USER \
	NEED_THREAD;  \
	NEED_PROC;    \
	NEED_GO

static const char *const go_states[] = {"undetermined", "runnable", "running", "syscall",
                                        "waiting"};

ORDER_HOT struct trace_thread *thread_of(struct order *o, const struct front *f)
{
	return &o->thread[f->m];
}

/* Binding to the IDs that stand for "none" binds to nothing, as in the reference. */
static inline uint32_t slot_or_none(uint64_t id, uint32_t slot)
{
	return id == UINT64_MAX ? TRACE_NONE : slot;
}

ORDER_HOT struct trace_event *emit(struct order *o, const struct front *f)
{
	return order_emit(o, f->type, f->time_ns, f->m);
}

ORDER_HOT void transition(struct trace_event *e, uint32_t subject, uint8_t from, uint8_t to)
{
	e->subject = subject;
	e->from = from;
	e->to = to;
}

ORDER_HOT bool succeeds(const struct order *o, uint64_t seq, uint64_t last_generation,
                        uint64_t last)
{
	return last_generation == o->generation->number && seq == last + 1;
}

/* A string ID as a number of names; unknown ones are an error, or repaired. */
ORDER_HOT bool take_name(struct order *o, uint64_t id, uint32_t *name)
{
	*name = generation_name(o->generation, &o->names, id);
	if (__builtin_expect(*name != NAME_ERROR, 1))
		return true;
	*name = NAME_NONE;
	if (!o->tolerant)
		return false;
	o->repairs.strings++;
	return true;
}
#define NEED_NAME(id, name) \
	NEED(take_name(o, id, name), "string %llu isn't there", (unsigned long long)(id))

/* --- procs -------------------------------------------------------------------------------------
 */

static enum advance proc_status(struct order *o, struct front *f)
{
	uint64_t id = f->arg[0], status = f->arg[1];
	static const uint8_t shown[] = {PROC_BAD, PROC_RUNNING, PROC_IDLE, PROC_RUNNING, PROC_IDLE};
	NEED(status < PROC_STATUS_COUNT, "proc %llu has status %llu, which there is not",
	     (unsigned long long)id, (unsigned long long)status);
	uint8_t from = shown[status], to = shown[status];
	uint32_t m = f->m, slot = idmap_get(&o->proc_of, id);
	if (slot != IDMAP_NONE) {
		struct trace_proc *p = &o->proc[slot];
		if (status == PROC_SYSCALL_ABANDONED && p->status == PROC_SYSCALL) {
			/* Nothing is lost: we saw the syscall begin. Its own thread is the context. */
			from = to = PROC_RUNNING;
			for (m = (uint32_t)o->threads - 1; m > 0 && o->thread[m].p != slot; m--)
				;
			NEED(m > 0, "proc %llu is about to be stolen from nobody", (unsigned long long)id);
		} else if (status == PROC_SYSCALL_ABANDONED && p->status == PROC_SYSCALL_ABANDONED) {
			from = PROC_IDLE;
		} else {
			NEED(p->status == status, "proc %llu is in state %u, not %llu", (unsigned long long)id,
			     p->status, (unsigned long long)status);
		}
	} else {
		slot = order_add_proc(o, id, (uint8_t)status);
		if (slot == TRACE_NONE)
			return ADVANCE_NO_MEMORY;
		from = o->generation->number == o->initial ? PROC_BAD : TRACE_NOT_EXIST;
	}
	o->proc[slot].seq = 0;
	o->proc[slot].seq_generation = o->generation->number;
	transition(order_emit(o, f->type, f->time_ns, m), slot, from, to);
	if (HAS_THREAD && (status == PROC_RUNNING || status == PROC_SYSCALL))
		o->thread[f->m].p = slot_or_none(id, slot);
	return ADVANCE_READY;
}

static enum advance proc_start(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t slot = idmap_get(&o->proc_of, f->arg[0]);
	if (slot == IDMAP_NONE || m->p != TRACE_NONE)
		return ADVANCE_WAIT;
	struct trace_proc *p = &o->proc[slot];
	if (p->status != PROC_IDLE || !succeeds(o, f->arg[1], p->seq_generation, p->seq))
		return ADVANCE_WAIT;
	NEED_THREAD;
	p->status = PROC_RUNNING;
	p->seq = f->arg[1];
	transition(emit(o, f), slot, PROC_IDLE, PROC_RUNNING);
	m->p = slot_or_none(f->arg[0], slot);
	return ADVANCE_READY;
}

static enum advance proc_stop(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	struct trace_proc *p = &o->proc[m->p];
	NEED(p->status == PROC_RUNNING || p->status == PROC_SYSCALL, "proc %llu isn't running",
	     (unsigned long long)p->id);
	p->status = PROC_IDLE;
	transition(emit(o, f), m->p, PROC_RUNNING, PROC_IDLE);
	m->p = TRACE_NONE;
	return ADVANCE_READY;
}

static enum advance proc_steal(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->proc_of, f->arg[0]);
	if (slot == IDMAP_NONE)
		return ADVANCE_WAIT;
	struct trace_proc *p = &o->proc[slot];
	if ((p->status != PROC_SYSCALL && p->status != PROC_SYSCALL_ABANDONED) ||
	    !succeeds(o, f->arg[1], p->seq_generation, p->seq))
		return ADVANCE_WAIT;
	NEED_THREAD;
	bool abandoned = p->status == PROC_SYSCALL_ABANDONED;
	p->status = PROC_IDLE;
	p->seq = f->arg[1];
	transition(emit(o, f), slot, abandoned ? PROC_IDLE : PROC_RUNNING, PROC_IDLE);
	if (abandoned) /* whose it was is lost */
		return ADVANCE_READY;
	struct trace_thread *victim = thread_of(o, f);
	if (f->arg[2] != victim->id) {
		uint32_t v = idmap_get(&o->thread_of, f->arg[2]);
		NEED(v != IDMAP_NONE && o->thread[v].known, "stole from thread %llu, which there is not",
		     (unsigned long long)f->arg[2]);
		victim = &o->thread[v];
	}
	NEED(victim->p == slot, "stole proc %llu from thread %llu, which has another",
	     (unsigned long long)f->arg[0], (unsigned long long)f->arg[2]);
	victim->p = TRACE_NONE;
	return ADVANCE_READY;
}

/* --- goroutines --------------------------------------------------------------------------------
 */

static enum advance go_status(struct order *o, struct front *f)
{
	uint64_t id = f->arg[0], mid = f->arg[1], status = f->arg[2];
	bool initial = o->generation->number == o->initial;
	NEED(status < GO_STATUS_COUNT, "goroutine %llu has status %llu, which there is not",
	     (unsigned long long)id, (unsigned long long)status);
	uint32_t slot = idmap_get(&o->goroutine_of, id);
	uint8_t from = (uint8_t)status;
	if (slot != IDMAP_NONE) {
		NEED(o->goroutine[slot].status == status, "goroutine %llu is %s, not %s",
		     (unsigned long long)id, go_states[o->goroutine[slot].status], go_states[status]);
		o->goroutine[slot].seq = 0;
		o->goroutine[slot].seq_generation = o->generation->number;
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

ORDER_HOT enum advance go_create(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	NEED(m->g == TRACE_NONE || o->goroutine[m->g].status == GO_RUNNING,
	     "the creator isn't running");
	NEED(idmap_get(&o->goroutine_of, f->arg[0]) == IDMAP_NONE, "goroutine %llu is there already",
	     (unsigned long long)f->arg[0]);
	uint8_t status = f->type == EV_GO_CREATE ? GO_RUNNABLE : GO_WAITING;
	uint32_t slot = order_add_goroutine(o, f->arg[0], status);
	if (slot == TRACE_NONE)
		return ADVANCE_NO_MEMORY;
	struct trace_event *e = emit(o, f);
	transition(e, slot, TRACE_NOT_EXIST, status);
	e->arg[0] = f->arg[1];
	e->arg[2] = f->arg[2];
	return ADVANCE_READY;
}

static enum advance go_create_syscall(struct order *o, struct front *f)
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

ORDER_HOT enum advance go_destroy(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	uint32_t slot = m->g;
	const struct trace_goroutine *g = &o->goroutine[slot];
	NEED(g->status == GO_RUNNING, "goroutine %llu is %s, not running", (unsigned long long)g->id,
	     go_states[g->status]);
	transition(emit(o, f), slot, GO_RUNNING, TRACE_NOT_EXIST);
	order_remove_goroutine(o, slot);
	m->g = TRACE_NONE;
	return ADVANCE_READY;
}

ORDER_HOT enum advance stop_running(struct order *o, struct front *f, uint8_t to)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	uint32_t slot = m->g, name;
	struct trace_goroutine *g = &o->goroutine[slot];
	NEED(g->status == GO_RUNNING, "goroutine %llu is %s, not running", (unsigned long long)g->id,
	     go_states[g->status]);
	NEED_NAME(f->arg[0], &name);
	g->status = to;
	struct trace_event *e = emit(o, f);
	transition(e, slot, GO_RUNNING, to);
	e->name = name;
	e->arg[2] = f->arg[1];
	m->g = TRACE_NONE;
	return ADVANCE_READY;
}

ORDER_HOT enum advance go_stop(struct order *o, struct front *f)
{
	return stop_running(o, f, GO_RUNNABLE);
}

ORDER_HOT enum advance go_block(struct order *o, struct front *f)
{
	return stop_running(o, f, GO_WAITING);
}

ORDER_HOT enum advance go_start(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->goroutine_of, f->arg[0]);
	if (slot == IDMAP_NONE)
		return ADVANCE_WAIT;
	struct trace_goroutine *g = &o->goroutine[slot];
	if (g->status != GO_RUNNABLE || !succeeds(o, f->arg[1], g->seq_generation, g->seq))
		return ADVANCE_WAIT;
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	NEED_NO_GO;
	g->status = GO_RUNNING;
	g->seq = f->arg[1];
	transition(emit(o, f), slot, GO_RUNNABLE, GO_RUNNING);
	m->g = slot_or_none(f->arg[0], slot);
	return ADVANCE_READY;
}

ORDER_HOT enum advance go_unblock(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->goroutine_of, f->arg[0]);
	if (slot == IDMAP_NONE)
		return ADVANCE_WAIT;
	struct trace_goroutine *g = &o->goroutine[slot];
	if (g->status != GO_WAITING || !succeeds(o, f->arg[1], g->seq_generation, g->seq))
		return ADVANCE_WAIT;
	g->status = GO_RUNNABLE;
	g->seq = f->arg[1];
	struct trace_event *e = emit(o, f);
	transition(e, slot, GO_WAITING, GO_RUNNABLE);
	e->arg[2] = f->arg[2];
	return ADVANCE_READY;
}

/* One event that stands for three: the next goroutine wakes, this one blocks or ends, the next one
 * runs. */
static enum advance go_switch(struct order *o, struct front *f)
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

ORDER_HOT enum advance go_syscall_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	struct trace_goroutine *g = &o->goroutine[m->g];
	struct trace_proc *p = &o->proc[m->p];
	NEED(g->status == GO_RUNNING, "goroutine %llu is %s, not running", (unsigned long long)g->id,
	     go_states[g->status]);
	/* The P's number is here to tell apart the syscalls that a ProcSteal could mean. */
	NEED(succeeds(o, f->arg[0], p->seq_generation, p->seq), "proc %llu is at %llu, not before %llu",
	     (unsigned long long)p->id, (unsigned long long)p->seq, (unsigned long long)f->arg[0]);
	g->status = GO_SYSCALL;
	p->status = PROC_SYSCALL;
	p->seq = f->arg[0];
	struct trace_event *e = emit(o, f);
	transition(e, m->g, GO_RUNNING, GO_SYSCALL);
	e->arg[2] = f->arg[1];
	return ADVANCE_READY;
}

ORDER_HOT enum advance go_syscall_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	struct trace_goroutine *g = &o->goroutine[m->g];
	struct trace_proc *p = &o->proc[m->p];
	NEED(g->status == GO_SYSCALL, "goroutine %llu isn't in a syscall", (unsigned long long)g->id);
	NEED(p->status == PROC_SYSCALL, "proc %llu isn't in a syscall", (unsigned long long)p->id);
	g->status = GO_RUNNING;
	p->status = PROC_RUNNING;
	transition(emit(o, f), m->g, GO_SYSCALL, GO_RUNNING);
	return ADVANCE_READY;
}

static enum advance go_syscall_end_blocked(struct order *o, struct front *f)
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

static enum advance go_destroy_syscall(struct order *o, struct front *f)
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

/* --- annotations -------------------------------------------------------------------------------
 */

static enum advance task_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED(idmap_get(&o->task_of, f->arg[0]) == IDMAP_NONE, "task %llu has begun already",
	     (unsigned long long)f->arg[0]);
	NEED_NAME(f->arg[2], &name);
	NEED_USER;
	if (!order_open_task(o, f->arg[0], f->arg[1], name))
		return ADVANCE_NO_MEMORY;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[1] = f->arg[1];
	e->arg[2] = f->arg[3];
	e->name = name;
	return ADVANCE_READY;
}

/* A task may end more than once, or without a begin that we saw. */
static enum advance task_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[2] = f->arg[1];
	order_close_task(o, f->arg[0], &e->arg[1], &e->name);
	return ADVANCE_READY;
}

static struct trace_event *emit_region(struct order *o, const struct front *f, uint32_t name)
{
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[2] = f->arg[2];
	e->name = name;
	return e;
}

static enum advance region_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[1], &name);
	if (!order_push_node(o, &o->goroutine[m->g].regions, f->arg[0], name))
		return ADVANCE_NO_MEMORY;
	emit_region(o, f, name);
	return ADVANCE_READY;
}

static enum advance region_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[1], &name);
	uint32_t *regions = &o->goroutine[m->g].regions;
	switch (order_end_region(o, regions, f->arg[0], name)) {
	case REGION_ENDS:
		emit_region(o, f, name);
		return ADVANCE_READY;
	case REGION_STRAY: /* shown to nobody */
		o->last_ns = f->time_ns > o->last_ns ? f->time_ns : o->last_ns;
		return ADVANCE_READY;
	default:
		return broken(o, f, "region \"%.40s\" ends inside region \"%.40s\" of goroutine %llu",
		              names_text(&o->names, name), names_text(&o->names, o->node[*regions].name),
		              (unsigned long long)o->goroutine[m->g].id);
	}
}

static enum advance user_log(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[1], &name);
	if (!generation_has_string(o->generation, f->arg[2])) {
		NEED(o->tolerant, "string %llu isn't there", (unsigned long long)f->arg[2]);
		o->repairs.strings++;
		f->arg[2] = 0;
	}
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[1] = f->arg[2];
	e->arg[2] = f->arg[3];
	e->name = name;
	return ADVANCE_READY;
}

static enum advance go_label(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[0], &name);
	emit(o, f)->name = name;
	return ADVANCE_READY;
}

static enum advance procs_change(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[2] = f->arg[1];
	return ADVANCE_READY;
}

/* --- the collector -----------------------------------------------------------------------------
 */

static enum advance emit_gc(struct order *o, struct front *f, enum gc_state state)
{
	o->gc_seq = f->arg[0];
	o->gc_state = state;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	if (f->type == EV_GC_BEGIN)
		e->arg[2] = f->arg[1];
	return ADVANCE_READY;
}

static enum advance gc_active(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	if (o->generation->number == o->initial) {
		NEED(o->gc_state == GC_UNDETERMINED, "it isn't the first event of the collector");
		return emit_gc(o, f, GC_RUNNING);
	}
	if (f->arg[0] != o->gc_seq + 1)
		return ADVANCE_WAIT;
	NEED(o->gc_state == GC_RUNNING, "no collection is running");
	NEED_USER;
	return emit_gc(o, f, GC_RUNNING);
}

static enum advance gc_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	if (o->gc_state == GC_UNDETERMINED)
		return emit_gc(o, f, GC_RUNNING);
	if (f->arg[0] != o->gc_seq + 1)
		return ADVANCE_WAIT;
	NEED(o->gc_state != GC_RUNNING, "a collection is running already");
	NEED_USER;
	return emit_gc(o, f, GC_RUNNING);
}

static enum advance gc_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	if (f->arg[0] != o->gc_seq + 1)
		return ADVANCE_WAIT;
	NEED(o->gc_state == GC_RUNNING, "no collection is running");
	NEED_USER;
	return emit_gc(o, f, GC_NOT_RUNNING);
}

ORDER_HOT enum advance heap(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	emit(o, f)->arg[0] = f->arg[0];
	return ADVANCE_READY;
}

static enum advance sweep_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	NEED(!o->proc[m->p].sweep, "proc %llu sweeps already", (unsigned long long)o->proc[m->p].id);
	o->proc[m->p].sweep = true;
	struct trace_event *e = emit(o, f);
	e->subject = m->p;
	e->arg[2] = f->arg[0];
	return ADVANCE_READY;
}

static enum advance sweep_active(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->proc_of, f->arg[0]);
	NEED(slot != IDMAP_NONE, "proc %llu isn't known", (unsigned long long)f->arg[0]);
	bool initial = o->generation->number == o->initial;
	NEED(o->proc[slot].sweep != initial, "proc %llu %s", (unsigned long long)f->arg[0],
	     initial ? "sweeps already" : "doesn't sweep");
	o->proc[slot].sweep = true;
	emit(o, f)->subject = slot;
	return ADVANCE_READY;
}

static enum advance sweep_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	NEED(o->proc[m->p].sweep, "proc %llu doesn't sweep", (unsigned long long)o->proc[m->p].id);
	o->proc[m->p].sweep = false;
	struct trace_event *e = emit(o, f);
	e->subject = m->p;
	e->arg[0] = f->arg[0];
	e->arg[1] = f->arg[1];
	return ADVANCE_READY;
}

static enum advance assist_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	NEED(!o->goroutine[m->g].assist, "goroutine %llu assists already",
	     (unsigned long long)o->goroutine[m->g].id);
	o->goroutine[m->g].assist = true;
	struct trace_event *e = emit(o, f);
	e->subject = m->g;
	e->arg[2] = f->arg[0];
	return ADVANCE_READY;
}

static enum advance assist_active(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->goroutine_of, f->arg[0]);
	NEED(slot != IDMAP_NONE, "goroutine %llu isn't known", (unsigned long long)f->arg[0]);
	bool initial = o->generation->number == o->initial;
	NEED(o->goroutine[slot].assist != initial, "goroutine %llu %s", (unsigned long long)f->arg[0],
	     initial ? "assists already" : "doesn't assist");
	o->goroutine[slot].assist = true;
	emit(o, f)->subject = slot;
	return ADVANCE_READY;
}

static enum advance assist_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	NEED(o->goroutine[m->g].assist, "goroutine %llu doesn't assist",
	     (unsigned long long)o->goroutine[m->g].id);
	o->goroutine[m->g].assist = false;
	emit(o, f)->subject = m->g;
	return ADVANCE_READY;
}

static enum advance stw_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[0], &name);
	uint32_t *stops = &o->goroutine[m->g].stops;
	for (uint32_t i = *stops; i; i = o->node[i].next)
		NEED(o->node[i].key != f->arg[0], "the world is stopped for this already");
	if (!order_push_node(o, stops, f->arg[0], name))
		return ADVANCE_NO_MEMORY;
	struct trace_event *e = emit(o, f);
	e->subject = m->g;
	e->name = name;
	e->arg[2] = f->arg[1];
	return ADVANCE_READY;
}

static enum advance stw_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	uint32_t *stops = &o->goroutine[m->g].stops;
	NEED(*stops, "the world isn't stopped by goroutine %llu",
	     (unsigned long long)o->goroutine[m->g].id);
	struct trace_event *e = emit(o, f);
	e->subject = m->g;
	e->name = o->node[*stops].name;
	order_pop_node(o, stops);
	return ADVANCE_READY;
}

/* Experiments are counted, not interpreted. */
static enum advance experimental(struct order *o, struct front *f)
{
	NEED_THREAD;
	emit(o, f)->arg[0] = f->arg[0];
	return ADVANCE_READY;
}

/* --- running -----------------------------------------------------------------------------------
 */

void order_no_event(struct order *o, const struct front *f)
{
	unsigned long long offset = o->generation->offset + (uint64_t)(f->p - o->generation->data);
	snprintf(o->problem, sizeof o->problem,
	         "a byte %u that is no event, or one cut off, at offset %llu", f->type, offset);
}

enum { MOST_BYTES = TRACE_MAX_ARGS * VARINT_MAX };

/* Reads n arguments; near a batch's end every byte is checked. */
ORDER_HOT bool take(struct front *f, unsigned n)
{
	const uint8_t *p = f->p;
	if (n == 0) {
		f->after = p;
		return true;
	}
	if (__builtin_expect(f->end - p < MOST_BYTES, 0)) {
		struct cursor c = {p, f->end};
		for (unsigned i = 0; i < n; i++)
			if (!cursor_varint(&c, &f->arg[i]))
				return false;
		f->after = c.p;
		return true;
	}
#pragma GCC unroll 4
	for (unsigned i = 0; i < n; i++) {
		p = varint_unchecked(p, &f->arg[i]);
		if (__builtin_expect(!p, 0))
			return false;
	}
	f->after = p;
	return true;
}

/* The reference looks for an event's stacks after the fact, too. */
static bool __attribute__((cold, noinline))
repair_stack(struct order *o, const struct front *f, bool other)
{
	struct trace_event *e = &o->event[o->events - 1];
	o->repairs.stacks++;
	e->arg[other ? 0 : 2] = 0;
	if (!o->tolerant)
		snprintf(o->problem, sizeof o->problem,
		         "%s in generation %llu names a stack that isn't there", event_specs[f->type].name,
		         (unsigned long long)o->generation->number);
	return o->tolerant;
}

ORDER_HOT bool has_stack(struct order *o, const struct front *f, unsigned i, bool other)
{
	return __builtin_expect(generation_has_stack(o->generation, f->arg[i]), 1) ||
	       repair_stack(o, f, other);
}

/* One kind of event: how many arguments it has, what it does, and which argument is its stack. */
#define ADVANCE(type_, args_, handler_) \
	case type_:                         \
		if (!take(f, args_))            \
			goto no_event;              \
		result = handler_(o, f);        \
		if (result != ADVANCE_READY)    \
			goto not_ready;             \
		break
#define ADVANCE_STACK(type_, args_, stack_, handler_) \
	case type_:                                       \
		if (!take(f, args_))                          \
			goto no_event;                            \
		result = handler_(o, f);                      \
		if (result != ADVANCE_READY)                  \
			goto not_ready;                           \
		if (!has_stack(o, f, stack_, false))          \
			return RUN_BROKEN;                        \
		break

enum run order_run(struct order *o, struct front *f, int64_t limit)
{
	enum advance result;
	size_t before;
	o->thread[f->m].known = true;
	do {
		switch (f->type) {
			ADVANCE_STACK(EV_PROCS_CHANGE, 2, 1, procs_change);
			ADVANCE(EV_PROC_START, 2, proc_start);
			ADVANCE(EV_PROC_STOP, 0, proc_stop);
			ADVANCE(EV_PROC_STEAL, 3, proc_steal);
			ADVANCE(EV_PROC_STATUS, 2, proc_status);
		case EV_GO_CREATE:
		case EV_GO_CREATE_BLOCKED:
			if (!take(f, 3))
				goto no_event;
			result = go_create(o, f);
			if (result != ADVANCE_READY)
				goto not_ready;
			if (!has_stack(o, f, 2, false) || !has_stack(o, f, 1, true))
				return RUN_BROKEN;
			break;
			ADVANCE(EV_GO_CREATE_SYSCALL, 1, go_create_syscall);
			ADVANCE(EV_GO_START, 2, go_start);
			ADVANCE(EV_GO_DESTROY, 0, go_destroy);
			ADVANCE(EV_GO_DESTROY_SYSCALL, 0, go_destroy_syscall);
			ADVANCE_STACK(EV_GO_STOP, 2, 1, go_stop);
			ADVANCE_STACK(EV_GO_BLOCK, 2, 1, go_block);
			ADVANCE_STACK(EV_GO_UNBLOCK, 3, 2, go_unblock);
			ADVANCE_STACK(EV_GO_SYSCALL_BEGIN, 2, 1, go_syscall_begin);
			ADVANCE(EV_GO_SYSCALL_END, 0, go_syscall_end);
			ADVANCE(EV_GO_SYSCALL_END_BLOCKED, 0, go_syscall_end_blocked);
			ADVANCE(EV_GO_STATUS, 3, go_status);
			ADVANCE_STACK(EV_GO_STATUS_STACK, 4, 3, go_status);
			ADVANCE_STACK(EV_STW_BEGIN, 2, 1, stw_begin);
			ADVANCE(EV_STW_END, 0, stw_end);
			ADVANCE(EV_GC_ACTIVE, 1, gc_active);
			ADVANCE_STACK(EV_GC_BEGIN, 2, 1, gc_begin);
			ADVANCE(EV_GC_END, 1, gc_end);
			ADVANCE(EV_GC_SWEEP_ACTIVE, 1, sweep_active);
			ADVANCE_STACK(EV_GC_SWEEP_BEGIN, 1, 0, sweep_begin);
			ADVANCE(EV_GC_SWEEP_END, 2, sweep_end);
			ADVANCE(EV_GC_MARK_ASSIST_ACTIVE, 1, assist_active);
			ADVANCE_STACK(EV_GC_MARK_ASSIST_BEGIN, 1, 0, assist_begin);
			ADVANCE(EV_GC_MARK_ASSIST_END, 0, assist_end);
		case EV_HEAP_ALLOC:
			ADVANCE(EV_HEAP_GOAL, 1, heap);
			ADVANCE(EV_GO_LABEL, 1, go_label);
			ADVANCE_STACK(EV_USER_TASK_BEGIN, 4, 3, task_begin);
			ADVANCE_STACK(EV_USER_TASK_END, 2, 1, task_end);
			ADVANCE_STACK(EV_USER_REGION_BEGIN, 3, 2, region_begin);
		case EV_USER_REGION_END: /* that of a stray one isn't looked at */
			if (!take(f, 3))
				goto no_event;
			before = o->events;
			result = region_end(o, f);
			if (result != ADVANCE_READY)
				goto not_ready;
			if (o->events > before && !has_stack(o, f, 2, false))
				return RUN_BROKEN;
			break;
			ADVANCE_STACK(EV_USER_LOG, 4, 3, user_log);
		case EV_GO_SWITCH:
			ADVANCE(EV_GO_SWITCH_DESTROY, 2, go_switch);
		default:
			if (!event_specs[f->type].timed || !take(f, event_specs[f->type].args))
				goto no_event;
			if (f->type < EV_EXPERIMENTAL_FIRST || f->type > EV_EXPERIMENTAL_LAST) {
				broken(o, f, "not an event that threads write");
				return RUN_BROKEN;
			}
			result = experimental(o, f);
			if (result != ADVANCE_READY)
				goto not_ready;
			break;
		}
		f->p = f->after;
		if (__builtin_expect(f->p == f->end, 0))
			return RUN_BATCH;
		if (__builtin_expect(!front_peek(f), 0))
			goto no_event;
	} while (f->time_ns <= limit && o->events <= BLOCK_EVENTS - BLOCK_ROOM);
	return RUN_TURN;

not_ready:
	if (result == ADVANCE_WAIT)
		return RUN_WAIT;
	return result == ADVANCE_NO_MEMORY ? RUN_NO_MEMORY : RUN_BROKEN;
no_event:
	order_no_event(o, f);
	return RUN_BROKEN;
}
