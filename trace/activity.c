#include "trace/activity.h"

static int64_t bytes_of(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

static void move(struct timeline *t, int64_t now, bool was, bool is)
{
	if (was != is)
		timeline_set(t, now, t->level + is - was);
}

static void other(struct activity *a, const struct trace_event *e)
{
	switch (e->type) {
	case EV_PROC_START:
	case EV_PROC_STOP:
	case EV_PROC_STEAL:
	case EV_PROC_STATUS:
		move(&a->running, e->time_ns, e->from == PROC_RUNNING, e->to == PROC_RUNNING);
		break;
	case EV_GC_BEGIN:
	case EV_GC_ACTIVE:
		timeline_set(&a->marking, e->time_ns, 1);
		break;
	case EV_GC_END:
		timeline_set(&a->marking, e->time_ns, 0);
		break;
	case EV_HEAP_ALLOC:
		timeline_set(&a->heap, e->time_ns, bytes_of(e->arg[0]));
		break;
	case EV_HEAP_GOAL:
		timeline_set(&a->goal, e->time_ns, bytes_of(e->arg[0]));
		break;
	default:
		break;
	}
}

static void begin_stretch(struct activity *a, struct activity_stretch *s, int64_t now_ns)
{
	int64_t runnable = timeline_begin(&a->runnable, &s->runnable, now_ns);
	int64_t syscalls = timeline_begin(&a->syscalls, &s->syscalls, now_ns);
	s->until_ns = runnable < syscalls ? runnable : syscalls;
	s->last_ns = a->runnable.since_ns;
}

void activity_begin(struct activity *a, const struct trace_block *block,
                    struct activity_stretch *stretch)
{
	int64_t first_ns = block->event[0].time_ns;
	if (!a->running.begun)
		activity_restart(a, first_ns);
	for (size_t i = 0; i < block->others; i++)
		other(a, block->other[i]);
	begin_stretch(a, stretch, first_ns);
}

void activity_renew(struct activity *a, struct activity_stretch *stretch, int64_t now_ns)
{
	activity_end(a, stretch);
	timeline_advance(&a->runnable, now_ns);
	timeline_advance(&a->syscalls, now_ns);
	begin_stretch(a, stretch, now_ns);
}

void activity_end(struct activity *a, const struct activity_stretch *stretch)
{
	timeline_end(&a->runnable, &stretch->runnable, stretch->last_ns);
	timeline_end(&a->syscalls, &stretch->syscalls, stretch->last_ns);
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct activity *a = self;
	struct activity_stretch stretch;
	if (!block->events)
		return true;
	activity_begin(a, block, &stretch);
	TRACE_TRANSITIONS(e, block)
	{
		activity_advance(a, &stretch, e->time_ns);
		activity_change(&stretch, e);
	}
	activity_end(a, &stretch);
	return true;
}

static void finish_level(struct timeline *t, int64_t now)
{
	if (t->begun)
		timeline_advance(t, now);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct activity *a = self;
	(void)block;
	finish_level(&a->running, time_ns);
	finish_level(&a->runnable, time_ns);
	finish_level(&a->syscalls, time_ns);
	finish_level(&a->marking, time_ns);
	finish_level(&a->heap, time_ns);
	finish_level(&a->goal, time_ns);
}

static void on_gap(void *self, int64_t time_ns)
{
	struct activity *a = self;
	timeline_set(&a->running, time_ns, 0);
	timeline_set(&a->runnable, time_ns, 0);
	timeline_set(&a->syscalls, time_ns, 0);
	timeline_set(&a->marking, time_ns, 0);
}

void activity_restart(void *self, int64_t time_ns)
{
	struct activity *a = self;
	timeline_restart(&a->running, time_ns);
	timeline_restart(&a->runnable, time_ns);
	timeline_restart(&a->syscalls, time_ns);
	timeline_restart(&a->marking, time_ns);
	if (a->heap.begun)
		timeline_restart(&a->heap, time_ns);
	if (a->goal.begun)
		timeline_restart(&a->goal, time_ns);
}

struct trace_visitor activity_visitor(struct activity *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
