#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "util/ini_edit.h"

#include <stdlib.h>

static void assert_edited(const char *text, const char *section, const char *name,
                          const char *value, const char *expected)
{
	char *edited = ini_edit(text, section, name, value);
	assert_non_null(edited);
	assert_string_equal(edited, expected);
	free(edited);
}

static void a_value_is_replaced_and_the_comment_behind_it_stays(void **state)
{
	(void)state;
	assert_edited("delay = 1s\n", "", "delay", "2s", "delay = 2s\n");
	assert_edited("  delay=1s ; fast\nx=1\n", "", "delay", "2s", "  delay=2s ; fast\nx=1\n");
	assert_edited("delay : 1s", "", "delay", "2s", "delay : 2s");
	assert_edited("delay =\n", "", "delay", "2s", "delay =2s\n");
	assert_edited("a = x;y\n", "", "a", "z", "a = z\n");
	assert_edited("a =;x\n", "", "a", "z", "a =z\n");
	assert_edited("a = ;x\n", "", "a", "z", "a = z ;x\n");
	assert_edited("a = b  ;x\r\n", "", "a", "z", "a = z  ;x\r\n");
	assert_edited("\va\f= b\n", "", "a", "z", "\va\f= z\n");
	assert_edited("\xef\xbb\xbf"
	              "a = 1\n",
	              "", "a", "2",
	              "\xef\xbb\xbf"
	              "a = 2\n");
	/* Of several the last one counts. */
	assert_edited("a = 1\na = 2\n", "", "a", "3", "a = 1\na = 3\n");
	/* What is a comment, begins alike or stands in another section is something else. */
	assert_edited("; a = 1\n#a = 1\nab = 1\n[s]\na = 1\n", "", "a", "2",
	              "; a = 1\n#a = 1\nab = 1\na = 2\n[s]\na = 1\n");
}

static void what_is_not_there_is_added_to_its_section(void **state)
{
	(void)state;
	assert_edited("", "", "a", "1", "a = 1\n");
	assert_edited("b = 2", "", "a", "1", "b = 2\na = 1\n");
	assert_edited("[s]\nb = 2\n", "", "a", "1", "a = 1\n[s]\nb = 2\n");
	assert_edited("b = 2\n\n[s]\n", "", "a", "1", "b = 2\na = 1\n\n[s]\n");
	assert_edited("[s]\nb = 2\n\n[t]\n", "s", "a", "1", "[s]\nb = 2\na = 1\n\n[t]\n");
	assert_edited("b = 2\n", "s", "a", "1", "b = 2\n\n[s]\na = 1\n");
	assert_edited("b = 2", "s", "a", "1", "b = 2\n\n[s]\na = 1\n");
	assert_edited("[st]\n", "s", "a", "1", "[st]\n\n[s]\na = 1\n");
	/* A heading that is none to the reader ends no section. */
	assert_edited("[st\na = 1\n", "", "a", "2", "[st\na = 2\n");
	assert_edited("[st ;]\na = 1\n", "", "a", "2", "[st ;]\na = 2\n");
	assert_edited("[s] ; [t]\na = 1\n", "s", "a", "2", "[s] ; [t]\na = 2\n");
}

static void what_is_taken_out_leaves_all_else_to_the_byte(void **state)
{
	(void)state;
	assert_edited("; c\n\na = 1\n\tb: what?\r\n[s]\na = 2\n", "", "a", NULL,
	              "; c\n\n\tb: what?\r\n[s]\na = 2\n");
	assert_edited("a = 1\na = 2", "", "a", NULL, "");
	assert_edited("[x\n= = =\n\xff\n", "", "a", NULL, "[x\n= = =\n\xff\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_replaced_and_the_comment_behind_it_stays),
		cmocka_unit_test(what_is_not_there_is_added_to_its_section),
		cmocka_unit_test(what_is_taken_out_leaves_all_else_to_the_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
