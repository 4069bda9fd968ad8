#include "trace/v1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/v1_state.h"

/* Some events at a time, so that the caller can tell how far it is. */
enum { AT_A_TIME = 16 * 1024 };

static const char no_memory[] = "no memory";

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

/* Kinds of STW as Go 1.21 counts them; before it there were the first two, counted from 0. */
static const char *const stw_kinds[] = {
	"",
	"GC mark termination",
	"GC sweep termination",
	"write heap dump",
	"goroutine profile",
	"goroutine profile cleanup",
	"all goroutine stack trace",
	"read mem stats",
	"AllThreadsSyscall",
	"GOMAXPROCS",
	"start trace",
	"stop trace",
	"CountPagesInUse (test)",
	"ReadMetricsSlow (test)",
	"ReadMemStatsSlow (test)",
	"PageCachePagesLeaked (test)",
	"ResetDebugLog (test)",
};

static const char *stw_kind(unsigned version, uint64_t kind)
{
	if (version < 21)
		return kind < 2 ? stw_kinds[kind + 1] : "";
	return kind < sizeof stw_kinds / sizeof stw_kinds[0] ? stw_kinds[kind] : "";
}

/* One event on its way. */
struct showing {
	struct v1 *v;
	struct order *o;
	const struct v1_event *e;
	struct v1_p *p;
	uint32_t p_slot;
	int64_t ns;
};

static int64_t ns_of(const struct v1 *v, int64_t ticks)
{
	double ns = (double)(int64_t)((uint64_t)ticks - (uint64_t)v->first_ticks) * v->ns_per_tick;
	return ns < 9223372036854775808.0 && ns >= -9223372036854775808.0 ? (int64_t)ns : INT64_MIN;
}

/* --- slots --------------------------------------------------------------------------------------
 */

/* The P's record; what has no P shares one. NULL: no memory. */
static struct v1_p *p_of(struct v1 *v, struct order *o, int32_t id, uint32_t *slot)
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

/* The goroutine's slot, given to it when it is shown for the first time. */
static uint32_t slot_of(struct order *o, struct v1_goroutine *g, uint8_t status)
{
	if (g && g->slot == TRACE_NONE)
		g->slot = order_add_goroutine(o, g->id, status);
	return g ? g->slot : TRACE_NONE;
}

/* --- emitting -----------------------------------------------------------------------------------
 */

static struct trace_event *emit_at(struct showing *s, uint8_t type, int64_t ns)
{
	struct trace_event *e = order_emit(s->o, type, ns, s->p->thread);
	const struct v1_goroutine *g = s->e->g ? v1_find(s->v, s->e->g) : NULL;
	e->g = g ? g->slot : TRACE_NONE;
	e->p = s->p_slot;
	if (s->e->stack && wire_table_get(&s->v->g.stacks, s->e->stack))
		e->arg[2] = s->e->stack;
	return e;
}

static struct trace_event *emit(struct showing *s, uint8_t type)
{
	return emit_at(s, type, s->ns);
}

static void transition(struct showing *s, struct trace_event *e, uint32_t slot, uint8_t from,
                       uint8_t to)
{
	e->subject = slot;
	e->from = from;
	e->to = to;
	if (to != TRACE_NOT_EXIST)
		s->o->goroutine[slot].status = to;
}

static uint32_t name_of(struct showing *s, uint64_t string)
{
	uint32_t name = generation_name(&s->v->g, &s->o->names, string);
	return name == NAME_ERROR ? NAME_NONE : name;
}

/* First sight of a goroutine that is older than the trace. */
static const char *show_status(struct showing *s, struct v1_goroutine *g, uint8_t status)
{
	g->early = false;
	uint32_t slot = slot_of(s->o, g, status);
	if (slot == TRACE_NONE)
		return no_memory;
	struct trace_event *e = emit(s, EV_GO_STATUS);
	e->arg[1] = UINT64_MAX;
	transition(s, e, slot, GO_BAD, status);
	return NULL;
}

/* --- goroutines ---------------------------------------------------------------------------------
 */

static struct v1_goroutine *current(struct showing *s)
{
	return v1_find_or_add(s->v, s->e->g);
}

