/* The small parts of the trace engine: numbers, maps of IDs, names, distributions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace/distribution.h"
#include "trace/idmap.h"
#include "trace/names.h"
#include "trace/slots.h"
#include "trace/varint.h"

static void padded_number_is_read(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x85, 0x80, 0x80, 0x00, 0x07};
	struct cursor c = {bytes, bytes + sizeof bytes};
	uint64_t x;
	assert_true(cursor_varint(&c, &x));
	assert_int_equal(x, 5);
	assert_true(cursor_varint(&c, &x));
	assert_int_equal(x, 7);
	assert_false(cursor_varint(&c, &x));
}

static void number_of_more_than_64_bits_is_refused(void **state)
{
	(void)state;
	uint8_t bytes[VARINT_MAX] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
	uint64_t x;
	struct cursor largest = {bytes, bytes + sizeof bytes};
	assert_true(cursor_varint(&largest, &x));
	assert_true(x == UINT64_MAX);
	assert_non_null(varint_unchecked(bytes, &x));
	bytes[9] = 2;
	struct cursor larger = {bytes, bytes + sizeof bytes};
	assert_false(cursor_varint(&larger, &x));
	assert_null(varint_unchecked(bytes, &x));
}

static void number_that_is_cut_off_is_refused(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x85, 0x80};
	struct cursor c = {bytes, bytes + sizeof bytes};
	uint64_t x;
	assert_false(cursor_varint(&c, &x));
}

static void map_finds_what_was_put_and_not_removed(void **state)
{
	(void)state;
	struct idmap map = {0};
	for (uint32_t i = 0; i < 5000; i++)
		assert_true(idmap_put(&map, i * UINT64_C(7), i));
	for (uint32_t i = 0; i < 5000; i += 2)
		idmap_remove(&map, i * UINT64_C(7));
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(idmap_get(&map, i * UINT64_C(7)), i % 2 ? i : IDMAP_NONE);
	assert_int_equal(idmap_get(&map, UINT64_MAX), IDMAP_NONE);
	idmap_finish(&map);
}

static void map_withstands_ids_made_to_collide(void **state)
{
	(void)state;
	struct idmap map = {0};
	assert_true(idmap_put(&map, 0, 0));
	/* Newton: the inverse of the multiplier, so that the products are small. */
	uint64_t inverse = 1;
	for (int i = 0; i < 6; i++)
		inverse *= 2 - map.multiplier * inverse;
	for (uint32_t i = 1; i < 20000; i++)
		assert_true(idmap_put(&map, i * inverse, i));
	assert_true(map.secret);
	for (uint32_t i = 0; i < 20000; i++)
		assert_int_equal(idmap_get(&map, i * inverse), i);
	idmap_finish(&map);
}

static void sparse_ids_cost_no_memory(void **state)
{
	(void)state;
	struct idmap map = {0};
	assert_true(idmap_put(&map, UINT64_MAX, 1));
	assert_true(idmap_put(&map, UINT64_C(1) << 40, 2));
	assert_true(map.mask < 128);
	assert_int_equal(idmap_get(&map, UINT64_MAX), 1);
	idmap_finish(&map);
}

static void slots_are_blank_and_behind_a_gap_gone(void **state)
{
	(void)state;
	static const int blank = -1;
	int *slot = NULL;
	size_t slots = 0;
	assert_true(SLOTS_FIT(slot, slots, 3, &blank));
	slot[2] = 7;
	assert_true(SLOTS_FIT(slot, slots, 1000, &blank));
	assert_int_equal(slot[2], 7);
	assert_int_equal(slot[999], -1);
	slots_drop(&slot, &slots);
	assert_null(slot);
	assert_int_equal(slots, 0);
	assert_true(SLOTS_FIT(slot, slots, 3, &blank));
	assert_int_equal(slot[2], -1);
	slots_drop(&slot, &slots);
}

static size_t count_touched(const struct slots_touched *t, size_t n, const uint32_t *slot,
                            size_t wanted)
{
	size_t looks = 0, met = 0;
	for (size_t i = slots_touched(t, 0, n); i < n; i = slots_touched(t, i + 1, n)) {
		looks++;
		met += met < wanted && slot[met] == i;
	}
	assert_int_equal(met, wanted);
	return looks;
}

static void walk_over_touched_slots_meets_them_and_few_others(void **state)
{
	(void)state;
	enum { SLOTS = 100 * SLOTS_PART + 1 };
	static const uint32_t slot[] = {0, SLOTS_PART - 1, 50 * SLOTS_PART, SLOTS - 1};
	struct slots_touched t = {0};
	assert_int_equal(count_touched(&t, SLOTS, slot, 0), 0);
	assert_true(slots_touched_fit(&t, SLOTS));
	assert_int_equal(count_touched(&t, SLOTS, slot, 0), 0);
	for (size_t i = 0; i < 4; i++)
		slots_touch(&t, slot[i]);
	assert_int_equal(count_touched(&t, SLOTS, slot, 4), 2 * SLOTS_PART + 1);
	assert_int_equal(count_touched(&t, SLOTS_PART + 1, slot, 2), SLOTS_PART);
	slots_touched_clear(&t);
	assert_int_equal(count_touched(&t, SLOTS, slot, 0), 0);
	slots_touched_drop(&t);
}

