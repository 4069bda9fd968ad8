/*
 * The events of one thread, one after the other: reads their arguments and hands them to what they
 * do. The handlers of the commonest are here too; advance_fast.c has shortcuts past them.
 */
#include "trace/advance.h"

#include <stdarg.h>
#include <stdio.h>

const char *const advance_go_state[] = {"undetermined", "runnable", "running",
                                        "syscall",      "waiting",  "gone"};

enum advance advance_broken(struct order *o, const struct front *f, const char *format, ...)
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

/* --- goroutines --------------------------------------------------------------------------------
 */

static enum advance go_create(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	/* Of a creator that is gone the reference thinks nothing bad. */
	uint8_t creator = m->g == TRACE_NONE ? TRACE_NOT_EXIST : o->goroutine[m->g].status;
	NEED(creator == GO_RUNNING || creator == TRACE_NOT_EXIST, "the creator isn't running");
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

static enum advance go_destroy(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	uint32_t slot = m->g;
	const struct trace_goroutine *g = &o->goroutine[slot];
	NEED(g->status == GO_RUNNING, "goroutine %llu is %s, not running", (unsigned long long)g->id,
	     advance_go_state[g->status]);
	transition(emit(o, f), slot, GO_RUNNING, TRACE_NOT_EXIST);
	order_remove_goroutine(o, slot);
	m->g = TRACE_NONE;
	return ADVANCE_READY;
}

static enum advance stop_running(struct order *o, struct front *f, uint8_t to)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	uint32_t slot = m->g, name;
	struct trace_goroutine *g = &o->goroutine[slot];
	NEED(g->status == GO_RUNNING, "goroutine %llu is %s, not running", (unsigned long long)g->id,
	     advance_go_state[g->status]);
	NEED_NAME(f->arg[0], &name);
	g->status = to;
	struct trace_event *e = emit(o, f);
	transition(e, slot, GO_RUNNING, to);
	e->name = name;
	e->arg[2] = f->arg[1];
	m->g = TRACE_NONE;
	return ADVANCE_READY;
}

static enum advance go_stop(struct order *o, struct front *f)
{
	return stop_running(o, f, GO_RUNNABLE);
}

static enum advance go_block(struct order *o, struct front *f)
{
	return stop_running(o, f, GO_WAITING);
}

static enum advance go_start(struct order *o, struct front *f)
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

static enum advance go_unblock(struct order *o, struct front *f)
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

static enum advance go_syscall_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	struct trace_goroutine *g = &o->goroutine[m->g];
	struct trace_proc *p = &o->proc[m->p];
	NEED(g->status == GO_RUNNING, "goroutine %llu is %s, not running", (unsigned long long)g->id,
	     advance_go_state[g->status]);
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

static enum advance go_syscall_end(struct order *o, struct front *f)
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

/* --- others ------------------------------------------------------------------------------------
 */

