#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "goproc/addresses.h"
#include "goproc/functions.h"
#include "goproc/goproc.h"
#include "goproc/image.h"
#include "goproc/layouts.h"
#include "goproc/moduledata.h"
#include "goproc/objects.h"
#include "tests/unit/goproc_elf.h"

#define MODULES "path\texample.com/tiny\nmod\texample.com/tiny\t(devel)\t\n"

/* A file without a name; its path goes to `path`. */
static int write_file(const uint8_t *bytes, size_t n, char path[64])
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void executable_is_identified(void **state)
{
	struct go_elf elf = go_elf_create(26, "go1.26.8", MODULES);
	struct goproc_info info;
	struct error error;
	char path[64];
	(void)state;
	int fd = write_file(elf.bytes, elf.n, path);
	assert_int_equal(goproc_identify_file(path, &info, &error), STATUS_OK);
	assert_string_equal(info.go_version, "go1.26.8");
	assert_string_equal(info.module, "example.com/tiny");
	assert_false(info.stripped);
	close(fd);
	go_elf_finish(&elf);
}

static void sections_of_the_linker_are_understood_in_every_version(void **state)
{
	(void)state;
	for (int minor = 18; minor <= 27; minor++) {
		struct go_elf elf = go_elf_create(minor, "go1.18", MODULES);
		struct image image;
		struct error error;
		struct moduledata moduledata;
		struct objects objects;
		char path[64];
		int fd = write_file(elf.bytes, elf.n, path);
		assert_int_equal(image_open(&image, path, "it", &error), STATUS_OK);
		struct memory memory = {.readv = image_readv, .context = &image};
		assert_true(moduledata_find(&image, &memory, 0, minor, &moduledata));
		assert_int_equal(moduledata.text, GO_ELF_TEXT);
		assert_int_equal(moduledata.types, GO_ELF_BASE + elf.types);
		assert_int_equal(moduledata.etypes, GO_ELF_BASE + elf.types + elf.types_n);
		struct types types = {&memory, moduledata.types, moduledata.etypes, minor};
		if (objects_resolve(&objects, &types, &error) != STATUS_OK)
			fail_msg("1.%d: %s", minor, error.text);
		assert_int_equal(objects.p.member[IN_P_RUNNEXT].offset, 2088);
		assert_int_equal(objects.p.member[IN_P_GFREE].offset, 2104);
		assert_int_equal(objects.p.member[IN_P_TIMERS].offset, 2128);
		assert_int_equal(objects.p.member[IN_P_CREATED].offset, minor >= 26 ? 2160 : -1);
		assert_int_equal(objects.m.member[IN_M_PREEMPTOFF_LENGTH].offset, 56);
		assert_int_equal(objects.goroutine.member[IN_G_STATUS].offset, 16);
		image_close(&image);
		close(fd);
		go_elf_finish(&elf);
	}
}

/* Everything that attaching looks for in the file of an executable. */
static void expect_runtime(const struct image *image, int minor)
{
	struct memory memory = {.readv = image_readv, .context = (void *)(uintptr_t)image};
	struct moduledata module;
	struct error error;
	struct globals globals;
	struct addresses_score score;
	assert_true(moduledata_find(image, &memory, 0, minor, &module));
	struct addresses_code code = {.image = image, .file = &memory, .module = &module};
	assert_int_equal(pclntab_create(&code.pclntab, &memory, &module, 0, minor, &error), STATUS_OK);
	if (addresses_from_code(&code, layout_find(minor), &globals, &score, &error) != STATUS_OK)
		fail_msg("1.%d: %s", minor, error.text);
	assert_memory_equal(&globals, &go_elf_globals, sizeof globals);
	pclntab_destroy(code.pclntab);
}

static void executable_without_sections_is_understood(void **state)
{
	(void)state;
	for (int minor = 18; minor <= 27; minor++) {
		struct go_elf elf = go_elf_create(minor, "go1.26.8", MODULES);
		struct goproc_info info;
		struct image image;
		struct error error = {0};
		char path[64];
		go_elf_drop_sections(&elf);
		int fd = write_file(elf.bytes, elf.n, path);
		if (goproc_identify_file(path, &info, &error) != STATUS_OK)
			fail_msg("1.%d: %s", minor, error.text);
		assert_string_equal(info.module, "example.com/tiny");
		assert_true(info.stripped);
		assert_int_equal(image_open(&image, path, "it", &error), STATUS_OK);
		assert_int_equal(image.section_count, 0);
		expect_runtime(&image, minor);
		image_close(&image);
		close(fd);
		go_elf_finish(&elf);
	}
}

