#include "tui/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/layout.h"

#define LIST_Y         2 /* below the title and the headings */
#define BELOW          4 /* a gap, what the setting is, the keys */
#define NAME_MAX_WIDTH 14

static void say(struct setup *s, enum style style, const char *sentence)
{
	snprintf(s->said, sizeof s->said, "%.255s", sentence);
	s->said_style = style;
}

void setup_open(struct setup *s, const struct setup_source *source)
{
	setup_close(s);
	s->source = source;
	s->list.chosen = true;
}

void setup_close(struct setup *s)
{
	free(s->file);
	*s = (struct setup){0};
}

static bool get(const struct setup *s, int i, struct setup_item *item)
{
	*item = (struct setup_item){0};
	return i >= 0 && s->source->item((size_t)i, item, s->source->arg);
}

static int count(const struct setup *s)
{
	struct setup_item item;
	int n = 0;
	while (get(s, n, &item))
		n++;
	return n;
}

/* --- the picture ---------------------------------------------------------------------------- */

static void draw_item(struct pane row, const struct setup_item *item, bool selected)
{
	enum { NAME, VALUE, ORIGIN, WHAT, COUNT };
	struct slot slot[COUNT] = {
		[NAME] = {.min = NAME_MAX_WIDTH, .want = NAME_MAX_WIDTH},
		[VALUE] = {.min = 12, .want = 28, .gap = 2, .grow = 1},
		[ORIGIN] = {.min = 12, .want = 20, .gap = 2},
		[WHAT] = {.min = 50, .want = 50, .gap = 2, .drop = 1, .grow = 4},
	};
	layout(slot, COUNT, row.width - 4);
	const char *text[COUNT] = {item->name, item->value, item->origin, item->text};
	const enum style style[COUNT] = {STYLE_KEY, STYLE_TEXT,
	                                 item->changed ? STYLE_WARNING : STYLE_DIM, STYLE_DIM};
	for (int i = 0; i < COUNT; i++)
		if (slot[i].size)
			pane_fit(pane_sub(row, 3 + slot[i].at, 0, slot[i].size, 1), 0, 0, style[i], text[i]);
	if (item->changed)
		pane_glyph(row, 1, 0, STYLE_WARNING, '*');
	if (selected)
		view_draw_selected(row);
}

static void draw_list(struct pane pane, struct setup *s)
{
	struct pane list = pane_sub(pane, 0, LIST_Y, pane.width, pane.height - LIST_Y - BELOW);
	const struct setup_item headings = {.name = "SETTING",
	                                    .value = "VALUE",
	                                    .origin = "FROM",
	                                    .text = "WHAT IT IS"};
	struct setup_item item;
	view_begin(&s->list);
	view_select(&s->list, NULL, count(s), list.height);
	s->list.list_y = list.y;
	pane_text(pane, 1, 0, STYLE_STRONG, "Setup");
	pane_fit(pane_sub(pane, 0, 0, pane.width - 1, 1), 8, 0, STYLE_DIM,
	         "you see the file before it is written; it holds from the next start");
	draw_item(pane_row(pane, 1), &headings, false);
	pane_restyle(pane_row(pane, 1), STYLE_DIM);
	for (int y = 0; y < list.height && get(s, s->list.top + y, &item); y++)
		draw_item(pane_row(list, y), &item, s->list.top + y == s->list.selected);
	if (get(s, s->list.selected, &item))
		pane_wrap(pane_sub(pane, 1, pane.height - BELOW, pane.width - 2, BELOW - 1), STYLE_DIM,
		          item.text);
}

static void draw_file(struct pane pane, struct setup *s)
{
	struct pane page = pane_sub(pane, 0, LIST_Y, pane.width, pane.height - LIST_Y - 1);
	int lines = 0;
	for (const char *at = s->file; *at; lines++)
		at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
	view_fit(&s->page, lines, page.height);
	pane_text(pane, 1, 0, STYLE_STRONG, "The file as it would become");
	pane_fit(pane_sub(pane, 0, 0, pane.width - 1, 1), 30, 0, STYLE_DIM,
	         s->source->path(s->source->arg));
	const char *at = s->file;
	for (int i = 0; i < lines; i++) {
		char line[512];
		size_t length = strcspn(at, "\n");
		snprintf(line, sizeof line, "%.*s", (int)(length < 500 ? length : 500), at);
		for (char *c = line; *c; c++)
			*c = *c == '\t' ? ' ' : *c;
		if (i >= s->page.top && i < s->page.top + page.height)
			pane_fit(page, 1, i - s->page.top,
			         strchr(";#", line[0]) && line[0] ? STYLE_DIM : STYLE_TEXT, line);
		at += length + (at[length] == '\n');
	}
}

