/* Who waits for processors, and when that is a fault: doctor/rules_cpu.c and what it stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/doctor_world.h"

#define SERVE "net/http.(*conn).serve"
#define LOOP  "main.render"

enum { SERVING = 1, LOOPING = 2, OTHER = 3 };

static struct spell wait_of(int64_t ms)
{
	return (struct spell){.class = SPELL_RUNNABLE,
	                      .ns = ms * WORLD_MS,
	                      .during = {.starved = ms * WORLD_MS}};
}

static struct spell burst_of(struct world *w, int64_t ms)
{
	return (struct spell){.class = SPELL_BURST,
	                      .ns = ms * WORLD_MS,
	                      .stack = world_stack(w, "main.step " LOOP),
	                      .during = {.starved = ms / 2 * WORLD_MS}};
}

/* Handlers that ran 50 ms in all, and goroutines that computed in bursts of 500 ms on both Ps. */
static void begin_loops(struct world *w)
{
	world_begin(w, &rules_cpu, 2000, 2);
	w->witness.sums.starved = 1000 * WORLD_MS;
	world_kind(w, SERVE, 8, 400, 50);
	world_kind(w, LOOP, 2, 400, 3900);
	world_goroutine(w, SERVING, 7, SERVE);
	world_goroutine(w, LOOPING, 9, LOOP);
}

static void loops_that_keep_a_service_from_every_p_are_accused(void **state)
{
	struct world w;
	(void)state;
	begin_loops(&w);
	world_spells(&w, SERVING, wait_of(8), 100);
	world_spells(&w, LOOPING, burst_of(&w, 500), 8);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_CPU_BOUND_HOT_LOOP);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "delayed", UNIT_COUNT), 100);
	assert_int_equal(world_measure(f, "waited", UNIT_NS), 800 * WORLD_MS);
	assert_int_equal(world_measure(f, "burst_max", UNIT_NS), 500 * WORLD_MS);
	assert_int_equal(f->evidence[0].goroutine, 9);
	assert_int_equal(f->evidence[0].frames, 2);
	assert_int_equal(f->evidence[1].goroutine, 7);
	world_finish(&w);
}

static void loops_beside_an_idle_p_are_not(void **state)
{
	struct world w;
	(void)state;
	begin_loops(&w);
	world_spells(&w, SERVING, wait_of(8), 100);
	struct spell burst = burst_of(&w, 500);
	burst.during = (struct spell_sums){.idle = 400 * WORLD_MS, .starved = 20 * WORLD_MS};
	world_spells(&w, LOOPING, burst, 8);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void short_bursts_are_no_loop(void **state)
{
	struct world w;
	(void)state;
	begin_loops(&w);
	world_spells(&w, SERVING, wait_of(8), 100);
	world_spells(&w, LOOPING, burst_of(&w, 99), 40);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void bursts_that_the_machine_made_long_are_no_loop(void **state)
{
	struct world w;
	(void)state;
	begin_loops(&w);
	world_spells(&w, SERVING, wait_of(8), 100);
	for (int i = 0; i < 8; i++) {
		struct spell slice = {.class = SPELL_RUNNING, .ns = 430 * WORLD_MS};
		world_spell(&w, LOOPING, slice);
		world_spell(&w, LOOPING, burst_of(&w, 500));
	}
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void loops_that_nobody_waits_for_are_not_accused(void **state)
{
	struct world w;
	(void)state;
	begin_loops(&w);
	world_spells(&w, LOOPING, burst_of(&w, 500), 8);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void waits_of_other_workers_are_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_loops(&w);
	world_kind(&w, "main.collect", 1, 300, 10);
	world_goroutine(&w, OTHER, 11, "main.collect");
	world_spells(&w, OTHER, wait_of(10), 150);
	world_spells(&w, LOOPING, burst_of(&w, 500), 8);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	world_finish(&w);
}

/* --- cpu-saturation ----------------------------------------------------------------------------
 */

/* Goroutines that start with `function` and wait 50 times for 20 ms each, with no P idle. */
static struct goroutine_kind *begin_queue(struct world *w, const char *function,
                                          uint64_t goroutines)
{
	world_begin(w, &rules_cpu, 1000, 2);
	w->witness.sums.starved = 900 * WORLD_MS;
	struct goroutine_kind *kind = world_kind(w, function, goroutines, 300, 1000);
	world_goroutine(w, SERVING, 7, function);
	world_spells(w, SERVING, wait_of(20), 60);
	return kind;
}

static void queues_of_those_that_serve_are_saturation(void **state)
{
	struct world w;
	(void)state;
	begin_queue(&w, SERVE, 40);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_CPU_SATURATION);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "late", UNIT_COUNT), 60);
	assert_true(world_measure(f, "starved", UNIT_RATIO) == .9);
	world_finish(&w);
}

