/* Reports: equal to goldens that were read by eye, harmless whatever the names, never too wide. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <wchar.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/report.h"
#include "tests/unit/trace_scenario.h"

static char *print(const struct analysis *a, bool ascii)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_true(report_print(a, out, ascii));
	fclose(out);
	return text;
}

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	if (!in)
		return NULL;
	char *text = calloc(1, 1 << 16);
	assert_non_null(text);
	size_t n = fread(text, 1, (1 << 16) - 1, in);
	text[n] = '\0';
	fclose(in);
	return text;
}

static void compare_with_golden(const char *name, const char *text)
{
	const char *root = getenv("srcdir");
	char path[256];
	snprintf(path, sizeof path, "%s/tests/golden/%s.txt", root ? root : ".", name);
	if (getenv("SCHEDTOP_UPDATE_GOLDENS")) {
		FILE *out = fopen(path, "w");
		assert_non_null(out);
		fputs(text, out);
		fclose(out);
	}
	char *golden = read_file(path);
	assert_non_null(golden);
	if (strcmp(golden, text) != 0)
		print_error("%s: expected\n%s\nprinted\n%s", name, golden, text);
	assert_string_equal(text, golden);
	free(golden);
}

/* The service's trace, with what came after it cut off. */
static void torn(struct scenario *s)
{
	scenario_service(s);
	build_batch(&s->b, 2, 7, 3 * SCENARIO_START_NS);
	build_event(&s->b, EV_GO_START, 2, 1, 0, 0);
	build_end(&s->b);
}

/* Everything that has a name has a bad one. */
static void hostile(struct scenario *s)
{
	scenario_begin_running(s);
	scenario_event(s, 0, EV_GO_STATUS_STACK, 9, UINT64_MAX, GO_WAITING, STACK_HOSTILE);
	scenario_event(s, 1, EV_GO_CREATE, 2, STACK_HOSTILE, STACK_HOSTILE, 0);
	scenario_event(s, 2, EV_USER_TASK_BEGIN, 5, 0, S_HOSTILE, STACK_HOSTILE);
	scenario_event(s, 3, EV_USER_REGION_BEGIN, 5, S_HOSTILE, STACK_HOSTILE, 0);
	scenario_event(s, 4, EV_USER_LOG, 5, S_HOSTILE, S_HOSTILE, STACK_HOSTILE);
	scenario_event(s, 5, EV_STW_BEGIN, S_HOSTILE, STACK_HOSTILE, 0, 0);
	scenario_event(s, 6, EV_STW_END, 0, 0, 0, 0);
	scenario_event(s, 7, EV_GO_SYSCALL_BEGIN, 1, STACK_HOSTILE, 0, 0);
	scenario_event(s, 8, EV_GO_SYSCALL_END, 0, 0, 0, 0);
	scenario_event(s, 9, EV_GO_BLOCK, S_HOSTILE, STACK_HOSTILE, 0, 0);
	scenario_end(s);
}

static void empty(struct scenario *s)
{
	*s = (struct scenario){0};
	build_header(&s->b, 26);
}

static const struct {
	const char *name;
	void (*make)(struct scenario *s);
	bool ascii;
	struct analysis_options options;
} reports[] = {
	{"stat-service", scenario_service, false, {.kinds = REPORT_ALL, .to_ns = INT64_MAX}},
	{"stat-service-ascii", scenario_service, true, {.kinds = REPORT_ALL, .to_ns = INT64_MAX}},
	{"stat-part",
     scenario_service,
     false,
     {.kinds = REPORT_ALL, .from_ns = 200000, .to_ns = 450000}},
	{"stat-goroutine",
     scenario_service,
     false,
     {.kinds = 1U << REPORT_GOROUTINES | 1U << REPORT_WAITS, .goroutine = 2, .to_ns = INT64_MAX}},
	{"stat-part-behind",
     scenario_service,
     false,
     {.kinds = 1U << REPORT_HEALTH | 1U << REPORT_UTILIZATION,
      .from_ns = 2000000,
      .to_ns = INT64_MAX}},
	{"stat-goroutine-unknown",
     scenario_service,
     false,
     {.kinds = 1U << REPORT_GOROUTINES | 1U << REPORT_WAITS, .goroutine = 77, .to_ns = INT64_MAX}},
	{"stat-task",
     scenario_service,
     false,
     {.kinds = 1U << REPORT_TASKS, .task = {.id = 5}, .to_ns = INT64_MAX}},
	{"stat-torn", torn, false, {.kinds = 1U << REPORT_HEALTH, .to_ns = INT64_MAX}},
	{"stat-empty", empty, false, {.kinds = REPORT_ALL, .to_ns = INT64_MAX}},
	{"stat-hostile", hostile, false, {.kinds = REPORT_ALL, .task = {.id = 5}, .to_ns = INT64_MAX}},
};
#define REPORTS (sizeof reports / sizeof *reports)

