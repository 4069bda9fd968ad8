/* A user's own keys over the defaults. */
#include <stdio.h>
#include <string.h>

#include "tui/keymap.h"
#include "util/ini.h"
#include "util/text.h"

/* An action as the table has it. */
struct action {
	enum command command;
	const char *argument; /* NULL: none */
};

static bool is_of(const struct binding *b, const struct action *action)
{
	return b->command == action->command &&
	       (b->argument && action->argument ? strcmp(b->argument, action->argument) == 0
	                                        : b->argument == action->argument);
}

const char *keymap_action(char *to, size_t size, const struct binding *b)
{
	snprintf(to, size, "%s%s%s", command_info[b->command].name, b->argument ? " " : "",
	         b->argument ? b->argument : "");
	for (size_t length = strlen(to); length > 0 && to[length - 1] == ' ';)
		to[--length] = '\0';
	return to;
}

/* The same for a terminal: what a file says may hold anything. */
static const char *show_action(char *to, size_t size, const struct binding *b)
{
	char action[128];
	keymap_action(action, sizeof action, b);
	text_clean(to, size, action, strlen(action));
	return to;
}

/* "command seek" is of a row whose argument ends in a blank, so rows are compared by their text. */
static const struct binding *row_of(const struct keymap *keys, const char *text)
{
	char name[64];
	for (const struct binding *b = keys->row; b->command; b++) {
		keymap_action(name, sizeof name, b);
		if (strcmp(name, text) == 0)
			return b;
	}
	return NULL;
}

/* Where a command can be given that the table has no row for, with this behind it. */
static unsigned contexts_of(enum command command)
{
	unsigned screens = command_info[command].screens;
	return (screens & COMMAND_LIVE ? (unsigned)CONTEXT_VIEWS : 0) |
	       (screens & COMMAND_TRACE ? (unsigned)CONTEXT_TRACE_VIEWS : 0);
}

static struct binding *end_of(struct keymap *keys)
{
	struct binding *row = keys->row;
	while (row->command)
		row++;
	return row;
}

static bool add_row(struct keymap *keys, const struct action *action)
{
	struct binding *row = end_of(keys);
	if (row - keys->row + 1 >= KEYMAP_ROWS_MAX)
		return false;
	*row = (struct binding){.contexts = contexts_of(action->command),
	                        .command = action->command,
	                        .argument = action->argument};
	return true;
}

/* "sort", "back 10s", and what stands in no row: "theme light". */
static enum status read_action(struct keymap *keys, const char *text, struct action *action,
                               struct error *error)
{
	char shown[64];
	const struct binding *row = row_of(keys, text);
	size_t length = strcspn(text, " ");
	enum command command = command_named(text, length);
	if (row) {
		*action = (struct action){row->command, row->argument};
		return STATUS_OK;
	}
	text_clean(shown, sizeof shown, text, strlen(text));
	if (!command)
		return error_set(error, STATUS_USAGE,
		                 "there is no action '%s': schedtop.conf(5) and the help page of a view "
		                 "have their names",
		                 shown);
	if (!contexts_of(command) || (text[length] && !command_info[command].argument))
		return error_set(error, STATUS_USAGE, "there is no action '%s': nothing may follow '%s'",
		                 shown, command_info[command].name);
	*action =
		(struct action){command, text[length] ? text + length + strspn(text + length, " ") : NULL};
	if (add_row(keys, action))
		return STATUS_OK;
	return error_set(error, STATUS_USAGE, "there are too many actions: '%s' has no room", shown);
}

/* The row that another line of the same file has given the key to, where `action` works as well. */
static const struct binding *taken(const struct keymap *keys, const struct action *action, int key,
                                   const char *file)
{
	for (const struct binding *mine = keys->row; mine->command; mine++)
		for (const struct binding *b = keys->row; is_of(mine, action) && b->command; b++) {
			const char *other = keys->origin[b - keys->row].file;
			if (is_of(b, action) || !(b->contexts & mine->contexts) || !other ||
			    strcmp(other, file) != 0)
				continue;
			for (size_t i = 0; i < KEYMAP_KEYS_MAX && b->key[i]; i++)
				if (b->key[i] == key)
					return b;
		}
	return NULL;
}

/* Is there no place of the row's that an earlier one of the same action does not speak for? */
static bool is_spoken_for(const struct keymap *keys, const struct binding *row)
{
	unsigned left = row->contexts;
	for (const struct binding *b = keys->row; b < row; b++)
		if (is_of(b, &(struct action){row->command, row->argument}))
			left &= ~b->contexts;
	return left == 0;
}

/* A later file has the last word over an earlier one. */
static void give_up(struct keymap *keys, const struct action *action, int key)
{
	for (struct binding *b = keys->row; b->command; b++) {
		if (is_of(b, action) || !keys->origin[b - keys->row].file)
			continue;
		unsigned shared = 0;
		for (const struct binding *mine = keys->row; mine->command; mine++)
			shared |= is_of(mine, action) ? mine->contexts & b->contexts : 0;
		for (size_t i = 0, kept = 0; shared && i < KEYMAP_KEYS_MAX; i++) {
			int k = b->key[i];
			b->key[i] = 0;
			if (k && k != key)
				b->key[kept++] = k;
		}
	}
}

