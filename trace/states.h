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

/* The first three are all there, and none of them looks at one goroutine alone. */
struct states {
	struct goroutines *goroutines;
	struct blocking *blocking;
	struct mmu *mmu;
	struct activity *activity; /* NULL, where somebody listens: nobody asks for it */
	struct spells *spells;     /* NULL: nobody listens */
};

struct trace_visitor states_visitor(struct states *states);
void states_restart(void *states, int64_t time_ns);

#endif
