/*
 * The rows of the Findings view, by numbers that stay theirs while the doctor looks again and
 * again: of findings, and of their evidence. Pure functions.
 */
#ifndef SCHEDTOP_TUI_FINDINGS_H
#define SCHEDTOP_TUI_FINDINGS_H

#include "doctor/finding.h"
#include "tui/canvas.h"

/* Of a finding, never 0. Its evidence follows: the first has that number + 1. */
int64_t finding_row(const struct finding *finding);
/* What a row is of; NULL: that is no longer found. *evidence is NULL for the finding itself. */
const struct finding *finding_of_row(const struct findings *findings, int64_t row,
                                     const struct evidence **evidence);

/* "!" in the alarm's colour, or "i". */
void finding_draw_mark(struct pane pane, const struct finding *finding);
/* The worst of these slugs, of warning or above; NULL: none. For marks beside numbers. */
const struct finding *finding_worst(const struct findings *findings, const enum slug *slug,
                                    size_t n);

#endif
