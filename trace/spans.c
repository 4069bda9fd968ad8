#include "trace/spans.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/tables.h"

enum { SKEW_NS = 1000000 };

struct span_goroutine {
	uint64_t waker;
	int64_t woken_ns;
	int64_t busy_since_ns, busy_ns; /* within the window */
	/* Stacks of this generation, until they were needed or it ended: */
	uint64_t wake_id, root_id;
	uint32_t wake_stack; /* numbers of `stacks` and names */
	uint32_t function;
	uint8_t state; /* enum go_status */
	bool woken, created;
};

void spans_finish(struct spans *s)
{
	for (size_t i = 0; i < s->lanes; i++) {
		free(s->lane[i].span);
		free(s->lane[i].cell);
	}
	free(s->lane);
	for (size_t i = 0; i < BANDS; i++)
		free(s->band[i].range);
	stacks_finish(&s->stacks);
	idmap_finish(&s->function_of);
	free(s->function);
	lane_work_finish(&s->work);
	for (size_t i = 0; i < LANE_KINDS; i++) {
		idmap_finish(&s->lane_of[i]);
		free(s->of_slot[i]);
	}
	free(s->goroutine);
	slots_touched_drop(&s->touched);
	stack_memo_finish(&s->root_of);
	memset(s, 0, sizeof *s);
}

bool spans_wish(struct spans *s, const struct lane *lane, size_t lanes, int64_t from_ns,
                int64_t to_ns, size_t columns, int64_t first_ns)
{
	*s = (struct spans){.from_ns = from_ns,
	                    .to_ns = to_ns,
	                    .columns = columns,
	                    .first_ns = first_ns};
	s->seen_ns = INT64_MIN;
	s->most = SPANS_MOST;
	s->lane = calloc(lanes + 1, sizeof *s->lane);
	if (!s->lane)
		return false;
	for (size_t i = 0; i < lanes; i++) {
		if (idmap_get(&s->lane_of[lane[i].kind], lane[i].id) != IDMAP_NONE)
			continue;
		struct span_lane *l = &s->lane[s->lanes];
		*l = (struct span_lane){.lane = lane[i],
		                        .slot = TRACE_NONE,
		                        .open = {.begin_ns = INT64_MIN}};
		l->cell = calloc(columns + 1, sizeof *l->cell);
		if (!idmap_put(&s->lane_of[lane[i].kind], lane[i].id, (uint32_t)s->lanes++) || !l->cell)
			return false;
		s->unknown += lane[i].kind != LANE_M;
	}
	return true;
}

uint32_t spans_function(const struct spans *s, uint64_t goroutine)
{
	uint32_t i = idmap_get(&s->function_of, goroutine);
	return i == IDMAP_NONE ? NAME_NONE : s->function[i];
}

/* --- goroutines ------------------------------------------------------------------------------- */

static bool grow(struct spans *s, const struct trace_block *block)
{
	const size_t slots[] = {
		[LANE_P] = block->procs, [LANE_M] = block->threads, [LANE_G] = block->goroutines};
	const struct trace_slot *const owner[] = {[LANE_P] = block->proc, [LANE_M] = block->thread};
	for (size_t k = 0; k < LANE_KINDS; k++) {
		size_t n = slots[k];
		if (!SLOTS_FIT(s->of_slot[k], s->slots[k], n, NULL))
			return false;
		for (; k != LANE_G && s->resolved[k] < n; s->resolved[k]++)
			s->of_slot[k][s->resolved[k]] =
				idmap_get(&s->lane_of[k], owner[k][s->resolved[k]].id) + 1;
	}
	if (!SLOTS_FIT(s->goroutine, s->goroutines, block->goroutines, NULL) ||
	    !slots_touched_fit(&s->touched, block->goroutines))
		return false;
	return lane_work_prepare(&s->work, block) &&
	       (!block->generation || stack_memo_begin(&s->root_of, block->generation));
}

static struct span_lane *lane_at(const struct spans *s, enum lane_kind kind, uint32_t slot)
{
	uint32_t i = slot == TRACE_NONE ? 0 : s->of_slot[kind][slot];
	return i ? &s->lane[i - 1] : NULL;
}

/* The name of a stack's outermost function. */
static uint32_t root_of(struct spans *s, const struct trace_block *block, uint64_t id)
{
	if (id >= s->root_of.limit)
		return stack_function(block, id, true);
	uint64_t *known = &s->root_of.of[id];
	if (!*known)
		*known = (uint64_t)stack_function(block, id, true) + 1;
	return (uint32_t)(*known - 1);
}

