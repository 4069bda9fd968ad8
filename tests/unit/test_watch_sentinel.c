/* The sentinel and its guard, with histories and clocks made by hand. */
#include "tests/unit/metrics_fixture.h"

#include "watch/guard.h"
#include "watch/sentinel.h"

struct scene {
	struct plan plan;
	struct sentinel sentinel;
	struct history *history;
	int64_t now_ns;
};

static void begin(struct scene *s, const char *rule)
{
	plan_init(&s->plan);
	assert_int_equal(plan_add_rule(&s->plan, rule, true, NULL), STATUS_OK);
	sentinel_init(&s->sentinel, &s->plan);
	s->history = history_create_whole(90 * NS_PER_S, (size_t)8 << 20);
	s->now_ns = 1000 * NS_PER_S;
}

static void finish(struct scene *s)
{
	history_destroy(s->history);
}

/* A snapshot so long after the last one; < 0: nobody knows how many there are. */
static enum watched_state see_after(struct scene *s, int64_t after_ns, int64_t goroutines)
{
	s->now_ns += after_ns;
	struct snapshot *snapshot = make_snapshot(s->now_ns);
	snapshot->interval_ns = NS_PER_S;
	snapshot->sched.valid = 0;
	if (goroutines >= 0)
		fields_set(&snapshot->sched, SCHED_GOROUTINES, goroutines);
	assert_int_equal(history_add(s->history, snapshot), STATUS_OK);
	sentinel_look(&s->sentinel, s->history, NULL);
	return s->sentinel.watched[0].state;
}

static enum watched_state see(struct scene *s, int64_t goroutines)
{
	return see_after(s, NS_PER_S, goroutines);
}

static void rule_without_a_time_is_broken_by_one_snapshot(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "goroutines>100");
	assert_int_equal(see(&s, 100), WATCHED_KEPT);
	assert_int_equal(see(&s, 101), WATCHED_BROKEN);
	assert_string_equal(s.sentinel.watched[0].value, "101");
	finish(&s);
}

static void every_snapshot_over_the_time_has_to_break_the_rule(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "goroutines>100 for 3s");
	for (int i = 0; i < 3; i++)
		assert_int_equal(see(&s, 200), WATCHED_BREAKING);
	assert_int_equal(see(&s, 50), WATCHED_KEPT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(see(&s, 200), WATCHED_BREAKING);
	assert_int_equal(see(&s, 200), WATCHED_BROKEN);
	assert_int_equal(sentinel_broken_ns(&s.sentinel, 0), 3 * NS_PER_S);
	finish(&s);
}

static void unknown_breaks_the_time_off(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "goroutines>100 for 3s");
	for (int i = 0; i < 3; i++)
		assert_int_equal(see(&s, 200), WATCHED_BREAKING);
	assert_int_equal(see(&s, -1), WATCHED_UNKNOWN);
	for (int i = 0; i < 3; i++)
		assert_int_equal(see(&s, 200), WATCHED_BREAKING);
	assert_int_equal(see(&s, 200), WATCHED_BROKEN);
	finish(&s);
}

static void gap_between_snapshots_breaks_the_time_off(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "goroutines>100 for 3s");
	assert_int_equal(see(&s, 200), WATCHED_BREAKING);
	assert_int_equal(see_after(&s, 4 * NS_PER_S, 200), WATCHED_BREAKING);
	assert_int_equal(sentinel_broken_ns(&s.sentinel, 0), 0);
	/* One that is a little late is no gap. */
	assert_int_equal(see_after(&s, 3 * NS_PER_S, 200), WATCHED_BROKEN);
	finish(&s);
}

static void rule_that_has_fired_waits_for_recovery_that_is_known(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "goroutines>100");
	assert_int_equal(see(&s, 200), WATCHED_BROKEN);
	sentinel_fired(&s.sentinel, 0);
	assert_int_equal(see(&s, 200), WATCHED_FIRED);
	assert_int_equal(see(&s, -1), WATCHED_FIRED);
	assert_int_equal(see_after(&s, 60 * NS_PER_S, 200), WATCHED_FIRED);
	assert_int_equal(see(&s, 95), WATCHED_FIRED); /* kept, but not by a tenth */
	assert_int_equal(see(&s, 101), WATCHED_FIRED);
	assert_int_equal(see(&s, 90), WATCHED_KEPT);
	assert_int_equal(see(&s, 101), WATCHED_BROKEN);
	finish(&s);
}

static void rule_that_may_not_act_goes_on_wanting_to_while_it_is_broken(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "goroutines>100 for 1s");
	see(&s, 200);
	assert_int_equal(see(&s, 200), WATCHED_BROKEN);
	assert_int_equal(see(&s, 200), WATCHED_BROKEN);
	assert_int_equal(sentinel_broken_ns(&s.sentinel, 0), 2 * NS_PER_S);
	assert_int_equal(see(&s, 100), WATCHED_KEPT);
	finish(&s);
}

static void stopped_process_proves_nothing(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "goroutines>100");
	struct snapshot *snapshot = make_snapshot(s.now_ns);
	snapshot->interval_ns = NS_PER_S;
	snapshot->state = TARGET_STOPPED;
	fields_set(&snapshot->sched, SCHED_GOROUTINES, 200);
	history_add(s.history, snapshot);
	sentinel_look(&s.sentinel, s.history, NULL);
	assert_int_equal(s.sentinel.watched[0].state, WATCHED_UNKNOWN);
	finish(&s);
}

