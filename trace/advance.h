/*
 * What each event needs and does, as internal/trace/order.go has it: one handler for one of its
 * advance functions. READY: the event was emitted and the state moved on. WAIT: it may fit later.
 * BROKEN: it never will. The inside of advance.c and its parts; not for others.
 */
#ifndef SCHEDTOP_TRACE_ADVANCE_H
#define SCHEDTOP_TRACE_ADVANCE_H

#include "trace/order_state.h"

/* Says why; always ADVANCE_BROKEN. */
enum advance advance_broken(struct order *o, const struct front *f, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

#define NEED(condition, ...)                          \
	do {                                              \
		if (__builtin_expect(!(condition), 0))        \
			return advance_broken(o, f, __VA_ARGS__); \
	} while (0)

#define HAS_THREAD  (f->m != 0)
#define NEED_THREAD NEED(HAS_THREAD, "expected a thread but didn't have one")
#define NEED_PROC   NEED(m->p != TRACE_NONE, "expected a proc but didn't have one")
#define NEED_GO     NEED(m->g != TRACE_NONE, "expected a goroutine but didn't have one")
#define NEED_NO_GO  NEED(m->g == TRACE_NONE, "expected no goroutine but had one")
/* order.go: userGoReqs */
#define NEED_USER \
	NEED_THREAD;  \
	NEED_PROC;    \
	NEED_GO

/* By status of a goroutine. */
extern const char *const advance_go_state[];

ORDER_HOT struct trace_thread *thread_of(struct order *o, const struct front *f)
{
	return &o->thread[f->m];
}

/* Binding to the IDs that stand for "none" binds to nothing, as in the reference. */
static inline uint32_t slot_or_none(uint64_t id, uint32_t slot)
{
	return id == UINT64_MAX ? TRACE_NONE : slot;
}

ORDER_HOT struct trace_event *emit(struct order *o, const struct front *f)
{
	return order_emit(o, f->type, f->time_ns, f->m);
}

ORDER_HOT void transition(struct trace_event *e, uint32_t subject, uint8_t from, uint8_t to)
{
	e->subject = subject;
	e->from = from;
	e->to = to;
}

/* Generations that follow each other differ in the lower half of their numbers. */
static inline bool succeeds(const struct order *o, uint64_t seq, uint32_t last_generation,
                            uint64_t last)
{
	return last_generation == (uint32_t)o->generation->number && seq == last + 1;
}

/* A string ID as a number of names; unknown ones are an error, or repaired. */
ORDER_HOT bool take_name(struct order *o, uint64_t id, uint32_t *name)
{
	*name = generation_name(o->generation, o->names, id);
	if (__builtin_expect(*name != NAME_ERROR, 1))
		return true;
	*name = NAME_NONE;
	if (!o->tolerant)
		return false;
	o->repairs.strings++;
	return true;
}
#define NEED_NAME(id, name) \
	NEED(take_name(o, id, name), "string %llu isn't there", (unsigned long long)(id))

/* advance_fast.c: what ended its run through one thread's usual events. */
enum fast {
	FAST_UNUSUAL, /* the next event needs its handler */
	FAST_PEEK,    /* the next event's type and time have to be read with care */
	FAST_TURN,    /* see RUN_TURN */
};
enum fast advance_fast(struct order *o, struct front *f, int64_t limit);

/* advance_procs.c */
enum advance advance_proc_status(struct order *o, struct front *f);
enum advance advance_proc_start(struct order *o, struct front *f);
enum advance advance_proc_stop(struct order *o, struct front *f);
enum advance advance_proc_steal(struct order *o, struct front *f);

/* advance_goroutines.c */
enum advance advance_go_status(struct order *o, struct front *f);
enum advance advance_go_create_syscall(struct order *o, struct front *f);
enum advance advance_go_switch(struct order *o, struct front *f);
enum advance advance_go_syscall_end_blocked(struct order *o, struct front *f);
enum advance advance_go_destroy_syscall(struct order *o, struct front *f);

/* advance_user.c */
enum advance advance_task_begin(struct order *o, struct front *f);
enum advance advance_task_end(struct order *o, struct front *f);
enum advance advance_region_begin(struct order *o, struct front *f);
enum advance advance_region_end(struct order *o, struct front *f);
enum advance advance_user_log(struct order *o, struct front *f);
enum advance advance_go_label(struct order *o, struct front *f);
enum advance advance_procs_change(struct order *o, struct front *f);

/* advance_gc.c */
enum advance advance_gc_active(struct order *o, struct front *f);
enum advance advance_gc_begin(struct order *o, struct front *f);
enum advance advance_gc_end(struct order *o, struct front *f);
enum advance advance_sweep_begin(struct order *o, struct front *f);
enum advance advance_sweep_active(struct order *o, struct front *f);
enum advance advance_sweep_end(struct order *o, struct front *f);
enum advance advance_assist_begin(struct order *o, struct front *f);
enum advance advance_assist_active(struct order *o, struct front *f);
enum advance advance_assist_end(struct order *o, struct front *f);
enum advance advance_stw_begin(struct order *o, struct front *f);
enum advance advance_stw_end(struct order *o, struct front *f);

#endif
