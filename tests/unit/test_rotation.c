/* Files that follow each other in a directory: their names, how long they are kept, and who may
   write there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/recorder.h"
#include "collect/recording.h"
#include "collect/rotation.h"
#include "collect/text_log.h"
#include "tests/unit/metrics_fixture.h"

#define WALL_NS (INT64_C(1760000000) * NS_PER_S)
#define HOUR    INT64_C(3600)

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/schedtop-rotation-XXXXXX");
	return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
	(void)state;
	char path[512];
	DIR *dir = opendir(directory);
	for (struct dirent *e; dir && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
			snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
			unlink(path);
		}
	closedir(dir);
	return rmdir(directory);
}

static void touch(const char *name, size_t bytes)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), (off_t)bytes), 0);
	fclose(file);
}

static bool is_there(const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return access(path, F_OK) == 0;
}

static struct snapshot *snapshot_of(int64_t second, pid_t pid)
{
	struct snapshot *s = make_full_snapshot(second, 1, 2);
	s->wall_ns = s->monotonic_ns + WALL_NS;
	s->pid = pid;
	s->interval_ns = NS_PER_S;
	s->sched.valid &= ~(UINT64_C(1) << SCHED_TRACE_MS); /* it prints no such lines itself */
	return s;
}

static void only_what_bears_our_names_is_ever_deleted(void **state)
{
	(void)state;
	static const char *const others[] = {
		"a-1-20240101T000000Z.ndjson",
		"a-1-20240101T000000Z.ndjson.zst.bak",
		"a-x-20240101T000000Z.ndjson.zst",
		"a-1-20240101T00000Z.ndjson.zst",
		"-1-20240101T000000Z.ndjson.zst",
		".a-1-20240101T000000Z.ndjson.zst",
		"a b-1-20240101T000000Z.ndjson.zst",
		"a-1-20240101T000000Z.schedtrace.log",
		"notes.zst",
	};
	static const char *const ours[] = {
		"a-1-20240101T000000Z.ndjson.zst",
		"my-prog-77-20240101T000001Z-2.ndjson.zst",
		"a-1-20240101T000002Z.ndjson.zst",
	};
	struct rotation *r;
	int fd;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		touch(others[i], 1000);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		touch(ours[i], 1000);
	const struct rotation_limits limits = {2, 1 << 20};
	assert_int_equal(rotation_create(&r, directory, ROTATION_RECORDING, &limits, NULL), STATUS_OK);
	assert_int_equal(rotation_next(r, "../../etc; x", 5, WALL_NS, &fd, NULL), STATUS_OK);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_true(is_there(others[i]));
	assert_false(is_there(ours[0]));
	assert_false(is_there(ours[1]));
	assert_true(is_there(ours[2]));
	assert_true(is_there("_._.._etc__x-5-20251009T085320Z.ndjson.zst"));
	rotation_destroy(r);
}

static void the_newest_are_kept_by_number_and_by_bytes(void **state)
{
	(void)state;
	struct rotation *r;
	int fd;
	const struct rotation_limits limits = {10, 8000};
	assert_int_equal(rotation_create(&r, directory, ROTATION_RECORDING, &limits, NULL), STATUS_OK);
	for (int i = 0; i < 20; i++) {
		int64_t wall_ns = WALL_NS + i * HOUR * NS_PER_S;
		assert_true(rotation_is_due(r, 5, wall_ns, 0));
		assert_int_equal(rotation_next(r, "a", 5, wall_ns, &fd, NULL), STATUS_OK);
		assert_false(rotation_is_due(r, 5, wall_ns + HOUR * NS_PER_S - 1, 999));
		assert_true(rotation_is_due(r, 5, wall_ns + NS_PER_S, 1000));
		assert_true(rotation_is_due(r, 6, wall_ns + NS_PER_S, 0));
		assert_true(rotation_is_due(r, 5, wall_ns - NS_PER_S, 0));
		assert_int_equal(ftruncate(fd, 1000), 0);
	}
	char **name;
	size_t n;
	assert_int_equal(rotation_list(directory, ROTATION_RECORDING, &name, &n, NULL), STATUS_OK);
	/* 7 of 1,000 bytes and room for the one that is written. */
	assert_int_equal(n, 8);
	for (size_t i = 1; i < n; i++)
		assert_true(strcmp(name[i - 1], name[i]) < 0);
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
	rotation_destroy(r);
}

