/*
 * Random numbers that are the same in every run: splitmix64, whose state is one word and which is
 * good enough to draw samples with. The caller owns the dice; one thread.
 */
#ifndef SCHEDTOP_COMPARE_DICE_H
#define SCHEDTOP_COMPARE_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state; /* any number is a seed */
};

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014). */
static inline uint64_t dice_roll(struct dice *dice)
{
	uint64_t x = dice->state += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* From 0 to n - 1; n is at least 1. */
static inline uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return (uint32_t)((dice_roll(dice) >> 32) * n >> 32);
}

/* true once in 2^n throws; n is below 64. */
static inline bool dice_rare(struct dice *dice, unsigned n)
{
	return n == 0 || dice_roll(dice) >> (64 - n) == 0;
}

#endif
