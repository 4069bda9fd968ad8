/*
 * The groups of goroutines as the history shows them: how fast each grows, and which of them look
 * like a leak or a deadlock, with what that was seen by. Pure functions over immutable snapshots;
 * any thread.
 */
#ifndef SCHEDTOP_METRICS_GOROUTINE_TABLE_H
#define SCHEDTOP_METRICS_GOROUTINE_TABLE_H

#include "metrics/history.h"

/* What speaks for a group being wrong, worst first. Never set for the runtime's own goroutines. */
enum goroutine_mark {
	GOROUTINE_MARK_NONE,
	/* The runtime itself found that nothing can wake them. */
	GOROUTINE_MARK_LEAKED,
	/* All of the program waits for a channel, a lock or a select, and there is no timer: nobody is
	   left to wake anybody. So in the last GOROUTINE_READINGS_MIN readings. */
	GOROUTINE_MARK_DEADLOCK,
	/* Half of them have waited for a lock for a minute: whoever holds it does not let go. */
	GOROUTINE_MARK_LOCK,
	/* Their number rose at least GOROUTINE_READINGS_MIN times within a minute and never fell, and
	   one of them has waited for a minute. */
	GOROUTINE_MARK_LEAK,
	GOROUTINE_MARK_COUNT,
};
extern const char *const goroutine_mark_name[GOROUTINE_MARK_COUNT]; /* "" for none */

#define GOROUTINE_GROWTH_NS    INT64_C(60000000000) /* what growth is measured over, if known */
#define GOROUTINE_GROWTH_MIN   INT64_C(10000000000) /* over less it is unknown */
#define GOROUTINE_STUCK_NS     INT64_C(60000000000)
#define GOROUTINE_READINGS_MIN 3

/* Can only another goroutine end a wait of this reason (runtime2.go waitReasonStrings)? */
bool goroutine_waits_for_others(const char *reason);

struct goroutine_stat {
	const struct goroutine_group *group;
	bool growth_known;
	double growth_per_min;
	enum goroutine_mark mark;
	uint32_t rises; /* of the leak: so often did the number rise */
};

/* Its pointers are into the history. */
struct goroutine_table {
	const struct snapshot *s;        /* the newest that has goroutines; NULL: none has */
	const struct goroutine_set *set; /* of it */
	enum goroutine_by by;
	int64_t growth_ns; /* what growth was measured over */
	size_t n;
	struct goroutine_stat *row; /* [n], in the set's order */
};

/* STATUS_FAILED when out of memory; the table is empty then, and also when nothing is known. */
enum status derive_goroutine_table(const struct history *h, enum goroutine_by by,
                                   struct goroutine_table *out);
void goroutine_table_finish(struct goroutine_table *table);

#endif
