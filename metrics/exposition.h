/*
 * What schedtop knows of one process, as metrics that are scraped: those that a Go program with
 * Prometheus' client exports itself, under the same names, and schedtop's own. Snapshots go in;
 * counters never fall while it is the same process, whatever was read. What is unknown has no
 * metric. One thread at a time.
 */
#ifndef SCHEDTOP_METRICS_EXPOSITION_H
#define SCHEDTOP_METRICS_EXPOSITION_H

#include "metrics/openmetrics.h"
#include "metrics/snapshot.h"

struct exposition;

struct exposition *exposition_create(void); /* NULL: out of memory */
void exposition_destroy(struct exposition *e);
/* The next one; takes over the reference. Of another process: all begins anew. */
void exposition_add(struct exposition *e, const struct snapshot *s);
/* The metrics as of that monotonic time. NULL: out of memory. */
struct openmetrics_page *exposition_page(const struct exposition *e, enum openmetrics_format format,
                                         int64_t now_ns);

#endif
