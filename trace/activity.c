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

/* States are taken from the events alone: "not determined" and "does not exist" are none. */
static void transition(struct activity *a, const struct trace_event *e)
{
	move(&a->runnable, e->time_ns, e->from == GO_RUNNABLE, e->to == GO_RUNNABLE);
	move(&a->syscalls, e->time_ns, e->from == GO_SYSCALL, e->to == GO_SYSCALL);
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

void activity_each(struct activity *a, const struct trace_block *block)
{
	TRACE_TRANSITIONS(e, block)
	transition(a, e);
}

bool activity_begin(struct activity *a, const struct trace_block *block,
                    struct activity_stretch *stretch)
{
	if (!block->events)
		return false;
	int64_t first_ns = block->event[0].time_ns, last_ns = block->event[block->events - 1].time_ns;
	if (!a->running.begun)
		activity_restart(a, first_ns);
	for (size_t i = 0; i < block->others; i++)
		other(a, block->other[i]);
	return timeline_begin(&a->runnable, &stretch->runnable, first_ns, last_ns) &&
	       timeline_begin(&a->syscalls, &stretch->syscalls, first_ns, last_ns);
}

void activity_end(struct activity *a, const struct trace_block *block,
                  const struct activity_stretch *stretch)
{
	int64_t last_ns = block->event[block->events - 1].time_ns;
	timeline_end(&a->runnable, &stretch->runnable, last_ns);
	timeline_end(&a->syscalls, &stretch->syscalls, last_ns);
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct activity_stretch stretch;
	if (!activity_begin(self, block, &stretch)) {
		activity_each(self, block);
		return true;
	}
	TRACE_TRANSITIONS(e, block)
	activity_change(&stretch, e);
	activity_end(self, block, &stretch);
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
