#include "trace/states.h"

#include "trace/elapsed.h"

/* Events lie in the cache of the processor that made them: asked for so far ahead, they are here
   in time. */
enum { AHEAD = 32 };

/* One block. */
struct walk {
	struct mmu *mmu;
	struct goroutines *goroutines;
	struct blocking *blocking;
	const struct trace_block *block;
	bool levels; /* are of interest */
	struct activity_stretch activity;
};

/* Every case, at leisure. false: no memory. */
static bool __attribute__((noinline)) show_unusual(struct walk *w, const struct trace_event *e)
{
	if (w->levels)
		activity_change(&w->activity, e);
	mmu_transition(w->mmu, w->block, e); /* who has flags was shown before: twice is no harm */
	return goroutines_transition(w->goroutines, w->block, e) &&
	       blocking_transition(w->blocking, w->block, e);
}

static inline void change(bool levels, struct timeline_stretch *level, const struct trace_event *e,
                          int by)
{
	if (levels)
		timeline_change(level, e->time_ns, by);
}

/* From running on, where the goroutine's function is known: how long it ran. */
static inline int64_t stop(struct goroutine_time *g, const struct trace_event *e, uint8_t to)
{
	int64_t ns = goroutines_close(g, GO_RUNNING, e->at_ns);
	g->state = to;
	return ns;
}

/* What nearly all transitions are has a case of its own, which does what each analysis would do.
   false: no memory. */
static inline __attribute__((always_inline)) bool show(struct walk *w, const struct trace_event *e,
                                                       bool levels, struct spells *spells,
                                                       struct spell_now *now)
{
	struct goroutine_time *g = &w->goroutines->slot[e->subject];
	struct blocked *b = &w->blocking->slot[e->subject];
	bool runs = g->state == GO_RUNNING && g->function != NAME_NONE &&
	            (!spells || spells_knows(spells, e->subject));
	int64_t ns;
	switch (e->type) {
	case EV_GO_START:
		if (g->state != GO_RUNNABLE)
			break;
		ns = goroutines_close(g, GO_RUNNABLE, e->at_ns);
		g->state = GO_RUNNING;
		change(levels, &w->activity.runnable, e, -1);
		return goroutines_note_latency(w->goroutines, g, ns) &&
		       (!spells || spells_start(spells, now, e, ns));
	case EV_GO_STOP:
		if (!runs)
			break;
		ns = stop(g, e, GO_RUNNABLE);
		change(levels, &w->activity.runnable, e, 1);
		return !spells || spells_stop(spells, now, e, ns);
	case EV_GO_BLOCK:
		if (!runs || !spent_is_known(&w->goroutines->known, e->name))
			break;
		ns = stop(g, e, GO_WAITING);
		return goroutines_begin_wait(w->goroutines, g, e->name) &&
		       blocking_begin(w->blocking, w->block, e, false) &&
		       (!spells || spells_block(spells, now, e, ns));
	case EV_GO_UNBLOCK:
		if (g->state != GO_WAITING || !b->site)
			break;
		ns = goroutines_close(g, GO_WAITING, e->at_ns);
		g->state = GO_RUNNABLE;
		goroutines_close_wait(w->goroutines, g, ns);
		blocking_close(w->blocking, b, ns);
		change(levels, &w->activity.runnable, e, 1);
		return !spells || spells_unblock(spells, now, e, ns);
	case EV_GO_SYSCALL_BEGIN:
		if (!runs)
			break;
		ns = stop(g, e, GO_SYSCALL);
		change(levels, &w->activity.syscalls, e, 1);
		return blocking_begin(w->blocking, w->block, e, true) &&
		       (!spells || spells_begin_syscall(spells, now, e, ns));
	case EV_GO_SYSCALL_END:
		if (g->state != GO_SYSCALL || !b->site)
			break;
		ns = goroutines_close(g, GO_SYSCALL, e->at_ns);
		g->state = GO_RUNNING;
		blocking_close(w->blocking, b, ns);
		change(levels, &w->activity.syscalls, e, -1);
		return distribution_add(&w->goroutines->syscall, ns) &&
		       (!spells || spells_end_syscall(spells, now, e, ns));
	default:
		break;
	}
	if (!spells)
		return show_unusual(w, e);
	spells_put_down(spells, now);
	bool ok = show_unusual(w, e) && spells_transition(spells, e);
	*now = spells_take_up(spells);
	return ok;
}

