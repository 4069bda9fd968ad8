/*
 * What is kept of a watch besides what is shown: the recording, the log, and the lines on standard
 * error beside a screen. Whoever watches owns one and hands it every snapshot; keeping one may take
 * as long as a disk likes, so a screen leaves that to a scribe. One thread.
 */
#ifndef SCHEDTOP_CLI_KEEPER_H
#define SCHEDTOP_CLI_KEEPER_H

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/scribe.h"
#include "metrics/snapshot.h"

struct keeper {
	struct recorder *recorder; /* NULL: none */
	struct text_log *log;
	bool prints; /* each snapshot on standard error */
	struct trouble_log trouble;
	int64_t attach_ns; /* 0 ms of those lines */
};

/* What the options ask for; what is open already stays so. */
enum status keeper_open(struct keeper *k, const struct options *o, struct error *error);
/* `tell` gets what the user should know at once, in a sentence each. */
void keeper_add(struct keeper *k, const struct snapshot *s, scribe_tell_fn *tell, void *arg);
/* Fails when something is missing, with a sentence on the first such thing. */
enum status keeper_close(struct keeper *k, struct error *error);

/* The same on a thread of its own. *out is NULL when there is nothing to keep. */
enum status keeper_start(struct scribe **out, const struct options *o, bool prints,
                         int64_t attach_ns, struct error *error);

#endif
