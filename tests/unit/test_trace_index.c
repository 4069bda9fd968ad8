/* The index of a trace, against sums made the slow way. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/index.h"
#include "trace/transition.h"

enum { THREADS = 4, GOROUTINES = 8, EVENTS = 256, CELLS = 16 };

/* A made-up scheduler: thread i holds P i, and runs goroutines for a while each. */
struct world {
	struct index index;
	struct trace_event event[EVENTS];
	const struct trace_event *other[EVENTS];
	size_t events, others;
	struct trace_slot *goroutine, *proc, *thread;
	size_t lanes;
	uint64_t seed;
	int64_t now_ns, first_ns;
	uint32_t running[THREADS]; /* goroutine's slot, or TRACE_NONE */
	struct span *span;         /* of P 0 */
	size_t spans, capacity;
};

static uint64_t next_random(struct world *w, uint64_t below)
{
	w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (w->seed >> 33) % below;
}

static void begin_world(struct world *w, size_t lanes)
{
	*w = (struct world){.seed = 11, .now_ns = 5000, .first_ns = 5000, .lanes = lanes};
	w->goroutine = calloc(GOROUTINES + 1, sizeof *w->goroutine);
	w->proc = calloc(lanes, sizeof *w->proc);
	w->thread = calloc(lanes + 1, sizeof *w->thread);
	for (size_t i = 0; i < lanes; i++) {
		w->proc[i].id = i;
		w->thread[i + 1].id = 1000 + i;
	}
	for (size_t i = 0; i < GOROUTINES; i++)
		w->goroutine[i].id = 100 + i;
	for (size_t i = 0; i < THREADS; i++)
		w->running[i] = TRACE_NONE;
}

static void end_world(struct world *w)
{
	index_finish(&w->index);
	free(w->goroutine);
	free(w->proc);
	free(w->thread);
	free(w->span);
}

static void show(struct world *w)
{
	const struct trace_block block = {.event = w->event,
	                                  .events = w->events,
	                                  .other = w->other,
	                                  .others = w->others,
	                                  .since_ns = w->first_ns,
	                                  .goroutine = w->goroutine,
	                                  .goroutines = GOROUTINES,
	                                  .proc = w->proc,
	                                  .procs = w->lanes,
	                                  .thread = w->thread,
	                                  .threads = w->lanes + 1};
	const struct trace_visitor visitor = index_visitor(&w->index);
	assert_true(visitor.events(visitor.self, &block));
	w->events = w->others = 0;
}

static struct trace_event *add(struct world *w, uint8_t type, uint32_t thread, uint32_t subject,
                               uint8_t from, uint8_t to)
{
	if (w->events == EVENTS)
		show(w);
	struct trace_event *e = &w->event[w->events++];
	*e = (struct trace_event){.time_ns = w->now_ns,
	                          .at_ns = w->now_ns,
	                          .g = thread < THREADS ? w->running[thread] : TRACE_NONE,
	                          .p = thread,
	                          .m = thread + 1,
	                          .subject = subject,
	                          .type = type,
	                          .from = from,
	                          .to = to};
	if (!is_go_transition(type))
		w->other[w->others++] = e;
	return e;
}

/* What P 0 does from now on, as it should come out. */
static void note(struct world *w, uint8_t state, uint64_t goroutine)
{
	if (w->spans)
		w->span[w->spans - 1].end_ns = w->now_ns;
	if (w->spans == w->capacity) {
		w->capacity = w->capacity ? w->capacity * 2 : 64;
		w->span = realloc(w->span, w->capacity * sizeof *w->span);
	}
	w->span[w->spans++] = (struct span){.begin_ns = w->now_ns,
	                                    .end_ns = w->now_ns,
	                                    .state = state,
	                                    .goroutine = goroutine};
}

