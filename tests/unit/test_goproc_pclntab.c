#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/pclntab.h"
#include "tests/unit/goproc_tables.h"

#define BIAS UINT64_C(0x7f0000000000)
#define BASE UINT64_C(0x5000) /* of the tables, without bias; not the start of a page */
#define TEXT (BIAS + 0x400000)

struct fixture {
	uint8_t bytes[TABLES_SIZE];
	size_t n;
	struct moduledata module;
	struct memory memory;
	struct pclntab *pclntab;
};

static ssize_t read_bytes(void *context, void *to, size_t size, const struct iovec *remote,
                          size_t n)
{
	const struct fixture *fixture = context;
	uint64_t at = (uintptr_t)remote->iov_base - BASE;
	assert_int_equal(n, 1);
	assert_int_equal(remote->iov_len, size);
	if (at > fixture->n || size > fixture->n - at) {
		errno = EFAULT;
		return -1;
	}
	memcpy(to, fixture->bytes + at, size);
	return (ssize_t)size;
}

static void write_tables(struct fixture *fixture, int minor)
{
	*fixture = (struct fixture){.memory = {.readv = read_bytes, .context = fixture}};
	struct tables tables = tables_write(fixture->bytes, minor);
	fixture->n = tables.n;
	fixture->module.pclntab = BIAS + BASE;
	fixture->module.text = TEXT;
	fixture->module.etext = TEXT + TABLES_END;
	fixture->module.gofunc = BIAS + BASE + tables.gofunc;
	for (size_t i = 0; i < MODULE_TABLES; i++)
		fixture->module.table[i] =
			(struct extent){BIAS + BASE + tables.table[i].start, tables.table[i].size};
}

static void open_tables(struct fixture *fixture, int minor)
{
	struct error error = {0};
	write_tables(fixture, minor);
	if (pclntab_create(&fixture->pclntab, &fixture->memory, &fixture->module, BIAS, minor,
	                   &error) != STATUS_OK)
		fail_msg("1.%d: %s", minor, error.text);
}

static void expect_frame(struct fixture *fixture, const struct pclntab_frame *frame,
                         const char *name, const char *file, int line, bool is_inlined)
{
	char text[64];
	pclntab_name(fixture->pclntab, frame->name, text, sizeof text);
	assert_string_equal(text, name);
	pclntab_file(fixture->pclntab, frame->file, text, sizeof text);
	assert_string_equal(text, file);
	assert_int_equal(frame->line, line);
	assert_int_equal(frame->is_inlined, is_inlined);
	assert_false(frame->is_wrapper);
}

static void functions_are_found_by_any_address_in_them(void **state)
{
	struct fixture fixture;
	struct pclntab_function function;
	(void)state;
	for (int minor = 18; minor <= 27; minor++) {
		open_tables(&fixture, minor);
		assert_true(pclntab_find(fixture.pclntab, TEXT + TABLES_WORKER + 5, &function));
		assert_int_equal(function.entry, TEXT + TABLES_WORKER);
		assert_int_equal(function.end, TEXT + TABLES_GOEXIT);
		assert_false(function.is_top);
		assert_true(pclntab_find(fixture.pclntab, TEXT + TABLES_MAIN, &function));
		assert_int_equal(function.entry, TEXT + TABLES_MAIN);
		assert_true(pclntab_find(fixture.pclntab, TEXT + TABLES_SCHEDTRACE - 1, &function));
		assert_true(function.is_top);
		assert_false(pclntab_find(fixture.pclntab, TEXT + TABLES_MAIN - 1, &function));
		assert_false(pclntab_find(fixture.pclntab, TEXT + TABLES_END, &function));
		assert_false(pclntab_find(fixture.pclntab, 0, &function));
		pclntab_destroy(fixture.pclntab);
	}
}

