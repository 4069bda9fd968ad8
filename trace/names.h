/*
 * Strings that outlive their generation (functions, files, wait reasons, names of tasks and
 * regions), kept once each and known by a small number; 0 is the empty string. The caller owns the
 * table. One thread, or several once `lock` is set; a number may be looked up by every thread that
 * has learned of it.
 */
#ifndef SCHEDTOP_TRACE_NAMES_H
#define SCHEDTOP_TRACE_NAMES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "util/siphash.h"

#define NAME_NONE  0 /* the empty string */
#define NAME_ERROR UINT32_MAX

struct name {
	char *text; /* terminated, but may hold NULs: as it came */
	uint32_t length;
	uint32_t hash;
};

enum { NAMES_CHUNKS = 24 };

struct names {
	struct name
		*chunk[NAMES_CHUNKS]; /* each twice as large as the one before; they stay in place */
	size_t n, capacity;
	uint32_t *slot; /* hash table of numbers */
	size_t mask;
	struct siphash_key key;
	uint64_t bytes;        /* of memory */
	pthread_mutex_t *lock; /* NULL, or the caller's */
	atomic_bool torn;      /* some could not be kept: there was no memory */
};

/* All zero is an empty table. */
void names_finish(struct names *names);
/* The number of the string, new or known; NAME_ERROR: no memory. */
uint32_t names_intern(struct names *names, const void *text, size_t length);
/* The same of a known one; NAME_ERROR: it is none. */
uint32_t names_find(const struct names *names, const void *text, size_t length);
/* With its length. Never NULL; empty for numbers not in the table. */
const struct name *names_get(const struct names *names, uint32_t number);
/* Never NULL; "" for numbers not in the table. */
const char *names_text(const struct names *names, uint32_t number);

#endif
