/*
 * A goroutine profile as groups of goroutines. It tells stacks and how many stand there, and that
 * is all: who made them, since when they wait and their numbers are unknown. What they wait for
 * follows from the functions they wait in. Pure; any thread.
 */
#ifndef SCHEDTOP_COLLECT_PPROF_GOROUTINES_H
#define SCHEDTOP_COLLECT_PPROF_GOROUTINES_H

#include "collect/pprof_profile.h"
#include "metrics/goroutines.h"

/* `detail`: key of the group whose stacks are told; 0: none. NULL with a sentence: it is not
   believed, or there is no memory. */
struct goroutine_set *pprof_goroutines(const struct pprof_profile *p, int64_t at_ns,
                                       uint64_t detail, struct error *error);

#endif
