/*
 * The sentinel with what the options say of it, for the screen and for schedtop watch. The options
 * are borrowed. One thread, but for watcher_add.
 */
#ifndef SCHEDTOP_CLI_SENTINEL_H
#define SCHEDTOP_CLI_SENTINEL_H

#include "cli/options.h"
#include "watch/watcher.h"

struct sentinel_kit {
	struct watcher *watcher; /* NULL: there are no rules */
	struct watch_log *log;
};

/* The log goes to the file that the plan names, else to the descriptor. `tell` as in watcher.h. */
enum status sentinel_open(struct sentinel_kit *kit, const struct options *o,
                          const struct target *target, int log_fd, const char *prefix,
                          void (*tell)(const struct sentinel_state *state, void *arg), void *arg,
                          struct error *error);
void sentinel_close(struct sentinel_kit *kit); /* all zero is fine */

#endif
