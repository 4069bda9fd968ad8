/* Tasks and regions: what they took, and what for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/trace_scenario.h"
#include "trace/task_story.h"

#define US 1000

static void read_service(struct analysis *a, const struct analysis_options *options)
{
	struct scenario s;
	scenario_service(&s);
	scenario_read(&s, options, a);
}

static int64_t spent_on(const struct analysis *a, const struct breakdown *b,
                        const struct spent_reasons *reasons, const char *reason)
{
	for (unsigned i = SPENT_REASONS; i < SPENT_REASONS + reasons->reasons; i++)
		if (strcmp(names_text(&a->names, reasons->name[i]), reason) == 0)
			return b->ns[i];
	return 0;
}

static void parts_of_a_task_add_up_to_its_duration(void **state)
{
	(void)state;
	struct analysis a;
	read_service(&a, &scenario_all);
	assert_int_equal(a.tasks.types, 1);
	const struct task_type *type = &a.tasks.type[0];
	assert_string_equal(names_text(&a.names, type->name), "request");
	assert_int_equal(type->ended, 1);
	assert_int_equal(type->duration.sum_ns, 630 * US);
	assert_int_equal(type->spent.ns[SPENT_RUNNING], 180 * US);
	assert_int_equal(type->spent.ns[SPENT_RUNNABLE], 150 * US);
	assert_int_equal(spent_on(&a, &type->spent, &a.tasks.reasons, "chan receive"), 300 * US);
	int64_t sum = 0;
	for (size_t i = 0; i < SPENT_KINDS; i++)
		sum += type->spent.ns[i];
	assert_int_equal(sum, 630 * US);
	analysis_finish(&a);
}

static void critical_path_names_who_ended_each_wait(void **state)
{
	(void)state;
	struct analysis a;
	read_service(&a, &scenario_all);
	const struct task_instance *task = a.tasks.type[0].slowest[0];
	const struct task_detail *d = &task->detail;
	assert_int_equal(task->id, 5);
	assert_int_equal(task->creator, 1);
	assert_int_equal(task->logs, 1);
	assert_int_equal(task->regions, 1);
	assert_true(task->has_detail);
	int64_t at = task->begin_ns;
	for (unsigned i = 0; i < d->steps; i++) {
		assert_int_equal(d->step[i].at_ns, at);
		assert_int_equal(d->step[i].goroutine, 1);
		at += d->step[i].ns;
	}
	assert_int_equal(at, task->begin_ns + task->ns);
	const struct task_step *wait = NULL;
	for (unsigned i = 0; i < d->steps; i++)
		if (d->step[i].kind >= SPENT_REASONS)
			wait = &d->step[i];
	assert_non_null(wait);
	assert_int_equal(wait->ns, 300 * US);
	assert_string_equal(names_text(&a.names, wait->waker), "example.com/shop/worker.(*Pool).run");
	analysis_finish(&a);
}

static void region_is_broken_down_with_what_lies_inside(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	scenario_begin_running(&s);
	scenario_event(&s, 10, EV_USER_REGION_BEGIN, 0, S_OUTER, 0, 0);
	scenario_event(&s, 30, EV_USER_REGION_BEGIN, 0, S_INNER, 0, 0);
	scenario_event(&s, 40, EV_GO_SYSCALL_BEGIN, 1, 0, 0, 0);
	scenario_event(&s, 90, EV_GO_SYSCALL_END, 0, 0, 0, 0);
	scenario_event(&s, 100, EV_USER_REGION_END, 0, S_INNER, 0, 0);
	scenario_event(&s, 110, EV_USER_REGION_END, 0, S_OUTER, 0, 0);
	scenario_event(&s, 120, EV_USER_REGION_END, 0, S_INNER, 0, 0);
	scenario_event(&s, 130, EV_USER_REGION_BEGIN, 0, S_OUTER, 0, 0);
	scenario_end(&s);
	scenario_read(&s, &scenario_all, &a);
	assert_int_equal(a.regions.types, 2);
	const struct region_type *outer = &a.regions.type[0], *inner = &a.regions.type[1];
	assert_int_equal(outer->duration.sum_ns, 100 * US);
	assert_int_equal(inner->duration.sum_ns, 70 * US);
	assert_int_equal(inner->spent.ns[SPENT_SYSCALL], 50 * US);
	assert_int_equal(inner->spent.ns[SPENT_RUNNING], 20 * US);
	assert_int_equal(outer->spent.ns[SPENT_SYSCALL], 50 * US);
	assert_true(outer->spent.ns[SPENT_RUNNING] >= 50 * US);
	assert_int_equal(outer->slowest_goroutine, 1);
	assert_int_equal(outer->open, 1);
	assert_int_equal(inner->began_earlier, 1); /* nothing was open when it ended */
	analysis_finish(&a);
}

