/*
 * Threads that hear no signals: those are for the thread that began, which knows what to do, and a
 * pipe without a reader is an error of write and not the end of the program. And what threads wait
 * for each other with: a lock and news, by the monotonic clock, which nobody sets.
 */
#ifndef SCHEDTOP_UTIL_THREAD_H
#define SCHEDTOP_UTIL_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* As pthread_create, whose status it gives: 0, or an errno. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

/* false: neither is there, for want of memory. */
bool thread_news_init(pthread_mutex_t *lock, pthread_cond_t *news);
/* With the lock held: waits for news until that time, in ns of clock_monotonic_ns. false: it has
   passed. */
bool thread_news_wait(pthread_mutex_t *lock, pthread_cond_t *news, int64_t until_ns);

#endif
