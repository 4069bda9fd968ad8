/*
 * What a user has set that holds on every screen. Borrowed by the screens, whose maker keeps it
 * until they are gone. Plain values.
 */
#ifndef SCHEDTOP_TUI_MEANS_H
#define SCHEDTOP_TUI_MEANS_H

#include "tui/keymap.h"

struct setup_source; /* tui/setup.h */

struct means {
	const struct keymap *keys;
	const struct setup_source *setup; /* NULL: nothing can be changed */
	bool copies;                      /* may write to the clipboard of the terminal */
	/* Whether it is to be explained to the user what this is, and that it was; NULL: never. */
	bool (*is_new)(void);
	void (*greeted)(void);
};
extern const struct means means_default;

#endif
