#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/goroutines.h"
#include "util/clock.h"
#include "util/text.h"

#define DASH "–"

static const enum style state_style[GOROUTINE_STATE_COUNT] = {
	[GOROUTINE_UNKNOWN] = STYLE_DIM,         [GOROUTINE_RUNNABLE] = STYLE_RUNNABLE,
	[GOROUTINE_RUNNING] = STYLE_RUNNING,     [GOROUTINE_SYSCALL] = STYLE_SYSCALL,
	[GOROUTINE_WAITING] = STYLE_BLOCKED,     [GOROUTINE_PREEMPTED] = STYLE_GC,
	[GOROUTINE_COPYSTACK] = STYLE_SCHEDULER, [GOROUTINE_LEAKED] = STYLE_ALARM,
};

/* --- words for values ------------------------------------------------------------------------- */

/* The package's path ends at the last slash, unless that belongs to a type argument:
   "example.org/set.Add[example.org/key.Key]". */
const char *goroutine_function(const struct canvas *canvas, const char *function, int width)
{
	size_t name = strcspn(function, "[");
	const char *base = function;
	if (canvas_text_width(canvas, function) <= width)
		return function;
	for (size_t i = 0; i < name; i++)
		if (function[i] == '/')
			base = function + i + 1;
	return base;
}

void goroutine_location(char *to, size_t size, const struct goroutine_set *set,
                        const struct goroutine_place *place)
{
	const char *file = goroutine_text(set, place->file), *slash = strrchr(file, '/');
	to[0] = '\0';
	if (*file && place->line)
		snprintf(to, size, "%s:%" PRId32, slash ? slash + 1 : file, place->line);
}

/* In whole seconds: goroutines are looked at no more often. "More than 0 s" says nothing. */
void goroutine_wait(char *to, size_t size, int64_t ns, bool at_least)
{
	char age[32];
	view_age(age, sizeof age, ns);
	if (ns < 0 || (ns < NS_PER_S && at_least))
		snprintf(to, size, DASH);
	else if (ns < NS_PER_S)
		snprintf(to, size, "< 1 s");
	else
		snprintf(to, size, "%s%s", at_least ? "> " : "", age);
}

/* --- columns ---------------------------------------------------------------------------------- */

static void put_count(char *to, size_t size, const struct goroutine_line *line)
{
	if (line->member && line->member->goid)
		snprintf(to, size, "G%" PRId64, line->member->goid);
	else if (line->member)
		text_count(to, size, line->member->count);
	else
		text_count(to, size, line->stat->group->count);
}

/* Less than one a minute is not nothing. */
static void put_growth(char *to, size_t size, const struct goroutine_line *line)
{
	double growth = line->stat->growth_per_min;
	char count[32];
	text_count(count, sizeof count, (int64_t)llround(fabs(growth)));
	if (line->member)
		to[0] = '\0';
	else if (!line->stat->growth_known)
		snprintf(to, size, DASH);
	else if (growth == 0)
		snprintf(to, size, "0");
	else if (fabs(growth) < 0.5)
		snprintf(to, size, "%s", growth < 0 ? "> -1" : "< +1");
	else
		snprintf(to, size, "%c%s", growth < 0 ? '-' : '+', count);
}

static void put_state(char *to, size_t size, const struct goroutine_line *line)
{
	snprintf(to, size, "%s", line->member ? "" : goroutine_state_name[line->stat->group->state]);
}

static void put_reason(char *to, size_t size, const struct goroutine_line *line)
{
	const struct goroutine_group *g = line->stat->group;
	const char *reason = goroutine_text(line->set, g->reason);
	if (line->member)
		to[0] = '\0';
	else
		snprintf(to, size, "%s", !*reason && g->state == GOROUTINE_WAITING ? DASH : reason);
}

static void put_longest(char *to, size_t size, const struct goroutine_line *line)
{
	if (line->member)
		goroutine_wait(to, size, line->member->wait_ns, line->member->at_least);
	else
		goroutine_wait(to, size, line->stat->group->longest_ns,
		               line->stat->group->longest_at_least);
}

static void put_median(char *to, size_t size, const struct goroutine_line *line)
{
	if (line->member)
		to[0] = '\0';
	else
		goroutine_wait(to, size, line->stat->group->median_ns, line->stat->group->median_at_least);
}

