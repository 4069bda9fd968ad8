/*
 * A hash of bytes that come from outside, where somebody could choose them to collide: nobody can
 * who doesn't know the key. For numbers that are our own hash.h is cheaper. Any thread.
 */
#ifndef SCHEDTOP_UTIL_SIPHASH_H
#define SCHEDTOP_UTIL_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t half[2];
};

/* One that nobody knows. */
struct siphash_key siphash_make_key(void);
/* SipHash-2-4 (Aumasson and Bernstein, 2012); as published on machines that are little endian. */
uint64_t siphash(const struct siphash_key *key, const void *bytes, size_t n);

#endif
