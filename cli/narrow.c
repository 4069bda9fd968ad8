#include "cli/narrow.h"

#include <limits.h>

#include "util/text.h"

struct task_filter narrow_tasks(const struct options *o)
{
	struct task_filter filter = {.trace_id = o->trace_id};
	long id;
	if (o->task && text_parse_integer(o->task, 1, LONG_MAX, &id))
		filter.id = (uint64_t)id;
	else
		filter.type = o->task;
	return filter;
}
