/*
 * Findings as a list, with the evidence of the one that is open below it, and under the list all
 * that is to be said of the selected row: what the screen of a process and the browser of a trace
 * share. Rows have numbers that stay theirs while the doctor looks again and again. Nothing is
 * kept. UI thread.
 */
#ifndef SCHEDTOP_TUI_FINDINGS_H
#define SCHEDTOP_TUI_FINDINGS_H

#include "doctor/finding.h"
#include "tui/view.h"

/* What a row is of; NULL: that is no longer found. *evidence is NULL for the finding itself. */
const struct finding *finding_of_row(const struct findings *findings, int64_t row,
                                     const struct evidence **evidence);

/* "!" in the alarm's colour, or "i". */
void finding_draw_mark(struct pane pane, const struct finding *finding);
/* The worst of these slugs, of warning or above; NULL: none. For marks beside numbers. */
const struct finding *finding_worst(const struct findings *findings, const enum slug *slug,
                                    size_t n);

/* What a view's `sorts` are: the severity, the view's own column, the slug. */
enum { FINDINGS_BY_SEVERITY, FINDINGS_BY_OWN, FINDINGS_BY_SLUG };

struct findings_list {
	const struct findings *findings;
	/* The view's own column, behind the severity. */
	const char *heading;
	void (*text)(char *to, size_t size, const struct finding *finding, const void *arg);
	int (*compare)(const struct finding *a, const struct finding *b);
	const void *arg; /* of `text` */
};

/* false: there is nothing to draw, since no finding is left by the filter, or no memory. */
bool findings_draw(struct pane page, const struct findings_list *list, struct view_place *place);
/* "Findings › goroutine-growth" while one is open that is still found, from x on; returns where the
   next text may go: x itself when there is no trail. */
int findings_draw_trail(struct pane line, int x, const char *view, const struct findings *findings,
                        const struct view_place *place);
/* What Enter does on a row: opens a finding or closes it, and returns its evidence when that is
   what was selected, which the caller shows where it lies. */
const struct evidence *findings_expand(const struct findings *findings, struct view_place *place,
                                       const struct finding **finding);
/* Opens this one, with the first of its evidence selected. */
void findings_open(struct view_place *place, const struct finding *finding);

#endif
