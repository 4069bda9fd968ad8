#include "trace/mmu.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"

#define MS INT64_C(1000000)

/* Of a goroutine: works for the collector, assists it, is one of those that are busy with it. */
enum { WORKS = 1, ASSISTS = 2, COUNTED = 4 };

const int64_t mmu_window_ns[MMU_WINDOWS] = {
	1 * MS, 2 * MS, 5 * MS, 10 * MS, 20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS, 1000 * MS,
};

void mmu_finish(struct mmu *mmu)
{
	free(mmu->flags);
	gc_workers_finish(&mmu->workers);
	memset(mmu, 0, sizeof *mmu);
}

/* --- one window length ------------------------------------------------------------------------
 *
 * What was taken is a line that bends at the points. The window in which most is taken begins or
 * ends at one of them, so these are the only windows to look at: one that ends at each point when
 * it comes, and one that begins at it as soon as the line is known to its end.
 */

static inline unsigned behind(unsigned i)
{
	return i + 1 < MMU_POINTS ? i + 1 : 0;
}

static inline unsigned before(unsigned i)
{
	return (i > 0 ? i : MMU_POINTS) - 1;
}

static double between(const struct mmu_point *a, const struct mmu_point *b, int64_t at_ns)
{
	int64_t whole = elapsed_ns(a->at_ns, b->at_ns);
	if (whole == 0)
		return b->taken_ns;
	return a->taken_ns +
	       (b->taken_ns - a->taken_ns) * (double)elapsed_ns(a->at_ns, at_ns) / (double)whole;
}

/* Can so much be the most? Asked before it is looked at how much it is. */
static inline bool may_be_worst(const struct mmu_window *w, double taken_ns)
{
	return !w->known || taken_ns > w->worst_taken_ns;
}

static void judge(struct mmu_window *w, int64_t at_ns, double taken_ns)
{
	if (!may_be_worst(w, taken_ns))
		return;
	w->known = true;
	w->worst_taken_ns = taken_ns;
	w->worst_at_ns = at_ns;
}

/* Windows that begin at a point and are over when p comes; their points are let go but the last. */
static inline void end_windows(struct mmu_window *w, int64_t width, const struct mmu_point *p)
{
	while (w->points > w->over) {
		const struct mmu_point *start = &w->point[w->over ? behind(w->first) : w->first];
		if (elapsed_ns(start->at_ns, p->at_ns) < width)
			break;
		if (may_be_worst(w, p->taken_ns - start->taken_ns))
			judge(w, start->at_ns,
			      between(&w->point[w->last], p, start->at_ns + width) - start->taken_ns);
		if (w->over) {
			w->first = behind(w->first);
			w->points--;
		}
		w->over = 1;
	}
}

