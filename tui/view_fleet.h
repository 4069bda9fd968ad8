/*
 * The screen of a fleet: one lane per instance, what keys do to it and how it looks. It knows
 * fleets (metrics/fleet.h) and the board they come by, nothing of servers. tui/fleet.h runs it on a
 * loop; tests use it as it is, and time is told from outside. UI thread.
 */
#ifndef SCHEDTOP_TUI_VIEW_FLEET_H
#define SCHEDTOP_TUI_VIEW_FLEET_H

#include "metrics/fleet_board.h"
#include "tui/canvas.h"
#include "tui/command_line.h"
#include "tui/keymap.h"
#include "tui/loop.h"
#include "tui/means.h"
#include "tui/prompt.h"
#include "tui/setup.h"
#include "tui/take.h"
#include "tui/view.h"

struct fleet_view {
	/* borrowed */
	struct fleet_board *board;
	const char *server, *match; /* printable; match "" is none */
	int64_t interval_ns;
	const struct setup_source *setup_source; /* NULL: there is no file of settings */
	const struct keymap *keys;

	struct fleet *fleet;         /* the newest; NULL: none came yet */
	struct fleet_trends *trends; /* of the rows shown, or of those before; NULL: none */
	char trouble[512];           /* what is wrong with the server; "" nothing */
	char notice[512];            /* about what was asked for, until the next key; "" nothing */
	bool opening;                /* an instance is looked for */
	bool opened;                 /* `target` is what the user wants to see */
	struct fleet_target target;
	int64_t now_ns, wall_ns;

	uint32_t *shown; /* [room]: rows of the fleet on the list, in its order; place.rows of them */
	int64_t *id;     /* [room] */
	size_t room;
	int span;                      /* of trends, see view_fleet.c */
	bool sorted[VIEW_COLUMNS_MAX]; /* columns that are on the screen */
	struct view_place place, help_place;
	struct prompt prompt;
	struct path_words paths; /* for it */
	struct take take;
	struct setup setup;
	bool reading; /* it is drawn to be read, not to be seen */
	int width, height;
	bool ascii;
	bool help;
	char filter_before[PROMPT_TEXT_MAX];
};

void fleet_view_init(struct fleet_view *view, struct fleet_board *board);
/* In place of the defaults. */
void fleet_view_set_means(struct fleet_view *view, const struct means *means);
void fleet_view_finish(struct fleet_view *view);
/* Before it is drawn or given a key; both in ns. */
void fleet_view_tell_time(struct fleet_view *view, int64_t now_ns, int64_t wall_ns);
/* Takes what is on the board; true: there is something new to draw. */
bool fleet_view_wake(struct fleet_view *view);
/* Now and then: says what has become of what took long. */
void fleet_view_tick(struct fleet_view *view);
void fleet_view_draw(struct canvas *canvas, void *view);
/* The same without what is laid over it. */
void fleet_view_draw_page(struct canvas *canvas, struct fleet_view *view);
/* The instance whose row is selected on the screen; NULL: none, or it is no longer there. */
const struct fleet_instance *fleet_view_selected(const struct fleet_view *view);
/* by: -1 lets the graphs cover less time, 1 more. */
void fleet_view_zoom(struct fleet_view *view, int by);
/* What a line after ':' may be made of. */
struct command_names fleet_view_names(struct fleet_view *view);
/* LOOP_END: the user leaves. */
enum loop_next fleet_view_input(const struct tui_input *input, void *view);

#endif
