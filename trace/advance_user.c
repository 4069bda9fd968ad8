/* What annotations of the program, and changes of GOMAXPROCS, need and do. */
#include "trace/advance.h"

enum advance advance_task_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED(idmap_get(&o->task_of, f->arg[0]) == IDMAP_NONE, "task %llu has begun already",
	     (unsigned long long)f->arg[0]);
	NEED_NAME(f->arg[2], &name);
	NEED_USER;
	if (!order_open_task(o, f->arg[0], f->arg[1], name))
		return ADVANCE_NO_MEMORY;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[1] = f->arg[1];
	e->arg[2] = f->arg[3];
	e->name = name;
	return ADVANCE_READY;
}

/* A task may end more than once, or without a begin that we saw. */
enum advance advance_task_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[2] = f->arg[1];
	order_close_task(o, f->arg[0], &e->arg[1], &e->name);
	return ADVANCE_READY;
}

static enum advance emit_region(struct order *o, const struct front *f, uint8_t type, uint32_t name)
{
	struct trace_event *e = order_emit(o, type, f->time_ns, f->m);
	e->arg[0] = f->arg[0];
	e->arg[2] = f->arg[2];
	e->name = name;
	return ADVANCE_READY;
}

enum advance advance_region_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[1], &name);
	if (!order_push_node(o, &o->goroutine[m->g].regions, f->arg[0], name))
		return ADVANCE_NO_MEMORY;
	return emit_region(o, f, EV_USER_REGION_BEGIN, name);
}

enum advance advance_region_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[1], &name);
	uint32_t *regions = &o->goroutine[m->g].regions;
	switch (order_end_region(o, regions, f->arg[0], name)) {
	case REGION_ENDS:
		return emit_region(o, f, EV_USER_REGION_END, name);
	case REGION_STRAY:
		return emit_region(o, f, EV_USER_REGION_STRAY, name);
	default:
		return advance_broken(o, f,
		                      "region \"%.40s\" ends inside region \"%.40s\" of goroutine %llu",
		                      names_text(o->names, name),
		                      names_text(o->names, o->node[*regions].name),
		                      (unsigned long long)o->goroutine[m->g].id);
	}
}

enum advance advance_user_log(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[1], &name);
	if (!generation_has_string(o->generation, f->arg[2])) {
		NEED(o->tolerant, "string %llu isn't there", (unsigned long long)f->arg[2]);
		o->repairs.strings++;
		f->arg[2] = 0;
	}
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[1] = f->arg[2];
	e->arg[2] = f->arg[3];
	e->name = name;
	return ADVANCE_READY;
}

enum advance advance_go_label(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[0], &name);
	struct trace_event *e = emit(o, f);
	e->name = name;
	e->to = o->goroutine[m->g].status;
	return ADVANCE_READY;
}

enum advance advance_procs_change(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	e->arg[2] = f->arg[1];
	return ADVANCE_READY;
}
