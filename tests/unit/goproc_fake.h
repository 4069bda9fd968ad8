/*
 * A runtime in memory of our own, for the reader to read: schedt, Ps, Ms and Gs at addresses and
 * offsets that are made up. A hook runs before every call, and changes things under the reader's
 * eyes.
 *
 * The fake owns everything; fake_destroy frees it.
 */
#ifndef SCHEDTOP_TESTS_GOPROC_FAKE_H
#define SCHEDTOP_TESTS_GOPROC_FAKE_H

#include "goproc/reader.h"

#define FAKE_PROCS      8
#define FAKE_THREADS    8
#define FAKE_GOROUTINES 16

struct fake {
	struct reader reader;
	size_t np, nm;
	unsigned calls;                                        /* so far */
	void (*before_call)(struct fake *fake, unsigned call); /* call counts from 1 */
	int fail_with;                                         /* an errno: every call fails */
	struct fake_region {
		uint64_t address;
		size_t size;
		uint8_t *bytes;
	} region[16];
	size_t regions;
};

/* A program that has just started: np idle Ps, nm Ms without work, P and M i have id i, G i has
   goid 100 + i. Ms are linked as the runtime does it, the last one first. */
struct fake *fake_create(int minor, size_t np, size_t nm);
void fake_destroy(struct fake *fake);

uint64_t fake_p(size_t i);
uint64_t fake_m(size_t i);
uint64_t fake_g(size_t i);
/* Members, by their numbers in objects.h, and fields of schedt: &layout->npidle. */
void fake_set_p(struct fake *fake, size_t i, enum p_member member, uint64_t value);
void fake_set_m(struct fake *fake, size_t i, enum m_member member, uint64_t value);
void fake_set_g(struct fake *fake, size_t i, enum g_member member, uint64_t value);
void fake_set_sched(struct fake *fake, struct layout_field field, uint64_t value);
void fake_set_procs(struct fake *fake, size_t np); /* gomaxprocs and len(allp) */
void fake_set_allm(struct fake *fake, uint64_t address);
void fake_set_allglen(struct fake *fake, uint64_t n);
/* The G at that address stands in the runtime's list at that place; G i stands at i. */
void fake_list_g(struct fake *fake, size_t place, uint64_t address);
/* P i runs G i on M i, as the runtime would have it. */
void fake_run(struct fake *fake, size_t p, size_t m, size_t g);
/* Zeros at that address; for at most 8 more pieces. */
void fake_map(struct fake *fake, uint64_t address, size_t size);
/* Any bytes that are mapped. */
uint8_t *fake_bytes(struct fake *fake, uint64_t address, size_t n);

#endif
