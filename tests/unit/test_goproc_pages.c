#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/pages.h"

#define START UINT64_C(0x10000)
#define SIZE  UINT64_C(0x5100) /* the last page is not whole */

struct below {
	uint8_t bytes[SIZE];
	struct memory memory;
	struct pages pages;
	struct memory cached;
};

static ssize_t read_below(void *context, void *to, size_t size, const struct iovec *remote,
                          size_t n)
{
	const struct below *below = context;
	uint64_t at = (uintptr_t)remote->iov_base - START;
	assert_int_equal(n, 1);
	if (at >= SIZE || size > SIZE - at) {
		errno = EFAULT;
		return -1;
	}
	memcpy(to, below->bytes + at, size);
	return (ssize_t)size;
}

static void start(struct below *below)
{
	for (size_t i = 0; i < SIZE; i++)
		below->bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	below->memory = (struct memory){.readv = read_below, .context = below};
	below->cached = pages_memory(&below->pages, &below->memory);
}

static void expect(struct below *below, uint64_t at, size_t n)
{
	uint8_t bytes[SIZE];
	assert_int_equal(memory_read(&below->cached, START + at, bytes, n), MEMORY_OK);
	assert_memory_equal(bytes, below->bytes + at, n);
}

static void small_reads_of_a_page_are_one_read_below(void **state)
{
	struct below below;
	(void)state;
	start(&below);
	for (uint64_t at = 0; at < 4096; at += 16)
		expect(&below, at, 16);
	assert_int_equal(below.memory.calls, 1);
	pages_finish(&below.pages);
}

static void reads_across_pages_and_large_ones_are_whole(void **state)
{
	struct below below;
	(void)state;
	start(&below);
	expect(&below, 4090, 12);
	expect(&below, 100, 4096);
	expect(&below, 1, SIZE - 1);
	expect(&below, 7, 0);
	pages_finish(&below.pages);
}

static void end_of_the_memory_is_read_and_nothing_beyond(void **state)
{
	struct below below;
	uint8_t byte;
	(void)state;
	start(&below);
	expect(&below, SIZE - 8, 8);
	expect(&below, 0x4ff8, 16);
	assert_int_equal(memory_read(&below.cached, START + SIZE, &byte, 1), MEMORY_FAULT);
	assert_int_equal(memory_read(&below.cached, START - 1, &byte, 1), MEMORY_FAULT);
	pages_finish(&below.pages);
}

static void pages_that_share_a_place_do_not_mix(void **state)
{
	struct below below;
	(void)state;
	start(&below);
	for (int round = 0; round < 3; round++) {
		for (uint64_t at = 0; at + 8 <= SIZE; at += 0x1000)
			expect(&below, at, 8);
	}
	pages_finish(&below.pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_reads_of_a_page_are_one_read_below),
		cmocka_unit_test(reads_across_pages_and_large_ones_are_whole),
		cmocka_unit_test(end_of_the_memory_is_read_and_nothing_beyond),
		cmocka_unit_test(pages_that_share_a_place_do_not_mix),
	};
	return cmocka_run_group_tests_name("goproc pages", tests, NULL, NULL);
}
