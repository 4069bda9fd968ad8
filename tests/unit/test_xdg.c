#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/xdg.h"

static void the_environment_says_where_files_belong(void **state)
{
	(void)state;
	char path[256];
	setenv("HOME", "/home/u", 1);
	setenv("XDG_DATA_HOME", "/data", 1);
	unsetenv("XDG_CONFIG_HOME");
	assert_int_equal(xdg_path(XDG_DATA, "schedtop/traces", path, sizeof path, NULL), STATUS_OK);
	assert_string_equal(path, "/data/schedtop/traces");
	assert_int_equal(xdg_path(XDG_CONFIG, "schedtop", path, sizeof path, NULL), STATUS_OK);
	assert_string_equal(path, "/home/u/.config/schedtop");
	/* "If an implementation encounters a relative path it should ignore it." */
	setenv("XDG_DATA_HOME", "data", 1);
	assert_int_equal(xdg_path(XDG_DATA, "schedtop", path, sizeof path, NULL), STATUS_OK);
	assert_string_equal(path, "/home/u/.local/share/schedtop");
	setenv("XDG_DATA_HOME", "", 1);
	assert_int_equal(xdg_path(XDG_DATA, "schedtop", path, sizeof path, NULL), STATUS_OK);
	assert_string_equal(path, "/home/u/.local/share/schedtop");
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	char path[16];
	struct error error = {0};
	setenv("XDG_DATA_HOME", "/a/rather/long/way", 1);
	assert_int_equal(xdg_path(XDG_DATA, "schedtop", path, sizeof path, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "XDG_DATA_HOME"));
}

static void missing_directories_are_made_for_this_user_alone(void **state)
{
	(void)state;
	char top[] = "/tmp/schedtop-xdg-XXXXXX", deep[64], between[64];
	struct stat st;
	assert_non_null(mkdtemp(top));
	snprintf(between, sizeof between, "%s/a", top);
	snprintf(deep, sizeof deep, "%s/a//b/", top);
	assert_int_equal(xdg_make_directory(deep, NULL), STATUS_OK);
	assert_int_equal(xdg_make_directory(deep, NULL), STATUS_OK);
	assert_int_equal(stat(deep, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(rmdir(deep) | rmdir(between) | rmdir(top), 0);
}

static void what_can_not_be_a_directory_is_one_sentence(void **state)
{
	(void)state;
	static const char *const bad[] = {"/dev/null", "/dev/null/below", "/proc/none/below", ""};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error error = {0};
		assert_int_not_equal(xdg_make_directory(bad[i], &error), STATUS_OK);
		assert_non_null(strstr(error.text, "can't be made"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_says_where_files_belong),
		cmocka_unit_test(a_path_that_does_not_fit_is_refused),
		cmocka_unit_test(missing_directories_are_made_for_this_user_alone),
		cmocka_unit_test(what_can_not_be_a_directory_is_one_sentence),
	};
	return cmocka_run_group_tests_name("xdg", tests, NULL, NULL);
}
