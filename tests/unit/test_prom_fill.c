/* Rows of a metrics server in a fleet: what can't be true is unknown, whoever says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/prom_fill.h"
#include "util/clock.h"

#define NOW_S 1760000000.0

static struct promql q;

static int begin(void **state)
{
	static struct prom_fill fill;
	fill = (struct prom_fill){.q = &q, .stale_ns = 60 * NS_PER_S, .fleet = fleet_create()};
	*state = &fill;
	return promql_init(&q, "", NULL) != STATUS_OK || !fill.fleet;
}

static int end(void **state)
{
	struct prom_fill *fill = *state;
	free(fill->bucket);
	fleet_unref(fill->fleet);
	promql_finish(&q);
	return 0;
}

static void feed(struct prom_fill *fill, prom_row_fn *taker, const char *text)
{
	json_t *row = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(row);
	assert_true(taker(row, fill));
	json_decref(row);
}

static void be_up(struct prom_fill *fill)
{
	feed(fill, prom_fill_health,
	     "{\"metric\":{\"instance\":\"a\",\"job\":\"j\"},\"value\":[1760000000,\"1759999999\"]}");
	assert_int_equal(fill->fleet->n, 1);
}

static void gauge(struct prom_fill *fill, const char *name, const char *value)
{
	char text[256];
	snprintf(text, sizeof text,
	         "{\"metric\":{\"__name__\":\"%s\",\"instance\":\"a\",\"job\":\"j\"},\"value\":[1,"
	         "\"%s\"]}",
	         name, value);
	feed(fill, prom_fill_gauge, text);
}

static size_t name_index(const char *name)
{
	size_t i = 0;
	while (strcmp(promql_names[i].name, name) != 0)
		i++;
	return i;
}

static void values_that_nothing_can_have_are_unknown(void **state)
{
	struct prom_fill *fill = *state;
	static const struct {
		const char *name, *value;
		enum fleet_metric metric;
		bool known;
	} rows[] = {
		{"go_goroutines", "12", FLEET_GOROUTINES, true},
		{"go_threads", "1e300", FLEET_THREADS, false},
		{"go_goroutines", "-7", FLEET_GOROUTINES, false},
		{"go_memstats_heap_alloc_bytes", "+Inf", FLEET_HEAP, false},
		{"process_resident_memory_bytes", "NaN", FLEET_RSS, false},
		{"schedtop_idle_ratio", "-Inf", FLEET_IDLE, false},
		{"process_start_time_seconds", "-1e300", FLEET_UPTIME, false},
		{"process_start_time_seconds", "0", FLEET_UPTIME, false},
		{"process_start_time_seconds", "1e300", FLEET_UPTIME, true}, /* it has only begun */
		{"process_start_time_seconds", "1759999990", FLEET_UPTIME, true},
	};
	be_up(fill);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fill->fleet->instance[0].known = 0;
		gauge(fill, rows[i].name, rows[i].value);
		if (fleet_known(&fill->fleet->instance[0], rows[i].metric) != rows[i].known)
			fail_msg("%s %s", rows[i].name, rows[i].value);
	}
	assert_true(fill->fleet->instance[0].value[FLEET_UPTIME].hi == 10e9);
}

/* Where nobody says what time it is, nobody knows how long something has been up. */
static void without_a_time_there_is_no_uptime(void **state)
{
	struct prom_fill *fill = *state;
	gauge(fill, "process_start_time_seconds", "1759999990");
	assert_int_equal(fill->fleet->instance[0].known, 0);
}

static void a_time_that_is_none_is_not_the_servers(void **state)
{
	struct prom_fill *fill = *state;
	be_up(fill);
	feed(fill, prom_fill_health, "{\"metric\":{\"instance\":\"b\"},\"value\":[1e300,\"1\"]}");
	feed(fill, prom_fill_health, "{\"metric\":{\"instance\":\"c\"},\"value\":[\"x\",\"1\"]}");
	feed(fill, prom_fill_health, "{\"metric\":{\"instance\":\"d\"},\"value\":[-4,\"1e10\"]}");
	assert_true(fill->time == NOW_S);
	assert_int_equal(fill->fleet->n, 3);
}

