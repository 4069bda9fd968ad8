#include "trace/index.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

enum { FIRST_SHIFT = 14 /* bins of 16 us */, BUDGET = 12 << 20 };

/* Goroutines' IDs in cells have 32 bits; larger ones are not told. */
static uint32_t short_id(uint64_t goroutine)
{
	return goroutine > UINT32_MAX ? 0 : (uint32_t)goroutine;
}

static void finish_lanes(struct index_lanes *lanes)
{
	for (size_t i = 0; i < lanes->n; i++)
		free(lanes->lane[i].cell);
	free(lanes->lane);
	free(lanes->of_slot);
	idmap_finish(&lanes->of_id);
}

void index_finish(struct index *x)
{
	finish_lanes(&x->proc);
	finish_lanes(&x->thread);
	for (size_t i = 0; i < INDEX_LEVELS; i++)
		free(x->level[i].cell);
	lane_work_finish(&x->work);
	memset(x, 0, sizeof *x);
}

/* --- bins ----------------------------------------------------------------------------------------
 */

static size_t bin_at(const struct index *x, int64_t at_ns)
{
	return (size_t)((uint64_t)(at_ns - x->first_ns) >> x->shift);
}

static int64_t bin_end(const struct index *x, size_t bin)
{
	return x->first_ns + (int64_t)((uint64_t)(bin + 1) << x->shift);
}

/* Times that bins can hold, whatever the clock says; and the newest of them. */
static int64_t clip(struct index *x, int64_t at_ns)
{
	const int64_t most = INT64_C(1) << 61;
	if (at_ns < x->first_ns)
		return x->first_ns;
	if (at_ns - x->first_ns > most)
		at_ns = x->first_ns + most;
	if (at_ns > x->last_ns)
		x->last_ns = at_ns;
	return at_ns;
}

static void join_votes(struct index_cell *cell, uint32_t goroutine, double margin_ns)
{
	uint64_t favourite = cell->goroutine;
	double margin = (double)cell->margin_ns;
	lane_vote(&favourite, &margin, goroutine, margin_ns);
	cell->goroutine = (uint32_t)favourite;
	cell->margin_ns = (float)margin;
}

/* The open bin of a lane goes to its cell: sums are kept as whole numbers until then. */
static void store(const struct index *x, struct index_lane *lane)
{
	if (lane->cell) {
		struct index_cell *cell = &lane->cell[bin_at(x, lane->bin_end_ns - 1)];
		for (size_t i = 0; i < INDEX_STATES; i++)
			cell->ns[i] += (float)lane->ns[i + 1];
		cell->switches += lane->switches;
		join_votes(cell, short_id(lane->favourite), (double)lane->margin_ns);
	}
	memset(lane->ns, 0, sizeof lane->ns);
	lane->switches = 0;
	lane->favourite = 0;
	lane->margin_ns = 0;
}

static void store_level(const struct index *x, struct index_level *level)
{
	if (!level->known)
		return;
	struct index_level_cell *cell = &level->cell[bin_at(x, level->bin_end_ns - 1)];
	cell->area += (float)level->area;
	if ((float)level->most > cell->most)
		cell->most = (float)level->most;
	level->area = 0;
	level->most = level->level;
}

static void halve_lane(struct index *x, struct index_lane *lane)
{
	for (size_t i = 0; lane->cell && i < x->bins / 2; i++) {
		struct index_cell a = lane->cell[2 * i];
		const struct index_cell *b = &lane->cell[2 * i + 1];
		for (size_t s = 0; s < INDEX_STATES; s++)
			a.ns[s] += b->ns[s];
		a.switches += b->switches;
		join_votes(&a, b->goroutine, (double)b->margin_ns);
		lane->cell[i] = a;
	}
	if (lane->cell)
		memset(&lane->cell[x->bins / 2], 0, x->bins / 2 * sizeof *lane->cell);
}

static void clear_levels(struct index_level_cell *cell, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cell[i] = (struct index_level_cell){0, -1};
}

static void halve_level(const struct index *x, struct index_level *level)
{
	for (size_t i = 0; i < x->bins / 2; i++) {
		const struct index_level_cell *a = &level->cell[2 * i], *b = a + 1;
		level->cell[i] =
			(struct index_level_cell){a->area + b->area, a->most > b->most ? a->most : b->most};
	}
	clear_levels(&level->cell[x->bins / 2], x->bins / 2);
}

