#include "tui/distribution.h"

#include <math.h>
#include <string.h>

#include "util/text.h"

#define RANGE_WIDTH 13 /* "12.6–14.7 ms" */
#define COUNT_WIDTH 8
#define LEAST       5 /* everything below 2^6 ns, where the runtime's first bucket ends, is one row */

/* The power of two at or below which a bucket begins. Bounds may have come by way of seconds, and
   be a hair short of where they were. */
static int exponent_of(double lo_ns)
{
	int e = lo_ns >= 1 ? ilogb(lo_ns * (1 + 1e-9)) : LEAST;
	return e > LEAST ? e : LEAST;
}

/* Exponents of the first and the last bucket with events in any window. */
static bool find_range(const struct histogram window[PLOT_WINDOWS], int *first, int *last)
{
	bool any = false;
	for (int w = 0; w < PLOT_WINDOWS; w++) {
		const struct histogram *h = &window[w];
		for (uint32_t i = 0; h->bounds && i < h->n; i++) {
			if (!h->count[i])
				continue;
			int e = exponent_of(histogram_bounds_ns(h->bounds)[h->first + i]);
			*first = any && *first < e ? *first : e;
			*last = any && *last > e ? *last : e;
			any = true;
		}
	}
	return any;
}

/* To one of a few steps: the axis keeps its end while the bars breathe. */
static double round_up(double share)
{
	static const double step[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++)
		if (share <= step[i])
			return step[i];
	return 1;
}

static void count_events(struct distribution *d, int w, const struct histogram *h, int first,
                         int octaves)
{
	for (uint32_t i = 0; h->bounds && i < h->n; i++) {
		if (!h->count[i])
			continue;
		int e = exponent_of(histogram_bounds_ns(h->bounds)[h->first + i]);
		d->row[(e - first) / octaves].count[w] += h->count[i];
	}
}

void distribution_make(struct distribution *d, const struct histogram window[PLOT_WINDOWS],
                       int rows)
{
	int first = 0, last = 0, octaves = 1;
	memset(d, 0, sizeof *d);
	for (int w = 0; w < PLOT_WINDOWS; w++) {
		d->known[w] = window[w].bounds != NULL;
		d->total[w] = window[w].total;
	}
	rows = rows < DISTRIBUTION_ROWS_MAX ? rows : DISTRIBUTION_ROWS_MAX;
	if (rows < 1 || !find_range(window, &first, &last))
		return;
	/* Edges lie on whole multiples of the width, so that a longer tail moves none of them. */
	while (last / octaves - first / octaves + 1 > rows)
		octaves++;
	bool underflow = first == LEAST;
	first = first / octaves * octaves;
	d->rows = (last - first) / octaves + 1;
	for (int w = 0; w < PLOT_WINDOWS; w++)
		count_events(d, w, &window[w], first, octaves);
	double most = 0;
	for (int i = 0; i < d->rows; i++) {
		d->row[i].lo_ns = i == 0 && underflow ? -INFINITY : ldexp(1, first + i * octaves);
		d->row[i].hi_ns = ldexp(1, first + (i + 1) * octaves);
		for (int w = 0; w < PLOT_WINDOWS; w++)
			if (d->total[w])
				most = fmax(most, (double)d->row[i].count[w] / (double)d->total[w]);
	}
	d->share_max = round_up(most);
}

struct pane distribution_bars(struct pane pane)
{
	return pane_sub(pane, RANGE_WIDTH + 1, 0, pane.width - RANGE_WIDTH - 1 - COUNT_WIDTH,
	                pane.height);
}

void distribution_draw(struct pane pane, const struct distribution *d)
{
	char text[64];
	struct pane bars = distribution_bars(pane);
	for (int i = 0; i < d->rows && i < pane.height; i++) {
		const struct distribution_row *row = &d->row[i];
		double share[PLOT_WINDOWS];
		/* One unit does not fit both ends of a wide row; it begins where the one before ends. */
		bool wide = row->hi_ns > 10 * row->lo_ns;
		text_duration_range(text, sizeof text, wide ? -INFINITY : row->lo_ns, row->hi_ns,
		                    pane.canvas->ascii);
		pane_right(pane_sub(pane, 0, i, RANGE_WIDTH, 1), 0, STYLE_DIM, text);
		for (int w = 0; w < PLOT_WINDOWS; w++)
			share[w] = d->total[w] ? (double)row->count[w] / (double)d->total[w] : 0;
		plot_overlay(pane_row(bars, i), share, d->share_max);
		text_count(text, sizeof text, (int64_t)(row->count[0] & INT64_MAX));
		if (d->known[0])
			pane_right(pane_row(pane, i), 0, row->count[0] ? STYLE_TEXT : STYLE_DIM, text);
		else
			pane_right(pane_row(pane, i), 0, STYLE_DIM, "–");
	}
}
