/*
 * A comparison for people (a page of 80 columns, or Markdown for a comment on a pull request) and
 * for programs. Constant input, the stream is the caller's; any thread.
 */
#ifndef SCHEDTOP_COMPARE_SHOW_H
#define SCHEDTOP_COMPARE_SHOW_H

#include <stdio.h>

#include "compare/comparison.h"
#include "compare/gate.h"
#include "report/page.h"

#define COMPARE_SCHEMA 1

struct shown {
	const struct comparison *comparison;
	unsigned kinds; /* bits of enum item_kind */
	const struct gate *gate;
	const struct gate_result *result;
	size_t gates;
};

void show_text(const struct shown *shown, FILE *out, bool ascii);
void show_markdown(const struct shown *shown, FILE *out);
/* One object, see doc/schema.md. The caller frees it; NULL: no memory. */
char *show_json(const struct shown *shown);

/* --- cells that text and Markdown share ----------------------------------------------------- */

/* "12.4 ms", "1.9k/s", "38.2 ms/s"; "-" where it is unknown or there is none. */
void show_value(const struct page *page, char cell[PAGE_CELL], const struct estimate *estimate,
                enum metric metric);
/* "+20 %", "x 14", "new", "gone"; "-" where it is unknown. */
void show_change(char cell[PAGE_CELL], const struct change *change);
/* "+17 ... +23 %" */
void show_interval(char cell[PAGE_CELL], const struct change *change);
/* "2 traces, 2.03 s" */
void show_side(const struct page *page, char cell[PAGE_CELL], const struct side *side);
/* "limit broken: region:encode p99 +20%: ...", one sentence. */
void show_gate(const struct shown *shown, size_t i, const struct page *page, char *text,
               size_t size);
/* One sentence on how many numbers changed. */
void show_verdict(const struct comparison *c, char *text, size_t size);

#endif
