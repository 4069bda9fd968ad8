#include "tui/help.h"

#include <stdio.h>

#include "tui/frame.h"

#define NAME_WIDTH 18

/* A digit without a view does nothing, and needs no words. */
static bool is_useful(const struct binding *b)
{
	return b->command != COMMAND_VIEW || !b->argument ||
	       (size_t)(b->argument[0] - '1') < views_count;
}

static void draw_row(struct pane row, const char *name, const char *text)
{
	pane_fit(pane_sub(row, 0, 0, NAME_WIDTH, 1), 3, 0, STYLE_KEY, name);
	pane_fit(pane_sub(row, 0, 0, row.width - 1, 1), NAME_WIDTH + 1, 0, STYLE_TEXT, text);
}

/* Line y of the page into `row`, unless that is empty. Returns false past the end. */
static bool draw_line(struct pane row, const struct view *view, int y)
{
	if (y-- == 0) {
		char text[80];
		snprintf(text, sizeof text, "Keys of %s", view->name);
		pane_fit(row, 1, 0, STYLE_STRONG, text);
		return true;
	}
	for (size_t i = 0; i < keymap_count; i++) {
		const struct binding *b = &keymap[i];
		if (!(b->contexts & view->context) || !is_useful(b) || y-- > 0)
			continue;
		char name[32];
		keymap_name(name, sizeof name, b, row.canvas->ascii);
		draw_row(row, name, b->help ? b->help : command_info[b->command].help);
		return true;
	}
	if (y-- == 0)
		return true;
	if (y-- == 0) {
		pane_fit(row, 1, 0, STYLE_STRONG, "Commands after \":\"; the beginning of a name will do");
		return true;
	}
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
		const struct command_info *info = &command_info[i];
		if (!info->name || y-- > 0)
			continue;
		char name[32];
		snprintf(name, sizeof name, "%s %s", info->name, info->argument ? info->argument : "");
		draw_row(row, name, info->help);
		return true;
	}
	return false;
}

void help_draw(struct pane pane, const struct view *view, struct view_place *place)
{
	struct pane page = pane_sub(pane, 0, 1, pane.width, pane.height - 2);
	pane_clear(pane);
	int rows = 0;
	while (draw_line(pane_sub(page, 0, 0, 0, 0), view, rows))
		rows++;
	view_fit(place, rows, page.height);
	for (int y = 0; y < page.height; y++)
		draw_line(pane_row(page, y), view, place->top + y);
	keymap_draw(pane_row(pane, pane.height - 1), CONTEXT_HELP,
	            rows > page.height ? 0 : COMMAND_BIT(COMMAND_UP));
}