/* parser.go: checkRunning */
static const char *check_running(const struct showing *s, const struct v1_goroutine *g, bool any)
{
	if (g->shown != V1_RUNNING)
		return "the goroutine isn't running";
	if (s->p->g != g->id)
		return "the P runs another goroutine";
	return any || g->id != 0 ? NULL : "there is no goroutine";
}

static const char *show_create(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	const char *why = check_running(s, g, true);
	if (why)
		return why;
	g = v1_find_or_add(s->v, s->e->arg[0]);
	if (!g)
		return no_memory;
	if (g->shown != V1_DEAD)
		return "the goroutine is there already";
	g->shown = V1_RUNNABLE;
	g->start_stack = (uint32_t)s->e->arg[1];
	if (!s->v->initialised) {
		g->early = true;
		return NULL;
	}
	uint32_t slot = slot_of(s->o, g, GO_RUNNABLE);
	if (slot == TRACE_NONE)
		return no_memory;
	struct trace_event *e = emit(s, EV_GO_CREATE);
	if (wire_table_get(&s->v->g.stacks, (uint32_t)s->e->arg[1]))
		e->arg[0] = (uint32_t)s->e->arg[1];
	transition(s, e, slot, TRACE_NOT_EXIST, GO_RUNNABLE);
	return NULL;
}

static const char *show_start(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	if (g->shown != V1_RUNNABLE)
		return "the goroutine isn't runnable";
	if (s->p->g != 0)
		return "the P runs a goroutine already";
	g->shown = V1_RUNNING;
	s->p->g = g->id;
	bool labelled = s->e->type == V1_GO_START_LABEL;
	if (!s->v->initialised && !labelled)
		return show_status(s, g, GO_RUNNING);
	uint32_t slot = slot_of(s->o, g, GO_RUNNABLE);
	if (slot == TRACE_NONE)
		return no_memory;
	transition(s, emit(s, EV_GO_START), slot, GO_RUNNABLE, GO_RUNNING);
	if (labelled)
		emit(s, EV_GO_LABEL)->name = name_of(s, s->e->arg[2]);
	return NULL;
}

static const char *show_end(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	const char *why = check_running(s, g, false);
	if (why)
		return why;
	uint32_t slot = slot_of(s->o, g, GO_RUNNING);
	if (slot == TRACE_NONE)
		return no_memory;
	transition(s, emit(s, EV_GO_DESTROY), slot, GO_RUNNING, TRACE_NOT_EXIST);
	s->p->g = 0;
	order_remove_goroutine(s->o, slot);
	v1_remove(s->v, g);
	return NULL;
}

static const char *show_stop(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	const char *why = check_running(s, g, false);
	if (why)
		return why;
	uint8_t type = stops[s->e->type].type;
	const char *reason = stops[s->e->type].reason;
	uint32_t slot = slot_of(s->o, g, GO_RUNNING);
	uint32_t name = names_intern(&s->o->names, reason, strlen(reason));
	if (slot == TRACE_NONE || name == NAME_ERROR)
		return no_memory;
	g->shown = stops[s->e->type].then;
	s->p->g = 0;
	struct trace_event *e = emit(s, type);
	e->name = name;
	transition(s, e, slot, GO_RUNNING, type == EV_GO_STOP ? GO_RUNNABLE : GO_WAITING);
	return NULL;
}

static const char *show_unblock(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	if (g->shown != V1_RUNNING)
		return "the goroutine isn't running";
	bool timer = idmap_get(&s->v->timers, g->id) != IDMAP_NONE;
	if (!timer && s->p->g != g->id)
		return "the P runs another goroutine";
	struct v1_goroutine *woken = v1_find(s->v, s->e->arg[0]);
	if (!woken || woken->shown != V1_WAITING)
		return "the goroutine that is woken doesn't wait";
	woken->shown = V1_RUNNABLE;
	uint32_t slot = slot_of(s->o, woken, GO_WAITING);
	if (slot == TRACE_NONE)
		return no_memory;
	transition(s, emit(s, EV_GO_UNBLOCK), slot, GO_WAITING, GO_RUNNABLE);
	return NULL;
}

