#include "tui/help.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 18
#define WIDE       160 /* from here on keys and commands stand side by side */
#define ROWS_MAX   160

/* The page as it will stand on a canvas: rows of names and sentences. */
struct sheet {
	struct sheet_row {
		char name[40];
		char text[96];
		bool title;
	} row[ROWS_MAX];
	int n;
};

static void add(struct sheet *sheet, bool title, const char *name, const char *text)
{
	if (sheet->n == ROWS_MAX)
		return;
	struct sheet_row *row = &sheet->row[sheet->n++];
	row->title = title;
	snprintf(row->name, sizeof row->name, "%s", name);
	snprintf(row->text, sizeof row->text, "%s", text);
}

static bool is_digit_of(const struct binding *b)
{
	return b->argument[0] >= '1' && b->argument[0] <= '9' && !b->argument[1];
}

/* A digit without a view does nothing, and needs no words. */
static bool is_useful(const struct binding *b, const struct help *help)
{
	return b->command != COMMAND_VIEW || !b->argument || !is_digit_of(b) ||
	       (size_t)(b->argument[0] - '1') < help->tabs.n;
}

/* Does it work on all views of its kind? */
static bool is_general(const struct binding *b)
{
	return (b->contexts & CONTEXT_VIEWS) == CONTEXT_VIEWS ||
	       (b->contexts & CONTEXT_TRACE_VIEWS) == CONTEXT_TRACE_VIEWS ||
	       b->contexts & CONTEXT_REPLAY;
}

static void add_key(struct sheet *sheet, const struct help *help, const struct binding *b,
                    bool ascii)
{
	char text[96], name[40];
	keymap_names(name, sizeof name, help->keys, b, help->context, ascii);
	if (!name[0])
		return;
	if (b->command == COMMAND_VIEW && b->argument && is_digit_of(b))
		snprintf(text, sizeof text, "Show %s.", help->tabs.name[b->argument[0] - '1']);
	else
		snprintf(text, sizeof text, "%s", b->help ? b->help : command_info[b->command].help);
	add(sheet, false, name, text);
}

/* Those of this view first, then those of all. */
static void add_keys(struct sheet *sheet, const struct help *help, bool ascii)
{
	char text[96];
	for (int general = 0; general < 2; general++) {
		bool any = false;
		for (const struct binding *b = help->keys->row; b->command; b++) {
			if (!(b->contexts & help->context) || is_general(b) != general ||
			    COMMAND_BIT(b->command) & help->without || !is_useful(b, help) ||
			    keymap_is_alias(help->keys, b, help->context))
				continue;
			snprintf(text, sizeof text, "Keys of %s", general ? "every view" : help->name);
			if (!any && general && sheet->n > 0)
				add(sheet, true, "", "");
			if (!any)
				add(sheet, true, "", text);
			any = true;
			add_key(sheet, help, b, ascii);
		}
	}
}

static bool is_command_of(const struct command_info *info, const struct help *help)
{
	return (info->screens & help->screen) != 0;
}

static void add_commands(struct sheet *sheet, const struct help *help)
{
	char name[40];
	bool any = false;
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
		const struct command_info *info = &command_info[i];
		if (!is_command_of(info, help) || COMMAND_BIT(i) & help->without)
			continue;
		if (!any)
			add(sheet, true, "", "Commands after \":\"; the beginning of a name will do");
		any = true;
		snprintf(name, sizeof name, "%s %s", info->name, info->argument ? info->argument : "");
		add(sheet, false, name, info->help);
	}
}

static void add_notes(struct sheet *sheet, const struct help *help, bool ascii)
{
	char name[40];
	if (help->notes)
		add(sheet, true, "", help->title);
	for (size_t i = 0; i < help->notes; i++) {
		const char *full = help->note[i].name, *plain = strchr(full, '|');
		if (ascii && plain)
			snprintf(name, sizeof name, "%s", plain + 1);
		else
			snprintf(name, sizeof name, "%.*s", (int)strcspn(full, "|"), full);
		add(sheet, false, name, help->note[i].text);
	}
}

static void draw_row(struct pane pane, const struct sheet_row *row)
{
	if (row->title) {
		pane_fit(pane, 1, 0, STYLE_STRONG, row->text);
		return;
	}
	pane_fit(pane_sub(pane, 0, 0, NAME_WIDTH, 1), 3, 0, STYLE_KEY, row->name);
	pane_fit(pane_sub(pane, 0, 0, pane.width - 1, 1), NAME_WIDTH + 1, 0, STYLE_TEXT, row->text);
}

static void draw_sheet(struct pane pane, const struct sheet *sheet, int top)
{
	for (int y = 0; y < pane.height && top + y < sheet->n; y++)
		draw_row(pane_row(pane, y), &sheet->row[top + y]);
}

void help_draw(struct pane pane, const struct help *help, struct view_place *place)
{
	struct sheet left = {.n = 0}, right = {.n = 0};
	struct pane page = pane_sub(pane, 0, 1, pane.width, pane.height - 2);
	bool wide = pane.width >= WIDE;
	pane_clear(pane);
	add_keys(&left, help, pane.canvas->ascii);
	if (!wide)
		add(&left, true, "", "");
	add_commands(wide ? &right : &left, help);
	add_notes(wide ? &right : &left, help, pane.canvas->ascii);
	int rows = left.n > right.n ? left.n : right.n, half = wide ? page.width / 2 : page.width;
	view_fit(place, rows, page.height);
	draw_sheet(pane_sub(page, 0, 0, half, page.height), &left, place->top);
	draw_sheet(pane_sub(page, half, 0, page.width - half, page.height), &right, place->top);
	keymap_draw(pane_row(pane, pane.height - 1), help->keys, CONTEXT_HELP,
	            rows > page.height ? 0 : COMMAND_BIT(COMMAND_UP));
}

enum loop_next help_input(bool *open, struct view_place *place, const struct keymap *keys, int key)
{
	const struct binding *binding = keymap_find(keys, key, CONTEXT_HELP);
	if (!binding)
		return LOOP_GO_ON;
	if (binding->command == COMMAND_REDRAW)
		return LOOP_REDRAW;
	switch (binding->command) {
	case COMMAND_CLOSE:
	case COMMAND_HELP:
	case COMMAND_QUIT:
		*open = false;
		return LOOP_DRAW;
	default:
		view_scroll(place, binding->command);
		return LOOP_DRAW;
	}
}
