#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collect/trace_store.h"
#include "util/clock.h"

#define AT (INT64_C(1795273513) * NS_PER_S) /* 2026-11-21 15:05:13 UTC */

static void name_of(char *to, const char *program, pid_t pid, int64_t wall_ns, const char *version,
                    int attempt)
{
	const struct stored_name name = {.kind = CAPTURE_KIND_TRACE,
	                                 .program = program,
	                                 .go_version = version,
	                                 .pid = pid,
	                                 .wall_ns = wall_ns};
	trace_store_name(to, &name, attempt);
}

static void a_name_says_what_when_and_for_which_go(void **state)
{
	(void)state;
	char name[TRACE_NAME_MAX];
	setenv("TZ", "Pacific/Kiritimati", 1);
	tzset();
	name_of(name, "orders-api", 4321, AT, "go1.26", 0);
	assert_string_equal(name, "orders-api-4321-20261121T150513Z-go1.26.trace");
	assert_true(trace_store_has_made(name));
}

static void a_program_s_name_is_made_safe(void **state)
{
	(void)state;
	static const struct {
		const char *program, *begins;
	} rows[] = {
		{"../../etc/passwd", "_./../etc/passwd"},
		{"-rf", "_rf"},
		{".hidden", "_hidden"},
		{"a b;c$(d)\n\033[31m", "a_b_c__d____31m"},
		{"\xc3\xa9t\xc3\xa9", "__t__"},
		{"", "_"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char name[TRACE_NAME_MAX], want[TRACE_NAME_MAX];
		name_of(name, rows[i].program, 1, AT, "go1.21", 0);
		snprintf(want, sizeof want, "%s-1-20261121T150513Z-go1.21.trace", rows[i].begins);
		for (char *c = want; *c; c++)
			if (*c == '/')
				*c = '_';
		assert_string_equal(name, want);
		assert_true(trace_store_has_made(name));
		assert_null(strchr(name, '/'));
	}
	char longest[300], name[TRACE_NAME_MAX];
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	name_of(name, longest, 2147483647, AT, "go1.26", 98);
	assert_true(trace_store_has_made(name));
}

static void who_has_no_pid_is_called_by_where_it_answers(void **state)
{
	(void)state;
	static const struct {
		const char *where, *place;
	} rows[] = {
		{"http://api.example.org:6060", "api.example.org_6060"},
		{"https://my-host/prefix", "my_host_443"},
		{"http://10.0.0.1/debug/pprof:x", "10.0.0.1_80"},
		{"http://[::1]:6060", "___1__6060"},
		{"http://[::1]", "___1__80"},
		{"unix:///run/my-api.sock:/debug", "unix_my_api.sock"},
		{"standard input", "text_standard_input"},
		{"/var/log/../\033[31m", "text___31m"},
		{"http://", "_80"},
		{"http://a-very-long-name-of-a-host-somewhere.in.the.example.org:6060",
	     "_host_somewhere.in.the.example.org_6060"},
		{"", "0"},
		{NULL, "0"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char name[TRACE_NAME_MAX], want[TRACE_NAME_MAX];
		const struct stored_name about = {.kind = CAPTURE_KIND_TRACE,
		                                  .program = "api",
		                                  .go_version = "",
		                                  .where = rows[i].where,
		                                  .wall_ns = AT};
		trace_store_name(name, &about, 0);
		snprintf(want, sizeof want, "api-%s-20261121T150513Z-go0.trace", rows[i].place);
		assert_string_equal(name, want);
		assert_true(trace_store_has_made(name));
	}
}

/* The same second comes twice when the clock is set back. */
static void a_clock_that_jumps_makes_no_two_equal_names(void **state)
{
	(void)state;
	char first[TRACE_NAME_MAX], second[TRACE_NAME_MAX];
	name_of(first, "a", 1, AT, "go1.26", 0);
	name_of(second, "a", 1, AT, "go1.26", 1);
	assert_string_equal(second, "a-1-20261121T150513Z-2-go1.26.trace");
	assert_true(trace_store_has_made(second));
	static const int64_t odd[] = {0, -1, INT64_MIN, INT64_MAX};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		name_of(first, "a", 1, odd[i], "go1.26", 0);
		assert_true(trace_store_has_made(first));
	}
}

static void other_names_are_not_ours(void **state)
{
	(void)state;
	static const char *const names[] = {
		"api.trace",
		"a-host-20261121T150513Z-go1.26.trace",
		"a-1-20261121T150513Z-go1.26.trace.gz",
		"a-1-20261121T150513Z-go1.26.trace~",
		"a-1-20261121T150513Z-go1.26-mine.trace",
		"a-1-20261121T150513-go1.26.trace",
		"a-1-2026112T150513Z-go1.26.trace",
		"a-x-20261121T150513Z-go1.26.trace",
		"a-1-20261121T150513Z-go1..trace",
		"a-1-20261121T150513Z--go1.26.trace",
		"a-1-20261121T150513Z-x-go1.26.trace",
		"-1-20261121T150513Z-go1.26.trace",
		".a-1-20261121T150513Z-go1.26.trace",
		"a b-1-20261121T150513Z-go1.26.trace",
		"",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (trace_store_has_made(names[i]))
			fail_msg("'%s' would be taken for ours", names[i]);
}

static void a_header_names_the_go_that_reads_it(void **state)
{
	(void)state;
	static const struct {
		const char header[TRACE_HEADER_SIZE + 1], *version;
	} rows[] = {
		{"go 1.26 trace\0\0\0", "go1.26"}, {"go 1.21 trace\0\0\0", "go1.21"},
		{"go 1.9 trace\0\0\0\0", "go1.9"}, {"go 1.26 trace\0\0x", NULL},
		{"go 1.26 tracing\0", NULL},       {"go 1.126 trace\0\0", NULL},
		{"go 2.26 trace\0\0\0", NULL},     {"go 1. trace\0\0\0\0\0", NULL},
		{"HTTP/1.1 200 OK\r", NULL},       {"", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char version[16] = "";
		bool good =
			trace_store_version((const unsigned char *)rows[i].header, version, sizeof version);
		assert_int_equal(good, rows[i].version != NULL);
		if (good)
			assert_string_equal(version, rows[i].version);
	}
}

/* --- keeping --------------------------------------------------------------------------------- */

struct store {
	char path[64];
	int fd;
};

static int make_store(void **state)
{
	static struct store store;
	strcpy(store.path, "/tmp/schedtop-store-XXXXXX");
	*state = &store;
	if (!mkdtemp(store.path))
		return -1;
	store.fd = open(store.path, O_RDONLY | O_DIRECTORY);
	return store.fd >= 0 ? 0 : -1;
}

static int remove_store(void **state)
{
	struct store *s = *state;
	DIR *dir = fdopendir(s->fd);
	for (struct dirent *e; (e = readdir(dir));)
		unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	return rmdir(s->path);
}

/* A file of so many bytes, last changed so many seconds ago. */
static void put(const struct store *s, const char *name, long bytes, long age_s)
{
	int fd = openat(s->fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	struct timespec at[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
	assert_int_equal(futimens(fd, at), 0);
	close(fd);
}

/* The trace number i: the higher, the older. */
static const char *trace(int i)
{
	static char name[TRACE_NAME_MAX];
	name_of(name, "a", i, AT, "go1.26", 0);
	return name;
}

static bool has(const struct store *s, const char *name)
{
	return faccessat(s->fd, name, F_OK, 0) == 0;
}

static void assert_kept(const struct store *s, int first, int last, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(has(s, trace(i)), i >= first && i <= last);
}

static void the_newest_are_kept(void **state)
{
	struct store *s = *state;
	for (int i = 0; i < 25; i++)
		put(s, trace(i), 10, 10 * i);
	assert_int_equal(trace_store_prune(s->fd, 20, TRACE_KEEP_BYTES, NULL), 5);
	assert_kept(s, 0, 19, 25);
	assert_int_equal(trace_store_prune(s->fd, 20, TRACE_KEEP_BYTES, NULL), 0);
}

static void no_more_bytes_are_kept_than_asked(void **state)
{
	struct store *s = *state;
	for (int i = 0; i < 10; i++)
		put(s, trace(i), 1000, 10 * i);
	assert_int_equal(trace_store_prune(s->fd, 20, 3500, NULL), 7);
	assert_kept(s, 0, 2, 10);
}

static void the_one_just_written_is_never_deleted(void **state)
{
	struct store *s = *state;
	char spare[TRACE_NAME_MAX];
	for (int i = 0; i < 5; i++)
		put(s, trace(i), 1000, 10 * i);
	strcpy(spare, trace(4)); /* the oldest by its date, and too large by far */
	assert_int_equal(trace_store_prune(s->fd, 1, 10, spare), 4);
	assert_true(has(s, spare));
	assert_int_equal(trace_store_prune(s->fd, 1, 10, spare), 0);
	put(s, trace(0), 1000, 0);
	assert_int_equal(trace_store_prune(s->fd, 2, 5000, spare), 0);
	assert_true(has(s, spare) && has(s, trace(0)));
}

static void files_of_others_are_never_deleted(void **state)
{
	struct store *s = *state;
	static const char *const names[] = {"notes.txt", "a-1-20261121T150513Z-go1.26-mine.trace",
	                                    "my.trace"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		put(s, names[i], 100000, 100000);
	put(s, trace(0), 10, 10);
	assert_int_equal(symlinkat("notes.txt", s->fd, trace(1)), 0);
	assert_int_equal(trace_store_prune(s->fd, 0, 0, NULL), 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_true(has(s, names[i]));
	assert_true(has(s, trace(1)));
	assert_false(has(s, trace(0)));
}

static void files_from_the_future_go_first(void **state)
{
	struct store *s = *state;
	put(s, trace(0), 10, -100000);
	put(s, trace(1), 10, 10);
	put(s, trace(2), 10, 20);
	assert_int_equal(trace_store_prune(s->fd, 2, 1000, NULL), 1);
	assert_kept(s, 1, 2, 3);
	/* Also where the nanoseconds since 1970 are more than 64 bits hold. */
	put(s, trace(3), 10, -(1L << 40));
	assert_int_equal(trace_store_prune(s->fd, 2, 1000, NULL), 1);
	assert_kept(s, 1, 2, 4);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_says_what_when_and_for_which_go),
		cmocka_unit_test(a_program_s_name_is_made_safe),
		cmocka_unit_test(who_has_no_pid_is_called_by_where_it_answers),
		cmocka_unit_test(a_clock_that_jumps_makes_no_two_equal_names),
		cmocka_unit_test(other_names_are_not_ours),
		cmocka_unit_test(a_header_names_the_go_that_reads_it),
		STORE_TEST(the_newest_are_kept),
		STORE_TEST(no_more_bytes_are_kept_than_asked),
		STORE_TEST(the_one_just_written_is_never_deleted),
		STORE_TEST(files_of_others_are_never_deleted),
		STORE_TEST(files_from_the_future_go_first),
	};
	return cmocka_run_group_tests_name("trace_store", tests, NULL, NULL);
}
