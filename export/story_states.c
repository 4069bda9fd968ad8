/* Goroutines and what they do, Ps and whom they run, and who wakes whom. */

#include "export/story_parts.h"
#include "trace/elapsed.h"
#include "trace/slots.h"

static const enum story_category category_of[GO_STATUS_COUNT] = {
	[GO_RUNNABLE] = STORY_RUNNABLE,
	[GO_RUNNING] = STORY_RUNNING,
	[GO_SYSCALL] = STORY_SYSCALL,
	[GO_WAITING] = STORY_WAITING,
};

bool states_prepare(struct story *s, const struct trace_block *block)
{
	static const struct story_goroutine nobody = {.status = TRACE_NOT_EXIST};
	static const struct story_proc idle = {.runs = TRACE_NONE};
	return SLOTS_FIT(s->goroutine, s->goroutines, block->goroutines, &nobody) &&
	       SLOTS_FIT(s->proc, s->procs, block->procs, &idle);
}

struct story_proc *states_proc(struct story *s, uint32_t slot)
{
	struct story_proc *p = &s->proc[slot];
	uint64_t id = s->block->proc[slot].id;
	if (!p->met || p->track.id != id) {
		*p = (struct story_proc){.track = {.kind = TRACK_PROC,
		                                   .number = story_number(s, id),
		                                   .id = id},
		                         .runs = TRACE_NONE,
		                         .met = true};
	}
	return p;
}

bool states_visible(const struct story *s, const struct story_goroutine *g)
{
	const struct story_options *o = &s->options;
	return !s->quiet && (!o->goroutine || o->goroutine == g->track.id) &&
	       ((!o->task.id && !o->task.type && !o->task.among) || g->follows > 0);
}

bool states_declare(struct story *s, struct story_goroutine *g)
{
	if (g->declared)
		return true;
	g->declared = true;
	return s->narrator.track(s->narrator.self, &g->track);
}

/* --- on a P ---------------------------------------------------------------------------------- */

static bool tell_run(struct story *s, struct story_goroutine *g, struct story_proc *p)
{
	bool ok = p->declared || s->narrator.track(s->narrator.self, &p->track);
	p->declared = true;
	return ok && story_tell(s, &g->run);
}

static bool end_run(struct story *s, struct story_goroutine *g, int64_t now_ns)
{
	if (!g->on)
		return true;
	struct story_proc *p = &s->proc[g->on - 1];
	g->on = 0;
	p->runs = TRACE_NONE;
	bool ok = story_end(s, &g->run, now_ns);
	p->last_ns = g->run.end_ns;
	return ok;
}

static bool begin_run(struct story *s, struct story_goroutine *g, uint32_t proc, int64_t now_ns)
{
	struct story_proc *p = states_proc(s, proc);
	if (p->runs != TRACE_NONE && !end_run(s, &s->goroutine[p->runs], now_ns))
		return false;
	p->runs = (uint32_t)(g - s->goroutine);
	g->on = proc + 1;
	g->run = (struct story_slice){.track = p->track,
	                              .category = STORY_PROC,
	                              .name = g->track.name ? g->track.name : s->proc_name,
	                              .begin_ns = later_ns(now_ns, p->last_ns),
	                              .goroutine = g->track.id,
	                              .proc = p->track.id,
	                              .by = STORY_NOBODY};
	return !states_visible(s, g) || tell_run(s, g, p);
}

/* --- states ---------------------------------------------------------------------------------- */

bool states_reveal(struct story *s, struct story_goroutine *g, int64_t now_ns)
{
	g->state.begin_ns = later_ns(g->state.begin_ns, now_ns);
	g->state.flow = 0;
	if (!states_declare(s, g) || !story_tell(s, &g->state))
		return false;
	if (!g->on)
		return true;
	g->run.begin_ns = later_ns(g->run.begin_ns, now_ns);
	return tell_run(s, g, &s->proc[g->on - 1]);
}

bool states_conceal(struct story *s, struct story_goroutine *g, int64_t now_ns, bool open)
{
	bool ok = true;
	g->state.open = g->run.open = open;
	if (g->run.told)
		ok = story_end(s, &g->run, now_ns);
	if (g->state.told)
		ok = story_end(s, &g->state, now_ns) && ok;
	g->state.open = g->run.open = false;
	return ok;
}

/* A goroutine of which nothing was heard yet. */
static void meet(struct story *s, struct story_goroutine *g, uint32_t slot)
{
	uint64_t id = s->block->goroutine[slot].id;
	const struct story_death *death = &s->death[id % STORY_DEATHS];
	*g = (struct story_goroutine){
		.track = {.kind = TRACK_GOROUTINE, .number = story_number(s, id), .id = id}};
	if (death->id == id) {
		g->state.end_ns = death->state_ns;
		g->last_ns = death->region_ns;
	}
}

/* Where it starts shows at the root of its own stacks. */
static bool learn_function(struct story *s, struct story_goroutine *g, const struct trace_event *e)
{
	uint64_t stack = trace_own_stack(e);
	if (!stack)
		return true;
	g->track.name = stack_function(s->block, stack, true);
	if (!g->track.name || !g->declared)
		return true;
	return s->narrator.track(s->narrator.self, &g->track);
}

static bool has_own_stack(const struct trace_event *e)
{
	return e->g == e->subject || e->type == EV_GO_STATUS_STACK;
}

