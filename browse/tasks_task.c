/* The third page of Tasks: one task in full. */
#include <stdio.h>
#include <string.h>

#include "browse/table.h"
#include "browse/tasks.h"
#include "browse/words.h"
#include "util/text.h"

enum section { GOROUTINES, REGIONS, STEPS, SUBTASKS, LOGS, SECTIONS };

enum {
	HEAD_LINES = 4,
	/* With a heading for each section, and how many more there are. */
	LINES_MAX =
		STORY_GOROUTINES + STORY_REGIONS + STORY_LOGS + STORY_SUBTASKS + TASK_STEPS + 2 * SECTIONS,
};

/* A line of the list: a heading, one of the section's, or how many more there are. */
struct line {
	enum section section;
	enum { HEADING, ITEM, MORE } kind;
	size_t index;
};

struct lines {
	struct line line[LINES_MAX];
	int n;
};

/* When it was, for its bar and for the timeline. */
struct span {
	uint64_t goroutine;
	int64_t at_ns, ns;
};

/* --- lines ---------------------------------------------------------------------------------- */

static const struct task_detail *detail_of(const struct task_report *r)
{
	return r->instance && r->instance->has_detail ? &r->instance->detail : NULL;
}

static size_t count_of(const struct task_report *r, enum section section, uint64_t *more)
{
	const struct task_story *s = r->story;
	const struct task_detail *d = detail_of(r);
	const struct {
		size_t n;
		uint64_t more;
	} count[SECTIONS] = {
		[GOROUTINES] = {s->goroutines, s->more_goroutines},
		[REGIONS] = {s->regions, s->more_regions},
		[STEPS] = {d ? d->steps : 0, d ? d->other_steps : 0},
		[SUBTASKS] = {s->subtasks, s->more_subtasks},
		[LOGS] = {s->logs, s->more_logs},
	};
	*more = count[section].more;
	return count[section].n;
}

static void add(struct lines *lines, struct line line)
{
	if (lines->n < LINES_MAX)
		lines->line[lines->n++] = line;
}

static void make_lines(struct lines *lines, const struct task_report *r)
{
	lines->n = 0;
	for (enum section s = GOROUTINES; s < SECTIONS; s++) {
		uint64_t more;
		size_t n = count_of(r, s, &more);
		if (n)
			add(lines, (struct line){s, HEADING, 0});
		for (size_t i = 0; i < n; i++)
			add(lines, (struct line){s, ITEM, i});
		if (more)
			add(lines, (struct line){s, MORE, 0});
	}
}

static int64_t total(const struct breakdown *spent)
{
	int64_t sum = 0;
	for (size_t i = 0; i < SPENT_KINDS; i++)
		add_ns(&sum, spent->ns[i]);
	return sum;
}

/* The end of what is not over is the last that was seen. */
static int64_t end_of(const struct task_report *r)
{
	const struct task_story *s = r->story;
	int64_t end = s->end_ns;
	for (size_t i = 0; i < s->goroutines && s->end == STORY_OPEN; i++)
		end = s->goroutine[i].last_ns > end ? s->goroutine[i].last_ns : end;
	return end;
}

/* While it is being read, what is open lasts until the end. */
static int64_t lasted(const struct task_report *r, int64_t at_ns, int64_t ns, enum story_end end)
{
	return end == STORY_OPEN && r->reading ? elapsed_ns(at_ns, end_of(r)) : ns;
}

static struct span span_of(const struct task_report *r, const struct line *line)
{
	const struct task_story *s = r->story;
	const struct story_region *region;
	const struct story_subtask *subtask;
	const struct task_detail *d = detail_of(r);
	switch (line->section) {
	case GOROUTINES:
		return (struct span){s->goroutine[line->index].id, s->goroutine[line->index].first_ns,
		                     elapsed_ns(s->goroutine[line->index].first_ns,
		                                s->goroutine[line->index].last_ns)};
	case REGIONS:
		region = &s->region[line->index];
		return (struct span){region->goroutine, region->begin_ns,
		                     lasted(r, region->begin_ns, region->ns, region->end)};
	case STEPS:
		return (struct span){d->step[line->index].goroutine, d->step[line->index].at_ns,
		                     d->step[line->index].ns};
	case SUBTASKS:
		subtask = &s->subtask[line->index];
		return (struct span){subtask->goroutine, subtask->begin_ns,
		                     lasted(r, subtask->begin_ns, subtask->ns, subtask->end)};
	case LOGS:
	default:
		return (struct span){s->log[line->index].goroutine, s->log[line->index].at_ns, 0};
	}
}

