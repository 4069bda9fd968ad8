#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "collect/frame_writer.h"
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

/* The recording's wall clock less its monotonic one: as long a number as today's are. */
#define WALL_NS (INT64_C(1760000000) * NS_PER_S)

static void write_line(FILE *file, int64_t monotonic_ns, int64_t interval_ns)
{
	fprintf(file,
	        "{\"schema\":1,\"monotonic_ns\":%" PRId64 ",\"wall_ns\":%" PRId64
	        ",\"interval_ns\":%" PRId64 ",\"pid\":7,\"state\":\"live\"}\n",
	        monotonic_ns, monotonic_ns + WALL_NS, interval_ns);
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

/* It is longer than what is kept of it. */
static void blanks_without_end_are_a_line_that_is_too_long(void **state)
{
	(void)state;
	size_t size = (size_t)72 << 20;
	char *text = malloc(size);
	struct line_times first, last;
	struct snapshot *s;
	struct error error = {0};
	assert_non_null(text);
	memset(text, ' ', size);
	memcpy(text + size - sizeof LINE("10"), "\n" LINE("10"), sizeof LINE("10"));
	struct recording *r = open_text(text, size);
	free(text);
	assert_int_equal(recording_next(r, &s, &error), STATUS_DAMAGED);
	assert_non_null(strstr(error.text, "line 1: it is longer than any snapshot"));
	assert_int_equal(recording_next(r, &s, &error), STATUS_OK);
	assert_int_equal(s->monotonic_ns, 10);
	snapshot_unref(s);
	assert_true(recording_ends(r, &first, &last));
	assert_int_equal(first.monotonic_ns, 10);
	recording_close(r);
	assert_int_equal(recording_open(&r, path, NULL), STATUS_OK);
	recording_skip(r, 5);
	assert_int_equal(recording_judge(r, NULL), STATUS_DAMAGED);
	assert_int_equal(recording_next(r, &s, &error), STATUS_OK);
	assert_int_equal(s->monotonic_ns, 10);
	snapshot_unref(s);
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

static struct replay *play(struct playback *playback)
{
	const struct replay_options options = {playback, 600 * NS_PER_S, (size_t)24 << 20};
	struct replay *r;
	assert_int_equal(replay_create(&r, path, &options, NULL), STATUS_OK);
	assert_int_equal(replay_start(r, NULL), STATUS_OK);
	return r;
}

/* Waits for what comes next, and no longer than anybody would. */
static void wait_for(struct playback *p, const struct snapshot **s, struct history **history)
{
	for (int i = 0; i < 60000; i++) {
		if (playback_take(p, s, history))
			return;
		usleep(2000);
	}
	fail_msg("nothing came");
}

static const struct snapshot *wait_for_snapshot(struct playback *p)
{
	struct history *history;
	const struct snapshot *s;
	wait_for(p, &s, &history);
	assert_null(history);
	return s;
}

static struct history *wait_for_history(struct playback *p)
{
	struct history *history = NULL;
	const struct snapshot *s;
	while (!history) {
		wait_for(p, &s, &history);
		snapshot_unref(s);
	}
	return history;
}

static void wait_for_end(struct playback *p)
{
	for (int i = 0; i < 60000 && !playback_look(p).ended; i++)
		usleep(2000);
	assert_true(playback_look(p).ended);
}

/* No snapshot is seen before its moment by the recording's clock, however late the machine is. */
static void snapshots_come_at_their_pace_with_their_clock(void **state)
{
	(void)state;
	static const int64_t at_ns[] = {500 * NS_PER_S, 500 * NS_PER_S + 60 * NS_PER_MS,
	                                500 * NS_PER_S + 150 * NS_PER_MS};
	struct playback *p = playback_create(1, NULL, NULL);
	write_recording(at_ns, 3);
	int64_t began_ns = clock_monotonic_ns();
	struct replay *r = play(p);
	for (size_t i = 0; i < 3; i++) {
		const struct snapshot *s = wait_for_snapshot(p);
		struct playback_state now = playback_look(p);
		assert_int_equal(s->monotonic_ns, at_ns[i]);
		assert_true(now.monotonic_ns >= at_ns[i]);
		assert_int_equal(now.wall_ns - now.monotonic_ns, WALL_NS);
		snapshot_unref(s);
	}
	assert_true(clock_monotonic_ns() - began_ns >= 140 * NS_PER_MS);
	wait_for_end(p);
	/* It is over: the last picture stays, and its age does not grow. */
	assert_int_equal(playback_look(p).monotonic_ns, at_ns[2]);
	replay_stop(r);
	assert_int_equal(replay_judge(r, NULL), STATUS_OK);
	replay_destroy(r);
	playback_destroy(p);
}

static void a_long_gap_is_leapt_over(void **state)
{
	(void)state;
	static const int64_t at_ns[] = {500 * NS_PER_S, 9000 * NS_PER_S};
	struct playback *p = playback_create(1, NULL, NULL);
	write_recording(at_ns, 2);
	struct replay *r = play(p);
	for (size_t i = 0; i < 2; i++) {
		const struct snapshot *s = wait_for_snapshot(p);
		assert_int_equal(s->monotonic_ns, at_ns[i]);
		snapshot_unref(s);
	}
	assert_true(playback_look(p).monotonic_ns >= at_ns[1]);
	replay_destroy(r);
	playback_destroy(p);
}

static void stopping_waits_neither_for_the_next_snapshot_nor_for_a_pipe(void **state)
{
	(void)state;
	static const int64_t at_ns[] = {500 * NS_PER_S, 509 * NS_PER_S};
	struct playback *p = playback_create(1, NULL, NULL);
	write_recording(at_ns, 2);
	int64_t began_ns = clock_monotonic_ns();
	replay_destroy(play(p));
	assert_true(clock_monotonic_ns() - began_ns < 8 * NS_PER_S);
	playback_destroy(p);

	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	FILE *both = fopen(path, "r+"); /* so that neither side waits for the other */
	assert_non_null(both);
	write_line(both, 500 * NS_PER_S, NS_PER_S);
	fputs("{\"schema\":1,", both); /* the next one has begun */
	fflush(both);
	p = playback_create(1, NULL, NULL);
	struct replay *r = play(p);
	snapshot_unref(wait_for_snapshot(p));
	assert_int_equal(playback_look(p).last_wall_ns, 0); /* who knows how long it will be */
	replay_stop(r);
	assert_int_equal(replay_judge(r, NULL), STATUS_OK);
	replay_destroy(r);
	fclose(both);
	playback_destroy(p);
}

/* --- seeking ---------------------------------------------------------------------------------- */

#define SECONDS 3000

/* A second apart, each with its own wall time. */
static struct replay *play_long(struct playback *p)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (int64_t i = 0; i < SECONDS; i++)
		write_line(file, (500 + i) * NS_PER_S, NS_PER_S);
	fclose(file);
	return play(p);
}

static int64_t second_of(const struct snapshot *s)
{
	return s->monotonic_ns / NS_PER_S - 500;
}

static void go(struct playback *p, enum playback_to to, int64_t ns)
{
	playback_seek(p, &(struct playback_goal){.to = to,
	                                         .monotonic_ns = 500 * NS_PER_S + ns,
	                                         .wall_ns = WALL_NS + 500 * NS_PER_S + ns});
}

static void after_a_leap_the_ten_minutes_before_are_there(void **state)
{
	(void)state;
	static const struct {
		enum playback_to to;
		int64_t ns;
		int64_t newest, oldest; /* seconds */
	} rows[] = {
		{PLAYBACK_MOMENT, 2000 * NS_PER_S + NS_PER_S / 2, 2000, 1400},
		{PLAYBACK_BEGIN, 0, 0, 0},
		{PLAYBACK_END, 0, SECONDS - 1, SECONDS - 601},
		{PLAYBACK_MOMENT, 100 * NS_PER_S, 100, 0},
		{PLAYBACK_MOMENT, 9999 * NS_PER_S, SECONDS - 1, SECONDS - 601},
		{PLAYBACK_MOMENT, 700 * NS_PER_S, 700, 100},
	};
	struct playback *p = playback_create(1, NULL, NULL);
	struct replay *r = play_long(p);
	snapshot_unref(wait_for_snapshot(p));
	playback_pause(p, true);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		go(p, rows[i].to, rows[i].ns);
		struct history *h = wait_for_history(p);
		size_t n = history_count(h);
		assert_int_equal(second_of(history_get(h, 0)), rows[i].newest);
		assert_in_range(second_of(history_get(h, n - 1)), rows[i].oldest, rows[i].oldest + 1);
		/* The last minute is whole; of what is older a machine that is slow reads only some. */
		for (size_t k = 0; k < n && k < 60; k++)
			assert_int_equal(second_of(history_get(h, k)), rows[i].newest - (int64_t)k);
		assert_true(n >= 60 || n == (size_t)(rows[i].newest - rows[i].oldest + 1));
		history_destroy(h);
		for (int k = 0; k < 60000 && playback_look(p).seeking; k++)
			usleep(1000);
		struct playback_state now = playback_look(p);
		assert_int_equal((now.monotonic_ns - 500 * NS_PER_S) / NS_PER_S, rows[i].newest);
		assert_true(now.paused);
	}
	replay_destroy(r);
	playback_destroy(p);
}

