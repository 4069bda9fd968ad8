/* What the events of the collector need and do: cycles, sweeping, assists, stops of the world. */
#include "trace/advance.h"

static enum advance emit_gc(struct order *o, struct front *f, enum gc_state state)
{
	o->gc_seq = f->arg[0];
	o->gc_state = state;
	struct trace_event *e = emit(o, f);
	e->arg[0] = f->arg[0];
	if (f->type == EV_GC_BEGIN)
		e->arg[2] = f->arg[1];
	return ADVANCE_READY;
}

enum advance advance_gc_active(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	if (o->generation->number == o->initial) {
		NEED(o->gc_state == GC_UNDETERMINED, "it isn't the first event of the collector");
		return emit_gc(o, f, GC_RUNNING);
	}
	if (f->arg[0] != o->gc_seq + 1)
		return ADVANCE_WAIT;
	NEED(o->gc_state == GC_RUNNING, "no collection is running");
	NEED_USER;
	return emit_gc(o, f, GC_RUNNING);
}

enum advance advance_gc_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	if (o->gc_state == GC_UNDETERMINED)
		return emit_gc(o, f, GC_RUNNING);
	if (f->arg[0] != o->gc_seq + 1)
		return ADVANCE_WAIT;
	NEED(o->gc_state != GC_RUNNING, "a collection is running already");
	NEED_USER;
	return emit_gc(o, f, GC_RUNNING);
}

enum advance advance_gc_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	if (f->arg[0] != o->gc_seq + 1)
		return ADVANCE_WAIT;
	NEED(o->gc_state == GC_RUNNING, "no collection is running");
	NEED_USER;
	return emit_gc(o, f, GC_NOT_RUNNING);
}

enum advance advance_sweep_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	NEED(!o->proc[m->p].sweep, "proc %llu sweeps already", (unsigned long long)o->proc[m->p].id);
	o->proc[m->p].sweep = true;
	struct trace_event *e = emit(o, f);
	e->subject = m->p;
	e->arg[2] = f->arg[0];
	return ADVANCE_READY;
}

enum advance advance_sweep_active(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->proc_of, f->arg[0]);
	NEED(slot != IDMAP_NONE, "proc %llu isn't known", (unsigned long long)f->arg[0]);
	bool initial = o->generation->number == o->initial;
	NEED(o->proc[slot].sweep != initial, "proc %llu %s", (unsigned long long)f->arg[0],
	     initial ? "sweeps already" : "doesn't sweep");
	o->proc[slot].sweep = true;
	emit(o, f)->subject = slot;
	return ADVANCE_READY;
}

enum advance advance_sweep_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_THREAD;
	NEED_PROC;
	NEED(o->proc[m->p].sweep, "proc %llu doesn't sweep", (unsigned long long)o->proc[m->p].id);
	o->proc[m->p].sweep = false;
	struct trace_event *e = emit(o, f);
	e->subject = m->p;
	e->arg[0] = f->arg[0];
	e->arg[1] = f->arg[1];
	return ADVANCE_READY;
}

enum advance advance_assist_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	NEED(!o->goroutine[m->g].assist, "goroutine %llu assists already",
	     (unsigned long long)o->goroutine[m->g].id);
	o->goroutine[m->g].assist = true;
	struct trace_event *e = emit(o, f);
	e->subject = m->g;
	e->to = o->goroutine[m->g].status;
	e->arg[2] = f->arg[0];
	return ADVANCE_READY;
}

enum advance advance_assist_active(struct order *o, struct front *f)
{
	uint32_t slot = idmap_get(&o->goroutine_of, f->arg[0]);
	NEED(slot != IDMAP_NONE, "goroutine %llu isn't known", (unsigned long long)f->arg[0]);
	bool initial = o->generation->number == o->initial;
	NEED(o->goroutine[slot].assist != initial, "goroutine %llu %s", (unsigned long long)f->arg[0],
	     initial ? "assists already" : "doesn't assist");
	o->goroutine[slot].assist = true;
	struct trace_event *e = emit(o, f);
	e->subject = slot;
	e->to = o->goroutine[slot].status;
	return ADVANCE_READY;
}

enum advance advance_assist_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	NEED(o->goroutine[m->g].assist, "goroutine %llu doesn't assist",
	     (unsigned long long)o->goroutine[m->g].id);
	o->goroutine[m->g].assist = false;
	struct trace_event *e = emit(o, f);
	e->subject = m->g;
	e->to = o->goroutine[m->g].status;
	return ADVANCE_READY;
}

enum advance advance_stw_begin(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	uint32_t name;
	NEED_USER;
	NEED_NAME(f->arg[0], &name);
	uint32_t *stops = &o->goroutine[m->g].stops;
	NEED(!order_find_node(o, *stops, f->arg[0], NAME_ERROR),
	     "the world is stopped for this already");
	if (!order_push_node(o, stops, f->arg[0], name))
		return ADVANCE_NO_MEMORY;
	struct trace_event *e = emit(o, f);
	e->subject = m->g;
	e->name = name;
	e->arg[2] = f->arg[1];
	return ADVANCE_READY;
}

enum advance advance_stw_end(struct order *o, struct front *f)
{
	struct trace_thread *m = thread_of(o, f);
	NEED_USER;
	uint32_t *stops = &o->goroutine[m->g].stops;
	NEED(*stops, "the world isn't stopped by goroutine %llu",
	     (unsigned long long)o->goroutine[m->g].id);
	struct trace_event *e = emit(o, f);
	e->subject = m->g;
	e->name = o->node[*stops].name;
	order_pop_node(o, stops);
	return ADVANCE_READY;
}
