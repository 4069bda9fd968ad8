/*
 * How long each goroutine ran, waited to run, sat in a syscall and was blocked, and on what: per
 * goroutine while it lives, and summed by the function it starts with and the function that created
 * it. A visitor; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_GOROUTINES_H
#define SCHEDTOP_TRACE_GOROUTINES_H

#include "trace/breakdown.h"
#include "trace/distribution.h"
#include "trace/event.h"
#include "trace/stacks.h"

enum { RECENT_REASONS = 4 /* a power of two */ };

/* Time blocked for one reason. */
struct reason_time {
	uint32_t
		reason;    /* in names; NAME_NONE: blocked when the trace began, or at a coroutine switch */
	uint32_t next; /* index of the list's next + 1, 0: none */
	uint64_t count;
	int64_t total_ns;
};

struct goroutine_time {
	/* What each transition looks at comes first. */
	int64_t since_ns;
	int64_t state_ns[GO_STATUS_COUNT]; /* by enum go_status; GO_WAITING is the sum over reasons */
	uint32_t wait;                     /* that goes on: in the list of reasons, index + 1 */
	uint32_t function;                 /* names; NAME_NONE: unknown */
	uint32_t starts;                   /* times it began to run */
	uint8_t state;                     /* enum go_status, or TRACE_NOT_EXIST for a free slot */
	bool created;                      /* during the trace */
	int64_t latency_max_ns;            /* longest wait to run */
	uint64_t id;
	int64_t first_ns;
	uint32_t reasons;                /* list in goroutines.reason, index + 1 */
	uint32_t creator;                /* name */
	uint32_t recent[RECENT_REASONS]; /* some of the list, by the lower bits of the reason's kind */
};

/* All goroutines that start with one function and were created by one function. */
struct goroutine_kind {
	uint32_t function, creator;
	uint64_t goroutines, created, ended;
	int64_t state_ns[GO_STATUS_COUNT];
	uint64_t starts;
	int64_t latency_max_ns;
	uint32_t reasons;
};

struct goroutines {
	uint64_t only; /* this goroutine alone; 0: all */

	struct goroutine_time *slot;
	size_t slots;
	struct goroutine_kind *group;
	size_t groups, group_capacity;
	struct idmap group_of;
	struct reason_time *reason;
	size_t reasons, reason_capacity;
	uint32_t free_reason;
	struct stack_memo functions; /* names at the root and at the leaf, + 1, each if asked for */
	struct spent_reasons known;  /* more different ones than a runtime has count as one */
	struct distribution latency; /* runnable -> running */
	struct distribution syscall;
	int64_t state_ns[GO_STATUS_COUNT]; /* of all */
	uint32_t all_reasons;
	uint64_t seen, created, ended, most_alive, alive;
	uint64_t blocked; /* still waiting at the end */
	/* Called with each goroutine when it ends, and with all that are left at the end. May be NULL.
	 */
	void (*finished)(void *self, const struct goroutines *goroutines,
	                 const struct goroutine_time *g);
	/* Those that have ended don't count any more. May be NULL. */
	void (*restarted)(void *self);
	void *finished_self;
};

/* All zero, with `only` and `finished` set if wanted, is a good start. */
void goroutines_finish(struct goroutines *goroutines);
struct trace_visitor goroutines_visitor(struct goroutines *goroutines);
void goroutines_restart(void *goroutines, int64_t time_ns);

/* --- what states.c shows by itself ---------------------------------------------------------- */

/* Room for the block's goroutines. false: no memory. */
bool goroutines_prepare(struct goroutines *goroutines, const struct trace_block *block);
/* Any transition. false: no memory. */
bool goroutines_transition(struct goroutines *goroutines, const struct trace_block *block,
                           const struct trace_event *e);
/* Its entry in a list of reasons, index + 1; 0: no memory. */
uint32_t goroutines_reason(struct goroutines *goroutines, uint32_t *list, uint32_t reason);

/* Closes the state that the goroutine is known to be in: how long it was. A clock that steps back
   adds nothing. */
static inline int64_t goroutines_close(struct goroutine_time *g, uint8_t state, int64_t at_ns)
{
	int64_t ns = bounded_elapsed_ns(g->since_ns, at_ns);
	add_ns(&g->state_ns[state], ns);
	g->since_ns = at_ns;
	return ns;
}

static inline void goroutines_close_wait(struct goroutines *a, const struct goroutine_time *g,
                                         int64_t ns)
{
	struct reason_time *r = &a->reason[g->wait - 1];
	r->count++;
	add_ns(&r->total_ns, ns);
}

static inline bool goroutines_begin_wait(struct goroutines *a, struct goroutine_time *g,
                                         uint32_t reason)
{
	unsigned kind = reason < a->known.limit ? a->known.kind_of[reason] : 0;
	uint32_t *recent = &g->recent[kind % RECENT_REASONS];
	if (!*recent || a->reason[*recent - 1].reason != reason)
		*recent = goroutines_reason(a, &g->reasons, reason);
	g->wait = *recent;
	return g->wait != 0;
}

/* false: no memory. */
static inline bool goroutines_note_latency(struct goroutines *a, struct goroutine_time *g,
                                           int64_t ns)
{
	g->starts++;
	if (ns > g->latency_max_ns)
		g->latency_max_ns = ns;
	return (a->only && a->only != g->id) || distribution_add(&a->latency, ns);
}

#endif
