#include "trace/lane_change.h"

#include <stdlib.h>
#include <string.h>

#include "trace/slots.h"

/* Of a goroutine. */
enum { WORKS = 1, ASSISTS = 2 };

void lane_work_finish(struct lane_work *work)
{
	gc_workers_finish(&work->workers);
	free(work->flags);
	*work = (struct lane_work){0};
}

bool lane_work_prepare(struct lane_work *work, const struct trace_block *block)
{
	return SLOTS_FIT(work->flags, work->slots, block->goroutines, NULL) &&
	       gc_workers_prepare(&work->workers, block);
}

void lane_work_gap(struct lane_work *work)
{
	slots_drop(&work->flags, &work->slots);
	gc_workers_gap(&work->workers);
}

/* --- Ps -----------------------------------------------------------------------------------------
 */

/* A P comes to a thread, or goes. The goroutine in a system call stays on the thread when its P is
   taken away. */
static bool change_proc(const struct trace_block *block, const struct trace_event *e,
                        struct lane_change *c)
{
	bool runs = e->to == PROC_RUNNING;
	bool alone = e->g == TRACE_NONE && e->type != EV_PROC_STEAL;
	if (e->from == e->to)
		return false;
	*c = (struct lane_change){
		.at_ns = trace_since(block, e),
		.proc = e->subject,
		.thread = alone && (runs || e->type == EV_PROC_STOP) ? e->m : TRACE_NONE,
		.goroutine = TRACE_NONE,
		.proc_state = runs ? SPAN_SCHED : SPAN_IDLE,
		.thread_state = runs ? SPAN_SCHED : SPAN_IDLE,
	};
	/* Which of a thread, its P and its goroutine is named first is left to chance. */
	if (e->type == EV_PROC_STATUS && runs && e->g != TRACE_NONE) {
		c->goroutine = e->g;
		c->proc_state = SPAN_AS_THREAD;
	}
	return true;
}

/* --- work for the collector ----------------------------------------------------------------------
 */

uint8_t lane_work_judge(struct lane_work *work, const struct trace_event *e)
{
	uint8_t *flags = &work->flags[e->subject];
	bool works = work->workers.is[e->subject] == GC_WORKER_YES;
	*flags = (uint8_t)(works ? *flags | WORKS : *flags & ~WORKS);
	return e->from == GO_RUNNING ? lane_running(work, e->subject) : SPAN_UNKNOWN;
}

/* It is at another work from now on; `whole`: it was since it began to run. */
static bool change_work(const struct lane_work *work, const struct trace_event *e,
                        uint32_t goroutine, bool whole, struct lane_change *c)
{
	if (e->to != GO_RUNNING || e->g != goroutine)
		return false;
	uint8_t state = lane_running(work, goroutine);
	c->at_ns = e->at_ns;
	c->proc = e->p;
	c->thread = e->m;
	c->goroutine = goroutine;
	c->proc_state = c->thread_state = state;
	c->whole = whole;
	return true;
}

static bool change_assist(struct lane_work *work, const struct trace_event *e,
                          struct lane_change *c)
{
	if (e->subject >= work->slots)
		return false;
	uint8_t *flags = &work->flags[e->subject];
	c->until = SPAN_UNKNOWN;
	if (gc_workers_note_assist(&work->workers, e) && *flags & WORKS) {
		*flags &= (uint8_t)~WORKS;
		c->until = lane_running(work, e->subject);
	}
	if (e->type == EV_GC_MARK_ASSIST_END)
		*flags &= (uint8_t)~ASSISTS;
	else
		*flags |= ASSISTS;
	return change_work(work, e, e->subject, e->type == EV_GC_MARK_ASSIST_ACTIVE, c);
}

/* Workers say what they are right after they began to run. */
static bool change_label(struct lane_work *work, const struct trace_block *block,
                         const struct trace_event *e, struct lane_change *c)
{
	if (!gc_workers_label(&work->workers, block, e))
		return false;
	work->flags[e->g] |= WORKS;
	c->until = SPAN_UNKNOWN;
	return change_work(work, e, e->g, true, c);
}

bool lane_change_other(struct lane_work *work, const struct trace_block *block,
                       const struct trace_event *e, struct lane_change *c)
{
	switch (e->type) {
	case EV_PROC_START:
	case EV_PROC_STOP:
	case EV_PROC_STEAL:
	case EV_PROC_STATUS:
		return change_proc(block, e, c);
	case EV_GC_MARK_ASSIST_BEGIN:
	case EV_GC_MARK_ASSIST_ACTIVE:
	case EV_GC_MARK_ASSIST_END:
		return change_assist(work, e, c);
	case EV_GO_LABEL:
		return change_label(work, block, e, c);
	default:
		return false;
	}
}
