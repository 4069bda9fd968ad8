/*
 * Reads a trace on a thread of its own, once, with every analysis, and lets others look at what
 * they have so far: blocks of events are shown to them under a lock, which whoever draws takes in
 * between. The caller owns it; load_lock and load_unlock belong to one thread, and so do create and
 * destroy.
 */
#ifndef SCHEDTOP_BROWSE_LOAD_H
#define SCHEDTOP_BROWSE_LOAD_H

#include "browse/view.h"

struct load;
struct limits_set;

struct load_options {
	const char *path;
	/* The part to count. Without `kinds`: all that the browser shows; then `finished` and `also`
	   are set here. In any case `progress` and `wrap` are. */
	struct analysis_options analysis;
	const struct limits_set *limits; /* of the doctor; NULL: the defaults. Only asked for now. */
	const struct keymap *keys;       /* as trace_data has them */
	/* There is something new to draw; about ten times a second, and at the end. From any thread. */
	void (*wake)(void *arg);
	void *arg;
};

/* Opens the file. What can't be read as a trace at all is said here. */
enum status load_create(struct load **out, const struct load_options *options, struct error *error);
/* Begins to read. Before, there is nothing to see. */
enum status load_start(struct load *load, struct error *error);
/* Ends the reading at once. */
void load_destroy(struct load *load);

/* What there is now, until load_unlock. The reading stands still meanwhile. */
const struct trace_data *load_lock(struct load *load);
void load_unlock(struct load *load);

/* Damage, or why the reading failed, once it is over; STATUS_OK before. */
enum status load_verdict(struct load *load, struct error *error);

#endif
