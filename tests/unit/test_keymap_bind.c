#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "util/ini.h"

static const struct keymap_origin first = {"config", 3}, second = {"config", 9},
								  elsewhere = {"other", 1};

static enum command command_of(const struct keymap *keys, int key, enum context context)
{
	const struct binding *b = keymap_find(keys, key, context);
	return b ? b->command : COMMAND_NONE;
}

static void bind(struct keymap *keys, const char *action, const char *names,
                 const struct keymap_origin *where)
{
	struct error error = {0};
	assert_int_equal(keymap_bind(keys, action, names, where, &error), STATUS_OK);
	assert_string_equal(error.text, "");
}

static void assert_refused(struct keymap *keys, const char *action, const char *names,
                           const struct keymap_origin *where, const char *expected)
{
	struct error error = {0};
	assert_int_equal(keymap_bind(keys, action, names, where, &error), STATUS_USAGE);
	if (!strstr(error.text, expected))
		fail_msg("\"%s\" does not say \"%s\"", error.text, expected);
}

static int told;
static char sentence[512];

static void tell(const char *text, void *arg)
{
	(void)arg;
	told++;
	snprintf(sentence, sizeof sentence, "%s", text);
}
static const struct ini_sink sink = {tell, NULL};

static int check(const struct keymap *keys)
{
	told = 0;
	keymap_check(keys, &sink);
	return told;
}

static void every_key_has_a_name_that_reads_as_itself(void **state)
{
	(void)state;
	char name[KEY_NAME_MAX];
	for (const struct binding *b = keymap_default.row; b->command; b++)
		for (size_t i = 0; i < KEYMAP_KEYS_MAX && b->key[i]; i++) {
			keys_name(name, sizeof name, b->key[i], true);
			assert_int_equal(keys_read(name, strlen(name)), b->key[i]);
		}
}

static void keys_are_read_as_people_write_them(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int key;
	} good[] = {
		{"ctrl-d", KEYMAP_CTRL('D')},
		{"^D", KEYMAP_CTRL('D')},
		{"C-d", KEYMAP_CTRL('D')},
		{"f12", KEYMAP_F12},
		{"F1", KEYMAP_F1},
		{"f", 'f'},
		{"SPACE", ' '},
		{"ä", 0xe4},
		{"€", 0x20ac},
		{"semicolon", ';'},
		{"=", '='},
	};
	static const char *const bad[] = {"F0",   "F13",  "ctrl-c",   "^Z", "Hyper",
	                                  "\x01", "\xc3", "\xff\xff", ""};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(keys_read(good[i].name, strlen(good[i].name)), good[i].key);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(keys_read(bad[i], strlen(bad[i])), KEYMAP_NONE);
}

static void an_action_has_the_keys_that_it_is_given_in_place_of_its_own(void **state)
{
	(void)state;
	struct keymap keys = keymap_default;
	bind(&keys, "first", "x Ctrl-A", &first);
	assert_int_equal(command_of(&keys, 'x', CONTEXT_THREADS), COMMAND_FIRST);
	assert_int_equal(command_of(&keys, KEYMAP_CTRL('A'), CONTEXT_TRACE_TASKS), COMMAND_FIRST);
	assert_int_equal(command_of(&keys, 'g', CONTEXT_THREADS), COMMAND_NONE);
	assert_int_equal(command_of(&keys, KEYMAP_HOME, CONTEXT_PICKER), COMMAND_NONE);
	bind(&keys, "back 10s", "p", &first);
	assert_string_equal(keymap_find(&keys, 'p', CONTEXT_OVERVIEW)->argument, "10s");
	assert_int_equal(command_of(&keys, '{', CONTEXT_OVERVIEW), COMMAND_EARLIER);
	bind(&keys, "command seek", "P", &first);
	assert_string_equal(keymap_find(&keys, 'P', CONTEXT_REPLAY)->argument, "seek ");
	bind(&keys, "trace", "none", &first);
	assert_int_equal(command_of(&keys, 't', CONTEXT_OVERVIEW), COMMAND_NONE);
	assert_int_equal(check(&keys), 0);
}

static void a_command_of_no_row_can_have_a_key_with_what_follows_it(void **state)
{
	(void)state;
	struct keymap keys = keymap_default;
	bind(&keys, "theme light", "F8", &first);
	const struct binding *b = keymap_find(&keys, KEYMAP_F8, CONTEXT_THREADS);
	assert_int_equal(b->command, COMMAND_THEME);
	assert_string_equal(b->argument, "light");
	assert_refused(&keys, "redraw now", "x", &first, "nothing may follow 'redraw'");
	assert_refused(&keys, "dance", "x", &first, "there is no action 'dance'");
}