/* The selection stays with its line while sections before it grow: they do so at their ends. */
static void select_line(struct view_place *place, const struct lines *lines, int room)
{
	int64_t id[LINES_MAX];
	for (int i = 0; i < lines->n; i++) {
		const struct line *line = &lines->line[i];
		id[i] = ((int64_t)line->section * 3 + line->kind) * LINES_MAX + (int64_t)line->index;
	}
	view_select(place, id, lines->n, room > 0 ? room : 0);
}

/* --- drawing -------------------------------------------------------------------------------- */

enum { COLUMN_AT, COLUMN_TOOK, COLUMN_WHAT, COLUMN_WHO, COLUMN_BAR, COLUMNS };
static const struct table_column column[COLUMNS] = {
	[COLUMN_AT] = {"AT", -1, false, {.min = 9, .want = 9}},
	[COLUMN_TOOK] = {"TOOK", -1, false, {.min = 9, .want = 9, .gap = 1}},
	[COLUMN_WHAT] = {"WHAT", -1, true, {.min = 20, .want = 30, .gap = 2, .grow = 3}},
	[COLUMN_WHO] = {"IN", -1, true, {.min = 7, .want = 9, .gap = 2, .drop = 1}},
	[COLUMN_BAR] = {"WHEN", -1, true, {.min = 12, .want = 20, .gap = 2, .drop = 2, .grow = 2}},
};

static const char *const ends[] = {
	[STORY_OPEN] = ", not ended", [STORY_ENDED] = "", [STORY_CUT] = ", cut off"};

static void put_what(char to[PAGE_CELL], const struct canvas *canvas, const struct task_report *r,
                     const struct line *line)
{
	const struct task_story *s = r->story;
	const struct task_detail *d = detail_of(r);
	char name[PAGE_CELL], text[PAGE_CELL];
	switch (line->section) {
	case GOROUTINES:
		words_name(to, canvas, r->names, s->goroutine[line->index].function, "(unknown)");
		break;
	case REGIONS:
		words_name(name, canvas, r->names, s->region[line->index].name, "(no name)");
		snprintf(to, PAGE_CELL, "%*s%.200s%s", (int)(2 * s->region[line->index].depth % 64), "",
		         name, ends[s->region[line->index].end]);
		break;
	case STEPS:
		words_spent(name, canvas, r->names, r->reasons, d->step[line->index].kind);
		words_name(text, canvas, r->names, d->step[line->index].waker, "");
		snprintf(to, PAGE_CELL, "%.120s%s%.200s", name, *text ? ", ended by " : "", text);
		break;
	case SUBTASKS:
		words_name(name, canvas, r->names, s->subtask[line->index].name, "(no name)");
		snprintf(to, PAGE_CELL, "%.200s  task %llu", name,
		         (unsigned long long)s->subtask[line->index].id);
		break;
	case LOGS:
	default:
		words_name(name, canvas, r->names, s->log[line->index].category, "");
		words_text(text, canvas, s->log[line->index].text, s->log[line->index].length);
		snprintf(to, PAGE_CELL, "%.100s%s%.270s", name, *name ? ": " : "", text);
		break;
	}
}

