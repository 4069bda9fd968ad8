/*
 * One walk over a trace that follows every goroutine and takes down the stretches of time (spells)
 * that are long enough for whoever listens, with what the rest of the program did meanwhile as
 * differences of running totals. A listener needs nothing but what is taken down, which comes in
 * the order in which it happened: so it may hear it later and elsewhere. A visitor; the caller owns
 * it, and lends it stacks and names; one thread, but for the relay.
 */
#ifndef SCHEDTOP_TRACE_SPELLS_H
#define SCHEDTOP_TRACE_SPELLS_H

#include <string.h>

#include "trace/elapsed.h"
#include "trace/event.h"
#include "trace/relay.h"
#include "trace/slots.h"
#include "trace/stacks.h"
#include "trace/told.h"

/* A goroutine that lives, by slot. What each transition reads is one line of the cache, what it
   only writes and the rest are another. */
struct spell_goroutine {
	int64_t since_ns; /* its state, as it was written */
	struct spell_sums since;
	uint64_t at;            /* stack of what made its state what it is: an ID, see spells.c */
	uint8_t state;          /* enum go_status, or TRACE_NOT_EXIST for a free slot */
	uint8_t class;          /* enum spell_class of what goes on; of waits, by their reason */
	bool cut;               /* since before the trace, or before the part that was asked for */
	uint8_t counts;         /* 1: the program's own; 0: of the runtime or of the tracer */
	uint32_t function;      /* name: it starts with. NAME_NONE: unknown */
	int64_t burst_ns;       /* it has run since it last blocked, until since_ns */
	int64_t burst_since_ns; /* SPELLS_NO_BURST: none goes on */

	struct spell_sums burst_since;
	uint64_t burst_at;   /* where it was last preempted, as `at`; 0: nowhere */
	uint32_t bursts;     /* that it began, beside the one that it was first seen in */
	uint32_t waker_slot; /* who last made it runnable; TRACE_NONE: nobody known */
	uint32_t reason;     /* name, of the last wait */
	bool burst_cut;
	int64_t born_ns; /* when it was created, or since when it is known */
	uint64_t id;
};

/* The runtime's monitor looks after those that run every 10 ms, and takes their P after 10 ms. */
enum { SPELLS_SILENCE_NS = 30000000 };

struct spells {
	struct stacks *stacks;
	struct names *names;
	int64_t least_ns[SPELL_CLASSES]; /* shorter ones aren't taken down; INT64_MAX: none are */
	uint64_t events;                 /* EV_BIT()s of what is no transition and is taken down */
	struct relay relay;              /* to whoever listens */

	size_t stacks_told;
	const struct trace_block *block;
	bool begun, lost;          /* lost: events are, just before those that come next */
	int64_t origin_ns;         /* when the trace began, whatever part of it is counted */
	int64_t first_ns, last_ns; /* of the events, in their order */
	/* What is so at the last of them. */
	struct spell_sums sums;
	/* The program's own goroutines. Not side by side, or compilers make one register of both, which
	   costs more than it spares. */
	unsigned running, procs_running;
	unsigned runnable, procs; /* seen */
	bool procs_idle;
	uint64_t gomaxprocs; /* 0: the trace doesn't tell */

	struct spell_goroutine *slot;
	size_t slots;
	struct slots_touched touched; /* in this generation */
	uint8_t *proc;                /* by slot: enum proc_status */
	size_t proc_slots;
	uint8_t *class_of; /* of reasons, by name: class + 1 */
	size_t class_limit;
	uint8_t *kind_of; /* of functions, by name: see spells.c */
	size_t kind_limit;
};

/* All zero, with the members up to the relay set, is a good start. */
void spells_finish(struct spells *spells);
struct trace_visitor spells_visitor(struct spells *spells);
void spells_restart(void *spells, int64_t time_ns);

/* --- what states.c shows by itself; false: no memory ---------------------------------------- */