/* Written when it begins. One that doesn't block has no end of its own: it gets a nanosecond. */
static const char *show_syscall(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	const char *why = check_running(s, g, false);
	if (why)
		return why;
	uint32_t slot = slot_of(s->o, g, GO_RUNNING);
	if (slot == TRACE_NONE)
		return no_memory;
	transition(s, emit(s, EV_GO_SYSCALL_BEGIN), slot, GO_RUNNING, GO_SYSCALL);
	if (v1_syscall_blocks(s->v, s->e->p, g->id, s->o->reference_clock))
		return NULL;
	struct trace_event *e = emit_at(s, EV_GO_SYSCALL_END, s->ns + 1);
	e->arg[2] = 0;
	e->synthetic = true;
	transition(s, e, slot, GO_SYSCALL, GO_RUNNING);
	return NULL;
}

static const char *show_syscall_block(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	const char *why = check_running(s, g, false);
	if (why)
		return why;
	g->shown = V1_WAITING;
	s->p->g = 0;
	return NULL;
}

static const char *show_syscall_exit(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	if (g->shown != V1_WAITING)
		return "the goroutine isn't in a syscall";
	g->shown = V1_RUNNABLE;
	uint32_t slot = slot_of(s->o, g, GO_SYSCALL);
	if (slot == TRACE_NONE)
		return no_memory;
	transition(s, emit(s, EV_GO_SYSCALL_END_BLOCKED), slot, GO_SYSCALL, GO_RUNNABLE);
	return NULL;
}

/* Blocked, or in a syscall, when the trace began. */
static const char *show_waiting(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	if (g->shown != V1_RUNNABLE)
		return "the goroutine isn't runnable";
	g->shown = V1_WAITING;
	return show_status(s, g, s->e->type == V1_GO_WAITING ? GO_WAITING : GO_SYSCALL);
}

/* --- Ps -----------------------------------------------------------------------------------------
 */

/* The first of these ends the trace's beginning: goroutines not heard of until now can run. */
static const char *show_gomaxprocs(struct showing *s)
{
	struct v1 *v = s->v;
	if (v->initialised) {
		emit(s, EV_PROCS_CHANGE)->arg[0] = s->e->arg[0];
		return NULL;
	}
	v->initialised = true;
	s->o->gomaxprocs = s->e->arg[0];
	const struct v1_event nowhere = {.p = -1};
	struct showing early = {v, s->o, &nowhere, NULL, TRACE_NONE, s->ns};
	early.p = p_of(v, s->o, -1, &early.p_slot);
	if (!early.p)
		return no_memory;
	for (size_t i = 0; i < v->goroutines; i++) {
		if (!v->goroutine[i].early)
			continue;
		if (s->o->events > BLOCK_EVENTS - BLOCK_ROOM && order_flush(s->o) == ORDER_NO_MEMORY)
			return no_memory;
		const char *why = show_status(&early, &v->goroutine[i], GO_RUNNABLE);
		if (why)
			return why;
	}
	return NULL;
}

static const char *show_proc_start(struct showing *s)
{
	if (s->p->running)
		return "the P runs already";
	s->p->running = true;
	uint32_t m = idmap_get(&s->o->thread_of, s->e->arg[0]);
	if (m == IDMAP_NONE)
		m = order_add_thread(s->o, s->e->arg[0]);
	if (m == TRACE_NONE)
		return no_memory;
	s->p->thread = m;
	struct trace_event *e = emit(s, s->p->seen ? EV_PROC_START : EV_PROC_STATUS);
	e->subject = s->p_slot;
	e->from = s->p->seen ? PROC_IDLE : PROC_BAD;
	e->to = PROC_RUNNING;
	s->p->seen = true;
	return NULL;
}

static const char *show_proc_stop(struct showing *s)
{
	if (!s->p->running)
		return "the P doesn't run";
	if (s->p->g != 0)
		return "the P runs a goroutine";
	s->p->running = false;
	struct trace_event *e = emit(s, EV_PROC_STOP);
	e->subject = s->p_slot;
	e->from = PROC_RUNNING;
	e->to = PROC_IDLE;
	s->p->thread = 0;
	return NULL;
}

/* --- the collector ------------------------------------------------------------------------------
 */

