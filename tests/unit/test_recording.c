#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "collect/recording.h"
#include "collect/replay.h"
#include "util/clock.h"

static char path[64];

static int make_path(void **state)
{
	(void)state;
	strcpy(path, "/tmp/schedtop-recording-XXXXXX");
	int fd = mkstemp(path);
	close(fd);
	return fd < 0;
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_line(FILE *file, int64_t monotonic_ns, int64_t interval_ns)
{
	fprintf(file,
	        "{\"schema\":1,\"monotonic_ns\":%" PRId64 ",\"wall_ns\":%" PRId64
	        ",\"interval_ns\":%" PRId64 ",\"pid\":7,\"state\":\"live\"}\n",
	        monotonic_ns, monotonic_ns + 1000 * NS_PER_S, interval_ns);
}

static struct recording *open_text(const char *text, size_t size)
{
	struct recording *r;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
	assert_int_equal(recording_open(&r, path, NULL), STATUS_OK);
	return r;
}

#define LINE(ns)                         \
	"{\"schema\":1,\"monotonic_ns\":" ns \
	",\"wall_ns\":9,\"interval_ns\":5,\"pid\":7,\"state\":\"live\"}"

static void damaged_lines_are_told_with_their_number_and_passed_over(void **state)
{
	(void)state;
	static const char text[] = LINE("10") "\n\ngarbage\n" LINE("20") "\n" LINE(
		"15") "\n"
			  "\0\n" LINE("20") "\r\n" LINE("30"); /* the last one without its newline */
	static const struct {
		int64_t ns; /* 0: damaged */
		const char *says;
	} expected[] = {
		{10, NULL},
		{0, ", line 3: it is no JSON"},
		{20, NULL},
		{0, ", line 5: it is older"},
		{0, ", line 6: it is no JSON"},
		{20, NULL},
		{30, NULL},
	};
	struct recording *r = open_text(text, sizeof text - 1);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		struct snapshot *s;
		struct error error = {0};
		enum status status = recording_next(r, &s, &error);
		assert_int_equal(status, expected[i].ns ? STATUS_OK : STATUS_DAMAGED);
		if (expected[i].ns)
			assert_int_equal(s->monotonic_ns, expected[i].ns);
		else if (!strstr(error.text, expected[i].says) || !strstr(error.text, path))
			fail_msg("'%s', not '%s'", error.text, expected[i].says);
		snapshot_unref(s);
	}
	struct snapshot *s;
	struct error error = {0};
	for (int i = 0; i < 2; i++) { /* the end stays the end */
		assert_int_equal(recording_next(r, &s, NULL), STATUS_OK);
		assert_null(s);
	}
	assert_int_equal(recording_judge(r, &error), STATUS_DAMAGED);
	assert_non_null(strstr(error.text, "3 of 8 lines"));
	assert_non_null(strstr(recording_complaint(r, 2), "line 6"));
	assert_null(recording_complaint(r, 3));
	recording_close(r);
}

static void a_line_without_end_does_not_fill_the_memory(void **state)
{
	(void)state;
	size_t size = (size_t)40 << 20;
	char *text = malloc(size);
	struct snapshot *s;
	struct error error = {0};
	memset(text, '[', size);
	memcpy(text + size - 200, "\n" LINE("10") "\n", sizeof LINE("10") + 1);
	memset(text + size - 200 + sizeof LINE("10") + 1, '\n', 200 - sizeof LINE("10") - 1);
	struct recording *r = open_text(text, size);
	free(text);
	assert_int_equal(recording_next(r, &s, &error), STATUS_DAMAGED);
	assert_non_null(strstr(error.text, "line 1: it is longer than any snapshot"));
	assert_int_equal(recording_next(r, &s, &error), STATUS_OK);
	assert_int_equal(s->monotonic_ns, 10);
	snapshot_unref(s);
	assert_int_equal(recording_next(r, &s, &error), STATUS_OK);
	assert_null(s);
	recording_close(r);
}

static void what_can_not_be_opened_is_named(void **state)
{
	(void)state;
	struct recording *r;
	struct error error = {0};
	assert_int_equal(recording_open(&r, "/nonexistent", &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "/nonexistent"));
	assert_int_equal(recording_open(&r, "/proc/self", &error), STATUS_NO_TARGET);
	assert_null(r);
	recording_close(NULL);
}

/* --- playing ---------------------------------------------------------------------------------- */

static void write_recording(const int64_t *at_ns, size_t n)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (size_t i = 0; i < n; i++)
		write_line(file, at_ns[i], 10 * NS_PER_MS);
	fclose(file);
}

static struct replay *play(struct feed *feed)
{
	struct replay *r;
	assert_int_equal(replay_create(&r, path, feed, NULL), STATUS_OK);
	assert_int_equal(replay_start(r, NULL, NULL, NULL), STATUS_OK);
	return r;
}

