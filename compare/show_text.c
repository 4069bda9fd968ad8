#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "compare/show.h"
#include "util/text.h"

enum { MOST_CHANGES = 40, MOST_ROWS = 12 };

static void append(char cell[PAGE_CELL], const char *more)
{
	size_t n = strlen(cell);
	snprintf(cell + n, PAGE_CELL - n, "%s", more);
}

/* --- cells ----------------------------------------------------------------------------------- */

void show_value(const struct page *page, char cell[PAGE_CELL], const struct estimate *e,
                enum metric metric)
{
	if (!e->known) {
		snprintf(cell, PAGE_CELL, "-");
		return;
	}
	if (metric == METRIC_COUNT)
		text_rate(cell, PAGE_CELL, e->value);
	else
		page_duration(page, cell, e->value);
	if (metric == METRIC_COUNT || metric == METRIC_TOTAL)
		append(cell, "/s");
}

/* "+3.1", "-12", "+140": a change in percent, to what it is worth. */
static void put_percent(char *to, size_t size, double ratio)
{
	double percent = (ratio - 1) * 100;
	if (fabs(percent) < 0.05)
		percent = 0; /* and not -0.0 */
	snprintf(to, size, fabs(percent) < 9.95 ? "%+.1f" : "%+.0f", percent);
}

void show_change(char cell[PAGE_CELL], const struct change *change)
{
	char percent[32], factor[32];
	if (!change->known) {
		snprintf(cell, PAGE_CELL, "-");
	} else if (change->ratio == 0) {
		snprintf(cell, PAGE_CELL, "gone");
	} else if (isinf(change->ratio)) {
		snprintf(cell, PAGE_CELL, "new");
	} else if (change->ratio >= 10) {
		text_rate(factor, sizeof factor, change->ratio);
		snprintf(cell, PAGE_CELL, "x %s", factor);
	} else {
		put_percent(percent, sizeof percent, change->ratio);
		snprintf(cell, PAGE_CELL, "%s %%", percent);
	}
}

void show_interval(char cell[PAGE_CELL], const struct change *change)
{
	char low[32], high[32];
	if (!change->judged || change->ratio == 0 || isinf(change->ratio)) {
		snprintf(cell, PAGE_CELL, "-");
	} else if (change->high >= 10) {
		text_rate(low, sizeof low, change->low);
		text_rate(high, sizeof high, change->high);
		snprintf(cell, PAGE_CELL, "x %s to %s", low, high);
	} else {
		put_percent(low, sizeof low, change->low);
		put_percent(high, sizeof high, change->high);
		snprintf(cell, PAGE_CELL, "%s to %s %%", low, high);
	}
}

void show_side(const struct page *page, char cell[PAGE_CELL], const struct side *side)
{
	char length[32];
	size_t damaged = 0;
	bool sampled = false;
	text_duration(length, sizeof length, side_seconds(side) * 1e9, page->ascii);
	for (size_t i = 0; i < side->runs; i++) {
		damaged += side->run[i].damaged;
		sampled = sampled || side->run[i].sampled;
	}
	int n = snprintf(cell, PAGE_CELL, "%zu trace%s, %s%s", side->runs, side->runs == 1 ? "" : "s",
	                 length, sampled ? ", sampled" : "");
	if (damaged)
		snprintf(cell + n, PAGE_CELL - (size_t)n, ", %zu damaged", damaged);
}

static void name_of(const struct page *page, const struct comparison *c, const struct row *row,
                    char cell[PAGE_CELL])
{
	page_named(page, cell, &c->items->names, row->item->name, true, "(no name)");
}

void show_gate(const struct shown *shown, size_t i, const struct page *page, char *text,
               size_t size)
{
	static const char *const verdict[] = {[GATE_KEPT] = "kept",
	                                      [GATE_BROKEN] = "broken",
	                                      [GATE_UNKNOWN] = "can't be judged",
	                                      [GATE_NOTHING] = "names nothing in these traces"};
	const struct gate *gate = &shown->gate[i];
	const struct gate_result *result = &shown->result[i];
	char limit[PAGE_CELL], name[PAGE_CELL], change[PAGE_CELL];
	text_clean(limit, sizeof limit, gate->text, strlen(gate->text));
	int n = snprintf(text, size, "Limit '%s' %s", limit, verdict[result->verdict]);
	if (n < 0 || (size_t)n >= size || !result->worst)
		return;
	name_of(page, shown->comparison, result->worst, name);
	show_change(change, &result->worst->change[gate->metric]);
	const char *why = result->verdict == GATE_UNKNOWN ? ", of which there are too few" : "";
	if (result->worst->change[gate->metric].known)
		snprintf(text + n, size - (size_t)n, ": %s %s%s%s", name, change, why,
		         result->worst->change[gate->metric].significant ? ", beyond the noise"
		         : result->verdict == GATE_KEPT                  ? ", within the noise"
		                                                         : "");
	else
		snprintf(text + n, size - (size_t)n, ": there are too few of %s", name);
}

