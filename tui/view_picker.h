/*
 * The list of Go processes to choose from: its state, what keys do to it and how it looks. tui_pick
 * runs it on a loop of its own. UI thread.
 */
#ifndef SCHEDTOP_TUI_VIEW_PICKER_H
#define SCHEDTOP_TUI_VIEW_PICKER_H

#include "tui/canvas.h"
#include "tui/keymap.h"
#include "tui/tui.h"
#include "tui/view.h"

struct picker {
	const struct tui_choice *choice; /* borrowed */
	int n, selected;
	bool chosen; /* Enter was pressed on `selected` */
	struct view_place place;
};

void picker_draw(struct canvas *canvas, void *picker);
/* false: the user has chosen. */
bool picker_command(enum command command, void *picker);

#endif
