#include "tui/tabs.h"

#include <stdio.h>

/* Tabs of one view would say nothing. */
static bool are_shown(const struct tabs *tabs)
{
	return tabs->n > 1;
}

/* " 2 Threads " or " 2 ", and the cells it takes. */
static int tab_text(char *to, size_t size, const struct tabs *tabs, size_t i, bool named)
{
	if (named || i == tabs->current)
		return snprintf(to, size, " %zu %s ", i + 1, tabs->name[i]);
	return snprintf(to, size, " %zu ", i + 1);
}

static bool have_names(const struct tabs *tabs, int width)
{
	char text[48];
	int all = 0;
	for (size_t i = 0; i < tabs->n; i++)
		all += tab_text(text, sizeof text, tabs, i, true);
	return 2 * all <= width;
}

int tabs_draw(struct pane line, const struct tabs *tabs)
{
	char text[48];
	int x = 0;
	bool named = have_names(tabs, line.width);
	for (size_t i = 0; are_shown(tabs) && i < tabs->n; i++) {
		int width = tab_text(text, sizeof text, tabs, i, named);
		pane_text(line, x, 0, i == tabs->current ? STYLE_SELECTED : STYLE_DIM, text);
		x += width;
	}
	return x > 0 ? x + 1 : 0;
}

int tabs_at(const struct canvas *canvas, const struct tabs *tabs, int x, int y)
{
	char text[48];
	bool named = have_names(tabs, canvas->width);
	if (y != canvas->height - 1 || x < 0 || !are_shown(tabs))
		return -1;
	for (size_t i = 0; i < tabs->n; i++) {
		x -= tab_text(text, sizeof text, tabs, i, named);
		if (x < 0)
			return (int)i;
	}
	return -1;
}
