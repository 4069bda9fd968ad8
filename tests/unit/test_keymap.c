#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/frame.h"
#include "tui/keymap.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"

static void no_key_means_two_things_on_one_screen(void **state)
{
	(void)state;
	for (const struct binding *a = keymap_default.row; a->command; a++)
		for (const struct binding *b = a + 1; b->command; b++)
			for (size_t i = 0; i < KEYMAP_KEYS_MAX && a->key[i]; i++)
				for (size_t k = 0; k < KEYMAP_KEYS_MAX && b->key[k]; k++)
					if (a->key[i] == b->key[k])
						assert_int_equal(a->contexts & b->contexts, 0);
}

/* What it says has room on the help page of a terminal of 80 columns. */
static void assert_sentence(const char *help)
{
	size_t length = strlen(help);
	assert_in_range(length, 1, 60);
	assert_int_equal(help[length - 1], '.');
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (const struct binding *b = keymap_default.row; b->command; b++) {
		assert_true(b->key[0] > 0);
		assert_in_range(b->command, COMMAND_NONE + 1, COMMAND_COUNT - 1);
		assert_true(b->contexts && !(b->contexts & ~(unsigned)CONTEXT_ALL));
		const char *help = b->help ? b->help : command_info[b->command].help;
		assert_non_null(help);
		assert_sentence(help);
	}
}

static void every_command_can_be_given_and_says_what_it_does(void **state)
{
	(void)state;
	bool has[COMMAND_COUNT] = {false};
	for (const struct binding *b = keymap_default.row; b->command; b++)
		has[b->command] = true;
	for (int command = COMMAND_NONE + 1; command < COMMAND_COUNT; command++) {
		const struct command_info *info = &command_info[command];
		assert_true(has[command] || info->screens);
		assert_true(info->screens || !info->argument);
		assert_int_equal(command_named(info->name, strlen(info->name)), command);
		assert_non_null(info->help);
		assert_sentence(info->help);
	}
}

static void the_beginning_of_a_name_is_enough_when_it_is_clear(void **state)
{
	(void)state;
	assert_int_equal(command_find("quit", 4, COMMAND_LIVE), COMMAND_QUIT);
	assert_int_equal(command_find("q", 1, COMMAND_LIVE), COMMAND_QUIT);
	assert_int_equal(command_find("fo", 2, COMMAND_LIVE), COMMAND_NONE); /* forward, follow */
	assert_int_equal(command_find("fol", 3, COMMAND_LIVE), COMMAND_FOLLOW);
	assert_int_equal(command_find("quitter", 7, COMMAND_LIVE), COMMAND_NONE);
	assert_int_equal(command_find("", 0, COMMAND_LIVE), COMMAND_NONE);
	assert_int_equal(command_find("follow", 6, COMMAND_TRACE), COMMAND_NONE);
}

/* The help page has one row for all keys that do the same. */
static void keys_that_do_the_same_are_named_together(void **state)
{
	(void)state;
	const struct keymap *keys = &keymap_default;
	char names[64];
	const struct binding *up = keymap_find(keys, KEYMAP_UP, CONTEXT_OVERVIEW);
	keymap_names(names, sizeof names, keys, up, CONTEXT_OVERVIEW, false);
	assert_string_equal(names, "↑, k");
	keymap_names(names, sizeof names, keys, up, CONTEXT_OVERVIEW, true);
	assert_string_equal(names, "Up, k");
	assert_false(keymap_is_alias(keys, up, CONTEXT_OVERVIEW));
	/* Home is one more key for what g does, in rows of their own. */
	const struct binding *home = keymap_find(keys, KEYMAP_HOME, CONTEXT_PICKER);
	assert_true(keymap_is_alias(keys, home, CONTEXT_PICKER));
	keymap_names(names, sizeof names, keys, home, CONTEXT_PICKER, true);
	assert_string_equal(names, "g, Home");
	/* Of 10 s and of a minute are not the same. */
	const struct binding *minute = keymap_find(keys, '{', CONTEXT_OVERVIEW);
	assert_false(keymap_is_alias(keys, minute, CONTEXT_OVERVIEW));
	keymap_names(names, sizeof names, keys, keymap_find(keys, '[', CONTEXT_OVERVIEW),
	             CONTEXT_OVERVIEW, true);
	assert_string_equal(names, "[, Shift-Left");
}

static enum command command_of(int key, enum context context)
{
	const struct binding *binding = keymap_find(&keymap_default, key, context);
	return binding ? binding->command : COMMAND_NONE;
}

static void keys_work_where_the_table_says(void **state)
{
	(void)state;
	assert_int_equal(command_of('q', CONTEXT_OVERVIEW), COMMAND_QUIT);
	assert_int_equal(command_of(KEYMAP_ENTER, CONTEXT_PICKER), COMMAND_CHOOSE);
	assert_int_equal(command_of('2', CONTEXT_PICKER), COMMAND_NONE);
	assert_int_equal(command_of('2', CONTEXT_OVERVIEW), COMMAND_VIEW);
	assert_string_equal(keymap_find(&keymap_default, '2', CONTEXT_OVERVIEW)->argument, "2");
	assert_int_equal(command_of(KEYMAP_NONE, CONTEXT_ALL), COMMAND_NONE);
}

