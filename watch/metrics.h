/*
 * Every number of a live process that a rule can be about: one table with its name, its unit, what
 * it is in words, and how a history tells it. `schedtop watch --list` prints it. Constant data and
 * pure functions; any thread.
 */
#ifndef SCHEDTOP_WATCH_METRICS_H
#define SCHEDTOP_WATCH_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "doctor/finding.h"
#include "metrics/history.h"

/* A percentile lies somewhere in a bucket, so a reading is a range; both ends are the same where
   the number is exact, and either may be infinite. */
struct reading {
	bool known;
	double lo, hi;
};

struct live_metric;
typedef struct reading live_metric_read_fn(const struct live_metric *metric,
                                           const struct history *h);

struct live_metric {
	const char *name; /* "sched.p99" */
	enum measure_unit unit;
	const char *text; /* what it is, as a sentence begins: "wait to run, ..." */
	live_metric_read_fn *read;
	/* For `read` alone: which histogram, thread count or field of which part, the part and field
	   that tell it where those don't (-1: none do), and what it is multiplied by. */
	int part, which, other_part, other;
	double factor;
};
extern const struct live_metric live_metrics[];
extern const size_t live_metric_count;

/* NULL: there is none of that name. */
const struct live_metric *live_metric_find(const char *name, size_t length);
/*
 * At the newest moment of the history. Unknown is also what was read too long ago to be true of
 * that moment, and all of a process that is stopped or gone. Windows begin at the snapshot before,
 * or METRIC_WINDOW_NS ago where snapshots come faster than that.
 */
struct reading live_metric_read(const struct live_metric *metric, const struct history *h);
#define METRIC_WINDOW_NS INT64_C(1000000000)

/* A reading in the unit: "63–71 ms", "unknown". */
void live_metric_show(const struct live_metric *metric, const struct reading *reading, char *to,
                      size_t size);
/* The table for people. false: a line could not be written. */
bool live_metric_print_list(FILE *out);

#endif