/* The cells that a span covers of the task's time: at least one, none where it lies behind. */
static struct pane place_span(struct pane bar, const struct task_report *r, const struct span *span)
{
	double begin = (double)r->story->begin_ns, whole = (double)end_of(r) - begin;
	double from = ((double)span->at_ns - begin) / whole, to = from + (double)span->ns / whole;
	if (!(whole > 0) || from > 1 || to < 0)
		return pane_sub(bar, 0, 0, 0, 1);
	int x = (int)((from > 0 ? from : 0) * bar.width);
	int end = (int)((to < 1 ? to : 1) * bar.width + .5);
	x = x < bar.width ? x : bar.width - 1;
	return pane_sub(bar, x, 0, end > x ? end - x : 1, 1);
}

static void draw_when(struct pane bar, const struct task_report *r, const struct line *line,
                      const struct span *span)
{
	struct pane cells = place_span(bar, r, span);
	bool ascii = bar.canvas->ascii;
	uint32_t glyph = ascii ? '=' : 0x2580; /* ▀ */
	if (line->section == GOROUTINES) {
		tasks_draw_spent(cells, &r->story->goroutine[line->index].spent);
		return;
	}
	if (line->section == LOGS)
		glyph = ascii ? '*' : 0x25c6; /* ◆ */
	for (int x = 0; x < cells.width; x++)
		if (line->section == STEPS)
			words_spent_cell(cells, x, detail_of(r)->step[line->index].kind);
		else
			pane_glyph(cells, x, 0, STYLE_TEXT, glyph);
}

static void draw_item(struct pane pane, const struct table *table, const struct task_report *r,
                      const struct line *line)
{
	char text[PAGE_CELL];
	struct span span = span_of(r, line);
	bool log = line->section == LOGS;
	int64_t took =
		line->section == GOROUTINES ? total(&r->story->goroutine[line->index].spent) : span.ns;
	table_duration(pane, table, COLUMN_AT, STYLE_DIM, elapsed_ns(r->story->begin_ns, span.at_ns),
	               true);
	if (!log)
		table_duration(pane, table, COLUMN_TOOK, STYLE_STRONG, took, true);
	put_what(text, pane.canvas, r, line);
	table_text(pane, table, COLUMN_WHAT, STYLE_TEXT, text);
	snprintf(text, sizeof text, "G%llu", (unsigned long long)span.goroutine);
	table_text(pane, table, COLUMN_WHO, STYLE_TEXT, text);
	if (table->slot[COLUMN_BAR].size)
		draw_when(table_cell(pane, table, COLUMN_BAR), r, line, &span);
}

static const char *const titles[SECTIONS] = {
	[GOROUTINES] = "Goroutines that worked for it, and what each spent that time on",
	[REGIONS] = "Regions",
	[STEPS] = "Its longest steps, in their order: what the furthest goroutine did",
	[SUBTASKS] = "Subtasks",
	[LOGS] = "Logs",
};

static void draw_line(struct pane pane, const struct table *table, const struct task_report *r,
                      const struct line *line)
{
	uint64_t more;
	if (line->kind == ITEM) {
		draw_item(pane, table, r, line);
		return;
	}
	size_t n = count_of(r, line->section, &more);
	if (line->kind == MORE) {
		pane_print(pane, 22, 0, STYLE_DIM, "and %llu more", (unsigned long long)more);
		return;
	}
	int x =
		pane_fit(pane_sub(pane, 0, 0, pane.width - 8, 1), 0, 0, STYLE_LABEL, titles[line->section]);
	more += n;
	pane_print(pane, x + 2, 0, STYLE_DIM, "%llu", (unsigned long long)more);
}

