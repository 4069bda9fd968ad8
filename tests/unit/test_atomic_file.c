#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/atomic_file.h"

struct place {
	char path[64];
};

static int make_place(void **state)
{
	static struct place place;
	strcpy(place.path, "/tmp/schedtop-atomic-XXXXXX");
	*state = &place;
	return mkdtemp(place.path) ? 0 : -1;
}

static void path_in(const struct place *p, const char *name, char to[128])
{
	snprintf(to, 128, "%s/%s", p->path, name);
}

/* Calls `each` (may be NULL) for every entry and returns how many there are. */
static int entries(const struct place *p, void (*each)(const char *path))
{
	DIR *dir = opendir(p->path);
	int n = 0;
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		char path[512];
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		snprintf(path, sizeof path, "%s/%s", p->path, e->d_name);
		if (each)
			each(path);
	}
	closedir(dir);
	return n;
}

static void remove_entry(const char *path)
{
	unlink(path);
}

static int remove_place(void **state)
{
	struct place *p = *state;
	entries(p, remove_entry);
	return rmdir(p->path);
}

static void put(const struct place *p, const char *name, const char *text)
{
	char path[128];
	path_in(p, name, path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_holds(const struct place *p, const char *name, const char *text)
{
	char path[128], found[64] = "";
	path_in(p, name, path);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	(void)!fread(found, 1, sizeof found - 1, file);
	fclose(file);
	assert_string_equal(found, text);
}

static void a_file_is_there_only_after_commit(void **state)
{
	struct place *p = *state;
	struct atomic_file f;
	char path[128];
	path_in(p, "a", path);
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	assert_int_equal(atomic_file_write(&f, "hello", 5, NULL), STATUS_OK);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(atomic_file_commit(&f, "a", false, NULL, NULL), STATUS_OK);
	atomic_file_finish(&f);
	atomic_file_finish(&f);
	assert_holds(p, "a", "hello");
	assert_int_equal(entries(p, NULL), 1);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void what_is_given_up_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct atomic_file f;
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	assert_int_equal(atomic_file_write(&f, "hello", 5, NULL), STATUS_OK);
	atomic_file_finish(&f);
	assert_int_equal(entries(p, NULL), 0);
}

static void a_taken_name_is_kept_unless_it_may_be_replaced(void **state)
{
	struct place *p = *state;
	struct atomic_file f;
	struct error error = {0};
	bool taken = false;
	put(p, "a", "old");
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	assert_int_equal(atomic_file_write(&f, "new", 3, NULL), STATUS_OK);
	assert_int_equal(atomic_file_commit(&f, "a", false, &taken, &error), STATUS_FAILED);
	assert_true(taken);
	assert_true(error.text[0]);
	assert_holds(p, "a", "old");
	/* The bytes are still ours to name. */
	assert_int_equal(atomic_file_commit(&f, "b", false, &taken, NULL), STATUS_OK);
	assert_false(taken);
	atomic_file_finish(&f);
	assert_holds(p, "b", "new");

	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	assert_int_equal(atomic_file_write(&f, "newest", 6, NULL), STATUS_OK);
	assert_int_equal(atomic_file_commit(&f, "a", true, NULL, NULL), STATUS_OK);
	atomic_file_finish(&f);
	assert_holds(p, "a", "newest");
	assert_int_equal(entries(p, NULL), 2);
}

/* The link stays a link, whether its goal is there already or not. */
static void goal_of_a_link_is_written(void **state)
{
	struct place *p = *state;
	char link[128], second[128];
	path_in(p, "link", link);
	path_in(p, "second", second);
	assert_int_equal(symlink(second, link), 0);
	assert_int_equal(symlink("goal", second), 0);
	for (int i = 0; i < 2; i++) {
		struct atomic_file f;
		char *real = NULL;
		assert_int_equal(atomic_file_open_path(&f, link, 0600, &real, NULL), STATUS_OK);
		assert_int_equal(atomic_file_write(&f, "new", 3, NULL), STATUS_OK);
		assert_int_equal(atomic_file_commit(&f, atomic_file_name(real), true, NULL, NULL),
		                 STATUS_OK);
		atomic_file_finish(&f);
		free(real);
		struct stat st;
		assert_int_equal(lstat(link, &st), 0);
		assert_true(S_ISLNK(st.st_mode));
		assert_holds(p, "goal", "new");
	}
	assert_int_equal(entries(p, NULL), 3);
}

static void links_in_a_circle_are_one_sentence(void **state)
{
	struct place *p = *state;
	struct atomic_file f;
	struct error error = {0};
	char link[128], *real = NULL;
	path_in(p, "link", link);
	assert_int_equal(symlink("link", link), 0);
	assert_int_equal(atomic_file_open_path(&f, link, 0600, &real, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "circle"));
}

static void a_full_disk_is_one_sentence_and_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct atomic_file f;
	struct error error = {0};
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	/* A disk that is always full, under our temporary's descriptor. */
	int full = open("/dev/full", O_WRONLY);
	assert_true(full >= 0);
	assert_true(dup2(full, f.fd) >= 0);
	close(full);
	assert_int_equal(atomic_file_write(&f, "hello", 5, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "no space is left"));
	assert_non_null(strstr(error.text, p->path));
	atomic_file_finish(&f);
	assert_int_equal(entries(p, NULL), 0);
}

static void a_missing_directory_is_one_sentence(void **state)
{
	(void)state;
	struct atomic_file f;
	struct error error = {0};
	assert_int_equal(atomic_file_open(&f, "/nonexistent/\033[31m", 0600, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "/nonexistent/?[31m"));
	atomic_file_finish(&f);
}

static void age(const char *path)
{
	struct timespec long_ago[2] = {{.tv_sec = time(NULL) - 3600}, {.tv_sec = time(NULL) - 3600}};
	assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
}

static void from_the_future(const char *path)
{
	struct timespec later[2] = {{.tv_sec = time(NULL) + 9999}, {.tv_sec = time(NULL) + 9999}};
	assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0);
}

