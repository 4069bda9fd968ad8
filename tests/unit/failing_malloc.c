/* The linker sends every malloc and calloc of the program here (--wrap); see metrics_fixture.h. */
#include "tests/unit/metrics_fixture.h"

#include <stdbool.h>
#include <stdlib.h>

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl51-cpp) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

static long left = -1;

void fail_allocation(long n)
{
	left = n;
}

static bool may_go_on(void)
{
	if (left > 0)
		left--;
	return left != 0;
}

void *__wrap_malloc(size_t size)
{
	return may_go_on() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return may_go_on() ? __real_calloc(n, size) : NULL;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl51-cpp) */