static void symbols_and_code_tell_the_same(void **state)
{
	(void)state;
	for (int minor = 18; minor <= 27; minor++) {
		struct go_elf elf = go_elf_create(minor, "go1.26.8", MODULES);
		struct image image;
		struct error error = {0};
		struct globals globals;
		char path[64];
		int fd = write_file(elf.bytes, elf.n, path);
		assert_int_equal(image_open(&image, path, "it", &error), STATUS_OK);
		expect_runtime(&image, minor);
		if (addresses_from_symbols(&image, layout_find(minor), 0, &globals, &error) != STATUS_OK)
			fail_msg("1.%d: %s", minor, error.text);
		assert_memory_equal(&globals, &go_elf_globals, sizeof globals);
		image_close(&image);
		close(fd);
		go_elf_finish(&elf);
	}
}

/* Made by hand, as UPX marks what it writes: Debian 12 has no upx to make one with. */
static void packed_executable_is_named_as_such(void **state)
{
	struct go_elf elf = go_elf_create(26, "go1.26.8", MODULES);
	struct goproc_info info;
	struct error error = {0};
	char path[64];
	(void)state;
	go_elf_drop_sections(&elf);
	memset(elf.bytes + elf.buildinfo, 0, 16);
	memcpy(elf.bytes + elf.buildinfo + 4, "UPX!", 4);
	int fd = write_file(elf.bytes, elf.n, path);
	assert_int_equal(goproc_identify_file(path, &info, &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "is packed by UPX"));
	close(fd);
	go_elf_finish(&elf);
}

static void functions_are_named_by_any_address_in_them(void **state)
{
	struct go_elf elf = go_elf_create(26, "go1.26.8", MODULES);
	struct image image;
	struct error error;
	struct moduledata moduledata;
	struct pclntab *pclntab;
	char path[64];
	(void)state;
	int fd = write_file(elf.bytes, elf.n, path);
	assert_int_equal(image_open(&image, path, "it", &error), STATUS_OK);
	struct memory memory = {.readv = image_readv, .context = &image};
	assert_true(moduledata_find(&image, &memory, 0, 26, &moduledata));
	assert_int_equal(pclntab_create(&pclntab, &memory, &moduledata, 0, 26, &error), STATUS_OK);
	struct functions *functions = functions_create(pclntab);
	for (int twice = 0; twice < 2; twice++) { /* read, then remembered */
		assert_string_equal(functions_name(functions, GO_ELF_WORKER), "main.worker");
		assert_string_equal(functions_name(functions, GO_ELF_WORKER + 8), "main.worker");
		assert_string_equal(functions_name(functions, GO_ELF_WORKER - 1), "main.main");
		assert_string_equal(functions_name(functions, GO_ELF_TEXT), "");
		assert_string_equal(functions_name(functions, GO_ELF_ETEXT), "");
		assert_string_equal(functions_name(functions, 0), "");
	}
	functions_destroy(functions);
	pclntab_destroy(pclntab);
	image_close(&image);
	close(fd);
	go_elf_finish(&elf);
}

static void symbols_are_compared_whole(void **state)
{
	struct go_elf elf = go_elf_create(26, "go1.26.8", MODULES);
	struct image image;
	struct error error;
	struct image_symtab symtab;
	char path[64];
	(void)state;
	int fd = write_file(elf.bytes, elf.n, path);
	assert_int_equal(image_open(&image, path, "it", &error), STATUS_OK);
	assert_int_equal(image_load_symbols(&image, &symtab), STATUS_OK);
	int found = 0;
	for (size_t i = 0; i < symtab.count; i++) {
		struct image_symbol symbol = image_symbol(&symtab, i);
		if (!image_symbol_named(&symtab, &symbol, "runtime.sched")) /* runtime.schedule is none */
			continue;
		assert_int_equal(symbol.address, GO_ELF_SCHED);
		assert_int_equal(symbol.size, 8192);
		found++;
	}
	assert_int_equal(found, 1);
	image_free_symbols(&symtab);
	image_close(&image);
	close(fd);
	go_elf_finish(&elf);
}

