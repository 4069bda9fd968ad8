#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"
#include "watch/amount.h"
#include "watch/plan.h"

static struct rule good(const char *text)
{
	struct rule rule;
	struct error error = {0};
	if (rule_parse(text, &rule, &error) != STATUS_OK)
		fail_msg("%s: %s", text, error.text);
	return rule;
}

/* The sentence names the rule, what is wrong, and the grammar. */
static void bad(const char *text, const char *why)
{
	struct rule rule;
	struct error error = {0};
	assert_int_equal(rule_parse(text, &rule, &error), STATUS_USAGE);
	if (!strstr(error.text, why) || !strstr(error.text, "METRIC > VALUE [for TIME]"))
		fail_msg("%s: %s", text, error.text);
}

static void rule_has_metric_operator_value_and_time(void **state)
{
	(void)state;
	struct rule r = good("sched.p99>50ms for 5s");
	assert_string_equal(r.metric->name, "sched.p99");
	assert_int_equal(r.op, RULE_ABOVE);
	assert_true(r.value == 50e6);
	assert_int_equal(r.for_ns, 5 * NS_PER_S);
	assert_string_equal(r.text, "sched.p99>50ms for 5s");

	r = good("  idle  <=  2.5% ");
	assert_string_equal(r.metric->name, "idle");
	assert_int_equal(r.op, RULE_AT_MOST);
	assert_true(r.value == 0.025);
	assert_int_equal(r.for_ns, 0);

	r = good("rss >= 2GiB\tfor\t2m");
	assert_int_equal(r.op, RULE_AT_LEAST);
	assert_true(r.value == 2.0 * (1 << 30));
	assert_int_equal(r.for_ns, 120 * NS_PER_S);

	r = good("goroutines<5");
	assert_int_equal(r.op, RULE_BELOW);
	assert_true(r.value == 5);
}

static void rule_on_a_finding_has_a_severity(void **state)
{
	(void)state;
	struct rule r = good("finding:gc-pressure");
	assert_null(r.metric);
	assert_int_equal(r.slug, SLUG_GC_PRESSURE);
	assert_int_equal(r.severity, SEVERITY_WARNING);

	r = good("finding:any >= critical for 30s");
	assert_int_equal(r.slug, SLUG_COUNT);
	assert_int_equal(r.severity, SEVERITY_CRITICAL);
	assert_int_equal(r.for_ns, 30 * NS_PER_S);
}

static void what_is_wrong_with_a_rule_is_said(void **state)
{
	(void)state;
	bad("", "it is empty");
	bad("sched.p98>50ms", "'sched.p98' is no metric");
	bad("\033[31mred>1", "no metric");
	bad("sched.p99 50ms", "followed by >, >=, < or <=");
	bad("sched.p99=50ms", "followed by >, >=, < or <=");
	bad("sched.p99>50MB", "takes a time");
	bad("sched.p99>", "takes a time");
	bad("idle>nan", "takes a share");
	bad("busy>70", "takes a share such as 70% or 0.7, not '70'");
	bad("idle>101%", "takes a share");
	bad("goroutines>50%", "takes a number");
	bad("goroutines>-1", "takes a number");
	bad("rss>1 for ever", "'ever' is no time");
	bad("rss>1MB for 2h", "up to 1h");
	bad("finding:", "there is no finding ''");
	bad("finding:nonsense", "there is no finding 'nonsense'");
	bad("finding:trace-truncated", "found in traces");
	bad("finding:gc-pressure>=dire", "'dire' is not info");
	char longer[RULE_TEXT_MAX + 32];
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	bad(longer, "too long");
}

static void every_metric_can_be_in_a_rule(void **state)
{
	(void)state;
	static const char *const values[UNIT_KINDS] = {"1ms", "1MB", "1", "1%", "1"};
	for (size_t i = 0; i < live_metric_count; i++) {
		char text[RULE_TEXT_MAX];
		snprintf(text, sizeof text, "%s>%s", live_metrics[i].name, values[live_metrics[i].unit]);
		assert_ptr_equal(good(text).metric, &live_metrics[i]);
	}
}

