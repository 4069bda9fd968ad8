/*
 * Makes snapshots of schedtrace text as it comes, in pieces of any size: one of each SCHED line
 * with the P, M and G lines that belong to it under scheddetail. What else the program prints is
 * told apart. A line that something fell into is left out, and with it what can't be told without
 * it; nothing is made up for it. One thread.
 */
#ifndef SCHEDTOP_METRICS_SCHEDTRACE_READER_H
#define SCHEDTOP_METRICS_SCHEDTRACE_READER_H

#include "metrics/snapshot.h"
#include "util/status.h"

struct schedtrace_sink {
	/*
	 * When the line was printed, on the monotonic clock, by its own time in ms. `anew`: the program
	 * began anew since the line before, or this is the first one. NULL: ms since the first line.
	 */
	int64_t (*time)(int64_t ms, bool anew, void *arg);
	/* A snapshot with all that was told, and nothing else: its reference is the callee's. NULL:
	   none are made, lines are but told apart. */
	void (*snapshot)(struct snapshot *s, void *arg);
	/* The bytes of lines that counted, with their newlines, and all others; NULL: who cares. */
	void (*counted)(const char *bytes, size_t n, void *arg);
	void (*other)(const char *bytes, size_t n, void *arg);
	void *arg;
};

struct schedtrace_reader;

struct schedtrace_reader *schedtrace_reader_create(const struct schedtrace_sink *sink);
void schedtrace_reader_destroy(struct schedtrace_reader *r); /* NULL is fine */

/* STATUS_FAILED when out of memory: what was under way is lost, and the next call goes on. */
enum status schedtrace_reader_feed(struct schedtrace_reader *r, const char *bytes, size_t n);
/* Nothing came for a while: what was begun is complete, unless half a line of it is there. Half a
   line of others is passed on. */
enum status schedtrace_reader_settle(struct schedtrace_reader *r);
/* Nothing more comes, or it begins anew elsewhere. */
enum status schedtrace_reader_end(struct schedtrace_reader *r);
/* Is there anything that settling would complete? */
bool schedtrace_reader_is_pending(const struct schedtrace_reader *r);
/* How many SCHED lines counted so far. */
uint64_t schedtrace_reader_count(const struct schedtrace_reader *r);

#endif
