/* Format 1: how what happens to Ps, and what the collector does, is shown. */
#include <string.h>

#include "trace/v1_show.h"

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

/* The first of these ends the trace's beginning: goroutines not heard of until now can run. */
const char *v1_show_gomaxprocs(struct v1_showing *s)
{
	struct v1 *v = s->v;
	if (v->initialised) {
		v1_emit(s, EV_PROCS_CHANGE)->arg[0] = s->e->arg[0];
		return NULL;
	}
	v->initialised = true;
	s->o->gomaxprocs = s->e->arg[0];
	const struct v1_event nowhere = {.p = -1};
	struct v1_showing early = {v, s->o, &nowhere, NULL, TRACE_NONE, s->ns};
	early.p = v1_p_of(v, s->o, -1, &early.p_slot);
	if (!early.p)
		return v1_no_memory;
	for (size_t i = 0; i < v->goroutines; i++) {
		if (!v->goroutine[i].early)
			continue;
		if (s->o->events > BLOCK_EVENTS - BLOCK_ROOM && order_flush(s->o) == ORDER_NO_MEMORY)
			return v1_no_memory;
		const char *why = v1_show_status(&early, &v->goroutine[i], GO_RUNNABLE);
		if (why)
			return why;
	}
	return NULL;
}

/* CPU samples are written under the P of number -1. Of what else may be there the reference thinks
   nothing bad, but there is no P to show it of. */
static bool is_shown(const struct v1_showing *s)
{
	return s->p_slot != TRACE_NONE;
}

const char *v1_show_proc_start(struct v1_showing *s)
{
	if (s->p->running)
		return "the P runs already";
	s->p->running = true;
	uint32_t m = idmap_get(&s->o->thread_of, s->e->arg[0]);
	if (m == IDMAP_NONE)
		m = order_add_thread(s->o, s->e->arg[0]);
	if (m == TRACE_NONE)
		return v1_no_memory;
	s->p->thread = m;
	if (!is_shown(s))
		return NULL;
	struct trace_event *e = v1_emit(s, s->p->seen ? EV_PROC_START : EV_PROC_STATUS);
	e->subject = s->p_slot;
	e->from = s->p->seen ? PROC_IDLE : PROC_BAD;
	e->to = PROC_RUNNING;
	s->p->seen = true;
	return NULL;
}

const char *v1_show_proc_stop(struct v1_showing *s)
{
	if (!s->p->running)
		return "the P doesn't run";
	if (s->p->g != 0)
		return "the P runs a goroutine";
	s->p->running = false;
	if (!is_shown(s))
		return NULL;
	struct trace_event *e = v1_emit(s, EV_PROC_STOP);
	e->subject = s->p_slot;
	e->from = PROC_RUNNING;
	e->to = PROC_IDLE;
	s->p->thread = 0;
	return NULL;
}

const char *v1_show_gc(struct v1_showing *s)
{
	bool begins = s->e->type == V1_GC_START;
	if (s->v->gc == begins)
		return begins ? "the collector runs already" : "the collector doesn't run";
	s->v->gc = begins;
	v1_emit(s, begins ? EV_GC_BEGIN : EV_GC_END)->arg[0] = s->e->arg[0];
	return NULL;
}

/* A range on a goroutine, on that of number 0 where there is none. */
static const char *show_range(struct v1_showing *s, uint8_t type, uint32_t name)
{
	struct v1_goroutine *g = v1_current(s);
	uint32_t slot = v1_slot_of(s->o, g, GO_BAD);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	struct trace_event *e = v1_emit(s, type);
	e->subject = slot;
	e->name = name;
	e->to = s->o->goroutine[slot].status;
	return NULL;
}

const char *v1_show_stw(struct v1_showing *s)
{
	bool begins = s->e->type == V1_STW_START;
	if (s->v->stw == begins)
		return begins ? "the world is stopped already" : "the world isn't stopped";
	s->v->stw = begins;
	if (begins) {
		const char *kind = stw_kind(s->v->version, s->e->arg[0]);
		s->v->stw_name = names_intern(s->o->names, kind, strlen(kind));
		if (s->v->stw_name == NAME_ERROR)
			return v1_no_memory;
	}
	return show_range(s, begins ? EV_STW_BEGIN : EV_STW_END, s->v->stw_name);
}

const char *v1_show_sweep(struct v1_showing *s)
{
	bool begins = s->e->type == V1_SWEEP_START;
	if (s->p->sweep == begins)
		return begins ? "the P sweeps already" : "the P doesn't sweep";
	s->p->sweep = begins;
	if (!is_shown(s))
		return NULL;
	struct trace_event *e = v1_emit(s, begins ? EV_GC_SWEEP_BEGIN : EV_GC_SWEEP_END);
	e->subject = s->p_slot;
	e->arg[0] = s->e->arg[0];
	e->arg[1] = s->e->arg[1];
	return NULL;
}

const char *v1_show_assist(struct v1_showing *s)
{
	struct v1_goroutine *g = v1_current(s);
	if (!g)
		return v1_no_memory;
	bool begins = s->e->type == V1_ASSIST_START;
	if (begins && g->assist)
		return "the goroutine assists already";
	g->assist = begins; /* it may have begun before the trace */
	return show_range(s, begins ? EV_GC_MARK_ASSIST_BEGIN : EV_GC_MARK_ASSIST_END, NAME_NONE);
}
