/*
 * Hands snapshots to somebody who may have to wait for a disk, on a thread of its own, so that the
 * screen never does. In between is a bounded queue: what does not fit is left out, counted and
 * told. All calls come from the thread that started it.
 */
#ifndef SCHEDTOP_CLI_SCRIBE_H
#define SCHEDTOP_CLI_SCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "metrics/snapshot.h"
#include "util/status.h"

typedef void scribe_tell_fn(const char *sentence, void *arg);

struct scribe_options {
	/* Both come from the scribe's thread, one after the other. `keep` tells what the user should
	   know, in a sentence each; `close` is the last call and says what is missing. */
	void (*keep)(const struct snapshot *s, scribe_tell_fn *tell, void *tell_arg, void *arg);
	enum status (*close)(void *arg, struct error *error);
	void *arg;
	/* Called once by scribe_end when that has to wait for so many; may be NULL. */
	void (*waits)(size_t snapshots);
	/* How many may wait, how long the disk may take before that is told, and how long the end waits
	   for it. 0: as usual. */
	size_t waiting_max;
	int64_t slow_ns, patience_ns;
};

struct scribe;

/* STATUS_FAILED: there is no thread, and `close` is the caller's to call. */
enum status scribe_start(struct scribe **out, const struct scribe_options *options,
                         struct error *error);
/* Never waits. Keeps a reference of its own. */
void scribe_add(struct scribe *s, const struct snapshot *snapshot);
/* The next sentence for the user; false: there is none. */
bool scribe_news(struct scribe *s, char *to, size_t size);
/* Waits until all is kept and closed, but no longer than its patience: then the thread is left
   behind with what it holds. Not STATUS_OK: a sentence says what is missing. NULL is fine. */
enum status scribe_end(struct scribe *s, struct error *error);

#endif
