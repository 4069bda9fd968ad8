/* What the Timeline draws from, on small traces of several generations, whole and damaged. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "browse/timeline_source.h"
#include "tests/trace/lanes/check.h"
#include "tests/unit/trace_builder.h"
#include "trace/reader.h"

enum { GENERATIONS = 6, ROUNDS = 60, STEP_NS = 1000, GENERATION_NS = 1000 * 1000 };
enum { S_CHAN = 1, S_MAIN, S_WORKER, S_RECEIVE, S_FILE };
enum { STACK_MAIN = 1, STACK_WORKER };

/* --- traces -------------------------------------------------------------------------------------
 */

static void add_stack(struct builder *b, uint64_t id, uint64_t leaf, uint64_t root)
{
	const uint64_t function[] = {leaf, root};
	build_byte(b, EV_STACK);
	build_number(b, id);
	build_number(b, 2);
	for (uint64_t i = 0; i < 2; i++) {
		build_number(b, 0x400000 + function[i] * 16);
		build_number(b, function[i]);
		build_number(b, S_FILE);
		build_number(b, 10 + i);
	}
}

static void add_tables(struct builder *b, uint64_t generation, uint64_t now_ns)
{
	static const char *const text[] = {[S_CHAN] = "chan receive",
	                                   [S_MAIN] = "main.main",
	                                   [S_WORKER] = "main.worker",
	                                   [S_RECEIVE] = "runtime.chanrecv1",
	                                   [S_FILE] = "main.go"};
	build_batch(b, generation, UINT64_MAX, now_ns);
	build_byte(b, EV_SYNC);
	build_byte(b, EV_FREQUENCY);
	build_number(b, 1000000000);
	build_event(b, EV_CLOCK_SNAPSHOT, now_ns, 1700000000, 0, 0);
	build_end(b);
	build_batch(b, generation, UINT64_MAX, now_ns);
	build_byte(b, EV_STRINGS);
	for (uint64_t i = 1; i < sizeof text / sizeof *text; i++)
		build_string(b, i, text[i]);
	build_end(b);
	build_batch(b, generation, UINT64_MAX, now_ns);
	build_byte(b, EV_STACKS);
	add_stack(b, STACK_MAIN, S_RECEIVE, S_MAIN);
	add_stack(b, STACK_WORKER, S_RECEIVE, S_WORKER);
	build_end(b);
}

static void add(struct builder *b, unsigned type, uint64_t a0, uint64_t a1, uint64_t a2)
{
	const uint64_t args[] = {a0, a1, a2, 0};
	build_byte(b, type);
	build_number(b, STEP_NS);
	for (unsigned i = 0; i < event_specs[type].args; i++)
		build_number(b, args[i]);
}

/* Goroutines 1 and 2 wake each other in turn on one P; 3 is blocked all the time, and says so when
   the generation ends. */
static void add_generation(struct builder *b, uint64_t generation)
{
	uint64_t seq[3] = {0};
	uint64_t running = 1, waiting = 2;
	add_tables(b, generation, generation * GENERATION_NS);
	build_batch(b, generation, 7, generation * GENERATION_NS);
	add(b, EV_PROC_STATUS, 0, PROC_RUNNING, 0);
	add(b, EV_GO_STATUS, 1, 7, GO_RUNNING);
	add(b, EV_GO_STATUS, 2, UINT64_MAX, GO_WAITING);
	for (int i = 0; i < ROUNDS; i++) {
		add(b, EV_GO_UNBLOCK, waiting, ++seq[waiting], STACK_MAIN);
		add(b, EV_GO_BLOCK, S_CHAN, running == 1 ? STACK_MAIN : STACK_WORKER, 0);
		add(b, EV_GO_START, waiting, ++seq[waiting], 0);
		uint64_t woke = waiting;
		waiting = running;
		running = woke;
	}
	add(b, EV_GO_STATUS, 3, UINT64_MAX, GO_WAITING);
	build_end(b);
	build_byte(b, EV_END_OF_GENERATION);
}

/* Writes a trace; the caller unlinks and frees the path. */
static char *write_trace(const char *suffix, int generations, int damaged, bool torn)
{
	struct builder b = {.n = 0};
	char *path = NULL;
	assert_true(asprintf(&path, "/tmp/schedtop-timeline-%ld%s", (long)getpid(), suffix) > 0);
	gzFile file = strcmp(suffix, ".gz") == 0 ? gzopen(path, "wb") : gzopen(path, "wbT");
	assert_non_null(file);
	build_header(&b, 26);
	for (int g = 1; g <= generations; g++) {
		add_generation(&b, (uint64_t)g);
		if (g == damaged)
			b.data[b.n / 2] = 127; /* no event's type, or a wrong number */
		size_t n = torn && g == generations ? b.n / 2 : b.n;
		assert_int_equal(gzwrite(file, b.data, (unsigned)n), (int)n);
		b.n = 0;
	}
	assert_int_equal(gzclose(file), Z_OK);
	return path;
}

