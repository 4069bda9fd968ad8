#include "tui/series.h"

#include <math.h>

int64_t series_step_ns(const struct view_data *data, int64_t span_ns, int n)
{
	int64_t interval_ns = history_get(data->history, 0)->interval_ns;
	int64_t step_ns = n > 0 ? span_ns / n : span_ns;
	return step_ns > interval_ns ? step_ns : interval_ns;
}

/* The snapshot that a step begins with. One that comes a little late leaves its step empty: it is
   told from the snapshot before. */
static const struct snapshot *step_begin(const struct history *h, int64_t from_ns, int64_t to_ns)
{
	size_t begin = history_index(h, from_ns), end = history_index(h, to_ns);
	const struct snapshot *to = history_get(h, end);
	if (begin == end && to_ns - to->monotonic_ns < 2 * to->interval_ns)
		begin++;
	return history_get(h, begin);
}

static double step_value(const struct history *h, enum histogram_id id, double q, int64_t from_ns,
                         int64_t to_ns)
{
	const struct snapshot *from = step_begin(h, from_ns, to_ns), *to = history_at(h, to_ns);
	struct histogram window = {0};
	if (!from || from == to || histogram_window(&window, &to->histogram[id], &from->histogram[id]))
		return NAN;
	struct percentile p = histogram_percentile(&window, q);
	histogram_finish(&window);
	if (!p.known)
		return NAN;
	return isinf(p.hi_ns) ? p.lo_ns : p.hi_ns;
}

double series_percentile(const struct view_data *data, enum histogram_id id, double q,
                         int64_t step_ns, double *value, int n)
{
	const struct snapshot *newest = history_get(data->history, 0);
	int64_t end_ns = (newest->monotonic_ns / step_ns + 1) * step_ns;
	double max = 0;
	for (int i = 0; i < n; i++) {
		int64_t from_ns = end_ns - (int64_t)(n - i) * step_ns;
		value[i] = step_value(data->history, id, q, from_ns, from_ns + step_ns);
		if (value[i] > max)
			max = value[i];
	}
	return max;
}

/* A step without a snapshot of its own has what the one before had, unless that is too old. */
static double step_count(const struct history *h, series_count_fn *count, int64_t from_ns,
                         int64_t to_ns)
{
	const struct snapshot *s = history_at(h, to_ns);
	int64_t n;
	if (s->monotonic_ns > to_ns || s->monotonic_ns <= from_ns - 2 * s->interval_ns || !count(s, &n))
		return NAN;
	return (double)n;
}

double series_counts(const struct view_data *data, series_count_fn *count, int64_t step_ns,
                     double *value, int n)
{
	const struct snapshot *newest = history_get(data->history, 0);
	int64_t end_ns = (newest->monotonic_ns / step_ns + 1) * step_ns;
	double max = 0;
	for (int i = 0; i < n; i++) {
		int64_t from_ns = end_ns - (int64_t)(n - i) * step_ns;
		value[i] = step_count(data->history, count, from_ns, from_ns + step_ns);
		if (value[i] > max)
			max = value[i];
	}
	return max;
}
