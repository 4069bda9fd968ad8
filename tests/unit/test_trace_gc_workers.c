/* What is the collector's work, when labels say one thing and stacks another. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/trace_builder.h"
#include "trace/goroutines.h"
#include "trace/index.h"
#include "trace/latency.h"
#include "trace/mmu.h"
#include "trace/reader.h"
#include "trace/spans.h"

enum { S_RECEIVE = 1, S_FRACTIONAL, S_WORK, S_MARK, S_PREEMPT, S_FILE };
enum { STACK_WORK = 1, STACK_MARK, STACK_PREEMPT };
enum { G_WORK = 1, G_MARK = 9, M_WORK = 7, M_MARK = 8 };
enum { NO_MORE = 255 };

struct happening {
	unsigned at_ns, type;
	uint64_t arg[4];
};

/* What a thread did in a generation. */
struct part {
	uint64_t generation, m;
	struct happening event[16];
};

/* Goroutine 1 is the program's own and 9 marks; both begin to run with the collector's label, and 1
   has it wrongly. The second generation begins while 9 runs, so that its label is in the first. */
static const struct part parts[] = {
	{1,
     M_WORK,
     {{1000, EV_PROC_STATUS, {0, PROC_RUNNING}},
      {1000, EV_GO_STATUS, {G_WORK, M_WORK, GO_RUNNING}},
      {1000, EV_PROCS_CHANGE, {2, STACK_WORK}},
      {1100, EV_GO_BLOCK, {S_RECEIVE, STACK_WORK}},
      {1200, EV_GO_UNBLOCK, {G_WORK, 1, 0}},
      {1300, EV_GO_START, {G_WORK, 2}},
      {1300, EV_GO_LABEL, {S_FRACTIONAL}},
      {1600, EV_GO_BLOCK, {S_RECEIVE, STACK_WORK}},
      {0, NO_MORE, {0}}}},
	{1,
     M_MARK,
     {{1000, EV_PROC_STATUS, {1, PROC_RUNNING}},
      {1000, EV_GO_STATUS, {G_MARK, UINT64_MAX, GO_WAITING}},
      {1700, EV_GO_UNBLOCK, {G_MARK, 1, 0}},
      {1800, EV_GO_START, {G_MARK, 2}},
      {1800, EV_GO_LABEL, {S_FRACTIONAL}},
      {0, NO_MORE, {0}}}},
	{2,
     M_WORK,
     {{2000, EV_PROC_STATUS, {0, PROC_RUNNING}},
      {2000, EV_GO_STATUS, {G_WORK, UINT64_MAX, GO_WAITING}},
      {2100, EV_GO_UNBLOCK, {G_WORK, 1, 0}},
      {2200, EV_GO_START, {G_WORK, 2}},
      {2200, EV_GO_LABEL, {S_FRACTIONAL}},
      {2300, EV_GC_MARK_ASSIST_BEGIN, {STACK_WORK}},
      {2350, EV_GC_MARK_ASSIST_END, {0}},
      {2500, EV_GO_BLOCK, {S_RECEIVE, STACK_WORK}},
      {2600, EV_GO_UNBLOCK, {G_WORK, 3, 0}},
      {2700, EV_GO_START, {G_WORK, 4}},
      {2700, EV_GO_LABEL, {S_FRACTIONAL}},
      {3000, EV_GO_BLOCK, {S_RECEIVE, STACK_WORK}},
      {0, NO_MORE, {0}}}},
	{2,
     M_MARK,
     {{2000, EV_PROC_STATUS, {1, PROC_RUNNING}},
      {2000, EV_GO_STATUS, {G_MARK, M_MARK, GO_RUNNING}},
      {2400, EV_GO_BLOCK, {S_RECEIVE, STACK_MARK}},
      {0, NO_MORE, {0}}}},
};
/* Goroutine 1 is preempted where its stack doesn't tell who it is, and then labelled wrongly. */
static const struct part preempted[] = {
	{1,
     M_WORK,
     {{1000, EV_PROC_STATUS, {0, PROC_RUNNING}},
      {1000, EV_GO_STATUS, {G_WORK, M_WORK, GO_RUNNING}},
      {1000, EV_PROCS_CHANGE, {1, STACK_WORK}},
      {1100, EV_GO_STOP, {S_RECEIVE, STACK_PREEMPT}},
      {1200, EV_GO_START, {G_WORK, 1}},
      {1300, EV_GO_STOP, {S_RECEIVE, STACK_WORK}},
      {1400, EV_GO_START, {G_WORK, 2}},
      {1400, EV_GO_LABEL, {S_FRACTIONAL}},
      {2000, EV_GO_STOP, {S_RECEIVE, STACK_WORK}},
      {0, NO_MORE, {0}}}},
};
/* Goroutine 1 runs with a wrong label while the second generation begins, which has its stack. */
static const struct part told_again[] = {
	{1,
     M_WORK,
     {{1000, EV_PROC_STATUS, {0, PROC_RUNNING}},
      {1000, EV_GO_STATUS, {G_WORK, UINT64_MAX, GO_RUNNABLE}},
      {1200, EV_GO_START, {G_WORK, 1}},
      {1200, EV_GO_LABEL, {S_FRACTIONAL}},
      {0, NO_MORE, {0}}}},
	{2,
     M_WORK,
     {{2000, EV_PROC_STATUS, {0, PROC_RUNNING}},
      {2000, EV_GO_STATUS_STACK, {G_WORK, M_WORK, GO_RUNNING, STACK_WORK}},
      {3000, EV_GO_BLOCK, {S_RECEIVE, STACK_WORK}},
      {0, NO_MORE, {0}}}},
};
enum { FIRST_NS = 1000, SECOND_NS = 2000, LAST_NS = 3000 };

