#include "tui/view_picker.h"

#include <limits.h>
#include <stdio.h>

#include "tui/layout.h"
#include "tui/loop.h"
#include "util/text.h"

static void choice_pid(char *to, size_t size, const struct tui_choice *c)
{
	snprintf(to, size, "%d", c->pid);
}

static void choice_user(char *to, size_t size, const struct tui_choice *c)
{
	snprintf(to, size, "%s", c->user);
}

static void choice_version(char *to, size_t size, const struct tui_choice *c)
{
	snprintf(to, size, "%s", c->go_version[0] ? c->go_version : "–");
}

static void choice_procs(char *to, size_t size, const struct tui_choice *c)
{
	if (c->gomaxprocs < 0)
		snprintf(to, size, "–");
	else
		text_count(to, size, c->gomaxprocs);
}

static void choice_cpu(char *to, size_t size, const struct tui_choice *c)
{
	if (c->cpu_percent < 0)
		snprintf(to, size, "–");
	else
		text_percent(to, size, c->cpu_percent / 100);
}

static void choice_agent(char *to, size_t size, const struct tui_choice *c)
{
	snprintf(to, size, "%s", c->agent);
}

static void choice_program(char *to, size_t size, const struct tui_choice *c)
{
	snprintf(to, size, "%s", c->program);
}

static const struct column {
	const char *heading;
	bool right;
	struct slot slot;
	void (*text)(char *to, size_t size, const struct tui_choice *choice);
} column[] = {
	{"PID", true, {.min = 7, .want = 7}, choice_pid},
	{"USER", false, {.min = 8, .want = 12, .gap = 2, .drop = 3}, choice_user},
	{"GO", false, {.min = 8, .want = 10, .gap = 2, .drop = 4}, choice_version},
	{"GOMAXPROCS", true, {.min = 10, .want = 10, .gap = 2, .drop = 5}, choice_procs},
	{"CPU", true, {.min = 6, .want = 6, .gap = 2, .drop = 1}, choice_cpu},
	{"AGENT", false, {.min = 5, .want = 5, .gap = 2, .drop = 2}, choice_agent},
	{"PROGRAM", false, {.min = 12, .want = 30, .gap = 2, .grow = 1}, choice_program},
};
#define COLUMN_COUNT (sizeof column / sizeof *column)

static void draw_cell(struct pane pane, const struct column *c, enum style style, const char *text)
{
	if (c->right)
		pane_right(pane, 0, style, text);
	else
		pane_fit(pane, 0, 0, style, text);
}

static void draw_row(struct pane pane, const struct slot *slot, const struct tui_choice *choice)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		char text[160] = "";
		if (choice)
			column[i].text(text, sizeof text, choice);
		draw_cell(pane_sub(pane, slot[i].at, 0, slot[i].size, 1), &column[i],
		          choice ? STYLE_TEXT : STYLE_DIM, choice ? text : column[i].heading);
	}
}

void picker_draw(struct canvas *canvas, void *arg)
{
	struct picker *picker = arg;
	struct pane page = pane_of(canvas);
	struct slot slot[COLUMN_COUNT];
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		slot[i] = column[i].slot;
	struct pane list = pane_sub(page, 0, 3, page.width, page.height - 5);
	layout(slot, COLUMN_COUNT, page.width - 2);

	int x = pane_text(page, 1, 0, STYLE_STRONG, "schedtop");
	pane_print(page, x, 0, STYLE_DIM, "  %d Go process%s on this machine: which one?", picker->n,
	           picker->n == 1 ? "" : "es");
	draw_row(pane_sub(page, 1, 2, page.width - 2, 1), slot, NULL);
	if (picker->selected < picker->place.top)
		picker->place.top = picker->selected;
	if (picker->selected >= picker->place.top + list.height)
		picker->place.top = picker->selected - list.height + 1;
	view_fit(&picker->place, picker->n, list.height);
	for (int i = 0; i < list.height && picker->place.top + i < picker->n; i++) {
		int row = picker->place.top + i;
		struct pane line = pane_row(list, i);
		draw_row(pane_sub(line, 1, 0, line.width - 2, 1), slot, &picker->choice[row]);
		if (row != picker->selected)
			continue;
		pane_restyle(line, STYLE_SELECTED);
		/* Without colours and reverse video the mark alone says it. */
		pane_glyph(line, 0, 0, STYLE_SELECTED, '>');
	}
	if (picker->n > list.height)
		pane_print(pane_row(page, page.height - 2), 1, 0, STYLE_DIM, "%d to %d of %d",
		           picker->place.top + 1, picker->place.top + list.height, picker->n);
	keymap_draw(pane_row(page, page.height - 1), CONTEXT_PICKER,
	            picker->n > 0 ? 0 : 1U << COMMAND_CHOOSE);
}

bool picker_command(enum command command, void *arg)
{
	struct picker *picker = arg;
	if (command == COMMAND_CHOOSE) {
		picker->chosen = picker->n > 0;
		return picker->n == 0;
	}
	/* The selection moves as a list of one-row pages would scroll, but by whole pages where asked.
	 */
	struct view_place place = {picker->selected, picker->n, 1};
	if (command == COMMAND_PAGE_UP || command == COMMAND_PAGE_DOWN) {
		int page = picker->place.page > 1 ? picker->place.page - 1 : 1;
		place.top += command == COMMAND_PAGE_UP ? -page : page;
		command = COMMAND_NONE;
	}
	view_scroll(&place, command);
	picker->selected = place.top;
	return true;
}
