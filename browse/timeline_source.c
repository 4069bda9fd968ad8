#include "browse/timeline_source.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/index.h"

enum {
	FINE_BINS = 8, /* in a cell: nobody sees where its borders cut a bin */
	WIDE_LANES = 64,
	CHEAP_BYTES = 16 << 20, /* read for exact spans even where bins are fine */
};

struct timeline_source {
	struct timeline_worker *worker;
	struct index index; /* under the lock of the loading pass */
	struct timeline_exact *exact;
	int64_t wanted_from_ns, wanted_to_ns; /* of the last want that became a wish */
	enum find_result found;               /* as of the last poll */
	struct timeline_hit hit;
};

struct timeline_source *timeline_source_create(const char *path,
                                               const struct timeline_source_options *options)
{
	struct timeline_source *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->index.budget = options->index_bytes;
	s->worker = timeline_worker_create(path, options->wake, options->wake_self);
	if (!s->worker) {
		free(s);
		return NULL;
	}
	return s;
}

void timeline_source_destroy(struct timeline_source *s)
{
	if (!s)
		return;
	timeline_worker_destroy(s->worker);
	timeline_exact_destroy(s->exact);
	index_finish(&s->index);
	free(s);
}

/* --- the loading pass --------------------------------------------------------------------------
 */

static bool on_events(void *self, const struct trace_block *block)
{
	struct timeline_source *s = self;
	const struct trace_visitor index = index_visitor(&s->index);
	const struct trace_visitor places = timeline_worker_visitor(s->worker);
	return index.events(index.self, block) && places.events(places.self, block);
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	const struct timeline_source *s = self;
	const struct trace_visitor places = timeline_worker_visitor(s->worker);
	return places.generation_end(places.self, block);
}

static void on_gap(void *self, int64_t time_ns)
{
	struct timeline_source *s = self;
	const struct trace_visitor index = index_visitor(&s->index);
	const struct trace_visitor places = timeline_worker_visitor(s->worker);
	index.gap(index.self, time_ns);
	places.gap(places.self, time_ns);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct timeline_source *s = self;
	const struct trace_visitor index = index_visitor(&s->index);
	index.end(index.self, block, time_ns);
}

struct trace_visitor timeline_source_visitor(struct timeline_source *source)
{
	return (struct trace_visitor){.self = source,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap,
	                              .end = on_end};
}

/* --- cells -------------------------------------------------------------------------------------
 */

struct timeline_extent timeline_source_extent(const struct timeline_source *s)
{
	const struct index *x = &s->index;
	return (struct timeline_extent){x->begun, x->ended, x->first_ns, x->last_ns, index_bin_ns(x)};
}

size_t timeline_source_lanes(const struct timeline_source *s, enum lane_kind kind,
                             struct lane *lane, size_t room)
{
	return index_lane_ids(&s->index, kind, lane, room);
}

static double cell_ns(int64_t from_ns, int64_t to_ns, size_t n)
{
	return (double)(to_ns - from_ns) / (double)n;
}

static bool index_is_fine(const struct timeline_source *s, int64_t from_ns, int64_t to_ns, size_t n)
{
	return cell_ns(from_ns, to_ns, n) >= FINE_BINS * (double)index_bin_ns(&s->index);
}

/* The same cells as the wish's, perhaps fewer of them: which is the first? false: other ones. */
static bool is_same_grid(const struct timeline_wish *wish, int64_t from_ns, int64_t to_ns, size_t n,
                         size_t *first)
{
	double have = cell_ns(wish->from_ns, wish->to_ns, wish->columns);
	double offset = (double)(from_ns - wish->from_ns) / have;
	double nearest = round(offset);
	/* Times are cut to whole nanoseconds. */
	double slack = 2 / have + 1e-6;
	if (nearest < 0 || nearest + (double)n > (double)wish->columns)
		return false;
	*first = (size_t)nearest;
	return fabs(offset - nearest) <= slack &&
	       fabs(cell_ns(from_ns, to_ns, n) / have - 1) * (double)n <= slack;
}

static bool is_inside(const struct timeline_wish *wish, int64_t from_ns, int64_t to_ns)
{
	return from_ns >= wish->from_ns && to_ns <= wish->to_ns;
}