/* Made while the clock was wrong: else all that is recorded from now on would go before it. */
static void what_is_from_the_future_goes_first(void **state)
{
	(void)state;
	struct rotation *r;
	int fd;
	const struct rotation_limits limits = {4, 1 << 20};
	touch("a-1-20990101T000000Z.ndjson.zst", 10);
	touch("a-1-20990102T000000Z.ndjson.zst", 10);
	touch("a-1-20250101T000000Z.ndjson.zst", 10);
	assert_int_equal(rotation_create(&r, directory, ROTATION_RECORDING, &limits, NULL), STATUS_OK);
	assert_int_equal(rotation_next(r, "a", 5, WALL_NS, &fd, NULL), STATUS_OK);
	assert_true(is_there("a-1-20990101T000000Z.ndjson.zst"));
	assert_int_equal(rotation_next(r, "a", 5, WALL_NS + HOUR * NS_PER_S, &fd, NULL), STATUS_OK);
	assert_false(is_there("a-1-20990101T000000Z.ndjson.zst"));
	assert_true(is_there("a-1-20990102T000000Z.ndjson.zst"));
	assert_int_equal(rotation_next(r, "a", 5, WALL_NS + 2 * HOUR * NS_PER_S, &fd, NULL), STATUS_OK);
	assert_false(is_there("a-1-20990102T000000Z.ndjson.zst"));
	assert_true(is_there("a-1-20250101T000000Z.ndjson.zst"));
	assert_true(is_there("a-5-20251009T085320Z.ndjson.zst"));
	rotation_destroy(r);
}

/* Names that nobody made by a clock, in a directory that others may write to. */
static void moments_beyond_all_clocks_are_in_the_future(void **state)
{
	(void)state;
	struct rotation *r;
	char **name;
	size_t n;
	int fd;
	const struct rotation_limits limits = {2, 1 << 20};
	static const char *const far[] = {
		"a-1-22000101T000000Z.ndjson.zst",
		"a-1-22620101T000000Z-99999999999999999999.ndjson.zst",
		"a-1-99991231T235959Z.ndjson.zst",
	};
	for (size_t i = 0; i < 3; i++)
		touch(far[i], 10);
	touch("a-1-20250101T000000Z.ndjson.zst", 10);
	assert_int_equal(rotation_list(directory, ROTATION_RECORDING, &name, &n, NULL), STATUS_OK);
	assert_int_equal(n, 4);
	assert_non_null(strstr(name[0], "2025"));
	assert_non_null(strstr(name[1], "2200"));
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
	assert_int_equal(rotation_create(&r, directory, ROTATION_RECORDING, &limits, NULL), STATUS_OK);
	assert_int_equal(rotation_next(r, "a", 5, WALL_NS, &fd, NULL), STATUS_OK);
	assert_true(is_there("a-1-20250101T000000Z.ndjson.zst"));
	for (size_t i = 0; i < 3; i++)
		assert_false(is_there(far[i]));
	rotation_destroy(r);
}

static void one_second_makes_two_names(void **state)
{
	(void)state;
	struct rotation *r;
	int fd;
	assert_int_equal(rotation_create(&r, directory, ROTATION_LOG, NULL, NULL), STATUS_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rotation_next(r, "a", 5, WALL_NS, &fd, NULL), STATUS_OK);
	assert_true(is_there("a-5-20251009T085320Z.schedtrace.log"));
	assert_true(is_there("a-5-20251009T085320Z-2.schedtrace.log"));
	assert_true(is_there("a-5-20251009T085320Z-3.schedtrace.log"));
	char **name;
	size_t n;
	assert_int_equal(rotation_list(directory, ROTATION_LOG, &name, &n, NULL), STATUS_OK);
	assert_int_equal(n, 3);
	assert_non_null(strstr(name[0], "Z.schedtrace.log"));
	assert_non_null(strstr(name[1], "Z-2.schedtrace.log"));
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
	rotation_destroy(r);
}

static void a_second_writer_is_refused_until_the_first_is_gone(void **state)
{
	(void)state;
	struct rotation *r, *second, *log;
	struct error error = {0};
	char pid[32];
	assert_int_equal(rotation_create(&r, directory, ROTATION_RECORDING, NULL, NULL), STATUS_OK);
	assert_int_equal(rotation_create(&second, directory, ROTATION_RECORDING, NULL, &error),
	                 STATUS_FAILED);
	snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	assert_non_null(strstr(error.text, pid));
	/* Logs and recordings do not get into each other's way. */
	assert_int_equal(rotation_create(&log, directory, ROTATION_LOG, NULL, NULL), STATUS_OK);
	rotation_destroy(r);
	assert_int_equal(rotation_create(&second, directory, ROTATION_RECORDING, NULL, NULL),
	                 STATUS_OK);
	rotation_destroy(second);
	rotation_destroy(log);
}

