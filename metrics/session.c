#include "metrics/session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS_MAX 16

struct session {
	pthread_mutex_t lock; /* held for a few instructions, never across a call out */
	struct order order[ORDERS_MAX];
	size_t oldest, count;
	struct capture_state capture;
	struct sentinel_state sentinel;
	pid_t successor;
	struct process_name process[SESSION_PROCESSES_MAX];
	size_t processes;
	char trouble[256];
	void (*wake)(void *arg);
	void *arg;
};

struct session *session_create(void (*wake)(void *arg), void *arg)
{
	struct session *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	if (pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return NULL;
	}
	s->wake = wake;
	s->arg = arg;
	return s;
}

void session_destroy(struct session *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* With the lock held: the oldest order leaves the box. */
static struct order pop(struct session *s)
{
	struct order order = s->order[s->oldest];
	s->oldest = (s->oldest + 1) % ORDERS_MAX;
	s->count--;
	return order;
}

void session_order(struct session *s, enum order_kind kind, int64_t value)
{
	pthread_mutex_lock(&s->lock);
	if (s->count == ORDERS_MAX)
		pop(s);
	s->order[(s->oldest + s->count++) % ORDERS_MAX] = (struct order){kind, value};
	pthread_mutex_unlock(&s->lock);
	if (s->wake)
		s->wake(s->arg);
}

struct order session_take(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	struct order order = s->count ? pop(s) : (struct order){ORDER_NONE, 0};
	pthread_mutex_unlock(&s->lock);
	return order;
}

void session_tell_capture(struct session *s, const struct capture_state *state)
{
	pthread_mutex_lock(&s->lock);
	s->capture = *state;
	pthread_mutex_unlock(&s->lock);
}

struct capture_state session_capture(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	struct capture_state state = s->capture;
	pthread_mutex_unlock(&s->lock);
	return state;
}

void session_tell_sentinel(struct session *s, const struct sentinel_state *state)
{
	pthread_mutex_lock(&s->lock);
	s->sentinel = *state;
	pthread_mutex_unlock(&s->lock);
}

void session_get_sentinel(struct session *s, struct sentinel_state *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->sentinel;
	pthread_mutex_unlock(&s->lock);
}

void session_tell_successor(struct session *s, pid_t pid)
{
	pthread_mutex_lock(&s->lock);
	s->successor = pid;
	pthread_mutex_unlock(&s->lock);
}

pid_t session_successor(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	pid_t pid = s->successor;
	pthread_mutex_unlock(&s->lock);
	return pid;
}

void session_tell_processes(struct session *s, const struct process_name *process, size_t n)
{
	pthread_mutex_lock(&s->lock);
	s->processes = n < SESSION_PROCESSES_MAX ? n : SESSION_PROCESSES_MAX;
	if (n > 0)
		memcpy(s->process, process, s->processes * sizeof *process);
	pthread_mutex_unlock(&s->lock);
}

size_t session_processes(struct session *s, struct process_name to[SESSION_PROCESSES_MAX])
{
	pthread_mutex_lock(&s->lock);
	size_t n = s->processes;
	memcpy(to, s->process, n * sizeof *to);
	pthread_mutex_unlock(&s->lock);
	return n;
}

void session_tell_trouble(struct session *s, const char *sentence)
{
	pthread_mutex_lock(&s->lock);
	snprintf(s->trouble, sizeof s->trouble, "%s", sentence);
	pthread_mutex_unlock(&s->lock);
}

bool session_take_trouble(struct session *s, char *to, size_t size)
{
	pthread_mutex_lock(&s->lock);
	bool any = s->trouble[0] != '\0';
	if (any)
		snprintf(to, size, "%s", s->trouble);
	s->trouble[0] = '\0';
	pthread_mutex_unlock(&s->lock);
	return any;
}
