#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "goproc/layouts.h"

struct named {
	const char *name;
	struct layout_field field;
};

#define NAMED(name) {#name, layout->name},
#define FIELDS_OF(layout_)                 \
	const struct layout *layout = layout_; \
	const struct named fields[] = {LAYOUT_FIELDS(NAMED)}
#define FIELD_COUNT (sizeof fields / sizeof *fields)

static void every_supported_version_has_a_layout(void **state)
{
	(void)state;
	assert_int_equal(layout_oldest(), 18);
	assert_true(layout_newest() >= 27);
	for (int minor = layout_oldest(); minor <= layout_newest(); minor++) {
		const struct layout *layout = layout_find(minor);
		assert_non_null(layout);
		assert_true(layout->first <= minor && minor <= layout->last);
	}
}

static void unknown_versions_have_none(void **state)
{
	(void)state;
	assert_null(layout_find(0));
	assert_null(layout_find(layout_oldest() - 1));
	assert_null(layout_find(layout_newest() + 1));
}

/* A field that the generator forgot would be {0, 0}. */
static void every_field_has_a_place_or_is_marked_absent(void **state)
{
	(void)state;
	for (int minor = layout_oldest(); minor <= layout_newest(); minor++) {
		FIELDS_OF(layout_find(minor));
		for (size_t i = 0; i < FIELD_COUNT; i++) {
			if (fields[i].field.off < 0)
				assert_int_equal(fields[i].field.size, 0);
			else
				assert_true(fields[i].field.size > 0);
		}
	}
}

static void fields_do_not_overlap(void **state)
{
	(void)state;
	for (int minor = layout_oldest(); minor <= layout_newest(); minor++) {
		FIELDS_OF(layout_find(minor));
		for (size_t i = 0; i < FIELD_COUNT; i++) {
			for (size_t k = 0; k < i; k++) {
				struct layout_field a = fields[i].field, b = fields[k].field;
				if (a.off >= 0 && b.off >= 0 && a.off < b.off + b.size && b.off < a.off + a.size)
					fail_msg("1.%d: %s and %s overlap", minor, fields[i].name, fields[k].name);
			}
		}
	}
}

static void histograms_have_the_size_of_their_version(void **state)
{
	(void)state;
	assert_int_equal(layout_find(19)->timeToRun.size, (45 * 16 + 1) * 8);
	assert_int_equal(layout_find(20)->timeToRun.size, (40 * 4 + 2) * 8);
	assert_true(layout_find(21)->stwTotalTimeGC.off < 0);
	assert_int_equal(layout_find(22)->stwTotalTimeGC.size, (40 * 4 + 2) * 8);
}

static void all_fields_are_within_the_bytes_that_are_read(void **state)
{
	(void)state;
	for (int minor = layout_oldest(); minor <= layout_newest(); minor++) {
		FIELDS_OF(layout_find(minor));
		int end = 0;
		for (size_t i = 0; i < FIELD_COUNT; i++) {
			if (fields[i].field.off + fields[i].field.size > end)
				end = fields[i].field.off + fields[i].field.size;
		}
		assert_int_equal(layout_bytes(layout), end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_supported_version_has_a_layout),
		cmocka_unit_test(unknown_versions_have_none),
		cmocka_unit_test(every_field_has_a_place_or_is_marked_absent),
		cmocka_unit_test(fields_do_not_overlap),
		cmocka_unit_test(histograms_have_the_size_of_their_version),
		cmocka_unit_test(all_fields_are_within_the_bytes_that_are_read),
	};
	return cmocka_run_group_tests_name("goproc layouts", tests, NULL, NULL);
}