void show_verdict(const struct comparison *c, char *text, size_t size)
{
	if (c->judged == 0)
		snprintf(text, size, "There is too little in these traces to judge any change.");
	else if (c->significant == 0)
		snprintf(text, size, "No change exceeds the noise, of %zu numbers judged.", c->judged);
	else
		snprintf(text, size, "%zu change%s the noise, of %zu numbers judged.", c->significant,
		         c->significant == 1 ? " exceeds" : "s exceed", c->judged);
}

/* --- the page -------------------------------------------------------------------------------- */

static void print_sides(const struct shown *shown, struct page *page)
{
	static const char *const title[SIDES] = {"before", "after"};
	char cell[PAGE_CELL], path[PAGE_CELL], verdict[128];
	page_heading(page, "What changed");
	for (int side = 0; side < SIDES; side++) {
		const struct side *s = shown->comparison->side[side];
		show_side(page, cell, s);
		page_name(page, path, s->run[0].path, strlen(s->run[0].path), false, "-");
		page_say(page, "%-6s  %s: %s%s", title[side], cell, path, s->runs > 1 ? ", ..." : "");
	}
	show_verdict(shown->comparison, verdict, sizeof verdict);
	page_say(page, "%s", verdict);
}

static void print_changes(const struct shown *shown, struct page *page)
{
	static const struct page_column columns[] = {{"BEYOND THE NOISE", -24},
	                                             {"", -6},
	                                             {"BEFORE", 9},
	                                             {"AFTER", 9},
	                                             {"CHANGE", 7},
	                                             {"95 %", 13}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	const struct comparison *c = shown->comparison;
	char cell[COLUMNS][PAGE_CELL];
	size_t told = 0;
	if (c->significant == 0)
		return;
	fputc('\n', page->out);
	page_header(page, columns, COLUMNS);
	for (size_t i = 0; i < c->rows && c->row[i].significant; i++) {
		const struct row *row = &c->row[i];
		for (enum metric m = 0; m < METRICS; m++) {
			if (!row->change[m].significant || told++ >= MOST_CHANGES)
				continue;
			name_of(page, c, row, cell[0]);
			snprintf(cell[1], PAGE_CELL, "%s", metric_words[m]);
			show_value(page, cell[2], &row->side[BEFORE][m], m);
			show_value(page, cell[3], &row->side[AFTER][m], m);
			show_change(cell[4], &row->change[m]);
			show_interval(cell[5], &row->change[m]);
			page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
		}
	}
	if (told > MOST_CHANGES)
		page_say(page, "and %zu more; --json tells them all", told - MOST_CHANGES);
}

/* A function that never ran has nothing to tell. */
static bool is_told(const struct row *row)
{
	for (size_t m = 0; m < METRICS; m++)
		if (row->change[m].known)
			return true;
	return false;
}

static void print_kind(const struct shown *shown, struct page *page, enum item_kind kind)
{
	static const char *const titles[ITEM_KINDS] = {[ITEM_REGION] = "Regions",
	                                               [ITEM_TASK] = "Tasks",
	                                               [ITEM_START] =
	                                                   "Goroutines by start function: time running",
	                                               [ITEM_SITE] = "Blocking sites"};
	static const struct page_column columns[] = {{"NAME", -27}, {"IMPACT", 9}, {"COUNT", 7},
	                                             {"TOTAL", 7},  {"MEDIAN", 8}, {"P99", 8}};
	enum { COLUMNS = sizeof columns / sizeof *columns };
	const struct comparison *c = shown->comparison;
	char cell[COLUMNS][PAGE_CELL];
	size_t n = 0;
	for (size_t i = 0; i < c->rows; i++) {
		const struct row *row = &c->row[i];
		if (row->item->kind != kind || !is_told(row) || n++ >= MOST_ROWS)
			continue;
		if (n == 1) {
			page_heading(page, titles[kind]);
			page_header(page, columns, COLUMNS);
		}
		name_of(page, c, row, cell[0]);
		page_duration(page, cell[1], row->impact_ns);
		append(cell[1], "/s");
		for (enum metric m = 0; m < METRICS; m++) {
			show_change(cell[2 + m], &row->change[m]);
			if (row->change[m].significant)
				append(cell[2 + m], "*");
		}
		page_row(page, columns, COLUMNS, (const char(*)[PAGE_CELL])cell);
	}
	if (n > MOST_ROWS)
		page_say(page, "and %zu more; --json tells them all", n - MOST_ROWS);
	if (c->items->left_out[kind])
		page_say(page, "Beyond the first %d there are more, which were not compared.",
		         ITEMS_OF_KIND);
}

void show_text(const struct shown *shown, FILE *out, bool ascii)
{
	struct page page = {.out = out, .ascii = ascii};
	char text[640];
	print_sides(shown, &page);
	for (size_t i = 0; i < shown->gates; i++) {
		show_gate(shown, i, &page, text, sizeof text);
		page_say(&page, "%s.", text);
	}
	print_changes(shown, &page);
	for (enum item_kind kind = 0; kind < ITEM_KINDS; kind++)
		if (shown->kinds >> kind & 1)
			print_kind(shown, &page, kind);
	page_heading(&page, "How to read this");
	page_say(&page, "Changes of counts and total times are per second of trace, of median and p99 "
	                "per instance. A * marks what exceeds the noise; impact is the time per second "
	                "that the change makes. doc/diff.md tells how it is judged.");
}
