#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/types.h"
#include "tests/unit/goproc_elf.h"

/* The descriptors of a made-up executable, and nothing else, are mapped. */
struct section {
	struct go_elf elf;
	struct memory memory;
	struct types types;
	unsigned calls_max; /* more are refused */
};

static ssize_t section_readv(void *context, void *to, size_t size, const struct iovec *remote,
                             size_t n)
{
	struct section *s = context;
	uint8_t *at = to;
	(void)size;
	if (s->memory.calls > s->calls_max)
		fail_msg("%llu reads", (unsigned long long)s->memory.calls);
	for (size_t i = 0; i < n; i++) {
		uint64_t address = (uintptr_t)remote[i].iov_base, length = remote[i].iov_len;
		/* types.c knows the bounds: it must not even try. */
		assert_true(address >= s->types.start && address <= s->types.end &&
		            length <= s->types.end - address);
		memcpy(at, s->elf.bytes + (address - GO_ELF_BASE), length);
		at += length;
	}
	return at - (uint8_t *)to;
}

static int setup(void **state, int minor)
{
	struct section *s = calloc(1, sizeof *s);
	if (!s)
		return -1;
	s->elf = go_elf_create(minor, "go1.26.8", "");
	s->memory = (struct memory){.readv = section_readv, .context = s};
	s->types = (struct types){&s->memory, GO_ELF_BASE + s->elf.types,
	                          GO_ELF_BASE + s->elf.types + s->elf.types_n, minor};
	s->calls_max = 100000;
	*state = s;
	return 0;
}

static int setup_new(void **state)
{
	return setup(state, 26);
}

static int setup_118(void **state)
{
	return setup(state, 18);
}

static int teardown(void **state)
{
	struct section *s = *state;
	go_elf_finish(&s->elf);
	free(s);
	return 0;
}

static uint64_t find(struct section *s, const char *name)
{
	uint64_t address;
	assert_true(types_find(&s->types, &name, 1, &address));
	return address;
}

static void expect_place(struct section *s, const char *type, const char *paths, uint64_t offset,
                         uint64_t size)
{
	struct type_place place;
	assert_true(types_place(&s->types, find(s, type), paths, &place));
	assert_int_equal(place.offset, offset);
	assert_int_equal(place.size, size);
}

static void expect_none(struct section *s, const char *type, const char *paths)
{
	struct type_place place;
	assert_false(types_place(&s->types, find(s, type), paths, &place));
}

static void members_are_found_through_structs_slices_and_atomics(void **state)
{
	expect_place(*state, "runtime.p", "id", 0, 4);
	expect_place(*state, "runtime.p", "schedtick", 16, 4);
	expect_place(*state, "runtime.p", "gFree.size", 2104, 4);
	expect_place(*state, "runtime.p", "timers.heap.len", 2128, 8);
	expect_place(*state, "runtime.p", "timers.heap.array", 2120, 8);
	expect_place(*state, "runtime.p", "limiterEvent.stamp", 2144, 8);
	expect_place(*state, "runtime.m", "preemptoff.len", 56, 8);
	expect_place(*state, "runtime.g", "atomicstatus", 16, 4);
}

static void offsets_of_1_18_are_shifted_back(void **state)
{
	expect_place(*state, "runtime.p", "schedtick", 16, 4);
	expect_place(*state, "runtime.p", "limiterEvent.stamp", 2144, 8);
}

static void alternatives_are_tried_in_order(void **state)
{
	expect_place(*state, "runtime.p", "gFree.n|gFree.size", 2104, 4);
	expect_place(*state, "runtime.p", "schedtick|id", 16, 4);
	expect_none(*state, "runtime.p", "gFree.n|gfree");
}

static void what_is_no_value_is_not_found(void **state)
{
	expect_none(*state, "runtime.p", "nothing");
	expect_none(*state, "runtime.p", "i");   /* the beginning of a name */
	expect_none(*state, "runtime.p", "idx"); /* a name and more */
	expect_none(*state, "runtime.p", "id.more");
	expect_none(*state, "runtime.p", "timers"); /* a struct */
	expect_none(*state, "runtime.p", "timers.heap.length");
	expect_none(*state, "runtime.m", "preemptoff.cap"); /* strings have none */
	expect_none(*state, "runtime.p", "");
	expect_none(*state, "runtime.p", ".");
	expect_none(*state, "runtime.p", "timers.heap.len.x");
}

static void unknown_types_are_not_found(void **state)
{
	assert_int_equal(find(*state, "runtime.schedt"), 0);
	assert_int_equal(find(*state, "runtime."), 0);
	expect_none(*state, "runtime.nothing", "id");
}

