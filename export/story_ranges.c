/* What the collector does, stops of the world, and tracks for what overlaps. */
#include "export/story_parts.h"
#include "trace/tables.h"

/* --- lanes ----------------------------------------------------------------------------------- */

uint32_t lanes_take(struct story_lanes *l, uint32_t type, int64_t *last_ns, bool *fresh)
{
	uint32_t t = idmap_get(&l->type_of, type);
	if (t == IDMAP_NONE) {
		if (!wire_grow(&l->free, &l->type_capacity, l->types, sizeof *l->free) ||
		    !idmap_put(&l->type_of, type, (uint32_t)l->types))
			return TRACE_NONE;
		t = (uint32_t)l->types;
		l->free[l->types++] = 0;
	}
	uint32_t lane = l->free[t];
	*fresh = !lane;
	if (lane) {
		l->free[t] = l->lane[lane - 1].next;
	} else {
		if (!wire_grow(&l->lane, &l->capacity, l->n, sizeof *l->lane))
			return TRACE_NONE;
		lane = (uint32_t)++l->n;
		l->lane[lane - 1].type = t;
		l->lane[lane - 1].last_ns = 0;
	}
	*last_ns = l->lane[lane - 1].last_ns;
	return lane - 1;
}

void lanes_give(struct story_lanes *l, uint32_t lane, int64_t last_ns)
{
	uint32_t *free = &l->free[l->lane[lane].type];
	l->lane[lane].last_ns = last_ns;
	l->lane[lane].next = *free;
	*free = lane + 1;
}

/* --- stops of the world ---------------------------------------------------------------------- */

static bool tell_stop(struct story *s, struct story_open *stop, int64_t now_ns)
{
	int64_t last_ns;
	bool fresh;
	uint32_t lane = lanes_take(&s->stop_lanes, 0, &last_ns, &fresh);
	if (lane == TRACE_NONE)
		return false;
	struct story_slice *slice = &stop->slice;
	slice->track = (struct story_track){.kind = TRACK_STW, .number = lane, .id = lane};
	slice->begin_ns = later_ns(now_ns, last_ns);
	return (!fresh || s->narrator.track(s->narrator.self, &slice->track)) && story_tell(s, slice);
}

static bool end_stop(struct story *s, uint32_t i, int64_t now_ns, bool open, bool forget)
{
	struct story_open *stop = &s->stop.open[i];
	bool ok = true;
	if (stop->slice.told) {
		stop->slice.open = open;
		ok = story_end(s, &stop->slice, now_ns);
		lanes_give(&s->stop_lanes, stop->slice.track.number, stop->slice.end_ns);
	}
	if (forget) {
		idmap_remove(&s->stop_of, stop->goroutine);
		list_give(&s->stop, i + 1);
	}
	return ok;
}

static bool begin_stop(struct story *s, const struct trace_event *e)
{
	uint32_t before = idmap_get(&s->stop_of, e->subject), stack;
	int64_t now_ns = story_ns(s, e->at_ns);
	if (before != IDMAP_NONE && !end_stop(s, before, now_ns, true, true))
		return false;
	uint32_t i = list_take(&s->stop);
	if (!i || !idmap_put(&s->stop_of, e->subject, i - 1) || !story_stack(s, e->arg[2], &stack))
		return false;
	struct story_open *stop = &s->stop.open[i - 1];
	stop->goroutine = e->subject;
	stop->slice = (struct story_slice){.category = STORY_STW,
	                                   .name = e->name ? e->name : s->stw_name,
	                                   .stack = stack,
	                                   .begin_ns = now_ns,
	                                   .goroutine = s->block->goroutine[e->subject].id,
	                                   .proc = STORY_NOBODY,
	                                   .by = STORY_NOBODY};
	return s->quiet || tell_stop(s, stop, now_ns);
}

/* --- marking, assists, sweeping -------------------------------------------------------------- */

static bool tell_mark(struct story *s)
{
	bool ok = s->gc_declared || s->narrator.track(s->narrator.self, &s->mark.track);
	s->gc_declared = true;
	return ok && story_tell(s, &s->mark);
}

static bool begin_mark(struct story *s, int64_t now_ns)
{
	if (s->marking && !story_end(s, &s->mark, now_ns))
		return false;
	s->marking = true;
	s->mark = (struct story_slice){.track = {.kind = TRACK_GC},
	                               .category = STORY_MARK,
	                               .name = s->mark_name,
	                               .begin_ns = later_ns(now_ns, s->mark.end_ns),
	                               .goroutine = STORY_NOBODY,
	                               .proc = STORY_NOBODY,
	                               .by = STORY_NOBODY};
	return s->quiet || tell_mark(s);
}

static bool end_mark(struct story *s, int64_t now_ns)
{
	if (!s->marking)
		return true;
	s->marking = false;
	return story_end(s, &s->mark, now_ns);
}

static bool begin_assist(struct story *s, const struct trace_event *e, int64_t now_ns)
{
	const struct story_slice slice = {.category = STORY_ASSIST,
	                                  .name = s->assist_name,
	                                  .begin_ns = now_ns,
	                                  .proc = STORY_NOBODY,
	                                  .by = STORY_NOBODY};
	struct story_goroutine *g = &s->goroutine[e->subject];
	if (g->status == TRACE_NOT_EXIST || g->assist)
		return true;
	bool ok = user_push(s, e->subject, &slice, true);
	g->assist = g->innermost;
	return ok;
}

