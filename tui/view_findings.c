#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/live.h"
#include "doctor/show.h"
#include "tui/findings.h"
#include "tui/layout.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * Findings: "what is wrong, since when, and what proves it?" One row for each, the worst first; the
 * one that is open has its evidence below it. Under the list stands all that is to be said of the
 * selected one.
 */

#define DASH      "–"
#define TEXT_SIZE 1024
#define ROW_BITS  4 /* of evidence */
_Static_assert(FINDING_EVIDENCE < 1 << ROW_BITS, "a number for each");

/* --- rows ----------------------------------------------------------------------------------- */

/* What tells two findings of one slug apart is what their first evidence is of. */
int64_t finding_row(const struct finding *finding)
{
	const struct evidence *first = finding->evidences ? &finding->evidence[0] : NULL;
	uint64_t of = first ? first->group ^ first->goroutine << 1 ^ first->task << 2 : 0;
	uint64_t mixed = (of + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(finding->slug + 1) << 40;
	return (int64_t)((mixed >> 1 | 1U << ROW_BITS) & ~((UINT64_C(1) << ROW_BITS) - 1));
}

const struct finding *finding_of_row(const struct findings *findings, int64_t row,
                                     const struct evidence **evidence)
{
	*evidence = NULL;
	for (size_t i = 0; findings && i < findings->n; i++) {
		const struct finding *f = findings->finding[i];
		int64_t at = row - finding_row(f);
		if (at < 0 || at > (int64_t)f->evidences)
			continue;
		*evidence = at > 0 ? &f->evidence[at - 1] : NULL;
		return f;
	}
	return NULL;
}

void finding_draw_mark(struct pane pane, const struct finding *finding)
{
	bool alarms = finding->severity >= SEVERITY_WARNING;
	pane_text(pane, 0, 0, alarms ? STYLE_ALARM : STYLE_DIM, alarms ? "!" : "i");
}

const struct finding *finding_worst(const struct findings *findings, const enum slug *slug,
                                    size_t n)
{
	for (size_t i = 0; findings && i < findings->n; i++)
		for (size_t k = 0; k < n; k++)
			if (findings->finding[i]->slug == slug[k] &&
			    findings->finding[i]->severity >= SEVERITY_WARNING)
				return findings->finding[i];
	return NULL;
}

/* --- the list ------------------------------------------------------------------------------- */

enum { SORT_SEVERITY, SORT_SINCE, SORT_FINDING };
static const char *const sorts[] = {"severity", "since", "finding", NULL};

enum { COLUMN_MARK, COLUMN_SEVERITY, COLUMN_SINCE, COLUMN_SLUG, COLUMN_WHAT, COLUMNS };

static const struct column {
	const char *heading;
	bool right;
	int sort;
	struct slot slot;
} column[COLUMNS] = {
	[COLUMN_MARK] = {"", false, -1, {.min = 1, .want = 1}},
	[COLUMN_SEVERITY] = {"SEVERITY",
                         false,
                         SORT_SEVERITY,
                         {.min = 9, .want = 9, .gap = 1, .drop = 2}},
	[COLUMN_SINCE] = {"SINCE", true, SORT_SINCE, {.min = 8, .want = 8, .gap = 1, .drop = 1}},
	[COLUMN_SLUG] = {"FINDING", false, SORT_FINDING, {.min = 19, .want = 20, .gap = 2}},
	[COLUMN_WHAT] = {"WHAT", false, -1, {.min = 20, .want = 40, .gap = 2, .grow = 1}},
};

struct row {
	const struct finding *finding;
	const struct evidence *evidence; /* NULL: the finding itself */
};

struct list {
	int n;
	struct row *row;
	int64_t *id;
};

struct sorting {
	int sort;
	bool reversed;
};

/* Equal ones, and severities, in the order that the findings came in. */
static int compare(const void *a, const void *b, void *arg)
{
	const struct row *x = a, *y = b;
	const struct sorting *order = arg;
	int64_t since_x = live_since(x->finding), since_y = live_since(y->finding);
	int by = 0;
	if (order->sort == SORT_SINCE)
		by = (since_x > since_y) - (since_x < since_y);
	else if (order->sort == SORT_FINDING)
		by = (int)x->finding->slug - (int)y->finding->slug;
	else
		by = (int)y->finding->severity - (int)x->finding->severity;
	if (by == 0 && order->sort == SORT_SEVERITY)
		by = (x->finding->impact < y->finding->impact) - (x->finding->impact > y->finding->impact);
	return order->reversed ? -by : by;
}

static void since_text(char *to, size_t size, const struct view_data *data,
                       const struct finding *finding)
{
	int64_t since_ns = live_since(finding);
	snprintf(to, size, DASH);
	if (since_ns >= 0)
		view_age(to, size, data->now_ns - since_ns);
}

static bool matches(const struct filter *filter, const struct finding *f)
{
	char text[TEXT_SIZE];
	snprintf(text, sizeof text, "%s %s %s", severity_words[f->severity], slug_word(f->slug),
	         f->summary ? f->summary : "");
	return filter_matches(filter, text);
}

/* false: no memory. */
static bool arrange(struct list *list, const struct findings *findings,
                    const struct view_place *place)
{
	size_t most = findings->n * (1 + FINDING_EVIDENCE) + 1;
	struct row *found = calloc(findings->n + 1, sizeof *found);
	struct filter filter;
	size_t n = 0;
	list->row = calloc(most, sizeof *list->row);
	list->id = calloc(most, sizeof *list->id);
	filter_open(&filter, place->filter);
	for (size_t i = 0; found && i < findings->n; i++)
		if (matches(&filter, findings->finding[i]))
			found[n++].finding = findings->finding[i];
	filter_close(&filter);
	struct sorting order = {place->sort, place->reversed};
	if (found)
		qsort_r(found, n, sizeof *found, compare, &order);
	bool have = found && list->row && list->id;
	for (size_t i = 0; have && i < n; i++) {
		const struct finding *f = found[i].finding;
		int64_t id = finding_row(f);
		list->id[list->n] = id;
		list->row[list->n++].finding = f;
		for (size_t e = 0; place->expanded == id && e < f->evidences; e++) {
			list->id[list->n] = id + 1 + (int64_t)e;
			list->row[list->n++] = (struct row){f, &f->evidence[e]};
		}
	}
	free(found);
	return have;
}

static struct pane cell_of(struct pane row, const struct slot *slot)
{
	return pane_sub(row, slot->at, 0, slot->size, 1);
}

/* Evidence begins where the names of findings do. */
static void draw_evidence(struct pane row, const struct slot *slot, const struct evidence *e)
{
	char text[TEXT_SIZE];
	struct pane rest = pane_sub(row, slot[COLUMN_SLUG].at, 0, row.width, 1);
	finding_text(text, sizeof text, e->text ? e->text : "", row.canvas->ascii);
	pane_text(rest, 0, 0, STYLE_DIM, row.canvas->ascii ? "-" : "└");
	pane_fit(rest, 2, 0, STYLE_TEXT, text);
}

static void draw_row(struct pane pane, const struct slot *slot, const struct view_data *data,
                     const struct row *row)
{
	char text[TEXT_SIZE];
	const struct finding *f = row->finding;
	if (row->evidence) {
		draw_evidence(pane, slot, row->evidence);
		return;
	}
	bool alarms = f->severity >= SEVERITY_WARNING;
	finding_draw_mark(cell_of(pane, &slot[COLUMN_MARK]), f);
	if (slot[COLUMN_SEVERITY].size)
		pane_fit(cell_of(pane, &slot[COLUMN_SEVERITY]), 0, 0, alarms ? STYLE_TEXT : STYLE_DIM,
		         severity_words[f->severity]);
	since_text(text, sizeof text, data, f);
	if (slot[COLUMN_SINCE].size)
		pane_right(cell_of(pane, &slot[COLUMN_SINCE]), 0, STYLE_DIM, text);
	pane_fit(cell_of(pane, &slot[COLUMN_SLUG]), 0, 0, alarms ? STYLE_STRONG : STYLE_TEXT,
	         slug_word(f->slug));
	finding_text(text, sizeof text, f->summary ? f->summary : "", pane.canvas->ascii);
	pane_fit(cell_of(pane, &slot[COLUMN_WHAT]), 0, 0, STYLE_TEXT, text);
}

static void draw_list(struct pane pane, const struct view_data *data, const struct list *list,
                      struct view_place *place)
{
	struct slot slot[COLUMNS];
	for (int i = 0; i < COLUMNS; i++)
		slot[i] = column[i].slot;
	layout(slot, COLUMNS, pane.width - 2);
	struct pane head = pane_sub(pane, 1, 0, pane.width - 2, 1);
	for (int i = 0; i < COLUMNS; i++)
		if (slot[i].size)
			view_draw_heading(cell_of(head, &slot[i]), place, column[i].sort, column[i].heading,
			                  column[i].right);
	struct pane rows = pane_sub(pane, 0, 1, pane.width, pane.height - 1);
	place->list_y = rows.y;
	view_select(place, list->id, list->n, rows.height);
	for (int i = 0; i < rows.height && place->top + i < list->n; i++) {
		struct pane row = pane_row(rows, i);
		draw_row(pane_sub(row, 1, 0, row.width - 2, 1), slot, data, &list->row[place->top + i]);
		if (place->top + i != place->selected)
			continue;
		pane_restyle(row, STYLE_SELECTED);
		/* Without colours and reverse video the mark alone says it. */
		pane_glyph(row, 0, 0, STYLE_SELECTED, '>');
	}
	const struct row *selected = list->n > 0 ? &list->row[place->selected] : NULL;
	place->selected_group = selected ? finding_row(selected->finding) : 0;
}

/* --- all that is to be said ----------------------------------------------------------------- */

#define LABEL_WIDTH 9

/* A paragraph with its label; returns the rows it takes. */
static int draw_paragraph(struct pane pane, int y, const char *label, const char *text)
{
	char shown[2 * TEXT_SIZE];
	if (!text || !*text || y >= pane.height)
		return 0;
	finding_text(shown, sizeof shown, text, pane.canvas->ascii);
	pane_text(pane_sub(pane, 0, y, LABEL_WIDTH, 1), 0, 0, STYLE_LABEL, label);
	return pane_wrap(pane_sub(pane, LABEL_WIDTH, y, pane.width - LABEL_WIDTH, pane.height - y),
	                 STYLE_TEXT, shown);
}

/* "throttled 31 %, periods 600" */
static void numbers_text(char *to, size_t size, const struct finding *f, bool ascii)
{
	size_t used = 0;
	to[0] = '\0';
	for (size_t i = 0; i < f->measures && used < size; i++) {
		char value[64], name[64];
		measure_show(&f->measure[i], value, sizeof value, ascii);
		snprintf(name, sizeof name, "%s", f->measure[i].name);
		for (char *at = name; *at; at++)
			if (*at == '_')
				*at = ' ';
		used += (size_t)snprintf(to + used, size - used, "%s%s %s", used ? ", " : "", name, value);
	}
}

/* The frames of the selected evidence, as many as there is room for. */
static int draw_frames(struct pane pane, int y, const struct evidence *e)
{
	int rows = 0;
	for (size_t i = 0; e && i < e->frames && y + rows < pane.height; i++, rows++) {
		const struct evidence_frame *frame = &e->frame[i];
		char text[TEXT_SIZE], shown[TEXT_SIZE];
		const char *slash = frame->file ? strrchr(frame->file, '/') : NULL;
		const char *file = slash ? slash + 1 : frame->file;
		snprintf(text, sizeof text, "%s  %s:%u", frame->function ? frame->function : DASH,
		         file ? file : "", frame->line);
		finding_text(shown, sizeof shown, text, pane.canvas->ascii);
		if (i == 0)
			pane_text(pane_sub(pane, 0, y, LABEL_WIDTH, 1), 0, 0, STYLE_LABEL, "Where");
		pane_fit(pane, LABEL_WIDTH, y + rows, STYLE_TEXT, shown);
	}
	return rows;
}

/* Of the selected row. */
static void draw_detail(struct pane pane, const struct row *row)
{
	const struct finding *f = row->finding;
	char numbers[TEXT_SIZE];
	const struct advice *advice = advice_of(f->slug);
	pane_fit(pane, 0, 0, STYLE_STRONG, advice ? advice->title : slug_word(f->slug));
	int y = 1;
	numbers_text(numbers, sizeof numbers, f, pane.canvas->ascii);
	y += draw_paragraph(pane, y, "What", f->summary);
	y += draw_frames(pane, y, row->evidence);
	y += draw_paragraph(pane, y, "Numbers", numbers);
	y += draw_paragraph(pane, y, "Do", finding_remedy_text(f));
	draw_paragraph(pane, y, "Unless", advice ? advice->refuted : NULL);
}

/* --- page ----------------------------------------------------------------------------------- */

/* How long the doctor has been able to look back, which is what its silence is worth. */
static void known_text(char *to, size_t size, const struct view_data *data)
{
	const struct snapshot *newest = history_get(data->history, 0);
	const struct snapshot *oldest = history_get(data->history, history_count(data->history) - 1);
	char known[32], all[32];
	int64_t known_ns = newest->monotonic_ns - oldest->monotonic_ns;
	view_age(known, sizeof known, known_ns);
	view_age(all, sizeof all, LIVE_SPAN_NS);
	if (known_ns < LIVE_SPAN_NS * 9 / 10)
		snprintf(to, size, "%s known; slow growth takes up to %s", known, all);
	else
		snprintf(to, size, "of the last %s", known);
}

static void draw_summary(struct pane pane, const struct view_data *data)
{
	char tally[96], known[128];
	const char *dot = pane.canvas->ascii ? " | " : " · ";
	findings_tally(data->findings, SEVERITY_INFO, tally, sizeof tally);
	known_text(known, sizeof known, data);
	int x = pane_text(pane, 1, 0, STYLE_STRONG, tally);
	x = pane_text(pane, x, 0, STYLE_DIM, dot);
	pane_fit(pane, x, 0, STYLE_DIM, known);
}

static void draw_nothing(struct pane pane, const struct view_data *data, bool filtered)
{
	char known[128], text[320];
	known_text(known, sizeof known, data);
	if (filtered)
		snprintf(text, sizeof text, "No finding has the text of the filter; Esc shows all again.");
	else
		snprintf(text, sizeof text, "Nothing is wrong as far as the doctor can see: %s.", known);
	pane_wrap(pane, STYLE_DIM, text);
}

static void draw_page(struct pane page, const struct view_data *data, const struct list *list,
                      struct view_place *place)
{
	enum { GAP, SUMMARY, GAP_LIST, LIST, GAP_DETAIL, DETAIL, COUNT };
	int rows = list->n + 1;
	struct slot part[COUNT] = {
		[GAP] = {.min = 1, .want = 1, .drop = 4},
		[SUMMARY] = {.min = 1, .want = 1, .drop = 2},
		[GAP_LIST] = {.min = 1, .want = 1, .drop = 3},
		[LIST] = {.min = 4, .want = rows > 4 ? rows : 4},
		[GAP_DETAIL] = {.min = 1, .want = 1, .drop = 5},
		[DETAIL] = {.min = 6, .want = 9, .drop = 1, .grow = 1},
	};
	layout(part, COUNT, page.height);
	if (part[SUMMARY].size)
		draw_summary(pane_row(page, part[SUMMARY].at), data);
	draw_list(pane_sub(page, 0, part[LIST].at, page.width, part[LIST].size), data, list, place);
	if (part[DETAIL].size)
		draw_detail(pane_sub(page, 1, part[DETAIL].at, page.width - 2, part[DETAIL].size),
		            &list->row[place->selected]);
}

static void draw(struct pane page, const struct view_data *data, struct view_place *place)
{
	struct list list = {0};
	struct pane text = pane_sub(page, 1, 1, page.width - 2, page.height - 1);
	if (!data->findings || !arrange(&list, data->findings, place)) {
		view_select(place, NULL, 0, page.height);
		pane_text(text, 0, 0, STYLE_DIM, "The doctor has no memory to look");
	} else if (list.n == 0) {
		view_select(place, NULL, 0, page.height);
		draw_nothing(text, data, data->findings->n > 0);
	} else {
		draw_page(page, data, &list, place);
	}
	free(list.row);
	free(list.id);
}

const struct view view_findings = {"Findings", CONTEXT_FINDINGS, draw, sorts, NULL};