static uint32_t number_of(struct spans *s, const struct trace_block *block, uint64_t id)
{
	uint32_t number = stacks_number(&s->stacks, block, id);
	if (number == STACK_ERROR)
		s->no_memory = true;
	return number == STACK_ERROR ? STACK_NONE : number;
}

/* What its stacks say, while they are there. */
static void settle(struct spans *s, const struct trace_block *block, struct span_goroutine *g)
{
	if (g->wake_id && block->generation)
		g->wake_stack = number_of(s, block, g->wake_id);
	if (g->root_id && !g->function && block->generation)
		g->function = root_of(s, block, g->root_id);
	g->wake_id = g->root_id = 0;
}

static void note_wake(struct span_goroutine *g, const struct trace_block *block,
                      const struct trace_event *e)
{
	g->woken = true;
	g->created = e->from == TRACE_NOT_EXIST;
	g->woken_ns = e->at_ns;
	g->waker = e->g == TRACE_NONE ? 0 : block->goroutine[e->g].id;
	g->wake_id = e->arg[2];
	g->wake_stack = STACK_NONE;
}

static void rank(struct spans *s, uint64_t goroutine, int64_t busy_ns)
{
	size_t at = s->leaders;
	while (at > 0 && s->leader[at - 1].busy_ns < busy_ns)
		at--;
	if (at == LEADERS || busy_ns == 0)
		return;
	size_t n = s->leaders < LEADERS ? s->leaders++ : s->leaders - 1;
	memmove(&s->leader[at + 1], &s->leader[at], (n - at) * sizeof s->leader[0]);
	s->leader[at] = (struct span_leader){goroutine, busy_ns};
}

/* The time within the window that it ran or sat in system calls. */
static void note_busy(const struct spans *s, struct span_goroutine *g, int64_t at_ns, uint8_t to)
{
	if (g->state == GO_RUNNING || g->state == GO_SYSCALL) {
		int64_t from = g->busy_since_ns > s->from_ns ? g->busy_since_ns : s->from_ns;
		int64_t end = at_ns < s->to_ns ? at_ns : s->to_ns;
		g->busy_ns += end > from ? end - from : 0;
	}
	g->busy_since_ns = at_ns;
	g->state = to;
}

static void note_goroutine(struct spans *s, const struct trace_block *block,
                           const struct trace_event *e)
{
	struct span_goroutine *g = &s->goroutine[e->subject];
	if (trace_is_first(e)) {
		*g = (struct span_goroutine){0};
		s->of_slot[LANE_G][e->subject] =
			idmap_get(&s->lane_of[LANE_G], block->goroutine[e->subject].id) + 1;
	}
	note_busy(s, g, trace_since(block, e), e->to);
	if (e->to == TRACE_NOT_EXIST) {
		rank(s, block->goroutine[e->subject].id, g->busy_ns);
		g->busy_ns = 0;
	}
	if (!g->function && !g->root_id)
		g->root_id = trace_own_stack(e);
	if (e->to == GO_RUNNABLE && (e->from == GO_WAITING || e->from == TRACE_NOT_EXIST))
		note_wake(g, block, e);
	else if (e->from != e->to && (e->to != GO_RUNNING || e->from == GO_SYSCALL))
		g->woken = false;
}

/* --- spans ------------------------------------------------------------------------------------ */

static void add_to_cells(const struct spans *s, struct span_lane *l, const struct span *span)
{
	double whole = (double)(s->to_ns - s->from_ns);
	int64_t begin = span->begin_ns > s->from_ns ? span->begin_ns : s->from_ns;
	size_t i = (size_t)((double)(begin - s->from_ns) / whole * (double)s->columns);
	/* Rounding may be one off. */
	i = i > 0 ? i - 1 : 0;
	for (; i < s->columns; i++) {
		int64_t from = window_part(s->from_ns, s->to_ns, i, s->columns);
		if (from >= span->end_ns)
			break;
		lane_cell_add(&l->cell[i], span, from,
		              window_part(s->from_ns, s->to_ns, i + 1, s->columns));
	}
}

static bool note_function(struct spans *s, const struct trace_block *block, uint32_t slot,
                          uint64_t goroutine)
{
	struct span_goroutine *g = &s->goroutine[slot];
	if (block)
		settle(s, block, g);
	if (!g->function || s->functions == FUNCTIONS_MOST ||
	    idmap_get(&s->function_of, goroutine) != IDMAP_NONE)
		return true;
	if (!wire_grow(&s->function, &s->function_capacity, s->functions, sizeof *s->function) ||
	    !idmap_put(&s->function_of, goroutine, (uint32_t)s->functions))
		return false;
	s->function[s->functions++] = g->function;
	return true;
}

