/* Misuse of tasks, regions and logs, and use that only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/annotations.h"
#include "doctor/trace_doctor.h"
#include "tests/unit/trace_scenario.h"

/* Strings and goroutines of these tests beside the scenario's. */
enum { S_LOG = 40 };
enum { MAIN = 1 };

/* What happens twice is often enough. */
static void init_limits(struct limits_set *limits)
{
	static const char *const often[] = {
		"task-empty.tasks=2",
		"task-never-ended.tasks=2",
		"task-reused.times=2",
		"region-unclosed.regions=2",
		"region-cross-goroutine.regions=2",
		"region-out-of-order.regions=2",
		"context-lost.regions=5",
		"annotation-overhead.rate=10000",
	};
	struct error error;
	limits_init(limits);
	for (size_t i = 0; i < sizeof often / sizeof *often; i++)
		assert_int_equal(limits_set_text(limits, often[i], &error), STATUS_OK);
}

/* A program whose main goroutine runs; its log says `text`. */
static void begin(struct scenario *s, const char *text)
{
	scenario_begin(s);
	build_end(&s->b);
	build_batch(&s->b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(&s->b, EV_STRINGS);
	build_string(&s->b, S_LOG, text);
	build_end(&s->b);
	build_batch(&s->b, 1, 7, SCENARIO_START_NS);
	scenario_event(s, 0, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	scenario_event(s, 0, EV_GO_STATUS, MAIN, 7, GO_RUNNING, 0);
}

static void task(struct scenario *s, uint64_t at_us, uint64_t id)
{
	scenario_event(s, at_us, EV_USER_TASK_BEGIN, id, 0, S_REQUEST, STACK_MAIN);
}
static void end_task(struct scenario *s, uint64_t at_us, uint64_t id)
{
	scenario_event(s, at_us, EV_USER_TASK_END, id, STACK_MAIN, 0, 0);
}
static void region(struct scenario *s, uint64_t at_us, uint64_t of_task, uint64_t name)
{
	scenario_event(s, at_us, EV_USER_REGION_BEGIN, of_task, name, STACK_MAIN, 0);
}
static void end_region(struct scenario *s, uint64_t at_us, uint64_t of_task, uint64_t name)
{
	scenario_event(s, at_us, EV_USER_REGION_END, of_task, name, STACK_MAIN, 0);
}
static void create(struct scenario *s, uint64_t at_us, uint64_t id)
{
	scenario_event(s, at_us, EV_GO_CREATE, id, STACK_START, STACK_MAIN, 0);
}
/* The main goroutine blocks, another one runs; and the other way round. */
static void change_to(struct scenario *s, uint64_t at_us, uint64_t id, uint64_t seq)
{
	scenario_event(s, at_us, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_event(s, at_us, EV_GO_START, id, seq, 0, 0);
}
/* The one that runs is over; the main goroutine, which it wakes, runs again. */
static void return_to_main(struct scenario *s, uint64_t at_us, uint64_t seq)
{
	scenario_event(s, at_us, EV_GO_UNBLOCK, MAIN, seq, STACK_START, 0);
	scenario_event(s, at_us, EV_GO_DESTROY, 0, 0, 0, 0);
	scenario_event(s, at_us, EV_GO_START, MAIN, seq + 1, 0, 0);
}

struct judged {
	struct analysis a;
	struct findings findings;
};

/* The trace ends then; of it a part is looked at, from `from_us` on. */
static void judge_part(struct judged *j, struct scenario *s, uint64_t from_us, uint64_t end_us)
{
	struct limits_set limits;
	struct findings findings = {0};
	init_limits(&limits);
	scenario_event(s, end_us, EV_HEAP_ALLOC, 1, 0, 0, 0);
	scenario_end(s);
	struct trace_doctor *doctor = trace_doctor_create(&j->a, &limits);
	assert_non_null(doctor);
	struct analysis_options options = scenario_all;
	options.spells = trace_doctor_spells(doctor);
	options.from_ns = (int64_t)from_us * 1000;
	scenario_read(s, &options, &j->a);
	j->findings = findings;
	assert_true(trace_doctor_conclude(doctor, &j->findings));
	trace_doctor_destroy(doctor);
}

static void judge(struct judged *j, struct scenario *s)
{
	judge_part(j, s, 0, 2000000);
}

static void finish(struct judged *j)
{
	findings_finish(&j->findings);
	analysis_finish(&j->a);
}

static const struct finding *find(const struct judged *j, enum slug slug)
{
	for (size_t i = 0; i < j->findings.n; i++)
		if (j->findings.finding[i]->slug == slug)
			return j->findings.finding[i];
	return NULL;
}

static double measure(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->measures; i++)
		if (strcmp(f->measure[i].name, name) == 0)
			return f->measure[i].value;
	fail_msg("%s has no %s", slug_word(f->slug), name);
	return 0;
}

/* No rule about annotations speaks. */
static void expect_silence(struct judged *j)
{
	for (size_t i = 0; i < j->findings.n; i++)
		if (j->findings.finding[i]->slug >= SLUG_TASK_EMPTY)
			fail_msg("%s: %s", slug_word(j->findings.finding[i]->slug),
			         j->findings.finding[i]->summary);
	finish(j);
}

/* Finds it with this number, on this goroutine, with a stack. */
static const struct evidence *expect(struct judged *j, enum slug slug, const char *name,
                                     double value, uint64_t goroutine)
{
	const struct finding *f = find(j, slug);
	if (!f) {
		fail_msg("%s is not found", slug_word(slug));
		return NULL;
	}
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_true(measure(f, name) == value);
	assert_true(f->evidences >= 1);
	assert_int_equal(f->evidence[0].goroutine, goroutine);
	assert_true(f->evidence[0].begin_ns >= 0);
	return &f->evidence[0];
}

/* --- tasks ----------------------------------------------------------------------------------- */

static void tasks_that_end_before_their_work_are_empty(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 4; i++) {
		task(&s, 100 * i, i);
		end_task(&s, 100 * i + 1, i);
		region(&s, 100 * i + 2, i, S_INNER);
		end_region(&s, 100 * i + 50, i, S_INNER);
	}
	judge(&j, &s);
	const struct evidence *e = expect(&j, SLUG_TASK_EMPTY, "empty_tasks", 4, MAIN);
	assert_int_equal(e->task, 1);
	assert_int_equal(e->begin_ns, 100000);
	assert_true(e->frames > 0);
	assert_null(find(&j, SLUG_TASK_REUSED)); /* one mistake, one finding */
	finish(&j);
}

static void short_tasks_and_tasks_with_something_in_them_are_not_empty(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 4; i++) {
		task(&s, 100 * i, i);
		end_task(&s, 100 * i + 10, i);
		scenario_event(&s, 100 * i + 20, EV_USER_TASK_BEGIN, 10 + i, 0, S_OUTER, STACK_MAIN);
		region(&s, 100 * i + 21, 10 + i, S_INNER);
		end_region(&s, 100 * i + 22, 10 + i, S_INNER);
		end_task(&s, 100 * i + 23, 10 + i);
	}
	judge(&j, &s);
	expect_silence(&j);
}

