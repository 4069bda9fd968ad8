#include "browse/bars.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/plot.h"
#include "util/text.h"

enum { RANGE_WIDTH = 13, COUNT_WIDTH = 8 };

static int octave_of(int64_t ns)
{
	return ns > 0 ? 63 - __builtin_clzll((unsigned long long)ns) : 0;
}

static void count(struct bars *bars, const struct distribution *d, bool other)
{
	struct distribution_step step = {0};
	while (distribution_next(d, &step)) {
		int row = octave_of(step.upper_ns) / bars->octaves - bars->first / bars->octaves;
		if (row < 0 || row >= bars->rows) /* not of the range that was found */
			continue;
		if (other)
			bars->row[row].other += step.count;
		else
			bars->row[row].count += step.count;
	}
}

/* To the next of 1, 2, 5, 10, ... %. */
static double round_up(double share)
{
	static const double steps[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (share <= steps[i])
			return steps[i];
	return 1;
}

void bars_make(struct bars *bars, const struct distribution *d, const struct distribution *other,
               int rows)
{
	*bars = (struct bars){.octaves = 1, .compared = other != NULL, .total = d->count};
	bars->other_total = other ? other->count : 0;
	rows = rows < BARS_ROWS_MAX ? rows : BARS_ROWS_MAX;
	if (rows < 1 || bars->total + bars->other_total == 0)
		return;
	int64_t least = d->min_ns, most = d->max_ns;
	if (other && other->count) {
		least = d->count && least < other->min_ns ? least : other->min_ns;
		most = most > other->max_ns ? most : other->max_ns;
	}
	int first = octave_of(least), last = octave_of(most);
	while (last / bars->octaves - first / bars->octaves + 1 > rows)
		bars->octaves++;
	bars->first = first / bars->octaves * bars->octaves;
	bars->rows = last / bars->octaves - bars->first / bars->octaves + 1;
	count(bars, d, false);
	if (other)
		count(bars, other, true);
	double share = 0;
	for (int i = 0; i < bars->rows; i++) {
		if (bars->total)
			share = fmax(share, (double)bars->row[i].count / (double)bars->total);
		if (bars->other_total)
			share = fmax(share, (double)bars->row[i].other / (double)bars->other_total);
	}
	bars->share_max = round_up(share);
}

void bars_range(const struct bars *bars, int row, double *lo_ns, double *hi_ns)
{
	int octave = bars->first + row * bars->octaves;
	*lo_ns = octave == 0 ? 0 : ldexp(1, octave);
	*hi_ns = ldexp(1, octave + bars->octaves);
}

static struct pane bar_of(struct pane line)
{
	return pane_sub(line, RANGE_WIDTH + 1, 0, line.width - RANGE_WIDTH - 1 - COUNT_WIDTH, 1);
}

void bars_draw_row(struct pane line, const struct bars *bars, int row)
{
	char text[64];
	double lo_ns, hi_ns;
	const struct bars_row *r = &bars->row[row];
	bars_range(bars, row, &lo_ns, &hi_ns);
	/* One unit does not fit both ends of a wide row; it begins where the one before ends. */
	text_duration_range(text, sizeof text, hi_ns > 10 * lo_ns ? -INFINITY : lo_ns, hi_ns,
	                    line.canvas->ascii);
	pane_right(pane_sub(line, 0, 0, RANGE_WIDTH, 1), 0, STYLE_DIM, text);
	const double share[PLOT_WINDOWS] = {
		bars->total ? (double)r->count / (double)bars->total : 0,
		bars->other_total ? (double)r->other / (double)bars->other_total : 0,
	};
	plot_overlay(bar_of(line), share, bars->share_max);
	text_count(text, sizeof text, (int64_t)(r->count & INT64_MAX));
	pane_right(line, 0, r->count ? STYLE_TEXT : STYLE_DIM, text);
}

void bars_draw_title(struct pane line, const struct bars *bars, const char *title, const char *what,
                     const char *other)
{
	char axis[32];
	struct pane bar = bar_of(line);
	const char *const words[] = {what, other};
	text_percent(axis, sizeof axis, bars->share_max);
	int axis_x = bar.x - line.x + bar.width - canvas_text_width(line.canvas, axis);
	int x = pane_fit(pane_sub(line, 0, 0, bar.width / 2, 1), 0, 0, STYLE_LABEL, title);
	for (int i = 0; i < (bars->compared ? 2 : 0); i++) {
		struct pane room = pane_sub(line, 0, 0, axis_x - 2, 1);
		if (x + 8 > room.width)
			break;
		pane_glyph(room, x + 2, 0, plot_window_style(i), plot_window_glyph(i, line.canvas));
		x = pane_fit(room, x + 4, 0, STYLE_DIM, words[i]);
	}
	if (bars->rows > 0 && axis_x > x + 1)
		pane_text(line, axis_x, 0, STYLE_DIM, axis);
	pane_right(line, 0, STYLE_DIM, "count");
}
