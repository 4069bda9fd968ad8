/*
 * Threads that hear no signals: those are for the thread that began, which knows what to do, and a
 * pipe without a reader is an error of write and not the end of the program.
 */
#ifndef SCHEDTOP_UTIL_THREAD_H
#define SCHEDTOP_UTIL_THREAD_H

#include <pthread.h>

/* As pthread_create, whose status it gives: 0, or an errno. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
