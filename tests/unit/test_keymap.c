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
	for (size_t a = 0; a < keymap_count; a++)
		for (size_t b = a + 1; b < keymap_count; b++)
			if (keymap[a].key == keymap[b].key)
				assert_int_equal(keymap[a].contexts & keymap[b].contexts, 0);
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
	for (size_t i = 0; i < keymap_count; i++) {
		assert_true(keymap[i].key > 0);
		assert_in_range(keymap[i].command, COMMAND_NONE + 1, COMMAND_COUNT - 1);
		assert_true(keymap[i].contexts && !(keymap[i].contexts & ~(unsigned)CONTEXT_ALL));
		assert_true(strlen(keymap[i].name) > 0);
		const char *own = keymap[i].help, *help = own ? own : command_info[keymap[i].command].help;
		assert_non_null(help);
		assert_sentence(help);
	}
}

static void every_command_can_be_given_and_says_what_it_does(void **state)
{
	(void)state;
	bool has[COMMAND_COUNT] = {false};
	for (size_t i = 0; i < keymap_count; i++)
		has[keymap[i].command] = true;
	for (int command = COMMAND_NONE + 1; command < COMMAND_COUNT; command++) {
		const struct command_info *info = &command_info[command];
		assert_true(has[command] || info->name);
		assert_true(info->name || !info->argument);
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

/* SAME keys say so by name: that key is there, and does the same. */
static void keys_that_say_they_are_the_same_are(void **state)
{
	(void)state;
	static const char prefix[] = "The same as ";
	for (size_t i = 0; i < keymap_count; i++) {
		const struct binding *b = &keymap[i];
		if (!b->help || strncmp(b->help, prefix, strlen(prefix)) != 0)
			continue;
		unsigned found = 0;
		for (size_t k = 0; k < keymap_count; k++) {
			char name[32], same[64];
			keymap_name(name, sizeof name, &keymap[k], true);
			name[strcspn(name, "/") ? strcspn(name, "/") : 1] = '\0'; /* "Up/Down", "/" */
			snprintf(same, sizeof same, "%s%s.", prefix, name);
			if (!strcmp(same, b->help) && keymap[k].command == b->command)
				found |= keymap[k].contexts;
		}
		assert_int_equal(b->contexts & ~found, 0);
	}
}

/* The help page has one row for all keys that do the same. */
static void keys_that_do_the_same_are_named_together(void **state)
{
	(void)state;
	char names[64];
	const struct binding *up = keymap_find(KEYMAP_UP, CONTEXT_OVERVIEW);
	keymap_names(names, sizeof names, up, CONTEXT_OVERVIEW, false);
	assert_string_equal(names, "↑, k");
	keymap_names(names, sizeof names, up, CONTEXT_OVERVIEW, true);
	assert_string_equal(names, "Up, k");
	assert_false(keymap_is_alias(up, CONTEXT_OVERVIEW));
	assert_true(keymap_is_alias(keymap_find('k', CONTEXT_OVERVIEW), CONTEXT_OVERVIEW));
	/* Of 10 s and of a minute are not the same. */
	assert_false(keymap_is_alias(keymap_find('{', CONTEXT_OVERVIEW), CONTEXT_OVERVIEW));
	keymap_names(names, sizeof names, keymap_find('[', CONTEXT_OVERVIEW), CONTEXT_OVERVIEW, true);
	assert_string_equal(names, "[, Shift-Left");
}

static enum command command_of(int key, enum context context)
{
	const struct binding *binding = keymap_find(key, context);
	return binding ? binding->command : COMMAND_NONE;
}

static void keys_work_where_the_table_says(void **state)
{
	(void)state;
	assert_int_equal(command_of('q', CONTEXT_OVERVIEW), COMMAND_QUIT);
	assert_int_equal(command_of(KEYMAP_ENTER, CONTEXT_PICKER), COMMAND_CHOOSE);
	assert_int_equal(command_of('2', CONTEXT_PICKER), COMMAND_NONE);
	assert_int_equal(command_of('2', CONTEXT_OVERVIEW), COMMAND_VIEW);
	assert_string_equal(keymap_find('2', CONTEXT_OVERVIEW)->argument, "2");
	assert_int_equal(command_of(KEYMAP_NONE, CONTEXT_ALL), COMMAND_NONE);
}

static void assert_line(int width, bool ascii, enum context context, uint64_t without,
                        const char *expected)
{
	struct canvas *canvas = canvas_create(width, 1, ascii);
	assert_non_null(canvas);
	keymap_draw(pane_of(canvas), context, without);
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
	            " Space pause   t trace   ? help   q quit");
	assert_line(80, false, CONTEXT_OVERVIEW,
	            COMMAND_BIT(COMMAND_UP) | COMMAND_BIT(COMMAND_PAUSE) |
	                COMMAND_BIT(COMMAND_CAPTURE) | COMMAND_BIT(COMMAND_FLIGHT),
	            " c compact   ←→ history   End live   z zoom   : command   ? help   q quit");
	assert_line(80, false, CONTEXT_PICKER, 0,
	            " Enter watch   ↑↓ select   / filter   s sort   q quit");
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
	for (size_t i = 0; i < keymap_count; i++) {
		const struct binding *b = &keymap[i];
		bool alias = keymap_is_alias(b, CONTEXT_ALL);
		if (alias || (b->command == COMMAND_VIEW && (size_t)(b->key - '0') > views_count))
			continue;
		keymap_name(name, sizeof name, b, true);
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
		if (!info->name)
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
		cmocka_unit_test(keys_that_say_they_are_the_same_are),
		cmocka_unit_test(keys_that_do_the_same_are_named_together),
		cmocka_unit_test(keys_work_where_the_table_says),
		cmocka_unit_test(the_manual_lists_every_command),
		cmocka_unit_test(the_manual_names_every_key),
		cmocka_unit_test(the_bottom_line_says_what_works_here),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("keymap", tests, NULL, NULL);
}