/* The span that was open is whole. Without a block its stacks are gone. */
static bool keep(struct spans *s, const struct trace_block *block, struct span_lane *l,
                 int64_t end_ns, bool ends_later)
{
	struct span *span = &l->open;
	span->end_ns = end_ns;
	span->ends_later = ends_later;
	if (span->state == SPAN_UNKNOWN || end_ns <= span->begin_ns || end_ns <= s->from_ns ||
	    span->begin_ns >= s->to_ns)
		return true;
	if (l->slot != TRACE_NONE && !note_function(s, block, l->slot, span->goroutine))
		return false;
	add_to_cells(s, l, span);
	if (l->dense)
		return true;
	if (l->n >= s->most / s->lanes) {
		free(l->span);
		l->span = NULL;
		l->n = l->capacity = 0;
		l->dense = true;
		return true;
	}
	if (!wire_grow(&l->span, &l->capacity, l->n, sizeof *l->span))
		return false;
	l->span[l->n++] = *span;
	return true;
}

static bool is_left_by(const struct span *open, const struct trace_event *e)
{
	return open->state == SPAN_RUNNING || open->state == SPAN_GC
	           ? e->type == EV_GO_BLOCK || e->type == EV_GO_STOP || e->type == EV_GO_SYSCALL_BEGIN
	           : false;
}

struct next {
	int64_t at_ns;
	uint32_t goroutine; /* slot */
	uint8_t state;
	uint8_t until; /* as in struct lane_change, like `whole` */
	bool whole;
	bool earlier; /* it has been so since before the time */
};

/* The lane does something else from now on. */
static bool change(struct spans *s, const struct trace_block *block, const struct trace_event *e,
                   struct span_lane *l, const struct next *next)
{
	struct span *open = &l->open;
	uint64_t goroutine = next->goroutine == TRACE_NONE ? 0 : block->goroutine[next->goroutine].id;
	if (!l->known) {
		l->known = true;
		s->unknown -= l->lane.kind != LANE_M;
	}
	if (next->until && (open->state == SPAN_RUNNING || open->state == SPAN_GC))
		open->state = next->until;
	if (goroutine == open->goroutine && open->state != SPAN_UNKNOWN &&
	    (next->whole || next->state == open->state)) {
		open->state = next->state;
		return true;
	}
	/* Clocks can step back; what follows does not begin before. */
	int64_t at = next->at_ns < open->begin_ns ? open->begin_ns : next->at_ns;
	if (is_left_by(open, e)) {
		open->reason = e->name;
		if (at > s->from_ns && e->arg[2])
			open->stack = number_of(s, block, e->arg[2]);
	}
	if (!keep(s, block, l, at, false))
		return false;
	bool placed = span_is_busy(next->state);
	*open =
		(struct span){.begin_ns = at,
	                  .goroutine = goroutine,
	                  .proc = placed && e->p != TRACE_NONE ? block->proc[e->p].id : LANE_NO_ID,
	                  .thread = placed && e->m != TRACE_NONE ? block->thread[e->m].id : LANE_NO_ID,
	                  .state = next->state,
	                  .begins_earlier = next->earlier};
	if (l->lane.kind == LANE_P)
		open->proc = l->lane.id;
	else if (l->lane.kind == LANE_M)
		open->thread = l->lane.id;
	l->slot = next->goroutine;
	if (next->goroutine == TRACE_NONE || at >= s->to_ns)
		return true;
	struct span_goroutine *g = &s->goroutine[next->goroutine];
	settle(s, block, g);
	if (next->state == SPAN_RUNNABLE || next->state == SPAN_RUNNING || next->state == SPAN_GC) {
		open->woken = g->woken;
		open->created = g->woken && g->created;
		open->waker = g->woken ? g->waker : 0;
		open->woken_ns = g->woken ? g->woken_ns : 0;
		open->wake_stack = g->woken ? g->wake_stack : STACK_NONE;
	}
	if (next->state == SPAN_BLOCKED || next->state == SPAN_SYSCALL) {
		open->reason = e->name;
		open->stack = number_of(s, block, e->arg[2]);
	} else if (e->type == EV_GO_STOP && next->state == SPAN_RUNNABLE) {
		open->reason = e->name;
	}
	return !s->no_memory;
}

/* --- events ----------------------------------------------------------------------------------- */

