/*
 * The questions that a fleet is made of, in PromQL: which names a metric has among the programs and
 * exporters that there are, and the expressions that ask for all instances at once. Pure functions
 * over plain values; any thread.
 */
#ifndef SCHEDTOP_COLLECT_PROMQL_H
#define SCHEDTOP_COLLECT_PROMQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "metrics/fleet.h"
#include "util/status.h"

#define PROMQL_BY_MAX 6 /* labels that tell instances apart */

/* A name that numbers go by. */
enum promql_kind {
	PROMQL_GAUGE,
	PROMQL_START,   /* when it started, in seconds since 1970 */
	PROMQL_COUNTER, /* its rate counts */
	PROMQL_QUEUES,  /* run queues: their sum counts */
	PROMQL_WAITS,   /* histograms, of seconds */
	PROMQL_PAUSES,
	PROMQL_SUMMARY, /* of seconds: its greatest counts */
	PROMQL_INFO,    /* the version of Go is its label */
};
struct promql_name {
	const char *name;
	enum promql_kind kind;
	enum fleet_metric metric; /* the first one that follows from it */
	double scale;             /* of its values to the metric's */
};
/* Of several for one metric, the first that an instance has is taken. */
extern const struct promql_name promql_names[];
extern const size_t promql_name_count;
#define PROMQL_NAMES_MAX 32

/* Is there anybody who exports it, and as what? */
struct promql_found {
	bool plain[PROMQL_NAMES_MAX];   /* by its name: of histograms, native ones */
	bool buckets[PROMQL_NAMES_MAX]; /* histograms with classic buckets */
};

struct promql {
	char *match;             /* what stands between the braces */
	char *by[PROMQL_BY_MAX]; /* labels; the first two are job and instance */
	size_t bys;
	int64_t window_ns; /* of rates */
	struct promql_found found;
};

/* From '{job="api"}', 'job="api"' or ''. STATUS_USAGE when it can't be one selector. */
enum status promql_init(struct promql *q, const char *match, struct error *error);
void promql_finish(struct promql *q);
/* One label more to tell instances apart; false: no label, or there are enough. */
bool promql_add_by(struct promql *q, const char *label);
/* A name that the server has among those that were asked for. */
void promql_found(struct promql_found *found, const char *name);
void promql_found_all(struct promql_found *found);
bool promql_found_any(const struct promql_found *found);

/* Expressions are written to a stream; those that have nothing to ask for write nothing. */
void promql_series(FILE *out, const struct promql *q); /* the series that names are looked up in */
void promql_pace(FILE *out, const struct promql *q, int minutes); /* scrapes in this time */
void promql_twins(FILE *out, const struct promql *q); /* a job and instance that is there twice */
void promql_twin(FILE *out, const struct promql *q, const char *job, const char *instance);
void promql_health(FILE *out, const struct promql *q); /* time of the scrape; < 0: it failed */
void promql_gauges(FILE *out, const struct promql *q); /* told apart by __name__ */
void promql_versions(FILE *out, const struct promql *q);
void promql_queues(FILE *out, const struct promql *q, size_t name);
void promql_rate(FILE *out, const struct promql *q, size_t name);
void promql_buckets(FILE *out, const struct promql *q, size_t name);
void promql_native(FILE *out, const struct promql *q, size_t name);
void promql_greatest(FILE *out, const struct promql *q, size_t name);
/* The metric of some instances, to be drawn over time. False: it can't be had. */
bool promql_metric(FILE *out, const struct promql *q, enum fleet_metric metric,
                   const char *const *instance, size_t n);

/* "name=text" of a form, after an '&' unless it is the first; text is escaped. */
void promql_form(FILE *out, bool first, const char *name, const char *text);

#endif
