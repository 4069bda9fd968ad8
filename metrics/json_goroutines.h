/*
 * The goroutines of a snapshot as JSON: groups, the one that was read one by one, and what is
 * derived from the readings before. Used by the codec alone; the schema is doc/schema.md. Any
 * thread.
 */
#ifndef SCHEDTOP_METRICS_JSON_GOROUTINES_H
#define SCHEDTOP_METRICS_JSON_GOROUTINES_H

#include <jansson.h>

#include "metrics/history.h"

/* Objects, empty when the snapshot has no goroutines; NULL when out of memory. */
json_t *json_goroutines(const struct snapshot *s);
json_t *json_goroutine_stats(const struct history *h);

/* The other way round: gives the snapshot its goroutines. STATUS_DAMAGED when what is there is more
   than a snapshot can hold or does not add up; then `why` (a constant) says what. */
enum status json_read_goroutines(const json_t *object, struct snapshot *s, const char **why);

#endif