/* Waits for the next snapshot, and no longer than anybody would. */
static const struct snapshot *wait_for(struct feed *feed)
{
	const struct timespec moment = {.tv_nsec = 2 * NS_PER_MS};
	const struct snapshot *s = NULL;
	for (int i = 0; !s && i < 5000; i++) {
		s = feed_take(feed);
		if (!s)
			nanosleep(&moment, NULL);
	}
	assert_non_null(s);
	return s;
}

/* No snapshot is seen before its moment by the recording's clock, however late the machine is. */
static void snapshots_come_at_their_pace_with_their_clock(void **state)
{
	(void)state;
	static const int64_t at_ns[] = {500 * NS_PER_S, 500 * NS_PER_S + 60 * NS_PER_MS,
	                                500 * NS_PER_S + 150 * NS_PER_MS};
	struct feed *feed = feed_create(NULL, NULL);
	write_recording(at_ns, 3);
	int64_t began_ns = clock_monotonic_ns();
	struct replay *r = play(feed);
	for (size_t i = 0; i < 3; i++) {
		const struct snapshot *s = wait_for(feed);
		struct replay_time now = replay_time(r);
		assert_int_equal(s->monotonic_ns, at_ns[i]);
		assert_true(now.monotonic_ns >= at_ns[i]);
		assert_int_equal(now.wall_ns - now.monotonic_ns, 1000 * NS_PER_S);
		snapshot_unref(s);
	}
	assert_true(clock_monotonic_ns() - began_ns >= 140 * NS_PER_MS);
	for (int i = 0; i < 5000 && !replay_time(r).ended; i++)
		usleep(2000);
	/* It is over: the last picture stays, and its age does not grow. */
	struct replay_time last = replay_time(r);
	assert_true(last.ended);
	assert_int_equal(last.monotonic_ns, at_ns[2]);
	replay_stop(r);
	assert_int_equal(replay_judge(r, NULL), STATUS_OK);
	replay_destroy(r);
	feed_destroy(feed);
}

static void a_long_gap_is_leapt_over(void **state)
{
	(void)state;
	static const int64_t at_ns[] = {500 * NS_PER_S, 9000 * NS_PER_S};
	struct feed *feed = feed_create(NULL, NULL);
	write_recording(at_ns, 2);
	struct replay *r = play(feed);
	for (size_t i = 0; i < 2; i++) {
		const struct snapshot *s = wait_for(feed);
		assert_int_equal(s->monotonic_ns, at_ns[i]);
		snapshot_unref(s);
	}
	assert_true(replay_time(r).monotonic_ns >= at_ns[1]);
	replay_destroy(r);
	feed_destroy(feed);
}

static void stopping_waits_neither_for_the_next_snapshot_nor_for_a_pipe(void **state)
{
	(void)state;
	static const int64_t at_ns[] = {500 * NS_PER_S, 509 * NS_PER_S};
	struct feed *feed = feed_create(NULL, NULL);
	write_recording(at_ns, 2);
	int64_t began_ns = clock_monotonic_ns();
	replay_destroy(play(feed));
	assert_true(clock_monotonic_ns() - began_ns < 8 * NS_PER_S);

	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	FILE *both = fopen(path, "r+"); /* so that neither side waits for the other */
	assert_non_null(both);
	write_line(both, 500 * NS_PER_S, NS_PER_S);
	fputs("{\"schema\":1,", both); /* the next one has begun */
	fflush(both);
	struct replay *r = play(feed);
	snapshot_unref(wait_for(feed));
	replay_stop(r);
	assert_int_equal(replay_judge(r, NULL), STATUS_OK);
	replay_destroy(r);
	fclose(both);
	feed_destroy(feed);
}

static void what_holds_no_snapshot_is_refused_at_once(void **state)
{
	(void)state;
	struct feed *feed = feed_create(NULL, NULL);
	static const struct {
		const char *text, *says;
	} rows[] = {{"", "the recording is empty"}, {"x\ny\n", "line 1: it is no JSON"}};
	for (size_t i = 0; i < 2; i++) {
		struct replay *r;
		struct error error = {0};
		recording_close(open_text(rows[i].text, strlen(rows[i].text)));
		assert_int_equal(replay_create(&r, path, feed, &error), STATUS_DAMAGED);
		assert_non_null(strstr(error.text, rows[i].says));
		assert_null(r);
	}
	feed_destroy(feed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)
	const struct CMUnitTest tests[] = {
		TEST(damaged_lines_are_told_with_their_number_and_passed_over),
		TEST(a_line_without_end_does_not_fill_the_memory),
		TEST(what_can_not_be_opened_is_named),
		TEST(snapshots_come_at_their_pace_with_their_clock),
		TEST(a_long_gap_is_leapt_over),
		TEST(stopping_waits_neither_for_the_next_snapshot_nor_for_a_pipe),
		TEST(what_holds_no_snapshot_is_refused_at_once),
	};
	return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