/* The arrow begins at who wakes: its number; 0: not wanted. */
static bool wake(struct story *s, const struct story_goroutine *woken, const struct trace_event *e,
                 int64_t now_ns, uint64_t *flow)
{
	struct story_goroutine *waker =
		e->g != TRACE_NONE && e->g != e->subject ? &s->goroutine[e->g] : NULL;
	struct story_instant i = {.track = {.kind = TRACK_RUNTIME},
	                          .category = STORY_WAKE,
	                          .name = s->wake_name,
	                          .at_ns = now_ns,
	                          .goroutine = woken->track.id,
	                          .proc = e->p == TRACE_NONE ? STORY_NOBODY : s->block->proc[e->p].id,
	                          .by = STORY_NOBODY};
	bool ok = true, wanted = states_visible(s, woken);
	*flow = 0;
	if (waker && waker->status == TRACE_NOT_EXIST)
		waker = NULL;
	if (!wanted && !(waker && states_visible(s, waker)))
		return true;
	if (waker) {
		i.track = waker->track;
		i.by = waker->track.id;
		i.at_ns = later_ns(i.at_ns, waker->state.begin_ns);
		ok = states_declare(s, waker);
	} else if (!s->runtime_declared) {
		s->runtime_declared = true;
		ok = s->narrator.track(s->narrator.self, &i.track);
	}
	if (wanted)
		i.flow = *flow = ++s->flows;
	return ok && story_stack(s, e->arg[2], &i.stack) && s->narrator.instant(s->narrator.self, &i);
}

static uint64_t creator(const struct story *s, const struct trace_event *e)
{
	return e->from == TRACE_NOT_EXIST && e->g != TRACE_NONE ? s->block->goroutine[e->g].id
	                                                        : STORY_NOBODY;
}

static bool begin_state(struct story *s, struct story_goroutine *g, const struct trace_event *e,
                        int64_t now_ns)
{
	bool visible = states_visible(s, g);
	uint64_t flow = 0, by = creator(s, e);
	int64_t begin_ns = later_ns(now_ns, g->state.end_ns);
	uint32_t stack = STACK_NONE;
	if (e->from == GO_WAITING && e->to == GO_RUNNABLE) {
		if (!wake(s, g, e, begin_ns, &flow))
			return false;
		if (e->g != TRACE_NONE && e->g != e->subject)
			by = s->block->goroutine[e->g].id;
	}
	if (visible && has_own_stack(e) && !story_stack(s, e->arg[2], &stack))
		return false;
	g->status = e->to;
	g->state = (struct story_slice){.track = g->track,
	                                .category = category_of[e->to],
	                                .name = e->to == GO_WAITING && e->name ? e->name
	                                                                       : s->state_name[e->to],
	                                .stack = stack,
	                                .begin_ns = begin_ns,
	                                .end_ns = begin_ns,
	                                .goroutine = g->track.id,
	                                .proc = STORY_NOBODY,
	                                .by = by,
	                                .flow = flow};
	if (e->to == GO_RUNNING && e->p != TRACE_NONE) {
		g->state.proc = s->block->proc[e->p].id;
		if (!begin_run(s, g, e->p, now_ns))
			return false;
	}
	return !visible || (states_declare(s, g) && story_tell(s, &g->state));
}

static bool end_goroutine(struct story *s, struct story_goroutine *g, int64_t now_ns)
{
	bool ok = true;
	while (g->innermost && ok)
		ok = user_pop(s, g, g->innermost, now_ns, false);
	s->death[g->track.id % STORY_DEATHS] =
		(struct story_death){g->track.id, g->state.end_ns, g->last_ns};
	*g = (struct story_goroutine){.status = TRACE_NOT_EXIST};
	return ok;
}

static bool count_state(struct story *s, uint8_t state, int64_t now_ns, int more)
{
	static const enum story_counter counter_of[GO_STATUS_COUNT] = {
		[GO_RUNNABLE] = COUNTER_RUNNABLE,
		[GO_RUNNING] = COUNTER_RUNNING,
		[GO_SYSCALL] = COUNTER_SYSCALL,
		[GO_WAITING] = STORY_COUNTERS,
	};
	if (state == GO_BAD || state >= GO_STATUS_COUNT || counter_of[state] == STORY_COUNTERS)
		return true;
	return levels_add(s, counter_of[state], now_ns, more);
}

bool states_transition(struct story *s, const struct trace_event *e)
{
	struct story_goroutine *g = &s->goroutine[e->subject];
	bool is_new = g->status == TRACE_NOT_EXIST;
	int64_t at_ns = story_ns(s, is_new ? trace_since(s->block, e) : e->at_ns);
	if (is_new && e->to == TRACE_NOT_EXIST)
		return true;
	if (is_new)
		meet(s, g, e->subject);
	if (!g->track.name && !learn_function(s, g, e))
		return false;
	if (!is_new && e->from == e->to) /* it only says again what is known */
		return true;
	if (!is_new && (!count_state(s, g->status, at_ns, -1) || !story_end(s, &g->state, at_ns) ||
	                (g->status == GO_RUNNING && !end_run(s, g, at_ns))))
		return false;
	if (e->to == TRACE_NOT_EXIST)
		return end_goroutine(s, g, at_ns);
	return count_state(s, e->to, at_ns, 1) && begin_state(s, g, e, at_ns);
}