static void read_report(size_t i, struct analysis *a)
{
	struct scenario s;
	reports[i].make(&s);
	scenario_read(&s, &reports[i].options, a);
}

static void reports_equal_their_goldens(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORTS; i++) {
		struct analysis a;
		read_report(i, &a);
		char *text = print(&a, reports[i].ascii);
		compare_with_golden(reports[i].name, text);
		free(text);
		analysis_finish(&a);
	}
}

static void no_line_is_wider_than_80_columns(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORTS; i++) {
		struct analysis a;
		read_report(i, &a);
		char *text = print(&a, reports[i].ascii);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			size_t columns = 0;
			for (const char *p = line; *p; p++)
				columns += ((unsigned char)*p & 0xc0) != 0x80;
			if (columns > 80)
				fail_msg("%s: %zu columns: %s", reports[i].name, columns, line);
		}
		free(text);
		analysis_finish(&a);
	}
}

static void assert_harmless(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		assert_false(*p < 0x20 && *p != '\n');
		assert_int_not_equal(*p, 0x7f);
		assert_false(p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0); /* C1 controls */
	}
}

static void hostile_names_do_no_harm(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	hostile(&s);
	scenario_read(&s, &scenario_all, &a);
	char *text = print(&a, false), *json = report_json(&a);
	assert_non_null(strstr(text, "evil"));
	assert_harmless(text);
	assert_harmless(json);
	free(text);
	free(json);
	analysis_finish(&a);
}

static void ascii_report_is_ascii(void **state)
{
	(void)state;
	struct analysis a;
	struct scenario s;
	scenario_service(&s);
	scenario_read(&s, &scenario_all, &a);
	char *text = print(&a, true);
	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p < 0x80);
	free(text);
	analysis_finish(&a);
}

static json_t *json_of(const struct analysis_options *options)
{
	struct analysis a;
	struct scenario s;
	scenario_service(&s);
	scenario_read(&s, options, &a);
	char *text = report_json(&a);
	assert_non_null(text);
	json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	free(text);
	analysis_finish(&a);
	return object;
}

