/*
 * What a view shows, as text: to look for a row, to copy one and to save all of them. A view is
 * drawn once more, on a canvas that is wide and high enough for what the screen cuts off, and the
 * cells are read back; so every view can be searched, copied and saved, and what comes out is what
 * its reader saw, clean of control characters. It holds nothing. UI thread, but for the writing.
 */
#ifndef SCHEDTOP_TUI_LISTING_H
#define SCHEDTOP_TUI_LISTING_H

#include "tui/canvas.h"
#include "tui/view.h"
#include "util/status.h"

/* What one copy may have, in bytes: terminals take no more than about a hundred thousand of base64,
   and some drop all of what is longer. */
#define LISTING_COPY_MAX (48 << 10)
/* How many rows are looked at or saved. */
#define LISTING_ROWS_MAX 10000

struct listing {
	const char *view; /* its name */
	bool is_list;     /* with rows, one a line */
	bool ascii;
	int width, height; /* of the screen */
	const struct view_place *place;
	/* Draws the whole screen with this place, which is a copy. */
	void (*draw)(struct canvas *canvas, struct view_place *place, void *arg);
	void *arg;
};

/* The next row (step 1) or the one before (-1) that has the text, as filter.h looks for it, beyond
   the row `from` and then around the end of the list. -1: none has it. */
int listing_find(const struct listing *listing, const char *text, int from, int step);
/* The selected row with what the view tells of it; of a view without rows what stands there. Up to
   LISTING_COPY_MAX bytes without their terminator; NULL: out of memory. To be freed. *cut: there
   was more. */
char *listing_copy(const struct listing *listing, bool *cut);

/* A file to be, and what has become of it. */
struct listing_file {
	char path[4096], shown[128]; /* shown: printable */
	bool replace;                /* one that is there */
	char *text;
	size_t size;
	char said[192];     /* what was written, when it is */
	struct error error; /* why it is not; without text: it is */
};

/* Into a file, by what its name ends in: .txt as it looks, .csv and .json the rows of a list; of
   other views .json has the lines. NULL with a sentence. */
struct listing_file *listing_make_file(const struct listing *listing, const char *path,
                                       bool replace, struct error *error);
/* Puts it where it belongs, whole or not at all; waits for the disk. Any thread. */
void listing_write_file(struct listing_file *file);
void listing_free_file(struct listing_file *file); /* NULL is fine */

#endif
