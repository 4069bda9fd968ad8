/*
 * A line that the user types at the bottom of the screen, after ':', '/' or '\\': its text, its
 * cursor and the older lines. It knows keys and text, not what the text means. Plain values: all
 * zero is an empty line that is not open. UI thread.
 */
#ifndef SCHEDTOP_TUI_PROMPT_H
#define SCHEDTOP_TUI_PROMPT_H

#include <stddef.h>

#include "tui/canvas.h"

#define PROMPT_TEXT_MAX  256 /* a path */
#define PROMPT_OLDER_MAX 16

struct prompt {
	char lead;                  /* ':', '/' to search or '\\' to filter; 0: not open */
	char text[PROMPT_TEXT_MAX]; /* UTF-8 */
	size_t cursor;              /* a byte of it, where a character begins, or its end */
	char older[PROMPT_OLDER_MAX][PROMPT_TEXT_MAX]; /* the newest first */
	size_t older_count, older_at;                  /* older_at: shown, counted from 1; 0: none is */
};

enum prompt_event {
	PROMPT_NOTHING,
	PROMPT_CHANGED, /* the text is another */
	PROMPT_COMPLETE,
	PROMPT_ACCEPTED, /* closed by Enter: `text` is still there */
	PROMPT_CLOSED,   /* closed by Esc, or by deleting from an empty line */
};

void prompt_open(struct prompt *prompt, char lead, const char *text);
enum prompt_event prompt_key(struct prompt *prompt, int key);
void prompt_set(struct prompt *prompt, const char *text); /* and the cursor to its end */
/* Keeps a line for Up to bring back. */
void prompt_remember(struct prompt *prompt, const char *text);
/* What may be typed to search or to filter. */
const char *prompt_hint(char lead);
/* Over the pane's only row: the line, and after it a hint where there is room. */
void prompt_draw(struct pane pane, const struct prompt *prompt, const char *hint);

#endif
