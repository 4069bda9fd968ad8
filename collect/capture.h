/*
 * Takes one capture of a Go program, such as an execution trace, into a file, on a thread of its
 * own, by whatever means there are (capture_means.h). The file appears whole or not at all.
 * Whatever happens to the agent, the target, the disk or the clock, a capture ends within its time
 * and says in one sentence how. Start, cancel and destroy are called by one thread, capture_cancel
 * by any; `tell` is called on the capture's thread.
 */
#ifndef SCHEDTOP_COLLECT_CAPTURE_H
#define SCHEDTOP_COLLECT_CAPTURE_H

#include "collect/target.h"
#include "metrics/session.h"
#include "util/status.h"

/* The agent's limits of a trace, in whole seconds. */
#define CAPTURE_SECONDS_MIN 1
#define CAPTURE_SECONDS_MAX 30

#define CAPTURE_BYTES_MAX (INT64_C(4) << 30) /* by default, of who knows no end */

struct capture_options {
	enum capture_kind kind;
	struct target target;
	const char *url;     /* of its net/http/pprof; NULL: none */
	int64_t duration_ns; /* whole seconds within the limits; of kinds that take no time: unused */
	int64_t bytes_max;   /* more is a failure; 0: CAPTURE_BYTES_MAX */
	bool automatic;      /* no person asked for it: not within cooldown_ns of the last one */
	int64_t cooldown_ns;
	/* Where to: a descriptor that gets the bytes as they come (-1: none), else a file by its path,
	   which replaces an older one, else a name of its own in a directory (NULL: the default one),
	   where then the newest traces are kept. Strings are copied. */
	int fd;
	const char *file, *directory;
	long keep_files;
	int64_t keep_bytes;
	/* Every change, and a few times a second while bytes arrive. May be NULL. */
	void (*tell)(const struct capture_state *state, void *arg);
	void *arg;
};

struct capture;

enum status capture_start(struct capture **out, const struct capture_options *options,
                          struct error *error);
void capture_cancel(struct capture *c);
/* Waits for the end, and says which it was. STATUS_OK also when it was cancelled: the phase tells.
   The path in *path is as it is, not made printable; NULL: no file. It is good until destroy. */
enum status capture_wait(struct capture *c, struct capture_state *state, const char **path,
                         struct error *error);
/* Cancels what runs, waits for it and frees. NULL is fine. */
void capture_destroy(struct capture *c);

#endif