static void assign(struct keymap *keys, const struct action *action, const int *key,
                   const struct keymap_origin *where)
{
	for (size_t i = 0; i < KEYMAP_KEYS_MAX && key[i]; i++)
		give_up(keys, action, key[i]);
	for (struct binding *b = keys->row; b->command; b++) {
		if (!is_of(b, action))
			continue;
		memset(b->key, 0, sizeof b->key);
		if (!is_spoken_for(keys, b))
			memcpy(b->key, key, sizeof b->key);
		keys->origin[b - keys->row] = *where;
	}
}

/* One word of the line: a key into key[*n], or what is wrong with it. */
static void read_key(const struct keymap *keys, const struct action *action, const char *word,
                     size_t length, const struct keymap_origin *where, int *key, size_t *n,
                     struct error *error)
{
	char shown[32], other[64];
	int found = keys_read(word, length);
	text_clean(shown, sizeof shown, word, length);
	if (!found) {
		error_set(error, STATUS_USAGE,
		          "there is no key '%s': expected characters, or names such as F5, Enter, Space, "
		          "Up, PgDn, Shift-Left or Ctrl-D, with blanks between",
		          shown);
		return;
	}
	const struct binding *owner = taken(keys, action, found, where->file);
	if (owner) {
		show_action(other, sizeof other, owner);
		error_set(error, STATUS_USAGE, "%s is the key of '%s' by line %d already", shown, other,
		          keys->origin[owner - keys->row].line);
		return;
	}
	for (size_t i = 0; i < *n; i++)
		if (key[i] == found)
			return;
	if (*n == KEYMAP_KEYS_MAX)
		error_set(error, STATUS_USAGE, "an action has %d keys at most: %s is one too many",
		          KEYMAP_KEYS_MAX, shown);
	else
		key[(*n)++] = found;
}

enum status keymap_bind(struct keymap *keys, const char *text, const char *names,
                        const struct keymap_origin *where, struct error *error)
{
	struct action action = {COMMAND_NONE, NULL};
	int key[KEYMAP_KEYS_MAX] = {0};
	size_t n = 0, words = 0;
	struct error wrong = {0};
	struct binding *added = end_of(keys);
	enum status status = read_action(keys, text, &action, error);
	if (status != STATUS_OK)
		return status;
	bool none = strcmp(names, "none") == 0;
	for (const char *word = names; !none && *(word += strspn(word, " \t")); words++) {
		size_t length = strcspn(word, " \t");
		struct error first = wrong;
		read_key(keys, &action, word, length, where, key, &n, &wrong);
		wrong = first.text[0] ? first : wrong;
		word += length;
	}
	/* Where nothing is right, the keys that were there are better than none. */
	if (none || n > 0)
		assign(keys, &action, key, where);
	else
		*added = (struct binding){0};
	if (!none && words == 0)
		return error_set(error, STATUS_USAGE, "expected ACTION = KEY KEY..., or none");
	return wrong.text[0] ? error_set(error, STATUS_USAGE, "%s", wrong.text) : STATUS_OK;
}

/* --- what was taken away -------------------------------------------------------------------- */

/* Does any key still lead to the action of this row, wherever the row holds? */
static bool is_reached(const struct keymap *keys, const struct binding *row)
{
	const struct action action = {row->command, row->argument};
	for (unsigned bit = 1; bit <= CONTEXT_REPLAY; bit <<= 1) {
		bool reached = !(row->contexts & bit);
		for (const struct binding *b = keys->row; !reached && b->command; b++)
			reached = is_of(b, &action) && keymap_key(keys, b, (enum context)bit);
		if (!reached)
			return false;
	}
	return true;
}

/* The row of a file that has taken the last key of this one; NULL when it has some, or lost none.
 */
static const struct binding *thief_of(const struct keymap *keys, const struct binding *row)
{
	const struct keymap_origin *own = &keys->origin[row - keys->row];
	if (own->file || !row->key[0] || is_reached(keys, row))
		return NULL;
	const struct binding *by = keymap_find(keys, row->key[0], (enum context)row->contexts);
	/* Else it is one of the keys that only others have. */
	return keys->origin[by - keys->row].file ? by : NULL;
}

/* An action has a row for each of its meanings. */
static bool is_told(const struct keymap *keys, const struct binding *row,
                    const struct binding *thief)
{
	const struct action action = {row->command, row->argument};
	const struct action taker = {thief->command, thief->argument};
	for (const struct binding *b = keys->row; b < row; b++) {
		const struct binding *other =
			is_of(b, &action) && b->key[0] == row->key[0] ? thief_of(keys, b) : NULL;
		if (other && is_of(other, &taker))
			return true;
	}
	return false;
}

void keymap_check(const struct keymap *keys, const struct ini_sink *sink)
{
	for (const struct binding *row = keys->row; row->command; row++) {
		char action[64], thief[64], name[KEY_NAME_MAX], sentence[512];
		const struct binding *by = thief_of(keys, row);
		if (!by || is_told(keys, row, by))
			continue;
		const struct keymap_origin *where = &keys->origin[by - keys->row];
		snprintf(sentence, sizeof sentence,
		         "%.256s:%d: %s was the key of '%s', which has none left where '%s' works, too: "
		         "give it another one below [keys]",
		         where->file, where->line, keys_name(name, sizeof name, row->key[0], true),
		         show_action(action, sizeof action, row), show_action(thief, sizeof thief, by));
		sink->tell(sentence, sink->arg);
	}
}
