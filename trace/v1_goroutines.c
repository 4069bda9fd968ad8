/* Format 1: how what happens to goroutines is shown. */
#include <string.h>

#include "trace/v1_show.h"

/* What stops a goroutine, as format 2 says it (internal/trace/tracev1.go). */
static const struct {
	const char *reason;
	uint8_t type; /* EV_GO_BLOCK or EV_GO_STOP; 0: nothing of the kind */
	uint8_t then; /* enum v1_state */
} stops[V1_TYPES] = {
	[V1_GO_STOP] = {"forever", EV_GO_BLOCK, V1_DEAD},
	[V1_GO_SCHED] = {"runtime.Gosched", EV_GO_STOP, V1_RUNNABLE},
	[V1_GO_PREEMPT] = {"preempted", EV_GO_STOP, V1_RUNNABLE},
	[V1_GO_SLEEP] = {"sleep", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK] = {"", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK_SEND] = {"chan send", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK_RECV] = {"chan receive", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK_SELECT] = {"select", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK_SYNC] = {"sync", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK_COND] = {"sync.(*Cond).Wait", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK_NET] = {"network", EV_GO_BLOCK, V1_WAITING},
	[V1_GO_BLOCK_GC] = {"GC mark assist wait for work", EV_GO_BLOCK, V1_WAITING},
};

struct v1_goroutine *v1_current(struct v1_showing *s)
{
	return v1_find_or_add(s->v, s->e->g);
}

/* parser.go: checkRunning */
static const char *check_running(const struct v1_showing *s, const struct v1_goroutine *g, bool any)
{
	if (g->shown != V1_RUNNING)
		return "the goroutine isn't running";
	if (s->p->g != g->id)
		return "the P runs another goroutine";
	return any || g->id != 0 ? NULL : "there is no goroutine";
}

/* The goroutine of the event, which has to run; NULL when it does, else what is wrong. */
static const char *find_running(const struct v1_showing *s, bool any, struct v1_goroutine **g)
{
	*g = v1_find_or_add(s->v, s->e->g);
	return *g ? check_running(s, *g, any) : v1_no_memory;
}

const char *v1_show_create(struct v1_showing *s)
{
	struct v1_goroutine *g;
	const char *why = find_running(s, true, &g);
	if (why)
		return why;
	g = v1_find_or_add(s->v, s->e->arg[0]);
	if (!g)
		return v1_no_memory;
	if (g->shown != V1_DEAD)
		return "the goroutine is there already";
	g->shown = V1_RUNNABLE;
	if (!s->v->initialised) {
		g->early = true;
		return NULL;
	}
	uint32_t slot = v1_slot_of(s->o, g, GO_RUNNABLE);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	struct trace_event *e = v1_emit(s, EV_GO_CREATE);
	if (wire_table_get(&s->v->g.stacks, (uint32_t)s->e->arg[1]))
		e->arg[0] = (uint32_t)s->e->arg[1];
	v1_transition(s, e, slot, TRACE_NOT_EXIST, GO_RUNNABLE);
	return NULL;
}

const char *v1_show_start(struct v1_showing *s)
{
	struct v1_goroutine *g = v1_current(s);
	if (!g)
		return v1_no_memory;
	if (g->shown != V1_RUNNABLE)
		return "the goroutine isn't runnable";
	if (s->p->g != 0)
		return "the P runs a goroutine already";
	g->shown = V1_RUNNING;
	s->p->g = g->id;
	bool labelled = s->e->type == V1_GO_START_LABEL;
	if (!s->v->initialised && !labelled)
		return v1_show_status(s, g, GO_RUNNING);
	uint32_t slot = v1_slot_of(s->o, g, GO_RUNNABLE);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	v1_transition(s, v1_emit(s, EV_GO_START), slot, GO_RUNNABLE, GO_RUNNING);
	if (labelled) {
		struct trace_event *e = v1_emit(s, EV_GO_LABEL);
		e->name = v1_name_of(s, s->e->arg[2]);
		e->to = GO_RUNNING;
	}
	return NULL;
}

