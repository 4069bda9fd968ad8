#include "tui/aside.h"

#include <pthread.h>
#include <stdlib.h>

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
	if (!a)
		return NULL;
	*a = (struct aside){.work = work, .release = release, .arg = arg};
	if (!thread_news_init(&a->lock, &a->news)) {
		free(a);
		return NULL;
	}
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
	pthread_mutex_lock(&a->lock);
	while (!a->ended && thread_news_wait(&a->lock, &a->news, until_ns))
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
