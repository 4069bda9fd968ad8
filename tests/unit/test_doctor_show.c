/* How findings are shown, and what is said of files that can't be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "doctor/show.h"
#include "doctor/trace_doctor.h"
#include "tests/unit/trace_scenario.h"

/* A finding with everything that one can have. */
static void full(struct findings *list)
{
	struct finding *f = findings_add(list, SLUG_TRACE_TRUNCATED, SEVERITY_WARNING, 0.25);
	finding_say(f, "412 goroutines waited 12 µs for \033[31mmain.(*Store).Put\033[0m.");
	finding_measure(f, "waited", UNIT_NS, 12e3);
	finding_measure(f, "alone", UNIT_RATIO, 0.71);
	finding_measure(f, "most_waiters", UNIT_COUNT, 412);
	finding_measure(f, "lost", UNIT_BYTES, 4096);
	finding_measure(f, "cycles", UNIT_PER_S, 4.5);
	struct evidence *e = finding_show(f, EVIDENCE_GOROUTINE, "goroutine 17 held it");
	evidence_goroutine(e, 17);
	evidence_span(e, 1000000, 3000000);
	evidence_frame(e, "sync.(*Mutex).Lock", "/go/src/sync/mutex.go", 90);
	evidence_frame(e, "main.(*Store).Put", "/src/my app/store.go", 61);
	e->where = 1;
	finding_show(f, EVIDENCE_TEXT, "it was so");
}

static char *printed(const struct findings_shown *shown, bool ascii)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	findings_print(shown, out, ascii);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void people_read_what_it_is_what_proves_it_and_what_to_do(void **state)
{
	(void)state;
	static const char *const wanted[] = {
		"app.trace: 1 warning\n",
		"2.00 s",
		"\nWARNING trace-truncated: The trace is not whole\n",
		"412 goroutines waited 12 µs for ?[31mmain.(*Store).Put?[0m.",
		"waited 12.0 µs, alone 71 %, most waiters 412, lost 4.00 KiB, cycles 4.5/s",
		"- goroutine 17 held it (from 1.00 ms to 3.00 ms)\n",
		"      main.(*Store).Put store.go:61\n",
		"- it was so\n",
		"To do: Take the trace again",
		"Refuted by: ",
	};
	struct findings list = {0};
	full(&list);
	const struct findings_shown shown = {&list, "app.trace", FROM_TRACE, 2000000000};
	char *text = printed(&shown, false);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!strstr(text, wanted[i]))
			fail_msg("'%s' is not in:\n%s", wanted[i], text);
	assert_null(strchr(text, '\033'));
	free(text);
	findings_finish(&list);
}

static void lines_are_short_and_ascii_where_that_is_wanted(void **state)
{
	(void)state;
	struct findings list = {0};
	full(&list);
	const struct findings_shown shown = {&list, "äpp.trace", FROM_TRACE, 2000000000};
	char *text = printed(&shown, true);
	assert_non_null(strstr(text, "12.0 us"));
	assert_non_null(strstr(text, "?pp.trace"));
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		assert_true(length <= 80);
		for (size_t i = 0; i < length; i++)
			assert_true((unsigned char)line[i] < 0x80);
		line += length + (line[length] == '\n');
	}
	free(text);
	findings_finish(&list);
}

static void what_is_cut_ends_with_a_whole_character(void **state)
{
	(void)state;
	char name[3 * 70 + 1] = "", to[128];
	for (size_t i = 0; i < 70; i++)
		strcat(name, "日");
	for (size_t size = 1; size <= sizeof to; size++) {
		finding_text(to, size, name, false);
		assert_true(strlen(to) < size && size - strlen(to) <= 3);
		assert_int_equal(strlen(to) % 3, 0);
	}
}

