/*
 * One line of the text that a program prints with GODEBUG=schedtrace (runtime/proc.go), as Go 1.18
 * to 1.27 print it. Nothing is taken for granted: other output may stand before it on the same
 * line, or have fallen into its middle. A line counts whole or not at all. Pure; any thread.
 */
#ifndef SCHEDTOP_METRICS_SCHEDTRACE_LINE_H
#define SCHEDTOP_METRICS_SCHEDTRACE_LINE_H

#include "metrics/snapshot.h"

enum schedtrace_kind {
	SCHEDTRACE_OTHER, /* none of it */
	SCHEDTRACE_SCHED,
	SCHEDTRACE_P,
	SCHEDTRACE_M,
	SCHEDTRACE_G,
	SCHEDTRACE_KINDS,
};

/* A part of the line itself. */
struct schedtrace_text {
	const char *at; /* NULL: the line has no such part */
	size_t size;
};

struct schedtrace_line {
	enum schedtrace_kind kind;
	bool damaged;    /* it began as one of that kind and is none: it tells nothing */
	size_t begin;    /* what stands before it on the line is the program's own */
	int64_t id;      /* of the P, M or G; of SCHED the time in ms since the first one */
	struct fields f; /* of SCHED, P and M: the tables of snapshot.h */
	bool detail;     /* SCHED: P, M and G lines follow */
	/* SCHED without detail: the lists of all Ps, each with as many numbers as there are Ps. */
	struct schedtrace_text queues, ticks;
	struct schedtrace_text preemptoff; /* M */
	/* G. */
	int64_t status, m, lockedm;    /* FIELD_NIL: none */
	struct schedtrace_text reason; /* stale, unless the status is waiting */
};

/* `line` without its newline. */
void schedtrace_line_parse(const char *line, size_t size, struct schedtrace_line *out);
/* The next number of a list; false at its end. */
bool schedtrace_list_next(struct schedtrace_text *list, int64_t *value);

#endif