enum {
	COLUMN_FOLD,
	COLUMN_COUNT_OF,
	COLUMN_GROWTH,
	COLUMN_STATE,
	COLUMN_REASON,
	COLUMN_LONGEST,
	COLUMN_MEDIAN,
	COLUMN_CREATOR,
	COLUMN_START,
	COLUMN_AT,
	COLUMN_GOID,
	COLUMN_MARK,
	COLUMN_COUNT
};
_Static_assert(COLUMN_COUNT == GOROUTINE_COLUMNS, "goroutines.h says how many there are");

/* The longest waiting ones: to be looked for in a log or a dump. */
static void put_goid(char *to, size_t size, const struct goroutine_line *line)
{
	to[0] = '\0';
	if (!line->member && line->stat->group->longest_ns >= 0 && line->stat->group->goid[0] > 0)
		snprintf(to, size, "G%" PRId64, line->stat->group->goid[0]);
}

enum {
	SORT_COUNT,
	SORT_GROWTH,
	SORT_LONGEST,
	SORT_MEDIAN,
	SORT_STATE,
	SORT_REASON,
	SORT_CREATOR,
	SORT_AT,
	SORT_NONE = -1
};
const char *const goroutine_sorts[] = {"count",  "growth",  "longest", "median", "state",
                                       "reason", "creator", "at",      NULL};

static const struct column {
	const char *heading, *ascii;
	bool right; /* a number */
	int sort;
	struct slot slot;
	void (*put)(char *to, size_t size, const struct goroutine_line *line); /* NULL: a place */
} column[COLUMN_COUNT] = {
	[COLUMN_FOLD] = {"", "", false, SORT_NONE, {.min = 1, .want = 1}, NULL},
	[COLUMN_COUNT_OF] = {"COUNT", "COUNT", true, SORT_COUNT, {.min = 7, .want = 7}, put_count},
	[COLUMN_GROWTH] = {"Δ/MIN",
                       "+/MIN",
                       true,
                       SORT_GROWTH,
                       {.min = 7, .want = 7, .gap = 1, .drop = 6},
                       put_growth},
	[COLUMN_STATE] = {"STATE",
                      "STATE",
                      false,
                      SORT_STATE,
                      {.min = 9, .want = 9, .gap = 2, .drop = 10},
                      put_state},
	[COLUMN_REASON] = {"REASON",
                       "REASON",
                       false,
                       SORT_REASON,
                       {.min = 13, .want = 19, .gap = 2, .drop = 4},
                       put_reason},
	[COLUMN_LONGEST] = {"LONGEST",
                        "LONGEST",
                        true,
                        SORT_LONGEST,
                        {.min = 9, .want = 9, .gap = 2, .drop = 3},
                        put_longest},
	[COLUMN_MEDIAN] = {"MEDIAN",
                       "MEDIAN",
                       true,
                       SORT_MEDIAN,
                       {.min = 9, .want = 9, .gap = 2, .drop = 8},
                       put_median},
	[COLUMN_CREATOR] =
		{"CREATED BY", "CREATED BY", false, SORT_CREATOR, {.gap = 2, .grow = 3}, NULL},
	[COLUMN_START] = {"STARTED AS",
                      "STARTED AS",
                      false,
                      SORT_NONE,
                      {.min = 34, .want = 34, .gap = 2, .drop = 11, .grow = 2},
                      NULL},
	[COLUMN_AT] = {"AT", "AT", false, SORT_AT, {.gap = 2, .grow = 3}, NULL},
	[COLUMN_GOID] = {"OLDEST",
                     "OLDEST",
                     true,
                     SORT_NONE,
                     {.min = 11, .want = 11, .gap = 2, .drop = 12},
                     put_goid},
	[COLUMN_MARK] = {"", "", false, SORT_NONE, {.min = 1, .want = 1, .gap = 1}, NULL},
};

/* What the groups are made by is the last of the places to go; the state of most is told by their
   reason. */
void goroutine_layout(struct slot slot[GOROUTINE_COLUMNS], enum goroutine_by by, int width)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		slot[i] = column[i].slot;
	struct slot *first = &slot[by == GOROUTINES_BY_TOP ? COLUMN_AT : COLUMN_CREATOR];
	struct slot *second = &slot[by == GOROUTINES_BY_TOP ? COLUMN_CREATOR : COLUMN_AT];
	first->min = width < 76 ? 22 : 26;
	first->want = 30;
	first->drop = 1;
	second->min = 25;
	second->want = 30;
	second->drop = 9;
	layout(slot, COLUMN_COUNT, width);
}

static const struct goroutine_place *place_of(int i, const struct goroutine_line *line)
{
	const struct goroutine_group *g = line->stat->group;
	return i == COLUMN_CREATOR ? &g->creator : i == COLUMN_START ? &g->start : &g->at;
}

