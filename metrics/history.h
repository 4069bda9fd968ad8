/*
 * The snapshots of the last minutes, newest last. Owned and used by one thread. It holds a
 * reference to each snapshot and lets the oldest go when `span_ns` or `bytes_max` is passed, but
 * always keeps the two newest, and the first one ever added, which is the base of "since attach".
 *
 * Half of a snapshot's weight is its P and M rows, and nobody asks for those of ten minutes ago:
 * one older than HISTORY_ROWS_NS loses them (np = nm = 0: unknown), unless somebody else holds it
 * too.
 */
#ifndef SCHEDTOP_METRICS_HISTORY_H
#define SCHEDTOP_METRICS_HISTORY_H

#include "metrics/snapshot.h"

#define HISTORY_ROWS_NS INT64_C(60000000000)

struct history;

struct history *history_create(int64_t span_ns, size_t bytes_max);
void history_destroy(struct history *h);
/* Takes over the caller's reference, whatever happens. STATUS_FAILED when out of memory, or when
   the snapshot is older than the newest one: the history is in order of monotonic_ns. */
enum status history_add(struct history *h, const struct snapshot *s);
size_t history_count(const struct history *h);
/* i = 0 is the newest; NULL past the oldest. Borrowed. */
const struct snapshot *history_get(const struct history *h, size_t i);
const struct snapshot *history_first(const struct history *h); /* the first ever added */
/* The newest snapshot read at or before `monotonic_ns`, else the oldest kept; NULL when empty. */
const struct snapshot *history_at(const struct history *h, int64_t monotonic_ns);
/* The index of that snapshot for history_get; 0 when empty. */
size_t history_index(const struct history *h, int64_t monotonic_ns);
/* What all of it weighs now, in bytes. */
size_t history_bytes(const struct history *h);

#endif