static void programs_read_a_list_of_objects(void **state)
{
	(void)state;
	struct findings list = {0};
	struct findings_shown shown = {&list, "app.trace", FROM_TRACE, 2000000000};
	char *text = findings_json(&shown);
	assert_string_equal(text, "[]");
	free(text);
	full(&list);
	text = findings_json(&shown);
	json_t *all = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(all), 1);
	const json_t *f = json_array_get(all, 0);
	static const char *const words[][2] = {{"slug", "trace-truncated"}, {"severity", "warning"}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_string_equal(json_string_value(json_object_get(f, words[i][0])), words[i][1]);
	assert_non_null(strstr(json_string_value(json_object_get(f, "summary")), "?[31mmain"));
	assert_true(strlen(json_string_value(json_object_get(f, "remedy"))) > 0);
	const json_t *measures = json_object_get(f, "measures");
	assert_int_equal(json_integer_value(json_object_get(measures, "waited_ns")), 12000);
	assert_true(json_real_value(json_object_get(measures, "alone_ratio")) > 0.7);
	assert_int_equal(json_integer_value(json_object_get(measures, "most_waiters")), 412);
	assert_int_equal(json_integer_value(json_object_get(measures, "lost_bytes")), 4096);
	assert_true(json_real_value(json_object_get(measures, "cycles_per_s")) > 4.4);
	const json_t *evidence = json_object_get(f, "evidence"), *first = json_array_get(evidence, 0);
	assert_int_equal(json_array_size(evidence), 2);
	assert_int_equal(json_integer_value(json_object_get(first, "goroutine")), 17);
	assert_int_equal(json_integer_value(json_object_get(first, "begin_ns")), 1000000);
	assert_int_equal(json_array_size(json_object_get(first, "stack")), 2);
	assert_null(json_object_get(json_array_get(evidence, 1), "begin_ns"));
	json_decref(all);
	free(text);
	findings_finish(&list);
}

static void sarif_points_at_the_program_s_own_code(void **state)
{
	(void)state;
	struct findings list = {0};
	full(&list);
	finding_say(findings_add(&list, SLUG_TRACE_EMPTY, SEVERITY_CRITICAL, 1), "empty");
	findings_settle(&list);
	const struct findings_shown shown = {&list, "dir/app.trace", FROM_TRACE, 2000000000};
	char *text = findings_sarif(&shown);
	json_t *object = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(object, "version")), "2.1.0");
	const json_t *run = json_array_get(json_object_get(object, "runs"), 0);
	const json_t *results = json_object_get(run, "results");
	static const struct {
		const char *rule, *level, *uri;
		int line;
	} rows[] = {
		{"trace-empty", "error", "dir/app.trace", 0},
		{"trace-truncated", "warning", "file:///src/my%20app/store.go", 61},
	};
	assert_int_equal(json_array_size(results), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *r = json_array_get(results, i);
		const json_t *place =
			json_object_get(json_array_get(json_object_get(r, "locations"), 0), "physicalLocation");
		const json_t *artifact = json_object_get(place, "artifactLocation");
		const json_t *region = json_object_get(place, "region");
		assert_string_equal(json_string_value(json_object_get(r, "ruleId")), rows[i].rule);
		assert_string_equal(json_string_value(json_object_get(r, "level")), rows[i].level);
		assert_string_equal(json_string_value(json_object_get(artifact, "uri")), rows[i].uri);
		assert_int_equal(json_integer_value(json_object_get(region, "startLine")), rows[i].line);
	}
	json_decref(object);
	free(text);
	findings_finish(&list);
}

static void every_advice_can_be_explained_and_is_in_the_manual(void **state)
{
	(void)state;
	struct limits_set limits;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	limits_init(&limits);
	for (size_t c = 0; c < chapter_count; c++)
		for (size_t i = 0; i < chapters[c]->n; i++)
			advice_print(&chapters[c]->advice[i], &limits, out, true);
	catalogue_print_man(out);
	fclose(out);
	for (size_t c = 0; c < chapter_count; c++)
		for (size_t i = 0; i < chapters[c]->n; i++) {
			char entry[96];
			snprintf(entry, sizeof entry, ".It Cm %s\n", slug_word(chapters[c]->advice[i].slug));
			assert_non_null(strstr(text, entry));
		}
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	free(text);
}

/* --- files that can't be believed ------------------------------------------------------------ */

struct examined {
	char path[32];
	struct analysis analysis;
	struct findings findings;
	struct error error;
	enum status status;
};

