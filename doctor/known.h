/*
 * Functions whose meaning in a stack is known: of the runtime, the standard library and well-known
 * pools and clients. Nothing else may be told by its name, since a program calls its functions what
 * it likes. Any thread.
 */
#ifndef SCHEDTOP_DOCTOR_KNOWN_H
#define SCHEDTOP_DOCTOR_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

/* What a frame says of the wait above it. */
enum known {
	KNOWN_NOTHING,  /* the program's own, or of a library we know nothing of */
	KNOWN_STANDARD, /* of the standard library */
	KNOWN_RUNTIME,
	/* How it waits. */
	KNOWN_LOCK,
	KNOWN_CONDITION,
	KNOWN_JOIN, /* for goroutines that are counted: WaitGroup */
	KNOWN_SLEEP,
	KNOWN_RECEIVE, /* on a channel, or in a select */
	KNOWN_SEND,
	KNOWN_NETWORK,
	KNOWN_FILE,
	KNOWN_CGO,
	KNOWN_COLLECTOR, /* made to wait by the garbage collector or for a stopped world */
	KNOWN_CHILD,     /* for another process to end */
	/* What for. */
	KNOWN_ACCEPT,
	KNOWN_LOOKUP, /* of a name */
	KNOWN_DIAL,
	KNOWN_CLIENT,       /* a call to somebody else */
	KNOWN_GIVE_BACK,    /* of a connection to a pool */
	KNOWN_CLIENT_MORE,  /* more of the answer to one that was made before */
	KNOWN_PERMIT,       /* to be one of a limited number: semaphores */
	KNOWN_POOL,         /* for one of a limited number of connections */
	KNOWN_POOL_AND_NEW, /* the same; what it calls makes a new one */
	KNOWN_SERVER_READ,  /* what a client sends */
	KNOWN_SERVER_WRITE, /* until a client takes it */
	/* Whose goroutine it is. */
	KNOWN_SERVER,   /* serves the requests of one connection, one after the other */
	KNOWN_REQUEST,  /* serves one request, then ends */
	KNOWN_HANDLER,  /* what is above it is the program's, for one request */
	KNOWN_LOOP,     /* of a library, and waits for work that it does for others */
	KNOWN_LAUNCHER, /* calls what it is given in a goroutine of its own */
	KNOWN_MAIN,
	KNOWN_SYSTEM,
	KNOWN_TRACER,       /* takes a trace or a profile, or is schedtop's agent */
	KNOWN_TRACE_READER, /* takes the trace from the runtime and writes it */
	KNOWN_TRACE_DRY,    /* until there is more trace to write */
	KNOWN_COUNT
};

/* By its full name, as a symbol table writes it. */
enum known known_function(const char *name);
/* Does the name belong to the runtime or the standard library? */
bool known_is_standard(const char *name);

#endif
