/* Recordings in frames: what is cut off, damaged or lost costs nothing but itself, and any moment
   is found. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "collect/frame_writer.h"
#include "collect/frames.h"
#include "collect/recorder.h"
#include "collect/recording.h"
#include "metrics/json.h"
#include "tests/unit/metrics_fixture.h"

#define SECONDS 260                              /* three frames */
#define WALL_NS (INT64_C(1760000000) * NS_PER_S) /* as long as today's are */

static char path[64];

static int make_path(void **state)
{
	(void)state;
	strcpy(path, "/tmp/schedtop-frames-XXXXXX");
	int fd = mkstemp(path);
	close(fd);
	return fd < 0;
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static struct snapshot *snapshot_of(int64_t second)
{
	struct snapshot *s = make_snapshot(second * NS_PER_S);
	fill_fields(&s->sched, sched_field_info, SCHED_FIELD_COUNT, second * second);
	s->wall_ns = s->monotonic_ns + WALL_NS;
	s->interval_ns = NS_PER_S;
	return s;
}

static off_t size_of(const char *file)
{
	struct stat st;
	assert_int_equal(stat(file, &st), 0);
	return st.st_size;
}

/* Records so many snapshots; end[i] is the file's size after snapshot i. */
static void record(size_t n, int64_t apart_s, off_t *end)
{
	struct recorder *r;
	assert_int_equal(recorder_create(&r, path, NULL, NULL), STATUS_OK);
	for (size_t i = 0; i < n; i++) {
		struct snapshot *s = snapshot_of(1 + (int64_t)i * apart_s);
		assert_int_equal(recorder_add(r, s, NULL), STATUS_OK);
		snapshot_unref(s);
		if (end)
			end[i] = size_of(path);
	}
	assert_int_equal(recorder_destroy(r, NULL), STATUS_OK);
}

static unsigned char *content(size_t *size)
{
	*size = (size_t)size_of(path);
	unsigned char *data = malloc(*size);
	FILE *file = fopen(path, "r");
	assert_non_null(data);
	assert_non_null(file);
	assert_int_equal(fread(data, 1, *size, file), *size);
	fclose(file);
	return data;
}

static void rewrite(const unsigned char *data, size_t size)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	fclose(file);
}

/* Reads the recording from where it is: consecutive seconds from `first` on; returns how many. */
static size_t read_all(struct recording *r, int64_t first, size_t *damages)
{
	struct snapshot *s;
	size_t n = 0;
	*damages = 0;
	for (;;) {
		enum status status = recording_next(r, &s, NULL);
		*damages += status == STATUS_DAMAGED;
		if (status == STATUS_OK && !s)
			return n;
		assert_int_not_equal(status, STATUS_FAILED);
		if (!s)
			continue;
		if (first >= 0)
			assert_int_equal(s->monotonic_ns / NS_PER_S, first + (int64_t)n);
		n++;
		snapshot_unref(s);
	}
}

static size_t replay(size_t *damages)
{
	struct recording *r;
	assert_int_equal(recording_open(&r, path, NULL), STATUS_OK);
	size_t n = read_all(r, -1, damages);
	assert_int_equal(recording_judge(r, NULL), *damages ? STATUS_DAMAGED : STATUS_OK);
	recording_close(r);
	return n;
}

/* The promise: what was complete is played, wherever the last frame is cut. */
static void cut_at_every_byte_of_its_last_frame_it_plays_all_that_was_complete(void **state)
{
	(void)state;
	enum { N = 8 };
	off_t end[N];
	size_t size, damages;
	record(N, 30, end); /* four in each frame */
	unsigned char *data = content(&size);
	struct frame_index index;
	size_t tail = frame_index_size(data + size - FRAMES_TAIL);
	assert_true(tail > 0);
	assert_true(frame_index_unpack(&index, data + size - tail, tail, size - tail));
	assert_int_equal(index.n, 2);
	size_t begin = (size_t)index.entry[index.n - 1].offset;
	frame_index_finish(&index);
	for (size_t cut = begin; cut <= size; cut++) {
		size_t whole = 0;
		/* A line is complete without the end of the frame, 3 bytes, behind it. */
		while (whole < N && (size_t)end[whole] - 3 <= cut)
			whole++;
		assert_int_equal(truncate(path, (off_t)cut), 0);
		assert_int_equal(replay(&damages), whole);
		rewrite(data, size);
	}
	free(data);
}

static uint32_t random_below(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*seed * below >> 32);
}

/* A machine that loses its power leaves a file that ends anywhere, or whose last blocks were never
   written and are zeroes: wherever that begins, all lines before it are there, and none is made up.
   With the index and without it, the moments before can be sought. */