/* A second apart; two lines are none and, where it is packed, the head of a frame is damaged. */
static void write_damaged(bool packed)
{
	char *text = NULL;
	size_t size, begin = 0;
	struct frame_writer *w = NULL;
	FILE *file = fopen(path, "w+"), *lines = open_memstream(&text, &size);
	assert_non_null(file);
	assert_non_null(lines);
	if (packed)
		assert_int_equal(frame_writer_create(&w, fileno(file), NULL), STATUS_OK);
	for (int64_t i = 0; i < SECONDS; i++) {
		write_line(lines, (500 + i) * NS_PER_S, NS_PER_S);
		fputs(i == 300 || i == 400 ? "garbage\n" : "", lines);
		fflush(lines);
		if (w)
			assert_int_equal(frame_writer_add(w, text + begin, size - begin, (500 + i) * NS_PER_S,
			                                  WALL_NS + (500 + i) * NS_PER_S, NULL),
			                 STATUS_OK);
		begin = size;
	}
	fclose(lines);
	if (w) {
		assert_int_equal(frame_writer_finish(w, NULL), STATUS_OK);
		frame_writer_destroy(w);
		/* The fifth one, which begins eight minutes after the first. */
		static const unsigned char magic[] = {0x28, 0xb5, 0x2f, 0xfd};
		unsigned char *data = malloc((size_t)1 << 20), *at = data;
		ssize_t n = pread(fileno(file), data, (size_t)1 << 20, 0);
		for (int frame = 1; frame < 5; frame++) {
			at = memmem(at + 1, (size_t)(n - (at + 1 - data)), magic, sizeof magic);
			assert_non_null(at);
		}
		assert_int_equal(pwrite(fileno(file), "torn", 4, at - data), 4);
		free(data);
	} else {
		fwrite(text, 1, size, file);
	}
	fclose(file);
	free(text);
}

