#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/addresses.h"
#include "tests/unit/goproc_tables.h"

/* A program of tables and code alone, loaded elsewhere than it was linked for. */
#define BIAS   UINT64_C(0x550000000000)
#define TEXT   UINT64_C(0x401000)
#define TABLES UINT64_C(0x480000)
#define DATA   UINT64_C(0x500000)
#define BSS    UINT64_C(0x520000)

struct fixture {
	uint8_t code[TABLES_END], tables[TABLES_SIZE];
	struct globals truth, found;
	struct addresses_score score;
	struct moduledata module;
	struct memory memory;
	struct image image;
	struct error error;
};

static ssize_t read_program(void *context, void *to, size_t size, const struct iovec *remote,
                            size_t n)
{
	struct fixture *fixture = context;
	uint64_t address = (uintptr_t)remote->iov_base;
	assert_int_equal(n, 1);
	if (address - TEXT < TABLES_END && size <= TABLES_END - (address - TEXT)) {
		memcpy(to, fixture->code + (address - TEXT), size);
	} else if (address - TABLES < TABLES_SIZE && size <= TABLES_SIZE - (address - TABLES)) {
		memcpy(to, fixture->tables + (address - TABLES), size);
	} else {
		errno = EFAULT;
		return -1;
	}
	return (ssize_t)size;
}

static void build(struct fixture *fixture, int minor)
{
	*fixture = (struct fixture){
		.truth = {.sched = BIAS + BSS + 0x1000,
	              .allp = BIAS + DATA + 0x30,
	              .allm = BIAS + DATA + 0x80,
	              .gomaxprocs = BIAS + BSS + 0x40,
	              .allglen = BIAS + BSS + 0x60,
	              .allgptr = BIAS + DATA + 0xa0,
	              .gc_phase = BIAS + BSS + 0x80,
	              .gc_phase_size = 4},
		.memory = {.readv = read_program, .context = fixture},
		.image = {.fd = -1, .machine = EM_X86_64, .is64 = true},
	};
	struct tables tables = tables_write(fixture->tables, minor);
	struct moduledata *module = &fixture->module;
	module->pclntab = BIAS + TABLES;
	module->text = BIAS + TEXT;
	module->etext = BIAS + TEXT + TABLES_END;
	for (size_t i = 0; i < MODULE_TABLES; i++)
		module->table[i] =
			(struct extent){BIAS + TABLES + tables.table[i].start, tables.table[i].size};
	module->segment[MODULE_DATA] = (struct extent){BIAS + DATA, 0x10000};
	module->segment[MODULE_BSS] = (struct extent){BIAS + BSS, 0x10000};
	tables_write_code(fixture->code, BIAS + TEXT, layout_find(minor), &fixture->truth);
}

/* What addresses_from_code says when it takes the program for one of Go 1.minor. */
static enum status look(struct fixture *fixture, int minor)
{
	struct addresses_code code = {
		.image = &fixture->image,
		.file = &fixture->memory,
		.bias = BIAS,
		.module = &fixture->module,
	};
	assert_int_equal(pclntab_create(&code.pclntab, &fixture->memory, &fixture->module, BIAS, minor,
	                                &fixture->error),
	                 STATUS_OK);
	enum status status = addresses_from_code(&code, layout_find(minor), &fixture->found,
	                                         &fixture->score, &fixture->error);
	pclntab_destroy(code.pclntab);
	return status;
}

