/*
 * What a user has set that holds on every screen. Borrowed by the screens, whose maker keeps it
 * until they are gone. Plain values.
 */
#ifndef SCHEDTOP_TUI_MEANS_H
#define SCHEDTOP_TUI_MEANS_H

#include "tui/keymap.h"

struct means {
	const struct keymap *keys;
	bool copies; /* may write to the clipboard of the terminal */
};
extern const struct means means_default;

#endif
