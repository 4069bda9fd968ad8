/*
 * The snapshots of the last minutes, newest last. Owned and used by one thread. It holds a
 * reference to each snapshot and lets the oldest go when `span_ns` or `bytes_max` is passed, but
 * always keeps the two newest, and the first one ever added, which is the base of "since attach".
 *
 * So that minutes fit whatever the interval and the number of Ps, what is older than a minute is
 * kept at one snapshot a second, which takes the lane samples of those that go. A heavy history
 * does so earlier, then keeps one in 2, 4 and 8 s. Nothing is thinned out where snapshots are a
 * second apart and fit.
 *
 * Readers see it as of a moment: after history_rewind they find what they would have found then, so
 * that a view of the past is the view of the present, drawn with a rewound history.
 */
#ifndef SCHEDTOP_METRICS_HISTORY_H
#define SCHEDTOP_METRICS_HISTORY_H

#include "metrics/snapshot.h"

struct history;

struct history *history_create(int64_t span_ns, size_t bytes_max);
/* One that is never thinned out, so that what is derived from it depends on nothing but what was
   added: for recordings. What doesn't fit is forgotten. */
struct history *history_create_whole(int64_t span_ns, size_t bytes_max);
void history_destroy(struct history *h);
/* Takes over the caller's reference, whatever happens. STATUS_FAILED when out of memory, or when
   the snapshot is older than the newest one: the history is in order of monotonic_ns. */
enum status history_add(struct history *h, const struct snapshot *s);
/* From here on, and until it is called again, readers see nothing that was read after the moment
   (and the oldest snapshot kept, when all were); INT64_MAX is the present. Adding goes on. */
void history_rewind(struct history *h, int64_t monotonic_ns);
size_t history_count(const struct history *h);
/* i = 0 is the newest; NULL past the oldest. Borrowed. */
const struct snapshot *history_get(const struct history *h, size_t i);
const struct snapshot *history_first(const struct history *h); /* the first ever added */
/* The newest snapshot read at or before `monotonic_ns`, else the oldest kept; NULL when empty. */
const struct snapshot *history_at(const struct history *h, int64_t monotonic_ns);
/* The index of that snapshot for history_get; 0 when empty. */
size_t history_index(const struct history *h, int64_t monotonic_ns);
/* What all of it weighs now, in bytes, whatever readers see. */
size_t history_bytes(const struct history *h);

#endif