/* A task is as far as the goroutine that is furthest. */
static void task_of_two_goroutines_runs_while_one_of_them_does(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	scenario_begin_running(&s);
	scenario_event(&s, 0, EV_GO_CREATE, 2, STACK_START, STACK_MAIN, 0);
	scenario_event(&s, 0, EV_USER_TASK_BEGIN, 9, 0, S_REQUEST, 0);
	scenario_event(&s, 100, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_event(&s, 200, EV_GO_START, 2, 1, 0, 0); /* not of the task yet */
	scenario_event(&s, 300, EV_USER_REGION_BEGIN, 9, S_INNER, 0, 0);
	scenario_event(&s, 500, EV_USER_REGION_END, 9, S_INNER, 0, 0);
	scenario_event(&s, 600, EV_USER_TASK_END, 9, 0, 0, 0);
	scenario_end(&s);
	scenario_read(&s, &scenario_all, &a);
	const struct task_type *type = &a.tasks.type[0];
	assert_int_equal(type->duration.sum_ns, 600 * US);
	assert_int_equal(type->spent.ns[SPENT_RUNNING], 300 * US);
	assert_int_equal(spent_on(&a, &type->spent, &a.tasks.reasons, "chan receive"), 300 * US);
	analysis_finish(&a);
}

static void task_that_never_ends_is_open(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	scenario_begin_running(&s);
	scenario_event(&s, 5, EV_USER_TASK_END, 77, 0, 0, 0);
	scenario_event(&s, 10, EV_USER_TASK_BEGIN, 8, 0, S_REQUEST, 0);
	scenario_event(&s, 20, EV_USER_TASK_BEGIN, 9, 8, S_REQUEST, 0);
	scenario_event(&s, 40, EV_USER_TASK_END, 9, 0, 0, 0);
	scenario_end(&s);
	scenario_read(&s, &scenario_all, &a);
	const struct task_type *type = &a.tasks.type[0];
	assert_int_equal(type->begun, 2);
	assert_int_equal(type->ended, 1);
	assert_int_equal(type->open, 1);
	assert_int_equal(a.tasks.ended_only, 1);
	const struct task_instance *open = type->slowest[0]->open ? type->slowest[0] : type->slowest[1];
	assert_int_equal(open->id, 8);
	assert_int_equal(open->subtasks, 1);
	analysis_finish(&a);
}

static void tasks_can_be_asked_for_by_id_type_and_trace_id(void **state)
{
	(void)state;
	static const struct {
		struct task_filter filter;
		uint64_t found;
	} asked[] = {
		{{.id = 5}, 1},
		{{.id = 6}, 0},
		{{.type = "request"}, 1},
		{{.type = "reques"}, 0},
		{{.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"}, 1},
		{{.trace_id = "00f067aa0ba902b7"}, 0},
		{{.id = 5, .trace_id = SCENARIO_TRACE_ID}, 1},
	};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct analysis a;
		struct analysis_options options = scenario_all;
		options.task = asked[i].filter;
		read_service(&a, &options);
		uint64_t found = a.tasks.type[0].ended;
		assert_int_equal(found, asked[i].found);
		assert_int_equal(a.tasks.type[0].kept, found);
		if (found && !asked[i].filter.type)
			assert_int_equal(a.tasks.type[0].slowest[0]->kept_logs, 1);
		analysis_finish(&a);
	}
}

/* More steps than are kept: the longest stay, in their order, and nothing is lost from the sum. */
static void long_path_keeps_its_longest_steps(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	scenario_begin_running(&s);
	scenario_event(&s, 0, EV_USER_TASK_BEGIN, 3, 0, S_REQUEST, 0);
	uint64_t at = 0;
	for (uint64_t i = 1; i <= 30; i++) {
		scenario_event(&s, at += i * 7 % 31, EV_GO_SYSCALL_BEGIN, i, 0, 0, 0);
		scenario_event(&s, at += i * 11 % 37, EV_GO_SYSCALL_END, 0, 0, 0, 0);
	}
	scenario_event(&s, at, EV_USER_TASK_END, 3, 0, 0, 0);
	scenario_end(&s);
	scenario_read(&s, &scenario_all, &a);
	const struct task_instance *task = a.tasks.type[0].slowest[0];
	const struct task_detail *d = &task->detail;
	assert_int_equal(d->steps, TASK_STEPS);
	int64_t sum = d->other_steps_ns, last = 0;
	for (unsigned i = 0; i < d->steps; i++) {
		assert_true(d->step[i].at_ns >= last);
		last = d->step[i].at_ns + d->step[i].ns;
		sum += d->step[i].ns;
	}
	assert_int_equal(sum, task->ns);
	analysis_finish(&a);
}

/* The last character that would fit has two bytes. */
static void text_of_a_log_is_cut_between_characters(void **state)
{
	(void)state;
	struct scenario s = {.last_ns = 0};
	struct analysis_options options = scenario_all;
	struct analysis a;
	struct names names = {0};
	struct task_story story = {.id = 5};
	char text[TASK_LOG_TEXT + 2] = "";
	memset(text, 'a', TASK_LOG_TEXT - 1);
	memcpy(text + TASK_LOG_TEXT - 1, "\xc3\xa9", sizeof "\xc3\xa9");
	build_header(&s.b, 26);
	build_clock(&s.b, 1, 26);
	build_batch(&s.b, 1, UINT64_MAX, 1);
	build_byte(&s.b, EV_STRINGS);
	build_string(&s.b, 1, text);
	build_end(&s.b);
	build_batch(&s.b, 1, 7, 1000);
	build_event(&s.b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(&s.b, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
	build_event(&s.b, EV_USER_TASK_BEGIN, 5, 0, 0, 0);
	build_event(&s.b, EV_USER_LOG, 5, 0, 1, 0);
	build_event(&s.b, EV_USER_TASK_END, 5, 0, 0, 0);
	scenario_end(&s);
	options.task.id = 5;
	scenario_read(&s, &options, &a);
	assert_int_equal(a.tasks.type[0].slowest[0]->log[0].length, TASK_LOG_TEXT - 1);
	analysis_finish(&a);
	const struct trace_visitor visitor = task_story_visitor(&story);
	scenario_show(&s, &visitor, 1, &names);
	assert_int_equal(story.log[0].length, STORY_LOG_TEXT - 1);
	task_story_finish(&story);
	names_finish(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_a_task_add_up_to_its_duration),
		cmocka_unit_test(critical_path_names_who_ended_each_wait),
		cmocka_unit_test(region_is_broken_down_with_what_lies_inside),
		cmocka_unit_test(task_of_two_goroutines_runs_while_one_of_them_does),
		cmocka_unit_test(task_that_never_ends_is_open),
		cmocka_unit_test(tasks_can_be_asked_for_by_id_type_and_trace_id),
		cmocka_unit_test(long_path_keeps_its_longest_steps),
		cmocka_unit_test(text_of_a_log_is_cut_between_characters),
	};
	return cmocka_run_group_tests_name("trace_tasks", tests, NULL, NULL);
}
