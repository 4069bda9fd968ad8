/* The second page of Tasks: how long those of one type took, and some of every duration. */
#include <stdio.h>
#include <string.h>

#include "browse/bars.h"
#include "browse/table.h"
#include "browse/tasks.h"
#include "browse/words.h"
#include "util/text.h"

enum { HEAD_LINES = 4, LINES_MAX = BARS_ROWS_MAX * (1 + TASK_ROW_KEPT) + TASK_ROW_KEPT + 1 };

/* A line of the list: a bar, what did not end, or a task below one of these. */
struct line {
	int row;                        /* of the bars; -1: what did not end */
	const struct task_brief *brief; /* NULL: the bar itself */
};

struct lines {
	struct bars bars;
	struct line line[LINES_MAX];
	int n;
};

/* --- lines ---------------------------------------------------------------------------------- */

/* Powers of two in a row of the bars, as bits. */
static uint64_t octaves_of(const struct bars *bars, int row)
{
	int first = bars->first + row * bars->octaves, end = first + bars->octaves;
	uint64_t below_end = end < 64 ? (UINT64_C(1) << end) - 1 : UINT64_MAX;
	return below_end & ~((UINT64_C(1) << first) - 1);
}

static void add_tasks(struct lines *lines, int row, const struct task_row *of)
{
	for (size_t i = 0; of && i < of->kept && lines->n < LINES_MAX; i++)
		lines->line[lines->n++] = (struct line){row, &of->brief[i]};
}

static void make_lines(struct lines *lines, const struct tasks_met *met,
                       const struct tasks_view *view)
{
	const struct task_rows *rows = met->tasks ? met->tasks->rows : NULL;
	lines->n = 0;
	bars_make(&lines->bars, met->duration, NULL, BARS_ROWS_MAX);
	for (int row = 0; row < lines->bars.rows && lines->n < LINES_MAX; row++) {
		uint64_t octaves = octaves_of(&lines->bars, row) & view->open_rows;
		lines->line[lines->n++] = (struct line){row, NULL};
		for (unsigned k = TASK_ROWS; rows && k > 0; k--)
			if (octaves >> (k - 1) & 1)
				add_tasks(lines, row, rows->row[k - 1]);
	}
	if (!met->open || lines->n == LINES_MAX)
		return;
	lines->line[lines->n++] = (struct line){-1, NULL};
	if (rows && view->open_unended)
		add_tasks(lines, -1, rows->open);
}

/* Has the bar tasks to show? */
static bool has_tasks(const struct lines *lines, const struct tasks_met *met, int row)
{
	const struct task_rows *rows = met->tasks ? met->tasks->rows : NULL;
	if (!rows)
		return false;
	if (row < 0)
		return rows->open != NULL;
	uint64_t octaves = octaves_of(&lines->bars, row);
	for (unsigned k = 0; k < TASK_ROWS; k++)
		if (octaves >> k & 1 && rows->row[k])
			return true;
	return false;
}

/* Bars stay where they are; tasks have their ID. */
static void list_ids(int64_t id[LINES_MAX], const struct lines *lines)
{
	for (int i = 0; i < lines->n; i++)
		id[i] = lines->line[i].brief ? (int64_t)(lines->line[i].brief->id & INT64_MAX)
		                             : -1 - lines->line[i].row - 1;
}

static void select_line(struct view_place *place, const struct lines *lines, int page)
{
	int64_t id[LINES_MAX];
	list_ids(id, lines);
	view_select(place, id, lines->n, page);
}

void tasks_open_slowest(struct tasks_view *view, const struct tasks_met *met)
{
	view->open_rows = UINT64_C(1) << task_row_of(met->duration->max_ns);
	view->open_unended = false;
}

const struct task_brief *tasks_choose(const struct trace_data *data, const struct view_place *place,
                                      struct tasks_view *view)
{
	struct lines lines;
	struct tasks_met met;
	if (!tasks_find(data, &view->type, &met))
		return NULL;
	make_lines(&lines, &met, view);
	int64_t id[LINES_MAX];
	list_ids(id, &lines);
	int selected = view_selected_row(place, id, lines.n);
	if (selected >= lines.n)
		return NULL;
	const struct line *line = &lines.line[selected];
	if (line->brief)
		return line->brief;
	uint64_t octaves = line->row < 0 ? 0 : octaves_of(&lines.bars, line->row);
	if (line->row < 0)
		view->open_unended = !view->open_unended;
	else if (view->open_rows & octaves)
		view->open_rows &= ~octaves;
	else
		view->open_rows |= octaves;
	return NULL;
}

/* --- the page ------------------------------------------------------------------------------- */

static int draw_number(struct pane line, int x, const char *name, int64_t ns)
{
	char text[32];
	text_duration(text, sizeof text, (double)ns, line.canvas->ascii);
	x = pane_text(line, x, 0, STYLE_DIM, name);
	return pane_text(line, x + 1, 0, STYLE_TEXT, text) + 2;
}

