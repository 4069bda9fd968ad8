#include "metrics/openmetrics.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/exposition.h"
#include "tests/unit/metrics_fixture.h"

static void the_format_is_the_one_that_is_preferred(void **state)
{
	(void)state;
	static const struct {
		const char *accept;
		enum openmetrics_format format;
	} rows[] = {
		{NULL, OPENMETRICS_TEXT},
		{"", OPENMETRICS_TEXT},
		{"*/*", OPENMETRICS_TEXT},
		{"application/openmetrics-text", OPENMETRICS_1},
		{"text/plain;q=0.4, Application/OpenMetrics-Text; version=1.0.0 ; q=0.5", OPENMETRICS_1},
		{"application/openmetrics-text;q=0.1,text/plain", OPENMETRICS_TEXT},
		{"application/openmetrics-text;q=0,text/html", OPENMETRICS_TEXT},
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
	     "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	     OPENMETRICS_1},
		{",,;q=,;;q=999999999999999999999999", OPENMETRICS_TEXT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(openmetrics_choose(rows[i].accept), rows[i].format);
}

static void names_units_and_values_follow_the_rules_of_each_format(void **state)
{
	(void)state;
	static const struct openmetrics_family counter = {"a_seconds", OPENMETRICS_COUNTER, "seconds",
	                                                  "Help."};
	static const struct openmetrics_family info = {"b", OPENMETRICS_INFO, NULL, "Info."};
	static const struct openmetrics_family empty = {"c", OPENMETRICS_GAUGE, NULL, "Nothing."};
	static const struct openmetrics_label odd[] = {{"x", "a\"b\\c\nd"}, {"y", ""}};
	static const char *const expected[OPENMETRICS_FORMATS] = {
		"# HELP a_seconds_total Help.\n# TYPE a_seconds_total counter\n"
		"a_seconds_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 9223372036.854775807\n"
		"a_seconds_total 2\na_seconds_total -0.5\na_seconds_total 0\n"
		"# HELP b_info Info.\n# TYPE b_info gauge\nb_info 1\n",
		"# HELP a_seconds Help.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n"
		"a_seconds_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 9223372036.854775807\n"
		"a_seconds_total 2\na_seconds_total -0.5\na_seconds_total 0\n"
		"# HELP b Info.\n# TYPE b info\nb_info 1\n# EOF\n"};
	for (int format = 0; format < OPENMETRICS_FORMATS; format++) {
		size_t size;
		struct openmetrics_page *page = openmetrics_page_create((enum openmetrics_format)format);
		openmetrics_page_begin(page, &counter);
		openmetrics_page_add_whole(page, odd, 2, INT64_MAX, true);
		openmetrics_page_add_whole(page, NULL, 0, 2 * NS_PER_S, true);
		openmetrics_page_add_whole(page, NULL, 0, -NS_PER_S / 2, true);
		openmetrics_page_add_whole(page, NULL, 0, 0, true);
		openmetrics_page_begin(page, &empty);
		openmetrics_page_begin(page, &info);
		openmetrics_page_add_whole(page, NULL, 0, 1, false);
		assert_string_equal(openmetrics_page_end(page, &size), expected[format]);
		assert_int_equal(size, strlen(expected[format]));
		openmetrics_page_destroy(page);
	}
}

static void buckets_of_a_histogram_add_up(void **state)
{
	(void)state;
	static const struct openmetrics_family family = {"h_seconds", OPENMETRICS_HISTOGRAM, "seconds",
	                                                 "Help."};
	struct histogram h;
	uint64_t count[162] = {[0] = 1, [1] = 2, [20] = 4, [161] = 8};
	size_t size;
	struct openmetrics_page *page = openmetrics_page_create(OPENMETRICS_TEXT);
	assert_int_equal(histogram_init(&h, histogram_bounds_of_time_histogram(false), count),
	                 STATUS_OK);
	openmetrics_page_begin(page, &family);
	openmetrics_page_add_histogram(page, &(struct histogram){.bounds = NULL});
	openmetrics_page_add_histogram(page, &h);
	const char *text = openmetrics_page_end(page, &size);
	assert_non_null(strstr(text, "h_seconds_bucket{le=\"2.56e-07\"} 3\n"));
	assert_non_null(strstr(text, "h_seconds_bucket{le=\"68.719476736\"} 7\n"));
	assert_non_null(strstr(text, "h_seconds_bucket{le=\"+Inf\"} 15\nh_seconds_count 15\n"));
	uint64_t last = 0;
	for (const char *at = text; (at = strstr(at, "} ")) != NULL; at++) {
		uint64_t value = strtoull(at + 2, NULL, 10);
		assert_true(value >= last);
		last = value;
	}
	histogram_finish(&h);
	openmetrics_page_destroy(page);
}

/* The value of a sample on the page; -1: it is not there. */
static double value_of(const struct exposition *e, const char *sample)
{
	char line[160] = "\n";
	size_t size;
	struct openmetrics_page *page = exposition_page(e, OPENMETRICS_1, 100 * NS_PER_S);
	const char *text = openmetrics_page_end(page, &size), *at;
	strcat(strcat(line, sample), " ");
	at = strstr(text, line);
	double value = at ? strtod(at + strlen(line), NULL) : -1;
	openmetrics_page_destroy(page);
	return value;
}

static struct snapshot *make_told(int64_t second, int64_t cpu_ns, int64_t tick)
{
	struct snapshot *s = make_snapshot(second * NS_PER_S);
	s->pid = 7;
	s->sched_at = (struct stamp){ORIGIN_MEMORY, s->monotonic_ns};
	fields_set(&s->os, OS_CPU_NS, cpu_ns);
	fields_set(&s->sched, SCHED_RUNQUEUE, second);
	assert_int_equal(snapshot_reserve(s, 1, 0), STATUS_OK);
	fields_set(&s->p[0].f, P_SCHEDTICK, tick);
	assert_int_equal(lanes_reserve(&s->lanes, 1, 1), STATUS_OK);
	s->lanes.start_ns = (second - 1) * NS_PER_S;
	s->lanes.at_ns[0] = s->monotonic_ns;
	s->lanes.state[0] = LANE_RUNNING;
	return s;
}

static void counters_never_fall_and_gauges_follow(void **state)
{
	(void)state;
	struct exposition *e = exposition_create();
	exposition_add(e, make_told(1, 5 * NS_PER_S, 4294967290));
	exposition_add(e, make_told(2, 4 * NS_PER_S, 4)); /* the ticks have gone round */
	assert_float_equal(value_of(e, "process_cpu_seconds_total"), 5, 0);
	assert_float_equal(value_of(e, "schedtop_p_schedticks_total{p=\"0\"}"), 4294967300.0, 0);
	assert_float_equal(value_of(e, "schedtop_global_run_queue_goroutines"), 2, 0);
	assert_float_equal(value_of(e, "schedtop_p_state_seconds_total{p=\"0\",state=\"running\"}"), 2,
	                   0);
	assert_float_equal(value_of(e, "schedtop_p_state_seconds_total{p=\"0\",state=\"idle\"}"), 0, 0);
	assert_float_equal(value_of(e, "schedtop_up"), 1, 0);
	exposition_destroy(e);
}

static void what_is_unknown_is_absent(void **state)
{
	(void)state;
	struct exposition *e = exposition_create();
	assert_float_equal(value_of(e, "schedtop_up"), 0, 0);
	assert_float_equal(value_of(e, "schedtop_snapshot_age_seconds"), -1, 0);
	struct snapshot *s = make_told(1, NS_PER_S, 1);
	s->os.valid = 0;
	exposition_add(e, s);
	assert_float_equal(value_of(e, "process_cpu_seconds_total"), -1, 0);
	assert_float_equal(value_of(e, "go_goroutines"), -1, 0);
	assert_float_equal(value_of(e, "schedtop_p_run_queue_goroutines{p=\"0\"}"), -1, 0);
	assert_float_equal(value_of(e, "schedtop_idle_ratio"), -1, 0);
	exposition_destroy(e);
}

static void who_has_exited_is_not_up_and_who_follows_begins_anew(void **state)
{
	(void)state;
	struct exposition *e = exposition_create();
	exposition_add(e, make_told(1, 5 * NS_PER_S, 10));
	struct snapshot *last = make_snapshot(2 * NS_PER_S);
	last->pid = 7;
	last->state = TARGET_EXITED;
	exposition_add(e, last);
	assert_float_equal(value_of(e, "schedtop_up"), 0, 0);
	assert_float_equal(value_of(e, "process_cpu_seconds_total"), -1, 0);
	struct snapshot *next = make_told(3, NS_PER_S, 3);
	next->pid = 8;
	exposition_add(e, next);
	assert_float_equal(value_of(e, "schedtop_up"), 1, 0);
	assert_float_equal(value_of(e, "process_cpu_seconds_total"), 1, 0);
	assert_float_equal(value_of(e, "schedtop_p_schedticks_total{p=\"0\"}"), 3, 0);
	exposition_destroy(e);
}

/* The linker sends every realloc of the program here (--wrap).
   NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl51-cpp) */
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
static bool no_memory;
void *__wrap_realloc(void *old, size_t size)
{
	return no_memory ? NULL : __real_realloc(old, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl51-cpp) */

static void without_memory_for_what_ps_add_up_to_it_is_absent(void **state)
{
	(void)state;
	struct exposition *e = exposition_create();
	struct snapshot *s = make_told(1, NS_PER_S, 10);
	fields_set(&s->p[0].f, P_RUNQSIZE, 3);
	no_memory = true;
	exposition_add(e, s);
	no_memory = false;
	assert_float_equal(value_of(e, "schedtop_p_schedticks_total{p=\"0\"}"), -1, 0);
	assert_float_equal(value_of(e, "schedtop_p_run_queue_goroutines{p=\"0\"}"), 3, 0);
	exposition_destroy(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_format_is_the_one_that_is_preferred),
		cmocka_unit_test(names_units_and_values_follow_the_rules_of_each_format),
		cmocka_unit_test(buckets_of_a_histogram_add_up),
		cmocka_unit_test(counters_never_fall_and_gauges_follow),
		cmocka_unit_test(what_is_unknown_is_absent),
		cmocka_unit_test(who_has_exited_is_not_up_and_who_follows_begins_anew),
		cmocka_unit_test(without_memory_for_what_ps_add_up_to_it_is_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