static void a_loss_of_power_costs_what_was_not_written_alone(void **state)
{
	(void)state;
	enum { N = 60, CUTS = 400 };
	off_t end[N];
	size_t size, damages;
	struct line_times first, last;
	uint32_t seed = 9;
	record(N, 7, end); /* four frames */
	unsigned char *data = content(&size), *torn = malloc(size + 4096);
	assert_non_null(torn);
	for (int i = 0; i < CUTS; i++) {
		size_t cut = random_below(&seed, (uint32_t)size), whole = 0;
		size_t zeroes = i % 2 ? random_below(&seed, 4096) : 0;
		while (whole < N && (size_t)end[whole] - 3 <= cut)
			whole++;
		memcpy(torn, data, cut);
		memset(torn + cut, 0, zeroes);
		rewrite(torn, cut + zeroes);
		struct recording *r;
		assert_int_equal(recording_open(&r, path, NULL), STATUS_OK);
		struct snapshot *s;
		for (size_t n = 0;; n++) {
			enum status status = recording_next(r, &s, NULL);
			for (damages = 0; status == STATUS_DAMAGED && damages < 10000; damages++)
				status = recording_next(r, &s, NULL);
			assert_int_equal(status, STATUS_OK);
			if (!s) {
				assert_int_equal(n, whole);
				break;
			}
			assert_int_equal(s->monotonic_ns, (1 + (int64_t)n * 7) * NS_PER_S);
			snapshot_unref(s);
		}
		assert_int_equal(recording_ends(r, &first, &last), whole > 0);
		if (whole > 0) {
			assert_int_equal(last.monotonic_ns, (1 + ((int64_t)whole - 1) * 7) * NS_PER_S);
			assert_int_equal(recording_seek(r, last.wall_ns, NULL), STATUS_OK);
			assert_int_equal(recording_next(r, &s, NULL), STATUS_OK);
			assert_int_equal(s->monotonic_ns, last.monotonic_ns);
			snapshot_unref(s);
		}
		recording_close(r);
	}
	free(torn);
	free(data);
}

static void after_every_line_the_file_is_whole(void **state)
{
	(void)state;
	struct recorder *r;
	size_t damages;
	assert_int_equal(recorder_create(&r, path, NULL, NULL), STATUS_OK);
	for (size_t i = 0; i < 12; i++) {
		struct snapshot *s = snapshot_of(1 + (int64_t)i * 30);
		assert_int_equal(recorder_add(r, s, NULL), STATUS_OK);
		snapshot_unref(s);
		assert_int_equal(replay(&damages), i + 1);
		assert_int_equal(damages, 0);
	}
	recorder_destroy(r, NULL);
}

/* A recording that is damaged in its middle. */
static struct recording *open_damaged(void)
{
	size_t size;
	struct recording *r;
	record(SECONDS, 1, NULL);
	unsigned char *data = content(&size);
	memset(data + size / 2, 0x5a, 64);
	rewrite(data, size);
	free(data);
	assert_int_equal(recording_open(&r, path, NULL), STATUS_OK);
	return r;
}

static void damage_costs_a_part_of_its_frame_and_is_told(void **state)
{
	(void)state;
	size_t damages;
	struct recording *r = open_damaged();
	size_t n = read_all(r, -1, &damages);
	assert_in_range(n, SECONDS - 121, SECONDS - 1);
	assert_in_range(damages, 1, 5);
	assert_non_null(recording_complaint(r, 0));
	recording_close(r);
}

static void damage_in_what_is_leapt_over_is_told(void **state)
{
	(void)state;
	size_t damages;
	struct recording *r = open_damaged();
	recording_skip(r, (SECONDS - 5) * NS_PER_S);
	assert_int_equal(read_all(r, SECONDS - 5, &damages), 6);
	assert_int_equal(recording_judge(r, NULL), STATUS_DAMAGED);
	recording_close(r);
}

/* A descriptor that nothing can be written to, nor cut. */
static void a_failure_is_told_with_its_reason_each_time(void **state)
{
	(void)state;
	struct frame_writer *w;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(frame_writer_create(&w, fd, NULL), STATUS_OK);
	for (int i = 0; i < 3; i++) {
		struct error error = {0};
		errno = 0;
		assert_int_equal(frame_writer_add(w, "{}\n", 3, 1, 1, &error), STATUS_FAILED);
		assert_string_equal(error.text, strerror(i == 0 ? EBADF : EINVAL));
	}
	frame_writer_destroy(w);
	close(fd);
}

