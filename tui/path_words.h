/*
 * The files whose names begin as a path does that is being typed, for the line after ':'. A
 * directory is read when its user asks how the path goes on, never to draw; what was found is kept
 * for the hint. Plain values. UI thread.
 */
#ifndef SCHEDTOP_TUI_PATH_WORDS_H
#define SCHEDTOP_TUI_PATH_WORDS_H

#include <stddef.h>

#include "tui/prompt.h"

enum { PATH_WORDS_MAX = 48 };

struct path_words {
	size_t n;
	char word[PATH_WORDS_MAX]
			 [PROMPT_TEXT_MAX]; /* as they would be typed; of a directory with '/' */
};

/*
 * Finds what `typed` may become, in the order of names. Files whose names begin with a dot have to
 * be asked for by that dot; what could not be typed is left out. Of more than there is room for,
 * all that they begin with is the only word.
 */
void path_words_read(struct path_words *words, const char *typed);

#endif
