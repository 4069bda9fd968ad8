/*
 * Shares out the cells of a line, or the lines of a page, among slots, by the room there is and
 * never by what will be shown: so nothing moves but values. Pure functions, any thread.
 */
#ifndef SCHEDTOP_TUI_LAYOUT_H
#define SCHEDTOP_TUI_LAYOUT_H

#include <stddef.h>

struct slot {
	int min;      /* what it needs to be worth showing */
	int want;     /* what it takes when there is room, at least min */
	int drop;     /* the slot with the highest goes first when room is short; 0: last of all */
	int grow;     /* share of what is left when all have what they want; 0: none */
	int gap;      /* empty cells before it, unless it is the first one shown */
	int at, size; /* the answer; size 0: not shown */
};

/*
 * Drops slots until the rest fit with their `min`, then hands out room up to `want` in the order of
 * the array, then by `grow`. Slots never overlap and never leave 0...room. Where not even the last
 * slot fits, it is cut to the room. Returns the room taken.
 */
int layout(struct slot *slot, size_t n, int room);

#endif
