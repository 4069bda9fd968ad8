/*
 * A screen that can be laid over another one, and the way to open those that tui/ knows nothing of:
 * what they are is up to whoever hands them in. UI thread.
 */
#ifndef SCHEDTOP_TUI_SCREEN_H
#define SCHEDTOP_TUI_SCREEN_H

#include "tui/loop.h"
#include "util/status.h"

/* All zero is none. */
struct screen {
	const struct loop_ops *ops; /* LOOP_END from its input: it closes */
	void (*close)(void *arg);
	void *arg;
};

/* Makes a screen from a file. It may call `wake` with `wake_arg` from any thread until it is
   closed, and then its ops' wake is called. */
struct screen_opener {
	enum status (*open)(struct screen *screen, const char *path, void (*wake)(void *wake_arg),
	                    void *wake_arg, const void *arg, struct error *error);
	const void *arg;
};

#endif
