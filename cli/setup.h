/*
 * The settings for the setup screen (tui/setup.h): what each stands at and who said so, changes
 * that are kept in mind, and the user's file with them, which is written on a thread of its own. It
 * borrows the options. UI thread.
 */
#ifndef SCHEDTOP_CLI_SETUP_H
#define SCHEDTOP_CLI_SETUP_H

#include <limits.h>

#include "cli/options.h"
#include "tui/aside.h"
#include "tui/setup.h"

struct setup_changes {
	const struct options *options;
	struct setup_source source;
	char path[PATH_MAX];
	struct setup_change {
		bool made;
		bool under_way; /* it is being written */
		bool written;
		bool removed; /* the file shall not have it */
		char value[160];
	} change[OPTIONS_MAX];
	struct aside *writing;      /* NULL: nothing is */
	struct setup_writing *file; /* what */
};

/* Without a home there is no file, and then source.item is NULL. */
void setup_changes_init(struct setup_changes *changes, const struct options *options);
/* The screen is gone: waits for what is being written, and says on standard error what is not. */
void setup_changes_finish(struct setup_changes *changes);

#endif
