#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "util/heap.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)16 << 20)

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 33)
#define HAVE_MALLINFO2 1
#endif
#endif

#ifdef HAVE_MALLINFO2
/* What the allocator has from the kernel in blocks of their own, while one is there. */
static size_t mapped_with_a_block(void)
{
	char *volatile block = malloc(BLOCK_BYTES);
	assert_non_null(block);
	block[0] = 1;
	size_t mapped = mallinfo2().hblkhd;
	free(block);
	return mapped;
}
#endif

static void large_blocks_go_back_however_often_they_are_made(void **state)
{
	(void)state;
#ifdef HAVE_MALLINFO2
	heap_return_large();
	if (mapped_with_a_block() < BLOCK_BYTES) {
		printf("another allocator stands in for the C library's\n");
		skip();
	}
	/* The first one that is freed raises glibc's threshold unless that was set. */
	for (int i = 0; i < 3; i++) {
		assert_true(mapped_with_a_block() >= BLOCK_BYTES);
		assert_true(mallinfo2().hblkhd < BLOCK_BYTES);
	}
#else
	printf("this C library does not tell what it has from the kernel\n");
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_blocks_go_back_however_often_they_are_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