static void a_key_has_one_meaning_in_a_file(void **state)
{
	(void)state;
	struct keymap keys = keymap_default;
	bind(&keys, "sort", "x", &first);
	assert_refused(&keys, "reverse", "x X", &second, "x is the key of 'sort' by line 3 already");
	assert_int_equal(command_of(&keys, 'x', CONTEXT_THREADS), COMMAND_SORT);
	assert_int_equal(command_of(&keys, 'X', CONTEXT_THREADS), COMMAND_REVERSE);
	/* What stands behind an action may hold anything. */
	bind(&keys, "theme \033[31m", "F8", &first);
	assert_refused(&keys, "search", "F8", &second, "F8 is the key of 'theme ?[31m' by line 3");
	/* What works nowhere together is no conflict, and another file has the last word. */
	bind(&keys, "mark", "x", &second);
	bind(&keys, "reverse", "x", &elsewhere);
	assert_int_equal(command_of(&keys, 'x', CONTEXT_THREADS), COMMAND_REVERSE);
}

static void a_key_that_is_taken_away_is_told_when_it_was_the_last(void **state)
{
	(void)state;
	struct keymap keys = keymap_default;
	assert_int_equal(check(&keys), 0);
	bind(&keys, "sort", "q", &first); /* F10 leaves as well */
	assert_int_equal(check(&keys), 0);
	bind(&keys, "sort", "S", &first);
	assert_int_equal(check(&keys), 1);
	assert_string_equal(sentence, "config:3: S was the key of 'reverse', which has none left where "
	                              "'sort' works, too: give it another one below [keys]");
	bind(&keys, "reverse", "q", &second);
	assert_int_equal(check(&keys), 0);
}

/* "close" has a row for each of its meanings, and they are one action to who writes the file. */
static void an_action_that_lost_its_key_everywhere_is_told_once(void **state)
{
	(void)state;
	struct keymap keys = keymap_default;
	bind(&keys, "quit", "q Esc", &first);
	assert_int_equal(check(&keys), 1);
	assert_non_null(strstr(sentence, "Esc was the key of 'close'"));
}

static void keys_that_are_none_leave_those_that_are(void **state)
{
	(void)state;
	struct keymap keys = keymap_default;
	assert_refused(&keys, "sort", "Hyper-x x", &first, "there is no key 'Hyper-x'");
	assert_int_equal(command_of(&keys, 'x', CONTEXT_THREADS), COMMAND_SORT);
	assert_refused(&keys, "quit", "Hyper-x", &first, "there is no key 'Hyper-x'");
	assert_int_equal(command_of(&keys, 'q', CONTEXT_THREADS), COMMAND_QUIT);
	assert_refused(&keys, "quit", "", &first, "expected ACTION = KEY");
	assert_refused(&keys, "quit", "a b c d e i j m", &first, "6 keys at most: j is one too many");
	assert_refused(&keys, "quit", "\x1b]52;", &first, "there is no key");
}

static void a_table_that_is_full_says_so(void **state)
{
	(void)state;
	static char action[KEYMAP_ROWS_MAX][24];
	struct keymap keys = keymap_default;
	struct error error = {0};
	enum status status = STATUS_OK;
	/* What is refused takes no room. */
	for (int i = 0; i < KEYMAP_ROWS_MAX; i++) {
		snprintf(action[i], sizeof action[i], "theme x%d", i);
		assert_refused(&keys, action[i], "Nokey", &first, "there is no key");
	}
	for (int i = 0; i < KEYMAP_ROWS_MAX && status == STATUS_OK; i++) {
		snprintf(action[i], sizeof action[i], "theme t%d", i);
		status = keymap_bind(&keys, action[i], "none", &first, &error);
	}
	assert_int_equal(status, STATUS_USAGE);
	assert_non_null(strstr(error.text, "too many actions"));
	assert_string_not_equal(action[1], "theme x1");
	assert_int_equal(command_of(&keys, 'q', CONTEXT_OVERVIEW), COMMAND_QUIT);
}

static void sentences_name_the_keys_that_are_bound(void **state)
{
	(void)state;
	struct keymap keys = keymap_default;
	struct error error = {0};
	char key[KEY_NAME_MAX];
	assert_string_equal(keymap_way(key, sizeof key, &keys, COMMAND_CAPTURE, CONTEXT_THREADS, false),
	                    "t");
	assert_int_equal(keymap_bind(&keys, "trace", "F8", &first, &error), STATUS_OK);
	assert_string_equal(keymap_way(key, sizeof key, &keys, COMMAND_CAPTURE, CONTEXT_THREADS, false),
	                    "F8");
	keys = keymap_default;
	assert_int_equal(keymap_bind(&keys, "trace", "none", &first, &error), STATUS_OK);
	assert_string_equal(keymap_way(key, sizeof key, &keys, COMMAND_CAPTURE, CONTEXT_THREADS, false),
	                    ":trace");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_a_name_that_reads_as_itself),
		cmocka_unit_test(keys_are_read_as_people_write_them),
		cmocka_unit_test(an_action_has_the_keys_that_it_is_given_in_place_of_its_own),
		cmocka_unit_test(a_command_of_no_row_can_have_a_key_with_what_follows_it),
		cmocka_unit_test(a_key_has_one_meaning_in_a_file),
		cmocka_unit_test(a_key_that_is_taken_away_is_told_when_it_was_the_last),
		cmocka_unit_test(an_action_that_lost_its_key_everywhere_is_told_once),
		cmocka_unit_test(keys_that_are_none_leave_those_that_are),
		cmocka_unit_test(a_table_that_is_full_says_so),
		cmocka_unit_test(sentences_name_the_keys_that_are_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
