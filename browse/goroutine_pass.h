/*
 * Reads a trace once more for one of its goroutines, on a thread of its own, and lets whoever draws
 * look at what is known of it so far: where it blocked, what samples saw of it. It belongs to the
 * thread that draws.
 */
#ifndef SCHEDTOP_BROWSE_GOROUTINE_PASS_H
#define SCHEDTOP_BROWSE_GOROUTINE_PASS_H

#include "browse/view.h"

struct goroutine_pass;

/* Of the same part of the same trace. NULL, with a sentence: it can't be read again. */
struct goroutine_pass *goroutine_pass_create(const struct trace_data *data, uint64_t goroutine,
                                             struct error *error);
/* At once, however far it is. NULL is fine. */
void goroutine_pass_destroy(struct goroutine_pass *pass);

struct goroutine_report {
	const struct trace_data *data; /* its analysis knows that goroutine alone */
	/* The goroutine with the state it is in; NULL: it was not seen so far. */
	const struct goroutine_time *goroutine;
	bool lives; /* the state goes on; false: it ended, or the part of the trace did */
};

/* What there is now, until goroutine_pass_unlock. */
struct goroutine_report goroutine_pass_lock(struct goroutine_pass *pass);
void goroutine_pass_unlock(struct goroutine_pass *pass);

#endif