static void actions_add_up(void **state)
{
	(void)state;
	char shown[256];
	struct rule r = good("idle>1%");
	assert_int_equal(rule_add_action(&r, "trace", NULL), STATUS_OK);
	assert_int_equal(rule_add_action(&r, "goroutines", NULL), STATUS_OK);
	assert_int_equal(rule_add_action(&r, "exec:page me", NULL), STATUS_OK);
	assert_int_equal(r.kinds, 1U << CAPTURE_KIND_TRACE | 1U << CAPTURE_KIND_GOROUTINES);
	rule_show_actions(&r, shown, sizeof shown);
	assert_string_equal(shown, "trace, goroutines, exec:page");
	r = good("idle>1%");
	rule_add_action(&r, "snapshots", NULL);
	rule_show_actions(&r, shown, sizeof shown);
	assert_string_equal(shown, "snapshots");

	struct error error = {0};
	assert_int_equal(rule_add_action(&r, "reboot", &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "exec:COMMAND"));
}

static void command_is_split_once_and_means_nothing_more(void **state)
{
	(void)state;
	struct rule r = good("idle>1%");
	char *argv[RULE_WORDS_MAX + 1];
	assert_int_equal(
		rule_add_action(&r, "exec:  /bin/notify  --text='two words' \"$HOME; rm\" '' a\\b*", NULL),
		STATUS_OK);
	rule_command(&r, argv);
	assert_int_equal(r.words, 5);
	assert_string_equal(argv[0], "/bin/notify");
	assert_string_equal(argv[1], "--text=two words");
	assert_string_equal(argv[2], "$HOME; rm");
	assert_string_equal(argv[3], "");
	assert_string_equal(argv[4], "a\\b*");
	assert_null(argv[5]);

	struct error error = {0};
	assert_int_equal(rule_add_action(&r, "exec:other", &error), STATUS_USAGE);
	static const char *const wrong[] = {"exec:", "exec:   ", "exec:'open", "exec:''"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		r = good("idle>1%");
		assert_int_equal(rule_add_action(&r, wrong[i], &error), STATUS_USAGE);
	}
	char longer[RULE_COMMAND_MAX + 32] = "exec:";
	memset(longer + 5, 'x', sizeof longer - 6);
	longer[sizeof longer - 1] = '\0';
	r = good("idle>1%");
	assert_int_equal(rule_add_action(&r, longer, &error), STATUS_USAGE);
}

/* A percentile is a bucket: only all of it says something. */
static void bucket_that_holds_the_value_is_neither_broken_nor_kept(void **state)
{
	(void)state;
	struct rule above = good("sched.p99>50ms"), least = good("sched.p99>=50ms");
	struct rule below = good("sched.p99<50ms"), most = good("sched.p99<=50ms");
	const struct {
		struct reading reading;
		enum rule_verdict above, least, below, most;
	} rows[] = {
		{{false, 1e9, 1e9}, RULE_UNKNOWN, RULE_UNKNOWN, RULE_UNKNOWN, RULE_UNKNOWN},
		{{true, 40e6, 60e6}, RULE_UNKNOWN, RULE_UNKNOWN, RULE_UNKNOWN, RULE_UNKNOWN},
		{{true, 51e6, 60e6}, RULE_BROKEN, RULE_BROKEN, RULE_KEPT, RULE_KEPT},
		{{true, 50e6, 60e6}, RULE_UNKNOWN, RULE_BROKEN, RULE_KEPT, RULE_UNKNOWN},
		{{true, 40e6, 50e6}, RULE_KEPT, RULE_KEPT, RULE_BROKEN, RULE_BROKEN},
		{{true, 40e6, 49e6}, RULE_KEPT, RULE_KEPT, RULE_BROKEN, RULE_BROKEN},
		{{true, 50e6, 50e6}, RULE_KEPT, RULE_BROKEN, RULE_KEPT, RULE_BROKEN},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(rule_judge(&above, &rows[i].reading), rows[i].above);
		assert_int_equal(rule_judge(&least, &rows[i].reading), rows[i].least);
		assert_int_equal(rule_judge(&below, &rows[i].reading), rows[i].below);
		assert_int_equal(rule_judge(&most, &rows[i].reading), rows[i].most);
	}
}

static void recovery_is_a_tenth_beyond_the_value(void **state)
{
	(void)state;
	struct rule above = good("goroutines>100"), below = good("goroutines<100");
	struct rule any = good("queue>0");
	assert_false(rule_recovered(&above, &(struct reading){false, 0, 0}));
	assert_false(rule_recovered(&above, &(struct reading){true, 91, 91}));
	assert_true(rule_recovered(&above, &(struct reading){true, 90, 90}));
	assert_false(rule_recovered(&below, &(struct reading){true, 109, 109}));
	assert_true(rule_recovered(&below, &(struct reading){true, 111, 111}));
	assert_false(rule_recovered(&any, &(struct reading){true, 1, 1}));
	assert_true(rule_recovered(&any, &(struct reading){true, 0, 0}));
}