static void assert_line(int width, bool ascii, enum context context, uint64_t without,
                        const char *expected)
{
	struct canvas *canvas = canvas_create(width, 1, ascii);
	assert_non_null(canvas);
	keymap_draw(pane_of(canvas), &keymap_default, context, without);
	char *text = fixture_text(canvas);
	text[strlen(text) - 1] = '\0';
	assert_string_equal(text, expected);
	free(text);
	canvas_destroy(canvas);
}

static void the_bottom_line_says_what_works_here(void **state)
{
	(void)state;
	assert_line(80, false, CONTEXT_OVERVIEW, COMMAND_BIT(COMMAND_NEWEST),
	            " ↑↓ more Ps   c compact   Space pause   t trace   f flight   ? help   q quit");
	assert_line(80, true, CONTEXT_OVERVIEW, COMMAND_BIT(COMMAND_NEWEST),
	            " Up/Down more Ps   c compact   Space pause   t trace   ? help   q quit");
	assert_line(40, false, CONTEXT_OVERVIEW, COMMAND_BIT(COMMAND_NEWEST),
	            " ↑↓ more Ps   t trace   ? help   q quit");
	assert_line(80, false, CONTEXT_OVERVIEW,
	            COMMAND_BIT(COMMAND_UP) | COMMAND_BIT(COMMAND_PAUSE) |
	                COMMAND_BIT(COMMAND_CAPTURE) | COMMAND_BIT(COMMAND_FLIGHT),
	            " c compact   ←→ history   End live   z zoom   : command   ? help   q quit");
	assert_line(80, false, CONTEXT_PICKER, 0,
	            " Enter watch   ↑↓ select   / search   \\ filter   s sort   ? help   q quit");
	assert_line(24, false, CONTEXT_PICKER, 0, " Enter watch   q quit");
}

static char *read_manual(void)
{
	const char *root = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof path, "%s/man/schedtop.1", root ? root : ".");
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	char *text = calloc(1, 1 << 17);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 17) - 1, in) > 0);
	fclose(in);
	return text;
}

/* The manual's chapter of keys names each of them: ".It Ic Up , Down" or ".Ic \\&[". */
static bool has_key(const char *chapter, const char *name)
{
	for (const char *line = chapter; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n");
		if (strncmp(line, ".It Ic ", 7) != 0 && strncmp(line, ".Ic ", 4) != 0)
			continue;
		size_t length = strcspn(line, "\n"), at = strcspn(line, "c") + 1;
		while (at < length) {
			at += strspn(line + at, " ");
			if (strncmp(line + at, "\\&", 2) == 0)
				at += 2;
			size_t word = strcspn(line + at, " \n");
			if (word == strlen(name) && strncmp(line + at, name, word) == 0)
				return true;
			if (word == 2 && strncmp(line + at, "\\e", 2) == 0 && strcmp(name, "\\") == 0)
				return true;
			at += word;
		}
	}
	return false;
}

static void the_manual_names_every_key(void **state)
{
	(void)state;
	char *text = read_manual(), *chapter = strstr(text, ".Sh KEYS"), name[32];
	assert_non_null(chapter);
	char *end = strstr(chapter, "\n.Sh ");
	assert_non_null(end);
	*end = '\0';
	for (const struct binding *b = keymap_default.row; b->command; b++) {
		if (keymap_is_alias(&keymap_default, b, CONTEXT_ALL) ||
		    (b->command == COMMAND_VIEW && (size_t)(b->key[0] - '0') > views_count))
			continue;
		keys_name(name, sizeof name, b->key[0], true);
		if (!has_key(chapter, name))
			fail_msg("the manual does not name the key %s", name);
	}
	free(text);
}

/* Every command of the screen is in the manual as the table has it. */
static void the_manual_lists_every_command(void **state)
{
	(void)state;
	char entry[256], *text = read_manual();
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
		const struct command_info *info = &command_info[i];
		if (!info->screens)
			continue;
		bool optional = info->argument && info->argument[0] == '[';
		snprintf(entry, sizeof entry, "\n.It Ic %s%s%.*s\n%s\n", info->name,
		         optional         ? " Op Ar "
		         : info->argument ? " Ar "
		                          : "",
		         info->argument ? (int)strlen(info->argument) - 2 * optional : 0,
		         info->argument ? info->argument + optional : "", info->help);
		if (!strstr(text, entry))
			print_error("not in the manual: %s", entry);
		assert_non_null(strstr(text, entry));
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_means_two_things_on_one_screen),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(every_command_can_be_given_and_says_what_it_does),
		cmocka_unit_test(the_beginning_of_a_name_is_enough_when_it_is_clear),
		cmocka_unit_test(keys_that_do_the_same_are_named_together),
		cmocka_unit_test(keys_work_where_the_table_says),
		cmocka_unit_test(the_manual_lists_every_command),
		cmocka_unit_test(the_manual_names_every_key),
		cmocka_unit_test(the_bottom_line_says_what_works_here),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("keymap", tests, NULL, NULL);
}
