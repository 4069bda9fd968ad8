/*
 * What a path that is being typed may become: a directory of our own, with names that must not get
 * onto a line as well.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/path_words.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/file_tree.h"
#include "tui/command_line.h"

#define MANY (PATH_WORDS_MAX + 10)

static char directory[] = "/tmp/schedtop-words-XXXXXX";

static const char *path_of(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s/%s", directory, name);
	return to;
}

static void make_file(const char *name)
{
	char path[512];
	int fd = open(path_of(path, sizeof path, name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static int make_directory(void **state)
{
	char path[512];
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	static const char *const names[] = {"report.txt", "report.csv", ".hidden", "evil\033[2J",
	                                    "größe-1",    "größe-2",    "größa"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		make_file(names[i]);
	if (mkdir(path_of(path, sizeof path, "reports"), 0700) ||
	    mkdir(path_of(path, sizeof path, "many"), 0700) ||
	    symlink("reports", path_of(path, sizeof path, "link")))
		return -1;
	for (int i = 0; i < MANY; i++) {
		char name[64];
		snprintf(name, sizeof name, "many/file-%03d", i);
		make_file(name);
	}
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return file_tree_delete(directory);
}

static struct path_words *words_of(const char *typed)
{
	char path[PROMPT_TEXT_MAX];
	struct path_words *words = malloc(sizeof *words);
	assert_non_null(words);
	path_words_read(words, path_of(path, sizeof path, typed));
	return words;
}

static void assert_word(const struct path_words *words, size_t i, const char *name)
{
	char path[512];
	assert_true(i < words->n);
	assert_string_equal(words->word[i], path_of(path, sizeof path, name));
}

static void names_that_begin_so_come_in_order_and_directories_end_in_a_slash(void **state)
{
	(void)state;
	struct path_words *words = words_of("rep");
	assert_int_equal(words->n, 3);
	assert_word(words, 0, "report.csv");
	assert_word(words, 1, "report.txt");
	assert_word(words, 2, "reports/");
	free(words);
	words = words_of("li");
	assert_int_equal(words->n, 1);
	assert_word(words, 0, "link/");
	free(words);
}

static void hidden_names_are_asked_for_by_their_dot(void **state)
{
	(void)state;
	struct path_words *words = words_of("");
	for (size_t i = 0; i < words->n; i++)
		assert_null(strstr(words->word[i], ".hidden"));
	free(words);
	words = words_of(".");
	assert_int_equal(words->n, 1);
	assert_word(words, 0, ".hidden");
	free(words);
}

static void names_that_can_not_be_typed_are_left_out(void **state)
{
	(void)state;
	struct path_words *words = words_of("evil");
	assert_int_equal(words->n, 0);
	free(words);
}

static void of_too_many_what_they_share_is_the_word(void **state)
{
	(void)state;
	struct path_words *words = words_of("many/f");
	assert_int_equal(words->n, 1);
	assert_word(words, 0, "many/file-0");
	free(words);
}

static void what_is_not_there_has_no_words(void **state)
{
	(void)state;
	struct path_words *words = words_of("none/at/all");
	assert_int_equal(words->n, 0);
	free(words);
}

/* --- on the line ---------------------------------------------------------------------------- */

static const char *no_word(const void *arg, enum command command, size_t i)
{
	(void)arg, (void)command, (void)i;
	return NULL;
}

static void tab_goes_on_as_far_as_files_agree(void **state)
{
	(void)state;
	static const struct {
		const char *line, *typed, *becomes;
	} table[] = {
		{"save ", "rep", "report"},         {"save ", "report.t", "report.txt"},
		{"save! ", "gr", "größ"},           {"open ", "größe", "größe-"},
		{"open ", "many/f", "many/file-0"}, {"save ", "reports", "reports/"},
	};
	struct path_words words;
	const struct command_names names = {COMMAND_LIVE, no_word, NULL, &words};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char path[256], line[PROMPT_TEXT_MAX];
		struct prompt prompt = {0};
		words.n = 0;
		snprintf(line, sizeof line, "%s%.200s", table[i].line,
		         path_of(path, sizeof path, table[i].typed));
		prompt_open(&prompt, ':', line);
		command_line_complete(&names, &prompt);
		snprintf(line, sizeof line, "%s%.200s", table[i].line,
		         path_of(path, sizeof path, table[i].becomes));
		assert_string_equal(prompt.text, line);
		assert_int_equal(prompt.cursor, strlen(line));
	}
}

static void the_hint_names_files_without_their_way(void **state)
{
	(void)state;
	char path[256], line[PROMPT_TEXT_MAX], hint[160];
	struct path_words words = {0};
	struct prompt prompt = {0};
	const struct command_names names = {COMMAND_LIVE, no_word, NULL, &words};
	snprintf(line, sizeof line, "save %.200s", path_of(path, sizeof path, "rep"));
	command_line_hint(&names, line, hint, sizeof hint);
	assert_non_null(strstr(hint, "FILE")); /* to draw it reads no directory */
	prompt_open(&prompt, ':', line);
	command_line_complete(&names, &prompt);
	command_line_hint(&names, prompt.text, hint, sizeof hint);
	assert_string_equal(hint, "report.csv  report.txt  reports/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_begin_so_come_in_order_and_directories_end_in_a_slash),
		cmocka_unit_test(hidden_names_are_asked_for_by_their_dot),
		cmocka_unit_test(names_that_can_not_be_typed_are_left_out),
		cmocka_unit_test(of_too_many_what_they_share_is_the_word),
		cmocka_unit_test(what_is_not_there_has_no_words),
		cmocka_unit_test(tab_goes_on_as_far_as_files_agree),
		cmocka_unit_test(the_hint_names_files_without_their_way),
	};
	return cmocka_run_group_tests_name("path_words", tests, make_directory, remove_directory);
}
