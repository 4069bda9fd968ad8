#include "tui/command_line.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Parts of a line, which point into it. */
struct parts {
	const char *name;
	size_t length;        /* of the name */
	bool bang;            /* a '!' follows it */
	const char *argument; /* NULL: none yet, and no blank after the name */
};

static struct parts split(const char *text)
{
	struct parts line = {.name = text + strspn(text, " ")};
	line.length = strcspn(line.name, " ");
	size_t word = line.length;
	line.bang = word > 1 && line.name[word - 1] == '!';
	line.length -= line.bang;
	if (line.name[word])
		line.argument = line.name + word + strspn(line.name + word, " ");
	return line;
}

struct command_line command_line_read(const char *text, enum command_screen screen)
{
	struct parts parts = split(text);
	struct command_line line = {.command = COMMAND_NONE};
	if (!parts.length)
		return line;
	enum command command = command_find(parts.name, parts.length, screen);
	/* It says that a file may be replaced, and nothing else. */
	if (!command || (parts.bang && command != COMMAND_SAVE)) {
		snprintf(line.complaint, sizeof line.complaint,
		         "there is no command \"%.*s\": ? lists them", (int)parts.length + parts.bang,
		         parts.name);
		return line;
	}
	snprintf(line.argument, sizeof line.argument, "%s%s", parts.bang ? "!" : "",
	         parts.argument ? parts.argument : "");
	for (size_t n = strlen(line.argument); n > 0 && line.argument[n - 1] == ' ';)
		line.argument[--n] = '\0';
	if (*line.argument && !command_info[command].argument) {
		snprintf(line.complaint, sizeof line.complaint, "%s: nothing may follow",
		         command_info[command].name);
		return line;
	}
	line.command = command;
	/* ":filter" alone shows all rows again. */
	line.has_argument = *line.argument || command == COMMAND_FILTER;
	return line;
}

static bool takes_file(enum command command)
{
	const char *argument = command_info[command].argument;
	return argument && strstr(argument, "FILE");
}

/* Of a word without what tells what it is. */
static size_t word_length(const char *word)
{
	return strcspn(word, "\t");
}

/* What the word at the cursor may become: names of commands, or of what a command takes. NULL after
   the last; "": not here. */
static const char *candidate(const struct command_names *names, enum command command, size_t i)
{
	if (command) {
		size_t files = takes_file(command) ? names->paths->n : 0, own = 0;
		for (const char *word; (word = names->word(names->arg, command, own)) != NULL; own++)
			if (own == i)
				return word;
		i -= own;
		return i < files ? names->paths->word[i] : command_value(command, i - files);
	}
	if (i >= COMMAND_COUNT - 1)
		return NULL;
	const struct command_info *info = &command_info[i + 1];
	return info->screens & names->screen ? info->name : "";
}

#define CANDIDATES_MAX 64
_Static_assert(CANDIDATES_MAX >= COMMAND_COUNT, "all have room");

/* All that begin with the word, and how many bytes they have in common. */
static size_t candidates(const struct command_names *names, enum command command, const char *word,
                         const char *found[CANDIDATES_MAX], size_t *common)
{
	size_t n = 0, length = strlen(word);
	const char *name;
	*common = 0;
	for (size_t i = 0; n < CANDIDATES_MAX && (name = candidate(names, command, i)) != NULL; i++) {
		if (!*name || strncasecmp(name, word, length) != 0)
			continue;
		size_t same = 0;
		while (n > 0 && same < *common && name[same] == found[0][same])
			same++;
		*common = n > 0 ? same : word_length(name);
		found[n++] = name;
	}
	return n;
}

void command_line_complete(const struct command_names *names, struct prompt *prompt)
{
	char text[PROMPT_TEXT_MAX];
	snprintf(text, sizeof text, "%s", prompt->text);
	struct parts line = split(text);
	const char *found[CANDIDATES_MAX], *word = line.argument ? line.argument : line.name;
	enum command command =
		line.argument ? command_find(line.name, line.length, names->screen) : COMMAND_NONE;
	size_t common, at = (size_t)(word - text);
	if (line.argument && !command)
		return;
	if (command && takes_file(command))
		path_words_read(names->paths, word);
	size_t n = candidates(names, command, word, found, &common);
	if (n == 0)
		return;
	/* A name that takes something is followed by a blank, so that Tab goes on with that. */
	bool more =
		n == 1 && !line.argument &&
		command_info[command_find(found[0], strlen(found[0]), names->screen)].argument != NULL;
	snprintf(text + at, sizeof text - at, "%.*s%s", (int)common, found[0], more ? " " : "");
	prompt_set(prompt, text);
}

/* "4321 orders-api"; of a path what is not typed yet of its way. */
static size_t hint_word(char *to, size_t size, const char *word, size_t lead)
{
	size_t length = word_length(word);
	const char *what = word[length] ? word + length + 1 : "";
	return (size_t)snprintf(to, size, "%.*s%s%s", (int)(length - lead), word + lead,
	                        *what ? " " : "", what);
}

void command_line_hint(const struct command_names *names, const char *text, char *to, size_t size)
{
	struct parts line = split(text);
	const char *found[CANDIDATES_MAX];
	enum command command = command_find(line.name, line.length, names->screen);
	size_t common, n = 0, lead = 0;
	to[0] = '\0';
	if (command) {
		const struct command_info *info = &command_info[command];
		snprintf(to, size, "%s%s%s", info->argument ? info->argument : "",
		         info->argument ? "  " : "", info->help);
		if (line.argument)
			n = candidates(names, command, line.argument, found, &common);
		const char *slash = line.argument ? strrchr(line.argument, '/') : NULL;
		if (slash && takes_file(command))
			lead = (size_t)(slash + 1 - line.argument);
	} else if (!line.argument) {
		n = candidates(names, COMMAND_NONE, line.name, found, &common);
	}
	for (size_t i = 0, at = 0; i < n && at < size; i++) {
		if (i > 0)
			at += (size_t)snprintf(to + at, size - at, "  ");
		if (at < size)
			at += hint_word(to + at, size - at, found[i], lead);
	}
}