static void equal_names_have_one_number(void **state)
{
	(void)state;
	struct names names = {0};
	char text[16];
	assert_int_equal(names_intern(&names, "", 0), NAME_NONE);
	assert_int_equal(names_find(&names, "name 7", 6), NAME_ERROR);
	for (int i = 0; i < 2000; i++) {
		int n = snprintf(text, sizeof text, "name %d", i);
		assert_int_equal(names_intern(&names, text, (size_t)n), i + 1);
	}
	assert_int_equal(names_intern(&names, "name 7", 6), 8);
	assert_int_equal(names_find(&names, "name 7", 6), 8);
	assert_int_equal(names_find(&names, "name -7", 7), NAME_ERROR);
	assert_int_equal(names_find(&names, "", 0), NAME_NONE);
	assert_int_equal(names.n, 2000);
	assert_string_equal(names_text(&names, 8), "name 7");
	assert_string_equal(names_text(&names, 999999), "");
	names_finish(&names);
}

/* The second word takes back what a multiplication by an odd number does to the first one's upper
   bit: what only multiplies and folds can't tell the halves of these strings apart. */
static void names_chosen_to_collide_do_not(void **state)
{
	(void)state;
	enum { WORDS = 16, NAMES = 1 << WORDS / 2 };
	struct names names = {0};
	uint32_t low = UINT32_MAX, high = 0;
	for (unsigned i = 0; i < NAMES; i++) {
		uint64_t text[WORDS] = {0};
		for (unsigned k = 0; k < WORDS / 2; k++)
			if (i >> k & 1) {
				text[2 * k] = UINT64_C(1) << 63;
				text[2 * k + 1] = UINT64_C(1) << 63 | UINT64_C(1) << 31;
			}
		assert_int_equal(names_intern(&names, text, sizeof text), i + 1);
		uint32_t hash = names_get(&names, i + 1)->hash;
		low = hash < low ? hash : low;
		high = hash > high ? hash : high;
	}
	assert_true(high - low > UINT32_MAX / 2);
	names_finish(&names);
}

/* As in the appendix of SipHash's paper. */
static void siphash_is_the_published_one(void **state)
{
	(void)state;
	uint8_t bytes[15];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	const struct siphash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
	assert_true(siphash(&key, bytes, sizeof bytes) == UINT64_C(0xa129ca6149be45e5));
}

static void percentile_of_nothing_is_zero(void **state)
{
	(void)state;
	struct distribution d = {0};
	assert_int_equal(distribution_percentile(&d, 0.5), 0);
}

static void percentiles_are_within_one_percent(void **state)
{
	(void)state;
	struct distribution d = {0};
	for (int64_t i = 1; i <= 100000; i++)
		assert_true(distribution_add(&d, i * 1000));
	assert_int_equal(d.count, 100000);
	assert_int_equal(d.min_ns, 1000);
	assert_int_equal(d.max_ns, 100000000);
	int64_t median = distribution_percentile(&d, 0.5), p99 = distribution_percentile(&d, 0.99);
	assert_true(median >= 50000000 && median <= 50500000);
	assert_true(p99 >= 99000000 && p99 <= 99990000);
	assert_int_equal(distribution_percentile(&d, 1), d.max_ns);
	distribution_finish(&d);
}

static void extreme_durations_are_counted(void **state)
{
	(void)state;
	struct distribution d = {0};
	assert_true(distribution_add(&d, -5));
	assert_true(distribution_add(&d, INT64_MAX));
	assert_int_equal(distribution_percentile(&d, 0.5), 0);
	assert_true(distribution_percentile(&d, 1) == INT64_MAX);
	distribution_finish(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(padded_number_is_read),
		cmocka_unit_test(number_of_more_than_64_bits_is_refused),
		cmocka_unit_test(number_that_is_cut_off_is_refused),
		cmocka_unit_test(map_finds_what_was_put_and_not_removed),
		cmocka_unit_test(map_withstands_ids_made_to_collide),
		cmocka_unit_test(sparse_ids_cost_no_memory),
		cmocka_unit_test(slots_are_blank_and_behind_a_gap_gone),
		cmocka_unit_test(walk_over_touched_slots_meets_them_and_few_others),
		cmocka_unit_test(equal_names_have_one_number),
		cmocka_unit_test(names_chosen_to_collide_do_not),
		cmocka_unit_test(siphash_is_the_published_one),
		cmocka_unit_test(percentile_of_nothing_is_zero),
		cmocka_unit_test(percentiles_are_within_one_percent),
		cmocka_unit_test(extreme_durations_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