static void damage_that_is_leapt_over_again_counts_once(void **state)
{
	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		struct error error = {0};
		struct playback *p = playback_create(1, NULL, NULL);
		write_damaged(packed);
		struct replay *r = play(p);
		playback_pause(p, true);
		for (int i = 0; i < 3; i++) {
			go(p, PLAYBACK_MOMENT, (700 + i) * NS_PER_S);
			history_destroy(wait_for_history(p));
			go(p, PLAYBACK_END, 0);
			history_destroy(wait_for_history(p));
		}
		replay_stop(r);
		assert_int_equal(replay_judge(r, &error), STATUS_DAMAGED);
		assert_non_null(strstr(error.text, "2 of the lines of "));
		assert_non_null(replay_complaint(r, (size_t)packed + 1));
		assert_null(replay_complaint(r, (size_t)packed + 2));
		replay_destroy(r);
		playback_destroy(p);
	}
}

/* What the screen has already is not read again, and playing goes on from there. */
static void a_small_step_back_moves_the_clock_alone(void **state)
{
	(void)state;
	struct playback *p = playback_create(1, NULL, NULL);
	struct replay *r = play_long(p);
	playback_pause(p, true);
	go(p, PLAYBACK_MOMENT, 2000 * NS_PER_S);
	history_destroy(wait_for_history(p));
	go(p, PLAYBACK_MOMENT, 1990 * NS_PER_S);
	for (int i = 0; i < 60000 && playback_look(p).monotonic_ns > 2495 * NS_PER_S; i++)
		usleep(1000);
	assert_int_equal(playback_look(p).monotonic_ns, 2490 * NS_PER_S);
	const struct snapshot *s;
	struct history *h;
	assert_false(playback_take(p, &s, &h));
	/* Ten seconds later, at 100x, the next one comes. */
	playback_set_speed(p, 100);
	playback_pause(p, false);
	s = wait_for_snapshot(p);
	assert_int_equal(second_of(s), 2001);
	snapshot_unref(s);
	replay_destroy(r);
	playback_destroy(p);
}

