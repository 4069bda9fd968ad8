/*
 * Percentiles and counts over time, for sparklines and charts: the history cut into equal steps.
 * Pure functions over the data of view.h. UI thread.
 */
#ifndef SCHEDTOP_TUI_SERIES_H
#define SCHEDTOP_TUI_SERIES_H

#include "tui/view.h"

#define SERIES_MAX 400

/* The time of one of n steps that cover span_ns, but no less than the snapshots are apart. */
int64_t series_step_ns(const struct view_data *data, int64_t span_ns, int n);

/*
 * value[i] is the upper end (the lower one, where that is infinite) of percentile q of what
 * happened in step i of n, the last of which holds now; NAN where nothing did, or nothing is known.
 * Steps are whole multiples of step_ns on the clock, so that a value keeps its height while it
 * moves left. Returns the greatest, 0 when there is none.
 */
double series_percentile(const struct view_data *data, enum histogram_id id, double q,
                         int64_t step_ns, double *value, int n);

/* The same of a count: the last that was known in each step. `count` says what a snapshot knows of
   it. */
typedef bool series_count_fn(const struct snapshot *s, int64_t *count);
double series_counts(const struct view_data *data, series_count_fn *count, int64_t step_ns,
                     double *value, int n);

#endif
