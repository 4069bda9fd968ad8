/* The report as JSON and doc/schema.md: what is printed is documented, what is documented is
 * printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/report.h"
#include "tests/unit/trace_scenario.h"

enum { DOC_SIZE = 1 << 16, WORD = 64 };

/* The part of the document that is about reports, without what comes before. */
static char *read_doc(void)
{
	const char *root = getenv("srcdir");
	char path[256];
	snprintf(path, sizeof path, "%s/doc/schema.md", root ? root : ".");
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	char *text = calloc(1, DOC_SIZE);
	assert_non_null(text);
	size_t n = fread(text, 1, DOC_SIZE - 1, in);
	fclose(in);
	assert_true(n < DOC_SIZE - 1);
	char *part = strstr(text, "# The JSON of `schedtop stat --json`");
	assert_non_null(part);
	memmove(text, part, strlen(part) + 1);
	return text;
}

/* A copy of the section below a heading; NULL: there is none. */
static char *section_of(const char *doc, const char *heading)
{
	char line[WORD];
	snprintf(line, sizeof line, "\n### %s\n", heading);
	const char *from = strstr(doc, line);
	if (!from)
		return NULL;
	from += strlen(line);
	const char *to = strstr(from, "\n#");
	return strndup(from, to ? (size_t)(to - from) : strlen(from));
}

static bool tells(const char *section, const char *member)
{
	char quoted[WORD];
	snprintf(quoted, sizeof quoted, "`%s`", member);
	return strstr(section, quoted) != NULL;
}

/* Every member of the value and of what lies in it; each is kept in `seen`. */
static void check(const json_t *value, const char *kind, const char *section, const char *common,
                  json_t *seen)
{
	const char *key;
	json_t *inner;
	size_t i;
	json_array_foreach(value, i, inner)
	{
		check(inner, kind, section, common, seen);
	}
	json_object_foreach((json_t *)value, key, inner)
	{
		if (!tells(section, key) && !tells(common, key))
			fail_msg("%s: `%s` is printed and not documented", kind, key);
		json_object_set_new(seen, key, json_true());
		check(inner, kind, section, common, seen);
	}
}

static void check_report(const struct analysis *a, const char *doc, json_t *seen)
{
	char *text = report_json(a), *common = section_of(doc, "Used in many places");
	assert_non_null(text);
	assert_non_null(common);
	json_t *object = json_loads(text, 0, NULL), *inner;
	const char *kind;
	json_object_foreach(object, kind, inner)
	{
		char heading[WORD];
		snprintf(heading, sizeof heading, "`%s`", kind);
		assert_non_null(strstr(doc, heading));
		json_object_set_new(seen, kind, json_true());
		char *section = section_of(doc, heading);
		if (!section && (json_is_object(inner) || json_is_array(inner)))
			fail_msg("`%s` has no section", kind);
		if (section)
			check(inner, kind, section, common, seen);
		free(section);
	}
	json_decref(object);
	free(common);
	free(text);
}

static const struct analysis_options options[] = {
	{.kinds = REPORT_ALL, .to_ns = INT64_MAX},
	{.kinds = REPORT_ALL, .from_ns = 200000, .to_ns = 450000},
	{.kinds = REPORT_ALL, .to_ns = INT64_MAX, .goroutine = 2},
	{.kinds = REPORT_ALL, .to_ns = INT64_MAX, .task = {.id = 5}},
};

/* Everything that can be printed, and what one report has printed. */
static json_t *all_members(const char *doc)
{
	json_t *seen = json_object();
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		struct scenario s;
		struct analysis a;
		scenario_service(&s);
		if (i == 0) { /* and torn */
			build_batch(&s.b, 2, 7, 3 * SCENARIO_START_NS);
			build_event(&s.b, EV_GO_START, 2, 1, 0, 0);
			build_end(&s.b);
		}
		scenario_read(&s, &options[i], &a);
		if (i == 0) { /* what bytes in memory can't have */
			a.file_bytes = 1;
			a.packing = "gzip";
			a.summary.newer = true;
		}
		check_report(&a, doc, seen);
		analysis_finish(&a);
	}
	return seen;
}

static void every_member_that_is_printed_is_documented(void **state)
{
	(void)state;
	char *doc = read_doc();
	json_t *seen = all_members(doc);
	assert_true(json_object_size(seen) > 100);
	json_decref(seen);
	free(doc);
}

/* The words in the first column of the tables. */
static void every_member_that_is_documented_is_printed(void **state)
{
	(void)state;
	char *doc = read_doc();
	json_t *seen = all_members(doc);
	char *rest = doc;
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *end = strncmp(line, "| `", 3) == 0 ? strchr(line + 2, '|') : NULL;
		if (!end)
			continue;
		*end = '\0';
		strsep(&line, "`");
		for (char *word; (word = strsep(&line, "`"));) {
			if (!json_object_get(seen, word))
				fail_msg("`%s` is documented and not printed", word);
			strsep(&line, "`"); /* what is between two words */
		}
	}
	json_decref(seen);
	free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_that_is_printed_is_documented),
		cmocka_unit_test(every_member_that_is_documented_is_printed),
	};
	return cmocka_run_group_tests_name("report_schema", tests, NULL, NULL);
}
