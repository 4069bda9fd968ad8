#include "tui/view_picker.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/help.h"
#include "tui/layout.h"
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

static void choice_module(char *to, size_t size, const struct tui_choice *c)
{
	snprintf(to, size, "%s", c->module[0] ? c->module : "–");
}

/* Orders of two choices; what is unknown stands last. */
static int compare_pid(const struct tui_choice *a, const struct tui_choice *b)
{
	return (a->pid > b->pid) - (a->pid < b->pid);
}

static int compare_user(const struct tui_choice *a, const struct tui_choice *b)
{
	return strcmp(a->user, b->user);
}

static int compare_version(const struct tui_choice *a, const struct tui_choice *b)
{
	return strverscmp(b->go_version, a->go_version);
}

static int compare_procs(const struct tui_choice *a, const struct tui_choice *b)
{
	return (a->gomaxprocs < b->gomaxprocs) - (a->gomaxprocs > b->gomaxprocs);
}

static int compare_cpu(const struct tui_choice *a, const struct tui_choice *b)
{
	return (a->cpu_percent < b->cpu_percent) - (a->cpu_percent > b->cpu_percent);
}

static int compare_agent(const struct tui_choice *a, const struct tui_choice *b)
{
	return strcmp(b->agent, a->agent); /* "yes" first */
}

static int compare_program(const struct tui_choice *a, const struct tui_choice *b)
{
	return strcmp(a->program, b->program);
}

static int compare_module(const struct tui_choice *a, const struct tui_choice *b)
{
	if (!a->module[0] || !b->module[0])
		return !a->module[0] - !b->module[0];
	return strcmp(a->module, b->module);
}

static const struct column {
	const char *heading;
	bool right;
	struct slot slot;
	void (*text)(char *to, size_t size, const struct tui_choice *choice);
	int (*compare)(const struct tui_choice *a, const struct tui_choice *b);
} column[] = {
	{"PID", true, {.min = 7, .want = 7}, choice_pid, compare_pid},
	{"USER", false, {.min = 8, .want = 12, .gap = 2, .drop = 3}, choice_user, compare_user},
	{"GO", false, {.min = 8, .want = 10, .gap = 2, .drop = 4}, choice_version, compare_version},
	{"GOMAXPROCS", true, {.min = 10, .want = 10, .gap = 2, .drop = 5}, choice_procs, compare_procs},
	{"CPU", true, {.min = 6, .want = 6, .gap = 2, .drop = 1}, choice_cpu, compare_cpu},
	{"AGENT", false, {.min = 5, .want = 5, .gap = 2, .drop = 2}, choice_agent, compare_agent},
	{"PROGRAM",
     false,
     {.min = 12, .want = 24, .gap = 2, .grow = 1},
     choice_program,
     compare_program},
	{"MODULE",
     false,
     {.min = 24, .want = 24, .gap = 2, .drop = 6, .grow = 2},
     choice_module,
     compare_module},
};
#define COLUMN_COUNT (sizeof column / sizeof *column)

static void draw_row(struct pane pane, const struct slot *slot, const struct tui_choice *choice)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		char text[160];
		struct pane cell = pane_sub(pane, slot[i].at, 0, slot[i].size, 1);
		column[i].text(text, sizeof text, choice);
		if (column[i].right)
			pane_right(cell, 0, STYLE_TEXT, text);
		else
			pane_fit(cell, 0, 0, STYLE_TEXT, text);
	}
}

static void draw_headings(struct pane pane, const struct slot *slot, struct view_place *place)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		view_draw_heading(pane_sub(pane, slot[i].at, 0, slot[i].size, 1), place, (int)i,
		                  column[i].heading, column[i].right);
}

/* --- the list ------------------------------------------------------------------------------- */

static bool matches(const struct filter *filter, const struct tui_choice *choice)
{
	char text[160 * COLUMN_COUNT] = "";
	size_t used = 0;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		column[i].text(text + used, 159, choice);
		used += strlen(text + used);
		text[used++] = ' ';
		text[used] = '\0';
	}
	return filter_matches(filter, text);
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct picker *picker = arg;
	const struct tui_choice *one = &picker->choice[*(const int *)a];
	const struct tui_choice *other = &picker->choice[*(const int *)b];
	int order = column[(size_t)picker->place.sort % COLUMN_COUNT].compare(one, other);
	if (order == 0)
		order = compare_pid(one, other);
	return picker->place.reversed ? -order : order;
}