static void examine(struct examined *x, const void *data, size_t bytes)
{
	const struct analysis_options options = {.to_ns = INT64_MAX};
	struct limits_set limits;
	memset(x, 0, sizeof *x);
	limits_init(&limits);
	snprintf(x->path, sizeof x->path, "/tmp/schedtop-test-XXXXXX");
	int fd = mkstemp(x->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, bytes), (ssize_t)bytes);
	close(fd);
	x->status =
		trace_doctor_examine(&x->analysis, x->path, &options, &limits, &x->findings, &x->error);
	unlink(x->path);
}

static void finish(struct examined *x)
{
	findings_finish(&x->findings);
	analysis_finish(&x->analysis);
}

static bool found(const struct examined *x, enum slug slug)
{
	for (size_t i = 0; i < x->findings.n; i++)
		if (x->findings.finding[i]->slug == slug)
			return true;
	return false;
}

static void a_whole_trace_is_not_doubted(void **state)
{
	(void)state;
	struct scenario s;
	struct examined x;
	scenario_service(&s);
	examine(&x, s.b.data, s.b.n);
	assert_int_equal(x.status, STATUS_OK);
	for (size_t i = 0; i < chapter_file.n; i++)
		assert_false(found(&x, chapter_file.advice[i].slug));
	finish(&x);
}

static void a_trace_that_is_cut_short_is_never_healthy(void **state)
{
	(void)state;
	struct scenario s;
	scenario_service(&s);
	for (size_t n = 0; n < s.b.n; n += 1 + n / 8) {
		struct examined x;
		examine(&x, s.b.data, n);
		if (!found(&x, SLUG_TRACE_TRUNCATED) && !found(&x, SLUG_TRACE_EMPTY))
			fail_msg("nothing is wrong with the first %zu bytes of %zu", n, s.b.n);
		if (x.status != STATUS_OK)
			assert_int_equal(x.status, STATUS_DAMAGED);
		finish(&x);
	}
}

/* Packed, and without the sum at the end of the packing: nobody knows what is missing. */
static void how_much_is_lost_is_told_where_it_is_known(void **state)
{
	(void)state;
	static unsigned char packed[65536];
	struct scenario s;
	struct examined x;
	z_stream z = {.next_out = packed, .avail_out = sizeof packed};
	scenario_service(&s);
	z.next_in = s.b.data;
	z.avail_in = (unsigned)s.b.n;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	examine(&x, packed, z.total_out - 8);
	assert_true(found(&x, SLUG_TRACE_TRUNCATED));
	const struct finding *f = x.findings.finding[0];
	for (size_t i = 0; i < f->measures; i++)
		assert_string_not_equal(f->measure[i].name, "lost");
	finish(&x);
}

static void an_empty_file_is_told_as_such(void **state)
{
	(void)state;
	struct examined x;
	examine(&x, "", 0);
	assert_int_equal(x.status, STATUS_DAMAGED);
	assert_int_equal(x.findings.n, 1);
	assert_true(found(&x, SLUG_TRACE_EMPTY));
	assert_int_equal(x.findings.finding[0]->severity, SEVERITY_CRITICAL);
	finish(&x);
}

static void a_trace_of_a_newer_go_is_told_as_such(void **state)
{
	(void)state;
	struct scenario s;
	struct examined x;
	scenario_service(&s);
	memcpy(s.b.data, "go 1.99", 7);
	examine(&x, s.b.data, s.b.n);
	assert_int_equal(x.status, STATUS_OK);
	assert_true(found(&x, SLUG_TRACE_VERSION));
	finish(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_read_what_it_is_what_proves_it_and_what_to_do),
		cmocka_unit_test(lines_are_short_and_ascii_where_that_is_wanted),
		cmocka_unit_test(what_is_cut_ends_with_a_whole_character),
		cmocka_unit_test(programs_read_a_list_of_objects),
		cmocka_unit_test(sarif_points_at_the_program_s_own_code),
		cmocka_unit_test(every_advice_can_be_explained_and_is_in_the_manual),
		cmocka_unit_test(a_whole_trace_is_not_doubted),
		cmocka_unit_test(a_trace_that_is_cut_short_is_never_healthy),
		cmocka_unit_test(how_much_is_lost_is_told_where_it_is_known),
		cmocka_unit_test(an_empty_file_is_told_as_such),
		cmocka_unit_test(a_trace_of_a_newer_go_is_told_as_such),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
