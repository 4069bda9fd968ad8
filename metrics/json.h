/*
 * The one JSON codec of snapshots: --json, --record and --replay; the agent's /v1/sched uses the
 * same keys. Pure functions, any thread. The schema is doc/schema.md. Unknown fields are absent,
 * nil is null, infinite bounds are the strings
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
/* The same of a snapshot alone, without what is derived. */
char *json_encode_raw(const struct snapshot *s);

/*
 * The snapshot of one such line: everything but what is derived, which follows anew from the
 * snapshots, so that encoding it again gives the same line. The line is not trusted. STATUS_DAMAGED
 * with a sentence that begins with "it ..." when it is no JSON, of another schema, or tells what no
 * snapshot can hold; members that it does not have or that are of another kind stay unknown.
 */
enum status json_decode(const char *line, size_t size, struct snapshot **out, struct error *error);

/* Reads an object's members into fields by a table: members of another type or out of range are
   left unknown, null is FIELD_NIL for ids. Unknown keys are ignored. */
void json_read_fields(const json_t *object, const struct field_info *info, int count,
                      struct fields *out);

/* A number, or one of "-Inf", "+Inf". false when it is neither. */
bool json_read_bound(const json_t *value, double *out);

#endif
