/* Packed traces: read to their end, in whatever pieces they come, and known to be cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "trace/input.h"

/* Longer than what is held of packed bytes, and hard to pack. */
enum { PLAIN = 600 * 1000, ROOM = 2 * PLAIN };

static uint8_t *make_plain(void)
{
	uint8_t *plain = malloc(PLAIN);
	uint32_t x = 1;
	assert_non_null(plain);
	for (size_t i = 0; i < PLAIN; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (uint8_t)(x >> 24);
	}
	return plain;
}

static size_t pack_gzip(const uint8_t *plain, size_t n, uint8_t *packed)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)plain;
	z.avail_in = (uInt)n;
	z.next_out = packed;
	z.avail_out = ROOM;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t made = ROOM - z.avail_out;
	deflateEnd(&z);
	return made;
}

static size_t pack_zstd(const uint8_t *plain, size_t n, uint8_t *packed)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1); /* as zstd(1) does */
	size_t made = ZSTD_compress2(context, packed, ROOM, plain, n);
	assert_false(ZSTD_isError(made));
	ZSTD_freeCCtx(context);
	return made;
}

static size_t (*const packers[])(const uint8_t *, size_t, uint8_t *) = {pack_gzip, pack_zstd};
static const char *const packings[] = {"gzip", "zstd"};

/* Opens the bytes as a file, whose name is gone when this returns. */
static void open_bytes(struct input *in, const uint8_t *bytes, size_t n)
{
	char path[] = "/tmp/schedtop-test-XXXXXX";
	struct error error = {0};
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
	assert_int_equal(input_open(in, path, &error), STATUS_OK);
	unlink(path);
}

/* How much comes out before the end; all of it must be what went in. */
static size_t read_all(struct input *in, const uint8_t *plain)
{
	size_t n = 0;
	while (input_need(in, 1) && in->have > 0) {
		assert_true(n + in->have <= PLAIN);
		assert_memory_equal(in->data, plain + n, in->have);
		n += in->have;
		input_consume(in, in->have);
	}
	return n;
}

static void packed_file_is_read_to_its_end(void **state)
{
	(void)state;
	uint8_t *plain = make_plain(), *packed = malloc(ROOM);
	assert_non_null(packed);
	for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
		struct input in;
		size_t n = packers[i](plain, PLAIN, packed);
		open_bytes(&in, packed, n);
		assert_string_equal(in.packing, packings[i]);
		assert_int_equal(read_all(&in, plain), PLAIN);
		assert_false(in.torn);
		input_finish(&in);
	}
	free(packed);
	free(plain);
}

static void several_packed_pieces_in_a_row_are_one(void **state)
{
	(void)state;
	uint8_t *plain = make_plain(), *packed = malloc(2 * ROOM);
	assert_non_null(packed);
	for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
		struct input in;
		size_t n = packers[i](plain, PLAIN / 3, packed);
		n += packers[i](plain + PLAIN / 3, PLAIN - PLAIN / 3, packed + n);
		open_bytes(&in, packed, n);
		assert_int_equal(read_all(&in, plain), PLAIN);
		assert_false(in.torn);
		input_finish(&in);
	}
	free(packed);
	free(plain);
}

static void packed_file_that_is_cut_is_torn(void **state)
{
	(void)state;
	uint8_t *plain = make_plain(), *packed = malloc(ROOM);
	assert_non_null(packed);
	for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
		size_t n = packers[i](plain, PLAIN, packed);
		const size_t cuts[] = {n - 1, n - 9, n / 2, 70000};
		for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
			struct input in;
			open_bytes(&in, packed, cuts[k]);
			read_all(&in, plain);
			assert_true(in.torn);
			assert_string_equal(in.torn_why, "the compressed stream breaks off");
			input_finish(&in);
		}
	}
	free(packed);
	free(plain);
}

static void stopped_input_ends_without_the_rest(void **state)
{
	(void)state;
	uint8_t *plain = make_plain(), *packed = malloc(ROOM);
	assert_non_null(packed);
	for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
		struct input in;
		atomic_bool stop = false;
		size_t n = packers[i](plain, PLAIN, packed);
		open_bytes(&in, packed, n);
		in.stop = &stop;
		assert_true(input_need(&in, 1));
		assert_true(in.have >= 1 && !in.end);
		atomic_store(&stop, true);
		assert_true(input_need(&in, PLAIN));
		assert_true(in.have < PLAIN && in.end);
		input_finish(&in);
	}
	free(packed);
	free(plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_file_is_read_to_its_end),
		cmocka_unit_test(several_packed_pieces_in_a_row_are_one),
		cmocka_unit_test(packed_file_that_is_cut_is_torn),
		cmocka_unit_test(stopped_input_ends_without_the_rest),
	};
	return cmocka_run_group_tests_name("trace_input", tests, NULL, NULL);
}
