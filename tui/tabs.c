#include "tui/tabs.h"

#include <stdio.h>

/* Tabs of one view would say nothing. */
static bool are_shown(const struct tabs *tabs)
{
	return tabs->n > 1;
}

/* What tabs are called: where names leave too little of the line for keys, the current one alone
   keeps its whole; then none does, and last only the current one has a name. */
enum naming { BY_NUMBER, TINY, BRIEF, WHOLE, NAMINGS };
static const int letters[NAMINGS] = {[BRIEF] = 4, [TINY] = 3};
/* Cells that are left for keys: names help to find a view once, keys every time. */
static const int keys_least[NAMINGS] = {[WHOLE] = 40, [BRIEF] = 32, [TINY] = 32};

/* " 2 Threads ", " 2 Thre" or " 2 ", and the cells it takes. */
static int tab_text(char *to, size_t size, const struct tabs *tabs, size_t i, enum naming naming)
{
	if (naming == WHOLE || (i == tabs->current && naming != TINY))
		return snprintf(to, size, " %zu %s ", i + 1, tabs->name[i]);
	if (naming == BY_NUMBER)
		return snprintf(to, size, " %zu ", i + 1);
	return snprintf(to, size, " %zu %.*s", i + 1, letters[naming], tabs->name[i]);
}

/* Blanks before a tab: brief ones have none at their end, and the current one has a ground. */
static int gap_before(const struct tabs *tabs, size_t i, enum naming naming)
{
	return naming == BRIEF && i == tabs->current && i > 0;
}

static enum naming naming_of(const struct tabs *tabs, int width)
{
	char text[48];
	enum naming naming = WHOLE;
	for (; naming > BY_NUMBER; naming--) {
		int all = keys_least[naming];
		for (size_t i = 0; i < tabs->n; i++)
			all += gap_before(tabs, i, naming) + tab_text(text, sizeof text, tabs, i, naming);
		if (all <= width)
			break;
	}
	return naming;
}

int tabs_draw(struct pane line, const struct tabs *tabs)
{
	char text[48];
	int x = 0;
	enum naming naming = naming_of(tabs, line.width);
	for (size_t i = 0; are_shown(tabs) && i < tabs->n; i++) {
		x += gap_before(tabs, i, naming);
		int width = tab_text(text, sizeof text, tabs, i, naming);
		/* Where all are tiny the blank before the current one is not on its ground. */
		bool bare = naming == TINY;
		pane_text(line, x + bare, 0, i == tabs->current ? STYLE_SELECTED : STYLE_DIM, text + bare);
		x += width;
	}
	return x > 0 ? x + 1 : 0;
}

int tabs_at(const struct canvas *canvas, const struct tabs *tabs, int x, int y)
{
	char text[48];
	enum naming naming = naming_of(tabs, canvas->width);
	if (y != canvas->height - 1 || x < 0 || !are_shown(tabs))
		return -1;
	for (size_t i = 0; i < tabs->n; i++) {
		x -= gap_before(tabs, i, naming) + tab_text(text, sizeof text, tabs, i, naming);
		if (x < 0)
			return (int)i;
	}
	return -1;
}