static void step(struct world *w, int64_t longest_ns)
{
	uint32_t t = (uint32_t)next_random(w, THREADS);
	w->now_ns += 1 + (int64_t)next_random(w, (uint64_t)longest_ns);
	if (w->running[t] == TRACE_NONE) {
		uint32_t g = (uint32_t)next_random(w, 2) * THREADS + t; /* two goroutines for each */
		add(w, EV_GO_START, t, g, GO_RUNNABLE, GO_RUNNING)->g = TRACE_NONE;
		w->running[t] = g;
		if (t == 0)
			note(w, SPAN_RUNNING, w->goroutine[g].id);
	} else {
		add(w, EV_GO_STOP, t, w->running[t], GO_RUNNING, GO_RUNNABLE);
		w->running[t] = TRACE_NONE;
		if (t == 0)
			note(w, SPAN_SCHED, 0);
	}
}

static void run_world(struct world *w, int steps, int64_t longest_ns)
{
	for (uint32_t i = 0; i < THREADS; i++)
		add(w, EV_PROC_STATUS, i, i, PROC_BAD, PROC_RUNNING)->p = TRACE_NONE;
	note(w, SPAN_SCHED, 0);
	for (int i = 0; i < steps; i++)
		step(w, longest_ns * (i / (steps / 8 + 1) + 1));
	show(w);
	note(w, SPAN_UNKNOWN, 0);
}

static void end_trace(struct world *w)
{
	const struct trace_visitor visitor = index_visitor(&w->index);
	const struct trace_block block = {0};
	visitor.end(visitor.self, &block, w->now_ns);
}

/* Windows on the borders of bins, where nothing is spread. */
static void compare(const struct world *w, size_t bins_a_cell)
{
	struct lane_cell cell[CELLS], want;
	int64_t width = (int64_t)bins_a_cell * index_bin_ns(&w->index);
	for (int64_t from = w->first_ns; from < w->now_ns; from += width * CELLS) {
		assert_true(index_cells(&w->index, (struct lane){LANE_P, 0}, from, from + width * CELLS,
		                        cell, CELLS));
		for (int64_t c = 0; c < CELLS; c++) {
			int64_t begin = from + c * width;
			want = (struct lane_cell){.goroutine = 0};
			for (size_t s = 0; s < w->spans; s++)
				lane_cell_add(&want, &w->span[s], begin, begin + width);
			lane_cell_fill(&want, LANE_P, begin, begin + width, w->first_ns, w->now_ns);
			for (size_t s = 0; s < SPAN_STATES; s++)
				assert_true(fabs(cell[c].ns[s] - want.ns[s]) <= 1e-4 * (double)width + 2);
			assert_true(fabs(cell[c].switches - want.switches) < 1e-6);
			/* Two ran in it, so that one of them leads, and both ways know which. */
			if (want.goroutine_ns > 1e-3 * (double)width && cell[c].goroutine_ns > 0)
				assert_int_equal(cell[c].goroutine, want.goroutine);
		}
	}
}

static void bins_sum_up_what_ran_in_them(void **state)
{
	(void)state;
	struct world w;
	begin_world(&w, THREADS);
	run_world(&w, 4000, 3000);
	end_trace(&w);
	compare(&w, 1);
	compare(&w, 7);
	end_world(&w);
}

static void bins_that_became_wider_sum_up_the_same(void **state)
{
	(void)state;
	struct world w;
	begin_world(&w, THREADS);
	w.index.budget = 256 << 10;
	run_world(&w, 4000, 40 * 1000 * 1000);
	end_trace(&w);
	assert_true(index_bin_ns(&w.index) > 16384);
	assert_true((int64_t)w.index.bins * index_bin_ns(&w.index) >= w.now_ns - w.first_ns);
	compare(&w, 1);
	compare(&w, 16);
	end_world(&w);
}

static void trace_that_is_still_read_is_told_up_to_now(void **state)
{
	(void)state;
	struct world w;
	begin_world(&w, THREADS);
	run_world(&w, 1000, 5000);
	compare(&w, 1);
	run_world(&w, 1000, 5000);
	compare(&w, 3);
	end_world(&w);
}

