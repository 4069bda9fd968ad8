#include "tui/frame.h"

#include <stdio.h>
#include <string.h>

#include "tui/header.h"

#define TABS_WIDTH 100 /* from here on all tabs have their names; below, the current one alone */

const struct view *const views[] = {&view_overview, &view_goroutines, &view_threads, &view_latency};
const size_t views_count = sizeof views / sizeof(void *);

/* Tabs of one view would say nothing. */
static bool has_tabs(void)
{
	return views_count > 1;
}

/* " 2 Threads " or " 2 ", and the cells it takes. */
static int tab_text(char *to, size_t size, size_t i, const struct view *current, int width)
{
	if (width >= TABS_WIDTH || views[i] == current)
		return snprintf(to, size, " %zu %s ", i + 1, views[i]->name);
	return snprintf(to, size, " %zu ", i + 1);
}

/* Returns where the keys may begin. */
static int draw_tabs(struct pane line, const struct view *current)
{
	char text[48];
	int x = 0;
	for (size_t i = 0; has_tabs() && i < views_count; i++) {
		int width = tab_text(text, sizeof text, i, current, line.width);
		pane_text(line, x, 0, views[i] == current ? STYLE_SELECTED : STYLE_DIM, text);
		x += width;
	}
	return x > 0 ? x + 1 : 0;
}

int frame_tab_at(const struct canvas *canvas, const struct view *view, int x, int y)
{
	char text[48];
	if (y != canvas->height - 1 || x < 0 || !has_tabs())
		return -1;
	for (size_t i = 0; i < views_count; i++) {
		x -= tab_text(text, sizeof text, i, view, canvas->width);
		if (x < 0)
			return (int)i;
	}
	return -1;
}

void frame_draw(struct canvas *canvas, const struct view *view, const struct view_data *data,
                struct view_place *place, uint64_t without)
{
	struct pane page = pane_of(canvas), foot = pane_row(page, page.height - 1);
	if (history_count(data->history) > 0) {
		header_draw(pane_row(page, 0), data);
		place->heading_y = 0;
		memset(place->heading, 0, sizeof place->heading); /* of another width */
		view->draw(pane_sub(page, 0, 1, page.width, page.height - 2), data, place);
	} else {
		pane_text(page, 1, 0, STYLE_STRONG, "schedtop");
		pane_text(page, 1, 2, STYLE_DIM, "waiting for the first reading");
		place->rows = place->page = 0;
	}
	without |= COMMAND_BIT(data->paused ? COMMAND_PAUSE : COMMAND_NEWEST);
	without |= place->filter[0] || place->expanded ? 0 : COMMAND_BIT(COMMAND_CLOSE);
	if (place->rows <= place->page && !view->sorts)
		without |= COMMAND_BIT(COMMAND_UP) | (place->compact ? 0 : COMMAND_BIT(COMMAND_COMPACT));
	if (place->rows == 0)
		without |= COMMAND_BIT(COMMAND_EXPAND);
	if (!data->capture)
		without |= COMMAND_BIT(COMMAND_CAPTURE);
	int x = draw_tabs(foot, view);
	keymap_draw(pane_sub(foot, x, 0, foot.width - x, 1), view->context, without);
}