/* Name and numbers, then what the time went into. */
static void draw_head(struct pane pane, const struct trace_data *data, const struct tasks_met *met,
                      const struct tasks_view *view)
{
	const struct distribution *d = met->duration;
	char count[32];
	text_count(count, sizeof count, (int64_t)(d->count & INT64_MAX));
	int x = tasks_draw_trail(pane_sub(pane, 0, 0, pane.width / 2, 1), data, view);
	x = pane_text(pane, x + 2, 0, STYLE_DIM, "ended ");
	x = pane_text(pane, x, 0, STYLE_TEXT, count) + 2;
	if (d->count) {
		x = draw_number(pane, x, "p50", distribution_percentile(d, .5));
		x = draw_number(pane, x, "p99", distribution_percentile(d, .99));
		draw_number(pane, x, "max", d->max_ns);
	}
	struct pane words = pane_row(pane, 1);
	tasks_draw_spent_words(words, &data->analysis->names, met->reasons, met->spent);
	tasks_draw_spent(pane_row(pane, 2), met->spent);
}

static const char *mark_of(const struct canvas *canvas, bool has, bool open)
{
	static const char *const marks[2][3] = {{" ", "▸", "▾"}, {" ", "+", "-"}};
	return marks[canvas->ascii][has ? 1 + open : 0];
}

static void draw_brief(struct pane line, const struct trace_data *data,
                       const struct task_brief *brief, bool unended)
{
	char text[64], took[32], at[32];
	text_duration(took, sizeof took, (double)brief->ns, line.canvas->ascii);
	text_duration(at, sizeof at, (double)elapsed_ns(data->first_ns, brief->begin_ns),
	              line.canvas->ascii);
	snprintf(text, sizeof text, "%s%s", unended ? ">" : "", took);
	pane_right(pane_sub(line, 0, 0, 16, 1), 0, STYLE_STRONG, text);
	int x = pane_print(line, 18, 0, STYLE_TEXT, "task %llu", (unsigned long long)brief->id);
	x = pane_text(line, (x > 32 ? x : 32) + 1, 0, STYLE_DIM, "began at ");
	x = pane_text(line, x, 0, STYLE_TEXT, at);
	x = pane_text(line, (x > 52 ? x : 52) + 1, 0, STYLE_DIM, "in ");
	pane_print(line, x, 0, STYLE_TEXT, "G%llu", (unsigned long long)brief->creator);
}

static void draw_line(struct pane pane, const struct trace_data *data, const struct tasks_met *met,
                      const struct lines *lines, const struct line *line,
                      const struct tasks_view *view)
{
	char count[32];
	if (line->brief) {
		draw_brief(pane, data, line->brief, line->row < 0);
		return;
	}
	bool open = line->row < 0 ? view->open_unended
	                          : (octaves_of(&lines->bars, line->row) & view->open_rows) != 0;
	pane_text(pane, 0, 0, STYLE_DIM, mark_of(pane.canvas, has_tasks(lines, met, line->row), open));
	struct pane rest = pane_sub(pane, 2, 0, pane.width - 2, 1);
	if (line->row >= 0) {
		bars_draw_row(rest, &lines->bars, line->row);
		return;
	}
	text_count(count, sizeof count, (int64_t)(met->open & INT64_MAX));
	pane_text(rest, 0, 0, STYLE_LABEL, "had not ended when the trace did");
	pane_right(rest, 0, STYLE_TEXT, count);
}

/* Of a region there is none to look up, but the slowest is known. */
static void draw_slowest(struct pane line, const struct trace_data *data,
                         const struct region_type *type)
{
	char at[32], took[32];
	text_duration(took, sizeof took, (double)type->slowest_ns, line.canvas->ascii);
	text_duration(at, sizeof at, (double)elapsed_ns(data->first_ns, type->slowest_begin_ns),
	              line.canvas->ascii);
	pane_print(line, 0, 0, STYLE_DIM, "the slowest took %s, began at %s in G%llu", took, at,
	           (unsigned long long)type->slowest_goroutine);
}

void tasks_draw_type(struct pane pane, const struct trace_data *data, struct view_place *place,
                     const struct tasks_view *view)
{
	struct lines lines;
	struct tasks_met met;
	struct pane page = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	struct pane inner = view_list_inside(pane);
	int foot = view->type.region ? 1 : 0, room = pane.height - HEAD_LINES - 1 - foot;
	if (!tasks_find(data, &view->type, &met)) {
		view_fit(place, 0, 0);
		return;
	}
	make_lines(&lines, &met, view);
	select_line(place, &lines, room > 0 ? room : 0);
	draw_head(pane_sub(page, 0, 0, page.width, HEAD_LINES - 1), data, &met, view);
	bars_draw_title(pane_sub(inner, 2, HEAD_LINES, inner.width - 2, 1), &lines.bars, "Durations",
	                "", "");
	place->list_y = pane.y + HEAD_LINES + 1;
	for (int i = place->top; i < lines.n && i < place->top + place->page; i++) {
		struct pane line = pane_row(inner, HEAD_LINES + 1 + i - place->top);
		draw_line(line, data, &met, &lines, &lines.line[i], view);
		if (i == place->selected)
			view_draw_selected(pane_row(pane, HEAD_LINES + 1 + i - place->top));
	}
	if (met.regions && met.duration->count)
		draw_slowest(pane_row(page, page.height - 1), data, met.regions);
}