/* Whatever is cut off: a sentence, or the truth, which the segments tell when the table of sections
   is missing. */
static void every_truncation_gets_a_sentence(void **state)
{
	struct go_elf elf = go_elf_create(26, "go1.26.8", MODULES);
	size_t understood = 0;
	(void)state;
	for (size_t n = 0; n < elf.n; n += 7) {
		struct goproc_info info;
		struct error error = {0};
		char path[64];
		int fd = write_file(elf.bytes, n, path);
		enum status status = goproc_identify_file(path, &info, &error);
		if (status == STATUS_OK) {
			assert_string_equal(info.go_version, "go1.26.8");
			understood++;
		} else {
			assert_true(strlen(error.text) > 10);
		}
		close(fd);
	}
	assert_true(understood < elf.n / 7);
	go_elf_finish(&elf);
}

static void expect_file(const char *path, enum status status, const char *sentence)
{
	struct goproc_info info;
	struct error error = {0};
	assert_int_equal(goproc_identify_file(path, &info, &error), status);
	if (!strstr(error.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", error.text, sentence);
}

static void other_files_are_refused_with_a_sentence(void **state)
{
	char fifo[] = "/tmp/schedtop-fifo-XXXXXX";
	(void)state;
	expect_file("/nonexistent/program", STATUS_NO_TARGET, "there is no file");
	expect_file("/", STATUS_NO_TARGET, "not a regular file");
	expect_file("/proc/self/status", STATUS_NO_TARGET, "not an ELF executable");
	expect_file("/proc/self/exe", STATUS_NO_TARGET, "not a Go program");
	/* A FIFO nobody writes to must not be waited for. */
	assert_non_null(mkdtemp(fifo));
	char path[64];
	snprintf(path, sizeof path, "%s/fifo", fifo);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_file(path, STATUS_NO_TARGET, "not a regular file");
	unlink(path);
	rmdir(fifo);
}

static void escape_sequences_in_a_path_stay_out_of_the_sentence(void **state)
{
	struct goproc_info info;
	struct error error = {0};
	(void)state;
	goproc_identify_file("/tmp/\x1b[31mred", &info, &error);
	assert_null(strchr(error.text, '\x1b'));
}

static void build_information_of_old_releases_is_refused_with_a_sentence(void **state)
{
	struct go_elf elf = go_elf_create(18, "go1.17", MODULES);
	struct goproc_info info;
	struct error error;
	char path[64];
	(void)state;
	elf.bytes[elf.buildinfo + 15] = 0;
	int fd = write_file(elf.bytes, elf.n, path);
	assert_int_equal(goproc_identify_file(path, &info, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "Go 1.17 or older"));
	close(fd);
	go_elf_finish(&elf);
}

static void attaching_to_what_is_no_go_program_is_refused(void **state)
{
	struct goproc *g;
	struct error error = {0};
	(void)state;
	assert_int_equal(goproc_attach(getpid(), &g, &error), STATUS_NO_TARGET);
	assert_null(g);
	assert_non_null(strstr(error.text, "not a Go program"));
	assert_int_equal(goproc_attach(0, &g, &error), STATUS_NO_TARGET);
	assert_int_equal(goproc_attach(-1, &g, &error), STATUS_NO_TARGET);
	assert_non_null(strstr(error.text, "there is no process"));
	assert_int_equal(goproc_attach(getpid(), &g, NULL), STATUS_NO_TARGET);
	goproc_detach(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(executable_is_identified),
		cmocka_unit_test(sections_of_the_linker_are_understood_in_every_version),
		cmocka_unit_test(executable_without_sections_is_understood),
		cmocka_unit_test(symbols_and_code_tell_the_same),
		cmocka_unit_test(packed_executable_is_named_as_such),
		cmocka_unit_test(functions_are_named_by_any_address_in_them),
		cmocka_unit_test(symbols_are_compared_whole),
		cmocka_unit_test(every_truncation_gets_a_sentence),
		cmocka_unit_test(other_files_are_refused_with_a_sentence),
		cmocka_unit_test(escape_sequences_in_a_path_stay_out_of_the_sentence),
		cmocka_unit_test(build_information_of_old_releases_is_refused_with_a_sentence),
		cmocka_unit_test(attaching_to_what_is_no_go_program_is_refused),
	};
	return cmocka_run_group_tests_name("goproc image", tests, NULL, NULL);
}