/* Where this is, and time; then what the time went into. */
static void draw_head(struct pane pane, const struct trace_data *data, const struct task_report *r,
                      const struct tasks_view *view)
{
	const struct task_story *s = r->story;
	const struct task_detail *d = detail_of(r);
	char name[PAGE_CELL], text[64];
	words_name(name, pane.canvas, r->names, s->name, "(no name)");
	int x = tasks_draw_trail(pane_row(pane, 0), data, view);
	if (view->type.others) /* which is no name */
		pane_fit(pane, x + 2, 0, STYLE_DIM, name);
	text_duration(text, sizeof text, (double)elapsed_ns(s->begin_ns, end_of(r)),
	              pane.canvas->ascii);
	x = pane_text(pane, 0, 1, STYLE_DIM, s->end == STORY_ENDED ? "took " : "took more than ");
	x = pane_text(pane, x, 1, STYLE_STRONG, text);
	text_duration(text, sizeof text, (double)elapsed_ns(data->first_ns, s->begin_ns),
	              pane.canvas->ascii);
	x = pane_text(pane, x, 1, STYLE_DIM, "  began at ");
	x = pane_text(pane, x, 1, STYLE_TEXT, text);
	x = pane_print(pane, x, 1, STYLE_DIM, "  in G%llu", (unsigned long long)s->creator);
	if (s->parent)
		x = pane_print(pane, x, 1, STYLE_DIM, "  part of task %llu", (unsigned long long)s->parent);
	if (r->reading) {
		text_percent(text, sizeof text, r->progress);
		pane_print(pane, x + 2, 1, STYLE_WARNING, "reading on %s", r->progress < 0 ? "" : text);
	}
	if (!d)
		return;
	tasks_draw_spent_words(pane_row(pane, 2), r->names, r->reasons, &d->spent);
	tasks_draw_spent(pane_row(pane, 3), &d->spent);
}

static void draw_nothing(struct pane pane, const struct task_report *r)
{
	char text[64], share[32];
	if (r->problem) {
		char clean[PAGE_CELL];
		words_text(clean, pane.canvas, r->problem, strlen(r->problem));
		pane_wrap(pane, STYLE_WARNING, clean);
		return;
	}
	text_percent(share, sizeof share, r->progress);
	snprintf(text, sizeof text, "looking for it in the file %s", r->progress < 0 ? "" : share);
	pane_wrap(pane, STYLE_DIM, r->reading ? text : "it is not in the file any more");
}

void tasks_draw_task(struct pane pane, const struct trace_data *data, struct view_place *place,
                     const struct tasks_view *view)
{
	struct lines lines;
	struct table table;
	struct pane page = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	struct pane inner = view_list_inside(pane);
	struct task_report report = task_pass_lock(view->pass);
	if (!report.story->begun) {
		view_fit(place, 1, 0);
		tasks_draw_trail(pane_row(page, 0), data, view);
		draw_nothing(pane_sub(page, 0, 2, page.width, page.height - 2), &report);
		task_pass_unlock(view->pass);
		return;
	}
	make_lines(&lines, &report);
	int list_y = HEAD_LINES + 2, room = page.height - list_y;
	select_line(place, &lines, room);
	draw_head(pane_sub(page, 0, 0, page.width, HEAD_LINES), data, &report, view);
	table_layout(&table, column, COLUMNS, inner.width);
	table_draw_headings(pane_row(inner, list_y - 1), &table, place);
	place->list_y = pane.y + list_y;
	for (int i = place->top; i < lines.n && i < place->top + place->page; i++) {
		struct pane line = pane_row(inner, list_y + i - place->top);
		draw_line(line, &table, &report, &lines.line[i]);
		if (i == place->selected)
			table_select(pane_row(pane, list_y + i - place->top), &table,
			             lines.line[i].kind == ITEM ? COLUMN_BAR : TABLE_COLUMNS_MAX);
	}
	task_pass_unlock(view->pass);
}

bool tasks_target(const struct tasks_view *view, const struct view_place *place,
                  struct trace_target *target)
{
	struct lines lines;
	struct task_report report = task_pass_lock(view->pass);
	make_lines(&lines, &report);
	/* There may be more lines than when it was drawn. */
	struct view_place now = *place;
	select_line(&now, &lines, now.page);
	const struct line *line = now.selected < lines.n ? &lines.line[now.selected] : NULL;
	bool found = line && line->kind == ITEM;
	if (found) {
		struct span span = span_of(&report, line);
		*target = (struct trace_target){.goroutine = span.goroutine,
		                                .from_ns = span.at_ns,
		                                .to_ns = span.at_ns};
		add_ns(&target->to_ns, span.ns);
	}
	task_pass_unlock(view->pass);
	return found;
}