static void tasks_whose_goroutine_goes_on_without_ending_them_never_end(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 24; i++) {
		task(&s, 1000 * i, i);
		if (i % 2)
			end_task(&s, 1000 * i + 500, i);
	}
	judge(&j, &s);
	/* The last one may still be going on. */
	const struct evidence *e = expect(&j, SLUG_TASK_NEVER_ENDED, "open_tasks", 11, MAIN);
	assert_int_equal(e->task, 2);
	finish(&j);
}

static void tasks_that_still_get_parts_are_in_use(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 40; i++) {
		task(&s, 1000 * i, i);
		if (i % 2)
			end_task(&s, 1000 * i + 500, i);
	}
	for (uint64_t i = 2; i <= 40; i += 2) {
		region(&s, 1900000 + 10 * i, i, S_INNER);
		end_region(&s, 1900005 + 10 * i, i, S_INNER);
	}
	judge(&j, &s);
	expect_silence(&j);
}

static void tasks_of_which_few_end_may_take_long(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 15; i++)
		task(&s, 1000 * i, i);
	for (uint64_t i = 1; i <= 5; i++)
		end_task(&s, 16000 + i, i);
	judge(&j, &s);
	expect_silence(&j);
}

/* So many that they may be a mistake: but who knows. */
static void very_many_tasks_of_which_few_end_are_info(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 40; i++)
		task(&s, 1000 * i, i);
	end_task(&s, 42000, 1);
	judge(&j, &s);
	const struct finding *f = find(&j, SLUG_TASK_NEVER_ENDED);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	finish(&j);
}

static void tasks_that_are_as_old_as_others_get_are_under_way(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 8; i++)
		task(&s, 1000 * i, i);
	end_task(&s, 1000000, 1);
	judge(&j, &s);
	expect_silence(&j);
}

