/*
 * What follows when a rule acts, on a thread of its own: the captures, a while of more snapshots,
 * the bundle, the command. It ends within its time whatever happens to the target. Whoever starts
 * it owns it; `done` is called on its thread when all is over but the thread itself.
 */
#ifndef SCHEDTOP_WATCH_JOB_H
#define SCHEDTOP_WATCH_JOB_H

#include "collect/target.h"
#include "watch/log.h"
#include "watch/plan.h"
#include "watch/recent.h"
#include "watch/sentinel.h"

/* What it was about. Values, all of them its own. */
struct job_reason {
	struct rule rule;
	char value[WATCHED_TEXT_MAX];
	int64_t broken_ns;      /* how long it had been so */
	int64_t at_ns, wall_ns; /* of the snapshot that decided; monotonic, wall */
	char program[64], go_version[32], module[128];
};

struct job_options {
	struct job_reason reason;
	struct target target;
	const char *url;       /* of its net/http/pprof; NULL: none. Copied. */
	const char *directory; /* of traces; NULL: the default one. Copied. */
	int64_t trace_ns, keep_bytes, capture_bytes, after_ns, before_ns, exec_ns, cooldown_ns;
	long keep_files;
	struct watch_log *log;
	/* The snapshots from a moment on; on the job's thread. */
	bool (*take_recent)(int64_t from_ns, struct recent_copy *out, void *arg);
	/* How it ended: the path of the bundle, or a sentence; printable. */
	void (*done)(bool saved, const char *outcome, void *arg);
	void *arg;
};

struct job;

enum status job_start(struct job **out, const struct job_options *options, struct error *error);
/* No more snapshots will come: they are not waited for. */
void job_hurry(struct job *j);
/* Stops it, waits for its end and frees it. NULL is fine. */
void job_destroy(struct job *j);

#endif
