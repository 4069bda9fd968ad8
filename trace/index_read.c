/* Reading the index: bins become the cells of a window. */
#include <stdlib.h>
#include <string.h>

#include "trace/index.h"

/* Of what is being summed up, and lies in no cell yet. */
static size_t open_bin(const struct index *x, int64_t bin_end_ns)
{
	return (size_t)((uint64_t)(bin_end_ns - 1 - x->first_ns) >> x->shift);
}

/* The part of a bin that lies in a stretch, 0...1. The last bin ends where the trace does. */
static double overlap(const struct index *x, size_t bin, int64_t from_ns, int64_t to_ns)
{
	int64_t begin = x->first_ns + (int64_t)((uint64_t)bin << x->shift);
	int64_t end = begin + index_bin_ns(x);
	if (end > x->last_ns)
		end = x->last_ns;
	int64_t width = end - begin;
	if (from_ns > begin)
		begin = from_ns;
	if (to_ns < end)
		end = to_ns;
	return end > begin ? (double)(end - begin) / (double)width : 0;
}

/* The bins that a stretch touches. false: none. */
static bool bins_of(const struct index *x, int64_t from_ns, int64_t to_ns, size_t *first,
                    size_t *last)
{
	if (!x->begun || to_ns <= x->first_ns || from_ns >= x->last_ns || from_ns >= to_ns)
		return false;
	int64_t begin = from_ns > x->first_ns ? from_ns - x->first_ns : 0;
	int64_t end = (to_ns < x->last_ns ? to_ns : x->last_ns) - 1 - x->first_ns;
	*first = (size_t)((uint64_t)begin >> x->shift);
	*last = (size_t)((uint64_t)end >> x->shift);
	if (*last >= x->bins)
		*last = x->bins - 1;
	return *first <= *last;
}

static const struct index_lane *find(const struct index *x, struct lane lane)
{
	const struct index_lanes *lanes = lane.kind == LANE_P ? &x->proc : &x->thread;
	uint32_t i = lane.kind == LANE_G ? IDMAP_NONE : idmap_get(&lanes->of_id, lane.id);
	return i == IDMAP_NONE ? NULL : &lanes->lane[i];
}

static void add_bin(const struct index_lane *lane, const struct index_cell *bin, double part,
                    bool open, struct lane_cell *cell)
{
	for (size_t s = 1; s <= INDEX_STATES; s++)
		cell->ns[s] += part * ((double)bin->ns[s - 1] + (open ? (double)lane->ns[s] : 0));
	cell->switches += part * (double)(bin->switches + (open ? lane->switches : 0));
	lane_vote(&cell->goroutine, &cell->goroutine_ns, bin->goroutine, part * (double)bin->margin_ns);
	if (open)
		lane_vote(&cell->goroutine, &cell->goroutine_ns, lane->favourite,
		          part * (double)lane->margin_ns);
}

static void add_open(const struct index *x, const struct index_lane *lane, int64_t from_ns,
                     int64_t to_ns, struct lane_cell *cell)
{
	double ns = (double)common_ns(from_ns, to_ns, lane->since_ns, x->last_ns);
	if (ns <= 0 || lane->state == SPAN_UNKNOWN)
		return;
	cell->ns[lane->state] += ns;
	if (lane->goroutine)
		lane_vote(&cell->goroutine, &cell->goroutine_ns, lane->goroutine, ns);
}

bool index_cells(const struct index *x, struct lane wanted, int64_t from_ns, int64_t to_ns,
                 struct lane_cell *cell, size_t n)
{
	const struct index_lane *lane = find(x, wanted);
	memset(cell, 0, n * sizeof *cell);
	for (size_t i = 0; i < n; i++) {
		int64_t begin = window_part(from_ns, to_ns, i, n);
		int64_t end = window_part(from_ns, to_ns, i + 1, n);
		size_t first, last;
		if (!lane || !lane->cell) {
			cell[i].ns[SPAN_UNKNOWN] = (double)(end - begin);
			continue;
		}
		if (bins_of(x, begin, end, &first, &last)) {
			size_t open = open_bin(x, lane->bin_end_ns);
			for (size_t bin = first; bin <= last; bin++)
				add_bin(lane, &lane->cell[bin], overlap(x, bin, begin, end), bin == open, &cell[i]);
		}
		add_open(x, lane, begin, end, &cell[i]);
		lane_cell_fill(&cell[i], wanted.kind, begin, end, x->first_ns, x->last_ns);
	}
	return lane && lane->cell;
}