const char *v1_show_end(struct v1_showing *s)
{
	struct v1_goroutine *g;
	const char *why = find_running(s, false, &g);
	if (why)
		return why;
	uint32_t slot = v1_slot_of(s->o, g, GO_RUNNING);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	v1_transition(s, v1_emit(s, EV_GO_DESTROY), slot, GO_RUNNING, TRACE_NOT_EXIST);
	s->p->g = 0;
	order_remove_goroutine(s->o, slot);
	v1_remove(s->v, g);
	return NULL;
}

const char *v1_show_stop(struct v1_showing *s)
{
	struct v1_goroutine *g;
	const char *why = find_running(s, false, &g);
	if (why)
		return why;
	uint8_t type = stops[s->e->type].type;
	const char *reason = stops[s->e->type].reason;
	uint32_t slot = v1_slot_of(s->o, g, GO_RUNNING);
	uint32_t name = names_intern(s->o->names, reason, strlen(reason));
	if (slot == TRACE_NONE || name == NAME_ERROR)
		return v1_no_memory;
	g->shown = stops[s->e->type].then;
	s->p->g = 0;
	struct trace_event *e = v1_emit(s, type);
	e->name = name;
	v1_transition(s, e, slot, GO_RUNNING, type == EV_GO_STOP ? GO_RUNNABLE : GO_WAITING);
	return NULL;
}

const char *v1_show_unblock(struct v1_showing *s)
{
	struct v1_goroutine *g = v1_current(s);
	if (!g)
		return v1_no_memory;
	if (g->shown != V1_RUNNING)
		return "the goroutine isn't running";
	bool timer = idmap_get(&s->v->timers, g->id) != IDMAP_NONE;
	if (!timer && s->p->g != g->id)
		return "the P runs another goroutine";
	struct v1_goroutine *woken = v1_find(s->v, s->e->arg[0]);
	if (!woken || woken->shown != V1_WAITING)
		return "the goroutine that is woken doesn't wait";
	woken->shown = V1_RUNNABLE;
	uint32_t slot = v1_slot_of(s->o, woken, GO_WAITING);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	v1_transition(s, v1_emit(s, EV_GO_UNBLOCK), slot, GO_WAITING, GO_RUNNABLE);
	return NULL;
}

/* Written when it begins. One that doesn't block has no end of its own: it gets a nanosecond. */
const char *v1_show_syscall(struct v1_showing *s)
{
	struct v1_goroutine *g;
	const char *why = find_running(s, false, &g);
	if (why)
		return why;
	uint32_t slot = v1_slot_of(s->o, g, GO_RUNNING);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	v1_transition(s, v1_emit(s, EV_GO_SYSCALL_BEGIN), slot, GO_RUNNING, GO_SYSCALL);
	if (v1_syscall_blocks(s->v, s->e->p, g->id, s->o->reference_clock))
		return NULL;
	struct trace_event *e = v1_emit_at(s, EV_GO_SYSCALL_END, s->ns + 1);
	e->arg[2] = 0;
	e->synthetic = true;
	v1_transition(s, e, slot, GO_SYSCALL, GO_RUNNING);
	return NULL;
}

const char *v1_show_syscall_block(struct v1_showing *s)
{
	struct v1_goroutine *g;
	const char *why = find_running(s, false, &g);
	if (why)
		return why;
	g->shown = V1_WAITING;
	s->p->g = 0;
	return NULL;
}

const char *v1_show_syscall_exit(struct v1_showing *s)
{
	struct v1_goroutine *g = v1_current(s);
	if (!g)
		return v1_no_memory;
	if (g->shown != V1_WAITING)
		return "the goroutine isn't in a syscall";
	g->shown = V1_RUNNABLE;
	uint32_t slot = v1_slot_of(s->o, g, GO_SYSCALL);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	v1_transition(s, v1_emit(s, EV_GO_SYSCALL_END_BLOCKED), slot, GO_SYSCALL, GO_RUNNABLE);
	return NULL;
}

/* Blocked, or in a syscall, when the trace began. */
const char *v1_show_waiting(struct v1_showing *s)
{
	struct v1_goroutine *g = v1_current(s);
	if (!g)
		return v1_no_memory;
	if (g->shown != V1_RUNNABLE)
		return "the goroutine isn't runnable";
	g->shown = V1_WAITING;
	return v1_show_status(s, g, s->e->type == V1_GO_WAITING ? GO_WAITING : GO_SYSCALL);
}