static void who_waits_for_the_network_serves(void **state)
{
	struct world w;
	(void)state;
	world_waits(&w, begin_queue(&w, "main.answer", 1), "network", 100);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	world_finish(&w);
}

static void who_works_through_channels_alone_does_not(void **state)
{
	struct world w;
	(void)state;
	world_waits(&w, begin_queue(&w, "main.work", 40), "chan receive", 300);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void a_lone_clock_does_not_serve(void **state)
{
	struct world w;
	(void)state;
	world_waits(&w, begin_queue(&w, "main.progress", 1), "sleep", 300);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void one_late_wake_up_in_fifty_is_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_queue(&w, SERVE, 40)->starts = 3000;
	w.analysis.goroutines.group[0].state_ns[GO_RUNNING] = 100 * WORLD_MS;
	world_spells(&w, SERVING, wait_of(2), 200);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	world_finish(&w);
}

static void waits_while_all_threads_stood_still_are_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_queue(&w, SERVE, 40);
	w.witness.running = 2;
	rules_cpu.silence(w.self, &w.witness, 100 * WORLD_MS, 140 * WORLD_MS);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	world_finish(&w);
}

static void waits_while_ps_are_idle_are_no_saturation(void **state)
{
	struct world w;
	(void)state;
	begin_queue(&w, SERVE, 40);
	w.witness.sums.starved = 400 * WORLD_MS;
	assert_null(world_finding(&w));
	world_finish(&w);
}

/* --- runnable-oversubscription -----------------------------------------------------------------
 */

/* 60 goroutines that compute and wait in turns; `parent` started them, if it is known. */
static void begin_crowd(struct world *w, const char *parent)
{
	world_begin(w, &rules_cpu, 1000, 2);
	w->witness.sums.starved = 990 * WORLD_MS;
	world_kind(w, "main.tile", 60, 200, 1900);
	struct witness_goroutine *g = world_goroutine(w, LOOPING, 9, "main.tile");
	g->created = true;
	struct spell first = wait_of(100);
	if (parent) {
		world_goroutine(w, SERVING, 7, parent);
		first.waker = 7;
		first.waker_slot = SERVING;
	}
	world_spells(w, LOOPING, first, 100);
	g->burst_since_ns = 0; /* a P was taken away */
	g->burst_ns = 10 * WORLD_MS;
	world_spells(w, LOOPING, wait_of(100), 200);
}

static void computing_in_turns_for_a_request_is_accused(void **state)
{
	struct world w;
	(void)state;
	begin_crowd(&w, SERVE);
	world_kind(&w, SERVE, 4, 10, 1);
	world_conclude(&w);
	const struct finding *f = world_find(&w, SLUG_RUNNABLE_OVERSUBSCRIPTION);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "waiting", UNIT_COUNT), 30);
	assert_int_equal(world_measure(f, "preempted", UNIT_NS), 20000 * WORLD_MS);
	world_finish(&w);
}

static void a_batch_in_many_parts_is_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_crowd(&w, "main.main");
	world_kind(&w, "main.main", 1, 1, 1);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_RUNNABLE_OVERSUBSCRIPTION);
	assert_int_equal(f->severity, SEVERITY_INFO);
	world_finish(&w);
}

static void a_few_more_workers_than_ps_are_nothing(void **state)
{
	struct world w;
	(void)state;
	begin_crowd(&w, SERVE);
	world_kind(&w, SERVE, 4, 10, 1);
	w.witness.gomaxprocs = 4;
	world_conclude(&w);
	assert_null(world_find(&w, SLUG_RUNNABLE_OVERSUBSCRIPTION));
	world_finish(&w);
}

/* --- gomaxprocs-mismatch -----------------------------------------------------------------------
 */

static void begin_silences(struct world *w, unsigned n, int64_t every_ms, int64_t odd_ms,
                           unsigned running)
{
	world_begin(w, &rules_cpu, 2000, 2);
	world_kind(w, "main.work", 2, 400, 3900);
	w->witness.running = running;
	for (unsigned i = 1; i <= n; i++) {
		int64_t end = (i * every_ms + i % 4 * odd_ms) * WORLD_MS;
		rules_cpu.silence(w->self, &w->witness, end - 60 * WORLD_MS, end);
	}
	w->witness.running = 0;
}