/* Which rows there are, in which order. Returns how many. */
static int make_list(struct picker *picker)
{
	int rows = 0;
	struct filter filter;
	filter_open(&filter, picker->place.filter);
	for (int i = 0; i < picker->n; i++)
		if (matches(&filter, &picker->choice[i]))
			picker->shown[rows++] = i;
	filter_close(&filter);
	qsort_r(picker->shown, (size_t)rows, sizeof *picker->shown, compare, picker);
	for (int i = 0; i < rows; i++)
		picker->id[i] = picker->choice[picker->shown[i]].pid;
	return rows;
}

static void draw_list(struct pane list, const struct slot *slot, struct picker *picker)
{
	struct view_place *place = &picker->place;
	int rows = make_list(picker);
	view_select(place, picker->id, rows, list.height);
	place->list_y = list.y;
	for (int i = 0; i < list.height && place->top + i < place->rows; i++) {
		int row = place->top + i;
		struct pane line = pane_row(list, i);
		draw_row(pane_sub(line, 1, 0, line.width - 2, 1), slot,
		         &picker->choice[picker->shown[row]]);
		if (row != place->selected)
			continue;
		view_draw_selected(line);
	}
}

/* "3 Go processes on this machine: which one?", "1 of 3 Go processes: those with ..." */
static void draw_title(struct pane pane, const struct picker *picker)
{
	char text[400];
	const char *plural = picker->n == 1 ? "" : "es";
	int x = pane_text(pane, 1, 0, STYLE_STRONG, "schedtop") + 2;
	if (picker->place.filter[0])
		snprintf(text, sizeof text, "%d of %d Go processes: those with \"%s\"", picker->place.rows,
		         picker->n, picker->place.filter);
	else
		snprintf(text, sizeof text, "%d Go process%s%s: which one?", picker->n, plural,
		         pane.width >= 60 ? " on this machine" : "");
	pane_fit(pane_sub(pane, 0, 0, pane.width - 1, 1), x, 0, STYLE_DIM, text);
}

static void draw_page(struct canvas *canvas, struct picker *picker);

/* Draws with another place, and gives the user's back. */
static void draw_place(struct canvas *canvas, struct view_place *place, void *arg)
{
	struct picker *picker = arg;
	struct view_place own = picker->place;
	picker->place = *place;
	draw_page(canvas, picker);
	*place = picker->place;
	picker->place = own;
	make_list(picker);
}

static struct listing listing_of(struct picker *picker)
{
	return (struct listing){.view = "Processes",
	                        .is_list = true,
	                        .ascii = picker->ascii,
	                        .width = picker->width,
	                        .height = picker->height,
	                        .place = &picker->place,
	                        .draw = draw_place,
	                        .arg = picker};
}

void picker_draw(struct canvas *canvas, void *arg)
{
	struct picker *picker = arg;
	if (picker->help) {
		const struct help help = {.name = "the list of processes",
		                          .context = CONTEXT_PICKER,
		                          .keys = picker->keys};
		help_draw(pane_of(canvas), &help, &picker->help_place);
		return;
	}
	picker->width = canvas->width;
	picker->height = canvas->height;
	picker->ascii = canvas->ascii;
	draw_page(canvas, picker);
}

static void draw_page(struct canvas *canvas, struct picker *picker)
{
	const struct view_place *place = &picker->place;
	struct pane page = pane_of(canvas), foot = pane_row(page, page.height - 1);
	struct slot slot[COLUMN_COUNT];
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		slot[i] = column[i].slot;
	struct pane list = pane_sub(page, 0, 3, page.width, page.height - 5);
	layout(slot, COLUMN_COUNT, page.width - 2);

	view_begin(&picker->place);
	draw_headings(pane_sub(page, 1, 2, page.width - 2, 1), slot, &picker->place);
	draw_list(list, slot, picker);
	draw_title(page, picker);
	if (place->rows > list.height)
		pane_print(pane_row(page, page.height - 2), 1, 0, STYLE_DIM, "%d to %d of %d",
		           place->top + 1, place->top + list.height, place->rows);
	if (picker->prompt.lead)
		prompt_draw(foot, &picker->prompt, prompt_hint(picker->prompt.lead));
	else if (picker->take.said[0])
		pane_fit(pane_sub(foot, 0, 0, foot.width - 1, 1), 1, 0, picker->take.said_style,
		         picker->take.said);
	else
		keymap_draw(foot, picker->keys, CONTEXT_PICKER,
		            place->rows > 0 ? 0 : COMMAND_BIT(COMMAND_CHOOSE));
}

/* --- inputs --------------------------------------------------------------------------------- */

static enum loop_next choose(struct picker *picker)
{
	picker->chosen = picker->place.selected < picker->place.rows;
	if (!picker->chosen)
		return LOOP_GO_ON;
	picker->picked = picker->shown[picker->place.selected];
	return LOOP_END;
}

