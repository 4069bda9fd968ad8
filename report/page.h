/*
 * Text for people: headings, sentences and tables on lines of at most 80 columns. Cells are cut to
 * their column; what came from a trace has to be cleaned before it gets here (page_name does). The
 * caller owns the page and the stream; one thread.
 */
#ifndef SCHEDTOP_REPORT_PAGE_H
#define SCHEDTOP_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "trace/distribution.h"
#include "trace/names.h"

enum { PAGE_WIDTH = 80, PAGE_CELL = 384 /* bytes of a cell, UTF-8 */ };

struct page {
	FILE *out;
	bool ascii;
	/* What is counted was seen now and then: sums are true, numbers and single lengths are not, and
	   are shown as unknown. */
	bool sampled;
	bool begun; /* something was printed */
	bool torn;  /* something was not, for want of memory */
};

/* A blank line, unless it is the first thing, and a title. */
void page_heading(struct page *page, const char *title);
/* A paragraph indented by so much, its lines broken at spaces. Those that follow the first one
   begin below what follows `lead`. */
void page_paragraph(struct page *page, int indent, const char *lead, const char *text);
/* One indented by two, of up to a thousand characters. */
void page_say(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct page_column {
	const char *title;
	int width; /* negative: aligned to the left */
};
/* Columns have two spaces between them; together they must fit into PAGE_WIDTH - 2. */
void page_header(struct page *page, const struct page_column *column, size_t n);
void page_row(struct page *page, const struct page_column *column, size_t n,
              const char cell[][PAGE_CELL]);

/* Cells. */
void page_duration(const struct page *page, char cell[PAGE_CELL], double ns);
void page_count(char cell[PAGE_CELL], uint64_t n);
/* `part` of `whole`; "-" where there is no whole. */
void page_share(char cell[PAGE_CELL], double part, double whole);
/* A name from the trace, cleaned; `short_path`: without the directories of an import path. What is
   unknown shows as `unknown`. */
void page_name(const struct page *page, char cell[PAGE_CELL], const char *name, size_t length,
               bool short_path, const char *unknown);
/* The same of a number in `names`. */
void page_named(const struct page *page, char cell[PAGE_CELL], const struct names *names,
                uint32_t name, bool short_path, const char *unknown);
/* "-" where there is nothing to take it of. */
/* How often something happened, and how long the longest took: unknown of samples. */
void page_times(const struct page *page, char cell[PAGE_CELL], uint64_t n);
void page_longest(const struct page *page, char cell[PAGE_CELL], int64_t ns);
void page_mean(const struct page *page, char cell[PAGE_CELL], double sum_ns, uint64_t count);
void page_percentile(const struct page *page, char cell[PAGE_CELL], const struct distribution *d,
                     double ratio);
/* Numbers from 0 up as little bars, the largest or `full` (when positive) at full height. */
void page_bars(const struct page *page, char cell[PAGE_CELL], const double *value, size_t n,
               double full);

#endif
