#include "trace/lane_change.h"

#include <stdlib.h>
#include <string.h>

#include "trace/slots.h"

/* Of a goroutine. */
enum { WORKS = 1, ASSISTS = 2 };

void lane_work_finish(struct lane_work *work)
{
	free(work->flags);
	*work = (struct lane_work){0};
}

bool lane_work_prepare(struct lane_work *work, const struct trace_block *block)
{
	return SLOTS_FIT(work->flags, work->slots, block->goroutines, NULL);
}

void lane_work_gap(struct lane_work *work)
{
	if (work->slots)
		memset(work->flags, 0, work->slots);
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

static bool change_work(struct lane_work *work, const struct trace_event *e, uint32_t goroutine,
                        uint8_t flag, bool on, bool whole, struct lane_change *c)
{
	if (goroutine == TRACE_NONE || goroutine >= work->slots)
		return false;
	uint8_t *flags = &work->flags[goroutine];
	*flags = (uint8_t)(on ? *flags | flag : *flags & ~flag);
	if (e->to != GO_RUNNING || e->g != goroutine)
		return false;
	uint8_t state = lane_running(work, goroutine);
	*c = (struct lane_change){e->at_ns, e->p, e->m, goroutine, state, state, whole};
	return true;
}

/* Its workers say what they are right after they began to run. */
static bool is_worker(const struct trace_block *block, const struct trace_event *e)
{
	return strncmp(names_text(block->names, e->name), "GC ", 3) == 0;
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
		return change_work(work, e, e->subject, ASSISTS, true, false, c);
	case EV_GC_MARK_ASSIST_ACTIVE:
		return change_work(work, e, e->subject, ASSISTS, true, true, c);
	case EV_GC_MARK_ASSIST_END:
		return change_work(work, e, e->subject, ASSISTS, false, false, c);
	case EV_GO_LABEL:
		return change_work(work, e, e->g, WORKS, is_worker(block, e), true, c);
	default:
		return false;
	}
}
