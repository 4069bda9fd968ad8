/*
 * What a user can have done, by a key, a click or a line after ':'. One table names every command,
 * says what may follow the name and what it does; keys (keymap.h), help and completion are made
 * from it. Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_COMMAND_H
#define SCHEDTOP_TUI_COMMAND_H

#include <stddef.h>

enum command {
	COMMAND_NONE,
	COMMAND_QUIT,
	COMMAND_REDRAW,
	/* the list on the screen */
	COMMAND_UP,
	COMMAND_DOWN,
	COMMAND_PAGE_UP,
	COMMAND_PAGE_DOWN,
	COMMAND_FIRST,
	COMMAND_LAST,
	COMMAND_CHOOSE,
	/* views */
	COMMAND_VIEW,
	COMMAND_VIEW_NEXT,
	COMMAND_VIEW_PREVIOUS,
	COMMAND_COUNT,
};

struct command_info {
	const char *name;     /* after ':'; NULL: there is only a key */
	const char *argument; /* what follows the name: "NAME", or "[TIME]" when it may be left out;
	                         NULL: nothing */
	const char *help;     /* one sentence */
};

extern const struct command_info command_info[COMMAND_COUNT];

#endif
