#include "cli/part.h"

#include <limits.h>

#include "util/text.h"

/* A number is a task, everything else is a type of tasks. */
static struct task_filter filter_of(const struct options *o)
{
	struct task_filter filter = {.trace_id = o->trace_id};
	long id;
	if (o->task && text_parse_integer(o->task, 1, LONG_MAX, &id))
		filter.id = (uint64_t)id;
	else
		filter.type = o->task;
	return filter;
}

struct analysis_options part_of(const struct options *o)
{
	return (struct analysis_options){.from_ns = o->from_ns,
	                                 .to_ns = o->to_ns,
	                                 .goroutine = o->goroutine,
	                                 .task = filter_of(o)};
}
