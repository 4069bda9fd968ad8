/* Traces of Go 1.11 to 1.21, made byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/trace_builder.h"
#include "trace/goroutines.h"
#include "trace/reader.h"
#include "trace/v1_state.h"

struct pass {
	uint64_t n[256];
	struct goroutines goroutines;
	struct trace_summary s;
	enum status status;
};

static bool count(void *self, const struct trace_block *block)
{
	struct pass *pass = self;
	for (size_t i = 0; i < block->events; i++)
		pass->n[block->event[i].type]++;
	return true;
}

static void run_pass(struct pass *pass, const struct builder *b, size_t n, bool strict)
{
	struct input in;
	struct error error = {0};
	memset(pass, 0, sizeof *pass);
	const struct trace_visitor visitors[] = {{.self = pass, .events = count},
	                                         goroutines_visitor(&pass->goroutines)};
	const struct trace_options options = {.strict = strict};
	input_open_memory(&in, b->data, n);
	pass->status = trace_read(&in, &options, visitors, 2, &pass->s, &error);
	input_finish(&in);
}

static void batch(struct builder *b, uint64_t p, uint64_t ticks)
{
	build_byte(b, V1_BATCH | 1 << 6);
	build_number(b, p);
	build_number(b, ticks);
}

static void numbers(struct builder *b, unsigned n, const uint64_t *number)
{
	for (unsigned i = 0; i < n; i++)
		build_number(b, number[i]);
}

/* Ten ticks after the one before it; n numbers, the stack included. */
static void event(struct builder *b, unsigned type, unsigned n, uint64_t a0, uint64_t a1,
                  uint64_t a2, uint64_t a3)
{
	const uint64_t all[] = {10, a0, a1, a2, a3};
	if (n < 3) {
		build_byte(b, type | n << 6);
		numbers(b, n + 1, all);
		return;
	}
	struct builder inside = {.n = 0};
	numbers(&inside, n + 1, all);
	build_byte(b, type | 3U << 6);
	build_number(b, inside.n);
	memcpy(b->data + b->n, inside.data, inside.n);
	b->n += inside.n;
}

/* As in format 2, but for its type. */
static void string(struct builder *b, uint64_t id, const char *text)
{
	size_t at = b->n;
	build_string(b, id, text);
	b->data[at] = V1_STRING;
}

static void frequency(struct builder *b)
{
	build_byte(b, V1_FREQUENCY);
	build_number(b, 1000000000);
}

/* Goroutine 1 exists, runs on P 0 and blocks in a syscall at 150; it is over at 160, but only at
   200 does P 1 say so, and run it. */
static void build_blocking_syscall(struct builder *b)
{
	build_header(b, 21);
	batch(b, 0, 100);
	event(b, V1_GO_CREATE, 3, 1, 0, 0, 0);
	event(b, V1_GOMAXPROCS, 2, 2, 0, 0, 0);
	event(b, V1_PROC_START, 1, 7, 0, 0, 0);
	event(b, V1_GO_START, 2, 1, 1, 0, 0);
	event(b, V1_GO_SYSCALL, 1, 0, 0, 0, 0);
	event(b, V1_GO_SYS_BLOCK, 0, 0, 0, 0, 0);
	batch(b, 1, 180);
	event(b, V1_PROC_START, 1, 8, 0, 0, 0);
	event(b, V1_GO_SYS_EXIT, 3, 1, 2, 162, 0);
	event(b, V1_GO_START, 2, 1, 3, 0, 0);
}

static void syscall_ends_when_it_was_over_not_when_that_was_told(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct pass pass;
	build_blocking_syscall(&b);
	frequency(&b);
	run_pass(&pass, &b, b.n, true);
	assert_int_equal(pass.status, STATUS_OK);
	assert_int_equal(pass.n[EV_GO_SYSCALL_BEGIN], 1);
	assert_int_equal(pass.n[EV_GO_SYSCALL_END], 0);
	assert_int_equal(pass.n[EV_GO_SYSCALL_END_BLOCKED], 1);
	assert_int_equal(pass.goroutines.state_ns[GO_SYSCALL], 162 - 150);
	assert_int_equal(pass.goroutines.latency.max_ns, 210 - 162);
	goroutines_finish(&pass.goroutines);
}