/* Esc first takes back what it can. */
static enum loop_next leave(struct picker *picker)
{
	if (!picker->place.filter[0])
		return LOOP_END;
	picker->place.filter[0] = '\0';
	return LOOP_DRAW;
}

enum loop_next picker_command(struct picker *picker, enum command command)
{
	struct view_place *place = &picker->place;
	struct listing listing = listing_of(picker);
	switch (command) {
	case COMMAND_QUIT:
		return LOOP_END;
	case COMMAND_CLOSE:
		return leave(picker);
	case COMMAND_REDRAW:
		return LOOP_REDRAW;
	case COMMAND_HELP:
		picker->help = true;
		picker->help_place = (struct view_place){0};
		return LOOP_DRAW;
	case COMMAND_CHOOSE:
		return choose(picker);
	case COMMAND_FILTER:
		snprintf(picker->filter_before, sizeof picker->filter_before, "%s", place->filter);
		prompt_open(&picker->prompt, '\\', place->filter);
		return LOOP_DRAW;
	case COMMAND_SEARCH:
		take_begin(&picker->take, place);
		prompt_open(&picker->prompt, '/', "");
		return LOOP_DRAW;
	case COMMAND_SEARCH_NEXT:
	case COMMAND_SEARCH_PREVIOUS:
		take_search(&picker->take, &listing, place, NULL, command == COMMAND_SEARCH_NEXT ? 1 : -1);
		return LOOP_DRAW;
	case COMMAND_COPY:
		take_copy(&picker->take, &listing);
		return LOOP_DRAW;
	case COMMAND_SORT:
	case COMMAND_SORT_PREVIOUS:
		place->sort += command == COMMAND_SORT ? 1 : (int)COLUMN_COUNT - 1;
		place->sort %= (int)COLUMN_COUNT;
		place->reversed = false;
		return LOOP_DRAW;
	case COMMAND_REVERSE:
		place->reversed = !place->reversed;
		return LOOP_DRAW;
	default:
		view_move(place, command);
		return LOOP_DRAW;
	}
}

static enum loop_next type(struct picker *picker, int key)
{
	char lead = picker->prompt.lead;
	enum prompt_event event = prompt_key(&picker->prompt, key);
	if (lead == '/') {
		struct listing listing = listing_of(picker);
		take_key(&picker->take, &listing, &picker->place, event, picker->prompt.text);
		return LOOP_DRAW;
	}
	snprintf(picker->place.filter, sizeof picker->place.filter, "%s",
	         event == PROMPT_CLOSED ? picker->filter_before : picker->prompt.text);
	return LOOP_DRAW;
}

static enum loop_next wheel(struct picker *picker, enum command command)
{
	view_wheel(&picker->place, picker->help ? &picker->help_place : NULL, command);
	return LOOP_DRAW;
}

enum loop_next picker_input(const struct tui_input *input, void *arg)
{
	struct picker *picker = arg;
	picker->take.said[0] = '\0';
	if (input->key == KEYMAP_WHEEL_UP || input->key == KEYMAP_WHEEL_DOWN)
		return wheel(picker, input->key == KEYMAP_WHEEL_UP ? COMMAND_UP : COMMAND_DOWN);
	if (picker->help)
		return help_input(&picker->help, &picker->help_place, picker->keys, input->key);
	if (input->key == KEYMAP_CLICK) {
		bool again = view_click(&picker->place, input->x, input->y) == VIEW_HIT_SELECTED_ROW;
		return again ? choose(picker) : LOOP_DRAW;
	}
	if (picker->prompt.lead)
		return type(picker, input->key);
	const struct binding *binding = keymap_find(picker->keys, input->key, CONTEXT_PICKER);
	return binding ? picker_command(picker, binding->command) : LOOP_GO_ON;
}

/* --- life ----------------------------------------------------------------------------------- */

enum status picker_init(struct picker *picker, const struct tui_choice *choice, size_t n,
                        struct error *error)
{
	*picker = (struct picker){.choice = choice,
	                          .keys = &keymap_default,
	                          .n = n < INT_MAX ? (int)n : INT_MAX};
	picker->shown = calloc((size_t)picker->n + 1, sizeof *picker->shown);
	picker->id = calloc((size_t)picker->n + 1, sizeof *picker->id);
	if (picker->shown && picker->id)
		return STATUS_OK;
	picker_finish(picker);
	return error_no_memory(error);
}

void picker_finish(struct picker *picker)
{
	take_finish(&picker->take, false);
	free(picker->shown);
	free(picker->id);
	picker->shown = NULL;
	picker->id = NULL;
}
