/*
 * The analyses that look at every transition of a goroutine, in one walk: each of them by itself
 * would look at the same events again, and guess wrong again at what comes next. What each of them
 * has in the end is the same. A visitor; the analyses are the caller's, one thread.
 */
#ifndef SCHEDTOP_TRACE_STATES_H
#define SCHEDTOP_TRACE_STATES_H

#include "trace/activity.h"
#include "trace/blocking.h"
#include "trace/goroutines.h"
#include "trace/mmu.h"
#include "trace/spells.h"

/* All of the first four, and none that looks at one goroutine alone. */
struct states {
	struct goroutines *goroutines;
	struct blocking *blocking;
	struct activity *activity;
	struct mmu *mmu;
	struct spells *spells; /* NULL: nobody listens */
};

struct trace_visitor states_visitor(struct states *states);
void states_restart(void *states, int64_t time_ns);

#endif