/* Before the block's events and behind them. */
bool spells_begin_block(struct spells *spells, const struct trace_block *block);
bool spells_end_block(struct spells *spells);
/* What is no transition. */
bool spells_other(struct spells *spells, const struct trace_event *e);
/* Any transition, after spells_advance. */
bool spells_transition(struct spells *spells, const struct trace_event *e);
/* What the goroutine was at until the event, and the burst that has ended then. */
bool spells_tell(struct spells *spells, const struct trace_event *e);
bool spells_tell_burst(struct spells *spells, const struct trace_event *e, int64_t end_ns);
bool spells_tell_silence(struct spells *spells, const struct trace_event *e);
/* A reason's. */
uint8_t spells_class_slow(struct spells *spells, uint32_t reason);

/* What is so at an event, as a walk has it in registers. The first two totals are one register:
   what is written in pieces and then copied as a whole makes the processor wait. */
typedef int64_t spell_pair __attribute__((vector_size(16)));
struct spell_now {
	int64_t time_ns;
	spell_pair sums; /* alone, starved */
	int64_t idle_ns;
	int64_t procs_idle; /* all bits, or none */
	unsigned running, runnable;
};

static inline struct spell_now spells_take_up(const struct spells *s)
{
	return (struct spell_now){.time_ns = s->last_ns,
	                          .sums = {s->sums.alone, s->sums.starved},
	                          .idle_ns = s->sums.idle,
	                          .procs_idle = -(int64_t)s->procs_idle,
	                          .running = s->running,
	                          .runnable = s->runnable};
}

static inline void spells_note_sums(const struct spell_now *now, struct spell_sums *sums)
{
	memcpy(sums, &now->sums, sizeof now->sums);
	sums->idle = now->idle_ns;
}

/* Before anything else looks at it. */
static inline void spells_put_down(struct spells *s, const struct spell_now *now)
{
	s->last_ns = now->time_ns;
	spells_note_sums(now, &s->sums);
	s->running = now->running;
	s->runnable = now->runnable;
}

static inline void spells_pass_time(struct spell_now *now, int64_t time_ns)
{
	static const spell_pair passes[] = {{0, 0}, {-1, 0}, {0, -1}, {-1, -1}};
	int64_t ns = time_ns - now->time_ns;
	unsigned alone = now->running == 1;
	unsigned starved = (now->runnable > 0) & !now->procs_idle; /* no branch: nobody can guess */
	now->time_ns = time_ns;
	now->sums += (spell_pair){ns, ns} & passes[alone | starved << 1];
	now->idle_ns += ns & now->procs_idle;
}

/* Comes before each change. */
static inline bool spells_advance(struct spells *s, struct spell_now *now,
                                  const struct trace_event *e)
{
	if (__builtin_expect(e->time_ns - now->time_ns >= SPELLS_SILENCE_NS, 0)) {
		spells_put_down(s, now);
		if (!spells_tell_silence(s, e))
			return false;
	}
	spells_pass_time(now, e->time_ns);
	return true;
}

/* Of the transitions that follow the state is known, and how long it was; of those that end a
   goroutine's running its function, too: see spells_knows. */
static inline bool spells_knows(const struct spells *s, uint32_t slot)
{
	return s->slot[slot].function != NAME_NONE;
}

static inline bool spells_end(struct spells *s, const struct spell_now *now,
                              const struct trace_event *e, uint8_t class, int64_t ns)
{
	if (__builtin_expect(ns < s->least_ns[class], 1))
		return true;
	spells_put_down(s, now);
	return spells_tell(s, e);
}

static inline bool spells_end_burst(struct spells *s, const struct spell_now *now,
                                    struct spell_goroutine *g, const struct trace_event *e,
                                    int64_t end_ns)
{
	bool ok = true;
	if (__builtin_expect(g->burst_ns >= s->least_ns[SPELL_BURST], 0) &&
	    g->burst_since_ns != SPELLS_NO_BURST) {
		spells_put_down(s, now);
		ok = spells_tell_burst(s, e, end_ns);
	}
	g->burst_since_ns = SPELLS_NO_BURST;
	return ok;
}

static inline bool spells_end_running(struct spells *s, const struct spell_now *now,
                                      struct spell_goroutine *g, const struct trace_event *e,
                                      int64_t ns)
{
	add_ns(&g->burst_ns, ns);
	return spells_end(s, now, e, SPELL_RUNNING, ns);
}

