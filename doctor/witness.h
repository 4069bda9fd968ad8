/*
 * One walk over a trace for all rules together: it follows every goroutine and shows the families
 * of rules the few stretches of time that are long enough to matter to them, with what the rest of
 * the program did meanwhile. A visitor of the pass that makes the analyses, on whichever thread
 * that shows them; the caller owns it, and lends it the stacks of the analysis.
 */
#ifndef SCHEDTOP_DOCTOR_WITNESS_H
#define SCHEDTOP_DOCTOR_WITNESS_H

#include "trace/breakdown.h"
#include "trace/event.h"
#include "trace/stacks.h"

struct doctor;
struct findings;
struct witness;

/* What a stretch of time was. A burst is all the running between two waits: being preempted,
   waiting for a P and system calls that keep their P do not end it. */
enum spell_class {
	SPELL_RUNNING,
	SPELL_BURST,
	SPELL_SYSCALL,
	SPELL_RUNNABLE,
	SPELL_LOCK, /* reason "sync": mutexes, and WaitGroups and other semaphores as well */
	SPELL_COND,
	SPELL_SEND,
	SPELL_RECEIVE,
	SPELL_SELECT,
	SPELL_NETWORK,
	SPELL_SLEEP,
	SPELL_WAIT, /* for any other reason, or one that the trace doesn't tell */
	SPELL_CLASSES
};

/* Running totals, in ns since the trace began; of two moments, what lay between them. Goroutines of
   the runtime and of the tracer do not count as running or runnable here. */
struct witness_sums {
	int64_t alone;   /* exactly one goroutine ran */
	int64_t starved; /* somebody was runnable, and no P was idle */
	int64_t idle;    /* a P was idle */
};

/* A goroutine that lives, by slot. What each transition reads is one line of the cache, what it
   only writes and the rest are another. */
struct witness_goroutine {
	int64_t since_ns; /* its state, as it was written */
	struct witness_sums since;
	uint64_t at;       /* stack of what made its state what it is: see witness_stack */
	uint8_t state;     /* enum go_status, or TRACE_NOT_EXIST for a free slot */
	uint8_t class;     /* enum spell_class of what goes on; of waits, by their reason */
	bool cut;          /* since before the trace, or before the part of it that was asked for */
	uint8_t counts;    /* 1: the program's own; 0: of the runtime or of the tracer */
	uint32_t function; /* name: it starts with. NAME_NONE: unknown */
	int64_t burst_ns;  /* it has run since it last blocked, until since_ns */
	int64_t burst_since_ns; /* INT64_MIN: no burst goes on */

	struct witness_sums burst_since;
	uint32_t burst_stack; /* where it was last preempted; STACK_NONE: nowhere */
	uint32_t bursts;      /* that it began, beside the one that it was first seen in */
	uint32_t waker_slot;  /* who last made it runnable; TRACE_NONE: nobody known */
	uint32_t reason;      /* name, of the last wait */
	int64_t born_ns;      /* when it was created, or since when it is known */
	uint64_t id;
	uint32_t creator; /* name of the function that created it */
	bool burst_cut;
	bool created;   /* during the trace */
	uint8_t at_end; /* its state when the trace was over; GO_BAD: it was gone by then */
};

/* A stretch of time of one goroutine that has ended. */
struct spell {
	enum spell_class class;
	bool open;   /* the trace, or a gap in it, cut it off: it did not end */
	bool cut;    /* it had begun before */
	bool lost_p; /* of system calls: the P was taken away meanwhile */
	int64_t begin_ns, end_ns;
	int64_t ns;      /* of a burst, what it ran between the two */
	uint32_t reason; /* name, of waits */
	/* Of waits and system calls where they began; of running where it ended; of bursts where it was
	   last preempted, or ended; of waits to run who created, woke or preempted it. */
	uint32_t stack;
	/* Who ended a wait, or the wait before a wait to run. TRACE_NONE and 0: nobody that the trace
	   knows, as for what the network poller and timers wake. */
	uint32_t waker_slot;
	uint64_t waker;
	uint32_t waker_stack; /* of waits for locks, sends and selects: where it was ended */
	struct witness_sums during;
};

/* Rules that look at the same things, see doctor/rules_*.c. What `create` returned is handed to the
   others; NULL is no memory, as `false` is. */
struct trace_family {
	const char *name;
	/* Spells shorter than these don't reach it. 0: none of the class do; 1: all. */
	int64_t least_ns[SPELL_CLASSES];
	uint64_t events; /* EV_BIT()s of what is no transition of a goroutine and is wanted */
	void *(*create)(const struct doctor *doctor);
	/* May be NULL. The goroutine is as it was before the spell ended. */
	bool (*spell)(void *self, const struct witness *w, uint32_t slot, const struct spell *spell);
	/* May be NULL. */
	bool (*event)(void *self, const struct witness *w, const struct trace_block *block,
	              const struct trace_event *e);
	/* For WITNESS_SILENCE_NS or more no goroutine and no P changed its state, while w->running of
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

/* The runtime's monitor looks after those that run every 10 ms, and takes their P after 10 ms. */
enum { WITNESS_FAMILIES = 16, WITNESS_SILENCE_NS = 30000000 };

struct witness_listener {
	const struct trace_family *family;
	void *self;
};

struct witness {
	struct stacks *stacks; /* the analysis's */
	struct names *names;   /* of the trace */
	const struct trace_block *block;
	struct witness_listener listener[WITNESS_FAMILIES];
	unsigned listeners;
	int64_t least_ns[SPELL_CLASSES]; /* of all of them */
	/* Those that want spells of a class, by their index. */
	uint8_t wants[SPELL_CLASSES][WITNESS_FAMILIES], wanting[SPELL_CLASSES];
	uint64_t events;
	bool lives; /* somebody wants to hear of births and deaths */

	bool begun, lost;          /* lost: events are, just before those that come next */
	int64_t origin_ns;         /* when the trace began, whatever part of it is counted */
	int64_t first_ns, last_ns; /* of the events, in their order */
	/* What is so at the last of them. */
	struct witness_sums sums;
	unsigned running, runnable; /* the program's own goroutines */
	bool procs_idle;
	unsigned procs_running, procs; /* seen */
	uint64_t gomaxprocs;           /* 0: the trace doesn't tell */

	struct witness_goroutine *slot;
	size_t slots;
	uint8_t *proc; /* by slot: enum proc_status */
	size_t proc_slots;
	uint8_t *class_of; /* of reasons, by name: class + 1 */
	size_t class_limit;
};

/* All zero, with `stacks` and `names` set, is a good start. Listeners come before the pass. */
void witness_listen(struct witness *witness, const struct trace_family *family, void *self);
void witness_finish(struct witness *witness);
struct trace_visitor witness_visitor(struct witness *witness);
void witness_restart(void *witness, int64_t time_ns);

/* In ns since the trace began, as evidence tells it. */
static inline int64_t witness_since_begin(const struct witness *w, int64_t at_ns)
{
	return at_ns > w->origin_ns ? at_ns - w->origin_ns : 0;
}
/* Number in stacks of what made a goroutine's state what it is: where it blocks or makes its system
   call; who woke, created or preempted it. STACK_NONE while it runs. */
uint32_t witness_stack(const struct witness *witness, uint32_t slot);

#endif
