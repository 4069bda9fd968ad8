/*
 * The ways to get the bytes of a capture, one file each, behind one table of functions; capture.c
 * tries them in order and has all the rest: the thread, the file, the discipline. Part of collect/
 * alone. Everything here is called on the capture's thread, except what capture_set_waker was
 * given.
 */
#ifndef SCHEDTOP_COLLECT_CAPTURE_MEANS_H
#define SCHEDTOP_COLLECT_CAPTURE_MEANS_H

#include <pthread.h>

#include "collect/capture.h"
#include "collect/capture_lock.h"
#include "collect/capture_output.h"
#include "collect/trace_store.h"
#include "util/status.h"

#define CAPTURE_BIT(kind) (1u << (kind))

struct capture_means {
	const char *name; /* "agent", "pprof", "memory" */
	unsigned kinds;   /* bits of what it can deliver */
	/* Is it there, and the right one? STATUS_NO_TARGET: the next means is tried; the sentence, if
	   there is one, is what people are told when there is none. Any other failure is the end. */
	enum status (*find)(struct capture *c);
	/* The bytes: capture_begun once they are under way, then capture_bytes; capture_look often. */
	enum status (*receive)(struct capture *c);
	/* Undoes find, also one that failed. */
	void (*finish)(struct capture *c);
};

extern const struct capture_means capture_agent, capture_pprof, capture_sampled;

struct capture {
	/* What was asked for, and of whom. The strings in it are the capture's own. */
	struct capture_options options;
	struct target target;
	char whom[160]; /* "process 4321" or a URL, for sentences; printable */

	/* A means fills what it knows: shortened, reach_ns, note; capture.c has the rest. */
	struct capture_state state;
	struct error error;
	/* Of the program, for the file's name, where the target itself does not know; printable. */
	char program[64], go_version[32];
	void *own; /* the means' */

	/* capture.c's. */
	const struct capture_means *means;
	char *file, *directory, *url, *path;
	pthread_t thread;
	bool joined;
	pthread_mutex_t lock; /* of the three below */
	bool cancelled;
	void (*wake)(void *arg);
	void *wake_arg;
	struct capture_lock among; /* all schedtop processes */
	struct capture_output output;
	int64_t wall_ns; /* when it began */
	int64_t looked_ns;
	unsigned char head[TRACE_HEADER_SIZE];
	size_t head_size;
};

/* From now on the target works for us, and time counts. */
void capture_begun(struct capture *c);
/* The next bytes. false: no more are wanted, and c->error says why unless it was cancelled. */
bool capture_bytes(struct capture *c, const void *data, size_t size);
/* To be called at least ten times a second while waiting. false: there is no more to wait for. */
bool capture_look(struct capture *c);

bool capture_is_cancelled(struct capture *c);
/* How capture_cancel ends a wait of the means: called on another thread, under a lock, so that what
   it touches stays until the waker has been replaced; at once if it was cancelled already. */
void capture_set_waker(struct capture *c, void (*wake)(void *arg), void *arg);

/* Why nothing comes any more. A process closes its sockets a moment before it can be seen to have
   exited, so this may take that moment. */
bool capture_has_exited(struct capture *c);
enum status capture_say_exited(struct capture *c);
enum status capture_say_stopped(struct capture *c);
/* What is taken, for sentences: "trace", "list of goroutines". */
const char *capture_noun(const struct capture *c);

#endif
