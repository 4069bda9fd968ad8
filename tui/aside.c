#include "tui/aside.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "util/clock.h"
#include "util/thread.h"

struct aside {
	void (*work)(void *arg);
	void (*release)(void *arg);
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;
	bool ended, left;
};

static void destroy(struct aside *a)
{
	pthread_cond_destroy(&a->news);
	pthread_mutex_destroy(&a->lock);
	a->release(a->arg);
	free(a);
}

static void *run(void *arg)
{
	struct aside *a = arg;
	a->work(a->arg);
	pthread_mutex_lock(&a->lock);
	a->ended = true;
	bool left = a->left;
	pthread_cond_signal(&a->news);
	pthread_mutex_unlock(&a->lock);
	if (left)
		destroy(a);
	return NULL;
}

struct aside *aside_begin(void (*work)(void *arg), void (*release)(void *arg), void *arg)
{
	struct aside *a = calloc(1, sizeof *a);
	pthread_condattr_t monotonic;
	if (!a)
		return NULL;
	*a = (struct aside){.work = work, .release = release, .arg = arg};
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&a->news, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (thread_start(&a->thread, run, a) == 0)
		return a;
	pthread_cond_destroy(&a->news);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return NULL;
}

bool aside_wait(struct aside *a, int64_t limit_ns)
{
	int64_t until_ns = clock_monotonic_ns() + limit_ns;
	const struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
	                               .tv_nsec = (long)(until_ns % NS_PER_S)};
	pthread_mutex_lock(&a->lock);
	while (!a->ended && pthread_cond_timedwait(&a->news, &a->lock, &until) != ETIMEDOUT)
		;
	bool ended = a->ended;
	pthread_mutex_unlock(&a->lock);
	return ended;
}

void aside_leave(struct aside *a)
{
	if (!a)
		return;
	pthread_t thread = a->thread;
	pthread_mutex_lock(&a->lock);
	a->left = true;
	bool ended = a->ended;
	pthread_mutex_unlock(&a->lock);
	if (!ended) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	destroy(a);
}
