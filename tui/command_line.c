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

/* What the word at the cursor may become: names of commands, or of what a command takes. NULL after
   the last; "": not here. */
static const char *candidate(const struct command_names *names, enum command command, size_t i)
{
	if (command) {
		size_t own = 0;
		while (own < i && names->word(names->arg, command, own))
			own++;
		const char *word = names->word(names->arg, command, own);
		return word && own == i ? word : command_value(command, i - own);
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
		*common = n > 0 ? same : strlen(name);
		found[n++] = name;
	}
	return n;
}

void command_line_complete(const struct command_names *names, char *text, size_t size)
{
	struct parts line = split(text);
	const char *found[CANDIDATES_MAX], *word = line.argument ? line.argument : line.name;
	enum command command =
		line.argument ? command_find(line.name, line.length, names->screen) : COMMAND_NONE;
	size_t common, at = (size_t)(word - text);
	if (line.argument && !command)
		return;
	size_t n = candidates(names, command, word, found, &common);
	if (n == 0 || at >= size)
		return;
	/* A name that takes something is followed by a blank, so that Tab goes on with that. */
	bool more =
		n == 1 && !line.argument &&
		command_info[command_find(found[0], strlen(found[0]), names->screen)].argument != NULL;
	snprintf(text + at, size - at, "%.*s%s", (int)common, found[0], more ? " " : "");
}

void command_line_hint(const struct command_names *names, const char *text, char *to, size_t size)
{
	struct parts line = split(text);
	const char *found[CANDIDATES_MAX];
	enum command command = command_find(line.name, line.length, names->screen);
	size_t common, n = 0;
	to[0] = '\0';
	if (command) {
		const struct command_info *info = &command_info[command];
		snprintf(to, size, "%s%s%s", info->argument ? info->argument : "",
		         info->argument ? "  " : "", info->help);
		if (line.argument)
			n = candidates(names, command, line.argument, found, &common);
	} else if (!line.argument) {
		n = candidates(names, COMMAND_NONE, line.name, found, &common);
	}
	for (size_t i = 0, at = 0; i < n && at < size; i++)
		at += (size_t)snprintf(to + at, size - at, "%s%s", i ? "  " : "", found[i]);
}