/* A writer that dies in the middle of its work. */
static void crash(const struct place *p)
{
	pid_t child = fork();
	if (child == 0) {
		struct atomic_file f;
		_exit(atomic_file_open(&f, p->path, 0600, NULL) != STATUS_OK ||
		      atomic_file_write(&f, "half", 4, NULL) != STATUS_OK);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void what_a_crash_left_is_swept_when_it_is_old(void **state)
{
	struct place *p = *state;
	struct atomic_file f;
	crash(p);
	assert_int_equal(entries(p, NULL), 1);
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	atomic_file_finish(&f);
	assert_int_equal(entries(p, NULL), 1); /* a moment old: it may be somebody's */
	assert_int_equal(entries(p, age), 1);
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	atomic_file_finish(&f);
	assert_int_equal(entries(p, NULL), 0);
	crash(p);
	assert_int_equal(entries(p, from_the_future), 1);
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	atomic_file_finish(&f);
	assert_int_equal(entries(p, NULL), 0);
}

static void the_temporary_of_a_living_writer_is_not_swept(void **state)
{
	struct place *p = *state;
	struct atomic_file living, other;
	assert_int_equal(atomic_file_open(&living, p->path, 0600, NULL), STATUS_OK);
	assert_int_equal(entries(p, age), 1);
	assert_int_equal(atomic_file_open(&other, p->path, 0600, NULL), STATUS_OK);
	atomic_file_finish(&other);
	assert_int_equal(atomic_file_write(&living, "whole", 5, NULL), STATUS_OK);
	assert_int_equal(atomic_file_commit(&living, "a", false, NULL, NULL), STATUS_OK);
	atomic_file_finish(&living);
	assert_holds(p, "a", "whole");
}

static void files_of_others_are_not_swept(void **state)
{
	struct place *p = *state;
	struct atomic_file f;
	static const char *const names[] = {".schedtop-0123456789abcde.tmp", "a.tmp", ".schedtop-.tmp",
	                                    ".schedtop-0123456789abcdeg.tmp",
	                                    ".schedtop-0123456789abcdef.tmp~"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		put(p, names[i], "x");
	entries(p, age);
	assert_int_equal(atomic_file_open(&f, p->path, 0600, NULL), STATUS_OK);
	atomic_file_finish(&f);
	assert_int_equal(entries(p, NULL), sizeof names / sizeof *names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_there_only_after_commit),
		TEST(what_is_given_up_leaves_nothing),
		TEST(a_taken_name_is_kept_unless_it_may_be_replaced),
		TEST(goal_of_a_link_is_written),
		TEST(links_in_a_circle_are_one_sentence),
		TEST(a_full_disk_is_one_sentence_and_leaves_nothing),
		TEST(a_missing_directory_is_one_sentence),
		TEST(what_a_crash_left_is_swept_when_it_is_old),
		TEST(the_temporary_of_a_living_writer_is_not_swept),
		TEST(files_of_others_are_not_swept),
	};
	return cmocka_run_group_tests_name("atomic_file", tests, NULL, NULL);
}
