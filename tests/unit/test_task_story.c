/* One task in full, and tasks of every duration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/trace_scenario.h"
#include "trace/task_rows.h"
#include "trace/task_story.h"

#define US 1000

static void show(struct task_story *story, const struct scenario *s, struct names *names)
{
	const struct trace_visitor visitor = task_story_visitor(story);
	scenario_show(s, &visitor, 1, names);
}

static int64_t total(const struct breakdown *b)
{
	int64_t sum = 0;
	for (size_t i = 0; i < SPENT_KINDS; i++)
		sum += b->ns[i];
	return sum;
}

static void story_tells_what_the_task_did(void **state)
{
	(void)state;
	struct scenario s;
	struct names names = {0};
	struct task_story story = {.id = 5};
	scenario_service(&s);
	show(&story, &s, &names);
	assert_string_equal(names_text(&names, story.name), "request");
	assert_int_equal(story.creator, 1);
	assert_int_equal(story.end, STORY_ENDED);
	assert_int_equal(story.end_ns - story.begin_ns, 630 * US);
	assert_int_equal(story.regions, 1);
	assert_string_equal(names_text(&names, story.region[0].name), "outer");
	assert_int_equal(story.region[0].end, STORY_ENDED);
	assert_int_equal(story.region[0].ns, 570 * US);
	assert_int_equal(story.logs, 1);
	assert_int_equal(story.log[0].at_ns, SCENARIO_START_NS + 40 * US);
	assert_memory_equal(story.log[0].text, SCENARIO_TRACE_ID, strlen(SCENARIO_TRACE_ID));
	assert_string_equal(names_text(&names, story.log[0].category), "otel");
	task_story_finish(&story);
	names_finish(&names);
}

/* By a second account: what tasks.h says of the same task, for which one goroutine works. */
static void goroutine_spent_what_the_task_did(void **state)
{
	(void)state;
	struct scenario s;
	struct names names = {0};
	struct stacks stacks = {0};
	struct task_story story = {.id = 5};
	struct tasks tasks = {.stacks = &stacks};
	const struct trace_visitor visitors[] = {task_story_visitor(&story), tasks_visitor(&tasks)};
	scenario_service(&s);
	scenario_show(&s, visitors, 2, &names);
	assert_int_equal(story.goroutines, 1);
	assert_int_equal(story.goroutine[0].id, 1);
	assert_string_equal(names_text(&names, story.goroutine[0].function), "main.main");
	assert_int_equal(total(&story.goroutine[0].spent), 630 * US);
	assert_memory_equal(&story.goroutine[0].spent, &tasks.type[0].spent, sizeof(struct breakdown));
	task_story_finish(&story);
	tasks_finish(&tasks);
	stacks_finish(&stacks);
	names_finish(&names);
}

/* Task 5 of goroutine 1: two regions, one in the other, a subtask, and goroutine 2 with a region of
   the task that its own end cuts. */