static void many_lanes_share_the_memory(void **state)
{
	(void)state;
	struct world w;
	size_t cells = 0, without = 0;
	begin_world(&w, 3000);
	w.index.budget = 1 << 20;
	for (uint32_t i = 0; i < 3000; i++) {
		w.now_ns += 10000;
		add(&w, EV_PROC_STATUS, i, i, PROC_BAD, PROC_RUNNING)->p = TRACE_NONE;
	}
	show(&w);
	for (size_t i = 0; i < w.index.proc.n; i++)
		cells += w.index.proc.lane[i].cell ? w.index.bins : 0;
	for (size_t i = 0; i < w.index.thread.n; i++)
		cells += w.index.thread.lane[i].cell ? w.index.bins : 0;
	without = w.index.proc.n - cells / w.index.bins / 2;
	assert_true(cells * sizeof(struct index_cell) <= w.index.budget);
	assert_true(without > 0);
	assert_int_equal(index_lane_ids(&w.index, LANE_P, NULL, 0), 3000);
	/* Those that got no memory are unknown, not idle. */
	struct lane_cell cell;
	assert_false(index_cells(&w.index, (struct lane){LANE_P, 2999}, 0, 1000, &cell, 1));
	assert_true(cell.ns[SPAN_UNKNOWN] == 1000);
	end_world(&w);
}

static void clocks_beyond_all_bounds_stay_in_the_bins(void **state)
{
	(void)state;
	struct world w;
	const int64_t most = INT64_C(1) << 61;
	begin_world(&w, THREADS);
	w.now_ns = -most;
	add(&w, EV_PROC_STATUS, 0, 0, PROC_BAD, PROC_RUNNING)->p = TRACE_NONE;
	show(&w);
	w.now_ns = most;
	add(&w, EV_GO_START, 0, 0, GO_RUNNABLE, GO_RUNNING);
	add(&w, EV_HEAP_ALLOC, 0, TRACE_NONE, 0, 0)->arg[0] = UINT64_MAX;
	w.now_ns = -most;
	add(&w, EV_GO_STOP, 0, 0, GO_RUNNING, GO_RUNNABLE);
	show(&w);
	end_trace(&w);
	struct lane_cell cell[CELLS];
	assert_true(index_cells(&w.index, (struct lane){LANE_P, 0}, -most, most, cell, CELLS));
	for (size_t c = 0; c < CELLS; c++)
		for (size_t s = 0; s < SPAN_STATES; s++)
			assert_true(cell[c].ns[s] >= 0);
	end_world(&w);
}

static void levels_are_means_and_the_most(void **state)
{
	(void)state;
	struct world w;
	struct counter_cell cell[2];
	begin_world(&w, THREADS);
	add(&w, EV_PROC_STATUS, 0, 0, PROC_BAD, PROC_RUNNING)->p = TRACE_NONE;
	show(&w);
	int64_t width = index_bin_ns(&w.index) * 2, first = w.now_ns;
	index_levels(&w.index, INDEX_HEAP, first, first + width, cell, 1);
	assert_false(cell[0].known); /* nobody told */
	w.now_ns = first;
	add(&w, EV_HEAP_ALLOC, 0, TRACE_NONE, 0, 0)->arg[0] = 100;
	w.now_ns = first + width / 2;
	add(&w, EV_HEAP_ALLOC, 0, TRACE_NONE, 0, 0)->arg[0] = 300;
	w.now_ns = first + width;
	add(&w, EV_HEAP_ALLOC, 0, TRACE_NONE, 0, 0)->arg[0] = 50;
	add(&w, EV_STW_BEGIN, 0, 0, 0, GO_RUNNING);
	w.now_ns = first + width + width / 4;
	add(&w, EV_STW_END, 0, 0, 0, GO_RUNNING);
	w.now_ns = first + 2 * width;
	show(&w);
	end_trace(&w);
	index_levels(&w.index, INDEX_HEAP, first, first + 2 * width, cell, 2);
	assert_true(cell[0].known && fabs(cell[0].mean - 200) < 0.01 && cell[0].most == 300);
	assert_true(cell[1].known && fabs(cell[1].mean - 50) < 0.01);
	index_levels(&w.index, INDEX_STOPPED, first, first + 2 * width, cell, 2);
	assert_true(fabs(cell[0].mean) < 1e-6 && fabs(cell[1].mean - 0.25) < 1e-6);
	end_world(&w);
}