static void each_lane(struct index *x, void (*visit)(struct index *x, struct index_lane *lane))
{
	struct index_lanes *const kind[] = {&x->proc, &x->thread};
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < kind[k]->n; i++)
			visit(x, &kind[k]->lane[i]);
}

static void store_one(struct index *x, struct index_lane *lane)
{
	store(x, lane);
}

static void reopen(struct index *x, struct index_lane *lane)
{
	lane->bin_end_ns = bin_end(x, bin_at(x, lane->since_ns));
}

/* Bins become twice as wide. */
static void widen(struct index *x)
{
	each_lane(x, store_one);
	each_lane(x, halve_lane);
	for (size_t i = 0; i < INDEX_LEVELS; i++) {
		store_level(x, &x->level[i]);
		halve_level(x, &x->level[i]);
	}
	x->shift++;
	each_lane(x, reopen);
	for (size_t i = 0; i < INDEX_LEVELS; i++)
		x->level[i].bin_end_ns = bin_end(x, bin_at(x, x->level[i].since_ns));
}

static void make_room(struct index *x, int64_t at_ns)
{
	while (bin_at(x, at_ns) >= x->bins)
		widen(x);
}

/* --- lanes ---------------------------------------------------------------------------------------
 */

static size_t lanes_of(const struct index *x)
{
	return x->proc.n + x->thread.n;
}

static size_t budget(const struct index *x)
{
	return x->budget ? x->budget : BUDGET;
}

static void shrink_lane(struct index *x, struct index_lane *lane)
{
	struct index_cell *cell = realloc(lane->cell, x->bins * sizeof *cell);
	if (cell)
		lane->cell = cell;
}

static void shrink(struct index *x)
{
	widen(x);
	x->bins /= 2;
	each_lane(x, shrink_lane);
	for (size_t i = 0; i < INDEX_LEVELS; i++) {
		struct index_level_cell *cell =
			realloc(x->level[i].cell, x->bins * sizeof *x->level[i].cell);
		if (cell)
			x->level[i].cell = cell;
	}
}

/* All lanes share the memory: more of them have fewer bins. */
static bool add_lane(struct index *x, struct index_lanes *lanes, uint64_t id, int64_t at_ns)
{
	make_room(x, at_ns);
	while ((lanes_of(x) + 1) * x->bins * sizeof(struct index_cell) > budget(x) &&
	       x->bins > INDEX_BINS_LEAST)
		shrink(x);
	bool room = (lanes_of(x) + 1) * x->bins * sizeof(struct index_cell) <= budget(x);
	if (!wire_grow(&lanes->lane, &lanes->capacity, lanes->n, sizeof *lanes->lane) ||
	    !idmap_put(&lanes->of_id, id, (uint32_t)lanes->n))
		return false;
	struct index_lane *lane = &lanes->lane[lanes->n++];
	*lane = (struct index_lane){.since_ns = at_ns, .id = id};
	if (room) {
		lane->cell = calloc(x->bins, sizeof *lane->cell);
		if (!lane->cell)
			return false;
	}
	reopen(x, lane);
	return true;
}

/* NULL: no memory. */
static struct index_lane *find_lane(struct index *x, struct index_lanes *lanes,
                                    const struct trace_slot *owner, uint32_t slot, int64_t at_ns)
{
	if (__builtin_expect(!lanes->of_slot[slot], 0)) {
		uint64_t id = owner[slot].id;
		if (idmap_get(&lanes->of_id, id) == IDMAP_NONE && !add_lane(x, lanes, id, at_ns))
			return NULL;
		lanes->of_slot[slot] = idmap_get(&lanes->of_id, id) + 1;
	}
	return &lanes->lane[lanes->of_slot[slot] - 1];
}

/* --- filling -------------------------------------------------------------------------------------
 */

static inline void count(struct index_lane *lane, int64_t to_ns)
{
	int64_t ns = to_ns - lane->since_ns;
	if (ns <= 0)
		return;
	lane->ns[lane->state] += ns;
	lane->since_ns = to_ns;
	if (!span_is_busy(lane->state))
		return;
	if (lane->favourite == lane->goroutine) {
		lane->margin_ns += ns;
	} else if (ns <= lane->margin_ns) {
		lane->margin_ns -= ns;
	} else {
		lane->favourite = lane->goroutine;
		lane->margin_ns = ns - lane->margin_ns;
	}
}

static void advance_bins(struct index *x, struct index_lane *lane, int64_t to_ns)
{
	make_room(x, to_ns);
	while (to_ns >= lane->bin_end_ns) {
		count(lane, lane->bin_end_ns);
		store(x, lane);
		lane->bin_end_ns = bin_end(x, bin_at(x, lane->since_ns));
	}
	count(lane, to_ns);
}