static const struct span_lane *find_exact(const struct timeline_source *s, struct lane lane)
{
	if (!s->exact)
		return NULL;
	uint32_t i = idmap_get(&s->exact->spans.lane_of[lane.kind], lane.id);
	return i == IDMAP_NONE ? NULL : &s->exact->spans.lane[i];
}

/* The first span that ends behind the time. */
static size_t first_span(const struct span_lane *l, int64_t at_ns)
{
	size_t low = 0, high = l->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (l->span[middle].end_ns <= at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void cells_of_spans(const struct timeline_source *s, const struct span_lane *l,
                           int64_t from_ns, int64_t to_ns, struct lane_cell *cell, size_t n)
{
	memset(cell, 0, n * sizeof *cell);
	size_t next = first_span(l, from_ns);
	for (size_t c = 0; c < n; c++) {
		int64_t begin = window_part(from_ns, to_ns, c, n);
		int64_t end = window_part(from_ns, to_ns, c + 1, n);
		while (next < l->n && l->span[next].end_ns <= begin)
			next++;
		for (size_t i = next; i < l->n && l->span[i].begin_ns < end; i++)
			lane_cell_add(&cell[c], &l->span[i], begin, end);
		lane_cell_fill(&cell[c], l->lane.kind, begin, end, s->index.first_ns, s->index.last_ns);
	}
}

enum timeline_detail timeline_source_cells(const struct timeline_source *s, struct lane lane,
                                           int64_t from_ns, int64_t to_ns, struct lane_cell *cell,
                                           size_t n)
{
	const struct span_lane *l = find_exact(s, lane);
	size_t first;
	if (n == 0 || from_ns >= to_ns)
		return DETAIL_NONE;
	if (l && is_same_grid(&s->exact->wish, from_ns, to_ns, n, &first)) {
		memcpy(cell, &l->cell[first], n * sizeof *cell);
		return DETAIL_EXACT;
	}
	if (l && !l->dense && is_inside(&s->exact->wish, from_ns, to_ns)) {
		cells_of_spans(s, l, from_ns, to_ns, cell, n);
		return DETAIL_EXACT;
	}
	if (index_cells(&s->index, lane, from_ns, to_ns, cell, n))
		return index_is_fine(s, from_ns, to_ns, n) ? DETAIL_EXACT : DETAIL_INDEX;
	return DETAIL_NONE;
}

/* --- bands and counters ------------------------------------------------------------------------
 */

/* The first range that ends behind the time. */
static size_t first_range(const struct span_ranges *r, int64_t at_ns)
{
	size_t i = 0;
	while (i < r->n && r->range[i].end_ns <= at_ns)
		i++;
	return i;
}

/* NULL: they were not read for that window, or not all of them are held. */
static const struct span_ranges *exact_ranges(const struct timeline_source *s, enum band band,
                                              int64_t from_ns, int64_t to_ns)
{
	if (!s->exact || !is_inside(&s->exact->wish, from_ns, to_ns))
		return NULL;
	const struct span_ranges *r = &s->exact->spans.band[band];
	return r->full ? NULL : r;
}

enum timeline_detail timeline_source_band(const struct timeline_source *s, enum band band,
                                          int64_t from_ns, int64_t to_ns, double *share, size_t n)
{
	if (n == 0 || from_ns >= to_ns)
		return DETAIL_NONE;
	const struct span_ranges *r = exact_ranges(s, band, from_ns, to_ns);
	if (r) {
		size_t next = first_range(r, from_ns);
		for (size_t c = 0; c < n; c++) {
			int64_t begin = window_part(from_ns, to_ns, c, n);
			int64_t end = window_part(from_ns, to_ns, c + 1, n);
			int64_t covered = 0;
			while (next < r->n && r->range[next].end_ns <= begin)
				next++;
			for (size_t i = next; i < r->n && r->range[i].begin_ns < end; i++)
				covered += common_ns(begin, end, r->range[i].begin_ns, r->range[i].end_ns);
			share[c] = end > begin ? (double)covered / (double)(end - begin) : 0;
		}
		return DETAIL_EXACT;
	}
	struct counter_cell *cell = calloc(n, sizeof *cell);
	if (!cell)
		return DETAIL_NONE;
	index_levels(&s->index, band == BAND_GC ? INDEX_MARKING : INDEX_STOPPED, from_ns, to_ns, cell,
	             n);
	for (size_t c = 0; c < n; c++)
		share[c] = cell[c].known ? cell[c].mean : (double)NAN;
	free(cell);
	return index_is_fine(s, from_ns, to_ns, n) ? DETAIL_EXACT : DETAIL_INDEX;
}

enum timeline_detail timeline_source_counter(const struct timeline_source *s, enum counter counter,
                                             int64_t from_ns, int64_t to_ns,
                                             struct counter_cell *cell, size_t n)
{
	static const enum index_level_kind level[] = {
		[COUNTER_HEAP] = INDEX_HEAP,
		[COUNTER_GOAL] = INDEX_GOAL,
		[COUNTER_RUNNABLE] = INDEX_RUNNABLE,
	};
	if (n == 0 || from_ns >= to_ns)
		return DETAIL_NONE;
	index_levels(&s->index, level[counter], from_ns, to_ns, cell, n);
	return index_is_fine(s, from_ns, to_ns, n) ? DETAIL_EXACT : DETAIL_INDEX;
}

size_t timeline_source_goroutines(const struct timeline_source *s, int64_t from_ns, int64_t to_ns,
                                  struct lane *lane, size_t room)
{
	const struct timeline_exact *exact = s->exact;
	/* Leaders of a window much larger than this one would be others. */
	if (!exact || !is_inside(&exact->wish, from_ns, to_ns) ||
	    (exact->wish.to_ns - exact->wish.from_ns) / 4 > to_ns - from_ns)
		return index_goroutines(&s->index, from_ns, to_ns, lane, room);
	size_t n = exact->spans.leaders < room ? exact->spans.leaders : room;
	for (size_t i = 0; i < n; i++)
		lane[i] = (struct lane){LANE_G, exact->spans.leader[i].goroutine};
	return n;
}

/* --- exact -------------------------------------------------------------------------------------
 */

size_t timeline_source_spans(const struct timeline_source *s, struct lane lane, int64_t from_ns,
                             int64_t to_ns, const struct span **span)
{
	const struct span_lane *l = find_exact(s, lane);
	*span = NULL;
	if (!l || l->dense || !is_inside(&s->exact->wish, from_ns, to_ns))
		return 0;
	size_t first = first_span(l, from_ns), end = first;
	while (end < l->n && l->span[end].begin_ns < to_ns)
		end++;
	*span = end > first ? &l->span[first] : NULL;
	return end - first;
}

const char *timeline_source_name(const struct timeline_source *s, uint32_t name)
{
	return s->exact ? names_text(&s->exact->names, name) : "";
}

size_t timeline_source_stack(const struct timeline_source *s, uint32_t stack,
                             const struct stack_frame **frame)
{
	*frame = NULL;
	if (!s->exact || stack == STACK_NONE || stack > s->exact->spans.stacks.n)
		return 0;
	const struct stacks *stacks = &s->exact->spans.stacks;
	*frame = &stacks->frame[stacks->stack[stack - 1].first];
	return stacks->stack[stack - 1].frames;
}

const char *timeline_source_function(const struct timeline_source *s, uint64_t goroutine)
{
	uint32_t name = s->exact ? spans_function(&s->exact->spans, goroutine) : NAME_NONE;
	return name == NAME_NONE ? NULL : names_text(&s->exact->names, name);
}

/* --- asynchronous ------------------------------------------------------------------------------
 */

static bool has_lane(const struct timeline_wish *wish, struct lane lane)
{
	for (size_t i = 0; i < wish->lanes; i++)
		if (wish->lane[i].kind == lane.kind && wish->lane[i].id == lane.id)
			return true;
	return false;
}

static bool has_lanes(const struct timeline_wish *wish, const struct timeline_want *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!has_lane(wish, want->lane[i]))
			return false;
	return true;
}

/* Is what there is as good as what would be read? */
static bool is_there(const struct timeline_source *s, const struct timeline_want *want, size_t n)
{
	size_t first;
	if (!s->exact || !is_inside(&s->exact->wish, want->from_ns, want->to_ns) ||
	    !has_lanes(&s->exact->wish, want, n))
		return false;
	if (is_same_grid(&s->exact->wish, want->from_ns, want->to_ns, want->columns, &first))
		return true;
	for (size_t i = 0; i < n; i++) {
		const struct span_lane *l = find_exact(s, want->lane[i]);
		if (l && l->dense)
			return false;
	}
	return true;
}

static bool index_is_enough(const struct timeline_source *s, const struct timeline_want *want,
                            size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (want->lane[i].kind == LANE_G)
			return false;
	return n > 0 && index_is_fine(s, want->from_ns, want->to_ns, want->columns) &&
	       timeline_worker_cost(s->worker, want->from_ns, want->to_ns) > CHEAP_BYTES;
}

/* Half a window more on either side, in the same cells, so that panning finds it there; where that
   costs little time and memory. */
static void make_wish(const struct timeline_source *s, const struct timeline_want *want, size_t n,
                      struct timeline_wish *wish)
{
	size_t more = n <= WIDE_LANES ? want->columns / 2 : 0;
	int64_t margin = (int64_t)((double)more * cell_ns(want->from_ns, want->to_ns, want->columns));
	if (timeline_worker_cost(s->worker, want->from_ns - margin, want->to_ns + margin) > CHEAP_BYTES)
		more = 0;
	if (!more)
		margin = 0;
	wish->from_ns = want->from_ns - margin;
	wish->to_ns = want->to_ns + margin;
	wish->columns = want->columns + 2 * more;
	wish->lanes = n;
	wish->first_ns = s->index.first_ns;
	memcpy(wish->lane, want->lane, n * sizeof *wish->lane);
}

static bool covers(const struct timeline_wish *wish, const struct timeline_want *want, size_t n)
{
	size_t first;
	return has_lanes(wish, want, n) &&
	       is_same_grid(wish, want->from_ns, want->to_ns, want->columns, &first);
}

/* While the trace is loaded, the window that shows all of it grows with each draw: what is under
   way is let finish, or nothing ever would. */
static bool can_wait(const struct timeline_source *s, const struct timeline_want *want, size_t n)
{
	struct timeline_wish wish;
	if (s->index.ended || want->from_ns != s->wanted_from_ns || want->to_ns <= s->wanted_to_ns)
		return false;
	if (timeline_worker_searches(s->worker))
		return true;
	return timeline_worker_wants(s->worker, &wish) && n > 0 && wish.lanes > 0 &&
	       want->lane[0].kind == wish.lane[0].kind;
}

void timeline_source_want(struct timeline_source *s, const struct timeline_want *want)
{
	size_t n = want->lanes < TIMELINE_LANES ? want->lanes : TIMELINE_LANES;
	struct timeline_wish wish;
	if (want->from_ns >= want->to_ns || want->columns == 0)
		return;
	if (is_there(s, want, n) || index_is_enough(s, want, n)) {
		if (timeline_worker_wants(s->worker, &wish))
			timeline_worker_want(s->worker, NULL);
		return;
	}
	bool comes = timeline_worker_wants(s->worker, &wish) && covers(&wish, want, n);
	bool failed = timeline_worker_failed(s->worker, &wish) && covers(&wish, want, n);
	if (comes || failed || can_wait(s, want, n))
		return;
	s->wanted_from_ns = want->from_ns;
	s->wanted_to_ns = want->to_ns;
	make_wish(s, want, n, &wish);
	timeline_worker_want(s->worker, &wish);
}

bool timeline_source_poll(struct timeline_source *s)
{
	struct timeline_exact *exact = timeline_worker_take(s->worker);
	enum find_result found = timeline_worker_found(s->worker, &s->hit);
	bool news = exact || found != s->found;
	s->found = found;
	if (exact) {
		timeline_exact_destroy(s->exact);
		s->exact = exact;
	}
	return news;
}

struct timeline_status timeline_source_status(const struct timeline_source *s)
{
	struct timeline_progress p = timeline_worker_progress(s->worker);
	struct timeline_status status = {.work = WORK_NONE, .progress = p.done};
	if (p.why[0])
		status.work = WORK_UNAVAILABLE;
	else if (p.wants)
		status.work = WORK_SPANS;
	else if (p.finds)
		status.work = WORK_FIND;
	memcpy(status.why, p.why, sizeof status.why);
	return status;
}

void timeline_source_find(struct timeline_source *s, const struct timeline_find *find)
{
	timeline_worker_find(s->worker, find);
	s->found = FIND_PENDING;
}

enum find_result timeline_source_found(const struct timeline_source *s, struct timeline_hit *hit)
{
	if (s->found == FIND_HIT)
		*hit = s->hit;
	return s->found;
}