/* The reference takes a sample of the goroutine itself, from then until it is over, for its end. */
static void sample_in_a_syscall_is_its_end_to_the_reference(void **state)
{
	(void)state;
	static const struct {
		uint64_t ticks, g;
		bool blocks;
	} rows[] = {{155, 1, false}, {155, 2, true}, {155, 0, true}, {145, 1, true}, {165, 1, true}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct builder b = {.n = 0};
		struct input in;
		struct v1 *v;
		struct wire_damage damage;
		struct v1_event e;
		struct order o = {.tolerant = true};
		build_blocking_syscall(&b);
		for (uint64_t at = 110; at < 200; at += 30) /* and some of others */
			event(&b, V1_CPU_SAMPLE, 4, at, 0, 3, 0);
		event(&b, V1_CPU_SAMPLE, 4, rows[i].ticks, 0, rows[i].g, 0);
		frequency(&b);
		input_open_memory(&in, b.data, b.n);
		input_consume(&in, TRACE_HEADER_SIZE);
		assert_int_equal(v1_open(&v, &in, 21, true, &damage), WIRE_GENERATION);
		do
			assert_int_equal(v1_merge(v, &o, &e), V1_MERGED);
		while (e.type != V1_GO_SYSCALL);
		assert_true(v1_syscall_blocks(v, 0, 1, false));
		assert_int_equal(v1_syscall_blocks(v, 0, 1, true), rows[i].blocks);
		v1_close(v);
		input_finish(&in);
	}
}

static void goroutine_older_than_the_trace_is_met_when_it_begins(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct pass pass;
	build_blocking_syscall(&b);
	frequency(&b);
	run_pass(&pass, &b, b.n, true);
	assert_int_equal(pass.goroutines.seen, 1);
	assert_int_equal(pass.goroutines.created, 0);
	assert_int_equal(pass.n[EV_GO_STATUS], 1);
	assert_int_equal(pass.n[EV_PROC_STATUS], 2);
	goroutines_finish(&pass.goroutines);
}

static void cut_that_spares_the_clock_keeps_what_is_whole(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct pass pass;
	build_blocking_syscall(&b);
	frequency(&b);
	size_t whole = b.n;
	batch(&b, 1, 300);
	event(&b, V1_GO_END, 0, 0, 0, 0, 0);
	run_pass(&pass, &b, b.n - 1, true);
	assert_int_equal(pass.status, STATUS_DAMAGED);
	goroutines_finish(&pass.goroutines);
	run_pass(&pass, &b, b.n - 1, false);
	assert_int_equal(pass.status, STATUS_OK);
	assert_int_equal(pass.s.verdict, TRACE_DAMAGED);
	assert_int_equal(pass.n[EV_GO_START], 2);
	assert_true(pass.s.damage[0].offset >= whole);
	assert_true(pass.s.lost_bytes > 0 && pass.s.lost_bytes < b.n - whole);
	goroutines_finish(&pass.goroutines);
}

static void cut_that_takes_the_clock_leaves_nothing(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct pass pass;
	build_blocking_syscall(&b);
	frequency(&b);
	run_pass(&pass, &b, b.n - 6, false);
	assert_int_equal(pass.s.verdict, TRACE_DAMAGED);
	assert_non_null(strstr(pass.s.damage[0].text, "clock"));
	goroutines_finish(&pass.goroutines);
}

static void build_misused_region(struct builder *b)
{
	build_header(b, 19);
	batch(b, 0, 100);
	event(b, V1_GO_CREATE, 3, 1, 0, 0, 0);
	event(b, V1_GOMAXPROCS, 2, 2, 0, 0, 0);
	event(b, V1_PROC_START, 1, 7, 0, 0, 0);
	event(b, V1_GO_START, 2, 1, 1, 0, 0);
	string(b, 1, "outer");
	string(b, 2, "inner");
	event(b, V1_USER_REGION, 4, 0, 0, 1, 0);
	event(b, V1_USER_REGION, 4, 0, 0, 2, 0);
	event(b, V1_USER_REGION, 4, 0, 1, 1, 0);
	event(b, V1_GO_SCHED, 1, 0, 0, 0, 0);
	frequency(b);
}

static void mismatched_region_is_repaired_unless_strict(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct pass pass;
	build_misused_region(&b);
	run_pass(&pass, &b, b.n, true);
	assert_int_equal(pass.status, STATUS_DAMAGED);
	goroutines_finish(&pass.goroutines);
	run_pass(&pass, &b, b.n, false);
	assert_int_equal(pass.s.verdict, TRACE_WHOLE);
	assert_int_equal(pass.s.repairs.regions, 1);
	assert_int_equal(pass.n[EV_USER_REGION_END], 1);
	assert_int_equal(pass.n[EV_GO_STOP], 1);
	goroutines_finish(&pass.goroutines);
}

