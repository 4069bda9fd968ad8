#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "tui/layout.h"

#define OVERVIEW CONTEXT_OVERVIEW
#define PICKER   CONTEXT_PICKER
#define LISTS    CONTEXT_LISTS
#define VIEWS    CONTEXT_VIEWS
#define ALL      CONTEXT_ALL

#define KEY(key, contexts, command, name)                 \
	{                                                     \
		key, contexts, command, NULL, name, NULL, 0, NULL \
	}
#define VIEW(number)                                                                     \
	{                                                                                    \
		number[0], VIEWS, COMMAND_VIEW, number, number, NULL, 0, "Show view " number "." \
	}

/* In the order of the bottom line and of the help page. */
const struct binding keymap[] = {
	{KEYMAP_ENTER, PICKER, COMMAND_CHOOSE, NULL, "Enter", "watch", 1, NULL},
	{KEYMAP_UP, OVERVIEW, COMMAND_UP, NULL, "↑↓|Up/Down", "more Ps", 4,
     "Move the lanes up by one P."},
	{KEYMAP_UP, LISTS, COMMAND_UP, NULL, "↑↓|Up/Down", "select", 4, "Select the row above."},
	{KEYMAP_UP, CONTEXT_LATENCY, COMMAND_UP, NULL, "↑|Up", NULL, 0, NULL},
	{'k', ALL, COMMAND_UP, NULL, "k", NULL, 0, "The same as Up."},
	KEY(KEYMAP_DOWN, ALL, COMMAND_DOWN, "↓|Down"),
	{'j', ALL, COMMAND_DOWN, NULL, "j", NULL, 0, "The same as Down."},
	KEY(KEYMAP_PAGE_UP, ALL, COMMAND_PAGE_UP, "PgUp"),
	KEY(KEYMAP_PAGE_DOWN, ALL, COMMAND_PAGE_DOWN, "PgDn"),
	KEY(KEYMAP_HOME, ALL, COMMAND_FIRST, "Home"),
	KEY(KEYMAP_END, ALL, COMMAND_LAST, "End"),
	VIEW("1"),
	VIEW("2"),
	VIEW("3"),
	VIEW("4"),
	KEY(KEYMAP_TAB, VIEWS, COMMAND_VIEW_NEXT, "Tab"),
	KEY(KEYMAP_SHIFT_TAB, VIEWS, COMMAND_VIEW_PREVIOUS, "Shift-Tab"),
	KEY(KEYMAP_CTRL_L, ALL, COMMAND_REDRAW, "Ctrl-L"),
	{'q', ALL, COMMAND_QUIT, NULL, "q", "quit", 0, NULL},
	{KEYMAP_ESCAPE, PICKER, COMMAND_QUIT, NULL, "Esc", NULL, 0, "The same as q."},
};
const size_t keymap_count = sizeof keymap / sizeof *keymap;

#define KEYMAP_COUNT (sizeof keymap / sizeof *keymap)

const struct binding *keymap_find(int key, enum context context)
{
	for (size_t i = 0; i < KEYMAP_COUNT; i++)
		if (keymap[i].key == key && keymap[i].contexts & context)
			return &keymap[i];
	return NULL;
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

void keymap_draw(struct pane pane, enum context context, uint64_t without)
{
	struct slot slot[KEYMAP_COUNT] = {{0}};
	const struct binding *shown[KEYMAP_COUNT];
	size_t n = 0;
	char name[32];
	for (size_t i = 0; i < KEYMAP_COUNT; i++) {
		const struct binding *b = &keymap[i];
		if (!b->label || !(b->contexts & context) || COMMAND_BIT(b->command) & without)
			continue;
		key_name(name, sizeof name, b->name, pane.canvas->ascii);
		int width =
			canvas_text_width(pane.canvas, name) + 1 + canvas_text_width(pane.canvas, b->label);
		shown[n] = b;
		slot[n++] = (struct slot){.min = width, .want = width, .gap = 3, .drop = b->drop};
	}
	layout(slot, n, pane.width - 1);
	for (size_t i = 0; i < n; i++) {
		struct pane at = pane_sub(pane, 1 + slot[i].at, 0, slot[i].size, 1);
		key_name(name, sizeof name, shown[i]->name, pane.canvas->ascii);
		int x = pane_text(at, 0, 0, STYLE_KEY, name);
		pane_text(at, x + 1, 0, STYLE_DIM, shown[i]->label);
	}
}
