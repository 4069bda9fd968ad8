/*
 * Of each group of goroutines (those that start with one function and were created by one) the ones
 * that lead in each state: what the analysis of all goroutines has no memory for. Filled by the
 * loading pass, under its lock. The caller owns it.
 */
#ifndef SCHEDTOP_BROWSE_LEADERS_H
#define SCHEDTOP_BROWSE_LEADERS_H

#include "report/analysis.h"
#include "trace/idmap.h"

enum {
	LEADER_STATES = 4,
	LEADER_GROUPS = 1024, /* of more than that there are none */
};

struct leader_group {
	uint32_t function, creator;
	struct top top[LEADER_STATES];
};

struct leaders {
	struct leader_group **group;
	size_t groups, capacity;
	struct idmap of;
};

/* All zero is a good start. */
void leaders_finish(struct leaders *leaders);
/* For an analysis that is about to begin: sets its hooks. */
void leaders_attach(struct leaders *leaders, struct analysis_options *options);

/* The groups of a part of the names; NAME_ERROR: any. */
struct leaders_wanted {
	uint32_t function, creator;
};
bool leaders_are(const struct leaders_wanted *wanted, uint32_t function, uint32_t creator);
/* All that lead in some state and are wanted, each once, in no order; those that still live too.
   The caller frees; NULL: none, or no memory. */
struct goroutine_time *leaders_choose(const struct leaders *leaders,
                                      const struct goroutines *goroutines,
                                      const struct leaders_wanted *wanted, int64_t now_ns,
                                      size_t *n);

#endif
