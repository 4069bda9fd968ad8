/*
 * The one way from the collector to the rest: a bounded queue of published snapshots.
 *
 * One thread pushes, one thread takes. Push never blocks and never fails: when the reader falls
 * behind by more than the bound, the oldest snapshot is dropped and counted. `wake` is called after
 * every push, on the pusher's thread; it must only poke the reader (uv_async_send and the like).
 */
#ifndef SCHEDTOP_METRICS_FEED_H
#define SCHEDTOP_METRICS_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/snapshot.h"

struct feed;

struct feed *feed_create(void (*wake)(void *arg), void *arg); /* wake may be NULL */
void feed_destroy(struct feed *feed);
/* Takes over the caller's reference. */
void feed_push(struct feed *feed, struct snapshot *s);
/* The oldest snapshot not yet taken, whose reference the caller now owns, or NULL. */
const struct snapshot *feed_take(struct feed *feed);
uint64_t feed_dropped(struct feed *feed);
/* There is no memory for a snapshot: wakes the reader, who might wait for it for ever. */
void feed_miss(struct feed *feed);
/* Some were missed since the newest that was pushed: it will not be over soon, and whoever waits
   for news has to say so. */
bool feed_starves(struct feed *feed);
extern const char feed_starved[]; /* what to say then */

#endif