static void findings_are_kept_broken_or_not_known(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "finding:gc-pressure");
	assert_true(sentinel_needs_findings(&s.sentinel));
	struct snapshot *snapshot = make_snapshot(s.now_ns);
	snapshot->interval_ns = NS_PER_S;
	history_add(s.history, snapshot);
	struct findings none = {0}, some = {0};
	finding_say(findings_add(&some, SLUG_GC_PRESSURE, SEVERITY_WARNING, 0.1), "it \033 collects");
	sentinel_look(&s.sentinel, s.history, NULL);
	assert_int_equal(s.sentinel.watched[0].state, WATCHED_UNKNOWN);
	sentinel_look(&s.sentinel, s.history, &some);
	assert_int_equal(s.sentinel.watched[0].state, WATCHED_BROKEN);
	assert_string_equal(s.sentinel.watched[0].value, "it ? collects");
	sentinel_fired(&s.sentinel, 0);
	sentinel_look(&s.sentinel, s.history, NULL);
	assert_int_equal(s.sentinel.watched[0].state, WATCHED_FIRED);
	sentinel_look(&s.sentinel, s.history, &none);
	assert_int_equal(s.sentinel.watched[0].state, WATCHED_KEPT);
	findings_finish(&some);
	finish(&s);
}

/* --- the guard --- */

static void make_guard(struct guard *g, struct plan *plan)
{
	plan_init(plan);
	plan_add_rule(plan, "goroutines>100", true, NULL);
	plan_add_rule(plan, "rss>1MB", true, NULL);
	plan->apart_ns = 60 * NS_PER_S;
	plan->cooldown_ns = 300 * NS_PER_S;
	guard_init(g, plan);
}

static void one_bundle_at_a_time_and_so_many_a_minute(void **state)
{
	(void)state;
	struct plan plan;
	struct guard g;
	int64_t left_ns, t = 5000 * NS_PER_S;
	make_guard(&g, &plan);
	assert_int_equal(guard_ask(&g, 0, t, &left_ns), GUARD_GO);
	guard_begin(&g, 0, t);
	assert_int_equal(guard_ask(&g, 1, t + 10 * NS_PER_S, &left_ns), GUARD_APART);
	assert_int_equal(left_ns, 50 * NS_PER_S);
	assert_int_equal(guard_ask(&g, 1, t + 60 * NS_PER_S, &left_ns), GUARD_BUSY);
	guard_done(&g);
	assert_int_equal(guard_ask(&g, 1, t + 60 * NS_PER_S, &left_ns), GUARD_GO);
}

static void rule_has_a_cooldown_of_its_own(void **state)
{
	(void)state;
	struct plan plan;
	struct guard g;
	int64_t left_ns, t = 5000 * NS_PER_S;
	make_guard(&g, &plan);
	guard_begin(&g, 0, t);
	guard_done(&g);
	assert_int_equal(guard_ask(&g, 0, t + 100 * NS_PER_S, &left_ns), GUARD_COOLDOWN);
	assert_int_equal(left_ns, 200 * NS_PER_S);
	assert_int_equal(guard_ask(&g, 1, t + 100 * NS_PER_S, &left_ns), GUARD_GO);
	assert_int_equal(guard_ask(&g, 0, t + 300 * NS_PER_S, &left_ns), GUARD_GO);
}

static void refusals_are_told_now_and_then_with_their_number(void **state)
{
	(void)state;
	struct plan plan;
	struct guard g;
	unsigned more = 7;
	int64_t t = 5000 * NS_PER_S;
	make_guard(&g, &plan);
	assert_true(guard_refuse(&g, 0, GUARD_APART, t, &more));
	assert_int_equal(more, 0);
	for (int i = 1; i < 60; i++)
		assert_false(guard_refuse(&g, 0, GUARD_APART, t + i * NS_PER_S, &more));
	assert_true(guard_refuse(&g, 0, GUARD_APART, t + 60 * NS_PER_S, &more));
	assert_int_equal(more, 59);
	/* Another reason is news, and so is another rule's. */
	assert_true(guard_refuse(&g, 0, GUARD_COOLDOWN, t + 61 * NS_PER_S, &more));
	assert_true(guard_refuse(&g, 1, GUARD_APART, t + 61 * NS_PER_S, &more));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_without_a_time_is_broken_by_one_snapshot),
		cmocka_unit_test(every_snapshot_over_the_time_has_to_break_the_rule),
		cmocka_unit_test(unknown_breaks_the_time_off),
		cmocka_unit_test(gap_between_snapshots_breaks_the_time_off),
		cmocka_unit_test(rule_that_has_fired_waits_for_recovery_that_is_known),
		cmocka_unit_test(rule_that_may_not_act_goes_on_wanting_to_while_it_is_broken),
		cmocka_unit_test(stopped_process_proves_nothing),
		cmocka_unit_test(findings_are_kept_broken_or_not_known),
		cmocka_unit_test(one_bundle_at_a_time_and_so_many_a_minute),
		cmocka_unit_test(rule_has_a_cooldown_of_its_own),
		cmocka_unit_test(refusals_are_told_now_and_then_with_their_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