static const char *show_gc(struct showing *s)
{
	bool begins = s->e->type == V1_GC_START;
	if (s->v->gc == begins)
		return begins ? "the collector runs already" : "the collector doesn't run";
	s->v->gc = begins;
	emit(s, begins ? EV_GC_BEGIN : EV_GC_END)->arg[0] = s->e->arg[0];
	return NULL;
}

/* A range on a goroutine, on that of number 0 where there is none. */
static const char *show_range(struct showing *s, uint8_t type, uint32_t name)
{
	struct v1_goroutine *g = current(s);
	uint32_t slot = slot_of(s->o, g, GO_BAD);
	if (slot == TRACE_NONE)
		return no_memory;
	struct trace_event *e = emit(s, type);
	e->subject = slot;
	e->name = name;
	return NULL;
}

static const char *show_stw(struct showing *s)
{
	bool begins = s->e->type == V1_STW_START;
	if (s->v->stw == begins)
		return begins ? "the world is stopped already" : "the world isn't stopped";
	s->v->stw = begins;
	if (begins) {
		const char *kind = stw_kind(s->v->version, s->e->arg[0]);
		s->v->stw_name = names_intern(&s->o->names, kind, strlen(kind));
		if (s->v->stw_name == NAME_ERROR)
			return no_memory;
	}
	return show_range(s, begins ? EV_STW_BEGIN : EV_STW_END, s->v->stw_name);
}

static const char *show_sweep(struct showing *s)
{
	bool begins = s->e->type == V1_SWEEP_START;
	if (s->p->sweep == begins)
		return begins ? "the P sweeps already" : "the P doesn't sweep";
	s->p->sweep = begins;
	if (s->p_slot == TRACE_NONE)
		return "a sweep without a P";
	struct trace_event *e = emit(s, begins ? EV_GC_SWEEP_BEGIN : EV_GC_SWEEP_END);
	e->subject = s->p_slot;
	e->arg[0] = s->e->arg[0];
	e->arg[1] = s->e->arg[1];
	return NULL;
}

static const char *show_assist(struct showing *s)
{
	struct v1_goroutine *g = current(s);
	if (!g)
		return no_memory;
	bool begins = s->e->type == V1_ASSIST_START;
	if (begins && g->assist)
		return "the goroutine assists already";
	g->assist = begins; /* it may have begun before the trace */
	return show_range(s, begins ? EV_GC_MARK_ASSIST_BEGIN : EV_GC_MARK_ASSIST_END, NAME_NONE);
}

/* --- annotations --------------------------------------------------------------------------------
 */

static const char *show_task(struct showing *s)
{
	const struct v1_event *from = s->e;
	if (from->type == V1_USER_TASK_END) {
		struct trace_event *e = emit(s, EV_USER_TASK_END);
		e->arg[0] = from->arg[0];
		order_close_task(s->o, from->arg[0], &e->arg[1], &e->name);
		return NULL;
	}
	if (idmap_get(&s->o->task_of, from->arg[0]) != IDMAP_NONE)
		return "the task has begun already";
	uint32_t name = name_of(s, from->arg[2]);
	if (!order_open_task(s->o, from->arg[0], from->arg[1], name))
		return no_memory;
	struct trace_event *e = emit(s, EV_USER_TASK_BEGIN);
	e->arg[0] = from->arg[0];
	e->arg[1] = from->arg[1];
	e->name = name;
	return NULL;
}

static const char *show_region(struct showing *s)
{
	uint32_t name = name_of(s, s->e->arg[2]);
	uint32_t slot = slot_of(s->o, current(s), GO_BAD);
	if (slot == TRACE_NONE)
		return no_memory;
	if (s->e->arg[1] > 1)
		return "a region neither begins nor ends";
	uint32_t *regions = &s->o->goroutine[slot].regions;
	bool begins = s->e->arg[1] == 0;
	if (begins && !order_push_node(s->o, regions, s->e->arg[0], name))
		return no_memory;
	enum region_end end =
		begins ? REGION_ENDS : order_end_region(s->o, regions, s->e->arg[0], name);
	if (end == REGION_MISFIT)
		return "a region ends inside another";
	if (end == REGION_STRAY)
		return NULL;
	struct trace_event *e = emit(s, begins ? EV_USER_REGION_BEGIN : EV_USER_REGION_END);
	e->arg[0] = s->e->arg[0];
	e->name = name;
	return NULL;
}