/* Files follow each other without a gap, and are played as one recording. */
static void a_directory_is_played_in_the_order_of_its_files(void **state)
{
	(void)state;
	struct recorder *r;
	struct recording *recording;
	struct line_times first, last;
	struct snapshot *s;
	assert_int_equal(recorder_create(&r, directory, NULL, NULL), STATUS_OK);
	for (int64_t i = 0; i < 200; i++) {
		s = snapshot_of(1 + i * HOUR / 50, 5); /* four hours */
		assert_int_equal(recorder_add(r, s, NULL), STATUS_OK);
		snapshot_unref(s);
	}
	assert_int_equal(recorder_destroy(r, NULL), STATUS_OK);
	char **name;
	size_t n;
	assert_int_equal(rotation_list(directory, ROTATION_RECORDING, &name, &n, NULL), STATUS_OK);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
	assert_int_equal(recording_open(&recording, directory, NULL), STATUS_OK);
	for (int pass = 0; pass < 2; pass++) {
		for (int64_t i = pass ? 150 : 0; i < 200; i++) {
			assert_int_equal(recording_next(recording, &s, NULL), STATUS_OK);
			assert_int_equal(s->monotonic_ns, (1 + i * HOUR / 50) * NS_PER_S);
			snapshot_unref(s);
		}
		assert_int_equal(recording_next(recording, &s, NULL), STATUS_OK);
		assert_null(s);
		if (pass)
			break;
		/* At the end there is a way back. */
		assert_true(recording_ends(recording, &first, &last));
		assert_int_equal(first.monotonic_ns, NS_PER_S);
		assert_int_equal(last.monotonic_ns, (1 + 199 * HOUR / 50) * NS_PER_S);
		assert_int_equal(recording_seek(recording, WALL_NS + (2 + 150 * HOUR / 50) * NS_PER_S,
		                                NULL),
		                 STATUS_OK);
	}
	recording_close(recording);
}

static void a_directory_without_recordings_is_named(void **state)
{
	(void)state;
	struct recording *r;
	struct error error = {0};
	assert_int_equal(recording_open(&r, directory, &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "there are no recordings in"));
	assert_non_null(strstr(error.text, directory));
}

/* Each file of a log says what it is of and when 0 ms was. */
static void a_log_begins_with_when_and_of_what(void **state)
{
	(void)state;
	struct text_log *log;
	char line[512], path[512];
	assert_int_equal(text_log_create(&log, directory, false, NULL, NULL), STATUS_OK);
	for (int64_t i = 1; i <= 3; i++) {
		struct snapshot *s = snapshot_of(i, 77);
		assert_int_equal(text_log_add(log, s, NULL), STATUS_OK);
		snapshot_unref(s);
	}
	assert_int_equal(text_log_destroy(log, NULL), STATUS_OK);
	char **name;
	size_t n, lines = 0;
	assert_int_equal(rotation_list(directory, ROTATION_LOG, &name, &n, NULL), STATUS_OK);
	assert_int_equal(n, 1);
	snprintf(path, sizeof path, "%s", name[0]);
	free(name[0]);
	free(name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	assert_non_null(strstr(line, "orders-api"));
	assert_non_null(strstr(line, "0ms is 2025-10-09T08:53:21."));
	while (fgets(line, sizeof line, file)) {
		char expected[32];
		snprintf(expected, sizeof expected, "SCHED %zums:", lines * 1000);
		if (strncmp(line, expected, strlen(expected)) != 0)
			fail_msg("%s: %s", expected, line);
		lines++;
	}
	assert_int_equal(lines, 3);
	fclose(file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(only_what_bears_our_names_is_ever_deleted),
		TEST(the_newest_are_kept_by_number_and_by_bytes),
		TEST(what_is_from_the_future_goes_first),
		TEST(moments_beyond_all_clocks_are_in_the_future),
		TEST(one_second_makes_two_names),
		TEST(a_second_writer_is_refused_until_the_first_is_gone),
		TEST(a_directory_is_played_in_the_order_of_its_files),
		TEST(a_directory_without_recordings_is_named),
		TEST(a_log_begins_with_when_and_of_what),
	};
	return cmocka_run_group_tests_name("rotation", tests, NULL, NULL);
}
