/*
 * Keys and what they do. One table holds every key with the screen it works on, its command and its
 * words; the bottom line is made from it, and later the help page. Constant data, any thread.
 */
#ifndef SCHEDTOP_TUI_KEYMAP_H
#define SCHEDTOP_TUI_KEYMAP_H

#include <stddef.h>

#include "tui/canvas.h"

/* Characters are themselves; what has no character comes after Unicode. */
enum key {
	KEYMAP_NONE = 0,
	KEYMAP_CTRL_L = 'L' & 0x1f,
	KEYMAP_ENTER = '\r',
	KEYMAP_ESCAPE = 0x1b,
	KEYMAP_UP = 0x110000,
	KEYMAP_DOWN,
	KEYMAP_PAGE_UP,
	KEYMAP_PAGE_DOWN,
	KEYMAP_HOME,
	KEYMAP_END,
};

enum command {
	COMMAND_NONE,
	COMMAND_QUIT,
	COMMAND_REDRAW,
	COMMAND_UP,
	COMMAND_DOWN,
	COMMAND_PAGE_UP,
	COMMAND_PAGE_DOWN,
	COMMAND_FIRST,
	COMMAND_LAST,
	COMMAND_CHOOSE,
	COMMAND_COUNT,
};

/* Where a key works: bits, so that one row can serve several screens. */
enum context {
	CONTEXT_OVERVIEW = 1,
	CONTEXT_PICKER = 2,
	CONTEXT_ALL = 3,
};

struct binding {
	int key; /* enum key or a character */
	unsigned contexts;
	enum command command;
	const char *name;  /* of the key; ASCII text after a '|' is for terminals with nothing else */
	const char *label; /* in the bottom line; NULL: not there */
	const char *help;  /* one sentence */
};

extern const struct binding keymap[];
extern const size_t keymap_count;

enum command keymap_find(int key, enum context context);

/* The keys of this context into the pane's only row. A command whose bit (1 << command) is in
   `without` has nothing to do now and is left out. */
void keymap_draw(struct pane pane, enum context context, unsigned without);

#endif
