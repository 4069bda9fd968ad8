/* For a comment on a pull request: what exceeds the noise at once, the rest behind a fold. */
#include <string.h>

#include "compare/show.h"
#include "util/text.h"

enum {
	MOST_CHANGES = 30,
	MOST_ROWS = 20,
	NAME_BYTES = 90,
	SENTENCE_BYTES = 640, /* of a limit, with its name and what it is about */
};

/* As code, where nothing is markup, mention or link. Only what ends the code or the cell needs
   care. */
static void put_code(FILE *out, const char *text, size_t length, size_t most)
{
	char clean[SENTENCE_BYTES];
	text_clean(clean, most, text, length);
	fputc('`', out);
	for (const char *p = clean; *p; p++) {
		if (*p == '|')
			fputc('\\', out);
		fputc(*p == '`' ? '\'' : *p, out);
	}
	fputc('`', out);
}

static void put_item(FILE *out, const struct comparison *c, const struct row *row)
{
	const struct name *name = names_get(&c->items->names, row->item->name);
	fprintf(out, "%s ", item_words[row->item->kind]);
	if (name->length)
		put_code(out, name->text, name->length, NAME_BYTES);
	else
		put_code(out, "(no name)", strlen("(no name)"), NAME_BYTES);
}

static void put_changes(const struct comparison *c, FILE *out)
{
	const struct page page = {.out = out};
	char before[PAGE_CELL], after[PAGE_CELL], change[PAGE_CELL], interval[PAGE_CELL];
	size_t told = 0;
	if (c->significant == 0)
		return;
	fputs("\n| what | number | before | after | change | 95 % |\n|---|---|--:|--:|--:|--:|\n", out);
	for (size_t i = 0; i < c->rows && c->row[i].significant; i++) {
		const struct row *row = &c->row[i];
		for (enum metric m = 0; m < METRICS; m++) {
			if (!row->change[m].significant || told++ >= MOST_CHANGES)
				continue;
			show_value(&page, before, &row->side[BEFORE][m], m);
			show_value(&page, after, &row->side[AFTER][m], m);
			show_change(change, &row->change[m]);
			show_interval(interval, &row->change[m]);
			fputs("| ", out);
			put_item(out, c, row);
			fprintf(out, " | %s | %s | %s | **%s** | %s |\n", metric_words[m], before, after,
			        change, interval);
		}
	}
	if (told > MOST_CHANGES)
		fprintf(out, "\nAnd %zu more.\n", told - MOST_CHANGES);
}

static void put_rest(const struct shown *shown, FILE *out)
{
	const struct comparison *c = shown->comparison;
	char cell[PAGE_CELL];
	fputs("\n<details><summary>All by impact</summary>\n\n"
	      "| what | count | total | median | p99 |\n|---|--:|--:|--:|--:|\n",
	      out);
	for (size_t i = 0; i < c->rows && i < MOST_ROWS; i++) {
		fputs("| ", out);
		put_item(out, c, &c->row[i]);
		for (enum metric m = 0; m < METRICS; m++) {
			const struct change *change = &c->row[i].change[m];
			show_change(cell, change);
			fprintf(out, change->significant ? " | **%s**" : " | %s", cell);
		}
		fputs(" |\n", out);
	}
	if (c->rows > MOST_ROWS)
		fprintf(out, "\nAnd %zu more.\n", c->rows - MOST_ROWS);
	fputs("\nCounts and totals are per second of trace, median and p99 per instance; bold exceeds "
	      "the noise.\n</details>\n",
	      out);
}

void show_markdown(const struct shown *shown, FILE *out)
{
	const struct page page = {.out = out};
	const struct comparison *c = shown->comparison;
	char before[PAGE_CELL], after[PAGE_CELL], verdict[128], text[SENTENCE_BYTES];
	show_side(&page, before, c->side[BEFORE]);
	show_side(&page, after, c->side[AFTER]);
	show_verdict(c, verdict, sizeof verdict);
	fprintf(out, "### schedtop diff\n\n%s Before: %s; after: %s.\n", verdict, before, after);
	for (size_t i = 0; i < shown->gates; i++) {
		show_gate(shown, i, &page, text, sizeof text);
		fprintf(out, "%s- %s ", i ? "" : "\n", shown->result[i].verdict == GATE_BROKEN ? "❌" : "➖");
		put_code(out, text, strlen(text), sizeof text);
		fputc('\n', out);
	}
	put_changes(c, out);
	if (c->rows)
		put_rest(shown, out);
}
