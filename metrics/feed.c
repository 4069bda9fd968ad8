#include "metrics/feed.h"

#include <pthread.h>
#include <stdlib.h>

/* Some seconds of the fastest interval: a reader further behind has other troubles than lost rows.
 */
#define FEED_MAX 64

#define MISSED_MAX 3 /* in a row, before it is said */

const char feed_starved[] = "out of memory: what is read of the process can't be kept";

struct feed {
	pthread_mutex_t lock; /* held for a few instructions, never across a call out */
	struct snapshot *ring[FEED_MAX];
	size_t oldest, count;
	uint64_t dropped, missed;
	void (*wake)(void *arg);
	void *arg;
};

struct feed *feed_create(void (*wake)(void *arg), void *arg)
{
	struct feed *feed = calloc(1, sizeof *feed);
	if (!feed)
		return NULL;
	if (pthread_mutex_init(&feed->lock, NULL) != 0) {
		free(feed);
		return NULL;
	}
	feed->wake = wake;
	feed->arg = arg;
	return feed;
}

void feed_destroy(struct feed *feed)
{
	if (!feed)
		return;
	for (size_t i = 0; i < feed->count; i++)
		snapshot_unref(feed->ring[(feed->oldest + i) % FEED_MAX]);
	pthread_mutex_destroy(&feed->lock);
	free(feed);
}

/* With the lock held: the oldest leaves the ring. */
static struct snapshot *pop(struct feed *feed)
{
	struct snapshot *s = feed->ring[feed->oldest];
	feed->oldest = (feed->oldest + 1) % FEED_MAX;
	feed->count--;
	return s;
}

void feed_push(struct feed *feed, struct snapshot *s)
{
	struct snapshot *late = NULL;
	pthread_mutex_lock(&feed->lock);
	if (feed->count == FEED_MAX) {
		late = pop(feed);
		feed->dropped++;
	}
	feed->ring[(feed->oldest + feed->count++) % FEED_MAX] = s;
	feed->missed = 0;
	pthread_mutex_unlock(&feed->lock);
	snapshot_unref(late);
	if (feed->wake)
		feed->wake(feed->arg);
}

const struct snapshot *feed_take(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	const struct snapshot *s = feed->count ? pop(feed) : NULL;
	pthread_mutex_unlock(&feed->lock);
	return s;
}

uint64_t feed_dropped(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	uint64_t dropped = feed->dropped;
	pthread_mutex_unlock(&feed->lock);
	return dropped;
}

void feed_miss(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->missed++;
	pthread_mutex_unlock(&feed->lock);
	if (feed->wake)
		feed->wake(feed->arg);
}

bool feed_starves(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	bool starves = feed->missed >= MISSED_MAX;
	pthread_mutex_unlock(&feed->lock);
	return starves;
}