static void one_step_forward_shows_the_next_snapshot(void **state)
{
	(void)state;
	struct playback *p = playback_create(1, NULL, NULL);
	struct replay *r = play_long(p);
	playback_pause(p, true);
	go(p, PLAYBACK_MOMENT, 2000 * NS_PER_S);
	history_destroy(wait_for_history(p));
	for (int64_t i = 1; i <= 3; i++) {
		go(p, PLAYBACK_NEXT, 0);
		const struct snapshot *s = wait_for_snapshot(p);
		assert_int_equal(second_of(s), 2000 + i);
		snapshot_unref(s);
	}
	replay_destroy(r);
	playback_destroy(p);
}

/* At full speed nothing is left out. */
static void as_fast_as_it_can_be_read_everything_is_played(void **state)
{
	(void)state;
	struct playback *p = playback_create(INFINITY, NULL, NULL);
	struct replay *r = play_long(p);
	for (int64_t i = 0; i < SECONDS; i++) {
		const struct snapshot *s = wait_for_snapshot(p);
		assert_int_equal(second_of(s), i);
		snapshot_unref(s);
	}
	wait_for_end(p);
	/* And back from the end. */
	playback_set_speed(p, 1);
	go(p, PLAYBACK_BEGIN, 0);
	struct history *h = wait_for_history(p);
	assert_int_equal(history_count(h), 1);
	history_destroy(h);
	assert_false(playback_look(p).ended);
	replay_destroy(r);
	playback_destroy(p);
}

static void speeds_are_read_as_people_write_them(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double speed; /* 0: it is none */
	} rows[] = {{"1", 1},    {"0.5", 0.5}, {"10x", 10}, {"100", 100}, {"max", INFINITY},
	            {"0.01", 0}, {"1000", 0},  {"x", 0},    {"", 0},      {"2 x", 0},
	            {"nan", 0},  {"inf", 0},   {"-3", 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double speed = -1;
		assert_int_equal(playback_speed_parse(rows[i].text, &speed), rows[i].speed > 0);
		if (rows[i].speed > 0 && !(speed >= rows[i].speed && speed <= rows[i].speed))
			fail_msg("%s is %g", rows[i].text, speed);
	}
}

static void what_holds_no_snapshot_is_refused_at_once(void **state)
{
	(void)state;
	struct playback *p = playback_create(1, NULL, NULL);
	const struct replay_options options = {p, NS_PER_S, 1 << 20};
	static const struct {
		const char *text, *says;
	} rows[] = {{"", "the recording is empty"}, {"x\ny\n", "line 1: it is no JSON"}};
	for (size_t i = 0; i < 2; i++) {
		struct replay *r;
		struct error error = {0};
		recording_close(open_text(rows[i].text, strlen(rows[i].text)));
		assert_int_equal(replay_create(&r, path, &options, &error), STATUS_DAMAGED);
		assert_non_null(strstr(error.text, rows[i].says));
		assert_null(r);
	}
	playback_destroy(p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)
	const struct CMUnitTest tests[] = {
		TEST(damaged_lines_are_told_with_their_number_and_passed_over),
		TEST(a_line_without_end_does_not_fill_the_memory),
		TEST(blanks_without_end_are_a_line_that_is_too_long),
		TEST(what_can_not_be_opened_is_named),
		TEST(snapshots_come_at_their_pace_with_their_clock),
		TEST(a_long_gap_is_leapt_over),
		TEST(stopping_waits_neither_for_the_next_snapshot_nor_for_a_pipe),
		TEST(after_a_leap_the_ten_minutes_before_are_there),
		TEST(damage_that_is_leapt_over_again_counts_once),
		TEST(a_small_step_back_moves_the_clock_alone),
		TEST(one_step_forward_shows_the_next_snapshot),
		TEST(as_fast_as_it_can_be_read_everything_is_played),
		TEST(speeds_are_read_as_people_write_them),
		TEST(what_holds_no_snapshot_is_refused_at_once),
	};
	return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