/* --- order and filter ------------------------------------------------------------------------- */

static int compare_numbers(double a, double b)
{
	return (a > b) - (a < b);
}

static int compare_places(const struct goroutine_set *set, const struct goroutine_place *a,
                          const struct goroutine_place *b)
{
	/* What is unknown comes last. */
	if (!a->function != !b->function)
		return a->function ? -1 : 1;
	int by = strcmp(goroutine_text(set, a->function), goroutine_text(set, b->function));
	return by ? by : compare_numbers(a->line, b->line);
}

/* Downwards: what matters most stands first. */
static int compare_by(const struct goroutine_set *set, const struct goroutine_stat *a,
                      const struct goroutine_stat *b, int sort)
{
	const struct goroutine_group *g = a->group, *h = b->group;
	switch (sort) {
	case SORT_COUNT:
		return compare_numbers(h->count, g->count);
	case SORT_GROWTH:
		return compare_numbers(b->growth_known ? b->growth_per_min : -INFINITY,
		                       a->growth_known ? a->growth_per_min : -INFINITY);
	case SORT_LONGEST:
		return compare_numbers((double)h->longest_ns, (double)g->longest_ns);
	case SORT_MEDIAN:
		return compare_numbers((double)h->median_ns, (double)g->median_ns);
	case SORT_STATE:
		return compare_numbers(g->state, h->state);
	case SORT_REASON:
		return strcmp(goroutine_text(set, g->reason), goroutine_text(set, h->reason));
	case SORT_CREATOR:
		return compare_places(set, &g->creator, &h->creator);
	case SORT_AT:
		return compare_places(set, &g->at, &h->at);
	default:
		return 0;
	}
}

/* Equal ones by size and then by key, so that rows change places only when they must. */
int goroutine_compare(const void *a, const void *b, void *arg)
{
	const struct goroutine_stat *left = *(const struct goroutine_stat *const *)a;
	const struct goroutine_stat *right = *(const struct goroutine_stat *const *)b;
	const struct goroutine_order *order = arg;
	int by = compare_by(order->set, left, right, order->sort);
	if (by == 0)
		by = compare_numbers(right->group->count, left->group->count);
	if (by == 0)
		by = (left->group->key > right->group->key) - (left->group->key < right->group->key);
	return order->reversed ? -by : by;
}

/* Adds " text" while there is room. */
static size_t append(char *to, size_t size, size_t used, const char *text)
{
	int n = snprintf(to + used, size - used, "%s ", text);
	return n < 0 || used + (size_t)n >= size ? size - 1 : used + (size_t)n;
}

bool goroutine_matches(const struct filter *filter, const struct goroutine_line *line)
{
	char text[2048], cell[96];
	size_t used = 0;
	text[0] = '\0';
	for (int i = 0; i < COLUMN_COUNT; i++) {
		if (column[i].put) {
			column[i].put(cell, sizeof cell, line);
			used = append(text, sizeof text, used, cell);
		} else if (i == COLUMN_CREATOR || i == COLUMN_START || i == COLUMN_AT) {
			const struct goroutine_place *place = place_of(i, line);
			goroutine_location(cell, sizeof cell, line->set, place);
			used = append(text, sizeof text, used, goroutine_text(line->set, place->function));
			used = append(text, sizeof text, used, cell);
		}
	}
	append(text, sizeof text, used, goroutine_mark_name[line->stat->mark]);
	return filter_matches(filter, text);
}

/* --- drawing ---------------------------------------------------------------------------------- */

void goroutine_draw_headings(struct pane pane, const struct slot *slot, struct view_place *place)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (slot[i].size)
			view_draw_heading(pane_sub(pane, slot[i].at, 0, slot[i].size, 1), place, column[i].sort,
			                  pane.canvas->ascii ? column[i].ascii : column[i].heading,
			                  column[i].right);
}

/* Nobody created the goroutine that runs main. */
static bool is_main(const struct goroutine_line *line)
{
	const char *start = goroutine_text(line->set, line->stat->group->start.function);
	return strcmp(start, "runtime.main") == 0;
}