static inline __attribute__((always_inline)) bool
walk(const struct states *a, const struct trace_block *block, bool levels, struct spells *spells)
{
	struct walk w = {.mmu = a->mmu,
	                 .goroutines = a->goroutines,
	                 .blocking = a->blocking,
	                 .block = block,
	                 .levels = levels};
	const uint8_t *flags = a->mmu->flags;
	if (levels)
		activity_begin(a->activity, block, &w.activity);
	for (size_t i = 0; i <= block->others; i++) {
		const struct trace_event *e = trace_stretch_begin(block, i);
		struct spell_now now = {0};
		if (spells)
			now = spells_take_up(spells);
		for (const struct trace_event *end = trace_stretch_end(block, i); e < end; e++) {
			__builtin_prefetch((const void *)((uintptr_t)e + AHEAD * sizeof *e));
			if (levels)
				activity_advance(a->activity, &w.activity, e->time_ns);
			if (__builtin_expect(flags[e->subject], 0))
				mmu_transition(a->mmu, block, e);
			if (spells && __builtin_expect(!spells_advance(spells, &now, e), 0))
				return false;
			if (spells)
				slots_touch(&spells->touched, e->subject);
			if (__builtin_expect(!show(&w, e, levels, spells, &now), 0))
				return false;
		}
		if (spells)
			spells_put_down(spells, &now);
		if (i == block->others)
			break;
		mmu_other(a->mmu, block, e);
		if (spells && !spells_other(spells, e))
			return false;
	}
	if (levels)
		activity_end(a->activity, &w.activity);
	return true;
}

/* A walk for each of those who want something else: nobody should pay for what others ask for. */
static bool __attribute__((noinline, nonnull))
walk_and_tell(const struct states *a, const struct trace_block *block, struct spells *spells)
{
	return walk(a, block, true, spells);
}

static bool __attribute__((noinline, nonnull))
only_tell(const struct states *a, const struct trace_block *block, struct spells *spells)
{
	return walk(a, block, false, spells);
}

static bool on_events(void *self, const struct trace_block *block)
{
	const struct states *a = self;
	if (block->events == 0)
		return true;
	if (!goroutines_prepare(a->goroutines, block) || !blocking_prepare(a->blocking, block) ||
	    !mmu_prepare(a->mmu, block))
		return false;
	if (!a->spells)
		return walk(a, block, true, NULL);
	return spells_begin_block(a->spells, block) &&
	       (a->activity ? walk_and_tell : only_tell)(a, block, a->spells) &&
	       spells_end_block(a->spells);
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	const struct states *a = self;
	return !a->spells || spells_visitor(a->spells).generation_end(a->spells, block);
}

static void on_gap(void *self, int64_t time_ns)
{
	const struct states *a = self;
	goroutines_visitor(a->goroutines).gap(a->goroutines, time_ns);
	blocking_visitor(a->blocking).gap(a->blocking, time_ns);
	if (a->activity)
		activity_visitor(a->activity).gap(a->activity, time_ns);
	mmu_visitor(a->mmu).gap(a->mmu, time_ns);
	if (a->spells)
		spells_visitor(a->spells).gap(a->spells, time_ns);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	const struct states *a = self;
	goroutines_visitor(a->goroutines).end(a->goroutines, block, time_ns);
	blocking_visitor(a->blocking).end(a->blocking, block, time_ns);
	if (a->activity)
		activity_visitor(a->activity).end(a->activity, block, time_ns);
	mmu_visitor(a->mmu).end(a->mmu, block, time_ns);
	if (a->spells)
		spells_visitor(a->spells).end(a->spells, block, time_ns);
}

void states_restart(void *self, int64_t time_ns)
{
	const struct states *a = self;
	goroutines_restart(a->goroutines, time_ns);
	blocking_restart(a->blocking, time_ns);
	if (a->activity)
		activity_restart(a->activity, time_ns);
	mmu_restart(a->mmu, time_ns);
	if (a->spells)
		spells_restart(a->spells, time_ns);
}

struct trace_visitor states_visitor(struct states *states)
{
	return (struct trace_visitor){.self = states,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap,
	                              .end = on_end};
}
