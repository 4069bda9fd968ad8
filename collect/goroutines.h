/*
 * The slow tier: all goroutines of the target, read and grouped now and then. A reading costs time
 * in proportion to their number, so it decides by itself when the next one is due: never more often
 * than a snapshot, and no more of a core than the budget. What it came to is published with every
 * set. And it is made in slices of about a millisecond, so that its thread has time for the rest:
 * each row is as of its own slice, and the set bears the time of the first one.
 *
 * Part of the memory source and of the collector's thread. The goproc is borrowed until the reading
 * is over or ended.
 */
#ifndef SCHEDTOP_COLLECT_GOROUTINES_H
#define SCHEDTOP_COLLECT_GOROUTINES_H

#include <stdbool.h>
#include <stdint.h>

#include "goproc/goproc.h"
#include "metrics/snapshot.h"

#define GOROUTINES_BUDGET_PPM 10000 /* of one core: 1 % */

/* Zero at the beginning. */
struct goroutines {
	int64_t due_ns;          /* the next reading; 0: at once */
	int64_t cost_ns;         /* of a reading, processor time, lately; 0: none was made yet */
	int64_t read_ns;         /* when the last one began */
	uint64_t detail;         /* asked for then */
	size_t rows;             /* of then, to make room for the next */
	struct reading *reading; /* under way; NULL: none is */
	bool has_news;           /* what follows, for the next snapshot: */
	enum status status;      /* of the reading that is over */
	struct goroutine_set *set;
	struct error error;
};

/* Begins a reading when that is due; true when one is under way then. `detail` is the key of the
   group whose members are asked for, 0: none. */
bool goroutines_begin(struct goroutines *goroutines, struct goproc *goproc, uint64_t detail,
                      int64_t interval_ns);
/* Goes on with it for a slice; false when it is over. */
bool goroutines_step(struct goroutines *goroutines);
/* Hands what the last reading came to over to the snapshot, once. The status is that of the target;
   a failure is also told in s->goroutines_trouble. */
enum status goroutines_take(struct goroutines *goroutines, struct snapshot *s);
void goroutines_end(struct goroutines *goroutines);

/* Is a reading to be made for the snapshot of now? Whoever asks for another group in detail does
   not have to wait. */
bool goroutines_is_due(const struct goroutines *goroutines, int64_t now_ns, int64_t interval_ns,
                       uint64_t detail);
/* Notes what the reading that began at now_ns cost, in processor time, and when the next one is
   due; tells it in the set. */
void goroutines_account(struct goroutines *goroutines, int64_t now_ns, int64_t cost_ns,
                        int64_t interval_ns, struct goroutine_set *set);
/* How long after the last reading the next one begins, when one takes cost_ns of processor time and
   there is a snapshot every interval_ns. */
int64_t goroutines_period(int64_t cost_ns, int64_t interval_ns);

#endif
