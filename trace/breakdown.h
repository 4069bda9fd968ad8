/*
 * What time was spent on, in few enough kinds to keep one array for every open task and region: the
 * states, and the first reasons for being blocked that the trace names (a runtime has about 20).
 * The caller owns it; one thread.
 */
#ifndef SCHEDTOP_TRACE_BREAKDOWN_H
#define SCHEDTOP_TRACE_BREAKDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/elapsed.h"
#include "trace/event.h"

enum {
	SPENT_RUNNING,
	SPENT_SYSCALL,
	SPENT_RUNNABLE,
	SPENT_NOBODY,     /* of a task: no goroutine worked for it */
	SPENT_UNKNOWN,    /* blocked, on what the trace doesn't say */
	SPENT_REASONS,    /* the first reason */
	SPENT_OTHER = 39, /* reasons beyond those there is room for */
	SPENT_KINDS
};

struct breakdown {
	int64_t ns[SPENT_KINDS];
};

struct spent_reasons {
	uint32_t name[SPENT_KINDS]; /* from SPENT_REASONS on */
	unsigned reasons;
	uint8_t *kind_of; /* by name; 0: not asked for yet */
	size_t limit;
	bool torn; /* there was no memory to tell one from the others */
};

void spent_reasons_finish(struct spent_reasons *reasons);
/* Where the goroutine's time goes after this transition. */
uint8_t spent_kind(struct spent_reasons *reasons, const struct trace_event *e);
/* Is this reason one of those that are told apart? */
static inline bool spent_is_known(const struct spent_reasons *reasons, uint32_t name)
{
	return name < reasons->limit && reasons->kind_of[name];
}
/* "running", ..., or the reason: a name. *fixed is NULL then. */
uint32_t spent_name(const struct spent_reasons *reasons, unsigned kind, const char **fixed);
void breakdown_add(struct breakdown *to, const struct breakdown *from);

#endif