static void task_that_is_ended_again_and_again_is_reused(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	task(&s, 10, 1);
	for (uint64_t i = 1; i <= 4; i++) {
		region(&s, 100 * i, 1, S_INNER);
		end_region(&s, 100 * i + 50, 1, S_INNER);
		end_task(&s, 100 * i + 60, 1);
	}
	judge(&j, &s);
	const struct evidence *e = expect(&j, SLUG_TASK_REUSED, "ended_again", 3, MAIN);
	assert_int_equal(e->begin_ns, 260000);
	assert_true(measure(find(&j, SLUG_TASK_REUSED), "late_parts") == 3);
	finish(&j);
}

static void work_that_outlives_its_request_is_no_reuse(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 4; i++) {
		task(&s, 1000 * i, i);
		create(&s, 1000 * i + 100, 10 + i);
		end_task(&s, 1000 * i + 200, i);
		change_to(&s, 1000 * i + 300, 10 + i, 1);
		region(&s, 1000 * i + 310, i, S_INNER);
		end_region(&s, 1000 * i + 400, i, S_INNER);
		return_to_main(&s, 1000 * i + 500, 2 * i - 1);
	}
	judge(&j, &s);
	expect_silence(&j);
}

/* --- regions --------------------------------------------------------------------------------- */

static void regions_left_open_in_another_one_are_unclosed(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 3; i++) {
		region(&s, 100 * i, 0, S_OUTER);
		region(&s, 100 * i + 10, 0, S_INNER);
		end_region(&s, 100 * i + 20, 0, S_OUTER);
	}
	judge(&j, &s);
	const struct evidence *e = expect(&j, SLUG_REGION_UNCLOSED, "unclosed_regions", 3, MAIN);
	assert_int_equal(e->begin_ns, 110000);
	assert_non_null(strstr(find(&j, SLUG_REGION_UNCLOSED)->summary, "3 of 3 regions \"inner\""));
	finish(&j);
}

static void regions_open_when_their_goroutine_ends_are_unclosed(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 3; i++) {
		create(&s, 100 * i, 10 + i);
		change_to(&s, 100 * i + 10, 10 + i, 1);
		region(&s, 100 * i + 20, 0, S_INNER);
		return_to_main(&s, 100 * i + 50, 2 * i - 1);
	}
	judge(&j, &s);
	expect(&j, SLUG_REGION_UNCLOSED, "unclosed_regions", 3, 11);
	finish(&j);
}

static void regions_that_another_goroutine_ends_cross(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 3; i++) {
		create(&s, 100 * i, 10 + i);
		region(&s, 100 * i + 5, 0, S_INNER);
		change_to(&s, 100 * i + 10, 10 + i, 1);
		end_region(&s, 100 * i + 20, 0, S_INNER);
		return_to_main(&s, 100 * i + 50, 2 * i - 1);
	}
	judge(&j, &s);
	const struct evidence *e = expect(&j, SLUG_REGION_CROSS_GOROUTINE, "crossed_regions", 3, MAIN);
	assert_int_equal(e->end_ns - e->begin_ns, 15000);
	assert_non_null(strstr(e->text, "goroutine 11 ended it"));
	assert_null(find(&j, SLUG_REGION_UNCLOSED));
	finish(&j);
}

static void ends_of_regions_that_began_before_the_trace_cross_nothing(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	create(&s, 10, 11);
	for (uint64_t i = 0; i < 3; i++)
		end_region(&s, 20 + i, 0, S_INNER);
	change_to(&s, 30, 11, 1);
	region(&s, 40, 0, S_INNER);
	end_region(&s, 45, 0, S_INNER);
	return_to_main(&s, 50, 1);
	end_region(&s, 60, 0, S_INNER);
	judge(&j, &s);
	expect_silence(&j);
}

static void regions_that_end_after_the_one_around_them_are_out_of_order(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 3; i++) {
		region(&s, 100 * i, 0, S_OUTER);
		region(&s, 100 * i + 10, 0, S_INNER);
		end_region(&s, 100 * i + 20, 0, S_OUTER);
		end_region(&s, 100 * i + 30, 0, S_INNER);
	}
	judge(&j, &s);
	const struct evidence *e = expect(&j, SLUG_REGION_OUT_OF_ORDER, "disordered_regions", 3, MAIN);
	assert_non_null(strstr(e->text, "\"inner\" here in \"outer\""));
	assert_null(find(&j, SLUG_REGION_UNCLOSED));
	finish(&j);
}