/* "main.fanOut  fanout.go:88": the file where there is room for both. */
static void draw_place(struct pane cell, const struct goroutine_set *set,
                       const struct goroutine_place *place, const char *otherwise)
{
	char location[96];
	if (!place->function) {
		pane_fit(cell, 0, 0, STYLE_DIM, otherwise);
		return;
	}
	goroutine_location(location, sizeof location, set, place);
	int width = canvas_text_width(cell.canvas, location);
	const char *text = goroutine_text(set, place->function);
	const char *whole = goroutine_function(cell.canvas, text, cell.width);
	const char *shorter = goroutine_function(cell.canvas, text, cell.width - width - 2);
	if (width && canvas_text_width(cell.canvas, shorter) + 2 + width <= cell.width) {
		int x = pane_fit(cell, 0, 0, STYLE_TEXT, shorter);
		pane_fit(cell, x + 2, 0, STYLE_DIM, location);
	} else {
		pane_fit(cell, 0, 0, STYLE_TEXT, whole);
	}
}

/* Of a place that is unknown. Who was not told who made them tells them apart by what they were
   started as. */
static const char *instead_of(int i, const struct slot *slot, const struct goroutine_line *line,
                              char *to, size_t size)
{
	const struct goroutine_place *start = &line->stat->group->start;
	if (i != COLUMN_CREATOR)
		return DASH;
	if (is_main(line))
		return "the program's start";
	if (!start->function || slot[COLUMN_START].size)
		return DASH;
	snprintf(to, size, "as %s", goroutine_text(line->set, start->function));
	return to;
}

void goroutine_group_name(char *to, size_t size, const struct canvas *canvas,
                          const struct goroutine_line *group, enum goroutine_by by)
{
	const struct slot none[GOROUTINE_COLUMNS] = {{0}};
	int i = by == GOROUTINES_BY_CREATOR ? COLUMN_CREATOR : COLUMN_AT;
	const struct goroutine_place *place = place_of(i, group);
	char as[160];
	snprintf(to, size, "%s",
	         place->function
	             ? goroutine_function(canvas, goroutine_text(group->set, place->function), 0)
	             : instead_of(i, none, group, as, sizeof as));
}

static enum style style_of(int i, const struct goroutine_line *line, const char *text)
{
	const struct goroutine_group *g = line->stat->group;
	if (strcmp(text, DASH) == 0 || g->system)
		return STYLE_DIM;
	switch (i) {
	case COLUMN_COUNT_OF:
		return line->member ? STYLE_TEXT : STYLE_STRONG;
	case COLUMN_GROWTH:
		return strcmp(text, "0") == 0 ? STYLE_DIM : STYLE_TEXT;
	case COLUMN_STATE:
		return state_style[g->state];
	case COLUMN_GOID:
		return STYLE_DIM;
	default:
		return STYLE_TEXT;
	}
}

static void draw_cell(struct pane cell, int i, const struct slot *slot,
                      const struct goroutine_line *line)
{
	char text[96];
	column[i].put(text, sizeof text, line);
	enum style style = style_of(i, line, text);
	/* Without a column of its own the state stands in place of the reason that it has none of. */
	if (i == COLUMN_REASON && !slot[COLUMN_STATE].size && !text[0] && !line->member) {
		put_state(text, sizeof text, line);
		style = style_of(COLUMN_STATE, line, text);
	}
	if (column[i].right)
		pane_right(cell, 0, style, text);
	else
		pane_fit(cell, 0, 0, style, text);
}

void goroutine_draw_line(struct pane pane, const struct slot *slot,
                         const struct goroutine_line *line)
{
	char as[160];
	for (int i = 0; i < COLUMN_COUNT; i++) {
		struct pane cell = pane_sub(pane, slot[i].at, 0, slot[i].size, 1);
		if (!slot[i].size)
			continue;
		if (i == COLUMN_COUNT_OF && line->member && line->member->goid && slot[COLUMN_GROWTH].size)
			/* The number of a goroutine may need the room of two numbers. */
			cell.width = slot[COLUMN_GROWTH].at + slot[COLUMN_GROWTH].size - slot[i].at;
		if (column[i].put) {
			if (i != COLUMN_GROWTH || !line->member)
				draw_cell(cell, i, slot, line);
		} else if (i == COLUMN_FOLD) {
			if (line->expanded && !line->member)
				pane_glyph(cell, 0, 0, STYLE_TEXT, cell.canvas->ascii ? 'v' : 0x25be);
		} else if (i == COLUMN_MARK) {
			if (line->stat->mark != GOROUTINE_MARK_NONE && !line->member)
				pane_glyph(cell, 0, 0, STYLE_ALARM, '!');
		} else if (!line->member) {
			draw_place(cell, line->set, place_of(i, line),
			           instead_of(i, slot, line, as, sizeof as));
		}
	}
}
