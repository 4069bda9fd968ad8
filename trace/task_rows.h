/*
 * Tasks of one type to look at: of each power of two that durations fell into the slowest few, and
 * of those that had not ended the longest. So every bar of a histogram has tasks that stand for it,
 * in memory that does not grow with the tasks. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_TRACE_TASK_ROWS_H
#define SCHEDTOP_TRACE_TASK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TASK_ROWS = 64,     /* row k holds [2^k, 2^(k+1)) ns, and row 0 also what took none */
	TASK_ROW_KEPT = 16, /* tasks of one row */
};

struct task_brief {
	uint64_t id, creator; /* creator: the goroutine's ID */
	int64_t begin_ns, ns;
};

struct task_row {
	size_t kept;
	struct task_brief brief[TASK_ROW_KEPT]; /* slowest first */
};

struct task_rows {
	struct task_row *row[TASK_ROWS]; /* NULL: none */
	struct task_row *open;
};

struct task_rows *task_rows_create(void); /* NULL: no memory */
void task_rows_destroy(struct task_rows *rows);
/* false: no memory. */
bool task_rows_add(struct task_rows *rows, const struct task_brief *brief, bool open);
/* The row of a duration. */
unsigned task_row_of(int64_t ns);

#endif
