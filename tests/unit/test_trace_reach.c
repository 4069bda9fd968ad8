#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "collect/trace_reach.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

#define PER_S UINT64_C(15625000) /* ticks, as on Linux */

/* A trace in the making. */
struct bytes {
	unsigned char data[1024];
	size_t n;
};

static void put(struct bytes *b, unsigned char byte)
{
	assert_true(b->n < sizeof b->data);
	b->data[b->n++] = byte;
}

static void put_varint(struct bytes *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put(b, (unsigned char)(value | 0x80));
	put(b, (unsigned char)value);
}

static void put_head(struct bytes *b, uint64_t generation, uint64_t ticks, size_t size)
{
	put(b, 1);
	put_varint(b, generation);
	put_varint(b, UINT64_MAX); /* no thread */
	put_varint(b, ticks);
	put_varint(b, size);
}

static void put_batch(struct bytes *b, uint64_t generation, uint64_t ticks, size_t size)
{
	put_head(b, generation, ticks, size);
	for (size_t i = 0; i < size; i++)
		put(b, 20); /* no Sync */
}

static void put_sync(struct bytes *b, uint64_t generation, uint64_t ticks)
{
	struct bytes inside = {.n = 0};
	put(&inside, 50);
	put(&inside, 8);
	put_varint(&inside, PER_S);
	for (int i = 0; i < 20; i++)
		put(&inside, 51);
	put_head(b, generation, ticks, inside.n);
	for (size_t i = 0; i < inside.n; i++)
		put(b, inside.data[i]);
}

/* Two generations from 10 s to 12.5 s, batches of which lie in no order. */
static struct bytes make(void)
{
	struct bytes b = {.n = 16};
	memcpy(b.data, "go 1.26 trace\0\0\0", 16);
	put_sync(&b, 7, 10 * PER_S + 5);
	put_batch(&b, 7, 11 * PER_S, 40);
	put_batch(&b, 7, 10 * PER_S, 3);
	put_batch(&b, 7, 11 * PER_S + 9, 0);
	put(&b, 52);
	put_sync(&b, 8, 11 * PER_S + 10);
	put(&b, 49); /* an experiment */
	put(&b, 1);
	put_varint(&b, 8);
	put_varint(&b, 3);
	put_varint(&b, 11 * PER_S + 11);
	put_varint(&b, 5);
	for (int i = 0; i < 5; i++)
		put(&b, 1);
	put_batch(&b, 8, 12 * PER_S + PER_S / 2, 70);
	put_batch(&b, 8, 11 * PER_S + 20, 13);
	put(&b, 52);
	return b;
}

static int64_t reach_of(const void *data, size_t size, size_t step)
{
	struct trace_reach r = {.have = 0};
	for (size_t at = 0; at < size; at += step)
		trace_reach_add(&r, (const char *)data + at, size - at < step ? size - at : step);
	return trace_reach_ns(&r);
}

static void a_trace_reaches_from_its_first_batch_to_its_last(void **state)
{
	(void)state;
	struct bytes b = make();
	for (size_t step = 1; step <= b.n; step++)
		assert_int_equal(reach_of(b.data, b.n, step), 5 * NS_PER_S / 2);
}

static void without_a_frequency_the_reach_is_unknown(void **state)
{
	(void)state;
	struct bytes b = {.n = 16};
	put_batch(&b, 1, PER_S, 30);
	put_batch(&b, 1, 2 * PER_S, 30);
	assert_int_equal(reach_of(b.data, b.n, b.n), 0);
	assert_int_equal(reach_of(b.data, 16, 1), 0);
	assert_int_equal(reach_of(b.data, 0, 1), 0);
}

static void what_is_no_batch_makes_the_reach_unknown(void **state)
{
	(void)state;
	struct bytes b = make(), foreign = b, large = b, endless = b;
	put(&foreign, 2);
	assert_int_equal(reach_of(foreign.data, foreign.n, 7), 0);
	put_head(&large, 9, 13 * PER_S, 65537);
	assert_int_equal(reach_of(large.data, large.n, 7), 0);
	put(&endless, 1);
	for (int i = 0; i < 12; i++)
		put(&endless, 0xff);
	assert_int_equal(reach_of(endless.data, endless.n, 7), 0);
}

static void what_breaks_off_reaches_as_far_as_it_goes(void **state)
{
	(void)state;
	struct bytes b = make();
	int64_t last = 0;
	for (size_t n = 0; n <= b.n; n++) {
		int64_t reach = reach_of(b.data, n, 5);
		assert_true(reach >= last);
		last = reach;
	}
	assert_int_equal(last, 5 * NS_PER_S / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_reaches_from_its_first_batch_to_its_last),
		cmocka_unit_test(without_a_frequency_the_reach_is_unknown),
		cmocka_unit_test(what_is_no_batch_makes_the_reach_unknown),
		cmocka_unit_test(what_breaks_off_reaches_as_far_as_it_goes),
	};
	return cmocka_run_group_tests_name("trace_reach", tests, NULL, NULL);
}
