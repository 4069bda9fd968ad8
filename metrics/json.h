/*
 * The one JSON codec of snapshots: --json today; the agent's /v1/sched uses the same keys. The
 * schema is doc/schema.md. Unknown fields are absent, nil is null, infinite bounds are the strings
 * "-Inf" and "+Inf".
 */
#ifndef SCHEDTOP_METRICS_JSON_H
#define SCHEDTOP_METRICS_JSON_H

#include <jansson.h>

#include "metrics/history.h"
#include "metrics/snapshot.h"

#define SNAPSHOT_SCHEMA 1

/* The newest snapshot of the history with what is derived from it, as one line without a newline;
   free() it. NULL when out of memory. */
char *json_encode(const struct history *h);

/* Reads an object's members into fields by a table: members of another type or out of range are
   left unknown, null is FIELD_NIL for ids. Unknown keys are ignored. */
void json_read_fields(const json_t *object, const struct field_info *info, int count,
                      struct fields *out);

/* A number, or one of "-Inf", "+Inf". false when it is neither. */
bool json_read_bound(const json_t *value, double *out);

#endif
