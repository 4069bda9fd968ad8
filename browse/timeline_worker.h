/*
 * Reads parts of a trace again for the Timeline, on a thread of its own: exact spans of a window,
 * and searches. The newest wish wins and what is under way for another is given up. The source owns
 * it; every call but the visitor's comes from the thread that draws, and none waits for the file.
 */
#ifndef SCHEDTOP_BROWSE_TIMELINE_WORKER_H
#define SCHEDTOP_BROWSE_TIMELINE_WORKER_H

#include "trace/search.h"
#include "trace/spans.h"

enum { WISH_LANES = 256 };

struct timeline_wish {
	int64_t from_ns, to_ns;
	size_t columns;
	struct lane lane[WISH_LANES];
	size_t lanes;
	int64_t first_ns; /* of the trace */
};

/* What it found for a wish. */
struct timeline_exact {
	struct timeline_wish wish;
	struct spans spans;
	struct names names;
};
void timeline_exact_destroy(struct timeline_exact *exact);

enum find_result { FIND_NONE_ASKED, FIND_PENDING, FIND_HIT, FIND_NOTHING, FIND_FAILED };

struct timeline_worker;

/* `path` must stay valid; `wake` is called on the worker's thread when there is something to take.
   NULL: no memory. */
struct timeline_worker *timeline_worker_create(const char *path, void (*wake)(void *self),
                                               void *wake_self);
void timeline_worker_destroy(struct timeline_worker *worker);
/* Learns from the loading pass where reading can begin. */
struct trace_visitor timeline_worker_visitor(struct timeline_worker *worker);

/* NULL: nothing is wanted any longer. */
void timeline_worker_want(struct timeline_worker *worker, const struct timeline_wish *wish);
/* The wish that is under way or waits; false: none. */
bool timeline_worker_wants(struct timeline_worker *worker, struct timeline_wish *wish);
/* The wish that could not be read, unless a later one could; false: none. */
bool timeline_worker_failed(struct timeline_worker *worker, struct timeline_wish *wish);
/* A search is under way or waits. */
bool timeline_worker_searches(struct timeline_worker *worker);
/* The bytes that must be read for a window; UINT64_MAX: unknown as yet. */
uint64_t timeline_worker_cost(struct timeline_worker *worker, int64_t from_ns, int64_t to_ns);
void timeline_worker_find(struct timeline_worker *worker, const struct timeline_find *query);

/* The newest finding, which is the caller's from now on; NULL: nothing new. */
struct timeline_exact *timeline_worker_take(struct timeline_worker *worker);
enum find_result timeline_worker_found(struct timeline_worker *worker, struct timeline_hit *hit);

struct timeline_progress {
	bool wants, finds; /* under way */
	double done;       /* of the reading that goes on, 0...1; negative: unknown */
	char why[160];     /* not "": there won't be anything, and why */
};
struct timeline_progress timeline_worker_progress(struct timeline_worker *worker);

#endif