static void add_tables(struct builder *b, uint64_t generation)
{
	static const char *const text[] = {[S_RECEIVE] = "chan receive",
	                                   [S_FRACTIONAL] = "GC (fractional)",
	                                   [S_WORK] = "main.work",
	                                   [S_MARK] = "runtime.gcBgMarkWorker",
	                                   [S_PREEMPT] = "runtime.asyncPreempt",
	                                   [S_FILE] = "/src/main.go"};
	static const uint64_t root[] = {
		[STACK_WORK] = S_WORK, [STACK_MARK] = S_MARK, [STACK_PREEMPT] = S_PREEMPT};
	build_batch(b, generation, UINT64_MAX, generation * 1000);
	build_byte(b, EV_STRINGS);
	for (uint64_t i = 1; i < sizeof text / sizeof *text; i++)
		build_string(b, i, text[i]);
	build_end(b);
	build_batch(b, generation, UINT64_MAX, generation * 1000);
	build_byte(b, EV_STACKS);
	for (uint64_t i = 1; i < sizeof root / sizeof *root; i++) {
		const uint64_t stack[] = {i, 1, 0x400000 + i, root[i], S_FILE, 12};
		build_byte(b, EV_STACK);
		for (size_t k = 0; k < sizeof stack / sizeof *stack; k++)
			build_number(b, stack[k]);
	}
	build_end(b);
}

static void add_part(struct builder *b, const struct part *part)
{
	uint64_t now = part->generation * 1000;
	build_batch(b, part->generation, part->m, now);
	for (const struct happening *e = part->event; e->type != NO_MORE; e++) {
		build_byte(b, e->type);
		build_number(b, e->at_ns - now);
		now = e->at_ns;
		for (unsigned i = 0; i < event_specs[e->type].args; i++)
			build_number(b, e->arg[i]);
	}
	build_end(b);
}

/* The trace from this generation on: it is what reading from that place meets. */
static void build_trace(struct builder *b, const struct part *part, size_t n, uint64_t first,
                        uint64_t last)
{
	*b = (struct builder){.n = 0};
	build_header(b, 26);
	for (uint64_t generation = first; generation <= last; generation++) {
		build_batch(b, generation, UINT64_MAX, generation * 1000);
		build_byte(b, EV_SYNC);
		build_byte(b, EV_FREQUENCY);
		build_number(b, 1000000000);
		build_event(b, EV_CLOCK_SNAPSHOT, 1, 2, 3, 0);
		build_end(b);
		add_tables(b, generation);
		for (size_t i = 0; i < n; i++)
			if (part[i].generation == generation)
				add_part(b, &part[i]);
		build_byte(b, EV_END_OF_GENERATION);
	}
}