static json_int_t at(const json_t *object, const char *key, const char *inner,
                     const char *innermost)
{
	const json_t *value = json_object_get(json_object_get(object, key), inner);
	if (innermost)
		value = json_object_get(value, innermost);
	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void json_holds_what_was_found(void **state)
{
	(void)state;
	json_t *object = json_of(&scenario_all);
	for (unsigned i = 0; i < REPORT_KINDS; i++)
		assert_non_null(json_object_get(object, report_kind_words[i]));
	assert_int_equal(json_integer_value(json_object_get(object, "schema")), REPORT_SCHEMA);
	assert_int_equal(at(object, "waits", "scheduling_latency", "max_ns"), 460000);
	assert_int_equal(at(object, "goroutines", "running_ns", NULL), 830000);
	assert_int_equal(at(object, "gc", "stops", "sum_ns"), 30000);
	assert_int_equal(at(object, "utilization", "gomaxprocs", NULL), 2);
	assert_int_equal(json_array_size(json_object_get(object, "blocked")), 2);
	const json_t *types = json_object_get(json_object_get(object, "tasks"), "types");
	assert_int_equal(json_array_size(types), 1);
	const json_t *duration = json_object_get(json_array_get(types, 0), "duration");
	assert_int_equal(json_integer_value(json_object_get(duration, "sum_ns")), 630000);
	json_decref(object);
}

static void json_has_the_kinds_that_were_asked_for(void **state)
{
	(void)state;
	struct analysis_options options = scenario_all;
	options.kinds = 1U << REPORT_GC;
	json_t *object = json_of(&options);
	assert_int_equal(json_object_size(object), 2);
	assert_non_null(json_object_get(object, "gc"));
	json_decref(object);
}

static void assert_no_negative_number(const json_t *value)
{
	const char *key;
	json_t *inner;
	size_t i;
	json_array_foreach(value, i, inner)
	{
		assert_no_negative_number(inner);
	}
	json_object_foreach((json_t *)value, key, inner)
	{
		if (json_is_number(inner) && json_number_value(inner) < 0)
			fail_msg("%s is %g", key, json_number_value(inner));
		assert_no_negative_number(inner);
	}
}

static void json_of_a_part_that_holds_nothing_has_no_negative_number(void **state)
{
	(void)state;
	struct analysis_options options = scenario_all;
	options.from_ns = 2000000;
	json_t *object = json_of(&options);
	assert_no_negative_number(object);
	json_decref(object);
}

static void damage_is_a_status_and_a_sentence(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	struct error error = {0};
	torn(&s);
	scenario_read(&s, &scenario_all, &a);
	assert_int_equal(analysis_verdict(&a, &error), STATUS_DAMAGED);
	assert_non_null(strstr(error.text, "service.trace: damaged at byte "));
	analysis_finish(&a);
	scenario_service(&s);
	scenario_read(&s, &scenario_all, &a);
	assert_int_equal(analysis_verdict(&a, &error), STATUS_OK);
	analysis_finish(&a);
}

static void lost_bytes_that_nobody_counted_are_unknown(void **state)
{
	(void)state;
	struct analysis a = {
		.path = "app.trace",
		.options = {.kinds = 1U << REPORT_HEALTH, .to_ns = INT64_MAX},
		.summary = {.verdict = TRACE_DAMAGED, .version = 26, .damages = 1, .lost_ns = 1000000},
	};
	char *text = print(&a, true);
	assert_non_null(strstr(text, "Lost: an unknown number of bytes and at least 1.00 ms."));
	free(text);
}

static void heap_beyond_all_bounds_is_not_less_than_nothing(void **state)
{
	(void)state;
	struct analysis a = {
		.path = "app.trace",
		.options = {.kinds = 1U << REPORT_GC, .to_ns = INT64_MAX},
		.gc = {.has_heap = true, .heap_min = 1024, .heap_max = UINT64_MAX},
	};
	char *text = print(&a, true);
	assert_non_null(strstr(text, "Heap from 1.00 KiB to 8.00 EiB;"));
	free(text);
}

static void longest_wait_is_unknown_of_samples(void **state)
{
	(void)state;
	struct analysis a = {
		.path = "app.trace",
		.options = {.kinds = 1U << REPORT_GOROUTINES, .to_ns = INT64_MAX},
		.most_runnable = {.n = 1, .g = {{.id = 7, .latency_max_ns = 5000000}}},
	};
	char *text = print(&a, true);
	assert_non_null(strstr(text, "5.00 ms"));
	free(text);
	a.summary.sampled_hz = 1000;
	text = print(&a, true);
	assert_null(strstr(text, "5.00 ms"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_equal_their_goldens),
		cmocka_unit_test(no_line_is_wider_than_80_columns),
		cmocka_unit_test(hostile_names_do_no_harm),
		cmocka_unit_test(ascii_report_is_ascii),
		cmocka_unit_test(json_holds_what_was_found),
		cmocka_unit_test(json_has_the_kinds_that_were_asked_for),
		cmocka_unit_test(json_of_a_part_that_holds_nothing_has_no_negative_number),
		cmocka_unit_test(damage_is_a_status_and_a_sentence),
		cmocka_unit_test(lost_bytes_that_nobody_counted_are_unknown),
		cmocka_unit_test(heap_beyond_all_bounds_is_not_less_than_nothing),
		cmocka_unit_test(longest_wait_is_unknown_of_samples),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
