/* Format 1: how annotations of the program, samples and the size of the heap are shown. */
#include "trace/v1_show.h"

const char *v1_show_task(struct v1_showing *s)
{
	const struct v1_event *from = s->e;
	if (from->type == V1_USER_TASK_END) {
		struct trace_event *e = v1_emit(s, EV_USER_TASK_END);
		e->arg[0] = from->arg[0];
		order_close_task(s->o, from->arg[0], &e->arg[1], &e->name);
		return NULL;
	}
	if (idmap_get(&s->o->task_of, from->arg[0]) != IDMAP_NONE)
		return "the task has begun already";
	uint32_t name = v1_name_of(s, from->arg[2]);
	if (!order_open_task(s->o, from->arg[0], from->arg[1], name))
		return v1_no_memory;
	struct trace_event *e = v1_emit(s, EV_USER_TASK_BEGIN);
	e->arg[0] = from->arg[0];
	e->arg[1] = from->arg[1];
	e->name = name;
	return NULL;
}

const char *v1_show_region(struct v1_showing *s)
{
	uint32_t name = v1_name_of(s, s->e->arg[2]);
	uint32_t slot = v1_slot_of(s->o, v1_current(s), GO_BAD);
	if (slot == TRACE_NONE)
		return v1_no_memory;
	if (s->e->arg[1] > 1)
		return "a region neither begins nor ends";
	uint32_t *regions = &s->o->goroutine[slot].regions;
	bool begins = s->e->arg[1] == 0;
	if (begins && !order_push_node(s->o, regions, s->e->arg[0], name))
		return v1_no_memory;
	enum region_end end =
		begins ? REGION_ENDS : order_end_region(s->o, regions, s->e->arg[0], name);
	if (end == REGION_MISFIT)
		return "a region ends inside another";
	struct trace_event *e = v1_emit(s, begins                ? EV_USER_REGION_BEGIN
	                                   : end == REGION_STRAY ? EV_USER_REGION_STRAY
	                                                         : EV_USER_REGION_END);
	e->arg[0] = s->e->arg[0];
	e->name = name;
	return NULL;
}

const char *v1_show_log(struct v1_showing *s)
{
	uint32_t name = v1_name_of(s, s->e->arg[1]);
	struct trace_event *e = v1_emit(s, EV_USER_LOG);
	e->arg[0] = s->e->arg[0];
	e->arg[1] = s->e->arg[3];
	e->name = name;
	return NULL;
}

const char *v1_show_sample(struct v1_showing *s)
{
	struct trace_event *e = v1_emit(s, EV_CPU_SAMPLE);
	e->m = TRACE_NONE; /* this format doesn't tell */
	e->arg[0] = s->e->g;
	e->arg[1] = TRACE_NO_THREAD;
	return NULL;
}

const char *v1_show_heap(struct v1_showing *s)
{
	v1_emit(s, s->e->type == V1_HEAP_ALLOC ? EV_HEAP_ALLOC : EV_HEAP_GOAL)->arg[0] = s->e->arg[0];
	return NULL;
}

const char *v1_show_futile(struct v1_showing *s)
{
	return s->v->tolerant ? NULL : "nothing in format 2 is like it";
}
