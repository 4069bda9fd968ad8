/*
 * The threads of a snapshot as JSON: the rows as the kernel told them, and what is derived from
 * them. Used by json.c alone; the schema is doc/schema.md. Any thread.
 */
#ifndef SCHEDTOP_METRICS_JSON_TASKS_H
#define SCHEDTOP_METRICS_JSON_TASKS_H

#include <jansson.h>

#include "metrics/history.h"

/* Arrays, empty when nothing is known; NULL when out of memory. */
json_t *json_tasks(const struct snapshot *s);
json_t *json_task_uses(const struct history *h);

/* The other way round: fills the rows of a snapshot that has none. Rows without a tid, or not in
   rising order of it, make it STATUS_DAMAGED. */
enum status json_read_tasks(const json_t *array, struct snapshot *s);

#endif
