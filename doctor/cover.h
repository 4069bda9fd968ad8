/*
 * How much of the time at least one of many stretches covers, told as they end: the union of
 * intervals in the memory of a few. Plain values, nothing to be freed; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_COVER_H
#define SCHEDTOP_DOCTOR_COVER_H

#include <stddef.h>
#include <stdint.h>

enum { COVER_OPEN = 16 };

struct cover {
	int64_t done_ns;  /* of those that nothing can reach any more */
	int64_t until_ns; /* they all end before */
	/* Disjoint, in their order. What begins before the oldest of them is cut off there once there
	   is no room for more. */
	struct {
		int64_t begin_ns, end_ns;
	} open[COVER_OPEN];
	size_t n;
};

/* All zero covers nothing. Each ends no earlier than the one before it; if it does after all, it
   counts from there. */
void cover_add(struct cover *cover, int64_t begin_ns, int64_t end_ns);
int64_t cover_ns(const struct cover *cover);
/* What both cover counts twice where they are done. */
void cover_merge(struct cover *cover, const struct cover *other);

#endif
