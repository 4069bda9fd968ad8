#include "browse/timeline_window.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"

#define MARGIN                                                                         \
	8 /* what is shown after a jump is at least this part of the window from its edges \
	   */
#define LABEL_GAP 4 /* cells between labels of the axis */

struct timeline_window timeline_clamp(struct timeline_window w, struct timeline_window all)
{
	int64_t width = timeline_width(w), whole = timeline_width(all);
	if (width < TIMELINE_WIDTH_MIN_NS)
		width = TIMELINE_WIDTH_MIN_NS;
	if (width >= whole)
		return all;
	if (w.from_ns < all.from_ns)
		w.from_ns = all.from_ns;
	if (w.from_ns > all.to_ns - width)
		w.from_ns = all.to_ns - width;
	return (struct timeline_window){w.from_ns, w.from_ns + width};
}

struct timeline_window timeline_zoom(struct timeline_window w, struct timeline_window all,
                                     int64_t at_ns, double factor)
{
	double width = (double)timeline_width(w), wanted = width * factor;
	double whole = (double)timeline_width(all);
	if (wanted >= whole)
		return all;
	if (wanted < (double)TIMELINE_WIDTH_MIN_NS)
		wanted = (double)TIMELINE_WIDTH_MIN_NS;
	int64_t before = (int64_t)((double)(at_ns - w.from_ns) / width * wanted);
	return timeline_clamp((struct timeline_window){at_ns - before,
	                                               at_ns - before + (int64_t)wanted},
	                      all);
}

struct timeline_window timeline_pan(struct timeline_window w, struct timeline_window all,
                                    int64_t by_ns)
{
	int64_t whole = timeline_width(all);
	if (by_ns > whole)
		by_ns = whole;
	if (by_ns < -whole)
		by_ns = -whole;
	return timeline_clamp((struct timeline_window){w.from_ns + by_ns, w.to_ns + by_ns}, all);
}

struct timeline_window timeline_show(struct timeline_window w, struct timeline_window all,
                                     int64_t at_ns)
{
	int64_t width = timeline_width(w), margin = width / MARGIN;
	if (at_ns >= w.from_ns + margin && at_ns < w.to_ns - margin)
		return w;
	return timeline_clamp((struct timeline_window){at_ns - width / 2, at_ns - width / 2 + width},
	                      all);
}

int64_t timeline_moment(struct timeline_window w, int columns, int column)
{
	if (columns < 1)
		return w.from_ns;
	/* Whole numbers, since a double holds no window of months to the nanosecond. */
	int64_t each = timeline_width(w) / columns, rest = timeline_width(w) % columns;
	return w.from_ns + each * column + (rest * column + columns - 1) / columns;
}

int timeline_column(struct timeline_window w, int columns, int64_t at_ns)
{
	if (at_ns < w.from_ns)
		return -1;
	if (at_ns >= w.to_ns)
		return columns;
	int column = (int)((double)(at_ns - w.from_ns) / (double)timeline_width(w) * columns);
	while (column > 0 && (column >= columns || timeline_moment(w, columns, column) > at_ns))
		column--;
	while (column + 1 < columns && timeline_moment(w, columns, column + 1) <= at_ns)
		column++;
	return column;
}

int64_t timeline_resolution(struct timeline_window w, int columns)
{
	int64_t column_ns = columns > 0 ? timeline_width(w) / columns : timeline_width(w), step = 1;
	while (step <= column_ns / 10)
		step *= 10;
	return step;
}

int64_t timeline_step(struct timeline_window w, int columns, int64_t first_ns)
{
	static const int factor[] = {1, 2, 5};
	int64_t width = timeline_width(w);
	for (int64_t power = 1; power <= width && power <= INT64_MAX / 50; power *= 10)
		for (size_t i = 0; i < sizeof factor / sizeof *factor; i++) {
			char label[32];
			int64_t step = power * factor[i];
			timeline_time_text(label, sizeof label, w.to_ns - first_ns, step);
			if ((double)step / (double)width * columns >= (double)strlen(label) + LABEL_GAP)
				return step;
		}
	return width > 0 ? width : 1;
}

void timeline_time_text(char *to, size_t size, int64_t ns, int64_t step_ns)
{
	int decimals = 0;
	int64_t unit = NS_PER_S;
	for (; decimals < 9 && step_ns < unit; decimals++)
		unit /= 10;
	/* The nearest of those that can be told. */
	ns += ns >= 0 ? unit / 2 : -(unit / 2);
	const char *sign = ns <= -unit ? "-" : "";
	int64_t positive = ns < 0 ? -ns : ns;
	if (decimals == 0)
		snprintf(to, size, "%s%" PRId64 " s", sign, positive / NS_PER_S);
	else
		snprintf(to, size, "%s%" PRId64 ".%0*" PRId64 " s", sign, positive / NS_PER_S, decimals,
		         positive % NS_PER_S / unit);
}
