/*
 * The whole screen: the header, one of the views, and the bottom line with the tabs and the keys
 * that work here. Also the table of all views. It holds nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_FRAME_H
#define SCHEDTOP_TUI_FRAME_H

#include "tui/tabs.h"
#include "tui/view.h"

/* In the order of their tabs: the first is number 1. */
extern const struct view *const views[];
extern const size_t views_count;

/* `without`: more commands that have nothing to do now, for the bottom line. */
void frame_draw(struct canvas *canvas, const struct view *view, const struct view_data *data,
                struct view_place *place, uint64_t without);
/* The number of the tab at these cells of the canvas, from 0; -1: none is there. */
int frame_tab_at(const struct canvas *canvas, const struct view *view, int x, int y);
/* The help page of the view, over the whole pane. */
/* `recorded`: as it is while a recording is shown. */
void frame_draw_help(struct pane pane, const struct view *view, bool recorded,
                     const struct keymap *keys, struct view_place *place);
/* Where its keys are looked up. */
enum context frame_context(const struct view *view, bool recorded);

#endif