static void functions_are_found_by_their_whole_name(void **state)
{
	static const char *const names[] = {"main.worker", "main.work", "ain.main", "runtime.goexit"};
	struct fixture fixture;
	struct pclntab_function functions[4];
	(void)state;
	open_tables(&fixture, 26);
	assert_int_equal(pclntab_find_named(fixture.pclntab, names, 4, functions), 2);
	assert_int_equal(functions[0].entry, TEXT + TABLES_WORKER);
	assert_int_equal(functions[1].entry, 0);
	assert_int_equal(functions[2].entry, 0);
	assert_int_equal(functions[3].entry, TEXT + TABLES_GOEXIT);
	pclntab_destroy(fixture.pclntab);
}

static void inlined_calls_are_frames_of_their_own(void **state)
{
	struct fixture fixture;
	struct pclntab_function function;
	struct pclntab_frame frame[4];
	uint64_t worker = TEXT + TABLES_WORKER;
	(void)state;
	for (int minor = 18; minor <= 27; minor++) {
		open_tables(&fixture, minor);
		assert_true(pclntab_find(fixture.pclntab, worker, &function));
		assert_int_equal(pclntab_frames(fixture.pclntab, &function, worker, frame, 4), 1);
		expect_frame(&fixture, &frame[0], "main.worker", "main.go", TABLES_WORKER_LINE, false);
		uint64_t pc = worker + TABLES_INNER_AT + 3;
		assert_int_equal(pclntab_frames(fixture.pclntab, &function, pc, frame, 4), 3);
		expect_frame(&fixture, &frame[0], "main.inner", "inner.go", TABLES_INNER, true);
		expect_frame(&fixture, &frame[1], "main.middle", "main.go", TABLES_MIDDLE_LINE, true);
		expect_frame(&fixture, &frame[2], "main.worker", "main.go", TABLES_WORKER_LINE, false);
		assert_int_equal(pclntab_frames(fixture.pclntab, &function, pc, frame, 2), 2);
		assert_int_equal(pclntab_frames(fixture.pclntab, &function, TEXT, frame, 4), 0);
		pclntab_destroy(fixture.pclntab);
	}
}

static void stack_size_is_that_of_the_address(void **state)
{
	struct fixture fixture;
	struct pclntab_function function;
	uint32_t bytes = 0;
	uint64_t worker = TEXT + TABLES_WORKER;
	(void)state;
	open_tables(&fixture, 26);
	assert_true(pclntab_find(fixture.pclntab, worker, &function));
	assert_true(pclntab_stack_bytes(fixture.pclntab, &function, worker + 7, &bytes));
	assert_int_equal(bytes, 0);
	assert_true(pclntab_stack_bytes(fixture.pclntab, &function, worker + 8, &bytes));
	assert_int_equal(bytes, TABLES_WORKER_STACK);
	assert_false(pclntab_stack_bytes(fixture.pclntab, &function, TEXT, &bytes));
	/* main.main has no such table: unknown, not zero. */
	assert_true(pclntab_find(fixture.pclntab, TEXT + TABLES_MAIN, &function));
	assert_false(pclntab_stack_bytes(fixture.pclntab, &function, TEXT + TABLES_MAIN, &bytes));
	pclntab_destroy(fixture.pclntab);
}

static void long_names_are_cut(void **state)
{
	struct fixture fixture;
	struct pclntab_function function;
	char name[5];
	(void)state;
	open_tables(&fixture, 26);
	assert_true(pclntab_find(fixture.pclntab, TEXT + TABLES_MAIN, &function));
	pclntab_name(fixture.pclntab, function.name, name, sizeof name);
	assert_string_equal(name, "main");
	pclntab_name(fixture.pclntab, UINT32_MAX, name, sizeof name);
	assert_string_equal(name, "");
	pclntab_file(fixture.pclntab, PCLNTAB_NO_FILE, name, sizeof name);
	assert_string_equal(name, "");
	pclntab_destroy(fixture.pclntab);
}

