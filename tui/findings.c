#include "tui/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/show.h"
#include "tui/layout.h"
#include "tui/trail.h"

#define DASH      "–"
#define TEXT_SIZE 1024
#define ROW_BITS  4 /* of evidence */
_Static_assert(FINDING_EVIDENCE < 1 << ROW_BITS, "a number for each");

/* --- rows ----------------------------------------------------------------------------------- */

/* Of a finding, never 0; its evidence follows, the first with that number + 1. What tells two
   findings of one slug apart is what their first evidence is of. */
static int64_t finding_row(const struct finding *finding)
{
	const struct evidence *first = finding->evidences ? &finding->evidence[0] : NULL;
	uint64_t of = first ? first->group ^ first->goroutine << 1 ^ first->task << 2 : 0;
	for (size_t i = 0; first && i < first->frames; i++)
		of = of * 31 + first->frame[i].line;
	if (of == 0)
		of = finding->ordinal;
	uint64_t mixed = (of + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(finding->slug + 1) << 40;
	return (int64_t)((mixed >> 1 | 1U << ROW_BITS) & ~((UINT64_C(1) << ROW_BITS) - 1));
}

const struct finding *finding_of_row(const struct findings *findings, int64_t row,
                                     const struct evidence **evidence)
{
	*evidence = NULL;
	for (size_t i = 0; findings && i < findings->n; i++) {
		const struct finding *f = findings->finding[i];
		int64_t own = finding_row(f);
		/* A row that is none of ours may be any number. */
		if (row < own || row - own > (int64_t)f->evidences)
			continue;
		*evidence = row > own ? &f->evidence[row - own - 1] : NULL;
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

/* --- arranging them ------------------------------------------------------------------------- */

struct row {
	const struct finding *finding;
	const struct evidence *evidence; /* NULL: the finding itself */
};

struct rows {
	int n;
	struct row *row;
	int64_t *id;
};

struct sorting {
	const struct findings_list *list;
	const struct view_place *place;
};

static int compare(const void *a, const void *b, void *arg)
{
	const struct finding *x = ((const struct row *)a)->finding;
	const struct finding *y = ((const struct row *)b)->finding;
	const struct sorting *sorting = arg;
	int by = 0;
	if (sorting->place->sort == FINDINGS_BY_OWN)
		by = sorting->list->compare(x, y);
	else if (sorting->place->sort == FINDINGS_BY_SLUG)
		by = (int)x->slug - (int)y->slug;
	else
		by = (int)y->severity - (int)x->severity;
	if (by == 0 && sorting->place->sort == FINDINGS_BY_SEVERITY)
		by = (x->impact < y->impact) - (x->impact > y->impact);
	return sorting->place->reversed ? -by : by;
}

static bool matches(const struct filter *filter, const struct finding *f)
{
	char text[TEXT_SIZE];
	snprintf(text, sizeof text, "%s %s %s", severity_words[f->severity], slug_word(f->slug),
	         f->summary ? f->summary : "");
	return filter_matches(filter, text);
}

/* false: no memory. */
static bool arrange(struct rows *rows, const struct findings_list *list,
                    const struct view_place *place)
{
	const struct findings *findings = list->findings;
	size_t most = findings->n * (1 + FINDING_EVIDENCE) + 1;
	struct row *found = calloc(findings->n + 1, sizeof *found);
	struct filter filter;
	size_t n = 0;
	rows->row = calloc(most, sizeof *rows->row);
	rows->id = calloc(most, sizeof *rows->id);
	filter_open(&filter, place->filter);
	for (size_t i = 0; found && i < findings->n; i++)
		if (matches(&filter, findings->finding[i]))
			found[n++].finding = findings->finding[i];
	filter_close(&filter);
	struct sorting sorting = {list, place};
	if (found)
		qsort_r(found, n, sizeof *found, compare, &sorting);
	bool have = found && rows->row && rows->id;
	for (size_t i = 0; have && i < n; i++) {
		const struct finding *f = found[i].finding;
		int64_t id = finding_row(f);
		rows->id[rows->n] = id;
		rows->row[rows->n++].finding = f;
		for (size_t e = 0; place->expanded == id && e < f->evidences; e++) {
			rows->id[rows->n] = id + 1 + (int64_t)e;
			rows->row[rows->n++] = (struct row){f, &f->evidence[e]};
		}
	}
	free(found);
	return have;
}

/* --- the list ------------------------------------------------------------------------------- */

enum { COLUMN_MARK, COLUMN_SEVERITY, COLUMN_OWN, COLUMN_SLUG, COLUMN_WHAT, COLUMNS };

static const struct column {
	const char *heading;
	bool right;
	int sort;
	struct slot slot;
} column[COLUMNS] = {
	[COLUMN_MARK] = {"", false, -1, {.min = 1, .want = 1}},
	[COLUMN_SEVERITY] = {"SEVERITY",
                         false,
                         FINDINGS_BY_SEVERITY,
                         {.min = 9, .want = 9, .gap = 1, .drop = 2}},
	[COLUMN_OWN] = {NULL, true, FINDINGS_BY_OWN, {.min = 8, .want = 8, .gap = 1, .drop = 1}},
	[COLUMN_SLUG] = {"FINDING", false, FINDINGS_BY_SLUG, {.min = 20, .want = 25, .gap = 2}},
	[COLUMN_WHAT] = {"WHAT", false, -1, {.min = 20, .want = 40, .gap = 2, .grow = 1}},
};

static struct pane cell_of(struct pane row, const struct slot *slot)
{
	return pane_sub(row, slot->at, 0, slot->size, 1);
}

/* Evidence begins where the names of findings do. */
static void draw_evidence(struct pane row, const struct slot *slot, const struct evidence *e)
{
	char text[TEXT_SIZE];
	int at = slot[COLUMN_SLUG].at;
	struct pane rest = pane_sub(row, at, 0, row.width - at, 1);
	finding_text(text, sizeof text, e->text ? e->text : "", row.canvas->ascii);
	pane_text(rest, 0, 0, STYLE_DIM, row.canvas->ascii ? "-" : "└");
	pane_fit(rest, 2, 0, STYLE_TEXT, text);
}

static void draw_row(struct pane pane, const struct slot *slot, const struct findings_list *list,
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
	list->text(text, sizeof text, f, list->arg);
	if (slot[COLUMN_OWN].size)
		pane_right(cell_of(pane, &slot[COLUMN_OWN]), 0, STYLE_DIM, text);
	pane_fit(cell_of(pane, &slot[COLUMN_SLUG]), 0, 0, alarms ? STYLE_STRONG : STYLE_TEXT,
	         slug_word(f->slug));
	finding_text(text, sizeof text, f->summary ? f->summary : "", pane.canvas->ascii);
	if (slot[COLUMN_WHAT].size)
		pane_fit(cell_of(pane, &slot[COLUMN_WHAT]), 0, 0, STYLE_TEXT, text);
}

static void draw_list(struct pane pane, const struct findings_list *list, const struct rows *rows,
                      struct view_place *place)
{
	struct slot slot[COLUMNS];
	for (int i = 0; i < COLUMNS; i++)
		slot[i] = column[i].slot;
	struct pane head = pane_row(view_list_inside(pane), 0);
	layout(slot, COLUMNS, head.width);
	for (int i = 0; i < COLUMNS; i++)
		if (slot[i].size)
			view_draw_heading(cell_of(head, &slot[i]), place, column[i].sort,
			                  column[i].heading ? column[i].heading : list->heading,
			                  column[i].right);
	struct pane lines = pane_sub(pane, 0, 1, pane.width, pane.height - 1);
	place->list_y = lines.y;
	view_select(place, rows->id, rows->n, lines.height);
	for (int i = 0; i < lines.height && place->top + i < rows->n; i++) {
		struct pane line = pane_row(lines, i);
		draw_row(view_list_inside(line), slot, list, &rows->row[place->top + i]);
		if (place->top + i != place->selected)
			continue;
		view_draw_selected(line);
	}
	place->selected_group = finding_row(rows->row[place->selected].finding);
}

/* --- all that is to be said ----------------------------------------------------------------- */

enum { LABEL_WIDTH = 9 };

/* A paragraph with its label; returns the row behind it. */
static int draw_paragraph(struct pane pane, int y, const char *label, const char *text)
{
	char shown[2 * TEXT_SIZE];
	if (!text || !*text || y >= pane.height)
		return y;
	finding_text(shown, sizeof shown, text, pane.canvas->ascii);
	pane_text(pane_sub(pane, 0, y, LABEL_WIDTH, 1), 0, 0, STYLE_LABEL, label);
	return y + pane_wrap(pane_sub(pane, LABEL_WIDTH, y, pane.width - LABEL_WIDTH, pane.height - y),
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
		size_t length = strlen(name);
		bool least = length > 3 && strcmp(name + length - 3, " lo") == 0;
		used += (size_t)snprintf(to + used, size - used, "%s%.*s%s %s", used ? ", " : "",
		                         (int)(least ? length - 3 : length), name, least ? " at least" : "",
		                         value);
	}
}

/* As many as half the pane has room for, the program's own innermost one among them; returns the
   row behind them. */
static int draw_frames(struct pane pane, int y, const struct evidence *e)
{
	size_t most = pane.height > 2 ? (size_t)pane.height / 2 : 1;
	size_t first = e->where < most ? 0 : e->where + 1 - most;
	for (size_t i = first; i < e->frames && i < first + most && y < pane.height; i++, y++) {
		const struct evidence_frame *frame = &e->frame[i];
		char text[TEXT_SIZE], shown[TEXT_SIZE];
		const char *slash = frame->file ? strrchr(frame->file, '/') : NULL;
		const char *file = slash ? slash + 1 : frame->file;
		snprintf(text, sizeof text, "%s  %s:%u", frame->function ? frame->function : DASH,
		         file ? file : "", frame->line);
		finding_text(shown, sizeof shown, text, pane.canvas->ascii);
		if (i == first)
			pane_text(pane_sub(pane, 0, y, LABEL_WIDTH, 1), 0, 0, STYLE_LABEL, "Where");
		pane_fit(pane, LABEL_WIDTH, y, i == e->where ? STYLE_STRONG : STYLE_TEXT, shown);
	}
	return y;
}

/* Of evidence its own words come first, of a finding what it is. */
static void draw_detail(struct pane pane, const struct row *row)
{
	char numbers[TEXT_SIZE];
	const struct finding *f = row->finding;
	const struct evidence *e = row->evidence;
	const struct advice *advice = advice_of(f->slug);
	int y = 1;
	pane_fit(pane, 0, 0, STYLE_STRONG, advice ? advice->title : slug_word(f->slug));
	if (e) {
		y = draw_paragraph(pane, y, "Proof", e->text);
		y = draw_frames(pane, y, e);
	}
	numbers_text(numbers, sizeof numbers, f, pane.canvas->ascii);
	y = draw_paragraph(pane, y, "What", f->summary);
	y = draw_paragraph(pane, y, "Do", finding_remedy_text(f));
	y = draw_paragraph(pane, y, "Numbers", numbers);
	draw_paragraph(pane, y, "Refuted", advice ? advice->refuted : NULL);
}

/* --- the page ------------------------------------------------------------------------------- */

bool findings_draw(struct pane page, const struct findings_list *list, struct view_place *place)
{
	enum { LIST, DETAIL, PARTS };
	struct rows rows = {0};
	bool drawn = arrange(&rows, list, place) && rows.n > 0;
	if (drawn) {
		/* The list grows with its rows up to two fifths of a high screen. */
		int most = page.height * 2 / 5 > 6 ? page.height * 2 / 5 : 6;
		int want = rows.n + 1 < most ? rows.n + 1 : most;
		struct slot part[PARTS] = {
			[LIST] = {.min = 5, .want = want > 5 ? want : 5},
			[DETAIL] = {.min = 5, .want = 9, .gap = 1, .drop = 1, .grow = 1},
		};
		layout(part, PARTS, page.height);
		draw_list(pane_sub(page, 0, part[LIST].at, page.width, part[LIST].size), list, &rows,
		          place);
		if (part[DETAIL].size)
			draw_detail(pane_sub(page, 1, part[DETAIL].at, page.width - 2, part[DETAIL].size),
			            &rows.row[place->selected]);
	} else {
		view_select(place, NULL, 0, page.height);
	}
	free(rows.row);
	free(rows.id);
	return drawn;
}

int findings_draw_trail(struct pane line, int x, const char *view, const struct findings *findings,
                        const struct view_place *place)
{
	const struct evidence *evidence;
	const struct finding *open =
		place->expanded ? finding_of_row(findings, place->expanded, &evidence) : NULL;
	return open ? trail_draw(line, x, &(struct trail){{view, slug_word(open->slug)}}) : x;
}

void findings_open(struct view_place *place, const struct finding *finding)
{
	place->expanded = finding_row(finding);
	place->selected_id = place->expanded + (finding->evidences > 0);
	place->chosen = place->anchored = true;
}

const struct evidence *findings_expand(const struct findings *findings, struct view_place *place,
                                       const struct finding **finding)
{
	const struct evidence *e;
	const struct finding *f = finding_of_row(findings, place->selected_id, &e);
	*finding = f;
	if (!f || e)
		return e;
	if (place->expanded == finding_row(f))
		place->expanded = 0;
	else
		findings_open(place, f);
	return NULL;
}