/* The end of the second one fits neither what is open nor nothing at all. */
static void regions_that_end_inside_a_later_one_are_out_of_order(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 3; i++) {
		region(&s, 100 * i, 0, S_OUTER);
		region(&s, 100 * i + 10, 0, S_INNER);
		end_region(&s, 100 * i + 20, 0, S_OUTER);
		region(&s, 100 * i + 25, 0, S_REQUEST);
		end_region(&s, 100 * i + 30, 0, S_INNER);
		end_region(&s, 100 * i + 35, 0, S_REQUEST);
	}
	judge(&j, &s);
	expect(&j, SLUG_REGION_OUT_OF_ORDER, "disordered_regions", 3, MAIN);
	finish(&j);
}

static void regions_in_each_other_are_in_order(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 3; i++) {
		region(&s, 100 * i, 0, S_OUTER);
		region(&s, 100 * i + 10, 0, S_OUTER);
		end_region(&s, 100 * i + 20, 0, S_OUTER);
		end_region(&s, 100 * i + 30, 0, S_OUTER);
	}
	region(&s, 1000, 0, S_OUTER); /* and is under way in the end */
	judge(&j, &s);
	expect_silence(&j);
}

/* Each lies in the one that was begun before; none is ever ended. */
static void regions_that_pile_up_are_unclosed(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 30; i++)
		region(&s, 100 * i, 0, S_INNER);
	judge(&j, &s);
	expect(&j, SLUG_REGION_UNCLOSED, "unclosed_regions", 14, MAIN);
	finish(&j);
}

/* A goroutine with `n` open regions, of which the outermost one has another name. */
static void open_regions(struct notes *notes, uint32_t n)
{
	struct note_regions *r = &notes->regions;
	r->node = calloc(n, sizeof *r->node);
	assert_non_null(r->node);
	for (uint32_t i = 0; i < n; i++)
		r->node[i] = (struct region_note){.name = i ? S_INNER : S_OUTER, .next = i, .open = true};
	r->nodes = r->node_capacity = n;
	notes->slot->innermost = n;
}

/* The one that ends is not the one of its name that was begun long before. */
static void ends_of_regions_that_no_room_was_left_for_end_no_other(void **state)
{
	(void)state;
	struct note_goroutine g = {.innermost = 0};
	struct notes notes = {.slot = &g, .slots = 1};
	const struct witness w = {.slots = 0};
	open_regions(&notes, NOTES_REGIONS);
	struct trace_event begin = {.type = EV_USER_REGION_BEGIN, .name = S_INNER};
	struct trace_event end = {.type = EV_USER_REGION_END, .name = S_OUTER};
	for (unsigned i = 0; i < 2; i++) {
		assert_true(note_region_begin(&notes, &w, &begin));
		begin.name = S_OUTER;
	}
	assert_true(note_region_end(&notes, &w, &end));
	end.name = S_INNER;
	assert_true(note_region_end(&notes, &w, &end));
	assert_int_equal(g.innermost, NOTES_REGIONS);
	assert_int_equal(notes.regions.searched, 0);
	assert_true(note_region_end(&notes, &w, &end)); /* the next one is its own */
	assert_int_equal(g.innermost, NOTES_REGIONS - 1);
	note_regions_finish(&notes.regions);
}

static void search_for_what_ends_is_counted(void **state)
{
	(void)state;
	enum { OPEN = 100 };
	struct note_goroutine g = {.innermost = 0};
	struct notes notes = {.slot = &g, .slots = 1};
	struct witness_goroutine before = {.id = MAIN}; /* the trace */
	const struct witness w = {.slot = &before};
	const struct trace_event end = {.type = EV_USER_REGION_END, .name = S_REQUEST};
	open_regions(&notes, OPEN);
	assert_true(note_region_end(&notes, &w, &end));
	assert_int_equal(g.innermost, OPEN);
	assert_int_equal(notes.regions.searched, OPEN);
	note_regions_finish(&notes.regions);
}

static void what_lies_before_the_part_is_not_told(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 4; i++) {
		region(&s, 100 * i, 0, S_OUTER);
		region(&s, 100 * i + 10, 0, S_INNER);
		end_region(&s, 100 * i + 20, 0, S_OUTER);
		end_region(&s, 100 * i + 30, 0, S_INNER);
		task(&s, 100 * i + 40, i);
		end_task(&s, 100 * i + 41, i);
		region(&s, 100 * i + 42, i, S_INNER);
		end_region(&s, 100 * i + 50, i, S_INNER);
	}
	region(&s, 900, 0, S_OUTER);
	end_region(&s, 1500, 0, S_OUTER);
	judge_part(&j, &s, 1000, 2000000);
	expect_silence(&j);
}