static inline void advance(struct index *x, struct index_lane *lane, int64_t to_ns)
{
	if (__builtin_expect(to_ns >= lane->bin_end_ns, 0))
		advance_bins(x, lane, to_ns);
	else
		count(lane, to_ns);
}

/* A lane does something else from now on. */
static inline void change_lane(struct index *x, struct index_lane *lane,
                               const struct lane_change *c, uint8_t state, uint64_t goroutine)
{
	if (c->until && (lane->state == SPAN_RUNNING || lane->state == SPAN_GC))
		lane->state = c->until;
	if (!c->whole || goroutine != lane->goroutine)
		advance(x, lane, c->at_ns);
	if (goroutine && goroutine != lane->goroutine)
		lane->switches++;
	lane->state = state;
	lane->goroutine = goroutine;
}

static inline bool apply(struct index *x, const struct trace_block *block, struct lane_change *c)
{
	uint64_t goroutine = c->goroutine == TRACE_NONE ? 0 : block->goroutine[c->goroutine].id;
	c->at_ns = clip(x, c->at_ns);
	if (c->thread != TRACE_NONE) {
		struct index_lane *lane = find_lane(x, &x->thread, block->thread, c->thread, c->at_ns);
		if (!lane)
			return false;
		change_lane(x, lane, c, c->thread_state, goroutine);
	}
	if (c->proc != TRACE_NONE) {
		struct index_lane *lane = find_lane(x, &x->proc, block->proc, c->proc, c->at_ns);
		if (!lane)
			return false;
		change_lane(x, lane, c, c->proc_state, goroutine);
	}
	return true;
}

static bool change_other(struct index *x, const struct trace_block *block,
                         const struct trace_event *e)
{
	struct lane_change c;
	if (!lane_change_other(&x->work, block, e, &c))
		return true;
	if (c.proc_state == SPAN_AS_THREAD) {
		c.at_ns = clip(x, c.at_ns); /* a lane that is new begins there */
		const struct index_lane *lane =
			e->m == TRACE_NONE ? NULL : find_lane(x, &x->thread, block->thread, e->m, c.at_ns);
		c.proc_state = lane ? lane->state : SPAN_SCHED;
	}
	return apply(x, block, &c);
}

/* --- levels --------------------------------------------------------------------------------------
 */

static void advance_level(struct index *x, struct index_level *level, int64_t to_ns)
{
	to_ns = clip(x, to_ns);
	if (!level->known) {
		make_room(x, to_ns);
		level->known = level->seen = true;
		level->since_ns = to_ns;
		level->bin_end_ns = bin_end(x, bin_at(x, level->since_ns));
		level->most = level->level;
	}
	while (to_ns >= level->bin_end_ns) {
		make_room(x, to_ns);
		if (to_ns < level->bin_end_ns)
			break;
		level->area += (double)level->level * (double)(level->bin_end_ns - level->since_ns);
		level->since_ns = level->bin_end_ns;
		store_level(x, level);
		level->bin_end_ns = bin_end(x, bin_at(x, level->since_ns));
	}
	if (to_ns > level->since_ns) {
		level->area += (double)level->level * (double)(to_ns - level->since_ns);
		level->since_ns = to_ns;
	}
}

static void set_level(struct index *x, enum index_level_kind kind, int64_t at_ns, int64_t value)
{
	struct index_level *level = &x->level[kind];
	advance_level(x, level, at_ns);
	level->level = value;
	if (value > level->most)
		level->most = value;
}

