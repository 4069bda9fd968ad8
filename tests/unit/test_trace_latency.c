/* Who waits to run, and where they were made runnable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/trace_scenario.h"
#include "trace/latency.h"
#include "trace/slots.h"
#include "trace/window.h"

#define US 1000

struct seen {
	struct names names;
	struct stacks stacks;
	struct latency latency;
	struct blocking ready;
	struct goroutines goroutines;
};

static void show(struct seen *seen, const struct scenario *s, uint64_t only)
{
	*seen = (struct seen){.latency = {.only = only},
	                      .ready = {.only = only, .runnable = true},
	                      .goroutines = {.only = only}};
	seen->latency.stacks = seen->ready.stacks = &seen->stacks;
	const struct trace_visitor visitors[] = {latency_visitor(&seen->latency),
	                                         blocking_visitor(&seen->ready),
	                                         goroutines_visitor(&seen->goroutines)};
	scenario_show(s, visitors, sizeof visitors / sizeof *visitors, &seen->names);
}

static void finish(struct seen *seen)
{
	latency_finish(&seen->latency);
	blocking_finish(&seen->ready);
	goroutines_finish(&seen->goroutines);
	stacks_finish(&seen->stacks);
	names_finish(&seen->names);
}

static const struct latency_group *group_of(const struct seen *seen, const char *function,
                                            const char *creator)
{
	for (size_t i = 0; i < seen->latency.groups; i++)
		if (strcmp(names_text(&seen->names, seen->latency.group[i].function), function) == 0 &&
		    strcmp(names_text(&seen->names, seen->latency.group[i].creator), creator) == 0)
			return &seen->latency.group[i];
	fail_msg("no group %s by %s", function, creator);
	return NULL;
}

#define WORKER "example.com/shop/worker.(*Pool).run"
#define SERVE  "net/http.(*conn).serve"

static void waits_are_counted_by_function_and_creator(void **state)
{
	(void)state;
	struct scenario s;
	struct seen seen;
	scenario_service(&s);
	show(&seen, &s, 0);
	/* Goroutine 2 is created at 10, runs at 150; is preempted at 500, runs at 960. */
	const struct latency_group *worker = group_of(&seen, WORKER, SERVE);
	assert_int_equal(worker->wait.count, 2);
	assert_int_equal(worker->wait.sum_ns, (140 + 460) * US);
	assert_int_equal(worker->longest_goroutine, 2);
	assert_int_equal(worker->longest_begin_ns, SCENARIO_START_NS + 500 * US);
	assert_int_equal(worker->open, 0);
	/* Goroutine 1 was there before; its stack showed where it starts. */
	const struct latency_group *main_ = group_of(&seen, "main.main", "");
	assert_int_equal(main_->wait.count, 1);
	assert_int_equal(main_->wait.max_ns, 150 * US);
	finish(&seen);
}

static void groups_add_up_to_all_waits(void **state)
{
	(void)state;
	struct scenario s;
	struct seen seen;
	scenario_service(&s);
	show(&seen, &s, 0);
	uint64_t count = 0;
	int64_t sum_ns = 0;
	for (size_t i = 0; i < seen.latency.groups; i++) {
		count += seen.latency.group[i].wait.count;
		sum_ns += seen.latency.group[i].wait.sum_ns;
	}
	assert_int_equal(count, seen.goroutines.latency.count);
	assert_int_equal(sum_ns, seen.goroutines.latency.sum_ns);
	finish(&seen);
}

static void waits_are_counted_where_goroutines_were_made_runnable(void **state)
{
	(void)state;
	struct scenario s;
	struct seen seen;
	int64_t by_root[2] = {0}; /* main.main creates; the worker wakes and is preempted */
	scenario_service(&s);
	show(&seen, &s, 0);
	for (size_t i = 0; i < seen.ready.sites; i++) {
		const struct block_site *site = &seen.ready.site[i];
		const struct stack *stack = &seen.stacks.stack[site->stack - 1];
		const struct stack_frame *root = &seen.stacks.frame[stack->first + stack->frames - 1];
		by_root[strcmp(names_text(&seen.names, root->function), WORKER) == 0] += site->total_ns;
	}
	assert_int_equal(by_root[0], 140 * US);
	assert_int_equal(by_root[1], (150 + 460) * US);
	finish(&seen);
}

