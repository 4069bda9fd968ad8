/*
 * What is kept of a watch besides what is shown: the recording and the log. Whoever watches owns
 * one and hands it every snapshot. One thread.
 */
#ifndef SCHEDTOP_CLI_KEEPER_H
#define SCHEDTOP_CLI_KEEPER_H

#include "cli/options.h"
#include "metrics/snapshot.h"

struct keeper {
	struct recorder *recorder; /* NULL: none */
	struct text_log *log;
};

/* What the options ask for; what is open already stays so. */
enum status keeper_open(struct keeper *k, const struct options *o, struct error *error);
/* `tell` gets what the user should know at once, in a sentence each. */
void keeper_add(struct keeper *k, const struct snapshot *s,
                void (*tell)(const char *sentence, void *arg), void *arg);
/* Fails when something is missing, with a sentence on the first such thing. */
enum status keeper_close(struct keeper *k, struct error *error);

#endif