static void tables_of_an_obfuscator_are_refused_with_a_sentence(void **state)
{
	struct fixture fixture;
	struct error error = {0};
	(void)state;
	write_tables(&fixture, 26);
	memcpy(fixture.bytes, "\x12\x34\x56\x78", 4);
	assert_int_equal(pclntab_create(&fixture.pclntab, &fixture.memory, &fixture.module, BIAS, 26,
	                                &error),
	                 STATUS_FAILED);
	assert_null(fixture.pclntab);
	assert_non_null(strstr(error.text, "unknown kind (78563412)"));
	pclntab_destroy(NULL);
}

static void ask_everything(struct fixture *fixture)
{
	static const char *const names[] = {"main.worker", "runtime.goexit"};
	struct pclntab_function function;
	struct pclntab_frame frame[8];
	char text[64];
	uint32_t bytes;
	struct error error;
	if (pclntab_create(&fixture->pclntab, &fixture->memory, &fixture->module, BIAS, 26, &error) !=
	    STATUS_OK)
		return;
	for (uint64_t at = 0; at <= TABLES_END; at += 8) {
		if (!pclntab_find(fixture->pclntab, TEXT + at, &function))
			continue;
		assert_true(function.entry <= TEXT + at && TEXT + at < function.end);
		size_t n = pclntab_frames(fixture->pclntab, &function, TEXT + at, frame, 8);
		assert_in_range(n, 1, 8);
		for (size_t i = 0; i < n; i++) {
			pclntab_name(fixture->pclntab, frame[i].name, text, sizeof text);
			pclntab_file(fixture->pclntab, frame[i].file, text, sizeof text);
		}
		pclntab_stack_bytes(fixture->pclntab, &function, TEXT + at, &bytes);
	}
	pclntab_find_named(fixture->pclntab, names, 2, &(struct pclntab_function[2]){{0}}[0]);
	pclntab_destroy(fixture->pclntab);
}

/* No answer may come from outside of the tables, whatever they say, and every answer must come. */
static void damaged_tables_are_survived(void **state)
{
	static const uint8_t damage[] = {0x00, 0x7f, 0x80, 0xff};
	struct fixture fixture;
	(void)state;
	write_tables(&fixture, 26);
	for (size_t i = 0; i < fixture.n; i++) {
		uint8_t good = fixture.bytes[i];
		for (size_t k = 0; k < sizeof damage; k++) {
			fixture.bytes[i] = damage[k];
			ask_everything(&fixture);
		}
		fixture.bytes[i] = good;
	}
}

static void truncated_tables_are_survived(void **state)
{
	struct fixture fixture;
	(void)state;
	write_tables(&fixture, 26);
	size_t whole = fixture.n;
	for (fixture.n = 0; fixture.n < whole; fixture.n++)
		ask_everything(&fixture);
}

static void tables_without_extent_are_refused(void **state)
{
	struct error error;
	(void)state;
	for (size_t i = 0; i < MODULE_TABLES; i++) {
		struct fixture fixture;
		write_tables(&fixture, 26);
		fixture.module.table[i] = (struct extent){0, 0};
		assert_int_equal(pclntab_create(&fixture.pclntab, &fixture.memory, &fixture.module, BIAS,
		                                26, &error),
		                 STATUS_FAILED);
		assert_non_null(strstr(error.text, "damaged"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found_by_any_address_in_them),
		cmocka_unit_test(functions_are_found_by_their_whole_name),
		cmocka_unit_test(inlined_calls_are_frames_of_their_own),
		cmocka_unit_test(stack_size_is_that_of_the_address),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(tables_of_an_obfuscator_are_refused_with_a_sentence),
		cmocka_unit_test(damaged_tables_are_survived),
		cmocka_unit_test(truncated_tables_are_survived),
		cmocka_unit_test(tables_without_extent_are_refused),
	};
	return cmocka_run_group_tests_name("goproc pclntab", tests, NULL, NULL);
}
