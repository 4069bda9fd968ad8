#include "util/thread.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "util/clock.h"

int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

bool thread_news_init(pthread_mutex_t *lock, pthread_cond_t *news)
{
	pthread_condattr_t monotonic;
	if (pthread_mutex_init(lock, NULL) != 0)
		return false;
	bool good = pthread_condattr_init(&monotonic) == 0;
	if (good) {
		good = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
		       pthread_cond_init(news, &monotonic) == 0;
		pthread_condattr_destroy(&monotonic);
	}
	if (!good)
		pthread_mutex_destroy(lock);
	return good;
}

bool thread_news_wait(pthread_mutex_t *lock, pthread_cond_t *news, int64_t until_ns)
{
	const struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
	                               .tv_nsec = (long)(until_ns % NS_PER_S)};
	return pthread_cond_timedwait(news, lock, &until) != ETIMEDOUT;
}
