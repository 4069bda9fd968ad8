/* Limits of a comparison: what they say, and when they are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "compare/gate.h"

static void a_limit_says_what_it_is_about(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum item_kind kind;
		const char *name;
		enum metric metric;
		double ratio;
	} limits[] = {
		{"region:encode p99 +20%", ITEM_REGION, "encode", METRIC_P99, 1.2},
		{"task:user log in  median  +0%", ITEM_TASK, "user log in", METRIC_MEDIAN, 1},
		{"site:main.(*T).f (chan receive) total +7.5%", ITEM_SITE, "main.(*T).f (chan receive)",
	     METRIC_TOTAL, 1.075},
		{"start:a:b count -5%", ITEM_START, "a:b", METRIC_COUNT, 0.95},
		{"region:* count -100%", ITEM_REGION, "*", METRIC_COUNT, 0},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct gate gate;
		struct error error = {0};
		assert_int_equal(gate_parse(&gate, limits[i].text, &error), STATUS_OK);
		assert_int_equal(gate.kind, limits[i].kind);
		assert_int_equal(gate.metric, limits[i].metric);
		assert_true(fabs(gate.ratio - limits[i].ratio) < 1e-12);
		assert_int_equal(gate.name_length, strlen(limits[i].name));
		assert_memory_equal(gate.name, limits[i].name, gate.name_length);
	}
}

static void what_is_no_limit_is_refused_with_an_example(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		" ",
		"region",
		"region:",
		"region:encode",
		"region:encode p99",
		"region:encode p99 20%",
		"region:encode p99 +20",
		"region:encode p99 +%",
		"region:encode p99 +1e3%",
		"region:encode p99 +1.2.3%",
		"region:encode p99 +nan%",
		"region:encode p99 -101%",
		"region:encode p99 -0%",
		"region:encode p99 -0.00000000000%",
		"region:encode p99 +999999999999999999%",
		"region:encode p98 +20%",
		"regions:encode p99 +20%",
		"encode p99 +20%",
		"region: p99 +20%",
		"p99 +20%",
		"+20%",
		":x p99 +20%",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct gate gate;
		struct error error = {0};
		if (gate_parse(&gate, wrong[i], &error) != STATUS_USAGE)
			fail_msg("'%s' was taken", wrong[i]);
		assert_non_null(strstr(error.text, "region:encode p99 +20%"));
	}
}

static bool matches(const char *pattern, const char *name)
{
	return gate_matches(pattern, strlen(pattern), name, strlen(name));
}

static void a_star_stands_for_anything(void **state)
{
	(void)state;
	assert_true(matches("*", ""));
	assert_true(matches("*", "x"));
	assert_true(matches("a*c", "abc"));
	assert_true(matches("a*c", "ac"));
	assert_true(matches("a*b*c", "a-b-b-c"));
	assert_true(matches("main.(*T).f", "main.(*T).f"));
	assert_true(matches("*.serve (*", "main.serve (sync)"));
	assert_false(matches("a*c", "abd"));
	assert_false(matches("a", "ab"));
	assert_false(matches("", "a"));
	assert_true(matches("", ""));
	assert_false(matches("ab", "a"));
	/* no more than the product of both lengths */
	char as[2000] = {0};
	memset(as, 'a', sizeof as - 1);
	assert_false(matches("*a*a*a*a*a*a*a*a*a*b", as));
}

enum { ROWS = 3 };
struct fixture {
	struct items items;
	struct row row[ROWS];
	struct comparison c;
};

/* Regions a, b and task c. */
static int make(void **state)
{
	static struct fixture f;
	static const struct {
		enum item_kind kind;
		const char *name;
	} is[ROWS] = {{ITEM_REGION, "a"}, {ITEM_REGION, "b"}, {ITEM_TASK, "c"}};
	memset(&f, 0, sizeof f);
	for (size_t i = 0; i < ROWS; i++)
		items_find(&f.items, is[i].kind, is[i].name, 1);
	for (size_t i = 0; i < ROWS; i++)
		f.row[i].item = &f.items.item[i];
	f.c = (struct comparison){.items = &f.items, .row = f.row, .rows = ROWS};
	*state = &f;
	return 0;
}

