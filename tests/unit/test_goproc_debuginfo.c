#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/debuginfo.h"
#include "tests/unit/goproc_dwarf.h"

struct fixture {
	uint8_t bytes[DWARF_MAX];
	size_t n;
	struct layout layout;
	struct error error;
};

static void build(struct fixture *f)
{
	*f = (struct fixture){0};
	f->n = dwarf_write(f->bytes, layout_find(layout_newest()));
}

static enum status look(struct fixture *f)
{
	struct image image;
	dwarf_open(&image, f->bytes, f->n);
	enum status status = debuginfo_layout(&image, &f->layout, &f->error);
	image_close(&image);
	return status;
}

/* Where the name stands, with the byte that ends it. */
static uint8_t *find(struct fixture *f, const char *name)
{
	uint8_t *at = memmem(f->bytes, f->n, name, strlen(name) + 1);
	assert_non_null(at);
	return at;
}

static void expect_refusal(struct fixture *f, const char *sentence)
{
	assert_int_equal(look(f), STATUS_FAILED);
	if (!strstr(f->error.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", f->error.text, sentence);
}

static void layout_is_that_of_the_program(void **state)
{
	struct fixture f;
	const struct layout *newest = layout_find(layout_newest());
	(void)state;
	build(&f);
	assert_int_equal(look(&f), STATUS_OK);
	assert_int_equal(f.layout.first, 0);
#define COMPARE(name)                                      \
	assert_int_equal(f.layout.name.off, newest->name.off); \
	if (newest->name.off >= 0)                             \
		assert_int_equal(f.layout.name.size, newest->name.size);
	LAYOUT_FIELDS(COMPARE)
#undef COMPARE
}

static void field_that_is_missing_is_named(void **state)
{
	struct fixture f;
	(void)state;
	build(&f);
	find(&f, "sysmonwait")[0] = 'S';
	expect_refusal(&f, "lacks the field sysmonwait of Go 1.27");
	build(&f);
	find(&f, "runtime.sched")[0] = 'R';
	expect_refusal(&f, "does not describe runtime.sched");
}

static void file_without_dwarf_is_refused(void **state)
{
	struct fixture f;
	(void)state;
	build(&f);
	f.n = 0;
	expect_refusal(&f, "DWARF");
}

/* A variable of its own type, a type that is a member of itself: nothing may go round for ever. */
static void types_that_lead_nowhere_are_refused(void **state)
{
	struct fixture f;
	(void)state;
	build(&f);
	uint8_t *name = find(&f, "runtime.sched"), *type = name + sizeof "runtime.sched";
	uint32_t itself = (uint32_t)(name - 1 - (f.bytes + DWARF_ABBREV));
	memcpy(type, &itself, sizeof itself);
	expect_refusal(&f, "lacks the field");
	memcpy(type, &(uint32_t){UINT32_MAX}, 4);
	expect_refusal(&f, "does not describe runtime.sched");
	build(&f);
	/* atomic.Int64 wraps itself. */
	name = find(&f, "internal/runtime/atomic.Int64");
	itself = (uint32_t)(name - 1 - (f.bytes + DWARF_ABBREV));
	memcpy(find(&f, "value") + sizeof "value" + 1, &itself, sizeof itself);
	expect_refusal(&f, "lacks the field");
}

static void size_beyond_reason_is_refused(void **state)
{
	struct fixture f;
	(void)state;
	build(&f);
	/* The size of the section of entries, which is a lie then. */
	struct image image;
	dwarf_open(&image, f.bytes, f.n);
	for (size_t i = 0; i < image.section_count; i++) {
		if (strcmp(image.sections[i].name, ".debug_info") == 0)
			image.sections[i].size = UINT64_MAX;
	}
	assert_int_equal(debuginfo_layout(&image, &f.layout, &f.error), STATUS_FAILED);
	assert_non_null(strstr(f.error.text, "more DWARF than any program has"));
	image_close(&image);
}

static void size_of_sections_for_the_linker_counts_too(void **state)
{
	struct fixture f;
	(void)state;
	build(&f);
	struct image image;
	dwarf_open(&image, f.bytes, f.n);
	struct image_section *section = &image.sections[image.section_count - 1];
	snprintf(section->name, sizeof section->name, ".gnu.debuglto_.debug_info");
	section->size = UINT64_MAX;
	assert_int_equal(debuginfo_layout(&image, &f.layout, &f.error), STATUS_FAILED);
	assert_non_null(strstr(f.error.text, "more DWARF than any program has"));
	image_close(&image);
}

/* Every byte of it changed, one after the other: a sentence or a layout, and no fault. */
static void no_byte_of_it_is_trusted(void **state)
{
	struct fixture f;
	int refused = 0;
	(void)state;
	build(&f);
	for (size_t i = 0; i < f.n; i++) {
		uint8_t was = f.bytes[i];
		f.bytes[i] = (uint8_t)~was;
		if (look(&f) != STATUS_OK) {
			assert_true(f.error.text[0] != '\0');
			refused++;
		}
		f.bytes[i] = was;
	}
	assert_true(refused > 500);
	assert_int_equal(look(&f), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_is_that_of_the_program),
		cmocka_unit_test(field_that_is_missing_is_named),
		cmocka_unit_test(file_without_dwarf_is_refused),
		cmocka_unit_test(types_that_lead_nowhere_are_refused),
		cmocka_unit_test(size_beyond_reason_is_refused),
		cmocka_unit_test(size_of_sections_for_the_linker_counts_too),
		cmocka_unit_test(no_byte_of_it_is_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