static void cost_of_short_regions_is_reckoned_by_their_number(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 0; i < 200; i++) {
		region(&s, 10 * i, 0, S_INNER);
		end_region(&s, 10 * i + 1, 0, S_INNER);
	}
	judge_part(&j, &s, 0, 2000);
	const struct finding *f = find(&j, SLUG_ANNOTATION_OVERHEAD);
	assert_non_null(f);
	assert_true(measure(f, "short_regions") == 200);
	assert_true(f->measure[2].unit == UNIT_NS && f->measure[2].value == 200 * 2 * 155);
	assert_true(f->impact > 0.03 && f->impact < 0.04); /* of 2 ms */
	assert_int_equal(f->severity, SEVERITY_INFO);
	finish(&j);
}

/* --- contexts -------------------------------------------------------------------------------- */

/* A request's goroutine begins a region `of_task`, or of none, and the request waits for it. */
static void ask(struct scenario *s, uint64_t i, uint64_t of_task)
{
	create(s, 1000 * i + 100, 10 + i);
	change_to(s, 1000 * i + 300, 10 + i, 1);
	region(s, 1000 * i + 310, of_task, S_INNER);
	end_region(s, 1000 * i + 400, of_task, S_INNER);
	return_to_main(s, 1000 * i + 500, 2 * i - 1);
}

static void regions_of_goroutines_created_for_a_task_belong_to_it(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 6; i++) {
		task(&s, 1000 * i, i);
		ask(&s, i, 0);
		end_task(&s, 1000 * i + 600, i);
	}
	judge(&j, &s);
	const struct evidence *e = expect(&j, SLUG_CONTEXT_LOST, "lost_regions", 6, 11);
	assert_int_equal(e->task, 1);
	assert_int_equal(e->end_ns - e->begin_ns, 90000);
	finish(&j);
}

static void regions_that_have_their_task_are_not_lost(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 6; i++) {
		task(&s, 1000 * i, i);
		ask(&s, i, i);
		end_task(&s, 1000 * i + 600, i);
	}
	judge(&j, &s);
	expect_silence(&j);
}

static void regions_on_the_goroutine_that_ends_the_task_belong_to_it(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 6; i++) {
		task(&s, 1000 * i, i);
		region(&s, 1000 * i + 10, 0, S_INNER);
		end_region(&s, 1000 * i + 90, 0, S_INNER);
		end_task(&s, 1000 * i + 600, i);
	}
	judge(&j, &s);
	expect(&j, SLUG_CONTEXT_LOST, "lost_regions", 6, MAIN);
	finish(&j);
}

static void regions_of_who_begins_tasks_for_others_belong_to_none(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	for (uint64_t i = 1; i <= 6; i++) {
		create(&s, 1000 * i, 10 + i);
		task(&s, 1000 * i + 10, i);
		region(&s, 1000 * i + 20, 0, S_INNER);
		end_region(&s, 1000 * i + 90, 0, S_INNER);
		change_to(&s, 1000 * i + 300, 10 + i, 1);
		end_task(&s, 1000 * i + 400, i);
		return_to_main(&s, 1000 * i + 500, 2 * i - 1);
	}
	judge(&j, &s);
	expect_silence(&j);
}

static void regions_during_one_long_task_may_be_for_all(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "");
	task(&s, 10, 1);
	for (uint64_t i = 1; i <= 6; i++)
		ask(&s, i, 0);
	end_task(&s, 10000, 1);
	judge(&j, &s);
	expect_silence(&j);
}

/* --- secrets --------------------------------------------------------------------------------- */