static int unmake(void **state)
{
	struct fixture *f = *state;
	items_finish(&f->items);
	return 0;
}

static void p99(struct fixture *f, size_t row, double ratio, bool judged, bool significant)
{
	f->row[row].change[METRIC_P99] = (struct change){.known = true,
	                                                 .judged = judged,
	                                                 .significant = significant,
	                                                 .ratio = ratio};
}

static struct gate_result judge(const struct fixture *f, const char *text)
{
	struct gate gate;
	struct error error = {0};
	assert_int_equal(gate_parse(&gate, text, &error), STATUS_OK);
	return gate_judge(&gate, &f->c);
}

static void a_limit_is_broken_beyond_it_and_beyond_the_noise(void **state)
{
	struct fixture *f = *state;
	p99(f, 0, 1.3, true, true);
	p99(f, 1, 1.9, true, false);
	assert_int_equal(judge(f, "region:a p99 +20%").verdict, GATE_BROKEN);
	assert_int_equal(judge(f, "region:a p99 +40%").verdict, GATE_KEPT);
	assert_int_equal(judge(f, "region:b p99 +20%").verdict, GATE_KEPT);
	struct gate_result both = judge(f, "region:* p99 +20%");
	assert_int_equal(both.verdict, GATE_BROKEN);
	assert_int_equal(both.matched, 2);
	assert_int_equal(both.broken, 1);
	assert_ptr_equal(both.worst, &f->row[0]);
}

static void a_limit_below_is_about_what_shrinks(void **state)
{
	struct fixture *f = *state;
	p99(f, 0, 0.7, true, true);
	assert_int_equal(judge(f, "region:a p99 -20%").verdict, GATE_BROKEN);
	assert_int_equal(judge(f, "region:a p99 -40%").verdict, GATE_KEPT);
	assert_int_equal(judge(f, "region:a p99 +0%").verdict, GATE_KEPT);
	f->row[0].change[METRIC_COUNT] =
		(struct change){.known = true, .judged = true, .significant = true};
	assert_int_equal(judge(f, "region:a count -50%").verdict, GATE_BROKEN);
}

static void what_can_not_be_judged_breaks_no_limit_and_is_told(void **state)
{
	struct fixture *f = *state;
	p99(f, 0, 5, false, false);
	assert_int_equal(judge(f, "region:a p99 +20%").verdict, GATE_UNKNOWN);
	assert_int_equal(judge(f, "task:c p99 +20%").verdict, GATE_UNKNOWN);
	p99(f, 1, 1, true, false);
	assert_int_equal(judge(f, "region:* p99 +20%").verdict, GATE_KEPT);
}

static void a_limit_that_names_nothing_is_no_success(void **state)
{
	struct fixture *f = *state;
	struct gate_result result = judge(f, "region:c p99 +20%");
	assert_int_equal(result.verdict, GATE_NOTHING);
	assert_null(result.worst);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_says_what_it_is_about),
		cmocka_unit_test(what_is_no_limit_is_refused_with_an_example),
		cmocka_unit_test(a_star_stands_for_anything),
		cmocka_unit_test_setup_teardown(a_limit_is_broken_beyond_it_and_beyond_the_noise, make,
	                                    unmake),
		cmocka_unit_test_setup_teardown(a_limit_below_is_about_what_shrinks, make, unmake),
		cmocka_unit_test_setup_teardown(what_can_not_be_judged_breaks_no_limit_and_is_told, make,
	                                    unmake),
		cmocka_unit_test_setup_teardown(a_limit_that_names_nothing_is_no_success, make, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
