#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "goproc/buildinfo.h"
#include "tests/unit/goproc_elf.h"

static enum buildinfo_result parse(int minor, const char *version, const char *modules,
                                   struct goproc_info *info)
{
	struct go_elf elf = go_elf_create(minor, version, modules);
	*info = (struct goproc_info){0};
	enum buildinfo_result result =
		buildinfo_parse(elf.bytes + elf.buildinfo, elf.buildinfo_n, info);
	go_elf_finish(&elf);
	return result;
}

static void version_and_modules_are_read(void **state)
{
	struct goproc_info info;
	(void)state;
	assert_int_equal(parse(26, "go1.26.8",
	                       "path\texample.com/service/cmd/serve\n"
	                       "mod\texample.com/service\tv1.2.3\th1:abc=\n"
	                       "dep\tgolang.org/x/sys\tv0.1.0\th1:def=\n"
	                       "build\t-buildmode=exe\n",
	                       &info),
	                 BUILDINFO_OK);
	assert_string_equal(info.go_version, "go1.26.8");
	assert_int_equal(info.go_minor, 26);
	assert_string_equal(info.package, "example.com/service/cmd/serve");
	assert_string_equal(info.module, "example.com/service");
	assert_false(info.has_agent);
}

static void minor_version_is_read_from_every_form_of_release(void **state)
{
	static const struct {
		const char *version;
		int minor;
	} cases[] = {
		{"go1.18", 18},
		{"go1.26rc1", 26},
		{"go1.25.1 X:synctest", 25},
		{"devel go1.28-abcdef", 0},
		{"go2.1", 0},
		{"go1.", 0},
		{"go1.99999999999999999999", 0},
	};
	struct goproc_info info;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(parse(26, cases[i].version, "", &info), BUILDINFO_OK);
		assert_int_equal(info.go_minor, cases[i].minor);
	}
}

static void agent_is_seen_as_a_dependency_or_as_the_module(void **state)
{
	struct goproc_info info;
	(void)state;
	parse(26, "go1.26.8", "path\tmain\nmod\tmain\t(devel)\ndep\tschedtop/agent\tv0.1.0\n", &info);
	assert_true(info.has_agent);
	parse(26, "go1.26.8", "path\tschedtop/agent/example\nmod\tschedtop/agent\t(devel)\t\n", &info);
	assert_true(info.has_agent);
	parse(26, "go1.26.8",
	      "path\tx\nmod\tx\tv1\ndep\tschedtop/agentless\tv1\nbuild\tschedtop/agent\n", &info);
	assert_false(info.has_agent);
}

static void pointers_of_old_releases_are_refused(void **state)
{
	uint8_t bytes[32] = "\xff Go buildinf:\x08";
	struct goproc_info info = {0};
	(void)state;
	assert_int_equal(buildinfo_parse(bytes, sizeof bytes, &info), BUILDINFO_OLD);
}

static void other_bytes_are_no_build_information(void **state)
{
	uint8_t bytes[64] = "\xff Go buildinfo";
	struct goproc_info info = {0};
	(void)state;
	assert_int_equal(buildinfo_parse(bytes, sizeof bytes, &info), BUILDINFO_NONE);
	assert_int_equal(buildinfo_parse(bytes, 0, &info), BUILDINFO_NONE);
}

static void control_characters_do_not_reach_the_caller(void **state)
{
	struct goproc_info info;
	(void)state;
	assert_int_equal(parse(26, "go1.26\x1b[31m", "path\tex\x1b]0;title\x07\nmod\t\xff\xfe\t\n",
	                       &info),
	                 BUILDINFO_OK);
	const char *strings[] = {info.go_version, info.package, info.module};
	for (size_t i = 0; i < 3; i++) {
		for (const char *c = strings[i]; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
	}
}

/* Every prefix, in a buffer of its very size, so that a sanitizer sees a read behind it. */
static void cut_off_bytes_are_never_read_beyond(void **state)
{
	struct go_elf elf = go_elf_create(26, "go1.26.8", "path\tmain\nmod\tmain\t(devel)\n");
	struct goproc_info info;
	(void)state;
	for (size_t n = 0; n < elf.buildinfo_n; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		assert_non_null(cut);
		memcpy(cut, elf.bytes + elf.buildinfo, n);
		info = (struct goproc_info){0};
		enum buildinfo_result result = buildinfo_parse(cut, n, &info);
		assert_int_equal(result == BUILDINFO_OK, n >= 32 + 1 + strlen("go1.26.8"));
		assert_string_equal(info.module, "");
		free(cut);
	}
	go_elf_finish(&elf);
}

static void length_that_never_ends_is_damaged(void **state)
{
	uint8_t bytes[64];
	struct goproc_info info = {0};
	(void)state;
	memset(bytes, 0xff, sizeof bytes);
	memcpy(bytes, "\xff Go buildinf:\x08\x02", 16);
	assert_int_equal(buildinfo_parse(bytes, sizeof bytes, &info), BUILDINFO_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_and_modules_are_read),
		cmocka_unit_test(minor_version_is_read_from_every_form_of_release),
		cmocka_unit_test(agent_is_seen_as_a_dependency_or_as_the_module),
		cmocka_unit_test(pointers_of_old_releases_are_refused),
		cmocka_unit_test(other_bytes_are_no_build_information),
		cmocka_unit_test(control_characters_do_not_reach_the_caller),
		cmocka_unit_test(cut_off_bytes_are_never_read_beyond),
		cmocka_unit_test(length_that_never_ends_is_damaged),
	};
	return cmocka_run_group_tests_name("goproc buildinfo", tests, NULL, NULL);
}