static enum advance heap(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	emit(o, f)->arg[0] = f->arg[0];
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

/* Advances the thread by its next event, whatever it is. */
static enum run advance_one(struct order *o, struct front *f)
{
	enum advance result;
	switch (f->type) {
		ADVANCE_STACK(EV_PROCS_CHANGE, 2, 1, advance_procs_change);
		ADVANCE(EV_PROC_START, 2, advance_proc_start);
		ADVANCE(EV_PROC_STOP, 0, advance_proc_stop);
		ADVANCE(EV_PROC_STEAL, 3, advance_proc_steal);
		ADVANCE(EV_PROC_STATUS, 2, advance_proc_status);
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
		ADVANCE(EV_GO_CREATE_SYSCALL, 1, advance_go_create_syscall);
		ADVANCE(EV_GO_START, 2, go_start);
		ADVANCE(EV_GO_DESTROY, 0, go_destroy);
		ADVANCE(EV_GO_DESTROY_SYSCALL, 0, advance_go_destroy_syscall);
		ADVANCE_STACK(EV_GO_STOP, 2, 1, go_stop);
		ADVANCE_STACK(EV_GO_BLOCK, 2, 1, go_block);
		ADVANCE_STACK(EV_GO_UNBLOCK, 3, 2, go_unblock);
		ADVANCE_STACK(EV_GO_SYSCALL_BEGIN, 2, 1, go_syscall_begin);
		ADVANCE(EV_GO_SYSCALL_END, 0, go_syscall_end);
		ADVANCE(EV_GO_SYSCALL_END_BLOCKED, 0, advance_go_syscall_end_blocked);
		ADVANCE(EV_GO_STATUS, 3, advance_go_status);
		ADVANCE_STACK(EV_GO_STATUS_STACK, 4, 3, advance_go_status);
		ADVANCE_STACK(EV_STW_BEGIN, 2, 1, advance_stw_begin);
		ADVANCE(EV_STW_END, 0, advance_stw_end);
		ADVANCE(EV_GC_ACTIVE, 1, advance_gc_active);
		ADVANCE_STACK(EV_GC_BEGIN, 2, 1, advance_gc_begin);
		ADVANCE(EV_GC_END, 1, advance_gc_end);
		ADVANCE(EV_GC_SWEEP_ACTIVE, 1, advance_sweep_active);
		ADVANCE_STACK(EV_GC_SWEEP_BEGIN, 1, 0, advance_sweep_begin);
		ADVANCE(EV_GC_SWEEP_END, 2, advance_sweep_end);
		ADVANCE(EV_GC_MARK_ASSIST_ACTIVE, 1, advance_assist_active);
		ADVANCE_STACK(EV_GC_MARK_ASSIST_BEGIN, 1, 0, advance_assist_begin);
		ADVANCE(EV_GC_MARK_ASSIST_END, 0, advance_assist_end);
	case EV_HEAP_ALLOC:
		ADVANCE(EV_HEAP_GOAL, 1, heap);
		ADVANCE(EV_GO_LABEL, 1, advance_go_label);
		ADVANCE_STACK(EV_USER_TASK_BEGIN, 4, 3, advance_task_begin);
		ADVANCE_STACK(EV_USER_TASK_END, 2, 1, advance_task_end);
		ADVANCE_STACK(EV_USER_REGION_BEGIN, 3, 2, advance_region_begin);
		ADVANCE_STACK(EV_USER_REGION_END, 3, 2, advance_region_end);
		ADVANCE_STACK(EV_USER_LOG, 4, 3, advance_user_log);
	case EV_GO_SWITCH:
		ADVANCE(EV_GO_SWITCH_DESTROY, 2, advance_go_switch);
	default:
		if (!event_specs[f->type].timed || !take(f, event_specs[f->type].args))
			goto no_event;
		if (f->type < EV_EXPERIMENTAL_FIRST || f->type > EV_EXPERIMENTAL_LAST) {
			advance_broken(o, f, "not an event that threads write");
			return RUN_BROKEN;
		}
		result = experimental(o, f);
		if (result != ADVANCE_READY)
			goto not_ready;
		break;
	}
	f->p = f->after;
	return RUN_TURN;

not_ready:
	if (result == ADVANCE_WAIT)
		return RUN_WAIT;
	return result == ADVANCE_NO_MEMORY ? RUN_NO_MEMORY : RUN_BROKEN;
no_event:
	order_no_event(o, f);
	return RUN_BROKEN;
}

enum run order_run(struct order *o, struct front *f, int64_t limit)
{
	o->thread[f->m].known = true;
	do {
		enum fast fast = advance_fast(o, f, limit);
		if (fast == FAST_TURN)
			return RUN_TURN;
		if (fast == FAST_UNUSUAL) {
			enum run run = advance_one(o, f);
			if (run != RUN_TURN)
				return run;
			if (f->p == f->end)
				return RUN_BATCH;
		}
		if (__builtin_expect(!front_peek(f), 0)) {
			order_no_event(o, f);
			return RUN_BROKEN;
		}
	} while (f->time_ns <= limit && o->events <= BLOCK_EVENTS - BLOCK_ROOM);
	return RUN_TURN;
}