static int64_t bytes_of(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static void note_level(struct index *x, const struct trace_block *block,
                       const struct trace_event *e)
{
	switch (e->type) {
	case EV_HEAP_ALLOC:
		set_level(x, INDEX_HEAP, e->at_ns, bytes_of(e->arg[0]));
		break;
	case EV_HEAP_GOAL:
		set_level(x, INDEX_GOAL, e->at_ns, bytes_of(e->arg[0]));
		break;
	case EV_GC_ACTIVE:
	case EV_GC_BEGIN:
		if (!x->level[INDEX_MARKING].level)
			set_level(x, INDEX_MARKING,
			          e->type == EV_GC_ACTIVE && block->since_ns < e->at_ns ? block->since_ns
			                                                                : e->at_ns,
			          1);
		break;
	case EV_GC_END:
		set_level(x, INDEX_MARKING, e->at_ns, 0);
		break;
	case EV_STW_BEGIN:
	case EV_STW_END:
		set_level(x, INDEX_STOPPED, e->at_ns, e->type == EV_STW_BEGIN);
		break;
	default:
		break;
	}
}

static inline void change_runnable(struct index *x, const struct trace_event *e)
{
	struct index_level *level = &x->level[INDEX_RUNNABLE];
	int change = (e->to == GO_RUNNABLE) - (e->from == GO_RUNNABLE);
	if (!change)
		return;
	/* Said late of what was so before: no moment of this. */
	if (e->from == 0 && level->known) {
		level->level += change;
		return;
	}
	if (__builtin_expect(!level->known || e->at_ns >= level->bin_end_ns, 0)) {
		advance_level(x, level, e->at_ns);
	} else if (e->at_ns > level->since_ns) {
		level->area += (double)level->level * (double)(e->at_ns - level->since_ns);
		level->since_ns = e->at_ns;
	}
	level->level += change;
	if (level->level > level->most)
		level->most = level->level;
}

/* --- the visitor ---------------------------------------------------------------------------------
 */

/* Nothing is told of these as long as they are 0. */
static const enum index_level_kind silent[] = {INDEX_RUNNABLE, INDEX_MARKING, INDEX_STOPPED};

static void begin_silent(struct index *x, int64_t at_ns)
{
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		set_level(x, silent[i], at_ns, 0);
	x->torn = false;
}

/* What they are in a gap, nobody knows. */
static void lose_silent(struct index *x)
{
	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
		struct index_level *level = &x->level[silent[i]];
		level->level = 0;
		store_level(x, level);
		level->known = false;
	}
	x->torn = true;
}

static bool begin(struct index *x, int64_t at_ns)
{
	x->begun = true;
	x->first_ns = x->last_ns = at_ns;
	x->shift = FIRST_SHIFT;
	x->bins = INDEX_BINS_MOST;
	while (x->bins > INDEX_BINS_LEAST && x->bins * sizeof(struct index_cell) > budget(x) / 8)
		x->bins /= 2;
	for (size_t i = 0; i < INDEX_LEVELS; i++) {
		x->level[i].cell = calloc(x->bins, sizeof *x->level[i].cell);
		if (!x->level[i].cell)
			return false;
		clear_levels(x->level[i].cell, x->bins);
		x->level[i].since_ns = at_ns;
	}
	begin_silent(x, at_ns);
	return true;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct index *x = self;
	struct lane_change change;
	if (!block->events)
		return true;
	if ((!x->begun && !begin(x, block->event[0].at_ns)) || !lane_work_prepare(&x->work, block) ||
	    !SLOTS_FIT(x->proc.of_slot, x->proc.slots, block->procs, NULL) ||
	    !SLOTS_FIT(x->thread.of_slot, x->thread.slots, block->threads, NULL))
		return false;
	if (x->torn)
		begin_silent(x, block->event[0].at_ns);
	for (size_t i = 0;; i++) {
		const struct trace_event *end = trace_stretch_end(block, i);
		for (const struct trace_event *e = trace_stretch_begin(block, i); e < end; e++) {
			change_runnable(x, e);
			if (lane_change_transition(&x->work, block, e, &change) && !apply(x, block, &change))
				return false;
		}
		if (i == block->others)
			break;
		note_level(x, block, end);
		if (!change_other(x, block, end))
			return false;
	}
	return true;
}

static void close_lane(struct index *x, struct index_lane *lane)
{
	advance(x, lane, x->last_ns);
	lane->state = SPAN_UNKNOWN;
	lane->goroutine = 0;
}

/* Nothing that is open goes on. */
static void close_all(struct index *x, int64_t time_ns)
{
	if (!x->begun)
		return;
	clip(x, time_ns);
	each_lane(x, close_lane);
	for (size_t i = 0; i < INDEX_LEVELS; i++)
		if (x->level[i].known)
			advance_level(x, &x->level[i], x->last_ns);
}

static void on_gap(void *self, int64_t time_ns)
{
	struct index *x = self;
	close_all(x, time_ns);
	if (!x->begun)
		return;
	slots_drop(&x->proc.of_slot, &x->proc.slots);
	slots_drop(&x->thread.of_slot, &x->thread.slots);
	lane_work_gap(&x->work);
	lose_silent(x);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct index *x = self;
	(void)block;
	close_all(x, time_ns);
	x->ended = true;
}

struct trace_visitor index_visitor(struct index *index)
{
	return (struct trace_visitor){.self = index, .events = on_events, .gap = on_gap, .end = on_end};
}
