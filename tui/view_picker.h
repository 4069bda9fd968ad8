/*
 * The list of Go processes to choose from: its state, what keys do to it and how it looks. tui_pick
 * runs it on a loop of its own. UI thread.
 */
#ifndef SCHEDTOP_TUI_VIEW_PICKER_H
#define SCHEDTOP_TUI_VIEW_PICKER_H

#include "tui/canvas.h"
#include "tui/keymap.h"
#include "tui/loop.h"
#include "tui/prompt.h"
#include "tui/take.h"
#include "tui/tui.h"
#include "tui/view.h"

struct picker {
	const struct tui_choice *choice; /* borrowed */
	int n;
	const struct keymap *keys;
	int *shown;  /* [n]: indexes of the choices on the list, in its order; there are place.rows */
	int64_t *id; /* [n]: their PIDs */
	bool chosen; /* picked is what the user wants */
	int picked;  /* index of a choice */
	struct view_place place;
	bool help; /* the page of its keys lies over it */
	struct view_place help_place;
	struct prompt prompt;
	struct take take;
	int width, height; /* of the last picture */
	bool ascii;
	char filter_before[PROMPT_TEXT_MAX]; /* what Esc brings back */
};

enum status picker_init(struct picker *picker, const struct tui_choice *choice, size_t n,
                        struct error *error);
void picker_finish(struct picker *picker);
void picker_draw(struct canvas *canvas, void *picker);
enum loop_next picker_input(const struct tui_input *input, void *picker);
/* What a key asks for. LOOP_END: the user has chosen, or leaves. */
enum loop_next picker_command(struct picker *picker, enum command command);

#endif
