/*
 * What `schedtop agent` puts into Go modules, for the programs that patterns name there: the files,
 * where they belong, and whether they are there. The caller owns the structure. One thread.
 */
#ifndef SCHEDTOP_CLI_AGENT_PLAN_H
#define SCHEDTOP_CLI_AGENT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "util/status.h"

struct planned_file {
	char *path;       /* where it belongs */
	const char *name; /* the end of that: what it is called among the agent's files */
	char *text;
	size_t size;
};

struct agent_plan {
	struct planned_file *file;
	size_t n;
	size_t programs; /* that get the agent */
};

/* `directory`: where the patterns are to be understood; NULL: here. Programs that have the agent by
   other means are left alone; STATUS_FAILED when there are no others, as when the module has the
   agent's files and `fresh` says that it must not. */
enum status agent_plan_make(struct agent_plan *plan, const char *directory,
                            const char *const *pattern, size_t patterns, bool fresh,
                            struct error *error);
void agent_plan_finish(struct agent_plan *plan); /* all zero is fine */

enum agent_place { PLACE_FREE, PLACE_SAME, PLACE_OTHER };
/* What is at that path: nothing, this text, or something else. */
enum agent_place agent_plan_look(const char *path, const char *text, size_t size);
/* Into the directory `directory`/..., made if need be, with these permissions. */
enum status agent_plan_write(const char *path, const char *text, size_t size, bool shared,
                             struct error *error);

#endif
