/*
 * What a program does for somebody, from its beginning to its end, and how long it waited for
 * others meanwhile. A request is a user task where the program has them; else what a server's
 * goroutine does between two requests on its connection, or in a stream of its own; else what a
 * goroutine does from its creation to its return. What lives longer than that is told as a life.
 * It grows with the goroutines and tasks that are open at one time; the caller owns it, and lends
 * it the situations; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_REQUESTS_H
#define SCHEDTOP_DOCTOR_REQUESTS_H

#include "doctor/situations.h"
#include "doctor/witness.h"
#include "trace/idmap.h"

enum request_of {
	REQUEST_TASK,
	REQUEST_SERVED, /* for a client of this server */
	REQUEST_RUN,    /* a goroutine that was created and returned */
	REQUEST_LIFE,   /* of a goroutine, as long as the trace shows it, without its waits for work */
	REQUEST_OFS
};

enum request_wait {
	WAIT_CALL,    /* for another service, or a database */
	WAIT_ANSWER,  /* for more of its answer */
	WAIT_POOL,    /* for a pooled connection */
	WAIT_PERMIT,  /* for a semaphore */
	WAIT_NETWORK, /* for whoever is at the other end */
	WAIT_CLIENT,  /* for the request's own client */
	WAIT_KINDS
};

enum {
	REQUEST_LEAST_NS = 1000000, /* shorter ones may be none: a connection is opened, or closed */
	REQUEST_WAIT_NS = 100000,   /* shorter waits don't count */
	REQUEST_IDLE_NS = 20000,    /* a client needs as long for its next request */
	REQUEST_TRACE_ID = 96,
	REQUEST_TASKS = 4,     /* that one goroutine works for, one within the other */
	REQUEST_STACKS = 4,    /* of one call */
	REQUEST_OPEN = 1 << 15 /* of more nothing is known */
};

struct request {
	enum request_of of;
	uint32_t kind;  /* name: the task's type, or the function that the goroutine starts with */
	uint32_t entry; /* name: the first function of the program in a stack that waits; NAME_NONE */
	uint64_t goroutine, task; /* IDs; task 0: none */
	bool is_served;           /* a client of this server is known to wait for it */
	int64_t begin_ns, end_ns;
	int64_t ns; /* between both, of lives without their waits for work */
	/* Times in which it waited; what it did at the same time in several goroutines counts once. */
	int64_t waited_ns[WAIT_KINDS];
	uint64_t waits[WAIT_KINDS];
	int64_t longest_ns[WAIT_KINDS];
	uint32_t longest_stack[WAIT_KINDS];
	/* Calls that were made one after the other. */
	uint64_t calls;
	int64_t calls_ns, longest_call_ns;
	uint32_t call_stack[2]; /* of the two longest; STACK_NONE */
	int64_t call_ns[2];
	char trace_id[REQUEST_TRACE_ID]; /* as the program logged it; empty: it didn't */
};

struct open_request {
	struct request told;
	uint32_t serial;    /* changes when the place is used again */
	uint32_t parent;    /* of a task: index + 1, ... */
	uint32_t of_parent; /* ... and its serial then */
	uint32_t next_free; /* index + 1 */
	int64_t until_ns;   /* it waited until then */
	/* The call that may go on. */
	int64_t call_ns;
	uint32_t place; /* frame that calls */
	uint32_t stack[REQUEST_STACKS];
	unsigned stacks;
};

struct request_task {
	uint32_t task, serial, regions;
};

struct request_slot {
	uint64_t id; /* 0: nobody that we know */
	int64_t since_ns, idle_ns;
	uint32_t function;
	uint32_t open;     /* index + 1; 0: nothing to tell yet */
	uint8_t role;      /* enum role */
	uint8_t following; /* tasks */
	bool whole;        /* we saw it begin */
	bool tasked;       /* tasks have its waits */
	bool asked;        /* of a connection: it has waited for a request, ... */
	bool answered;     /* ... and got one */
	struct request_task task[REQUEST_TASKS];
};

struct requests {
	struct situations *situations;
	/* Called with each request when it is over, however short: it is to be quick where nothing was
	   waited for. false: no memory. */
	bool (*done)(void *self, const struct request *request);
	void *self;

	struct request_slot *slot;
	size_t slots;
	struct request plain; /* one that waited for nothing: only what end() sets is not 0 */
	struct open_request *open;
	size_t opens, open_capacity;
	uint32_t free_open; /* index + 1 */
	struct idmap task_of;
};

/* What a family that owns requests has to ask for: spells of these classes and lengths, ... */
#define REQUESTS_LEAST                                                     \
	{                                                                      \
		[SPELL_NETWORK] = REQUEST_IDLE_NS, [SPELL_COND] = REQUEST_WAIT_NS, \
		[SPELL_SEND] = REQUEST_WAIT_NS, [SPELL_RECEIVE] = REQUEST_WAIT_NS, \
		[SPELL_SELECT] = REQUEST_WAIT_NS, [SPELL_SLEEP] = REQUEST_WAIT_NS, \
		[SPELL_LOCK] = REQUEST_WAIT_NS, [SPELL_WAIT] = REQUEST_WAIT_NS,    \
	}
/* ... and these events. */
#define REQUESTS_EVENTS                                                                     \
	(EV_BIT(EV_USER_TASK_BEGIN) | EV_BIT(EV_USER_TASK_END) | EV_BIT(EV_USER_REGION_BEGIN) | \
	 EV_BIT(EV_USER_REGION_END) | EV_BIT(EV_USER_LOG))

/* All zero, with `situations`, `done` and `self` set, is a good start. All that follow: false is no
   memory. */
void requests_finish(struct requests *requests);
/* Of one that is none of a library's or the runtime's in the background. */
bool requests_spell(struct requests *requests, const struct witness *w, uint32_t slot,
                    const struct spell *spell);
bool requests_event(struct requests *requests, const struct witness *w,
                    const struct trace_block *block, const struct trace_event *e);
bool requests_died(struct requests *requests, const struct witness *w, uint32_t slot,
                   int64_t at_ns);
/* Nothing that is open goes on, nor is told. */
void requests_forget(struct requests *requests);
/* The trace ends: what is still open of goroutines is told as their lives. */
bool requests_conclude(struct requests *requests, int64_t end_ns);

#endif
