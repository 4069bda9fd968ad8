/*
 * How often something happened at each of many places, and how long it took: rows by a key of two
 * numbers (a function and a stack, a kind and a caller). So many rows at most; what comes then is
 * counted together in one more. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_TALLY_H
#define SCHEDTOP_DOCTOR_TALLY_H

#include "trace/distribution.h"
#include "trace/idmap.h"

enum { TALLY_ROWS = 1024 };

struct tally_row {
	uint32_t what, where; /* the key; of the row of all others they are UINT32_MAX */
	uint64_t count;
	int64_t total_ns;
	uint64_t long_count; /* of count and total: those that the caller calls long */
	int64_t long_ns;
	int64_t longest_ns, longest_at_ns; /* when it began */
	uint64_t longest_goroutine;        /* its ID */
};

struct tally {
	struct tally_row *row;
	size_t rows, capacity;
	struct idmap of_key;
};

/* All zero is an empty one. */
void tally_finish(struct tally *tally);
/* One more; NULL: no memory. The row may move with the next one. */
struct tally_row *tally_add(struct tally *tally, uint32_t what, uint32_t where, int64_t at_ns,
                            int64_t ns, uint64_t goroutine);
/* Adds what is in one row to another. */
void tally_row_add(struct tally_row *to, const struct tally_row *from);
/* Most time first, long time before that; numbers of the rows are others then, and nothing may be
   added any more. */
void tally_sort(struct tally *tally);

#endif
