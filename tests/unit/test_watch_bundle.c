/* Bundles as they are written, and what is read of any file that may be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>

#include "tests/unit/file_tree.h"
#include "trace/input.h"
#include "util/clock.h"
#include "watch/bundle.h"
#include "watch/recent.h"

static const char trace[] = "go 1.26 trace\0\0\0 and what it holds";

static char *write_one(const char *root, const struct bundle_member *member, size_t n)
{
	char *path = NULL;
	uint64_t bytes = 0;
	struct error error = {0};
	struct stat st;
	const struct bundle_options options = {
		.directory = root,
		.program = "api",
		.go_version = "go1.26.8",
		.pid = 4321,
		.wall_ns = INT64_C(1700000000) * NS_PER_S,
		.keep_files = 10,
		.keep_bytes = 1 << 20,
	};
	if (bundle_write(&options, member, n, &path, &bytes, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, bytes);
	return path;
}

static int memory_of(const void *bytes, size_t n)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static char *usual(const char *root)
{
	int fd = memory_of(trace, sizeof trace);
	const struct bundle_member member[] = {
		{BUNDLE_MANIFEST, "{}\n", 3, -1},
		{BUNDLE_SNAPSHOTS, "frames", 6, -1},
		{"goroutines.txt", "goroutine 1", 11, -1},
		{"capture.trace", NULL, 0, fd},
	};
	char *path = write_one(root, member, sizeof member / sizeof *member);
	close(fd);
	return path;
}

static void parts_of_a_bundle_are_found_again(void **state)
{
	char *path = usual(*state);
	FILE *file = fopen(path, "r");
	struct bundle_place place;
	uint8_t head[BUNDLE_HEAD_SIZE];
	char bytes[sizeof trace];
	assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
	assert_true(bundle_recognise(head, sizeof head));
	assert_int_equal(bundle_find(fileno(file), "x", BUNDLE_PART_TRACE, &place, NULL), STATUS_OK);
	assert_int_equal(place.size, sizeof trace);
	assert_int_equal(pread(fileno(file), bytes, sizeof bytes, (off_t)place.offset), sizeof bytes);
	assert_memory_equal(bytes, trace, sizeof trace);
	assert_int_equal(bundle_find(fileno(file), "x", BUNDLE_PART_SNAPSHOTS, &place, NULL),
	                 STATUS_OK);
	assert_int_equal(place.size, 6);
	fclose(file);
	free(path);
}

static void trace_in_a_bundle_is_read_where_it_lies(void **state)
{
	struct input in;
	uint8_t copy[7];
	char *path = usual(*state);
	assert_int_equal(input_open(&in, path, NULL), STATUS_OK);
	assert_int_equal(in.have, sizeof trace);
	assert_int_equal(in.size, sizeof trace);
	assert_memory_equal(in.data, trace, sizeof trace);
	input_consume(&in, 3);
	assert_memory_equal(input_peek(&in, 0, 4, copy), "1.26", 4);
	input_release(&in, 0, in.have);
	assert_memory_equal(in.data, "1.26", 4);
	input_finish(&in);
	free(path);
}

static void narrowed_descriptor_reads_the_part_alone(void **state)
{
	char bytes[16];
	char *path = usual(*state);
	FILE *file = fopen(path, "r");
	int fd = dup(fileno(file));
	fclose(file);
	assert_int_equal(bundle_narrow(&fd, "x", BUNDLE_PART_SNAPSHOTS, NULL), STATUS_OK);
	assert_int_equal(read(fd, bytes, sizeof bytes), 6);
	assert_memory_equal(bytes, "frames", 6);
	close(fd);
	free(path);
}

static void what_is_no_bundle_stays_as_it_is(void **state)
{
	(void)state;
	char bytes[sizeof trace];
	int fd = memory_of(trace, sizeof trace), same = fd, ends[2];
	assert_int_equal(bundle_narrow(&fd, "x", BUNDLE_PART_SNAPSHOTS, NULL), STATUS_OK);
	assert_int_equal(fd, same);
	assert_int_equal(read(fd, bytes, sizeof bytes), sizeof bytes);
	close(fd);
	assert_int_equal(pipe(ends), 0);
	fd = ends[0];
	assert_int_equal(bundle_narrow(&fd, "x", BUNDLE_PART_SNAPSHOTS, NULL), STATUS_OK);
	assert_int_equal(fd, ends[0]);
	close(ends[0]);
	close(ends[1]);
}

static void part_that_is_not_there_is_told_with_what_is(void **state)
{
	struct error error = {0};
	struct input in;
	const struct bundle_member member[] = {{BUNDLE_MANIFEST, "{}\n", 3, -1},
	                                       {"goroutines.txt", "g", 1, -1}};
	char *path = write_one(*state, member, 2);
	assert_int_equal(input_open(&in, path, &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "holds no execution trace"));
	assert_non_null(strstr(error.text, "goroutines.txt"));
	free(path);
}

/* Every byte of the headers changed, and every length: a part never leaves the file. */
static void damaged_bundle_is_never_read_beyond_its_end(void **state)
{
	static uint8_t bytes[64 << 10];
	char *path = usual(*state);
	FILE *file = fopen(path, "r");
	size_t n = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	assert_in_range(n, 4096, sizeof bytes);
	int fd = memory_of(bytes, n);
	for (int part = 0; part < BUNDLE_PARTS; part++) {
		struct bundle_place place;
		for (size_t i = 0; i < 4096; i++) {
			uint8_t changed = bytes[i] ^ 0x41;
			assert_int_equal(pwrite(fd, &changed, 1, (off_t)i), 1);
			if (bundle_find(fd, "x", (enum bundle_part)part, &place, NULL) == STATUS_OK)
				assert_true(place.offset + place.size <= n);
			assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
		}
		for (size_t length = 0; length < n; length += 37) {
			assert_int_equal(ftruncate(fd, (off_t)length), 0);
			if (bundle_find(fd, "x", (enum bundle_part)part, &place, NULL) == STATUS_OK)
				assert_true(place.offset + place.size <= length);
			assert_int_equal(pwrite(fd, bytes, n, 0), (ssize_t)n);
		}
	}
	close(fd);
	free(path);
}