/* With the index at the end, without it, and in plain lines. */
static void any_moment_is_found(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct recording *r;
		struct line_times first, last;
		size_t size, damages;
		record(SECONDS, 1, NULL);
		unsigned char *data = content(&size);
		if (kind == 1)
			assert_int_equal(truncate(path, (off_t)(size - 1)), 0);
		if (kind == 2) {
			size_t room = (size_t)64 << 20;
			char *text = malloc(room);
			ZSTD_DStream *zstd = ZSTD_createDStream();
			ZSTD_inBuffer in = {data, size, 0};
			ZSTD_outBuffer out = {text, room, 0};
			while (in.pos < in.size)
				assert_false(ZSTD_isError(ZSTD_decompressStream(zstd, &out, &in)));
			ZSTD_freeDStream(zstd);
			rewrite((unsigned char *)text, out.pos);
			free(text);
		}
		free(data);
		assert_int_equal(recording_open(&r, path, NULL), STATUS_OK);
		assert_true(recording_ends(r, &first, &last));
		assert_int_equal(first.monotonic_ns, NS_PER_S);
		assert_int_equal(last.monotonic_ns, SECONDS * NS_PER_S);
		for (int64_t second = -3; second < SECONDS + 3; second += 43) {
			int64_t found = second < 1 ? 1 : second > SECONDS ? SECONDS : second;
			int64_t at_ns = second * NS_PER_S + NS_PER_S / 2 + WALL_NS;
			assert_int_equal(recording_seek(r, at_ns, NULL), STATUS_OK);
			assert_int_equal(read_all(r, found, &damages), (size_t)(SECONDS + 1 - found));
			assert_int_equal(damages, kind == 1);
		}
		assert_int_equal(recording_seek(r, WALL_NS, NULL), STATUS_OK);
		recording_skip(r, 200 * NS_PER_S);
		assert_int_equal(read_all(r, 200, &damages), (size_t)SECONDS - 199);
		recording_close(r);
	}
}

/* A disk that is full for a while: a limit of the file's size stands for it. */
static void when_there_is_room_again_the_recording_goes_on(void **state)
{
	(void)state;
	struct recorder *r;
	struct rlimit before, small;
	struct error error = {0};
	size_t damages, told = 0;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(recorder_create(&r, path, NULL, NULL), STATUS_OK);
	for (int64_t i = 1; i <= 60; i++) {
		small = before;
		if (i >= 20 && i < 40)
			small.rlim_cur = (rlim_t)size_of(path) + 7;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		struct snapshot *s = snapshot_of(i);
		told += recorder_add(r, s, &error) != STATUS_OK;
		snapshot_unref(s);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		struct recording *recording;
		if (i >= 20) {
			assert_int_equal(recording_open(&recording, path, NULL), STATUS_OK);
			assert_int_equal(read_all(recording, -1, &damages), i < 40 ? 19 : i - 20);
			assert_int_equal(damages, 0);
			recording_close(recording);
		}
	}
	assert_int_equal(told, 2);
	assert_non_null(strstr(error.text, "goes on; it lacks 20 snapshots"));
	assert_int_equal(recorder_destroy(r, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "lacks 20 of 60 snapshots"));
}

static void a_file_has_one_recorder(void **state)
{
	(void)state;
	struct recorder *r, *second;
	struct error error = {0};
	size_t damages;
	assert_int_equal(recorder_create(&r, path, NULL, NULL), STATUS_OK);
	struct snapshot *s = snapshot_of(1);
	assert_int_equal(recorder_add(r, s, NULL), STATUS_OK);
	assert_int_equal(recorder_create(&second, path, NULL, &error), STATUS_FAILED);
	assert_null(second);
	assert_non_null(strstr(error.text, "another schedtop records to"));
	assert_int_equal(replay(&damages), 1); /* nothing was taken from it */
	assert_int_equal(recorder_destroy(r, NULL), STATUS_OK);
	assert_int_equal(recorder_create(&second, path, NULL, NULL), STATUS_OK);
	assert_int_equal(size_of(path), 0);
	assert_int_equal(recorder_destroy(second, NULL), STATUS_OK);
	snapshot_unref(s);
}