static void rows_that_belong_to_nobody_are_left_out(void **state)
{
	struct prom_fill *fill = *state;
	static const char *const texts[] = {
		"{}",
		"[]",
		"7",
		"null",
		"{\"metric\":[],\"value\":[1,\"2\"]}",
		"{\"metric\":{\"instance\":7,\"__name__\":\"go_goroutines\"},\"value\":[1,\"2\"]}",
		"{\"metric\":{\"instance\":\"\",\"__name__\":\"go_goroutines\"},\"value\":[1,\"2\"]}",
		"{\"metric\":{\"instance\":\"a\"},\"value\":{}}",
		"{\"metric\":{\"instance\":\"a\",\"__name__\":\"go_goroutines\"},\"value\":[1,2]}",
	};
	static prom_row_fn *const takers[] = {prom_fill_health, prom_fill_gauge, prom_fill_value,
	                                      prom_fill_bucket, prom_fill_native};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t taker = 0; taker < sizeof takers / sizeof *takers; taker++)
			feed(fill, takers[taker], texts[i]);
	prom_fill_end_buckets(fill);
	for (size_t i = 0; i < fill->fleet->n; i++)
		assert_int_equal(fill->fleet->instance[i].known, 0);
}

static void a_native_histogram_that_is_none_is_unknown(void **state)
{
	struct prom_fill *fill = *state;
	static const struct {
		const char *buckets;
		bool known;
	} rows[] = {
		{"[[0,\"0.001\",\"0.002\",\"NaN\"]]", false},
		{"[[0,\"0.002\",\"0.001\",\"3\"]]", false},
		{"[[0,\"0.001\",\"0.002\",\"-3\"]]", false},
		{"[[0,\"0.001\",\"0.002\",\"Inf\"]]", false},
		{"[[0,\"0.001\",\"0.002\",\"1\"],[0,\"0\",\"0.001\",\"1\"]]", false},
		{"[[0,\"-Inf\",\"+Inf\",\"3\"]]", false},
		{"[7]", false},
		{"[]", false},
		{"[[0,\"0.001\",\"0.002\",\"3\"]]", true},
	};
	be_up(fill);
	fill->name = name_index("go_sched_latencies_seconds");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[512];
		snprintf(
			text, sizeof text,
			"{\"metric\":{\"instance\":\"a\",\"job\":\"j\"},\"histogram\":[1,{\"buckets\":%s}]}",
			rows[i].buckets);
		feed(fill, prom_fill_native, text);
		if (fleet_known(&fill->fleet->instance[0], FLEET_WAIT_P99) != rows[i].known)
			fail_msg("%s", rows[i].buckets);
	}
	assert_true(fill->fleet->instance[0].value[FLEET_WAIT_P99].hi == 2e6);
}

/* Of two that a rollout leaves behind it is the older one, whatever comes between them. */
static void the_lowest_version_is_told(void **state)
{
	struct prom_fill *fill = *state;
	static const char *const versions[] = {"go1.26.8", "go1.9.7", "", "go1.10"};
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		char text[128];
		snprintf(text, sizeof text, "{\"metric\":{\"instance\":\"a\",\"version\":\"%s\"}}",
		         versions[i]);
		feed(fill, prom_fill_version, text);
	}
	assert_string_equal(fill->fleet->instance[0].version, "go1.9.7");
}

static void buckets_told_twice_or_without_an_end_do_no_harm(void **state)
{
	struct prom_fill *fill = *state;
	static const char *const ends[][2] = {{"0.001", "5"}, {"0.001", "5"}, {"NaN", "9"},
	                                      {"x", "9"},     {"", "9"},      {"0.01", "NaN"},
	                                      {"+Inf", "20"}, {"0.1", "-4"}};
	be_up(fill);
	fill->name = name_index("go_sched_latencies_seconds");
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char text[256];
		snprintf(
			text, sizeof text,
			"{\"metric\":{\"instance\":\"a\",\"job\":\"j\",\"le\":\"%s\"},\"value\":[1,\"%s\"]}",
			ends[i][0], ends[i][1]);
		feed(fill, prom_fill_bucket, text);
	}
	prom_fill_end_buckets(fill);
	const struct fleet_range *range = &fill->fleet->instance[0].value[FLEET_WAIT_P99];
	assert_true(range->lo == 0.1e9 && isinf(range->hi));
	assert_true(fill->fleet->instance[0].value[FLEET_WAIT_P50].hi == 1e6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(values_that_nothing_can_have_are_unknown),
		TEST(without_a_time_there_is_no_uptime),
		TEST(a_time_that_is_none_is_not_the_servers),
		TEST(rows_that_belong_to_nobody_are_left_out),
		TEST(a_native_histogram_that_is_none_is_unknown),
		TEST(the_lowest_version_is_told),
		TEST(buckets_told_twice_or_without_an_end_do_no_harm),
	};
	return cmocka_run_group_tests_name("prom_fill", tests, NULL, NULL);
}
