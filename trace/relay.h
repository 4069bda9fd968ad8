/*
 * Hands on what a walk takes down (struct told) to whoever listens, in its order: on the walk's own
 * thread, or on another one that has nothing better to do. One listens at a time, and what it
 * hears does not depend on the thread. Bounded: when nobody helps, the walk tells by itself. The
 * caller owns it; all but relay_help belongs to the walk's thread.
 */
#ifndef SCHEDTOP_TRACE_RELAY_H
#define SCHEDTOP_TRACE_RELAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "trace/told.h"

enum { RELAY_RING = 1 << 11 }; /* that wait to be heard */

struct relay {
	/* false: no memory. */
	bool (*hear)(void *self, const struct told *told, size_t n);
	void *self;

	struct told *ring;
	size_t taken;                 /* since the beginning, as those that follow: by the walk, ... */
	size_t room;                  /* up to there nobody has to wait for it */
	_Atomic size_t handed, heard; /* ... to be heard, and heard */
	atomic_bool failed;
	pthread_mutex_t turn; /* who has it tells */
};

/* false: no memory. */
bool relay_init(struct relay *relay, bool (*hear)(void *self, const struct told *told, size_t n),
                void *self);
void relay_finish(struct relay *relay);

/* false: as below. */
bool relay_make_room(struct relay *relay);
/* One more to be filled in, before the next one is asked for. NULL: no memory, or whoever listens
   has none. */
static inline struct told *relay_next(struct relay *relay)
{
	if (__builtin_expect(relay->taken == relay->room, 0) && !relay_make_room(relay))
		return NULL;
	return &relay->ring[relay->taken++ % RELAY_RING];
}
/* What was filled in may be heard. false: as above. */
bool relay_hand_over(struct relay *relay);
/* And has been heard, all of it. */
bool relay_flush(struct relay *relay);

/* Any thread: tells what there is, if that is worth its while and nobody else does. */
bool relay_help(void *relay);

#endif
