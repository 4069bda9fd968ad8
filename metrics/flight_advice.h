/*
 * What a flight recorder could be told better: from what its dump weighs and how far back it goes
 * follows how much memory a program needs to be remembered for so long. Pure functions.
 */
#ifndef SCHEDTOP_METRICS_FLIGHT_ADVICE_H
#define SCHEDTOP_METRICS_FLIGHT_ADVICE_H

#include <stddef.h>
#include <stdint.h>

struct flight_facts {
	int64_t reach_ns;   /* how far back the dump goes; 0: not known */
	uint64_t bytes;     /* of the dump */
	int64_t min_age_ns; /* what the recorder was asked for; 0: not known */
	int64_t max_bytes;  /* 0: not known */
	int64_t on_ns;      /* for how long it has been on; 0: not known */
};

/* One sentence or two; "" when there is nothing to say. */
void flight_advice(const struct flight_facts *facts, char *to, size_t size);

#endif