static void tell_family(struct scenario *s)
{
	scenario_begin_running(s);
	scenario_event(s, 10, EV_USER_TASK_BEGIN, 5, 0, S_REQUEST, STACK_MAIN);
	scenario_event(s, 20, EV_USER_REGION_BEGIN, 5, S_OUTER, STACK_MAIN, 0);
	scenario_event(s, 30, EV_USER_REGION_BEGIN, 5, S_INNER, STACK_MAIN, 0);
	scenario_event(s, 40, EV_USER_TASK_BEGIN, 6, 5, S_INNER, STACK_MAIN);
	scenario_event(s, 50, EV_USER_TASK_END, 6, STACK_MAIN, 0, 0);
	scenario_event(s, 60, EV_USER_REGION_END, 5, S_INNER, STACK_MAIN, 0);
	scenario_event(s, 70, EV_GO_CREATE, 2, STACK_START, STACK_MAIN, 0);
	scenario_event(s, 80, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_event(s, 90, EV_GO_START, 2, 1, 0, 0);
	scenario_event(s, 100, EV_USER_REGION_BEGIN, 5, S_SERVE, STACK_START, 0);
	scenario_event(s, 140, EV_GO_UNBLOCK, 1, 1, STACK_START, 0);
	scenario_event(s, 150, EV_GO_DESTROY, 0, 0, 0, 0);
	scenario_event(s, 160, EV_GO_START, 1, 2, 0, 0);
	scenario_event(s, 200, EV_PROC_STOP, 0, 0, 0, 0);
	scenario_end(s);
}

static void regions_lie_in_each_other_and_may_be_cut_or_open(void **state)
{
	(void)state;
	struct scenario s;
	struct names names = {0};
	struct task_story story = {.id = 5};
	tell_family(&s);
	show(&story, &s, &names);
	assert_int_equal(story.end, STORY_OPEN);
	assert_int_equal((story.end_ns - story.begin_ns) / US, 190);
	assert_int_equal(story.regions, 3);
	const struct story_region *r = story.region;
	assert_true(r[0].end == STORY_OPEN && r[0].depth == 0 && r[0].ns / US == 180);
	assert_true(r[1].end == STORY_ENDED && r[1].depth == 1 && r[1].ns == 30 * US);
	assert_true(r[2].end == STORY_CUT && r[2].depth == 0 && r[2].ns == 50 * US);
	assert_int_equal(r[2].goroutine, 2);
	task_story_finish(&story);
	names_finish(&names);
}

static void goroutines_are_told_for_as_long_as_they_work_for_it(void **state)
{
	(void)state;
	struct scenario s;
	struct names names = {0};
	struct task_story story = {.id = 5};
	tell_family(&s);
	show(&story, &s, &names);
	assert_int_equal(story.goroutines, 2);
	const struct story_goroutine *first = &story.goroutine[0], *second = &story.goroutine[1];
	assert_int_equal(total(&first->spent) / US, 190);
	assert_int_equal(first->spent.ns[SPENT_RUNNING] / US, 70 + 40);
	assert_int_equal(first->spent.ns[SPENT_RUNNABLE], 20 * US);
	assert_int_equal(second->id, 2);
	assert_int_equal(total(&second->spent), 50 * US);
	assert_int_equal(second->last_ns, SCENARIO_START_NS + 150 * US);
	assert_int_equal(story.subtasks, 1);
	assert_int_equal(story.subtask[0].id, 6);
	assert_int_equal(story.subtask[0].ns, 10 * US);
	task_story_finish(&story);
	names_finish(&names);
}

static void what_is_beyond_the_limits_is_counted(void **state)
{
	(void)state;
	struct names names = {0};
	struct task_story story = {.id = 5};
	const struct trace_slot id = {1};
	const uint8_t types[] = {EV_USER_REGION_BEGIN, EV_USER_LOG, EV_USER_REGION_END};
	for (size_t i = 0; i < STORY_REGIONS + 8; i++)
		for (size_t k = 0; k < sizeof types; k++) {
			const struct trace_event event = {.type = types[k],
			                                  .arg = {5},
			                                  .at_ns = (int64_t)(10 * i + k),
			                                  .subject = 0};
			const struct trace_event *other = &event;
			const struct trace_block block = {.event = &event,
			                                  .events = 1,
			                                  .other = &other,
			                                  .others = 1,
			                                  .present = EV_BIT(types[k]),
			                                  .goroutine = &id,
			                                  .goroutines = 1,
			                                  .names = &names};
			assert_true(task_story_visitor(&story).events(&story, &block));
		}
	assert_int_equal(story.regions, STORY_REGIONS);
	assert_int_equal(story.more_regions, 8);
	assert_int_equal(story.logs, STORY_LOGS);
	assert_int_equal(story.more_logs, STORY_REGIONS + 8 - STORY_LOGS);
	for (size_t i = 0; i < STORY_REGIONS; i++)
		assert_int_equal(story.region[i].ns, 2);
	task_story_finish(&story);
}

static void rows_keep_the_slowest_of_each_power_of_two(void **state)
{
	(void)state;
	struct task_rows *rows = task_rows_create();
	for (uint64_t i = 0; i < 1024; i++) {
		const struct task_brief brief = {.id = i, .ns = (int64_t)i};
		assert_true(task_rows_add(rows, &brief, false));
	}
	assert_true(task_rows_add(rows, &(struct task_brief){.id = 5000, .ns = 7}, true));
	assert_int_equal(rows->row[0]->kept, 2);
	for (unsigned row = 5; row < 10; row++) {
		assert_int_equal(rows->row[row]->kept, TASK_ROW_KEPT);
		for (unsigned i = 0; i < TASK_ROW_KEPT; i++)
			assert_int_equal(rows->row[row]->brief[i].ns, (2 << row) - 1 - (int)i);
	}
	assert_null(rows->row[10]);
	assert_int_equal(rows->open->brief[0].id, 5000);
	task_rows_destroy(rows);
}

static void rows_are_kept_of_each_type_for_who_asks(void **state)
{
	(void)state;
	struct scenario s;
	struct names names = {0};
	for (int asks = 0; asks < 2; asks++) {
		struct stacks stacks = {0};
		struct tasks tasks = {.stacks = &stacks, .keep_rows = asks};
		const struct trace_visitor visitor = tasks_visitor(&tasks);
		scenario_service(&s);
		scenario_show(&s, &visitor, 1, &names);
		assert_int_equal(tasks.type[0].rows != NULL, asks);
		if (asks) {
			const struct task_row *row = tasks.type[0].rows->row[task_row_of(630 * US)];
			assert_int_equal(row->kept, 1);
			assert_int_equal(row->brief[0].id, 5);
			assert_int_equal(row->brief[0].ns, 630 * US);
		}
		tasks_finish(&tasks);
		stacks_finish(&stacks);
	}
	names_finish(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(story_tells_what_the_task_did),
		cmocka_unit_test(goroutine_spent_what_the_task_did),
		cmocka_unit_test(regions_lie_in_each_other_and_may_be_cut_or_open),
		cmocka_unit_test(goroutines_are_told_for_as_long_as_they_work_for_it),
		cmocka_unit_test(what_is_beyond_the_limits_is_counted),
		cmocka_unit_test(rows_keep_the_slowest_of_each_power_of_two),
		cmocka_unit_test(rows_are_kept_of_each_type_for_who_asks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