static void what_happens_to_no_p_is_not_shown(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct pass pass;
	build_header(&b, 21);
	batch(&b, UINT64_MAX, 100);
	event(&b, V1_PROC_START, 1, 7, 0, 0, 0);
	event(&b, V1_SWEEP_START, 1, 0, 0, 0, 0);
	event(&b, V1_SWEEP_DONE, 2, 0, 0, 0, 0);
	event(&b, V1_PROC_STOP, 0, 0, 0, 0, 0);
	frequency(&b);
	for (unsigned strict = 0; strict < 2; strict++) {
		run_pass(&pass, &b, b.n, strict);
		assert_int_equal(pass.s.verdict, TRACE_WHOLE);
		for (unsigned type = EV_PROC_START; type <= EV_PROC_STATUS; type++)
			assert_int_equal(pass.n[type], 0);
		assert_int_equal(pass.n[EV_GC_SWEEP_BEGIN] + pass.n[EV_GC_SWEEP_END], 0);
		goroutines_finish(&pass.goroutines);
	}
}

/* What marks a log's own text is an ID like any other where the file says it. */
static void name_is_no_place_in_the_file(void **state)
{
	(void)state;
	const uint64_t inline_id = UINT64_C(1) << 63;
	struct builder b = {.n = 0};
	build_header(&b, 21);
	batch(&b, 0, 100);
	size_t huge = b.n + 3; /* where the string is read as a length */
	string(&b, 1, "\x80\x80\x80\x80\x80\x80\x20");
	event(&b, V1_GOMAXPROCS, 2, 2, 0, 0, 0);
	event(&b, V1_USER_TASK_CREATE, 4, 7, 0, inline_id | (huge - TRACE_HEADER_SIZE), 0);
	event(&b, V1_USER_TASK_CREATE, 4, 8, 0, inline_id | UINT32_MAX, 0);
	frequency(&b);
	struct pass pass;
	run_pass(&pass, &b, b.n, true);
	assert_int_equal(pass.s.verdict, TRACE_WHOLE);
	assert_int_equal(pass.n[EV_USER_TASK_BEGIN], 2);
	goroutines_finish(&pass.goroutines);
}

/* All but the first wait for goroutines that the first makes after a while, of which there is one:
   as many looks at each event as Ps that wait would take as long as the square of the file. */
static void ps_that_wait_are_looked_at_when_they_may_go_on(void **state)
{
	(void)state;
	enum { WAIT = 100, EVENTS = 50, FIRST_GOROUTINE = 1000 };
	struct builder b = {.n = 0};
	build_header(&b, 21);
	batch(&b, 0, 100);
	for (int i = 0; i < EVENTS; i++)
		event(&b, V1_HEAP_ALLOC, 1, 1, 0, 0, 0);
	event(&b, V1_GO_CREATE, 3, FIRST_GOROUTINE + 7, 0, 0, 0);
	for (unsigned p = 1; p <= WAIT; p++) {
		batch(&b, p, 100);
		event(&b, V1_GO_START, 2, FIRST_GOROUTINE + p, 1, 0, 0);
	}
	frequency(&b);
	struct input in;
	struct v1 *v;
	struct wire_damage damage;
	struct v1_event e;
	struct order o = {.tolerant = true};
	input_open_memory(&in, b.data, b.n);
	input_consume(&in, TRACE_HEADER_SIZE);
	assert_int_equal(v1_open(&v, &in, 21, true, &damage), WIRE_GENERATION);
	for (int i = 0; i < EVENTS; i++) {
		assert_int_equal(v1_merge(v, &o, &e), V1_MERGED);
		assert_int_equal(e.type, V1_HEAP_ALLOC);
		assert_int_equal(v->waitings, WAIT + 1);
		assert_int_equal(v->looks, 1);
	}
	assert_int_equal(v1_merge(v, &o, &e), V1_MERGED);
	assert_int_equal(e.type, V1_GO_CREATE);
	assert_int_equal(v->looks, 2);
	assert_int_equal(v1_merge(v, &o, &e), V1_MERGED);
	assert_int_equal(e.type, V1_GO_START);
	assert_int_equal(e.g, FIRST_GOROUTINE + 7);
	assert_int_equal(v1_merge(v, &o, &e), V1_MERGE_BROKEN);
	assert_non_null(strstr(o.problem, "no consistent order"));
	v1_close(v);
	input_finish(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syscall_ends_when_it_was_over_not_when_that_was_told),
		cmocka_unit_test(sample_in_a_syscall_is_its_end_to_the_reference),
		cmocka_unit_test(goroutine_older_than_the_trace_is_met_when_it_begins),
		cmocka_unit_test(cut_that_spares_the_clock_keeps_what_is_whole),
		cmocka_unit_test(cut_that_takes_the_clock_leaves_nothing),
		cmocka_unit_test(mismatched_region_is_repaired_unless_strict),
		cmocka_unit_test(what_happens_to_no_p_is_not_shown),
		cmocka_unit_test(name_is_no_place_in_the_file),
		cmocka_unit_test(ps_that_wait_are_looked_at_when_they_may_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