static void one_goroutine_can_be_asked_for(void **state)
{
	(void)state;
	struct scenario s;
	struct seen seen;
	scenario_service(&s);
	show(&seen, &s, 1);
	assert_int_equal(seen.latency.groups, 1);
	assert_int_equal(seen.latency.group[0].wait.sum_ns, 150 * US);
	int64_t sum_ns = 0;
	for (size_t i = 0; i < seen.ready.sites; i++)
		sum_ns += seen.ready.site[i].total_ns;
	assert_int_equal(sum_ns, 150 * US);
	finish(&seen);
}

static void waits_that_go_on_at_the_end_are_told_apart(void **state)
{
	(void)state;
	struct scenario s;
	struct seen seen;
	scenario_begin_running(&s);
	scenario_event(&s, 10, EV_GO_CREATE, 2, STACK_START, STACK_MAIN, 0);
	scenario_event(&s, 90, EV_PROC_STOP, 0, 0, 0, 0);
	scenario_end(&s);
	show(&seen, &s, 0);
	const struct latency_group *worker = group_of(&seen, WORKER, SERVE);
	assert_int_equal(worker->open, 1);
	assert_int_equal(worker->wait.count, 0);
	finish(&seen);
}

/* A window as analysis.c makes one. */
static void part_counts_waits_from_its_beginning_on(void **state)
{
	(void)state;
	struct scenario s;
	struct names names = {0};
	struct stacks stacks = {0};
	struct latency latency = {.stacks = &stacks};
	const struct window_member member = {latency_visitor(&latency), latency_restart};
	struct window window = {&member, 1, .from_ns = 700 * US, .to_ns = INT64_MAX};
	const struct trace_visitor visitor = window_visitor(&window);
	scenario_service(&s);
	scenario_show(&s, &visitor, 1, &names);
	assert_int_equal(latency.groups, 1); /* goroutine 2, which has waited since 500 */
	assert_int_equal(latency.group[0].wait.count, 1);
	assert_int_equal(latency.group[0].wait.sum_ns, 260 * US);
	window_finish(&window);
	latency_finish(&latency);
	stacks_finish(&stacks);
	names_finish(&names);
}

/* More creators than anybody has. */
static void groups_beyond_the_limit_are_counted_as_one(void **state)
{
	(void)state;
	struct scenario s;
	struct seen seen;
	scenario_service(&s);
	show(&seen, &s, 0);
	struct latency *a = &seen.latency;
	latency_restart(a, 0);
	struct trace_slot id = {1};
	assert_true(SLOTS_FIT(a->slot, a->slots, 1, NULL));
	for (uint32_t i = 0; i < LATENCY_GROUPS + 10; i++) {
		const struct trace_event event = {.type = EV_GO_START,
		                                  .from = GO_RUNNABLE,
		                                  .to = GO_RUNNING,
		                                  .at_ns = 2000,
		                                  .g = TRACE_NONE};
		const struct trace_block block = {.event = &event,
		                                  .events = 1,
		                                  .goroutine = &id,
		                                  .goroutines = 1};
		a->slot[0] = (struct latency_goroutine){.since_ns = 1000,
		                                        .function = i + 1,
		                                        .known = true,
		                                        .runnable = true};
		assert_true(latency_visitor(a).events(a, &block));
	}
	assert_int_equal(a->groups, LATENCY_GROUPS);
	assert_true(a->group[LATENCY_GROUPS - 1].others);
	assert_int_equal(a->group[LATENCY_GROUPS - 1].wait.count, 11);
	finish(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_are_counted_by_function_and_creator),
		cmocka_unit_test(groups_add_up_to_all_waits),
		cmocka_unit_test(waits_are_counted_where_goroutines_were_made_runnable),
		cmocka_unit_test(one_goroutine_can_be_asked_for),
		cmocka_unit_test(waits_that_go_on_at_the_end_are_told_apart),
		cmocka_unit_test(part_counts_waits_from_its_beginning_on),
		cmocka_unit_test(groups_beyond_the_limit_are_counted_as_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
