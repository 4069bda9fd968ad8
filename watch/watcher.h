/*
 * Watches one process by a plan: snapshots go in, and when a rule is broken the guard is asked and
 * a job started (job.h). It has a thread of its own, so that nobody waits for it: snapshots that it
 * has no time for are passed over. Create, destroy and follow on one thread; watcher_add on any
 * one.
 */
#ifndef SCHEDTOP_WATCH_WATCHER_H
#define SCHEDTOP_WATCH_WATCHER_H

#include "collect/target.h"
#include "doctor/limits.h"
#include "metrics/session.h"
#include "watch/log.h"
#include "watch/plan.h"

struct watcher_options {
	const struct plan *plan; /* borrowed, as all of what follows */
	const struct limits_set *limits;
	struct target target;
	const char *url;       /* of the target's net/http/pprof; NULL: none */
	const char *directory; /* of traces; NULL: the default one */
	long keep_files;
	int64_t keep_bytes, trace_ns, capture_bytes;
	int64_t cooldown_ns; /* before an automatic capture, as in collect/capture.h */
	struct watch_log *log;
	/* What the screen shows: at every snapshot, and when something has happened. On threads of the
	   watcher's; may be NULL. */
	void (*tell)(const struct sentinel_state *state, void *arg);
	void *arg;
};

struct watcher;

enum status watcher_create(struct watcher **out, const struct watcher_options *options,
                           struct error *error);
/* Keeps a reference for a while. */
void watcher_add(struct watcher *w, const struct snapshot *s);
/* Another process from now on. */
void watcher_follow(struct watcher *w, const struct target *target);
/* Is a snapshot being looked at, or does one wait for that, or is what follows a rule under way? */
bool watcher_is_busy(struct watcher *w);
/* Ends a job that runs: what it has is saved, what it is still to get is not. NULL is fine. */
void watcher_destroy(struct watcher *w);

#endif
