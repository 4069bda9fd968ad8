#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#define OVERVIEW CONTEXT_OVERVIEW
#define PICKER   CONTEXT_PICKER
#define ALL      CONTEXT_ALL

const struct binding keymap[] = {
	{KEYMAP_ENTER, PICKER, COMMAND_CHOOSE, "Enter", "watch", "Watch the selected process."},
	{KEYMAP_UP, OVERVIEW, COMMAND_UP, "↑↓|Up/Down", "more Ps", "Move the lanes up by one P."},
	{KEYMAP_UP, PICKER, COMMAND_UP, "↑↓|Up/Down", "select", "Select the process above."},
	{'k', ALL, COMMAND_UP, "k", NULL, "The same as Up."},
	{KEYMAP_DOWN, ALL, COMMAND_DOWN, "↓|Down", NULL, "Move down by one row."},
	{'j', ALL, COMMAND_DOWN, "j", NULL, "The same as Down."},
	{KEYMAP_PAGE_UP, ALL, COMMAND_PAGE_UP, "PgUp", NULL, "Move up by one screen."},
	{KEYMAP_PAGE_DOWN, ALL, COMMAND_PAGE_DOWN, "PgDn", NULL, "Move down by one screen."},
	{KEYMAP_HOME, ALL, COMMAND_FIRST, "Home", NULL, "Go to the first row."},
	{KEYMAP_END, ALL, COMMAND_LAST, "End", NULL, "Go to the last row."},
	{KEYMAP_CTRL_L, ALL, COMMAND_REDRAW, "Ctrl-L", NULL, "Draw the whole screen again."},
	{'q', ALL, COMMAND_QUIT, "q", "quit", "Leave. The process goes on as before."},
	{KEYMAP_ESCAPE, PICKER, COMMAND_QUIT, "Esc", NULL, "The same as q."},
};
const size_t keymap_count = sizeof keymap / sizeof *keymap;

enum command keymap_find(int key, enum context context)
{
	for (size_t i = 0; i < keymap_count; i++)
		if (keymap[i].key == key && keymap[i].contexts & context)
			return keymap[i].command;
	return COMMAND_NONE;
}

/* The half of "↑↓|Up/Down" that this canvas can show. */
static void key_name(char *to, size_t size, const char *name, bool ascii)
{
	const char *bar = strchr(name, '|');
	if (!bar)
		snprintf(to, size, "%s", name);
	else if (ascii)
		snprintf(to, size, "%s", bar + 1);
	else
		snprintf(to, size, "%.*s", (int)(bar - name), name);
}

void keymap_draw(struct pane pane, enum context context, unsigned without)
{
	int x = 1;
	for (size_t i = 0; i < keymap_count; i++) {
		const struct binding *b = &keymap[i];
		if (!b->label || !(b->contexts & context) || without >> b->command & 1)
			continue;
		char name[32];
		key_name(name, sizeof name, b->name, pane.canvas->ascii);
		int width =
			canvas_text_width(pane.canvas, name) + 1 + canvas_text_width(pane.canvas, b->label);
		if (x + width > pane.width)
			return;
		pane_text(pane, x, 0, STYLE_KEY, name);
		pane_text(pane, x + canvas_text_width(pane.canvas, name) + 1, 0, STYLE_DIM, b->label);
		x += width + 3;
	}
}
