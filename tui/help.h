/*
 * The help page of a view, made of the tables of keys and commands. It holds nothing but its place.
 * UI thread.
 */
#ifndef SCHEDTOP_TUI_HELP_H
#define SCHEDTOP_TUI_HELP_H

#include "tui/loop.h"
#include "tui/tabs.h"
#include "tui/view.h"

/* A name, and one in ASCII after a '|' where it is not; and a sentence. */
struct help_note {
	const char *name, *text;
};

/* Of what it is. */
struct help {
	const char *name; /* of the view */
	enum context context;
	const struct keymap *keys;
	struct tabs tabs;
	enum command_screen screen; /* whose commands stand below the keys, unless there are none */
	/* What else is to be said, below a title of its own. */
	const char *title;
	const struct help_note *note;
	size_t notes;
	uint64_t without; /* bits of commands that can't be given now */
};

/* Over the whole pane, with its own keys in the last row. */
void help_draw(struct pane pane, const struct help *help, struct view_place *place);
/* A key while it is open. */
enum loop_next help_input(bool *open, struct view_place *place, const struct keymap *keys, int key);

#endif