static void what_is_first_told_late_finds_room(void **state)
{
	(void)state;
	struct world w;
	struct counter_cell cell;
	struct lane_cell of_lane;
	begin_world(&w, THREADS);
	add(&w, EV_PROC_STATUS, 0, 0, PROC_BAD, PROC_RUNNING)->p = TRACE_NONE;
	show(&w);
	/* Behind all the bins that there are, and again. */
	w.now_ns += (int64_t)w.index.bins * index_bin_ns(&w.index) * 3;
	add(&w, EV_HEAP_ALLOC, 0, TRACE_NONE, 0, 0)->arg[0] = 7;
	show(&w);
	w.now_ns += (int64_t)w.index.bins * index_bin_ns(&w.index) * 3;
	int64_t late = w.now_ns;
	add(&w, EV_PROC_STATUS, 1, 1, PROC_IDLE, PROC_RUNNING)->p = TRACE_NONE;
	w.now_ns += index_bin_ns(&w.index);
	add(&w, EV_PROC_STOP, 1, 1, PROC_RUNNING, PROC_IDLE);
	show(&w);
	end_trace(&w);
	index_levels(&w.index, INDEX_HEAP, late - 1000, late, &cell, 1);
	assert_true(cell.known && fabs(cell.mean - 7) < 0.01);
	assert_true(index_cells(&w.index, (struct lane){LANE_P, 1}, w.first_ns, w.now_ns, &of_lane, 1));
	assert_true(of_lane.ns[SPAN_SCHED] == (double)(w.now_ns - late));
	end_world(&w);
}

static void goroutines_that_ran_longest_lead(void **state)
{
	(void)state;
	struct world w;
	struct lane lane[3];
	begin_world(&w, THREADS);
	add(&w, EV_PROC_STATUS, 0, 0, PROC_BAD, PROC_RUNNING)->p = TRACE_NONE;
	for (uint32_t i = 0; i < 3; i++) {
		w.now_ns += 1000;
		add(&w, EV_GO_START, 0, i, GO_RUNNABLE, GO_RUNNING)->g = TRACE_NONE;
		w.running[0] = i;
		w.now_ns += (int64_t)(i == 1 ? 9 : 1 + i) * 10 * 1000 * 1000;
		add(&w, EV_GO_STOP, 0, i, GO_RUNNING, GO_RUNNABLE);
		w.running[0] = TRACE_NONE;
	}
	show(&w);
	assert_int_equal(index_goroutines(&w.index, w.first_ns, w.now_ns, lane, 3), 3);
	assert_int_equal(lane[0].id, 101);
	assert_int_equal(lane[1].id, 102);
	assert_int_equal(lane[2].id, 100);
	end_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bins_sum_up_what_ran_in_them),
		cmocka_unit_test(bins_that_became_wider_sum_up_the_same),
		cmocka_unit_test(trace_that_is_still_read_is_told_up_to_now),
		cmocka_unit_test(many_lanes_share_the_memory),
		cmocka_unit_test(clocks_beyond_all_bounds_stay_in_the_bins),
		cmocka_unit_test(levels_are_means_and_the_most),
		cmocka_unit_test(what_is_first_told_late_finds_room),
		cmocka_unit_test(goroutines_that_ran_longest_lead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