static void secrets_are_told_without_telling_them(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "Authorization: Bearer 9fQ2kLm3zP8wXc7Vb1Nt");
	scenario_event(&s, 10, EV_USER_TASK_BEGIN, 1, 0, S_REQUEST, STACK_MAIN);
	for (uint64_t i = 0; i < 3; i++)
		scenario_event(&s, 20 + i, EV_USER_LOG, 1, S_CATEGORY, S_LOG, STACK_MAIN);
	scenario_event(&s, 30, EV_USER_REGION_BEGIN, 1, S_LOG, STACK_MAIN, 0);
	scenario_event(&s, 40, EV_USER_REGION_END, 1, S_LOG, STACK_MAIN, 0);
	scenario_event(&s, 50, EV_USER_TASK_END, 1, STACK_MAIN, 0, 0);
	judge(&j, &s);
	const struct evidence *e = expect(&j, SLUG_SECRETS_IN_TRACE, "texts_with_secrets", 4, MAIN);
	assert_int_equal(e->begin_ns, 20000);
	assert_int_equal(e->task, 1);
	const struct finding *f = find(&j, SLUG_SECRETS_IN_TRACE);
	assert_int_equal(f->evidences, 2); /* logs, and the name of a region */
	assert_non_null(strstr(finding_remedy_text(f), "schedtop export --redact"));
	assert_null(strstr(f->summary, "9fQ2"));
	for (size_t i = 0; i < f->evidences; i++)
		assert_null(strstr(f->evidence[i].text, "9fQ2"));
	assert_non_null(strstr(e->text, "\"otel\""));
	assert_non_null(strstr(e->text, "(20 characters), 3 times"));
	finish(&j);
}

static enum severity severity_of_log(const char *text)
{
	struct scenario s;
	struct judged j;
	begin(&s, text);
	scenario_event(&s, 20, EV_USER_LOG, 0, S_CATEGORY, S_LOG, STACK_MAIN);
	judge(&j, &s);
	const struct finding *f = find(&j, SLUG_SECRETS_IN_TRACE);
	assert_non_null(f);
	enum severity severity = f->severity;
	finish(&j);
	return severity;
}

static void addresses_of_mail_alone_are_info(void **state)
{
	(void)state;
	assert_int_equal(severity_of_log("from jane@example.com"), SEVERITY_INFO);
	assert_int_equal(severity_of_log("jane@example.com password=hunter2"), SEVERITY_WARNING);
}

static void ids_of_traces_are_no_secrets(void **state)
{
	(void)state;
	struct scenario s;
	struct judged j;
	begin(&s, "session=42 token: expired " SCENARIO_TRACE_ID);
	for (uint64_t i = 0; i < 3; i++)
		scenario_event(&s, 20 + i, EV_USER_LOG, 0, S_CATEGORY, S_LOG, STACK_MAIN);
	judge(&j, &s);
	expect_silence(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_that_end_before_their_work_are_empty),
		cmocka_unit_test(short_tasks_and_tasks_with_something_in_them_are_not_empty),
		cmocka_unit_test(tasks_whose_goroutine_goes_on_without_ending_them_never_end),
		cmocka_unit_test(tasks_that_still_get_parts_are_in_use),
		cmocka_unit_test(tasks_of_which_few_end_may_take_long),
		cmocka_unit_test(very_many_tasks_of_which_few_end_are_info),
		cmocka_unit_test(tasks_that_are_as_old_as_others_get_are_under_way),
		cmocka_unit_test(task_that_is_ended_again_and_again_is_reused),
		cmocka_unit_test(work_that_outlives_its_request_is_no_reuse),
		cmocka_unit_test(regions_left_open_in_another_one_are_unclosed),
		cmocka_unit_test(regions_open_when_their_goroutine_ends_are_unclosed),
		cmocka_unit_test(regions_that_another_goroutine_ends_cross),
		cmocka_unit_test(ends_of_regions_that_began_before_the_trace_cross_nothing),
		cmocka_unit_test(regions_that_end_after_the_one_around_them_are_out_of_order),
		cmocka_unit_test(regions_that_end_inside_a_later_one_are_out_of_order),
		cmocka_unit_test(regions_in_each_other_are_in_order),
		cmocka_unit_test(regions_that_pile_up_are_unclosed),
		cmocka_unit_test(ends_of_regions_that_no_room_was_left_for_end_no_other),
		cmocka_unit_test(search_for_what_ends_is_counted),
		cmocka_unit_test(what_lies_before_the_part_is_not_told),
		cmocka_unit_test(cost_of_short_regions_is_reckoned_by_their_number),
		cmocka_unit_test(regions_of_goroutines_created_for_a_task_belong_to_it),
		cmocka_unit_test(regions_that_have_their_task_are_not_lost),
		cmocka_unit_test(regions_on_the_goroutine_that_ends_the_task_belong_to_it),
		cmocka_unit_test(regions_of_who_begins_tasks_for_others_belong_to_none),
		cmocka_unit_test(regions_during_one_long_task_may_be_for_all),
		cmocka_unit_test(secrets_are_told_without_telling_them),
		cmocka_unit_test(addresses_of_mail_alone_are_info),
		cmocka_unit_test(ids_of_traces_are_no_secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