void index_levels(const struct index *x, enum index_level_kind kind, int64_t from_ns, int64_t to_ns,
                  struct counter_cell *cell, size_t n)
{
	const struct index_level *level = &x->level[kind];
	for (size_t i = 0; i < n; i++) {
		int64_t begin = window_part(from_ns, to_ns, i, n);
		int64_t end = window_part(from_ns, to_ns, i + 1, n);
		double area = 0, most = -1, ns = 0;
		size_t first, last;
		if (level->seen && bins_of(x, begin, end, &first, &last)) {
			size_t open = open_bin(x, level->bin_end_ns);
			for (size_t bin = first; bin <= last && bin <= open; bin++) {
				const struct index_level_cell *c = &level->cell[bin];
				double part = overlap(x, bin, begin, end);
				double bin_most = (double)c->most;
				area += part * ((double)c->area + (bin == open ? level->area : 0));
				if (bin == open && level->known && (double)level->most > bin_most)
					bin_most = (double)level->most;
				if (bin_most > most)
					most = bin_most;
			}
			/* It goes on as it is until the newest moment. */
			double rest =
				level->known ? (double)common_ns(begin, end, level->since_ns, x->last_ns) : 0;
			area += (double)level->level * rest;
			if (rest > 0 && (double)level->level > most)
				most = (double)level->level;
			ns = (double)common_ns(begin, end, x->first_ns, x->last_ns);
		}
		cell[i] = (struct counter_cell){most >= 0 && ns > 0, ns > 0 ? area / ns : 0, most};
	}
}

static int compare_lanes(const void *a, const void *b)
{
	uint64_t x = ((const struct lane *)a)->id, y = ((const struct lane *)b)->id;
	return (x > y) - (x < y);
}

size_t index_lane_ids(const struct index *x, enum lane_kind kind, struct lane *lane, size_t room)
{
	const struct index_lanes *lanes = kind == LANE_P ? &x->proc : &x->thread;
	if (kind == LANE_G)
		return 0;
	struct lane *all = reallocarray(NULL, lanes->n + 1, sizeof *all);
	if (!all)
		return 0;
	for (size_t i = 0; i < lanes->n; i++)
		all[i] = (struct lane){kind, lanes->lane[i].id};
	qsort(all, lanes->n, sizeof *all, compare_lanes);
	for (size_t i = 0; i < lanes->n && i < room; i++)
		lane[i] = all[i];
	free(all);
	return lanes->n;
}

/* --- goroutines that lead ------------------------------------------------------------------------
 */

enum { CANDIDATES = 4096 };

struct candidate {
	uint64_t id;
	double ns;
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

struct ranking {
	struct candidate *candidate;
	size_t n;
	struct idmap of_id;
};

static void nominate(struct ranking *r, uint64_t goroutine, double ns)
{
	if (!goroutine || ns <= 0)
		return;
	uint32_t i = idmap_get(&r->of_id, goroutine);
	if (i == IDMAP_NONE) {
		if (r->n == CANDIDATES || !idmap_put(&r->of_id, goroutine, (uint32_t)r->n))
			return;
		i = (uint32_t)r->n++;
		r->candidate[i] = (struct candidate){goroutine, 0};
	}
	r->candidate[i].ns += ns;
}

size_t index_goroutines(const struct index *x, int64_t from_ns, int64_t to_ns, struct lane *lane,
                        size_t room)
{
	struct ranking r = {.candidate = calloc(CANDIDATES, sizeof *r.candidate)};
	size_t first, last, n = 0;
	if (r.candidate && bins_of(x, from_ns, to_ns, &first, &last)) {
		for (size_t l = 0; l < x->proc.n; l++) {
			const struct index_lane *p = &x->proc.lane[l];
			if (!p->cell)
				continue;
			for (size_t bin = first; bin <= last; bin++)
				nominate(&r, p->cell[bin].goroutine, (double)p->cell[bin].margin_ns);
			size_t open = open_bin(x, p->bin_end_ns);
			if (open >= first && open <= last)
				nominate(&r, p->favourite, (double)p->margin_ns);
			nominate(&r, p->goroutine, (double)common_ns(from_ns, to_ns, p->since_ns, x->last_ns));
		}
		qsort(r.candidate, r.n, sizeof *r.candidate, compare_candidates);
		for (; n < r.n && n < room; n++)
			lane[n] = (struct lane){LANE_G, r.candidate[n].id};
	}
	free(r.candidate);
	idmap_finish(&r.of_id);
	return n;
}
