/*
 * Where in a trace its generations lie: from the beginning of any of them reading can start, and
 * what it tells is complete from there on. Of very many some are left out. A visitor; the caller
 * owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_PLACES_H
#define SCHEDTOP_TRACE_PLACES_H

#include "trace/event.h"

enum { PLACES_MOST = 8192 };

struct place {
	uint64_t offset, number; /* of the generation; in the trace, uncompressed */
	int64_t since_ns;        /* when it began */
	int64_t last_ns;         /* of its events, and of those of generations left out behind it */
	bool broken; /* it ends before it has named all that there is, or is followed by what is lost */
};

struct places {
	struct place *place;
	size_t n;
	uint64_t step, seen; /* every step-th generation has a place */
	int64_t last_ns;     /* of the generation being read */
	bool any;
};

/* All zero is a good start. */
void places_finish(struct places *places);
struct trace_visitor places_visitor(struct places *places);

/* The last place from which on nothing is missed of what happens from that time on. 0 also when
   there is none. */
size_t places_find(const struct places *places, int64_t at_ns);

#endif
