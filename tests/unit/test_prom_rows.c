#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/prom_rows.h"
#include "collect/promql.h"

#define SUCCESS(result) \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":" result "}}"

struct seen {
	size_t n, limit;
	double sum;
	char last[64];
};

static bool take(const json_t *row, void *arg)
{
	struct seen *seen = arg;
	double value;
	seen->n++;
	if (prom_value(row, &value))
		seen->sum += value;
	snprintf(seen->last, sizeof seen->last, "%s",
	         json_is_string(row) ? json_string_value(row) : prom_label(row, "instance"));
	return seen->n != seen->limit;
}

/* Reads the text in pieces of that size. */
static enum status read_in_pieces(const char *text, size_t piece, struct seen *seen, char *warning,
                                  struct error *error)
{
	struct prom_rows *rows = prom_rows_create(take, seen);
	size_t size = strlen(text);
	assert_non_null(rows);
	for (size_t at = 0; at < size; at += piece)
		prom_rows_feed(rows, text + at, size - at < piece ? size - at : piece);
	enum status status = prom_rows_end(rows, warning, 256, error);
	prom_rows_destroy(rows);
	return status;
}

static void rows_come_one_by_one_however_they_are_cut(void **state)
{
	(void)state;
	static const char text[] =
		SUCCESS("[{\"metric\":{\"instance\":\"a]}\\\"\"},\"value\":[1,\"2\"]}, "
	            "{\"metric\":{\"instance\":\"b\"},\"value\":[1,\"40\"]}]");
	for (size_t piece = 1; piece < sizeof text; piece++) {
		struct seen seen = {0};
		struct error error = {0};
		char warning[256];
		assert_int_equal(read_in_pieces(text, piece, &seen, warning, &error), STATUS_OK);
		assert_int_equal(seen.n, 2);
		assert_true(seen.sum == 42);
		assert_string_equal(seen.last, "b");
		assert_string_equal(warning, "");
	}
}

static void a_list_of_names_is_rows_too(void **state)
{
	(void)state;
	struct seen seen = {0};
	char warning[256];
	assert_int_equal(read_in_pieces("{\"status\":\"success\",\"data\":[\"up\",\"go_info\"]}", 7,
	                                &seen, warning, NULL),
	                 STATUS_OK);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.last, "go_info");
}

static void errors_and_warnings_are_told_in_the_servers_words(void **state)
{
	(void)state;
	struct seen seen = {0};
	struct error error = {0};
	char warning[256];
	assert_int_equal(
		read_in_pieces("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse "
	                   "\\u001berror\"}",
	                   5, &seen, warning, &error),
		STATUS_FAILED);
	assert_string_equal(error.text, "parse ?error");
	assert_int_equal(
		read_in_pieces("{\"status\":\"success\",\"warnings\":[\"store gone\",\"x\"],\"data\":{"
	                   "\"result\":[]}}",
	                   5, &seen, warning, &error),
		STATUS_OK);
	assert_string_equal(warning, "store gone (and 1 more)");
}

static void what_is_no_answer_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		"<html>502</html>",
		"{}",
		"[]",
		"{\"status\":\"success\",\"data\":{\"result\":[",
		SUCCESS("[{\"metric\":}]"),
		SUCCESS("[{\"metric\":{}]}"),
		SUCCESS("[nul]"),
		SUCCESS("[\"\xff\"]"),
		"{\"status\":\"error\"}",
		"{\"status\":\"success\",\"data\":{\"result\":[]}}}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct seen seen = {0};
		struct error error = {0};
		char warning[256];
		assert_int_equal(read_in_pieces(texts[i], 3, &seen, warning, &error), STATUS_DAMAGED);
		assert_string_not_equal(error.text, "");
	}
}

static void deep_nesting_and_endless_rows_are_refused(void **state)
{
	(void)state;
	struct seen seen = {0};
	struct prom_rows *rows = prom_rows_create(take, &seen);
	static char much[1 << 16];
	memset(much, '[', sizeof much);
	assert_false(prom_rows_feed(rows, much, sizeof much));
	prom_rows_destroy(rows);
	rows = prom_rows_create(take, &seen);
	static const char begin[] = "{\"data\":[\"";
	memset(much, 'a', sizeof much);
	bool more = prom_rows_feed(rows, begin, sizeof begin - 1);
	assert_true(more);
	size_t fed = 0;
	for (; more && fed < 100; fed++)
		more = prom_rows_feed(rows, much, sizeof much);
	assert_true(fed < 100);
	prom_rows_destroy(rows);
}