static const char *show_log(struct showing *s)
{
	uint32_t name = name_of(s, s->e->arg[1]);
	struct trace_event *e = emit(s, EV_USER_LOG);
	e->arg[0] = s->e->arg[0];
	e->arg[1] = s->e->arg[3];
	e->name = name;
	return NULL;
}

static const char *show_sample(struct showing *s)
{
	struct trace_event *e = emit(s, EV_CPU_SAMPLE);
	e->m = TRACE_NONE; /* this format doesn't tell */
	e->arg[0] = s->e->g;
	e->arg[1] = TRACE_NO_THREAD;
	return NULL;
}

static const char *show_heap(struct showing *s)
{
	emit(s, s->e->type == V1_HEAP_ALLOC ? EV_HEAP_ALLOC : EV_HEAP_GOAL)->arg[0] = s->e->arg[0];
	return NULL;
}

static const char *show_futile(struct showing *s)
{
	return s->v->tolerant ? NULL : "nothing in format 2 is like it";
}

/* NULL, or why it can't be. */
static const char *(*const handlers[V1_TYPES])(struct showing *) = {
	[V1_GOMAXPROCS] = show_gomaxprocs,
	[V1_PROC_START] = show_proc_start,
	[V1_PROC_STOP] = show_proc_stop,
	[V1_GC_START] = show_gc,
	[V1_GC_DONE] = show_gc,
	[V1_STW_START] = show_stw,
	[V1_STW_DONE] = show_stw,
	[V1_SWEEP_START] = show_sweep,
	[V1_SWEEP_DONE] = show_sweep,
	[V1_GO_CREATE] = show_create,
	[V1_GO_START] = show_start,
	[V1_GO_START_LABEL] = show_start,
	[V1_GO_END] = show_end,
	[V1_GO_STOP] = show_stop,
	[V1_GO_SCHED] = show_stop,
	[V1_GO_PREEMPT] = show_stop,
	[V1_GO_SLEEP] = show_stop,
	[V1_GO_BLOCK] = show_stop,
	[V1_GO_UNBLOCK] = show_unblock,
	[V1_GO_BLOCK_SEND] = show_stop,
	[V1_GO_BLOCK_RECV] = show_stop,
	[V1_GO_BLOCK_SELECT] = show_stop,
	[V1_GO_BLOCK_SYNC] = show_stop,
	[V1_GO_BLOCK_COND] = show_stop,
	[V1_GO_BLOCK_NET] = show_stop,
	[V1_GO_BLOCK_GC] = show_stop,
	[V1_GO_SYSCALL] = show_syscall,
	[V1_GO_SYS_EXIT] = show_syscall_exit,
	[V1_GO_SYS_BLOCK] = show_syscall_block,
	[V1_GO_WAITING] = show_waiting,
	[V1_GO_IN_SYSCALL] = show_waiting,
	[V1_HEAP_ALLOC] = show_heap,
	[V1_HEAP_GOAL] = show_heap,
	[V1_FUTILE_WAKEUP] = show_futile,
	[V1_ASSIST_START] = show_assist,
	[V1_ASSIST_DONE] = show_assist,
	[V1_USER_TASK_CREATE] = show_task,
	[V1_USER_TASK_END] = show_task,
	[V1_USER_REGION] = show_region,
	[V1_USER_LOG] = show_log,
	[V1_CPU_SAMPLE] = show_sample,
};

static enum order_result show(struct v1 *v, struct order *o, const struct v1_event *e)
{
	struct showing s = {v, o, e, NULL, TRACE_NONE, ns_of(v, e->ticks)};
	const char *why = no_memory;
	s.p = p_of(v, o, e->p, &s.p_slot);
	if (s.p)
		why = handlers[e->type] ? handlers[e->type](&s) : "no event";
	if (!why)
		return ORDER_OK;
	if (why == no_memory)
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
	o->generation = &v->g;
	o->in = v->in;
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