static void show_trace(struct builder *b, const struct trace_visitor *visitor,
                       struct trace_options options)
{
	struct input in;
	struct error error = {0};
	struct trace_summary summary;
	options.one_thread = true;
	input_open_memory(&in, b->data, b->n);
	assert_int_equal(trace_read(&in, &options, visitor, 1, &summary, &error), STATUS_OK);
	assert_int_equal(summary.verdict, TRACE_WHOLE);
	input_finish(&in);
}

static void show(uint64_t first, const struct trace_visitor *visitor)
{
	struct builder b;
	build_trace(&b, parts, sizeof parts / sizeof *parts, first, 2);
	show_trace(&b, visitor, (struct trace_options){.names = NULL});
}

struct stretch {
	int64_t begin_ns;
	uint8_t state;
};

/* The spans of a lane in the second generation are these, the last of which ends with the trace. */
static void assert_spans(uint64_t first, struct lane lane, const struct stretch *want, size_t n)
{
	struct spans spans;
	assert_true(spans_wish(&spans, &lane, 1, SECOND_NS, LAST_NS, 1, FIRST_NS));
	const struct trace_visitor visitor = spans_visitor(&spans);
	show(first, &visitor);
	assert_true(spans.done);
	assert_int_equal(spans.lane[0].n, n);
	for (size_t i = 0; i < n; i++) {
		const struct span *span = &spans.lane[0].span[i];
		assert_int_equal(span->begin_ns > SECOND_NS ? span->begin_ns : SECOND_NS, want[i].begin_ns);
		assert_int_equal(span->state, want[i].state);
		if (i + 1 < n)
			assert_int_equal(span->end_ns, want[i + 1].begin_ns);
	}
	spans_finish(&spans);
}

static void wrong_label_hides_no_assist_wherever_reading_begins(void **state)
{
	(void)state;
	static const struct stretch want[] = {
		{2000, SPAN_BLOCKED}, {2100, SPAN_RUNNABLE}, {2200, SPAN_RUNNING},  {2300, SPAN_GC},
		{2350, SPAN_RUNNING}, {2500, SPAN_BLOCKED},  {2600, SPAN_RUNNABLE}, {2700, SPAN_RUNNING},
	};
	static const struct stretch on_proc[] = {
		{2000, SPAN_SCHED},   {2200, SPAN_RUNNING}, {2300, SPAN_GC},
		{2350, SPAN_RUNNING}, {2500, SPAN_SCHED},   {2700, SPAN_RUNNING},
	};
	for (uint64_t first = 1; first <= 2; first++) {
		assert_spans(first, (struct lane){LANE_G, G_WORK}, want, sizeof want / sizeof *want);
		assert_spans(first, (struct lane){LANE_P, 0}, on_proc, sizeof on_proc / sizeof *on_proc);
	}
}

static void worker_is_known_by_its_stack_where_its_label_was_not_read(void **state)
{
	(void)state;
	static const struct stretch want[] = {{2000, SPAN_GC}, {2400, SPAN_BLOCKED}};
	static const struct stretch on_thread[] = {{2000, SPAN_GC}, {2400, SPAN_SCHED}};
	for (uint64_t first = 1; first <= 2; first++) {
		assert_spans(first, (struct lane){LANE_G, G_MARK}, want, 2);
		assert_spans(first, (struct lane){LANE_M, M_MARK}, on_thread, 2);
	}
}

static void overview_shows_marking_only_where_there_was_some(void **state)
{
	(void)state;
	struct index index = {.budget = 1 << 20};
	const struct trace_visitor visitor = index_visitor(&index);
	struct lane_cell cell;
	show(1, &visitor);
	assert_true(
		index_cells(&index, (struct lane){LANE_P, 0}, index.first_ns, index.last_ns, &cell, 1));
	assert_true(fabs(cell.ns[SPAN_GC] - 50) < 1);
	assert_true(fabs(cell.ns[SPAN_RUNNING] - 950) < 1);
	assert_true(
		index_cells(&index, (struct lane){LANE_P, 1}, index.first_ns, index.last_ns, &cell, 1));
	assert_true(fabs(cell.ns[SPAN_GC] - 600) < 1);
	assert_true(cell.ns[SPAN_RUNNING] < 1);
	index_finish(&index);
}

