/*
 * What the screen says of the sentinel: a word in the header, a line at the bottom when it acts,
 * and its rules below the findings. It reads what it is lent and keeps nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_SENTINEL_H
#define SCHEDTOP_TUI_SENTINEL_H

#include "tui/view.h"

/* "sentinel armed", "sentinel fired 12 s ago"; "" without a sentinel. */
void sentinel_fact(const struct sentinel_state *s, int64_t now_ns, char *to, size_t size);
/* What is new since `before`, in a sentence; false: nothing that is worth a word. */
bool sentinel_news(const struct sentinel_state *before, const struct sentinel_state *now, char *to,
                   size_t size);
/* How many rows of a page it wants, 0 without a sentinel. */
int sentinel_rows(const struct sentinel_state *s, int height);
/* Its rules, how they stand, and what came of the last time. */
void sentinel_draw(struct pane pane, const struct sentinel_state *s, int64_t now_ns);

#endif