static bool end_assist(struct story *s, const struct trace_event *e)
{
	struct story_goroutine *g = &s->goroutine[e->subject];
	uint32_t i = g->status == TRACE_NOT_EXIST ? 0 : g->assist;
	return !i || user_pop(s, g, i, story_ns(s, e->at_ns), false);
}

static bool tell_sweep(struct story *s, struct story_proc *p)
{
	bool ok = p->declared || s->narrator.track(s->narrator.self, &p->track);
	ok = ok && (p->sweep_declared || s->narrator.track(s->narrator.self, &p->sweep.track));
	p->declared = p->sweep_declared = true;
	return ok && story_tell(s, &p->sweep);
}

static bool end_sweep(struct story *s, struct story_proc *p, int64_t now_ns, uint64_t bytes)
{
	if (!p->sweeping)
		return true;
	p->sweeping = false;
	p->sweep.bytes = bytes;
	return story_end(s, &p->sweep, now_ns);
}

static bool begin_sweep(struct story *s, const struct trace_event *e, int64_t now_ns)
{
	struct story_proc *p = states_proc(s, e->subject);
	uint32_t stack;
	if (e->type == EV_GC_SWEEP_ACTIVE && p->sweeping)
		return true;
	if (!end_sweep(s, p, now_ns, 0) || !story_stack(s, e->arg[2], &stack))
		return false;
	p->sweeping = true;
	p->sweep = (struct story_slice){.track = p->track,
	                                .category = STORY_SWEEP,
	                                .name = s->sweep_name,
	                                .stack = stack,
	                                .begin_ns = later_ns(now_ns, p->sweep.end_ns),
	                                .goroutine = STORY_NOBODY,
	                                .proc = p->track.id,
	                                .by = STORY_NOBODY};
	p->sweep.track.kind = TRACK_SWEEP;
	/* Of one goroutine alone nobody needs to know what the Ps do else. */
	return s->quiet || s->options.goroutine || tell_sweep(s, p);
}

bool ranges_event(struct story *s, const struct trace_event *e)
{
	int64_t now_ns = story_ns(s, e->at_ns), since_ns = story_ns(s, trace_since(s->block, e));
	uint32_t i;
	switch (e->type) {
	case EV_STW_BEGIN:
		return begin_stop(s, e);
	case EV_STW_END:
		i = idmap_get(&s->stop_of, e->subject);
		return i == IDMAP_NONE || end_stop(s, i, now_ns, false, true);
	case EV_GC_BEGIN:
		return begin_mark(s, now_ns);
	case EV_GC_ACTIVE:
		return s->marking || begin_mark(s, since_ns);
	case EV_GC_END:
		return end_mark(s, now_ns);
	case EV_GC_MARK_ASSIST_BEGIN:
		return begin_assist(s, e, now_ns);
	case EV_GC_MARK_ASSIST_ACTIVE:
		return begin_assist(s, e, since_ns);
	case EV_GC_MARK_ASSIST_END:
		return end_assist(s, e);
	case EV_GC_SWEEP_BEGIN:
		return begin_sweep(s, e, now_ns);
	case EV_GC_SWEEP_ACTIVE:
		return begin_sweep(s, e, since_ns);
	case EV_GC_SWEEP_END:
		return end_sweep(s, states_proc(s, e->subject), now_ns, e->arg[0]);
	case EV_HEAP_ALLOC:
		return levels_set(s, COUNTER_HEAP, now_ns, e->arg[0]);
	case EV_HEAP_GOAL:
		return levels_set(s, COUNTER_GOAL, now_ns, e->arg[0]);
	case EV_PROCS_CHANGE:
		return levels_set(s, COUNTER_GOMAXPROCS, now_ns, e->arg[0]);
	default:
		return true;
	}
}

/* --- what goes on at the borders ------------------------------------------------------------- */

bool ranges_reveal(struct story *s, int64_t now_ns)
{
	bool ok = true;
	for (size_t i = 0; i < s->stop.n && ok; i++)
		if (s->stop.open[i].used)
			ok = tell_stop(s, &s->stop.open[i], now_ns);
	if (ok && s->marking) {
		s->mark.begin_ns = later_ns(s->mark.begin_ns, now_ns);
		ok = tell_mark(s);
	}
	for (size_t i = 0; i < s->procs && ok && !s->options.goroutine; i++)
		if (s->proc[i].sweeping) {
			s->proc[i].sweep.begin_ns = later_ns(s->proc[i].sweep.begin_ns, now_ns);
			ok = tell_sweep(s, &s->proc[i]);
		}
	return ok;
}

bool ranges_conceal(struct story *s, int64_t now_ns, bool forget)
{
	bool ok = true;
	for (size_t i = 0; i < s->stop.n && ok; i++)
		if (s->stop.open[i].used)
			ok = end_stop(s, (uint32_t)i, now_ns, true, forget);
	s->mark.open = true;
	ok = ok && end_mark(s, now_ns);
	for (size_t i = 0; i < s->procs && ok; i++) {
		s->proc[i].sweep.open = true;
		ok = end_sweep(s, &s->proc[i], now_ns, 0);
	}
	return ok;
}
