#include "trace/v1.h"

#include <stdio.h>
#include <stdlib.h>

#include "trace/v1_show.h"

/* Some events at a time, so that the caller can tell how far it is. */
enum { AT_A_TIME = 16 * 1024 };

const char v1_no_memory[] = "no memory";

static int64_t ns_of(const struct v1 *v, int64_t ticks)
{
	double ns = (double)(int64_t)((uint64_t)ticks - (uint64_t)v->first_ticks) * v->ns_per_tick;
	return ns < 9223372036854775808.0 && ns >= -9223372036854775808.0 ? (int64_t)ns : INT64_MIN;
}

/* --- slots --------------------------------------------------------------------------------------
 */

struct v1_p *v1_p_of(struct v1 *v, struct order *o, int32_t id, uint32_t *slot)
{
	*slot = TRACE_NONE;
	if (id >= 0) {
		*slot = idmap_get(&o->proc_of, (uint64_t)id);
		if (*slot == IDMAP_NONE)
			*slot = order_add_proc(o, (uint64_t)id, PROC_BAD);
		if (*slot == TRACE_NONE)
			return NULL;
	}
	size_t i = (size_t)*slot + 1; /* 0 is that of none */
	if (*slot == TRACE_NONE)
		i = 0;
	if (i >= v->ps) {
		size_t n = (i + 1) * 2;
		struct v1_p *p = reallocarray(v->p, n, sizeof *p);
		if (!p)
			return NULL;
		v->p = p;
		for (; v->ps < n; v->ps++)
			v->p[v->ps] = (struct v1_p){.thread = 0};
	}
	return &v->p[i];
}

uint32_t v1_slot_of(struct order *o, struct v1_goroutine *g, uint8_t status)
{
	if (g && g->slot == TRACE_NONE)
		g->slot = order_add_goroutine(o, g->id, status);
	return g ? g->slot : TRACE_NONE;
}

/* --- emitting -----------------------------------------------------------------------------------
 */

struct trace_event *v1_emit_at(struct v1_showing *s, uint8_t type, int64_t ns)
{
	struct trace_event *e = order_emit(s->o, type, ns, s->p->thread);
	const struct v1_goroutine *g = s->e->g ? v1_find(s->v, s->e->g) : NULL;
	e->g = g ? g->slot : TRACE_NONE;
	e->p = s->p_slot;
	if (s->e->stack && wire_table_get(&s->v->g.stacks, s->e->stack))
		e->arg[2] = s->e->stack;
	return e;
}

struct trace_event *v1_emit(struct v1_showing *s, uint8_t type)
{
	return v1_emit_at(s, type, s->ns);
}

void v1_transition(struct v1_showing *s, struct trace_event *e, uint32_t slot, uint8_t from,
                   uint8_t to)
{
	e->subject = slot;
	e->from = from;
	e->to = to;
	if (to != TRACE_NOT_EXIST)
		s->o->goroutine[slot].status = to;
}

uint32_t v1_name_of(struct v1_showing *s, uint64_t string)
{
	uint32_t name = generation_name(&s->v->g, s->o->names, string);
	return name == NAME_ERROR ? NAME_NONE : name;
}

const char *v1_show_status(struct v1_showing *s, struct v1_goroutine *g, uint8_t status)
{
	g->early = false;
	uint32_t slot = v1_slot_of(s->o, g, status);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	struct trace_event *e = v1_emit(s, EV_GO_STATUS);
	e->arg[1] = UINT64_MAX;
	v1_transition(s, e, slot, GO_BAD, status);
	return NULL;
}

/* NULL, or why it can't be. */
static const char *(*const handlers[V1_TYPES])(struct v1_showing *) = {
	[V1_GOMAXPROCS] = v1_show_gomaxprocs,
	[V1_PROC_START] = v1_show_proc_start,
	[V1_PROC_STOP] = v1_show_proc_stop,
	[V1_GC_START] = v1_show_gc,
	[V1_GC_DONE] = v1_show_gc,
	[V1_STW_START] = v1_show_stw,
	[V1_STW_DONE] = v1_show_stw,
	[V1_SWEEP_START] = v1_show_sweep,
	[V1_SWEEP_DONE] = v1_show_sweep,
	[V1_GO_CREATE] = v1_show_create,
	[V1_GO_START] = v1_show_start,
	[V1_GO_START_LABEL] = v1_show_start,
	[V1_GO_END] = v1_show_end,
	[V1_GO_STOP] = v1_show_stop,
	[V1_GO_SCHED] = v1_show_stop,
	[V1_GO_PREEMPT] = v1_show_stop,
	[V1_GO_SLEEP] = v1_show_stop,
	[V1_GO_BLOCK] = v1_show_stop,
	[V1_GO_UNBLOCK] = v1_show_unblock,
	[V1_GO_BLOCK_SEND] = v1_show_stop,
	[V1_GO_BLOCK_RECV] = v1_show_stop,
	[V1_GO_BLOCK_SELECT] = v1_show_stop,
	[V1_GO_BLOCK_SYNC] = v1_show_stop,
	[V1_GO_BLOCK_COND] = v1_show_stop,
	[V1_GO_BLOCK_NET] = v1_show_stop,
	[V1_GO_BLOCK_GC] = v1_show_stop,
	[V1_GO_SYSCALL] = v1_show_syscall,
	[V1_GO_SYS_EXIT] = v1_show_syscall_exit,
	[V1_GO_SYS_BLOCK] = v1_show_syscall_block,
	[V1_GO_WAITING] = v1_show_waiting,
	[V1_GO_IN_SYSCALL] = v1_show_waiting,
	[V1_HEAP_ALLOC] = v1_show_heap,
	[V1_HEAP_GOAL] = v1_show_heap,
	[V1_FUTILE_WAKEUP] = v1_show_futile,
	[V1_ASSIST_START] = v1_show_assist,
	[V1_ASSIST_DONE] = v1_show_assist,
	[V1_USER_TASK_CREATE] = v1_show_task,
	[V1_USER_TASK_END] = v1_show_task,
	[V1_USER_REGION] = v1_show_region,
	[V1_USER_LOG] = v1_show_log,
	[V1_CPU_SAMPLE] = v1_show_sample,
};

