#include "tests/unit/trace_scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

const struct analysis_options scenario_all = {.kinds = REPORT_ALL, .to_ns = INT64_MAX};

/* One tick is a nanosecond. The trace begins when its first batch does. */
static void add_clock(struct builder *b)
{
	build_batch(b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(b, EV_SYNC);
	build_byte(b, EV_FREQUENCY);
	build_number(b, 1000000000);
	build_byte(b, EV_CLOCK_SNAPSHOT);
	build_number(b, 0);
	build_number(b, SCENARIO_START_NS);
	build_number(b, 1700000000);
	build_number(b, 250000000);
	build_end(b);
}

static void add_strings(struct builder *b)
{
	static const char *const text[] = {
		[S_CHAN] = "chan receive",
		[S_OUTER] = "outer",
		[S_INNER] = "inner",
		[S_MAIN] = "main.main",
		[S_WORKER] = "example.com/shop/worker.(*Pool).run",
		[S_FILE] = "/src/shop/main.go",
		[S_GC_MARK] = "GC mark termination",
		[S_REQUEST] = "request",
		[S_DEDICATED] = "GC (dedicated)",
		[S_HOSTILE] = "\033[31mevil\033]0;owned\a\302\2332J",
		[S_SYNC] = "sync",
		[S_SERVE] = "net/http.(*conn).serve",
		[S_CHANRECV] = "runtime.chanrecv1",
		[S_CATEGORY] = "otel",
		[S_TRACE_ID] = SCENARIO_TRACE_ID,
		[S_PREEMPTED] = "preempted",
	};
	build_batch(b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(b, EV_STRINGS);
	for (uint64_t i = 1; i < sizeof text / sizeof *text; i++)
		build_string(b, i, text[i]);
	build_end(b);
}

static void add_frame(struct builder *b, uint64_t function, uint64_t line)
{
	build_number(b, 0x400000 + function * 256 + line);
	build_number(b, function);
	build_number(b, S_FILE);
	build_number(b, line);
}

static void add_stacks(struct builder *b)
{
	static const struct {
		uint64_t id, frames, function[2], line[2];
	} stacks[] = {
		{STACK_RECEIVE, 2, {S_CHANRECV, S_WORKER}, {10, 42}},
		{STACK_MAIN, 2, {S_SERVE, S_MAIN}, {77, 7}},
		{STACK_START, 1, {S_WORKER, 0}, {40, 0}},
		{STACK_HOSTILE, 1, {S_HOSTILE, 0}, {1, 0}},
	};
	build_batch(b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(b, EV_STACKS);
	for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
		build_byte(b, EV_STACK);
		build_number(b, stacks[i].id);
		build_number(b, stacks[i].frames);
		for (size_t k = 0; k < stacks[i].frames; k++)
			add_frame(b, stacks[i].function[k], stacks[i].line[k]);
	}
	build_end(b);
}

void scenario_begin(struct scenario *s)
{
	*s = (struct scenario){.last_ns = SCENARIO_START_NS};
	build_header(&s->b, 26);
	add_clock(&s->b);
	add_strings(&s->b);
	add_stacks(&s->b);
	build_batch(&s->b, 1, 7, SCENARIO_START_NS);
}

void scenario_begin_running(struct scenario *s)
{
	scenario_begin(s);
	scenario_event(s, 0, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	scenario_event(s, 0, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
}

void scenario_event(struct scenario *s, uint64_t at_us, unsigned type, uint64_t a0, uint64_t a1,
                    uint64_t a2, uint64_t a3)
{
	const uint64_t args[] = {a0, a1, a2, a3};
	uint64_t at_ns = SCENARIO_START_NS + at_us * 1000;
	build_byte(&s->b, type);
	build_number(&s->b, at_ns - s->last_ns);
	s->last_ns = at_ns;
	for (unsigned i = 0; i < event_specs[type].args; i++)
		build_number(&s->b, args[i]);
}

void scenario_end(struct scenario *s)
{
	build_end(&s->b);
	build_byte(&s->b, EV_END_OF_GENERATION);
}

void scenario_service(struct scenario *s)
{
	static const struct {
		uint64_t at_us;
		unsigned type;
		uint64_t arg[4];
	} events[] = {
		{0, EV_PROC_STATUS, {0, PROC_RUNNING}},
		{0, EV_GO_STATUS, {1, 7, GO_RUNNING}},
		{0, EV_PROCS_CHANGE, {2, STACK_MAIN}},
		{0, EV_GO_STATUS_STACK, {50, UINT64_MAX, GO_WAITING, STACK_RECEIVE}},
		{10, EV_GO_CREATE, {2, STACK_START, STACK_MAIN}},
		{20, EV_USER_TASK_BEGIN, {5, 0, S_REQUEST, STACK_MAIN}},
		{30, EV_USER_REGION_BEGIN, {5, S_OUTER, STACK_MAIN}},
		{40, EV_USER_LOG, {5, S_CATEGORY, S_TRACE_ID, STACK_MAIN}},
		{100, EV_GO_BLOCK, {S_CHAN, STACK_MAIN}},
		{150, EV_GO_START, {2, 1}},
		{250, EV_GO_SYSCALL_BEGIN, {1, STACK_START}},
		{300, EV_GO_SYSCALL_END, {0}},
		{400, EV_GO_UNBLOCK, {1, 1, STACK_START}},
		{500, EV_GO_STOP, {S_PREEMPTED, STACK_START}},
		{550, EV_GO_START, {1, 2}},
		{600, EV_USER_REGION_END, {5, S_OUTER, STACK_MAIN}},
		{650, EV_USER_TASK_END, {5, STACK_MAIN}},
		{660, EV_STW_BEGIN, {S_GC_MARK, STACK_MAIN}},
		{690, EV_STW_END, {0}},
		{700, EV_GC_BEGIN, {1, STACK_MAIN}},
		{700, EV_HEAP_ALLOC, {4 << 20}},
		{700, EV_HEAP_GOAL, {8 << 20}},
		{710, EV_GC_MARK_ASSIST_BEGIN, {STACK_MAIN}},
		{760, EV_GC_MARK_ASSIST_END, {0}},
		{900, EV_GC_END, {2}},
		{950, EV_GO_BLOCK, {S_SYNC, STACK_MAIN}},
		{960, EV_GO_START, {2, 2}},
		{990, EV_GO_DESTROY, {0}},
		{1000, EV_PROC_STOP, {0}},
	};
	scenario_begin(s);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		scenario_event(s, events[i].at_us, events[i].type, events[i].arg[0], events[i].arg[1],
		               events[i].arg[2], events[i].arg[3]);
	scenario_end(s);
}

void scenario_read(const struct scenario *s, const struct analysis_options *options,
                   struct analysis *analysis)
{
	struct input in;
	struct error error = {0};
	input_open_memory(&in, s->b.data, s->b.n);
	if (analysis_read_input(analysis, &in, "service.trace", options, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	input_finish(&in);
}

void scenario_show(const struct scenario *s, const struct trace_visitor *visitors, size_t n,
                   struct names *names)
{
	struct input in;
	struct error error = {0};
	struct trace_summary summary;
	input_open_memory(&in, s->b.data, s->b.n);
	const struct trace_options options = {.names = names};
	if (trace_read(&in, &options, visitors, n, &summary, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	assert_int_equal(summary.verdict, TRACE_WHOLE);
	input_finish(&in);
}