static void drop(char *path)
{
	unlink(path);
	free(path);
}

static void check_all_ways(const char *suffix, int damaged, bool torn)
{
	char *path = write_trace(suffix, GENERATIONS, damaged, torn);
	assert_int_equal(lanes_check(path, stderr), 0);
	drop(path);
}

/* --- a source ------------------------------------------------------------------------------------
 */

static struct timeline_source *load_and_wake(const char *path,
                                             const struct timeline_source_options *options)
{
	struct timeline_source *source = timeline_source_create(path, options);
	struct input in;
	struct error error;
	struct trace_summary summary;
	assert_non_null(source);
	const struct trace_visitor visitor = timeline_source_visitor(source);
	assert_int_equal(input_open(&in, path, &error), STATUS_OK);
	assert_int_equal(trace_read(&in, &(struct trace_options){0}, &visitor, 1, &summary, &error),
	                 STATUS_OK);
	input_finish(&in);
	return source;
}

static struct timeline_source *load(const char *path)
{
	return load_and_wake(path, &(struct timeline_source_options){.wake = NULL});
}

static void wait_until_idle(struct timeline_source *source)
{
	const struct timespec nap = {0, 1000 * 1000};
	for (;;) {
		enum timeline_work work = timeline_source_status(source).work;
		if (work == WORK_NONE || work == WORK_UNAVAILABLE)
			break;
		nanosleep(&nap, NULL);
	}
	timeline_source_poll(source);
}

static const struct lane lanes[] = {{LANE_P, 0}, {LANE_M, 7}, {LANE_G, 1}, {LANE_G, 3}};

