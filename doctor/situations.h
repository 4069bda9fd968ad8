/*
 * What a goroutine is for and what it waits for, as its stack tells a person who knows Go: waits
 * for work (a connection without a request, a parked worker, a listener) hold nobody up, however
 * long they are, and every rule leaves them out; calls to others, pools and locks do. Told by names
 * of the runtime, the standard library and well-known libraries alone. The caller owns the table,
 * and the stacks and names outlive it; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_SITUATIONS_H
#define SCHEDTOP_DOCTOR_SITUATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/names.h"
#include "trace/stacks.h"

/* Of a wait, or of a system call. */
enum situation {
	SITUATION_UNKNOWN,  /* no stack */
	SITUATION_ORDINARY, /* the program's own business: channels, selects, or runs */
	/* Nobody is held up. */
	SITUATION_SYSTEM,          /* goroutines of the runtime */
	SITUATION_TRACER,          /* takes a trace or a profile, or schedtop's agent */
	SITUATION_TRACE_WRITER,    /* writes the trace down */
	SITUATION_ACCEPT,          /* listens */
	SITUATION_IDLE_CONNECTION, /* for the next request, or what libraries do in the background */
	SITUATION_WORKER,          /* the goroutine's own start function waits for what to do */
	SITUATION_SLEEP,           /* time.Sleep */
	/* Somebody else's time. */
	SITUATION_POOL,     /* until a connection of a pool is free */
	SITUATION_PERMIT,   /* until a semaphore lets it pass */
	SITUATION_OUTBOUND, /* on a call to another service or a database */
	SITUATION_DIAL,     /* for a connection to somebody */
	SITUATION_LOOKUP,   /* of a host's name */
	SITUATION_INBOUND,  /* on the client, in the middle of its request */
	SITUATION_NETWORK,  /* it isn't clear on which end */
	SITUATION_FILE,
	SITUATION_CHILD, /* until another process ends */
	SITUATION_CGO,
	/* This program's. */
	SITUATION_LOCK,      /* Mutex, RWMutex */
	SITUATION_CONDITION, /* sync.Cond */
	SITUATION_JOIN,      /* sync.WaitGroup: until its own goroutines are done */
	SITUATION_COLLECTOR, /* held up by the garbage collector, or by a stopped world */
	SITUATION_COUNT
};

/* Of a goroutine, by the function that it starts with. */
enum role {
	ROLE_ORDINARY,
	ROLE_MAIN,
	ROLE_CONNECTION, /* serves requests of one connection, one after the other */
	ROLE_REQUEST,    /* serves one request and ends */
	ROLE_LOOP,       /* a library's background */
	ROLE_SYSTEM,     /* the runtime's */
	ROLE_TRACER,     /* takes a trace or a profile, or is schedtop's agent */
	ROLE_COUNT
};

/* Which part of a call to somebody else is waited for. */
enum call_part {
	PART_CALL,   /* its beginning, as far as one can tell */
	PART_OWN,    /* of a protocol that the program speaks by itself: it may go on with a call */
	PART_ANSWER, /* more of an answer that has begun */
};

/* What is known of a stack. */
struct stack_meaning {
	uint32_t site;     /* see situation_site */
	uint8_t situation; /* + 1; 0: not looked at yet */
	uint8_t part;      /* enum call_part */
	bool has_site;
};

struct situations {
	const struct stacks *stacks;
	const struct names *names;
	uint8_t *function; /* by name: what is known of it, + 1 */
	size_t functions;
	uint8_t *role; /* by name: of goroutines that start with it, + 1 */
	size_t roles;
	struct stack_meaning *stack; /* by number */
	size_t limit;
};

void situations_init(struct situations *s, const struct stacks *stacks, const struct names *names);
void situations_finish(struct situations *s);

/* Looked up once for each stack. Without memory it is told all the same, only slower. */
enum situation situation_of_slow(struct situations *s, uint32_t stack);
static inline enum situation situation_of(struct situations *s, uint32_t stack)
{
	if (stack < s->limit && s->stack[stack].situation)
		return (enum situation)(s->stack[stack].situation - 1);
	return situation_of_slow(s, stack);
}
enum call_part situation_part(struct situations *s, uint32_t stack);
enum role situation_role_slow(struct situations *s, uint32_t function);
static inline enum role situation_role(struct situations *s, uint32_t function)
{
	if (function < s->roles && s->role[function])
		return (enum role)(s->role[function] - 1);
	return situation_role_slow(s, function);
}

/* Of a wait that ended: as situation_of, but where a connection was given back to a pool, or
   another goroutine let go of a channel in the same function as this one filled it, it is told as a
   pool or a semaphore. The other's stack; STACK_NONE: unknown. */
enum situation situation_of_ended(struct situations *s, uint32_t stack, uint32_t waker_stack);
/* Is the function neither the standard library's nor of one of the libraries we know? */
bool situation_is_own(struct situations *s, uint32_t function);
/* The innermost frame that is neither the standard library's nor one of the libraries we know:
   where a reader looks first. An index in stacks.frame; else what stacks_where says. */
uint32_t situation_site(struct situations *s, uint32_t stack);

/* Waits that hold nobody up: rules leave them out. */
static inline bool situation_is_idle(enum situation situation)
{
	return situation >= SITUATION_SYSTEM && situation <= SITUATION_SLEEP;
}
/* Goroutines that rules leave out whatever they do. */
static inline bool role_is_background(enum role role)
{
	return role >= ROLE_LOOP;
}
/* A wait whose end another program decides on. */
static inline bool situation_is_outbound(enum situation situation)
{
	return situation >= SITUATION_OUTBOUND && situation <= SITUATION_LOOKUP;
}

#endif
