/*
 * Puts the rows of a metrics server's answers into a fleet: each taker is for one kind of question
 * (promql.h). Rows that are not what was asked for are left out. Of collect/prometheus.c alone; one
 * thread.
 */
#ifndef SCHEDTOP_COLLECT_PROM_FILL_H
#define SCHEDTOP_COLLECT_PROM_FILL_H

#include "collect/prom_rows.h"
#include "collect/promql.h"
#include "metrics/fleet.h"

/* What is beyond is no count, no bytes and no nanoseconds of anything. */
#define PROM_VALUE_MAX 1e18

struct prom_fill {
	const struct promql *q; /* borrowed, as the fleet */
	struct siphash_key key; /* of ids */
	int64_t stale_ns;       /* a scrape that is older is no news */
	struct fleet *fleet;
	size_t name; /* of promql_names, that is asked about */
	double time; /* at which the server answers, seconds since 1970; 0: not known yet */
	struct fleet_bucket *bucket; /* the owner frees it */
	size_t buckets, room;
	bool partial; /* the server warns that instances may be missing */
	bool failed;  /* out of memory, or of room for buckets */
};

/* Whose row it is; `more` has room for the labels beyond job and instance. */
uint64_t prom_fill_labels(const struct promql *q, const struct siphash_key *key, const json_t *row,
                          struct fleet_labels *labels, char *more, size_t size);

/* Takers (prom_row_fn); `arg` is a struct prom_fill. */
bool prom_fill_health(const json_t *row, void *arg);
bool prom_fill_gauge(const json_t *row, void *arg);
bool prom_fill_version(const json_t *row, void *arg);
bool prom_fill_value(const json_t *row, void *arg);
bool prom_fill_bucket(const json_t *row, void *arg);
bool prom_fill_native(const json_t *row, void *arg);
/* After the last row of buckets. */
void prom_fill_end_buckets(struct prom_fill *f);

#endif