static void too_many_or_too_long_names_are_refused(void **state)
{
	struct section *s = *state;
	const char *names[TYPES_FIND_MAX + 1];
	uint64_t address[TYPES_FIND_MAX + 1];
	for (size_t i = 0; i <= TYPES_FIND_MAX; i++)
		names[i] = "runtime.g";
	assert_true(types_find(&s->types, names, TYPES_FIND_MAX, address));
	assert_false(types_find(&s->types, names, TYPES_FIND_MAX + 1, address));
	char name[200];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	names[0] = name;
	assert_false(types_find(&s->types, names, 1, address));
}

static uint64_t *word_at(struct section *s, uint64_t address)
{
	return (uint64_t *)(void *)(s->elf.bytes + (address - GO_ELF_BASE));
}

static void field_table_outside_of_the_section_is_refused(void **state)
{
	struct section *s = *state;
	uint64_t p = find(s, "runtime.p"), *fields = word_at(s, p + 56), *count = word_at(s, p + 64);
	const uint64_t good = *fields,
				   bad[] = {0, 1, s->types.end - 8, UINT64_MAX - 8, s->types.start - 8};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		*fields = bad[i];
		expect_none(s, "runtime.p", "id");
	}
	*fields = good;
	*count = UINT64_MAX / 24 + 2;
	expect_none(s, "runtime.p", "id");
	*count = 511;
	expect_none(s, "runtime.p", "no such member");
}

static void struct_that_contains_itself_does_not_hang(void **state)
{
	struct section *s = *state;
	uint64_t p = find(s, "runtime.p"), g = find(s, "runtime.g");
	uint64_t *fields = word_at(s, p + 56);
	/* The atomic's value is the atomic: the second member of g, atomicstatus, becomes a loop. */
	uint64_t atomic = *word_at(s, *word_at(s, g + 56) + 24 + 8);
	*word_at(s, *word_at(s, atomic + 56) + 24 + 8) = atomic;
	s->calls_max = (unsigned)s->memory.calls + 2000;
	expect_none(s, "runtime.g", "atomicstatus");
	/* p.id is a p. */
	*word_at(s, *fields + 8) = p;
	s->calls_max = (unsigned)s->memory.calls + 2000;
	expect_none(s, "runtime.p", "id.id.id.id.id.id.id.id.id.id.id.id");
}

/* The reader of the section asserts that nothing outside is asked for. */
static void random_damage_is_survived(void **state)
{
	struct section *s = *state;
	static const char *const paths[] = {
		"id",           "gFree.size|gFree.n", "timers.heap.len", "limiterEvent.stamp",
		"atomicstatus", "preemptoff.str"};
	uint8_t *good = malloc(s->elf.types_n), *bytes = s->elf.bytes + s->elf.types;
	assert_non_null(good);
	memcpy(good, bytes, s->elf.types_n);
	uint32_t random = 1;
	for (int round = 0; round < 3000; round++) {
		for (int flips = 0; flips < 40; flips++) {
			random = random * 1664525 + 1013904223;
			bytes[(random >> 8) % s->elf.types_n] = (uint8_t)(random >> (flips % 3 * 8));
		}
		static const char *const names[] = {"runtime.p", "runtime.m", "runtime.g"};
		uint64_t address[3];
		s->memory.calls = 0;
		s->calls_max = 5000;
		assert_true(types_find(&s->types, names, 3, address));
		for (size_t i = 0; i < 18; i++) {
			struct type_place place;
			if (types_place(&s->types, address[i / 6], paths[i % 6], &place))
				assert_true(place.offset <= UINT64_C(8) * INT32_MAX);
		}
		memcpy(bytes, good, s->elf.types_n);
	}
	free(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define NEW(test) cmocka_unit_test_setup_teardown(test, setup_new, teardown)
		NEW(members_are_found_through_structs_slices_and_atomics),
		cmocka_unit_test_setup_teardown(offsets_of_1_18_are_shifted_back, setup_118, teardown),
		NEW(alternatives_are_tried_in_order),
		NEW(what_is_no_value_is_not_found),
		NEW(unknown_types_are_not_found),
		NEW(too_many_or_too_long_names_are_refused),
		NEW(field_table_outside_of_the_section_is_refused),
		NEW(struct_that_contains_itself_does_not_hang),
		NEW(random_damage_is_survived),
	};
	return cmocka_run_group_tests_name("goproc types", tests, NULL, NULL);
}