static void bundle_that_is_given_up_leaves_nothing(void **state)
{
	char *path = NULL;
	uint64_t bytes;
	struct error error = {0};
	atomic_bool stop = true;
	int fd = memory_of(trace, sizeof trace);
	const struct bundle_member member = {"capture.trace", NULL, 0, fd};
	const struct bundle_options options = {
		.directory = *state, .program = "api", .go_version = "", .stop = &stop, .keep_files = 1};
	assert_int_equal(bundle_write(&options, &member, 1, &path, &bytes, &error), STATUS_FAILED);
	assert_null(path);
	assert_int_equal(rmdir(*state), 0);
	mkdir(*state, 0700);
	close(fd);
}

/* --- the snapshots of the last minutes --- */

static char *unpack(const struct recent_copy *copy)
{
	enum { ROOM = 1 << 16 };
	char *text = calloc(1, ROOM), *packed = malloc(ROOM);
	int fd = memory_of("", 0);
	struct error error = {0};
	if (recent_write(copy, fd, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	ssize_t n = pread(fd, packed, ROOM, 0);
	assert_true(n > 0 && n < ROOM);
	size_t used = 0;
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_inBuffer in = {packed, (size_t)n, 0};
	while (in.pos < in.size) {
		ZSTD_outBuffer out = {text + used, ROOM - 1 - used, 0};
		assert_false(ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)));
		used += out.pos;
	}
	ZSTD_freeDStream(stream);
	free(packed);
	close(fd);
	return text;
}

static void copies_become_one_recording(void **state)
{
	(void)state;
	struct recent *r = recent_create(1 << 20);
	struct recent_copy copy;
	for (int i = 0; i < 600; i++) {
		char line[32];
		snprintf(line, sizeof line, "line %d", i);
		assert_true(recent_add(r, i, 1000 + i, line));
		recent_forget(r, i - 100);
	}
	assert_true(recent_take(r, 597, &copy));
	assert_int_equal(copy.n, 3);
	assert_int_equal(copy.first_ns, 597);
	assert_int_equal(copy.last_ns, 599);
	char *text = unpack(&copy);
	assert_string_equal(text, "line 597\nline 598\nline 599\n");
	free(text);
	recent_copy_finish(&copy);
	assert_true(recent_take(r, 0, &copy));
	assert_int_equal(copy.n, 101);
	recent_copy_finish(&copy);
	assert_true(recent_take(r, 600, &copy));
	assert_int_equal(copy.n, 0);
	recent_copy_finish(&copy);
	recent_destroy(r);
}

static void what_is_kept_has_a_limit_of_bytes(void **state)
{
	(void)state;
	struct recent *r = recent_create(200);
	struct recent_copy copy;
	for (int i = 0; i < 100; i++) {
		assert_true(recent_add(r, i, i, "some line of a snapshot"));
		recent_forget(r, 0);
	}
	assert_true(recent_take(r, 0, &copy));
	assert_in_range(copy.n, 2, 10);
	assert_int_equal(copy.last_ns, 99);
	recent_copy_finish(&copy);
	recent_destroy(r);
}

#define on_disk(test) cmocka_unit_test_setup_teardown(test, file_tree_make, file_tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_disk(parts_of_a_bundle_are_found_again),
		on_disk(trace_in_a_bundle_is_read_where_it_lies),
		on_disk(narrowed_descriptor_reads_the_part_alone),
		cmocka_unit_test(what_is_no_bundle_stays_as_it_is),
		on_disk(part_that_is_not_there_is_told_with_what_is),
		on_disk(damaged_bundle_is_never_read_beyond_its_end),
		on_disk(bundle_that_is_given_up_leaves_nothing),
		cmocka_unit_test(copies_become_one_recording),
		cmocka_unit_test(what_is_kept_has_a_limit_of_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
