/*
 * Where a program that schedtop starts prints to: never on the screen. One thread.
 */
#ifndef SCHEDTOP_CLI_OUTPUTS_H
#define SCHEDTOP_CLI_OUTPUTS_H

#include <limits.h>
#include <stdbool.h>

#include "util/status.h"

struct outputs {
	int fd;
	char path[PATH_MAX]; /* "" when it is our own standard error */
	bool ours;           /* nobody named it: it goes when it is empty */
};

/* `file` if there is one, which is begun anew; else our standard error. But where a screen stands
   on that, $XDG_STATE_HOME/schedtop/PROGRAM.log, which holds what its last run printed; of several
   that run at a time each has its own, numbered. */
enum status outputs_open(struct outputs *out, const char *file, const char *program, bool screen,
                         struct error *error);
/* Is there anything in a file that was opened? */
bool outputs_any(const struct outputs *out);
void outputs_close(struct outputs *out);

#endif
