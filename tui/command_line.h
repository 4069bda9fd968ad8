/*
 * The line after ':' as far as it is the same on every screen: which command it means, how it goes
 * on, and what may follow as a hint. A screen says which names may stand where, and lends the files
 * that were found last. It holds nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_COMMAND_LINE_H
#define SCHEDTOP_TUI_COMMAND_LINE_H

#include <stddef.h>

#include "tui/command.h"
#include "tui/path_words.h"
#include "tui/prompt.h"

struct command_names {
	enum command_screen screen;
	/* The i-th word that the command may take, NULL after the last. What stands behind a tab in it
	   tells what it is, and is only shown: "4321\torders-api". */
	const char *(*word)(const void *arg, enum command command, size_t i);
	const void *arg;
	struct path_words *paths; /* of commands that take a file */
};

struct command_line {
	enum command
		command; /* COMMAND_NONE: nothing to do; `complaint` says why, unless it was empty */
	char argument[PROMPT_TEXT_MAX];
	bool has_argument;
	char complaint[128];
};

struct command_line command_line_read(const char *text, enum command_screen screen);
/* Tab: lengthens the line as far as it is clear how it goes on. */
void command_line_complete(const struct command_names *names, struct prompt *prompt);
/* What may follow. */
void command_line_hint(const struct command_names *names, const char *text, char *to, size_t size);

#endif