void setup_draw(struct pane pane, struct setup *s, const struct keymap *keys)
{
	struct pane foot = pane_row(pane, pane.height - 1);
	pane_clear(pane);
	if (s->file)
		draw_file(pane, s);
	else
		draw_list(pane, s);
	if (s->prompt.lead) {
		struct setup_item item;
		get(s, s->list.selected, &item);
		prompt_draw(foot, &s->prompt, item.argument ? item.argument : "");
	} else if (s->said[0]) {
		pane_fit(pane_sub(foot, 0, 0, foot.width - 1, 1), 1, 0, s->said_style, s->said);
	} else {
		keymap_draw(foot, keys, CONTEXT_SETUP,
		            s->file ? COMMAND_BIT(COMMAND_EXPAND) | COMMAND_BIT(COMMAND_RESET) |
		                          COMMAND_BIT(COMMAND_UP)
		                    : 0);
	}
}

/* --- inputs --------------------------------------------------------------------------------- */

static void set(struct setup *s, const char *value)
{
	struct error error = {0};
	if (s->source->set((size_t)s->list.selected, value, s->source->arg, &error) != STATUS_OK)
		say(s, STYLE_WARNING, error.text);
}

/* A word of several goes on to the next; anything else is typed. */
static void change(struct setup *s)
{
	struct setup_item item;
	if (!get(s, s->list.selected, &item))
		return;
	if (!item.argument) {
		set(s, strcasecmp(item.value, "yes") == 0 ? "no" : "yes");
		return;
	}
	if (!item.choice) {
		prompt_open(&s->prompt, ':', item.is_whole ? item.value : "");
		return;
	}
	int now = -1;
	for (int i = 0; i < item.choices; i++)
		if (item.choice[i] && strcmp(item.choice[i], item.value) == 0)
			now = i;
	set(s, item.choice[(now + 1) % item.choices]);
}

/* From the list to the file, and from there onto the disk, as it was seen. */
static void write_file(struct setup *s)
{
	struct error error = {0};
	char said[sizeof s->said];
	char *now = s->source->file(s->source->arg, &error);
	if (!now) {
		say(s, STYLE_WARNING, error.text);
		return;
	}
	if (!s->file || strcmp(now, s->file) != 0) {
		if (s->file)
			say(s, STYLE_WARNING, "somebody has changed the file: this is what it would be now");
		else
			s->page = (struct view_place){0};
		free(s->file);
		s->file = now;
		return;
	}
	free(now);
	if (s->source->write(s->file, s->source->arg, &error) != STATUS_OK) {
		say(s, STYLE_WARNING, error.text);
		return;
	}
	free(s->file);
	s->file = NULL;
	snprintf(said, sizeof said, "written: %.200s", s->source->path(s->source->arg));
	say(s, STYLE_DIM, said);
}

static void go_back(struct setup *s)
{
	if (!s->file) {
		setup_close(s);
		return;
	}
	free(s->file);
	s->file = NULL;
}

static void act(struct setup *s, enum command command)
{
	switch (command) {
	case COMMAND_CLOSE:
		go_back(s);
		break;
	case COMMAND_QUIT:
	case COMMAND_SETUP:
		setup_close(s);
		break;
	case COMMAND_WRITE:
		write_file(s);
		break;
	case COMMAND_EXPAND:
		if (!s->file)
			change(s);
		break;
	case COMMAND_RESET:
		if (!s->file)
			set(s, NULL);
		break;
	default:
		if (s->file)
			view_scroll(&s->page, command);
		else
			view_move(&s->list, command);
		break;
	}
}

enum loop_next setup_input(struct setup *s, const struct keymap *keys,
                           const struct tui_input *input)
{
	if (s->prompt.lead) {
		if (prompt_key(&s->prompt, input->key) == PROMPT_ACCEPTED && s->prompt.text[0])
			set(s, s->prompt.text);
		return LOOP_DRAW;
	}
	s->said[0] = '\0';
	if (input->key == KEYMAP_CLICK && !s->file) {
		if (view_click(&s->list, input->x, input->y) == VIEW_HIT_SELECTED_ROW)
			change(s);
		return LOOP_DRAW;
	}
	if (input->key == KEYMAP_WHEEL_UP || input->key == KEYMAP_WHEEL_DOWN) {
		act(s, input->key == KEYMAP_WHEEL_UP ? COMMAND_UP : COMMAND_DOWN);
		return LOOP_DRAW;
	}
	const struct binding *binding = keymap_find(keys, input->key, CONTEXT_SETUP);
	if (!binding)
		return LOOP_GO_ON;
	if (binding->command == COMMAND_REDRAW)
		return LOOP_REDRAW;
	act(s, binding->command);
	return LOOP_DRAW;
}
