/*
 * Hashes of a few words, for tables in memory: cheap, and no defence against numbers that were
 * chosen to collide. Any thread.
 */
#ifndef SCHEDTOP_UTIL_HASH_H
#define SCHEDTOP_UTIL_HASH_H

#include <stdint.h>

/* One word more. Begin with any number. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

#endif
