/*
 * What the user types after '/': which rows of a list to show. Text is looked for as it stands and
 * as an extended regular expression, without regard to case, so that "main.(*Server)" finds what it
 * says and "send|recv" finds both; after a '!' what does not match is shown. Opened for one drawing
 * of a list. UI thread.
 */
#ifndef SCHEDTOP_TUI_FILTER_H
#define SCHEDTOP_TUI_FILTER_H

#include <regex.h>
#include <stdbool.h>

struct filter {
	const char *text; /* without the '!'; "": all rows */
	bool inverse;
	bool has_regex; /* false while it is none: half typed, say */
	regex_t regex;
};

/* Borrows `text`. */
void filter_open(struct filter *filter, const char *text);
bool filter_matches(const struct filter *filter, const char *row);
void filter_close(struct filter *filter);

#endif
