/*
 * What the walk over a trace (trace/spells.h) takes down for whoever listens: stretches of time
 * that a goroutine spent in one way, and what else has to be known with them. A piece needs nothing
 * but those before it, so that it may be heard later and on another thread. The relay owns them.
 */
#ifndef SCHEDTOP_TRACE_TOLD_H
#define SCHEDTOP_TRACE_TOLD_H

#include "trace/event.h"
#include "trace/stacks.h"

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
struct spell_sums {
	int64_t alone;   /* exactly one goroutine ran */
	int64_t starved; /* somebody was runnable, and no P was idle */
	int64_t idle;    /* a P was idle */
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
	struct spell_sums during;
};

#define SPELLS_NO_BURST INT64_MIN

enum { TOLD_LINE = 64 };

/* What the walk takes down. */
enum told_kind {
	TOLD_CLOCK,    /* when the trace and the part of it began, and how far it is */
	TOLD_RESTART,  /* a new part begins */
	TOLD_MET,      /* a goroutine is there, ... */
	TOLD_BORN,     /* ... because another one created it just now */
	TOLD_FUNCTION, /* what it starts with, learned later */
	TOLD_STANDS,   /* how it stands; of a waker before the spell, of all when nothing goes on */
	TOLD_SPELL,
	TOLD_LEFT, /* the trace ends, and the goroutine is at that, however short */
	TOLD_DEAD,
	TOLD_EVENT,   /* one that is no transition */
	TOLD_SILENCE, /* no goroutine and no P changed its state for SPELLS_SILENCE_NS or more */
	TOLD_GAP,     /* events were lost */
	TOLD_STACKS,  /* what there is of them, before one of them is spoken of */
};

struct told_goroutine {
	uint64_t id;
	int64_t born_ns;
	uint32_t function, creator; /* names */
	uint32_t by;                /* slot of who created it; TRACE_NONE: nobody known */
	bool created;               /* during the trace */
};

struct told_event {
	struct trace_event event; /* its last argument is the stack's number */
	struct generation *generation;
	int64_t since_ns; /* when that began */
};

struct told_times {
	int64_t origin_ns, first_ns, last_ns; /* see struct spells; of silences the last two */
	unsigned running;
};

struct told_stacks {
	struct stack *stack;
	struct stack_frame *frame;
	size_t n, frames;
};

/* Two lines of the cache. */
struct told {
	_Alignas(TOLD_LINE) uint8_t kind; /* enum told_kind */
	uint8_t state;                    /* enum go_status, ... */
	uint8_t counts;                   /* ... and whether it is the program's own */
	uint32_t slot;
	uint32_t bursts; /* as in struct spell_goroutine */
	int64_t burst_since_ns, burst_ns;
	union {
		struct spell spell;
		struct told_goroutine goroutine;
		struct told_event event;
		struct told_times times;
		struct told_stacks stacks;
		int64_t since_ns; /* of its state */
		int64_t at_ns;    /* of a death, and of a restart */
	};
};

_Static_assert(sizeof(struct told) / TOLD_LINE == 2, "a piece is told in two lines of the cache");

#endif
