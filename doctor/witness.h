/*
 * What rules see of a trace: it hears what the walk takes down (trace/spells.h), keeps who lives,
 * and shows each family of rules the few stretches of time that are long enough to matter to it.
 * It needs nothing of the walk's but what it is told, so what it shows is as of then, however far
 * the walk is. The caller owns it, and lends it the stacks and names of the analysis; it hears on
 * whichever thread of the pass has time, one at a time.
 */
#ifndef SCHEDTOP_DOCTOR_WITNESS_H
#define SCHEDTOP_DOCTOR_WITNESS_H

#include "doctor/situations.h"
#include "trace/breakdown.h"
#include "trace/spells.h"

struct doctor;
struct findings;
struct witness;

/* Whose spells a family looks at: those of goroutines with one of these roles, and those that
   count. */
#define WHO(role)   (1U << (role))
#define WHO_COUNTS  (1U << ROLE_COUNT)
#define WHO_HOLD_UP (WHO(ROLE_LOOP) - 1) /* all but role_is_background */

/* A goroutine that lives, by slot. */
struct witness_goroutine {
	uint64_t id;
	uint32_t function; /* name: it starts with. NAME_NONE: unknown */
	uint32_t creator;  /* name of the function that created it */
	int64_t born_ns;   /* when it was created, or since when it is known */
	bool created;      /* during the trace */
	uint8_t counts;    /* 1: the program's own; 0: of the runtime or of the tracer */
	uint8_t who;       /* WHO bits */
	uint8_t at_end;    /* its state when the trace was over; GO_BAD: it was gone by then */
	/* As of the last spell that was told of it, or of one that it ended. */
	uint8_t state;          /* enum go_status, or TRACE_NOT_EXIST for a free slot */
	uint32_t bursts;        /* that it began, beside the one that it was first seen in */
	int64_t since_ns;       /* its state, as it was written; of who ends a wait for a lock */
	int64_t burst_ns;       /* it has run since it last blocked, until then */
	int64_t burst_since_ns; /* SPELLS_NO_BURST: none goes on */
};

/* Rules that look at the same things, see doctor/rules_*.c. What `create` returned is handed to the
   others; NULL is no memory, as `false` is. */
struct trace_family {
	const char *name;
	/* Spells shorter than these don't reach it. 0: none of the class do; 1: all. */
	int64_t least_ns[SPELL_CLASSES];
	uint8_t who;     /* nor do those of other goroutines. 0: all do */
	uint64_t events; /* EV_BIT()s of what is no transition of a goroutine and is wanted */
	void *(*create)(const struct doctor *doctor);
	/* May be NULL. The goroutine is as it was before the spell ended. */
	bool (*spell)(void *self, const struct witness *w, uint32_t slot, const struct spell *spell);
	/* The block's generation, and when that began, are those of the event, whose last argument is
	   its stack's number; nothing else of both is known. May be NULL. */
	bool (*event)(void *self, const struct witness *w, const struct trace_block *block,
	              const struct trace_event *e);
	/* For SPELLS_SILENCE_NS or more no goroutine and no P changed its state, while w->running of
	   the program's own ran; in the times of events. May be NULL. */
	void (*silence)(void *self, const struct witness *w, int64_t begin_ns, int64_t end_ns);
	/* A goroutine is created during the trace, by another one or by nobody known (TRACE_NONE); and
	   one is gone, whose slot may be another's soon. May be NULL, both. */
	bool (*born)(void *self, const struct witness *w, uint32_t slot, uint32_t creator);
	bool (*died)(void *self, const struct witness *w, uint32_t slot, int64_t at_ns);
	/* The trace ends, and the goroutine is still there: what it is at, however short. May be NULL.
	 */
	bool (*left)(void *self, const struct witness *w, uint32_t slot, const struct spell *spell);
	/* Events were lost: nothing that is open goes on. May be NULL. */
	void (*gap)(void *self);
	/* A new part begins: forget what was counted. May be NULL. */
	void (*restart)(void *self, int64_t time_ns);
	/* The trace is over. false: no memory. */
	bool (*conclude)(void *self, const struct doctor *doctor, struct findings *findings);
	void (*destroy)(void *self);
};

enum { WITNESS_FAMILIES = 16 };

struct witness_listener {
	const struct trace_family *family;
	void *self;
};

/* A listener's for spells of one class. */
struct witness_wish {
	int64_t least_ns;
	uint8_t who;
	const struct witness_listener *listener;
};

struct witness {
	const struct stacks *stacks; /* those it was told of; the walk may know more */
	const struct names *names;   /* of the trace */
	struct situations *situations;
	struct spells spells; /* the walk */
	struct stacks told_stacks;
	struct witness_listener listener[WITNESS_FAMILIES];
	unsigned listeners;
	/* Those who want to know; behind them NULL. */
	const struct witness_listener *of_births[WITNESS_FAMILIES + 1];
	const struct witness_listener *of_deaths[WITNESS_FAMILIES + 1];
	/* The most modest first, so that most spells are soon told; behind them one that nothing
	   fulfils. */
	struct witness_wish wish[SPELL_CLASSES][WITNESS_FAMILIES + 1];

	int64_t origin_ns;         /* when the trace began, whatever part of it is counted */
	int64_t first_ns, last_ns; /* of the part; the last is known at the end */
	unsigned running;          /* the program's own goroutines, while there is silence */
	/* Known when the trace is over. */
	struct spell_sums sums;
	unsigned procs;      /* seen */
	uint64_t gomaxprocs; /* 0: the trace doesn't tell */

	struct witness_goroutine *slot;
	size_t slots;
};

/* For a pass that fills these, with analysis_options.spells set to the witness's. Listeners come
   before it. The situations are of witness->stacks. false: no memory. */
bool witness_init(struct witness *witness, struct stacks *stacks, struct names *names,
                  struct situations *situations);
void witness_listen(struct witness *witness, const struct trace_family *family, void *self);
void witness_finish(struct witness *witness);
/* The pass is over. */
void witness_settle(struct witness *witness);

/* The WHO bits of a goroutine. */
static inline uint8_t witness_who(const struct witness *w, const struct witness_goroutine *g)
{
	unsigned role = situation_role(w->situations, g->function);
	return (uint8_t)(WHO(role) | (g->counts ? WHO_COUNTS : 0));
}

/* In ns since the trace began, as evidence tells it. */
static inline int64_t witness_since_begin(const struct witness *w, int64_t at_ns)
{
	return at_ns > w->origin_ns ? at_ns - w->origin_ns : 0;
}

#endif