/* Of Ps and threads. */
static bool apply(struct spans *s, const struct trace_block *block, const struct trace_event *e,
                  const struct lane_change *c)
{
	struct span_lane *thread = lane_at(s, LANE_M, c->thread);
	struct span_lane *proc = lane_at(s, LANE_P, c->proc);
	struct next next = {c->at_ns, c->goroutine, c->thread_state, c->until, c->whole, e->from == 0};
	if (thread && !change(s, block, e, thread, &next))
		return false;
	next.state = c->proc_state;
	return !proc || change(s, block, e, proc, &next);
}

/* What a thread does of which no lane is wanted: its goroutine runs or is in a system call. */
static uint8_t thread_state(const struct spans *s, const struct trace_event *e)
{
	if (e->g == TRACE_NONE)
		return SPAN_SCHED;
	return s->goroutine[e->g].state == GO_SYSCALL ? SPAN_SYSCALL : lane_running(&s->work, e->g);
}

static bool on_transition(struct spans *s, const struct trace_block *block,
                          const struct trace_event *e)
{
	static const uint8_t state_of[] = {
		[GO_RUNNABLE] = SPAN_RUNNABLE,
		[GO_SYSCALL] = SPAN_SYSCALL,
		[GO_WAITING] = SPAN_BLOCKED,
		[TRACE_NOT_EXIST] = SPAN_UNKNOWN,
	};
	struct lane_change c;
	slots_touch(&s->touched, e->subject);
	note_goroutine(s, block, e);
	bool changes = lane_change_transition(&s->work, block, e, &c);
	struct span_lane *l = lane_at(s, LANE_G, e->subject);
	bool again = e->to == e->from; /* perhaps with a stack that tells what it works at */
	if (l && (!again || c.until)) {
		const struct next next = {trace_since(block, e),
		                          e->subject,
		                          e->to == GO_RUNNING ? lane_running(&s->work, e->subject)
		                                              : state_of[e->to],
		                          c.until,
		                          again,
		                          e->from == 0};
		if (!change(s, block, e, l, &next))
			return false;
	}
	return !changes || apply(s, block, e, &c);
}

static bool begin_range(struct spans *s, enum band band, int64_t at_ns, uint32_t name, bool earlier)
{
	struct span_ranges *r = &s->band[band];
	if (!r->open)
		r->now = (struct lane_range){.begin_ns = at_ns, .name = name, .begins_earlier = earlier};
	r->open = true;
	return true;
}

static bool end_range(struct spans *s, enum band band, int64_t at_ns, bool ends_later)
{
	struct span_ranges *r = &s->band[band];
	bool was = r->open;
	r->open = false;
	r->now.end_ns = at_ns;
	r->now.ends_later = ends_later;
	if (!was || at_ns <= r->now.begin_ns || at_ns <= s->from_ns || r->now.begin_ns >= s->to_ns)
		return true;
	r->full = r->n == RANGES_MOST;
	if (r->full)
		return true;
	if (!wire_grow(&r->range, &r->capacity, r->n, sizeof *r->range))
		return false;
	r->range[r->n++] = r->now;
	return true;
}

static bool on_other(struct spans *s, const struct trace_block *block, const struct trace_event *e)
{
	struct lane_change c;
	switch (e->type) {
	case EV_GC_BEGIN:
		return begin_range(s, BAND_GC, e->at_ns, NAME_NONE, false);
	case EV_GC_ACTIVE:
		return begin_range(s, BAND_GC, block->since_ns < e->at_ns ? block->since_ns : e->at_ns,
		                   NAME_NONE, true);
	case EV_GC_END:
		return end_range(s, BAND_GC, e->at_ns, false);
	case EV_STW_BEGIN:
		return begin_range(s, BAND_STW, e->at_ns, e->name, false);
	case EV_STW_END:
		return end_range(s, BAND_STW, e->at_ns, false);
	default:
		break;
	}
	if (!lane_change_other(&s->work, block, e, &c))
		return true;
	if (c.proc_state == SPAN_AS_THREAD) {
		const struct span_lane *l = lane_at(s, LANE_M, e->m);
		c.proc_state = l && l->known ? l->open.state : thread_state(s, e);
	}
	/* An assist or a label concerns the goroutine's own lane as well. */
	struct span_lane *g = lane_at(s, LANE_G, c.goroutine);
	const struct next next = {c.at_ns, c.goroutine, c.proc_state, c.until, c.whole, false};
	if (g && e->type != EV_PROC_STATUS && !change(s, block, e, g, &next))
		return false;
	return apply(s, block, e, &c);
}

