#include "trace/task_rows.h"

#include <stdlib.h>
#include <string.h>

struct task_rows *task_rows_create(void)
{
	return calloc(1, sizeof(struct task_rows));
}

void task_rows_destroy(struct task_rows *rows)
{
	for (size_t i = 0; rows && i < TASK_ROWS; i++)
		free(rows->row[i]);
	if (rows)
		free(rows->open);
	free(rows);
}

unsigned task_row_of(int64_t ns)
{
	return ns > 0 ? 63 - (unsigned)__builtin_clzll((unsigned long long)ns) : 0;
}

bool task_rows_add(struct task_rows *rows, const struct task_brief *brief, bool open)
{
	struct task_row **row = open ? &rows->open : &rows->row[task_row_of(brief->ns)];
	if (!*row)
		*row = calloc(1, sizeof **row);
	if (!*row)
		return false;
	struct task_brief *kept = (*row)->brief;
	size_t n = (*row)->kept, at = n;
	while (at > 0 && kept[at - 1].ns < brief->ns)
		at--;
	if (at == TASK_ROW_KEPT)
		return true;
	if (n < TASK_ROW_KEPT)
		(*row)->kept = ++n;
	memmove(&kept[at + 1], &kept[at], (n - 1 - at) * sizeof *kept);
	kept[at] = *brief;
	return true;
}