static enum order_result show(struct v1 *v, struct order *o, const struct v1_event *e)
{
	struct v1_showing s = {v, o, e, NULL, TRACE_NONE, ns_of(v, e->ticks)};
	const char *why = v1_no_memory;
	s.p = v1_p_of(v, o, e->p, &s.p_slot);
	if (s.p)
		why = handlers[e->type] ? handlers[e->type](&s) : "no event";
	if (!why)
		return ORDER_OK;
	if (why == v1_no_memory)
		return ORDER_NO_MEMORY;
	snprintf(o->problem, sizeof o->problem, "%s of goroutine %llu on P %d: %s",
	         v1_specs[e->type].name, (unsigned long long)e->g, e->p, why);
	return ORDER_BROKEN;
}

/* --- the two streams ----------------------------------------------------------------------------
 */

/* Fetches the next merged event that keeps its place; ends of syscalls come from their own list. */
static enum order_result fill(struct v1 *v, struct order *o)
{
	while (!v->has_next) {
		switch (v1_merge(v, o, &v->next)) {
		case V1_MERGED_ALL:
			return ORDER_OK;
		case V1_MERGE_BROKEN:
			return ORDER_BROKEN;
		case V1_MERGE_NO_MEMORY:
			return ORDER_NO_MEMORY;
		case V1_MERGED:
			v->has_next = !v1_is_restamped(&v->next);
			break;
		}
	}
	return ORDER_OK;
}

/* As a stable sort by time would have it. */
static bool exit_is_next(const struct v1 *v)
{
	if (v->next_exit == v->exits)
		return false;
	const struct v1_exit *exit = &v->exit[v->next_exit];
	if (!v->has_next)
		return true;
	if (exit->ticks != v->next.ticks)
		return exit->ticks < v->next.ticks;
	return exit->written < v->next.ticks;
}

static enum order_result begin(struct v1 *v, struct order *o)
{
	v->begun = true;
	order_begin_generation(o, &v->g, v->in);
	o->problem[0] = '\0';
	o->initial = v->g.number;
	o->last_ns = -2; /* the reference's clock starts below zero */
	struct v1_goroutine *none = v1_find_or_add(v, 0);
	if (!none)
		return ORDER_NO_MEMORY;
	none->shown = V1_RUNNING;
	enum order_result result = fill(v, o);
	if (result != ORDER_OK || (!v->has_next && v->exits == 0))
		return result;
	v->first_ticks = exit_is_next(v) ? v->exit[0].ticks : v->next.ticks;
	order_emit_sync(o, -1);
	return ORDER_OK;
}

enum order_result v1_show(struct v1 *v, struct order *o)
{
	enum order_result result = v->begun ? ORDER_OK : begin(v, o);
	for (int n = 0; n < AT_A_TIME && result == ORDER_OK && !v->at_end; n++) {
		if (o->events > BLOCK_EVENTS - BLOCK_ROOM)
			result = order_flush(o);
		if (result == ORDER_OK)
			result = fill(v, o);
		if (result != ORDER_OK)
			break;
		if (exit_is_next(v)) {
			const struct v1_exit *exit = &v->exit[v->next_exit++];
			const struct v1_event e = {.type = V1_GO_SYS_EXIT,
			                           .ticks = exit->ticks,
			                           .g = exit->g,
			                           .p = -1};
			result = show(v, o, &e);
		} else if (v->has_next) {
			v->has_next = false;
			result = show(v, o, &v->next);
		} else {
			v->at_end = true;
		}
	}
	if (result == ORDER_BROKEN)
		v->at_end = true;
	if (v->at_end) {
		enum order_result shown = order_end_generation(o);
		o->generation = NULL;
		return shown != ORDER_OK ? shown : result;
	}
	return result;
}

bool v1_at_end(const struct v1 *v)
{
	return v->at_end;
}

uint64_t v1_done(const struct v1 *v)
{
	return v->done;
}