static void finding_of_less_severity_is_not_the_rules(void **state)
{
	(void)state;
	struct findings findings = {0};
	findings_add(&findings, SLUG_GC_PRESSURE, SEVERITY_WARNING, 0.1);
	struct rule warning = good("finding:gc-pressure"), any = good("finding:any");
	struct rule critical = good("finding:gc-pressure>=critical"), other = good("finding:stw-long");
	assert_non_null(rule_find(&warning, &findings));
	assert_non_null(rule_find(&any, &findings));
	assert_null(rule_find(&critical, &findings));
	assert_null(rule_find(&other, &findings));
	findings_finish(&findings);
}

/* --- the plan --- */

static void command_line_takes_the_place_of_the_configuration(void **state)
{
	(void)state;
	struct plan plan;
	plan_init(&plan);
	assert_int_equal(plan_set(&plan, "when", "idle>1%", NULL), STATUS_OK);
	assert_int_equal(plan_set(&plan, "then", "goroutines", NULL), STATUS_OK);
	assert_int_equal(plan_set(&plan, "when", "idle>2%", NULL), STATUS_OK);
	assert_int_equal(plan.n, 2);
	assert_int_equal(plan_add_rule(&plan, "rss>1MB", true, NULL), STATUS_OK);
	assert_int_equal(plan_add_rule(&plan, "rss>2MB", true, NULL), STATUS_OK);
	assert_int_equal(plan.n, 2);
	plan_complete(&plan);
	assert_int_equal(plan.rule[1].kinds, 1U << CAPTURE_KIND_TRACE);
	assert_int_equal(plan_add_rule(&plan, "none", true, NULL), STATUS_OK);
	assert_int_equal(plan.n, 0);
}

static void settings_that_are_wrong_change_nothing(void **state)
{
	(void)state;
	struct plan plan, before;
	struct error error = {0};
	plan_init(&plan);
	before = plan;
	static const char *const wrong[][2] = {
		{"apart", "0s"},     {"cooldown", "soon"}, {"before", "1h"}, {"log", ""},
		{"rule", "idle>1%"}, {"then", "trace"},    {"when", "idle"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(plan_set(&plan, wrong[i][0], wrong[i][1], &error), STATUS_USAGE);
		assert_memory_equal(&plan, &before, sizeof plan);
	}
	assert_int_equal(plan_set(&plan, "apart", "90s", &error), STATUS_OK);
	assert_int_equal(plan.apart_ns, 90 * NS_PER_S);
	assert_int_equal(plan_set(&plan, "log", "/var/log/x", &error), STATUS_OK);
	assert_string_equal(plan.log, "/var/log/x");
}

static void there_is_an_end_to_rules(void **state)
{
	(void)state;
	struct plan plan;
	struct error error = {0};
	plan_init(&plan);
	for (int i = 0; i < PLAN_RULES_MAX; i++)
		assert_int_equal(plan_add_rule(&plan, "idle>1%", true, NULL), STATUS_OK);
	assert_int_equal(plan_add_rule(&plan, "idle>1%", true, &error), STATUS_USAGE);
	assert_int_equal(plan.n, PLAN_RULES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_has_metric_operator_value_and_time),
		cmocka_unit_test(rule_on_a_finding_has_a_severity),
		cmocka_unit_test(what_is_wrong_with_a_rule_is_said),
		cmocka_unit_test(every_metric_can_be_in_a_rule),
		cmocka_unit_test(actions_add_up),
		cmocka_unit_test(command_is_split_once_and_means_nothing_more),
		cmocka_unit_test(bucket_that_holds_the_value_is_neither_broken_nor_kept),
		cmocka_unit_test(recovery_is_a_tenth_beyond_the_value),
		cmocka_unit_test(finding_of_less_severity_is_not_the_rules),
		cmocka_unit_test(command_line_takes_the_place_of_the_configuration),
		cmocka_unit_test(settings_that_are_wrong_change_nothing),
		cmocka_unit_test(there_is_an_end_to_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