static void status_that_is_told_again_tells_a_wrong_label(void **state)
{
	(void)state;
	static const struct lane lane[] = {{LANE_G, G_WORK}, {LANE_P, 0}, {LANE_M, M_WORK}};
	struct builder b;
	struct index index = {.budget = 1 << 20};
	struct lane_cell cell;
	build_trace(&b, told_again, sizeof told_again / sizeof *told_again, 1, 2);
	struct trace_visitor visitor = index_visitor(&index);
	show_trace(&b, &visitor, (struct trace_options){.names = NULL});
	for (size_t i = 0; i < sizeof lane / sizeof *lane; i++) {
		struct spans spans;
		assert_true(spans_wish(&spans, &lane[i], 1, FIRST_NS, LAST_NS, 1, FIRST_NS));
		visitor = spans_visitor(&spans);
		show_trace(&b, &visitor, (struct trace_options){.names = NULL});
		assert_int_equal(spans.lane[0].n, 2);
		assert_int_equal(spans.lane[0].span[1].begin_ns, 1200);
		assert_int_equal(spans.lane[0].span[1].end_ns, LAST_NS);
		assert_int_equal(spans.lane[0].span[1].state, SPAN_RUNNING);
		spans_finish(&spans);
		if (lane[i].kind == LANE_G) /* of which the index knows nothing */
			continue;
		assert_true(index_cells(&index, lane[i], index.first_ns, index.last_ns, &cell, 1));
		assert_true(cell.ns[SPAN_GC] < 1);
		assert_true(fabs(cell.ns[SPAN_RUNNING] - 1800) < 1);
	}
	index_finish(&index);
}

static void wrong_label_takes_nothing_from_the_program(void **state)
{
	(void)state;
	struct mmu mmu = {0};
	const struct trace_visitor visitor = mmu_visitor(&mmu);
	show(1, &visitor);
	/* The worker's time and the assist's, of two Ps. */
	assert_true(fabs(mmu.taken_ns - (600 + 50) / 2.) < 10);
	mmu_finish(&mmu);
}

static void nobody_is_known_by_a_preemption_alone(void **state)
{
	(void)state;
	struct builder b;
	struct mmu mmu = {0};
	struct goroutines goroutines = {0};
	struct names names = {0};
	build_trace(&b, preempted, sizeof preempted / sizeof *preempted, 1, 1);
	struct trace_visitor visitor = mmu_visitor(&mmu);
	show_trace(&b, &visitor, (struct trace_options){.names = NULL});
	assert_true(mmu.taken_ns < 1);
	visitor = goroutines_visitor(&goroutines);
	show_trace(&b, &visitor, (struct trace_options){.names = &names});
	assert_int_equal(goroutines.groups, 1);
	assert_string_equal(names_text(&names, goroutines.group[0].function), "main.work");
	mmu_finish(&mmu);
	goroutines_finish(&goroutines);
	names_finish(&names);
}

static void no_group_is_called_as_a_preemption(void **state)
{
	(void)state;
	struct builder b;
	struct stacks stacks = {0};
	struct latency latency = {.stacks = &stacks};
	struct names names = {0};
	build_trace(&b, preempted, sizeof preempted / sizeof *preempted, 1, 1);
	const struct trace_visitor visitor = latency_visitor(&latency);
	show_trace(&b, &visitor, (struct trace_options){.names = &names});
	/* It waited once before a stack told who it is, and once behind that. */
	assert_int_equal(latency.groups, 2);
	assert_int_equal(latency.group[0].function, NAME_NONE);
	assert_string_equal(names_text(&names, latency.group[1].function), "main.work");
	assert_int_equal(latency.group[0].wait.count, 1);
	assert_int_equal(latency.group[1].wait.count, 1);
	latency_finish(&latency);
	stacks_finish(&stacks);
	names_finish(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_label_hides_no_assist_wherever_reading_begins),
		cmocka_unit_test(worker_is_known_by_its_stack_where_its_label_was_not_read),
		cmocka_unit_test(overview_shows_marking_only_where_there_was_some),
		cmocka_unit_test(status_that_is_told_again_tells_a_wrong_label),
		cmocka_unit_test(wrong_label_takes_nothing_from_the_program),
		cmocka_unit_test(nobody_is_known_by_a_preemption_alone),
		cmocka_unit_test(no_group_is_called_as_a_preemption),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