static void add_point(struct mmu_window *w, int64_t width, const struct mmu_point *p)
{
	if (w->points == 0) {
		w->point[w->last] = *p;
		w->points = 1;
		return;
	}
	end_windows(w, width, p);
	/* The window that ends here begins behind the first point. */
	const struct mmu_point *first = &w->point[w->first];
	if (w->over && may_be_worst(w, p->taken_ns - first->taken_ns)) {
		const struct mmu_point *next = w->points > 1 ? &w->point[behind(w->first)] : p;
		int64_t start = p->at_ns - width;
		judge(w, start, p->taken_ns - between(first, next, start));
	}
	bool near = w->points > 1 && elapsed_ns(w->point[before(w->last)].at_ns,
	                                        w->point[w->last].at_ns) < width / MMU_STEPS;
	if (!near) {
		w->last = behind(w->last);
		w->points++;
	}
	w->point[w->last] = *p;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* What is taken at this moment, 0...1. */
static double share(const struct mmu *mmu)
{
	if (mmu->stops)
		return 1;
	if (mmu->procs == 0)
		return 0;
	return mmu->busy < mmu->procs ? (double)mmu->busy / (double)mmu->procs : 1;
}

static void add_to_windows(struct mmu *mmu)
{
	const struct mmu_point p = {mmu->last_ns, mmu->taken_ns};
	for (size_t i = 0; i < MMU_WINDOWS; i++)
		if (mmu->only_ns == 0 || mmu->only_ns == mmu_window_ns[i])
			add_point(&mmu->window[i], mmu_window_ns[i], &p);
}

static void advance(struct mmu *mmu, int64_t now)
{
	if (now <= mmu->last_ns)
		return;
	mmu->taken_ns += share(mmu) * (double)elapsed_ns(mmu->last_ns, now);
	mmu->last_ns = now;
	add_to_windows(mmu);
}

void mmu_restart(void *self, int64_t time_ns)
{
	struct mmu *mmu = self;
	memset(mmu->window, 0, sizeof mmu->window);
	mmu->begun = true;
	mmu->taken_ns = 0;
	mmu->first_ns = mmu->last_ns = time_ns;
	add_to_windows(mmu);
}

/* What the goroutine is for the collector, now that it is in this state. */
static void recount(struct mmu *mmu, uint8_t *flags, uint8_t state, int64_t now)
{
	bool counts = (state == GO_RUNNING || state == GO_SYSCALL) && (*flags & (WORKS | ASSISTS));
	if (counts == ((*flags & COUNTED) != 0))
		return;
	advance(mmu, now);
	mmu->busy = counts ? mmu->busy + 1 : mmu->busy - 1;
	*flags ^= COUNTED;
}

void mmu_transition(struct mmu *mmu, const struct trace_block *block, const struct trace_event *e)
{
	uint8_t *flags = &mmu->flags[e->subject];
	/* Its label may have been a lie. */
	if (gc_workers_learn(&mmu->workers, block, e) && mmu->workers.is[e->subject] == GC_WORKER_NO)
		*flags &= (uint8_t)~WORKS;
	recount(mmu, flags, e->to, e->time_ns);
	if (e->to == TRACE_NOT_EXIST)
		*flags = 0;
}

static void set_flag(struct mmu *mmu, const struct trace_event *e, uint32_t slot, uint8_t flag,
                     bool on)
{
	uint8_t *flags = &mmu->flags[slot];
	*flags = (uint8_t)(on ? *flags | flag : *flags & ~flag);
	recount(mmu, flags, e->to, e->time_ns);
}

static bool begins(const struct trace_block *block, const struct trace_event *e, const char *prefix)
{
	return strncmp(names_text(block->names, e->name), prefix, strlen(prefix)) == 0;
}

static void stop(struct mmu *mmu, const struct trace_block *block, const struct trace_event *e)
{
	if (!begins(block, e, "GC "))
		return;
	advance(mmu, e->time_ns);
	if (e->type == EV_STW_BEGIN)
		mmu->stops++;
	else if (mmu->stops)
		mmu->stops--;
}

void mmu_other(struct mmu *mmu, const struct trace_block *block, const struct trace_event *e)
{
	switch (e->type) {
	case EV_STW_BEGIN:
	case EV_STW_END:
		stop(mmu, block, e);
		break;
	case EV_GC_MARK_ASSIST_BEGIN:
	case EV_GC_MARK_ASSIST_ACTIVE:
	case EV_GC_MARK_ASSIST_END:
		if (gc_workers_note_assist(&mmu->workers, e))
			set_flag(mmu, e, e->subject, WORKS, false);
		set_flag(mmu, e, e->subject, ASSISTS, e->type != EV_GC_MARK_ASSIST_END);
		break;
	case EV_GO_LABEL:
		/* gcBgMarkWorker labels itself with its mode each time it goes to work. */
		if (gc_workers_label(&mmu->workers, block, e))
			set_flag(mmu, e, e->g, WORKS, !begins(block, e, "GC (idle)"));
		break;
	case EV_PROCS_CHANGE:
		advance(mmu, e->time_ns);
		mmu->procs = e->arg[0];
		break;
	default:
		break;
	}
}

bool mmu_prepare(struct mmu *mmu, const struct trace_block *block)
{
	if (!SLOTS_FIT(mmu->flags, mmu->slots, block->goroutines, NULL) ||
	    !gc_workers_prepare(&mmu->workers, block))
		return false;
	if (!mmu->begun && block->events)
		mmu_restart(mmu, block->event[0].time_ns);
	if (mmu->procs == 0)
		mmu->procs = block->gomaxprocs;
	return true;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct mmu *mmu = self;
	if (!mmu_prepare(mmu, block))
		return false;
	for (size_t i = 0; i <= block->others; i++) {
		const struct trace_event *e = trace_stretch_begin(block, i);
		for (const struct trace_event *end = trace_stretch_end(block, i); e < end; e++)
			if (mmu->flags[e->subject] || gc_workers_ask(&mmu->workers, e))
				mmu_transition(mmu, block, e);
		if (i < block->others)
			mmu_other(mmu, block, e);
	}
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct mmu *mmu = self;
	advance(mmu, time_ns);
	slots_drop(&mmu->flags, &mmu->slots);
	gc_workers_gap(&mmu->workers);
	mmu->busy = mmu->stops = 0;
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	advance(self, time_ns);
}

struct trace_visitor mmu_visitor(struct mmu *mmu)
{
	return (struct trace_visitor){.self = mmu, .events = on_events, .gap = on_gap, .end = on_end};
}

double mmu_minimum(const struct mmu *mmu, size_t window)
{
	const struct mmu_window *w = &mmu->window[window];
	if (!w->known || mmu->procs == 0)
		return -1;
	double ratio = 1 - w->worst_taken_ns / (double)mmu_window_ns[window];
	return ratio < 0 ? 0 : ratio;
}

double mmu_mean(const struct mmu *mmu)
{
	double whole = (double)elapsed_ns(mmu->first_ns, mmu->last_ns);
	return whole > 0 && mmu->procs ? 1 - mmu->taken_ns / whole : -1;
}
