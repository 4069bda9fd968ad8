#include "trace/relay.h"

#include <stdlib.h>
#include <string.h>

enum {
	WORTH = 1 << 8,   /* fewer are no help: what rules know has to move to the thread that helps */
	AT_ONCE = 1 << 9, /* then there is room for the walk again */
};

bool relay_init(struct relay *r, bool (*hear)(void *self, const struct told *told, size_t n),
                void *self)
{
	memset(r, 0, sizeof *r);
	r->ring = aligned_alloc(TOLD_LINE, RELAY_RING * sizeof *r->ring);
	if (!r->ring)
		return false;
	r->hear = hear;
	r->self = self;
	pthread_mutex_init(&r->turn, NULL);
	return true;
}

void relay_finish(struct relay *r)
{
	if (!r->ring)
		return;
	pthread_mutex_destroy(&r->turn);
	free(r->ring);
	memset(r, 0, sizeof *r);
}

/* Until so many were heard. Whoever calls has the turn. */
static void tell(struct relay *r, size_t until)
{
	size_t at = atomic_load_explicit(&r->heard, memory_order_relaxed);
	while (at < until) {
		size_t first = at % RELAY_RING, n = until - at;
		n = n < AT_ONCE ? n : AT_ONCE;
		n = n < RELAY_RING - first ? n : RELAY_RING - first;
		if (!atomic_load(&r->failed) && !r->hear(r->self, &r->ring[first], n))
			atomic_store(&r->failed, true);
		at += n;
		atomic_store_explicit(&r->heard, at, memory_order_release);
	}
}

/* Part of it: whoever helps may have time for the rest, and has the turn no longer than that. */
static void tell_some(struct relay *r, size_t until)
{
	size_t heard = atomic_load_explicit(&r->heard, memory_order_relaxed);
	tell(r, until - heard < AT_ONCE ? until : heard + AT_ONCE);
}

bool relay_make_room(struct relay *r)
{
	size_t heard;
	relay_hand_over(r);
	while (heard = atomic_load_explicit(&r->heard, memory_order_acquire),
	       r->taken - heard == RELAY_RING) {
		pthread_mutex_lock(&r->turn);
		if (r->taken - atomic_load_explicit(&r->heard, memory_order_relaxed) == RELAY_RING)
			tell_some(r, r->taken);
		pthread_mutex_unlock(&r->turn);
	}
	r->room = heard + RELAY_RING;
	return !atomic_load(&r->failed);
}

bool relay_hand_over(struct relay *r)
{
	atomic_store_explicit(&r->handed, r->taken, memory_order_release);
	return !atomic_load(&r->failed);
}

bool relay_flush(struct relay *r)
{
	relay_hand_over(r);
	pthread_mutex_lock(&r->turn);
	tell(r, r->taken);
	pthread_mutex_unlock(&r->turn);
	return !atomic_load(&r->failed);
}

bool relay_help(void *self)
{
	struct relay *r = self;
	if (atomic_load_explicit(&r->handed, memory_order_acquire) -
	            atomic_load_explicit(&r->heard, memory_order_relaxed) <
	        WORTH ||
	    pthread_mutex_trylock(&r->turn) != 0)
		return false;
	tell_some(r, atomic_load_explicit(&r->handed, memory_order_acquire));
	pthread_mutex_unlock(&r->turn);
	return true;
}