static inline void spells_begin(const struct spell_now *now, struct spell_goroutine *g,
                                int64_t at_ns, uint8_t state, uint8_t class, uint64_t at)
{
	g->since_ns = at_ns;
	spells_note_sums(now, &g->since);
	g->at = at;
	g->state = state;
	g->class = class;
	g->cut = false;
}

static inline void spells_begin_running(const struct spell_now *now, struct spell_goroutine *g,
                                        int64_t at_ns)
{
	spells_begin(now, g, at_ns, GO_RUNNING, SPELL_RUNNING, 0);
	if (g->burst_since_ns != SPELLS_NO_BURST)
		return;
	g->burst_since_ns = at_ns;
	spells_note_sums(now, &g->burst_since);
	g->burst_ns = 0;
	g->burst_at = 0;
	g->burst_cut = false;
	g->bursts++;
}

static inline uint32_t spells_waker(const struct trace_event *e)
{
	return e->g != e->subject ? e->g : TRACE_NONE;
}

static inline uint8_t spells_class(struct spells *s, uint32_t reason)
{
	if (__builtin_expect(reason < s->class_limit && s->class_of[reason], 1))
		return (uint8_t)(s->class_of[reason] - 1);
	return spells_class_slow(s, reason);
}

static inline bool spells_start(struct spells *s, struct spell_now *now,
                                const struct trace_event *e, int64_t ns)
{
	struct spell_goroutine *g = &s->slot[e->subject];
	bool ok = spells_end(s, now, e, SPELL_RUNNABLE, ns);
	now->runnable -= g->counts;
	now->running += g->counts;
	spells_begin_running(now, g, e->at_ns);
	return ok;
}

static inline bool spells_stop(struct spells *s, struct spell_now *now, const struct trace_event *e,
                               int64_t ns)
{
	struct spell_goroutine *g = &s->slot[e->subject];
	bool ok = spells_end_running(s, now, g, e, ns);
	now->running -= g->counts;
	now->runnable += g->counts;
	g->burst_at = e->arg[2];
	g->waker_slot = spells_waker(e);
	spells_begin(now, g, e->at_ns, GO_RUNNABLE, SPELL_RUNNABLE, e->g == e->subject ? e->arg[2] : 0);
	return ok;
}

static inline bool spells_block(struct spells *s, struct spell_now *now,
                                const struct trace_event *e, int64_t ns)
{
	struct spell_goroutine *g = &s->slot[e->subject];
	bool ok = spells_end_running(s, now, g, e, ns) && spells_end_burst(s, now, g, e, e->at_ns);
	now->running -= g->counts;
	g->reason = e->name;
	spells_begin(now, g, e->at_ns, GO_WAITING, spells_class(s, e->name), e->arg[2]);
	return ok;
}

static inline bool spells_unblock(struct spells *s, struct spell_now *now,
                                  const struct trace_event *e, int64_t ns)
{
	struct spell_goroutine *g = &s->slot[e->subject];
	bool ok = spells_end(s, now, e, g->class, ns);
	now->runnable += g->counts;
	g->waker_slot = spells_waker(e);
	spells_begin(now, g, e->at_ns, GO_RUNNABLE, SPELL_RUNNABLE, e->arg[2]);
	return ok;
}

static inline bool spells_begin_syscall(struct spells *s, struct spell_now *now,
                                        const struct trace_event *e, int64_t ns)
{
	struct spell_goroutine *g = &s->slot[e->subject];
	bool ok = spells_end_running(s, now, g, e, ns);
	now->running -= g->counts;
	spells_begin(now, g, e->at_ns, GO_SYSCALL, SPELL_SYSCALL, e->arg[2]);
	return ok;
}

static inline bool spells_end_syscall(struct spells *s, struct spell_now *now,
                                      const struct trace_event *e, int64_t ns)
{
	struct spell_goroutine *g = &s->slot[e->subject];
	bool ok = spells_end(s, now, e, SPELL_SYSCALL, ns);
	now->running += g->counts;
	spells_begin_running(now, g, e->at_ns);
	return ok;
}

#endif