static void expect_refusal(struct fixture *fixture, int minor, const char *sentence)
{
	assert_int_equal(look(fixture, minor), STATUS_FAILED);
	if (!strstr(fixture->error.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", fixture->error.text, sentence);
}

static void variables_are_found_in_the_code_of_every_version(void **state)
{
	(void)state;
	for (int minor = layout_oldest(); minor <= layout_newest(); minor++) {
		struct fixture fixture;
		build(&fixture, minor);
		if (look(&fixture, minor) != STATUS_OK)
			fail_msg("1.%d: %s", minor, fixture.error.text);
		assert_memory_equal(&fixture.found, &fixture.truth, sizeof fixture.truth);
		assert_int_equal(fixture.score.found, minor >= 20 ? 11 : 10);
		assert_int_equal(fixture.score.of, fixture.score.found);
		assert_true(fixture.score.runner_up < fixture.score.found - 3);
	}
}

static void layout_of_another_version_is_refused(void **state)
{
	struct fixture fixture;
	(void)state;
	build(&fixture, 18);
	expect_refusal(&fixture, 26, "does not tell where the scheduler is");
	build(&fixture, 27);
	expect_refusal(&fixture, 22, "does not tell where the scheduler is");
}

static void score_of_two_fields_missing_is_enough_and_of_three_is_not(void **state)
{
	struct fixture fixture;
	(void)state;
	build(&fixture, 26);
	memset(fixture.code + TABLES_SCHEDTRACE, 0x90, 12); /* two loads of four bytes */
	assert_int_equal(look(&fixture, 26), STATUS_OK);
	assert_int_equal(fixture.score.found, 9);
	memset(fixture.code + TABLES_SCHEDTRACE, 0x90, 18);
	expect_refusal(&fixture, 26, "of the 11 fields that runtime.schedtrace prints 8 were found");
}

static void phase_that_is_not_found_or_not_the_only_one_is_unknown(void **state)
{
	struct fixture fixture;
	(void)state;
	build(&fixture, 26);
	/* A second variable of which the address is taken, in place of a load. */
	uint8_t *at = fixture.code + TABLES_MARK_END + 19;
	uint32_t displacement =
		(uint32_t)(fixture.truth.gc_phase - BIAS + 32 - (TEXT + TABLES_MARK_END + 26));
	memcpy(at, "\x48\x8d\x0d", 3);
	memcpy(at + 3, &displacement, 4);
	assert_int_equal(look(&fixture, 26), STATUS_OK);
	assert_int_equal(fixture.found.gc_phase, 0);
	build(&fixture, 26);
	memset(fixture.code + TABLES_MARK, 0x90, 6);
	assert_int_equal(look(&fixture, 26), STATUS_OK);
	assert_int_equal(fixture.found.gc_phase, 0);
	assert_int_equal(fixture.found.gc_phase_size, 0);
}

static void two_that_could_be_gomaxprocs_are_refused(void **state)
{
	struct fixture fixture;
	(void)state;
	build(&fixture, 26);
	/* mov edx, [another variable], at the end of the function */
	uint8_t *at = fixture.code + TABLES_GOROUTINES - 6;
	uint32_t displacement = (uint32_t)(BSS + 0x100 - (TEXT + TABLES_GOROUTINES));
	memcpy(at, "\x8b\x15", 2);
	memcpy(at + 2, &displacement, 4);
	expect_refusal(&fixture, 26, "where runtime.gomaxprocs is");
	/* One that the function writes to is its own. */
	memcpy(at, "\x89\x15", 2);
	assert_int_equal(look(&fixture, 26), STATUS_OK);
}

static void missing_goroutines_are_refused(void **state)
{
	struct fixture fixture;
	(void)state;
	build(&fixture, 26);
	memset(fixture.code + TABLES_GOROUTINES, 0x90, 7);
	expect_refusal(&fixture, 26, "where runtime.allglen is");
}

static void code_that_is_no_code_is_refused(void **state)
{
	struct fixture fixture;
	(void)state;
	build(&fixture, 26);
	fixture.code[TABLES_SCHEDTRACE + 1] = 0x06;
	fixture.code[TABLES_SCHEDTRACE] = 0x06;
	expect_refusal(&fixture, 26, "runtime.schedtrace in its code is not understood");
}

static void program_without_schedtrace_is_refused(void **state)
{
	struct fixture fixture;
	(void)state;
	build(&fixture, 26);
	uint8_t *name = memmem(fixture.tables, TABLES_SIZE, "runtime.schedtrace", 18);
	assert_non_null(name);
	name[0] = 'x';
	expect_refusal(&fixture, 26, "runtime.schedtrace in its code is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_found_in_the_code_of_every_version),
		cmocka_unit_test(layout_of_another_version_is_refused),
		cmocka_unit_test(score_of_two_fields_missing_is_enough_and_of_three_is_not),
		cmocka_unit_test(phase_that_is_not_found_or_not_the_only_one_is_unknown),
		cmocka_unit_test(two_that_could_be_gomaxprocs_are_refused),
		cmocka_unit_test(missing_goroutines_are_refused),
		cmocka_unit_test(code_that_is_no_code_is_refused),
		cmocka_unit_test(program_without_schedtrace_is_refused),
	};
	return cmocka_run_group_tests_name("goproc addresses", tests, NULL, NULL);
}
