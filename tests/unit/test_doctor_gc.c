/* What is found of the collector, of stops of the world and of the taking of traces, in traces
   whose every moment is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/rules.h"
#include "doctor/situations.h"
#include "doctor/trace_doctor.h"
#include "tests/unit/trace_scenario.h"

enum {
	S_SWEEP = 20,
	S_DUMP,
	S_STATS,
	S_BEGIN,
	S_HANDLE,
	S_GC,
	S_READER,
	S_WRITE,
	S_NETWORK,
	S_END
};
enum { STACK_HANDLE = 10, STACK_ASKED, STACK_WRITER, STACK_END };

/* --- traces ---------------------------------------------------------------------------------- */

static void add_strings(struct builder *b)
{
	static const char *const text[] = {
		[S_SWEEP] = "GC sweep termination",
		[S_DUMP] = "all goroutines stack trace",
		[S_STATS] = "read mem stats",
		[S_BEGIN] = "start trace",
		[S_HANDLE] = "example.com/shop.handle",
		[S_GC] = "runtime.GC",
		[S_READER] = "runtime/trace.Start.func1",
		[S_WRITE] = "net.(*conn).Write",
		[S_NETWORK] = "network",
	};
	build_batch(b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(b, EV_STRINGS);
	for (uint64_t i = S_SWEEP; i < S_END; i++)
		build_string(b, i, text[i]);
	build_end(b);
}

static void add_stacks(struct builder *b)
{
	static const uint64_t functions[][2] = {
		[0] = {S_HANDLE, S_MAIN},
		[STACK_ASKED - STACK_HANDLE] = {S_GC, S_HANDLE},
		[STACK_WRITER - STACK_HANDLE] = {S_WRITE, S_READER},
	};
	build_batch(b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(b, EV_STACKS);
	for (uint64_t i = STACK_HANDLE; i < STACK_END; i++) {
		build_byte(b, EV_STACK);
		build_number(b, i);
		build_number(b, 2);
		for (size_t k = 0; k < 2; k++) {
			build_number(b, 0x500000 + i * 256 + k);
			build_number(b, functions[i - STACK_HANDLE][k]);
			build_number(b, S_FILE);
			build_number(b, i * 10);
		}
	}
	build_end(b);
}

/* Goroutine 1 runs on the first of two Ps. */
static void begin(struct scenario *s)
{
	scenario_begin_running(s);
	scenario_event(s, 0, EV_PROCS_CHANGE, 2, STACK_MAIN, 0, 0);
}

/* Goroutine 2, which starts with a handler, runs in its place from now on. */
static void go_handle(struct scenario *s)
{
	scenario_event(s, 1, EV_GO_CREATE, 2, STACK_HANDLE, STACK_MAIN, 0);
	scenario_event(s, 2, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_event(s, 3, EV_GO_START, 2, 1, 0, 0);
}

static void stop(struct scenario *s, uint64_t at_us, uint64_t us, uint64_t kind, uint64_t stack)
{
	scenario_event(s, at_us, EV_STW_BEGIN, kind, stack, 0, 0);
	scenario_event(s, at_us + us, EV_STW_END, 0, 0, 0, 0);
}

/* A cycle whose stop takes so long, and whose marking takes nothing from anybody. */
static void cycle(struct scenario *s, uint64_t number, uint64_t at_us, uint64_t us, uint64_t stack)
{
	stop(s, at_us, us, S_SWEEP, stack);
	scenario_event(s, at_us + us, EV_GC_BEGIN, 2 * number + 1, stack, 0, 0);
	scenario_event(s, at_us + us, EV_HEAP_ALLOC, 4 << 20, 0, 0, 0);
	scenario_event(s, at_us + us + 10, EV_GC_END, 2 * number + 2, 0, 0, 0);
}

static void examine(struct scenario *s, uint64_t end_us, struct findings *found)
{
	struct analysis a;
	struct input in;
	struct error error = {0};
	struct limits_set limits;
	scenario_event(s, end_us, EV_PROC_STOP, 0, 0, 0, 0);
	build_end(&s->b);
	add_strings(&s->b);
	add_stacks(&s->b);
	build_byte(&s->b, EV_END_OF_GENERATION);
	assert_true(s->b.n <= sizeof s->b.data);
	limits_init(&limits);
	struct trace_doctor *doctor = trace_doctor_create(&a, &limits);
	assert_non_null(doctor);
	struct analysis_options options = scenario_all;
	options.spells = trace_doctor_spells(doctor);
	input_open_memory(&in, s->b.data, s->b.n);
	if (analysis_read_input(&a, &in, "made.trace", &options, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	if (a.summary.damages)
		fail_msg("%s", a.summary.damage[0].text);
	*found = (struct findings){0};
	assert_true(trace_doctor_conclude(doctor, found));
	trace_doctor_destroy(doctor);
	analysis_finish(&a);
	input_finish(&in);
}

static const struct finding *find(const struct findings *found, enum slug slug)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->finding[i]->slug == slug)
			return found->finding[i];
	return NULL;
}

static double measured(const struct finding *f, const char *name, enum measure_unit unit)
{
	for (size_t i = 0; i < f->measures; i++)
		if (f->measure[i].unit == unit && strcmp(f->measure[i].name, name) == 0)
			return f->measure[i].value;
	fail_msg("%s isn't measured", name);
	return 0;
}

static void assert_says(const struct finding *f, const char *text)
{
	if (!strstr(f->summary, text))
		fail_msg("'%s' is not in: %s", text, f->summary);
}

static void assert_shows(const struct finding *f, const char *text)
{
	for (size_t i = 0; i < f->evidences; i++)
		if (strstr(f->evidence[i].text, text))
			return;
	fail_msg("'%s' is not among the evidence of: %s", text, f->summary);
}

/* --- the collector --------------------------------------------------------------------------- */

/* So many cycles in 20 ms, most with a stop of so many microseconds, the last with another. */
static void begin_cycles(struct scenario *s, uint64_t us, uint64_t last_us, uint64_t stack)
{
	begin(s);
	go_handle(s);
	for (uint64_t i = 0; i < 10; i++)
		cycle(s, i, 100 + i * 1500, i < 9 ? us : last_us, stack);
}

static void collect(struct findings *found, uint64_t us, uint64_t last_us, uint64_t stack)
{
	struct scenario s;
	begin_cycles(&s, us, last_us, stack);
	examine(&s, 20000, found);
}

static void collector_that_takes_much_is_found_with_who_allocates(void **state)
{
	(void)state;
	struct findings found;
	collect(&found, 300, 300, STACK_HANDLE);
	const struct finding *f = find(&found, SLUG_GC_PRESSURE);
	assert_non_null(f);
	/* 10 stops of 300 us take both Ps, 6 ms; goroutines run for 20 ms: 6 / 26. */
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_true(measured(f, "cpu", UNIT_RATIO) > .22 && measured(f, "cpu", UNIT_RATIO) < .24);
	assert_true(measured(f, "cycles", UNIT_COUNT) == 10);
	assert_says(f, "500 times a second, over a heap of only 4.00 MiB");
	assert_shows(f, "10 of 10 cycles began when memory was allocated by shop.handle (main.go:100)");
	findings_finish(&found);
}

static void collectors_share_is_of_the_ps_there_were(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin_cycles(&s, 300, 300, STACK_HANDLE);
	scenario_event(&s, 19990, EV_PROCS_CHANGE, 64, STACK_MAIN, 0, 0); /* two until then */
	examine(&s, 20000, &found);
	const struct finding *f = find(&found, SLUG_GC_PRESSURE);
	assert_non_null(f);
	assert_true(measured(f, "cpu", UNIT_RATIO) > .22 && measured(f, "cpu", UNIT_RATIO) < .24);
	findings_finish(&found);
}

static void collector_that_is_often_at_work_and_takes_little_is_left_in_peace(void **state)
{
	(void)state;
	struct findings found;
	collect(&found, 3, 3, STACK_HANDLE);
	assert_null(find(&found, SLUG_GC_PRESSURE));
	findings_finish(&found);
}

static void one_cycle_that_a_busy_machine_made_long_accuses_nobody(void **state)
{
	(void)state;
	struct findings found;
	collect(&found, 3, 5000, STACK_HANDLE);
	assert_null(find(&found, SLUG_GC_PRESSURE));
	assert_null(find(&found, SLUG_STW_LONG));
	findings_finish(&found);
}

static void collections_that_are_asked_for_name_who_asks(void **state)
{
	(void)state;
	struct findings found;
	collect(&found, 300, 300, STACK_ASKED);
	const struct finding *f = find(&found, SLUG_STW_FREQUENT);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_says(f, "asks for a collection 500 times a second, by runtime.GC");
	assert_shows(f, "shop.handle (main.go:110)");
	f = find(&found, SLUG_GC_PRESSURE);
	assert_non_null(f);
	assert_says(f, "mostly because the program asks for it");
	assert_true(strstr(finding_remedy_text(f), "Don't call runtime.GC") != NULL);
	findings_finish(&found);
}

/* 25 assists, most of so many microseconds. */
static void begin_assists(struct scenario *s, uint64_t us, uint64_t last_us)
{
	begin(s);
	go_handle(s);
	for (uint64_t i = 0; i < 25; i++) {
		uint64_t at_us = 100 + i * 350;
		scenario_event(s, at_us, EV_GC_MARK_ASSIST_BEGIN, STACK_HANDLE, 0, 0, 0);
		scenario_event(s, at_us + (i < 24 ? us : last_us), EV_GC_MARK_ASSIST_END, 0, 0, 0, 0);
	}
}

static void assist(struct findings *found, uint64_t us, uint64_t last_us, uint64_t end_us)
{
	struct scenario s;
	begin_assists(&s, us, last_us);
	examine(&s, end_us, found);
}

static void goroutines_that_help_the_collector_are_found_by_their_function(void **state)
{
	(void)state;
	struct findings found;
	assist(&found, 100, 100, 20000);
	const struct finding *f = find(&found, SLUG_ALLOC_HEAVY);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_true(measured(f, "assists", UNIT_COUNT) == 25);
	assert_true(measured(f, "assist", UNIT_NS) == 2500e3);
	assert_true(measured(f, "assist", UNIT_RATIO) > .12 && measured(f, "assist", UNIT_RATIO) < .13);
	assert_says(f, "start with main.main"); /* the root of the stack that it was created with */
	assert_shows(f, "25 assists, 2.50 ms in all, for what is allocated by shop.handle");
	findings_finish(&found);
}

static void assists_of_a_large_part_of_all_ps_are_critical(void **state)
{
	(void)state;
	struct findings found;
	assist(&found, 300, 300, 10000);
	const struct finding *f = find(&found, SLUG_ALLOC_HEAVY);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_CRITICAL); /* 7.5 of 2 x 10 ms */
	findings_finish(&found);
}

static void assists_of_a_small_part_of_all_ps_are_a_warning(void **state)
{
	(void)state;
	struct findings found;
	assist(&found, 150, 150, 10000);
	const struct finding *f = find(&found, SLUG_ALLOC_HEAVY);
	assert_non_null(f);
	assert_true(measured(f, "assist", UNIT_RATIO) > .35); /* of the goroutines' own time */
	assert_int_equal(f->severity, SEVERITY_WARNING);      /* but 3.75 of 2 x 10 ms */
	findings_finish(&found);
}

static void assists_are_a_part_of_the_ps_there_were(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin_assists(&s, 300, 300);
	scenario_event(&s, 9990, EV_PROCS_CHANGE, 64, STACK_MAIN, 0, 0); /* two until then */
	examine(&s, 10000, &found);
	const struct finding *f = find(&found, SLUG_ALLOC_HEAVY);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_CRITICAL);
	findings_finish(&found);
}

static void one_long_assist_accuses_nobody(void **state)
{
	(void)state;
	struct findings found;
	assist(&found, 1, 10000, 60000);
	assert_null(find(&found, SLUG_ALLOC_HEAVY));
	findings_finish(&found);
}

/* --- stops of the world ---------------------------------------------------------------------- */

static void slow_work_in_stops_is_found_with_its_caller(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	for (uint64_t i = 0; i < 3; i++)
		stop(&s, 1000 + i * 10000, 2000, S_DUMP, STACK_HANDLE);
	examine(&s, 40000, &found);
	const struct finding *f = find(&found, SLUG_STW_LONG);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_says(f, "3 of 3 times, for \"all goroutines stack trace\"");
	assert_true(measured(f, "long", UNIT_NS) == 6e6);
	assert_true(measured(f, "stops", UNIT_COUNT) == 3);
	assert_shows(f, "shop.handle (main.go:100)");
	assert_int_equal(f->evidence[f->evidences - 1].end_ns - f->evidence[f->evidences - 1].begin_ns,
	                 2000000);
	findings_finish(&found);
}

static void long_stops_of_the_collector_are_the_machines_until_proved(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	for (uint64_t i = 0; i < 3; i++)
		cycle(&s, i, 1000 + i * 10000, 2000, STACK_HANDLE);
	examine(&s, 40000, &found);
	const struct finding *f = find(&found, SLUG_STW_LONG);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	assert_says(f, "a busy machine can be the cause");
	findings_finish(&found);
}

/* Goroutine 3 runs on the second P and stops only so long after the world was to stop. */
static void hold_up(struct findings *found, uint64_t late_us)
{
	enum { STOPS = 4, EVERY_US = 100000 };
	struct scenario s;
	begin(&s);
	for (uint64_t i = 0; i < STOPS; i++)
		stop(&s, 1000 + i * EVERY_US, late_us + 20, S_SWEEP, STACK_HANDLE);
	build_end(&s.b);
	build_batch(&s.b, 1, 8, SCENARIO_START_NS);
	s.last_ns = SCENARIO_START_NS;
	scenario_event(&s, 0, EV_PROC_STATUS, 1, PROC_RUNNING, 0, 0);
	scenario_event(&s, 0, EV_GO_STATUS, 3, 8, GO_RUNNING, 0);
	for (uint64_t i = 0; i < STOPS; i++) {
		scenario_event(&s, 1000 + i * EVERY_US + late_us, EV_GO_STOP, S_PREEMPTED, STACK_HANDLE, 0,
		               0);
		scenario_event(&s, 1000 + i * EVERY_US + late_us + 100, EV_GO_START, 3, i + 1, 0, 0);
	}
	examine(&s, STOPS * EVERY_US, found);
}

static void place_that_lets_stops_wait_is_named(void **state)
{
	(void)state;
	struct findings found;
	hold_up(&found, 30000);
	const struct finding *f = find(&found, SLUG_STW_LONG);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_says(f, "4 stops of the world had to wait 30.0 ms each");
	assert_says(f, "until shop.handle (main.go:100) could be interrupted");
	assert_true(measured(f, "holdups", UNIT_COUNT) == 4);
	assert_int_equal(f->evidence[f->evidences - 1].goroutine, 3);
	findings_finish(&found);
}

static void who_stops_soon_holds_nobody_up_but_is_named(void **state)
{
	(void)state;
	struct findings found;
	hold_up(&found, 3000);
	const struct finding *f = find(&found, SLUG_STW_LONG);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	assert_string_equal(f->evidence[f->evidences - 1].text,
	                    "the world waited for one that ran 4 times, 12.0 ms in all: shop.handle "
	                    "(main.go:100)");
	findings_finish(&found);
}

static void calls_that_stop_the_world_often_are_found(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	for (uint64_t i = 0; i < 20; i++)
		stop(&s, 1000 + i * 1000, 50, S_STATS, STACK_HANDLE);
	examine(&s, 100000, &found);
	const struct finding *f = find(&found, SLUG_STW_FREQUENT);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_says(f, "200 times a second, 50.0 µs each, for runtime.ReadMemStats");
	assert_true(measured(f, "stopped", UNIT_NS) == 1e6);
	findings_finish(&found);
}

static void few_stops_are_not_worth_a_word(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	stop(&s, 10, 30, S_BEGIN, STACK_HANDLE);
	for (uint64_t i = 0; i < 2; i++)
		stop(&s, 1000 + i * 400000, 50, S_STATS, STACK_HANDLE);
	examine(&s, 1000000, &found);
	assert_null(find(&found, SLUG_STW_FREQUENT));
	assert_null(find(&found, SLUG_STW_LONG));
	findings_finish(&found);
}

/* --- the taking of traces -------------------------------------------------------------------- */

static void writer_that_is_held_up_is_found_with_what_it_waits_in(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	scenario_event(&s, 1, EV_GO_CREATE, 2, STACK_WRITER, STACK_MAIN, 0);
	scenario_event(&s, 2, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_event(&s, 3, EV_GO_START, 2, 1, 0, 0);
	scenario_event(&s, 10000, EV_GO_BLOCK, S_NETWORK, STACK_WRITER, 0, 0);
	scenario_event(&s, 310000, EV_GO_UNBLOCK, 2, 2, 0, 0);
	scenario_event(&s, 310010, EV_GO_START, 2, 3, 0, 0);
	examine(&s, 400000, &found);
	const struct finding *f = find(&found, SLUG_TRACE_IO_SLOW);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_true(measured(f, "blocked", UNIT_NS) == 300e6);
	assert_shows(f, "held up 1 time, 300 ms in all");
	findings_finish(&found);
}

/* A task that began before the trace ends in it. */
static void end_a_task(struct scenario *s, uint64_t at_us)
{
	scenario_event(s, 100, EV_USER_TASK_BEGIN, 8, 0, S_INNER, STACK_MAIN);
	scenario_event(s, 300, EV_USER_TASK_END, 8, STACK_MAIN, 0, 0);
	scenario_event(s, at_us, EV_USER_TASK_END, 5, STACK_MAIN, 0, 0);
}

static void window_that_is_shorter_than_a_task_is_found(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	end_a_task(&s, 950);
	examine(&s, 1000, &found);
	const struct finding *f = find(&found, SLUG_FLIGHT_WINDOW_SHORT);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_true(measured(f, "longest_at_least", UNIT_NS) == 950e3);
	assert_int_equal(f->evidence[0].task, 5);
	findings_finish(&found);
}

static void window_that_cuts_what_was_about_to_end_is_long_enough(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	end_a_task(&s, 350);
	examine(&s, 1000, &found);
	assert_null(find(&found, SLUG_FLIGHT_WINDOW_SHORT));
	findings_finish(&found);
}

static void trace_that_was_started_is_no_window(void **state)
{
	(void)state;
	struct scenario s;
	struct findings found;
	begin(&s);
	stop(&s, 10, 30, S_BEGIN, STACK_MAIN);
	end_a_task(&s, 950);
	examine(&s, 1000, &found);
	assert_null(find(&found, SLUG_FLIGHT_WINDOW_SHORT));
	findings_finish(&found);
}

/* --- lost events ----------------------------------------------------------------------------- */

/* Thirty times something begins and ends 5 ms later; what lay between the two may be lost. */
static size_t count_found(const struct trace_family *family, uint8_t begin_type, uint8_t end_type,
                          bool lost)
{
	struct analysis a = {.mmu = {.first_ns = 0, .last_ns = 400000000}};
	uint32_t function = names_intern(&a.names, "main.work", strlen("main.work"));
	struct goroutine_kind kind = {.function = function, .state_ns = {[GO_RUNNING] = 200000000}};
	a.goroutines.group = &kind;
	a.goroutines.groups = 1;
	struct witness_goroutine slot = {.id = 1, .counts = 1, .function = function};
	struct witness w = {.stacks = &a.stacks, .names = &a.names, .slot = &slot, .slots = 1};
	struct trace_slot goroutine = {.id = 1};
	const struct trace_block block = {.goroutine = &goroutine, .goroutines = 1};
	struct situations situations;
	struct limits_set limits;
	struct findings found = {0};
	situations_init(&situations, &a.stacks, &a.names);
	limits_init(&limits);
	const struct doctor doctor = {.analysis = &a,
	                              .witness = &w,
	                              .situations = &situations,
	                              .limits = &limits};
	void *self = family->create(&doctor);
	assert_non_null(self);
	for (int64_t i = 0; i < 30; i++) {
		struct trace_event e = {.type = begin_type, .at_ns = 10000000 * i};
		assert_true(family->event(self, &w, &block, &e));
		if (lost)
			family->gap(self);
		e.type = end_type;
		e.at_ns += 5000000;
		assert_true(family->event(self, &w, &block, &e));
	}
	assert_true(family->conclude(self, &doctor, &found));
	family->destroy(self);
	size_t n = found.n;
	findings_finish(&found);
	situations_finish(&situations);
	names_finish(&a.names);
	return n;
}

static void what_goes_on_when_events_are_lost_does_not_last(void **state)
{
	(void)state;
	assert_int_not_equal(count_found(&rules_stw, EV_STW_BEGIN, EV_STW_END, false), 0);
	assert_int_equal(count_found(&rules_stw, EV_STW_BEGIN, EV_STW_END, true), 0);
	const uint8_t begin = EV_GC_MARK_ASSIST_BEGIN, end = EV_GC_MARK_ASSIST_END;
	assert_int_not_equal(count_found(&rules_gc, begin, end, false), 0);
	assert_int_equal(count_found(&rules_gc, begin, end, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collector_that_takes_much_is_found_with_who_allocates),
		cmocka_unit_test(collectors_share_is_of_the_ps_there_were),
		cmocka_unit_test(collector_that_is_often_at_work_and_takes_little_is_left_in_peace),
		cmocka_unit_test(one_cycle_that_a_busy_machine_made_long_accuses_nobody),
		cmocka_unit_test(collections_that_are_asked_for_name_who_asks),
		cmocka_unit_test(goroutines_that_help_the_collector_are_found_by_their_function),
		cmocka_unit_test(assists_of_a_large_part_of_all_ps_are_critical),
		cmocka_unit_test(assists_of_a_small_part_of_all_ps_are_a_warning),
		cmocka_unit_test(assists_are_a_part_of_the_ps_there_were),
		cmocka_unit_test(one_long_assist_accuses_nobody),
		cmocka_unit_test(slow_work_in_stops_is_found_with_its_caller),
		cmocka_unit_test(long_stops_of_the_collector_are_the_machines_until_proved),
		cmocka_unit_test(place_that_lets_stops_wait_is_named),
		cmocka_unit_test(who_stops_soon_holds_nobody_up_but_is_named),
		cmocka_unit_test(calls_that_stop_the_world_often_are_found),
		cmocka_unit_test(few_stops_are_not_worth_a_word),
		cmocka_unit_test(writer_that_is_held_up_is_found_with_what_it_waits_in),
		cmocka_unit_test(window_that_is_shorter_than_a_task_is_found),
		cmocka_unit_test(window_that_cuts_what_was_about_to_end_is_long_enough),
		cmocka_unit_test(trace_that_was_started_is_no_window),
		cmocka_unit_test(what_goes_on_when_events_are_lost_does_not_last),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
