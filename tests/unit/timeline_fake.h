/*
 * A timeline of a trace that never was, in place of browse/timeline_source.c: the same spans in
 * every run, known before anything is read, and telling of them only when a test lets it. One
 * thread.
 */
#ifndef SCHEDTOP_TESTS_TIMELINE_FAKE_H
#define SCHEDTOP_TESTS_TIMELINE_FAKE_H

#include "browse/timeline_source.h"

#define FAKE_START_NS INT64_C(5000000000) /* on the trace's clock */

struct fake_timeline {
	size_t procs;
	int64_t length_ns;
	bool hostile; /* names with escape sequences, wide and invalid characters */
	bool exact;   /* what is wanted is there at once */
	bool broken;  /* there won't be exact spans */
};

struct timeline_source *fake_timeline(const struct fake_timeline *how);
/* From the next poll on what was wanted or is searched for is there. */
void fake_timeline_arrive(struct timeline_source *source);
/* What was asked for last. */
const struct timeline_want *fake_timeline_wanted(const struct timeline_source *source);
const struct timeline_find *fake_timeline_sought(const struct timeline_source *source);
/* A span of the goroutine in that state, the first one from a moment on; NULL: there is none. */
const struct span *fake_timeline_span(const struct timeline_source *source, uint64_t goroutine,
                                      enum span_state state, int64_t from_ns);

#endif