static void a_taker_can_have_enough(void **state)
{
	(void)state;
	struct seen seen = {.limit = 1};
	struct prom_rows *rows = prom_rows_create(take, &seen);
	static const char text[] = "{\"data\":[\"a\",\"b\"]}";
	assert_false(prom_rows_feed(rows, text, sizeof text - 1));
	assert_int_equal(seen.n, 1);
	prom_rows_destroy(rows);
}

/* --- questions -------------------------------------------------------------------------------- */

static char *written(void (*write)(FILE *out, const struct promql *q), const char *match)
{
	struct promql q;
	struct error error = {0};
	char *text = NULL;
	size_t size;
	assert_int_equal(promql_init(&q, match, &error), STATUS_OK);
	promql_found_all(&q.found);
	FILE *out = open_memstream(&text, &size);
	write(out, &q);
	fclose(out);
	promql_finish(&q);
	return text;
}

static void a_selector_goes_into_every_question(void **state)
{
	(void)state;
	static const char *const same[] = {"{job=\"a}b\"}", "job=\"a}b\"", "{job=\"a}b\", }"};
	for (size_t i = 0; i < 3; i++) {
		char *text = written(promql_health, same[i]);
		assert_string_equal(text, "max by (job, instance) (timestamp(up{job=\"a}b\"}) * "
		                          "(2 * up{job=\"a}b\"} - 1))");
		free(text);
	}
	char *text = written(promql_versions, "");
	assert_string_equal(text, "group by (version, job, instance) (go_info{})");
	free(text);
}

static void what_is_no_selector_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"{job=\"a\"} or up", "{job=\"a\"", "job=\"a\"}",
	                                  "{__name__=\"up\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct promql q;
		struct error error = {0};
		assert_int_equal(promql_init(&q, bad[i], &error), STATUS_USAGE);
	}
}

static void names_that_nobody_exports_are_not_asked_for(void **state)
{
	(void)state;
	struct promql q;
	char *text = NULL;
	size_t size;
	assert_int_equal(promql_init(&q, "", NULL), STATUS_OK);
	promql_found(&q.found, "go_goroutines");
	promql_found(&q.found, "go_sched_latencies_seconds_bucket");
	promql_found(&q.found, "go_goroutines_bucket");
	FILE *out = open_memstream(&text, &size);
	promql_gauges(out, &q);
	for (size_t i = 0; i < promql_name_count; i++) {
		promql_rate(out, &q, i == 0 ? 1 : i);
		promql_buckets(out, &q, i);
	}
	fclose(out);
	assert_string_equal(text, "max by (__name__, job, instance) ({__name__=~\"go_goroutines\"})"
	                          "sum by (le, job, instance) "
	                          "(rate(go_sched_latencies_seconds_bucket{}[300s]))");
	free(text);
	promql_finish(&q);
}

static void instances_are_named_as_they_stand(void **state)
{
	(void)state;
	static const char *const names[] = {"a.b:1", "c\"|\\d"};
	struct promql q;
	char *text = NULL;
	size_t size;
	assert_int_equal(promql_init(&q, "job=\"x\"", NULL), STATUS_OK);
	assert_true(promql_add_by(&q, "cluster"));
	assert_false(promql_add_by(&q, "cluster"));
	assert_false(promql_add_by(&q, "no label"));
	promql_found(&q.found, "go_goroutines");
	FILE *out = open_memstream(&text, &size);
	assert_true(promql_metric(out, &q, FLEET_GOROUTINES, names, 2));
	assert_false(promql_metric(out, &q, FLEET_HEAP, names, 2));
	fclose(out);
	assert_string_equal(text, "max by (job, instance, cluster) (go_goroutines{job=\"x\","
	                          "instance=~\"a\\\\.b:1|c\\\"\\\\|\\\\\\\\d\"})");
	free(text);
	promql_finish(&q);
}

static void forms_are_escaped(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	promql_form(out, true, "match[]", "{a=\"b&c\xc3\xa4 +\"}");
	promql_form(out, false, "time", "1.5");
	fclose(out);
	assert_string_equal(text, "match[]=%7Ba%3D%22b%26c%C3%A4%20%2B%22%7D&time=1.5");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_one_by_one_however_they_are_cut),
		cmocka_unit_test(a_list_of_names_is_rows_too),
		cmocka_unit_test(errors_and_warnings_are_told_in_the_servers_words),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(deep_nesting_and_endless_rows_are_refused),
		cmocka_unit_test(a_taker_can_have_enough),
		cmocka_unit_test(a_selector_goes_into_every_question),
		cmocka_unit_test(what_is_no_selector_is_refused),
		cmocka_unit_test(names_that_nobody_exports_are_not_asked_for),
		cmocka_unit_test(instances_are_named_as_they_stand),
		cmocka_unit_test(forms_are_escaped),
	};
	return cmocka_run_group_tests_name("prom_rows", tests, NULL, NULL);
}