static struct timeline_want window(const struct timeline_source *source, int64_t from, int64_t to)
{
	int64_t first = timeline_source_extent(source).first_ns;
	return (struct timeline_want){first + from, first + to, 10, lanes, 4};
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void parts_read_again_are_as_in_the_whole(void **state)
{
	(void)state;
	check_all_ways("", 0, false);
}

static void parts_of_a_compressed_trace_are_as_in_the_whole(void **state)
{
	(void)state;
	check_all_ways(".gz", 0, false);
}

static void parts_of_a_torn_trace_are_as_in_the_whole(void **state)
{
	(void)state;
	check_all_ways("", 0, true);
}

static void parts_of_a_damaged_trace_are_as_in_the_whole(void **state)
{
	(void)state;
	check_all_ways("", 3, false);
}

static void index_paints_before_anything_is_read_again(void **state)
{
	(void)state;
	char *path = write_trace("", GENERATIONS, 0, false);
	struct timeline_source *source = load(path);
	struct timeline_extent extent = timeline_source_extent(source);
	struct lane_cell cell[4];
	const struct span *span;
	assert_true(extent.known && extent.whole);
	assert_int_not_equal(timeline_source_cells(source, lanes[0], extent.first_ns, extent.last_ns,
	                                           cell, 4),
	                     DETAIL_NONE);
	assert_true(cell[1].ns[SPAN_RUNNING] > 0);
	assert_int_equal(timeline_source_spans(source, lanes[0], extent.first_ns, extent.last_ns,
	                                       &span),
	                 0);
	/* Nobody has looked at goroutines yet. */
	assert_int_equal(timeline_source_cells(source, lanes[2], extent.first_ns, extent.last_ns, cell,
	                                       4),
	                 DETAIL_NONE);
	assert_int_equal(timeline_source_status(source).work, WORK_NONE);
	timeline_source_destroy(source);
	drop(path);
}

static void spans_tell_reason_stack_and_who_woke(void **state)
{
	(void)state;
	char *path = write_trace("", GENERATIONS, 0, false);
	struct timeline_source *source = load(path);
	struct timeline_want want = window(source, 2100 * 1000, 2110 * 1000);
	const struct span *span;
	const struct stack_frame *frame;
	bool blocked = false, woken = false;
	timeline_source_want(source, &want);
	assert_int_equal(timeline_source_status(source).work, WORK_SPANS);
	wait_until_idle(source);
	size_t n = timeline_source_spans(source, lanes[2], want.from_ns, want.to_ns, &span);
	assert_true(n >= 3);
	for (size_t i = 0; i < n; i++) {
		if (span[i].state == SPAN_BLOCKED && !span[i].begins_earlier) {
			blocked = true;
			assert_string_equal(timeline_source_name(source, span[i].reason), "chan receive");
			assert_int_equal(timeline_source_stack(source, span[i].stack, &frame), 2);
			assert_string_equal(timeline_source_name(source, frame[1].function), "main.main");
		}
		if (span[i].state == SPAN_RUNNABLE) {
			woken = true;
			assert_true(span[i].woken);
			assert_int_equal(span[i].waker, 2);
			assert_int_equal(span[i].woken_ns, span[i].begin_ns);
		}
	}
	assert_true(blocked && woken);
	assert_string_equal(timeline_source_function(source, 1), "main.main");
	assert_null(timeline_source_function(source, 3));
	/* One that was blocked all the time is known to be. */
	n = timeline_source_spans(source, lanes[3], want.from_ns, want.to_ns, &span);
	assert_int_equal(n, 1);
	assert_int_equal(span[0].state, SPAN_BLOCKED);
	assert_true(span[0].begins_earlier);
	timeline_source_destroy(source);
	drop(path);
}

static void panning_a_little_finds_it_there(void **state)
{
	(void)state;
	char *path = write_trace("", GENERATIONS, 0, false);
	struct timeline_source *source = load(path);
	struct timeline_want want = window(source, 2100 * 1000, 2200 * 1000);
	struct lane_cell cell[10];
	timeline_source_want(source, &want);
	wait_until_idle(source);
	want.from_ns += 30 * 1000;
	want.to_ns += 30 * 1000;
	timeline_source_want(source, &want);
	assert_int_equal(timeline_source_status(source).work, WORK_NONE);
	assert_int_equal(timeline_source_cells(source, lanes[0], want.from_ns, want.to_ns, cell, 10),
	                 DETAIL_EXACT);
	timeline_source_destroy(source);
	drop(path);
}

static void search_all(const char *suffix)
{
	char *path = write_trace(suffix, GENERATIONS, 0, false);
	struct timeline_source *source = load(path);
	int64_t first = timeline_source_extent(source).first_ns;
	struct timeline_hit hit;
	struct timeline_find find = {FIND_TEXT, first + 1500 * 1000, false, 0, "main.worker"};
	timeline_source_find(source, &find);
	wait_until_idle(source);
	assert_int_equal(timeline_source_found(source, &hit), FIND_HIT);
	assert_int_equal(hit.lane.id, 2);
	assert_true(hit.at_ns > find.from_ns && hit.at_ns < find.from_ns + GENERATION_NS);
	assert_string_equal(hit.function, "main.worker");
	/* The generation before has the last one before it. */
	find.backwards = true;
	find.from_ns = first + 2 * GENERATION_NS;
	timeline_source_find(source, &find);
	wait_until_idle(source);
	assert_int_equal(timeline_source_found(source, &hit), FIND_HIT);
	assert_true(hit.at_ns < find.from_ns && hit.at_ns > find.from_ns - GENERATION_NS);
	snprintf(find.text, sizeof find.text, "no such thing");
	timeline_source_find(source, &find);
	wait_until_idle(source);
	assert_int_equal(timeline_source_found(source, &hit), FIND_NOTHING);
	snprintf(find.text, sizeof find.text, "G2");
	timeline_source_find(source, &find);
	wait_until_idle(source);
	assert_int_equal(timeline_source_found(source, &hit), FIND_HIT);
	assert_int_equal(hit.span.state, SPAN_RUNNING);
	assert_int_equal(hit.span.goroutine, 2);
	timeline_source_destroy(source);
	drop(path);
}

static void searches_find_what_is_named(void **state)
{
	(void)state;
	search_all("");
}

static void searches_of_a_compressed_trace_find_the_same(void **state)
{
	(void)state;
	search_all(".gz");
}

static void wishes_given_up_leave_nothing_behind(void **state)
{
	(void)state;
	char *path = write_trace("", GENERATIONS, 0, false);
	for (int round = 0; round < 4; round++) {
		struct timeline_source *source = load(path);
		struct timeline_find find = {FIND_TEXT, 0, false, 0, "chan"};
		for (int i = 0; i < 50; i++) {
			struct timeline_want want = window(source, i * 100 * 1000, (i + 3) * 100 * 1000);
			timeline_source_want(source, &want);
			find.from_ns = want.from_ns;
			if (i % 7 == round)
				timeline_source_find(source, &find);
			timeline_source_poll(source);
		}
		/* Of all that was wanted the newest comes, unless the source goes before. */
		struct timeline_want newest = window(source, 1300 * 1000, 1400 * 1000);
		struct lane_cell cell[10];
		timeline_source_want(source, &newest);
		if (round % 2) {
			wait_until_idle(source);
			assert_int_equal(timeline_source_cells(source, lanes[2], newest.from_ns, newest.to_ns,
			                                       cell, 10),
			                 DETAIL_EXACT);
		}
		timeline_source_destroy(source);
	}
	drop(path);
}

static void standard_input_has_no_exact_spans(void **state)
{
	(void)state;
	const struct timeline_source_options options = {.wake = NULL};
	struct timeline_source *source = timeline_source_create("-", &options);
	struct timeline_want want = {0, 1000, 10, lanes, 4};
	timeline_source_want(source, &want);
	struct timeline_status status = timeline_source_status(source);
	assert_int_equal(status.work, WORK_UNAVAILABLE);
	assert_string_equal(status.why, "standard input can't be read a second time");
	timeline_source_destroy(source);
}

static void file_that_changed_is_not_read_again(void **state)
{
	(void)state;
	char *path = write_trace("", GENERATIONS, 0, false);
	struct timeline_source *source = load(path);
	struct timeline_want want = window(source, 0, 1000 * 1000);
	free(write_trace("", GENERATIONS - 1, 0, false));
	timeline_source_want(source, &want);
	wait_until_idle(source);
	struct timeline_status status = timeline_source_status(source);
	assert_int_equal(status.work, WORK_UNAVAILABLE);
	assert_string_equal(status.why, "the file has changed since it was read");
	timeline_source_destroy(source);
	drop(path);
}

static void count_wake(void *self)
{
	atomic_fetch_add((atomic_int *)self, 1);
}

static void what_could_not_be_read_is_not_tried_with_every_frame(void **state)
{
	(void)state;
	const struct timespec nap = {0, 1000 * 1000};
	atomic_int wakes = 0;
	const struct timeline_source_options options = {count_wake, &wakes, 0};
	char *path = write_trace("", GENERATIONS, 0, false);
	struct timeline_source *source = load_and_wake(path, &options);
	struct timeline_want want = window(source, 0, 1000 * 1000);
	unlink(path);
	timeline_source_want(source, &want);
	while (atomic_load(&wakes) < 1)
		nanosleep(&nap, NULL);
	for (int frame = 0; frame < 20; frame++) {
		timeline_source_poll(source);
		timeline_source_want(source, &want);
		nanosleep(&nap, NULL);
	}
	assert_int_equal(atomic_load(&wakes), 1);
	/* Another window might be there, for all that is known. */
	want = window(source, 2000 * 1000, 3000 * 1000);
	timeline_source_want(source, &want);
	while (atomic_load(&wakes) < 2)
		nanosleep(&nap, NULL);
	timeline_source_destroy(source);
	free(path);
}

static void levels_in_a_gap_are_unknown(void **state)
{
	(void)state;
	char *path = write_trace("", GENERATIONS, 3, false);
	struct timeline_source *source = load(path);
	int64_t first = timeline_source_extent(source).first_ns;
	int64_t from = first + 2300 * 1000, to = first + 2700 * 1000, behind = first + 3010 * 1000;
	struct counter_cell cell[2];
	double share[2];
	timeline_source_counter(source, COUNTER_RUNNABLE, from, to, cell, 2);
	assert_false(cell[0].known || cell[1].known);
	timeline_source_band(source, BAND_GC, from, to, share, 2);
	assert_true(isnan(share[0]) && isnan(share[1]));
	timeline_source_counter(source, COUNTER_RUNNABLE, behind, behind + 100 * 1000, cell, 2);
	assert_true(cell[0].known && cell[1].known);
	timeline_source_band(source, BAND_GC, behind, behind + 100 * 1000, share, 2);
	assert_true(share[0] <= 0 && share[1] <= 0);
	timeline_source_destroy(source);
	drop(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_read_again_are_as_in_the_whole),
		cmocka_unit_test(parts_of_a_compressed_trace_are_as_in_the_whole),
		cmocka_unit_test(parts_of_a_torn_trace_are_as_in_the_whole),
		cmocka_unit_test(parts_of_a_damaged_trace_are_as_in_the_whole),
		cmocka_unit_test(index_paints_before_anything_is_read_again),
		cmocka_unit_test(spans_tell_reason_stack_and_who_woke),
		cmocka_unit_test(panning_a_little_finds_it_there),
		cmocka_unit_test(searches_find_what_is_named),
		cmocka_unit_test(searches_of_a_compressed_trace_find_the_same),
		cmocka_unit_test(wishes_given_up_leave_nothing_behind),
		cmocka_unit_test(standard_input_has_no_exact_spans),
		cmocka_unit_test(file_that_changed_is_not_read_again),
		cmocka_unit_test(levels_in_a_gap_are_unknown),
		cmocka_unit_test(what_could_not_be_read_is_not_tried_with_every_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
