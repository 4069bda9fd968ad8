/*
 * The list of Go processes to choose from: its state, what keys do to it and how it looks. tui_pick
 * runs it on a loop of its own. UI thread.
 */
#ifndef SCHEDTOP_TUI_VIEW_PICKER_H
#define SCHEDTOP_TUI_VIEW_PICKER_H

#include "tui/canvas.h"
#include "tui/keymap.h"
#include "tui/loop.h"
#include "tui/tui.h"
#include "tui/view.h"

struct picker {
	const struct tui_choice *choice; /* borrowed */
	int n;
	bool chosen; /* Enter was pressed on place.selected */
	struct view_place place;
};

void picker_draw(struct canvas *canvas, void *picker);
enum loop_next picker_input(const struct input *input, void *picker);
/* What a key asks for. LOOP_END: the user has chosen, or leaves. */
enum loop_next picker_command(struct picker *picker, enum command command);

#endif
