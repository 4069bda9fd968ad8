/* What the analyses find in a trace whose every moment is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/trace_scenario.h"

#define US 1000

static void read_service(struct analysis *a, const struct analysis_options *options)
{
	struct scenario s;
	scenario_service(&s);
	scenario_read(&s, options, a);
	assert_int_equal(a->summary.verdict, TRACE_WHOLE);
}

static int64_t time_for(const struct analysis *a, const char *reason)
{
	for (uint32_t i = a->goroutines.all_reasons; i; i = a->goroutines.reason[i - 1].next)
		if (strcmp(names_text(&a->names, a->goroutines.reason[i - 1].reason), reason) == 0)
			return a->goroutines.reason[i - 1].total_ns;
	return -1;
}

static void time_is_charged_to_states_and_reasons(void **state)
{
	(void)state;
	struct analysis a;
	read_service(&a, &scenario_all);
	assert_int_equal(a.goroutines.seen, 3);
	assert_int_equal(a.goroutines.created, 1);
	assert_int_equal(a.goroutines.ended, 1);
	/* 1: 0-100, 550-950; 2: 150-250, 300-500, 960-990 */
	assert_int_equal(a.goroutines.state_ns[GO_RUNNING], (100 + 400 + 100 + 200 + 30) * US);
	assert_int_equal(a.goroutines.state_ns[GO_SYSCALL], 50 * US);
	assert_int_equal(a.goroutines.state_ns[GO_RUNNABLE], (140 + 460 + 150) * US);
	assert_int_equal(time_for(&a, "chan receive"), 300 * US);
	assert_true(time_for(&a, "sync") >= 50 * US);
	analysis_finish(&a);
}

static void every_wait_to_run_is_in_the_distribution(void **state)
{
	(void)state;
	struct analysis a;
	read_service(&a, &scenario_all);
	const struct distribution *d = &a.goroutines.latency;
	assert_int_equal(d->count, 3);
	assert_int_equal(d->sum_ns, (140 + 150 + 460) * US);
	assert_int_equal(d->min_ns, 140 * US);
	assert_int_equal(d->max_ns, 460 * US);
	struct distribution_step step = {0};
	uint64_t seen = 0;
	while (distribution_next(d, &step))
		seen += step.count;
	assert_int_equal(seen, 3);
	assert_int_equal(a.goroutines.syscall.max_ns, 50 * US);
	analysis_finish(&a);
}

static const struct block_site *site_of(const struct analysis *a, const char *reason)
{
	for (size_t i = 0; i < a->blocking.sites; i++)
		if (strcmp(names_text(&a->names, a->blocking.site[i].reason), reason) == 0 &&
		    !a->blocking.site[i].syscall)
			return &a->blocking.site[i];
	fail_msg("nobody blocks on %s", reason);
	return NULL;
}

static void goroutines_that_never_wake_are_counted_with_their_stack(void **state)
{
	(void)state;
	struct analysis a;
	read_service(&a, &scenario_all);
	const struct block_site *sync = site_of(&a, "sync"), *always = site_of(&a, ""),
							*chan = site_of(&a, "chan receive");
	assert_int_equal(sync->open, 1);
	assert_int_equal(sync->open_always, 0);
	assert_int_equal(sync->open_goroutine, 1);
	assert_true(sync->open_max_ns >= 50 * US);
	assert_int_equal(always->open, 1);
	assert_int_equal(always->open_always, 1);
	assert_int_equal(always->open_goroutine, 50);
	assert_int_equal(chan->open, 0);
	assert_int_equal(chan->total_ns, 300 * US);
	uint32_t frame = stacks_where(&a.stacks, &a.names, always->stack);
	assert_string_equal(names_text(&a.names, a.stacks.frame[frame].function),
	                    "example.com/shop/worker.(*Pool).run");
	assert_int_equal(a.stacks.frame[frame].line, 42);
	analysis_finish(&a);
}

static void collector_is_measured(void **state)
{
	(void)state;
	struct analysis a;
	read_service(&a, &scenario_all);
	assert_int_equal(a.gc.mark.count, 1);
	assert_int_equal(a.gc.mark.sum_ns, 200 * US);
	assert_int_equal(a.gc.kinds, 1);
	assert_string_equal(names_text(&a.names, a.gc.kind[0].name), "GC mark termination");
	assert_int_equal(a.gc.pause.sum_ns, 30 * US);
	assert_int_equal(a.gc.assist.sum_ns, 50 * US);
	assert_int_equal(a.gc.heap_max, 4 << 20);
	assert_int_equal(a.gc.goal_max, 8 << 20);
	/* The stop takes both Ps, the assist one of them. */
	assert_true(a.mmu.taken_ns > 54.9 * US && a.mmu.taken_ns < 55.1 * US);
	assert_true(mmu_minimum(&a.mmu, 0) > .94 && mmu_minimum(&a.mmu, 0) < .96);
	assert_true(mmu_minimum(&a.mmu, 1) < 0); /* the trace is shorter than 2 ms */
	analysis_finish(&a);
}