static bool close_all(struct spans *s, const struct trace_block *block, int64_t at_ns, bool later)
{
	bool ok = true;
	for (size_t i = 0; i < s->lanes; i++) {
		struct span_lane *l = &s->lane[i];
		int64_t at = at_ns > l->open.begin_ns ? at_ns : l->open.begin_ns;
		ok = keep(s, block, l, at, later) && ok;
		l->open = (struct span){.begin_ns = at, .state = SPAN_UNKNOWN};
		l->slot = TRACE_NONE;
	}
	for (size_t i = 0; i < BANDS; i++)
		ok = end_range(s, (enum band)i, at_ns, later) && ok;
	return ok;
}

static void fill_cells(struct spans *s, int64_t last_ns)
{
	for (size_t i = 0; i < s->lanes; i++)
		for (size_t c = 0; c < s->columns; c++)
			lane_cell_fill(&s->lane[i].cell[c], s->lane[i].lane.kind,
			               window_part(s->from_ns, s->to_ns, c, s->columns),
			               window_part(s->from_ns, s->to_ns, c + 1, s->columns), s->first_ns,
			               last_ns);
}

static void finish(struct spans *s, const struct trace_block *block, int64_t at_ns)
{
	for (size_t i = 0; block && i < block->goroutines && i < s->goroutines; i++) {
		note_busy(s, &s->goroutine[i], at_ns, GO_BAD);
		rank(s, block->goroutine[i].id, s->goroutine[i].busy_ns);
	}
	if (!close_all(s, block, at_ns, true))
		s->no_memory = true;
	fill_cells(s, at_ns);
	s->done = !s->no_memory;
}

/* The window was seen, and some more: times step back a little, and spans shall have their ends. */
static bool is_seen(const struct spans *s)
{
	const int64_t more = SKEW_NS + (s->to_ns - s->from_ns) / 8;
	return s->seen_ns > s->to_ns && s->seen_ns - s->to_ns > more;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct spans *s = self;
	if (!grow(s, block)) {
		s->no_memory = true;
		return false;
	}
	for (size_t i = 0;; i++) {
		const struct trace_event *end = trace_stretch_end(block, i);
		for (const struct trace_event *e = trace_stretch_begin(block, i); e < end; e++)
			if (!on_transition(s, block, e)) {
				s->no_memory = true;
				return false;
			}
		if (i == block->others)
			break;
		if (!on_other(s, block, end)) {
			s->no_memory = true;
			return false;
		}
	}
	for (size_t i = 0; i < block->events; i++)
		if (block->event[i].at_ns > s->seen_ns && block->event[i].from != block->event[i].to)
			s->seen_ns = block->event[i].at_ns;
	/* Format 1 names all that there is when it begins. */
	if (!is_seen(s) || (s->unknown && block->since_ns != INT64_MAX))
		return true;
	finish(s, block, s->seen_ns);
	return false;
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct spans *s = self;
	if (!block->generation)
		return true;
	size_t n = block->goroutines < s->goroutines ? block->goroutines : s->goroutines;
	for (size_t i = slots_touched(&s->touched, 0, n); i < n;
	     i = slots_touched(&s->touched, i + 1, n))
		if (s->goroutine[i].wake_id || s->goroutine[i].root_id)
			settle(s, block, &s->goroutine[i]);
	slots_touched_clear(&s->touched);
	/* All that there is has been named: a lane still unknown was not there. */
	if (is_seen(s)) {
		finish(s, block, s->seen_ns);
		return false;
	}
	return !s->no_memory;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct spans *s = self;
	if (!close_all(s, NULL, time_ns, true))
		s->no_memory = true;
	s->unknown = 0;
	for (size_t i = 0; i < s->lanes; i++) {
		s->lane[i].known = false;
		s->unknown += s->lane[i].lane.kind != LANE_M;
	}
	for (size_t k = 0; k < LANE_KINDS; k++)
		slots_drop(&s->of_slot[k], &s->slots[k]);
	memset(s->resolved, 0, sizeof s->resolved);
	slots_drop(&s->goroutine, &s->goroutines);
	slots_touched_drop(&s->touched);
	lane_work_gap(&s->work);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct spans *s = self;
	finish(s, block, time_ns > s->seen_ns ? time_ns : s->seen_ns);
}

struct trace_visitor spans_visitor(struct spans *spans)
{
	return (struct trace_visitor){.self = spans,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap,
	                              .end = on_end};
}
