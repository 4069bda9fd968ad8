/*
 * A page of metrics as OpenMetrics 1.0 or as Prometheus' text format 0.0.4, which differ in small
 * things that matter to those who read them: where a counter's `_total` belongs, units, and the
 * end. A family that gets no sample does not appear. One thread at a time.
 */
#ifndef SCHEDTOP_METRICS_OPENMETRICS_H
#define SCHEDTOP_METRICS_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/histogram.h"
#include "util/status.h"

enum openmetrics_format { OPENMETRICS_TEXT, OPENMETRICS_1, OPENMETRICS_FORMATS };
/* As HTTP names them. */
extern const char *const openmetrics_content_type[OPENMETRICS_FORMATS];
/* The one that a client prefers by its Accept header; NULL: there was none. */
enum openmetrics_format openmetrics_choose(const char *accept);

enum openmetrics_type {
	OPENMETRICS_GAUGE,
	OPENMETRICS_COUNTER, /* its name stands without `_total` */
	OPENMETRICS_HISTOGRAM,
	OPENMETRICS_INFO, /* its name stands without `_info` */
	OPENMETRICS_TYPES,
};

struct openmetrics_family {
	const char *name; /* ends in the unit, if it has one */
	enum openmetrics_type type;
	const char *unit; /* "seconds", "bytes", "ratio"; NULL: none */
	const char *help; /* one sentence */
};

struct openmetrics_page;

struct openmetrics_page *openmetrics_page_create(enum openmetrics_format format);
void openmetrics_page_destroy(struct openmetrics_page *page); /* NULL is fine */
/* The samples that follow are of this family, which is borrowed until the next one begins. */
void openmetrics_page_begin(struct openmetrics_page *page, const struct openmetrics_family *family);

struct openmetrics_label {
	const char *name, *value; /* the value is any text */
};
void openmetrics_page_add(struct openmetrics_page *page, const struct openmetrics_label *label,
                          size_t labels, double value);
/* The same of a whole number, which may have more digits than a double, divided by 1 or by 10^9:
   nanoseconds become seconds. */
void openmetrics_page_add_whole(struct openmetrics_page *page,
                                const struct openmetrics_label *label, size_t labels, int64_t value,
                                bool nanoseconds);
/* One whose values are nanoseconds, in seconds: a bucket for each power of two that is one of its
   bounds. Unknown: nothing. */
void openmetrics_page_add_histogram(struct openmetrics_page *page, const struct histogram *h);

/* The page, complete and terminated; it is the page's own. NULL: out of memory at some time. */
const char *openmetrics_page_end(struct openmetrics_page *page, size_t *size);

#endif