static int64_t most_of(const struct timeline *t)
{
	int64_t most = 0;
	for (size_t i = 0; i < t->bins; i++)
		most = t->most[i] > most ? t->most[i] : most;
	return most;
}

static void ps_are_measured(void **state)
{
	(void)state;
	struct analysis a;
	read_service(&a, &scenario_all);
	assert_int_equal(procs_available(&a.procs), 2);
	assert_int_equal(a.procs.running_ns, 1000 * US);
	double ratio = procs_utilization(&a.procs);
	assert_true(ratio > .49 && ratio < .51);
	assert_int_equal(most_of(&a.activity.running), 1);
	assert_int_equal(most_of(&a.activity.runnable), 2);
	assert_int_equal(most_of(&a.activity.syscalls), 1);
	assert_int_equal(most_of(&a.activity.heap), 4 << 20);
	analysis_finish(&a);
}

/* One P runs all the time: of four in the first half, of one in the second. */
static void ps_are_measured_by_how_many_there_were(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	scenario_begin_running(&s);
	scenario_event(&s, 0, EV_PROCS_CHANGE, 4, STACK_MAIN, 0, 0);
	scenario_event(&s, 500, EV_PROCS_CHANGE, 1, STACK_MAIN, 0, 0);
	scenario_event(&s, 1000, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_end(&s);
	scenario_read(&s, &scenario_all, &a);
	double ratio = procs_utilization(&a.procs);
	assert_true(ratio > .39 && ratio < .41);
	assert_int_equal(a.procs.gomaxprocs, 1);
	assert_int_equal(a.procs.gomaxprocs_max, 4);
	analysis_finish(&a);
}

static void part_counts_what_lies_in_it_and_knows_what_came_before(void **state)
{
	(void)state;
	struct analysis a;
	struct analysis_options options = scenario_all;
	options.from_ns = 200 * US;
	options.to_ns = 450 * US;
	read_service(&a, &options);
	/* 2: 200-250, 300-450 running; 1 blocked 200-400, runnable since. */
	assert_int_equal(a.goroutines.state_ns[GO_RUNNING], 200 * US);
	assert_int_equal(a.goroutines.state_ns[GO_SYSCALL], 50 * US);
	assert_int_equal(a.goroutines.state_ns[GO_RUNNABLE], 50 * US);
	assert_int_equal(time_for(&a, "chan receive"), 200 * US);
	assert_int_equal(a.goroutines.latency.count, 0);
	assert_int_equal(a.procs.running_ns, 250 * US);
	assert_int_equal(a.gc.mark.count, 0);
	assert_false(a.gc.has_heap);
	assert_int_equal(site_of(&a, "chan receive")->total_ns, 200 * US);
	assert_int_equal(site_of(&a, "")->open_always, 1);
	assert_int_equal(a.tasks.type[0].open, 1);
	assert_int_equal(a.tasks.type[0].open_max_ns, 250 * US);
	assert_int_equal(a.summary.verdict, TRACE_WHOLE);
	analysis_finish(&a);
}

/* Who has nothing to tell is named when a generation ends, and was so all the while. */
static void what_is_named_late_was_so_since_the_generation_began(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	scenario_begin_running(&s);
	scenario_event(&s, 800, EV_GO_STATUS, 50, UINT64_MAX, GO_WAITING, 0);
	scenario_event(&s, 900, EV_PROC_STATUS, 1, PROC_RUNNING, 0, 0);
	scenario_event(&s, 900, EV_GC_MARK_ASSIST_ACTIVE, 1, 0, 0, 0);
	scenario_event(&s, 1000, EV_GC_MARK_ASSIST_END, 0, 0, 0, 0);
	scenario_end(&s);
	static const struct {
		int64_t from_us, to_us, wait_us, assist_us;
	} parts[] = {
		{0, 2000, 1000, 1000}, {300, 2000, 700, 700}, {850, 2000, 150, 150},
		{0, 400, 400, 0},      {100, 300, 200, 0},
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct analysis_options options = scenario_all;
		options.from_ns = parts[i].from_us * US;
		options.to_ns = parts[i].to_us * US;
		scenario_read(&s, &options, &a);
		assert_int_equal(a.goroutines.seen, 2);
		/* The sync at the end comes a nanosecond behind. */
		assert_int_equal(a.goroutines.state_ns[GO_WAITING] / US, parts[i].wait_us);
		assert_int_equal(site_of(&a, "")->open_max_ns / US, parts[i].wait_us);
		assert_int_equal(a.procs.running_ns / US, 2 * parts[i].wait_us);
		assert_int_equal(a.gc.assist.sum_ns / US, parts[i].assist_us);
		assert_int_equal(a.gc.unfinished, parts[i].assist_us == 0);
		analysis_finish(&a);
	}
}

/* Enough events to give slots away again. */
static void add_block(struct scenario *s, uint64_t at_us)
{
	for (unsigned i = 0; i < 600; i++)
		scenario_event(s, at_us, EV_HEAP_ALLOC, 1, 0, 0, 0);
}

/* Goroutine 1 runs from the beginning; the part ends at 400 µs. */
static struct analysis_options begin_part(struct scenario *s)
{
	struct analysis_options options = scenario_all;
	options.to_ns = 400 * US;
	scenario_begin_running(s);
	return options;
}

/* What is named behind the part's end may have the slot of what the part still holds. */
static void what_ends_behind_the_part_stays_in_it(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	const struct analysis_options options = begin_part(&s);
	scenario_event(&s, 500, EV_GO_DESTROY, 0, 0, 0, 0);
	add_block(&s, 600);
	scenario_event(&s, 700, EV_GO_STATUS, 50, UINT64_MAX, GO_WAITING, 0);
	scenario_event(&s, 700, EV_GO_STATUS, 51, UINT64_MAX, GO_WAITING, 0);
	scenario_end(&s);
	scenario_read(&s, &options, &a);
	assert_int_equal(a.goroutines.state_ns[GO_RUNNING], 400 * US);
	assert_int_equal(a.goroutines.state_ns[GO_WAITING], 400 * US);
	assert_int_equal(a.goroutines.ended, 0);
	analysis_finish(&a);
}

static void who_came_behind_the_part_takes_no_place_in_it(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	const struct analysis_options options = begin_part(&s);
	scenario_event(&s, 500, EV_GO_CREATE, 60, STACK_START, STACK_MAIN, 0);
	scenario_event(&s, 510, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_event(&s, 520, EV_GO_START, 60, 1, 0, 0);
	scenario_event(&s, 530, EV_GO_DESTROY, 0, 0, 0, 0);
	add_block(&s, 600);
	scenario_event(&s, 700, EV_GO_STATUS, 50, UINT64_MAX, GO_WAITING, 0);
	scenario_end(&s);
	scenario_read(&s, &options, &a);
	assert_int_equal(a.goroutines.seen, 2);
	assert_int_equal(a.goroutines.state_ns[GO_WAITING], 400 * US);
	assert_int_equal(site_of(&a, "")->open_goroutine, 50);
	analysis_finish(&a);
}

static void who_waits_when_the_part_ends_is_told_whoever_has_its_slot_later(void **state)
{
	(void)state;
	struct scenario s;
	struct analysis a;
	const struct analysis_options options = begin_part(&s);
	scenario_event(&s, 0, EV_GO_STATUS, 60, UINT64_MAX, GO_WAITING, 0);
	scenario_event(&s, 500, EV_GO_UNBLOCK, 60, 1, 0, 0);
	scenario_event(&s, 510, EV_GO_DESTROY, 0, 0, 0, 0);
	scenario_event(&s, 520, EV_GO_START, 60, 2, 0, 0);
	scenario_event(&s, 530, EV_GO_DESTROY, 0, 0, 0, 0);
	add_block(&s, 600);
	for (uint64_t id = 77; id <= 78; id++)
		scenario_event(&s, 700, EV_GO_CREATE, id, STACK_START, 0, 0);
	scenario_end(&s);
	scenario_read(&s, &options, &a);
	assert_int_equal(a.goroutines.seen, 2);
	assert_int_equal(site_of(&a, "")->open, 1);
	assert_int_equal(site_of(&a, "")->open_goroutine, 60);
	analysis_finish(&a);
}

static void parts_add_up_to_the_whole(void **state)
{
	(void)state;
	struct analysis whole, part;
	int64_t sum[GO_STATUS_COUNT] = {0}, running = 0;
	read_service(&whole, &scenario_all);
	for (int64_t from = 0; from < 2000 * US; from += 77 * US) {
		struct analysis_options options = scenario_all;
		options.from_ns = from;
		options.to_ns = from + 77 * US;
		read_service(&part, &options);
		for (size_t i = 0; i < GO_STATUS_COUNT; i++)
			sum[i] += part.goroutines.state_ns[i];
		running += part.procs.running_ns;
		analysis_finish(&part);
	}
	for (size_t i = GO_RUNNABLE; i < GO_STATUS_COUNT; i++)
		assert_int_equal(sum[i], whole.goroutines.state_ns[i]);
	assert_int_equal(running, whole.procs.running_ns);
	analysis_finish(&whole);
}

static void one_goroutine_can_be_asked_for(void **state)
{
	(void)state;
	struct analysis a;
	struct analysis_options options = scenario_all;
	options.goroutine = 2;
	read_service(&a, &options);
	assert_int_equal(a.goroutines.state_ns[GO_RUNNING], 330 * US);
	assert_int_equal(a.goroutines.state_ns[GO_WAITING], 0);
	assert_int_equal(a.goroutines.latency.count, 2);
	assert_int_equal(a.goroutines.groups, 1);
	assert_string_equal(names_text(&a.names, a.goroutines.group[0].function),
	                    "example.com/shop/worker.(*Pool).run");
	assert_int_equal(a.most_running.n, 1);
	assert_int_equal(a.most_running.g[0].id, 2);
	analysis_finish(&a);
}

static void analyses_nobody_asks_for_are_not_made(void **state)
{
	(void)state;
	struct analysis a;
	struct analysis_options options = scenario_all;
	options.kinds = 1U << REPORT_HEALTH;
	read_service(&a, &options);
	assert_int_equal(a.goroutines.seen, 0);
	assert_int_equal(a.tasks.types, 0);
	assert_int_equal(a.stacks.n, 0);
	assert_true(a.summary.events > 20);
	analysis_finish(&a);
}

/* Three goroutines on one P do what they like, often enough for more than a block of events, with
   too little time between them for more than a few of a level's bins. */
static void play(struct scenario *s)
{
	enum { WAITS, READY, RUNS };
	uint8_t does[4] = {0, RUNS, WAITS, WAITS};
	uint64_t number[4] = {0}, calls = 0, random = 1;
	unsigned running = 1;
	scenario_begin_running(s);
	scenario_event(s, 0, EV_GO_STATUS_STACK, 2, UINT64_MAX, GO_WAITING, STACK_RECEIVE);
	scenario_event(s, 0, EV_GO_STATUS_STACK, 3, UINT64_MAX, GO_WAITING, STACK_RECEIVE);
	scenario_event(s, 0, EV_PROCS_CHANGE, 2, STACK_MAIN, 0, 0);
	scenario_event(s, 0, EV_GO_LABEL, S_DEDICATED, 0, 0, 0);
	scenario_event(s, 0, EV_GC_MARK_ASSIST_BEGIN, STACK_MAIN, 0, 0, 0);
	for (unsigned i = 0; i < 700; i++) {
		uint64_t at_us = i / 60;
		random = random * 6364136223846793005 + 1442695040888963407;
		unsigned dice = (unsigned)(random >> 60), other = (unsigned)(random >> 32) % 3 + 1;
		uint64_t stack = dice % 2 ? STACK_MAIN : STACK_START;
		if (does[other] == WAITS) {
			does[other] = READY;
			scenario_event(s, at_us, EV_GO_UNBLOCK, other, ++number[other], stack, 0);
		} else if (!running && does[other] == READY) {
			running = other;
			does[other] = RUNS;
			scenario_event(s, at_us, EV_GO_START, other, ++number[other], 0, 0);
		} else if (running && dice < 4) {
			scenario_event(s, at_us, EV_GO_SYSCALL_BEGIN, ++calls, stack, 0, 0);
			scenario_event(s, at_us, EV_GO_SYSCALL_END, 0, 0, 0, 0);
		} else if (running) {
			unsigned reason = dice < 8 ? S_CHAN : dice < 12 ? S_SYNC : S_PREEMPTED;
			unsigned type = reason == S_PREEMPTED ? EV_GO_STOP : EV_GO_BLOCK;
			does[running] = type == EV_GO_STOP ? READY : WAITS;
			running = 0;
			scenario_event(s, at_us, type, reason, stack, 0, 0);
		}
	}
	scenario_end(s);
}

static void assert_same_distribution(const struct distribution *a, const struct distribution *b)
{
	assert_true(a->count > 0);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->sum_ns, b->sum_ns);
	assert_int_equal(a->min_ns, b->min_ns);
	assert_int_equal(a->max_ns, b->max_ns);
}

static void assert_same_level(const struct timeline *a, const struct timeline *b)
{
	assert_int_equal(a->bins, b->bins);
	assert_int_equal(a->level, b->level);
	for (size_t i = 0; i < a->bins; i++) {
		assert_int_equal(a->area[i], b->area[i]);
		assert_int_equal(a->most[i], b->most[i]);
	}
}

static void assert_same_sites(const struct blocking *a, const struct blocking *b)
{
	assert_true(a->sites >= 4);
	assert_int_equal(a->sites, b->sites);
	for (size_t i = 0; i < a->sites; i++) {
		assert_int_equal(a->site[i].count, b->site[i].count);
		assert_int_equal(a->site[i].total_ns, b->site[i].total_ns);
		assert_int_equal(a->site[i].max_ns, b->site[i].max_ns);
		assert_int_equal(a->site[i].open, b->site[i].open);
	}
}

static void analyses_find_together_what_each_finds_alone(void **state)
{
	(void)state;
	static const int64_t parts[][2] = {{0, INT64_MAX}, {3 * US, INT64_MAX}, {2 * US, 8 * US}};
	struct scenario s;
	play(&s);
	assert_true(s.b.n < sizeof s.b.data);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct analysis_options options = scenario_all;
		struct analysis together, goroutines, blocking, gc;
		options.from_ns = parts[i][0];
		options.to_ns = parts[i][1];
		scenario_read(&s, &options, &together);
		options.kinds = 1U << REPORT_GOROUTINES;
		scenario_read(&s, &options, &goroutines);
		options.kinds = 1U << REPORT_BLOCKED;
		scenario_read(&s, &options, &blocking);
		options.kinds = 1U << REPORT_GC;
		scenario_read(&s, &options, &gc);
		assert_int_equal(together.summary.verdict, TRACE_WHOLE);
		assert_true(together.summary.events > 600);
		for (size_t k = 0; k < GO_STATUS_COUNT; k++)
			assert_int_equal(together.goroutines.state_ns[k], goroutines.goroutines.state_ns[k]);
		assert_int_equal(time_for(&together, "sync"), time_for(&goroutines, "sync"));
		assert_same_distribution(&together.goroutines.latency, &goroutines.goroutines.latency);
		assert_same_distribution(&together.goroutines.syscall, &goroutines.goroutines.syscall);
		assert_same_sites(&together.blocking, &blocking.blocking);
		assert_same_level(&together.activity.runnable, &gc.activity.runnable);
		assert_same_level(&together.activity.syscalls, &gc.activity.syscalls);
		assert_true(mmu_mean(&gc.mmu) < 1);
		assert_true(mmu_mean(&together.mmu) == mmu_mean(&gc.mmu));
		analysis_finish(&together);
		analysis_finish(&goroutines);
		analysis_finish(&blocking);
		analysis_finish(&gc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_charged_to_states_and_reasons),
		cmocka_unit_test(every_wait_to_run_is_in_the_distribution),
		cmocka_unit_test(goroutines_that_never_wake_are_counted_with_their_stack),
		cmocka_unit_test(collector_is_measured),
		cmocka_unit_test(ps_are_measured),
		cmocka_unit_test(ps_are_measured_by_how_many_there_were),
		cmocka_unit_test(part_counts_what_lies_in_it_and_knows_what_came_before),
		cmocka_unit_test(what_is_named_late_was_so_since_the_generation_began),
		cmocka_unit_test(what_ends_behind_the_part_stays_in_it),
		cmocka_unit_test(who_came_behind_the_part_takes_no_place_in_it),
		cmocka_unit_test(who_waits_when_the_part_ends_is_told_whoever_has_its_slot_later),
		cmocka_unit_test(parts_add_up_to_the_whole),
		cmocka_unit_test(one_goroutine_can_be_asked_for),
		cmocka_unit_test(analyses_nobody_asks_for_are_not_made),
		cmocka_unit_test(analyses_find_together_what_each_finds_alone),
	};
	return cmocka_run_group_tests_name("trace_analyses", tests, NULL, NULL);
}