static void silences_in_step_with_a_quota_are_a_mismatch(void **state)
{
	struct world w;
	(void)state;
	begin_silences(&w, 18, 100, 1, 2);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->slug, SLUG_GOMAXPROCS_MISMATCH);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "silent", UNIT_NS), 18 * 60 * WORLD_MS);
	assert_int_equal(world_measure(f, "running", UNIT_NS), 3900 * WORLD_MS);
	assert_int_equal(f->evidence[0].end_ns - f->evidence[0].begin_ns, 60 * WORLD_MS);
	world_finish(&w);
}

static void silences_without_a_rhythm_are_told_as_info(void **state)
{
	struct world w;
	(void)state;
	begin_silences(&w, 18, 100, 21, 2);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	world_finish(&w);
}

static void code_that_cannot_be_stopped_is_no_silence_of_all(void **state)
{
	struct world w;
	(void)state;
	begin_silences(&w, 18, 100, 21, 1);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void a_few_silences_say_nothing(void **state)
{
	struct world w;
	(void)state;
	begin_silences(&w, 5, 100, 0, 2);
	assert_null(world_finding(&w));
	world_finish(&w);
}

/* Samples of 10 ms each from a moment on until the end. */
static void sample(struct world *w, uint64_t total, int64_t from_ms)
{
	struct samples *s = &w->analysis.samples;
	s->total = total;
	s->first_ns = from_ms * WORLD_MS;
	s->last_ns = w->witness.last_ns;
}

static void samples_that_account_for_less_than_ran_are_a_mismatch(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, &rules_cpu, 2000, 8);
	world_kind(&w, "main.work", 8, 400, 15000);
	sample(&w, 400, 100);
	const struct finding *f = world_finding(&w);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(world_measure(f, "cpu", UNIT_NS), 4000 * WORLD_MS);
	world_finish(&w);
}

static void samples_that_account_for_what_ran_say_nothing(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, &rules_cpu, 2000, 2);
	world_kind(&w, "main.work", 2, 400, 3900);
	sample(&w, 330, 0);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void samples_of_a_part_of_the_trace_say_nothing(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, &rules_cpu, 2000, 8);
	world_kind(&w, "main.work", 8, 400, 15000);
	sample(&w, 400, 300);
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void samples_with_a_hole_say_nothing(void **state)
{
	struct world w;
	(void)state;
	world_begin(&w, &rules_cpu, 2000, 8);
	world_kind(&w, "main.work", 8, 400, 15000);
	sample(&w, 400, 0);
	w.analysis.samples.gap_ns = 300 * WORLD_MS;
	assert_null(world_finding(&w));
	world_finish(&w);
}

static void another_part_begins_with_nothing(void **state)
{
	struct world w;
	(void)state;
	begin_loops(&w);
	world_spells(&w, SERVING, wait_of(8), 100);
	world_spells(&w, LOOPING, burst_of(&w, 500), 8);
	rules_cpu.restart(w.self, 0);
	assert_null(world_finding(&w));
	world_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_that_keep_a_service_from_every_p_are_accused),
		cmocka_unit_test(loops_beside_an_idle_p_are_not),
		cmocka_unit_test(short_bursts_are_no_loop),
		cmocka_unit_test(bursts_that_the_machine_made_long_are_no_loop),
		cmocka_unit_test(loops_that_nobody_waits_for_are_not_accused),
		cmocka_unit_test(waits_of_other_workers_are_told_as_info),
		cmocka_unit_test(queues_of_those_that_serve_are_saturation),
		cmocka_unit_test(who_waits_for_the_network_serves),
		cmocka_unit_test(who_works_through_channels_alone_does_not),
		cmocka_unit_test(a_lone_clock_does_not_serve),
		cmocka_unit_test(one_late_wake_up_in_fifty_is_told_as_info),
		cmocka_unit_test(waits_while_all_threads_stood_still_are_told_as_info),
		cmocka_unit_test(waits_while_ps_are_idle_are_no_saturation),
		cmocka_unit_test(computing_in_turns_for_a_request_is_accused),
		cmocka_unit_test(a_batch_in_many_parts_is_told_as_info),
		cmocka_unit_test(a_few_more_workers_than_ps_are_nothing),
		cmocka_unit_test(silences_in_step_with_a_quota_are_a_mismatch),
		cmocka_unit_test(silences_without_a_rhythm_are_told_as_info),
		cmocka_unit_test(code_that_cannot_be_stopped_is_no_silence_of_all),
		cmocka_unit_test(a_few_silences_say_nothing),
		cmocka_unit_test(samples_that_account_for_less_than_ran_are_a_mismatch),
		cmocka_unit_test(samples_that_account_for_what_ran_say_nothing),
		cmocka_unit_test(samples_of_a_part_of_the_trace_say_nothing),
		cmocka_unit_test(samples_with_a_hole_say_nothing),
		cmocka_unit_test(another_part_begins_with_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
