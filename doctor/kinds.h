/*
 * Questions about goroutines of one kind, which the analysis sums up: by what function they start
 * with and what function created them. For rules that conclude; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_KINDS_H
#define SCHEDTOP_DOCTOR_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "report/analysis.h"

/* NULL: there are none. */
const struct goroutine_kind *kinds_find(const struct analysis *analysis, uint32_t function,
                                        uint32_t creator);
/* How often they waited for this reason, "network" or another word of the trace; NULL: for any. */
uint64_t kind_waits(const struct analysis *analysis, const struct goroutine_kind *kind,
                    const char *reason);
/* How often they gave up their P or lost it, and got one again, without having waited for anything.
 */
uint64_t kind_yields(const struct analysis *analysis, const struct goroutine_kind *kind);
/* Do they give their P up by themselves, again and again after a moment? Who computes loses it
   after 10 ms. */
bool kind_polls(const struct analysis *analysis, const struct goroutine_kind *kind);

#endif
