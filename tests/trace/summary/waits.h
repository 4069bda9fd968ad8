/*
 * What the differential test compares of where goroutines wait: the analyses of blocking and of
 * latency as lines of text. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_TESTS_TRACE_SUMMARY_WAITS_H
#define SCHEDTOP_TESTS_TRACE_SUMMARY_WAITS_H

#include "trace/blocking.h"
#include "trace/latency.h"

struct waits {
	struct stacks stacks;
	struct blocking blocking, ready;
	struct latency latency;
};

void waits_init(struct waits *waits);
void waits_finish(struct waits *waits);
/* One for each of the three. */
enum { WAITS_VISITORS = 3 };
void waits_visitors(struct waits *waits, struct trace_visitor visitors[WAITS_VISITORS]);
void waits_print(const struct waits *waits, const struct names *names);

#endif