static void an_index_of_another_file_is_refused(void **state)
{
	(void)state;
	struct frame_index index = {0}, other;
	size_t size;
	const struct frame_entry first = {0, 100, 5, 6, 2}, second = {100, 50, 7, 8, 1};
	assert_int_equal(frame_index_add(&index, &first), STATUS_OK);
	assert_int_equal(frame_index_add(&index, &second), STATUS_OK);
	index.last_monotonic_ns = 9;
	index.last_wall_ns = 10;
	unsigned char *data = frame_index_pack(&index, &size);
	assert_non_null(data);
	assert_int_equal(frame_index_size(data + size - FRAMES_TAIL), size);
	assert_true(frame_index_unpack(&other, data, size, 150));
	assert_int_equal(other.n, 2);
	assert_int_equal(other.entry[1].wall_ns, 8);
	frame_index_finish(&other);
	assert_false(frame_index_unpack(&other, data, size, 151));
	assert_false(frame_index_unpack(&other, data, size - 1, 150));
	for (size_t i = 0; i < size; i++) {
		data[i] ^= 0x80;
		if (frame_index_unpack(&other, data, size, 150))
			frame_index_finish(&other); /* a time or a number of lines: that is not checked */
		data[i] ^= 0x80;
	}
	free(data);
	frame_index_finish(&index);
}

/* What zstd itself says of the file is what was recorded. */
static void plain_lines_and_frames_hold_the_same_snapshots(void **state)
{
	(void)state;
	size_t damages;
	char plain[80];
	snprintf(plain, sizeof plain, "%s.ndjson", path);
	struct recorder *r;
	assert_int_equal(recorder_create(&r, plain, NULL, NULL), STATUS_OK);
	for (int64_t i = 1; i <= 20; i++) {
		struct snapshot *s = snapshot_of(i);
		assert_int_equal(recorder_add(r, s, NULL), STATUS_OK);
		snapshot_unref(s);
	}
	recorder_destroy(r, NULL);
	FILE *file = fopen(plain, "r");
	assert_int_equal(fgetc(file), '{');
	fclose(file);
	assert_int_equal(rename(plain, path), 0);
	assert_int_equal(replay(&damages), 20);
}

static void expect_ends(int64_t first_s, int64_t last_s)
{
	struct recording *r;
	struct line_times first, last;
	assert_int_equal(recording_open(&r, path, NULL), STATUS_OK);
	assert_true(recording_ends(r, &first, &last));
	assert_int_equal(first.monotonic_ns, first_s * NS_PER_S);
	assert_int_equal(last.monotonic_ns, last_s * NS_PER_S);
	recording_close(r);
}

/* A program writes such files in a second. Looking anew at each line or frame would take minutes.
 */
static void files_of_millions_of_nothings_are_found_through_at_once(void **state)
{
	(void)state;
	enum { BLANKS = 32 << 20, FRAMES = 500000 };
	size_t size;
	struct snapshot *s = snapshot_of(7);
	char *line = json_encode_raw(s), frame[64], *blanks = malloc(BLANKS);
	snapshot_unref(s);
	assert_non_null(line);
	assert_non_null(blanks);
	alarm(60);
	memset(blanks, '\n', BLANKS);
	FILE *file = fopen(path, "w");
	fprintf(file, "%s\n", line);
	assert_int_equal(fwrite(blanks, 1, BLANKS, file), BLANKS);
	assert_int_equal(fclose(file), 0);
	free(blanks);
	expect_ends(7, 7);

	record(2, 1, NULL);
	unsigned char *data = content(&size);
	size_t index = frame_index_size(data + size - FRAMES_TAIL);
	size_t packed = ZSTD_compress(frame, sizeof frame, "x\n", 2, 1);
	assert_false(ZSTD_isError(packed));
	file = fopen(path, "w");
	assert_int_equal(fwrite(data, 1, size - index, file), size - index);
	for (int i = 0; i < FRAMES; i++)
		assert_int_equal(fwrite(frame, 1, packed, file), packed);
	assert_int_equal(fclose(file), 0);
	expect_ends(1, 2);
	alarm(0);
	free(data);
	free(line);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)
	const struct CMUnitTest tests[] = {
		TEST(cut_at_every_byte_of_its_last_frame_it_plays_all_that_was_complete),
		TEST(a_loss_of_power_costs_what_was_not_written_alone),
		TEST(after_every_line_the_file_is_whole),
		TEST(damage_costs_a_part_of_its_frame_and_is_told),
		TEST(damage_in_what_is_leapt_over_is_told),
		TEST(a_failure_is_told_with_its_reason_each_time),
		TEST(any_moment_is_found),
		TEST(when_there_is_room_again_the_recording_goes_on),
		TEST(a_file_has_one_recorder),
		TEST(an_index_of_another_file_is_refused),
		TEST(files_of_millions_of_nothings_are_found_through_at_once),
		TEST(plain_lines_and_frames_hold_the_same_snapshots),
	};
	return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
