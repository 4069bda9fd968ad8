/* Whole traces, good and damaged, made byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/trace_builder.h"
#include "trace/advance.h"
#include "trace/goroutines.h"
#include "trace/procs.h"
#include "trace/reader.h"

struct seen {
	uint64_t n[256];
	int64_t last_ns;
};

static bool look(void *self, const struct trace_block *block)
{
	struct seen *seen = self;
	for (size_t i = 0; i < block->events; i++) {
		const struct trace_event *e = &block->event[i];
		seen->n[e->type]++;
		assert_true(e->time_ns > seen->last_ns);
		seen->last_ns = e->time_ns;
	}
	return true;
}

static enum status read_input(struct input *in, bool strict, struct seen *seen,
                              struct trace_summary *summary, struct error *error)
{
	*seen = (struct seen){.last_ns = INT64_MIN};
	const struct trace_visitor visitor = {.self = seen, .events = look};
	struct trace_options options = {.strict = strict};
	enum status status = trace_read(in, &options, &visitor, 1, summary, error);
	input_finish(in);
	return status;
}

static enum status read_bytes(const void *data, size_t n, bool strict, struct seen *seen,
                              struct trace_summary *summary)
{
	struct input in;
	struct error error = {0};
	input_open_memory(&in, data, n);
	enum status status = read_input(&in, strict, seen, summary, &error);
	assert_int_equal(status != STATUS_OK, error.text[0] != '\0');
	return status;
}

/* One P, one goroutine that runs, creates another, blocks; the other runs. */
static void build_generation(struct builder *b, uint64_t number, unsigned version)
{
	build_clock(b, number, version);
	build_strings(b, number);
	build_batch(b, number, 7, 1000 * number);
	build_event(b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(b, EV_GO_STATUS, number == 1 ? 1 : 2, 7, GO_RUNNING, 0);
	if (number == 1) {
		build_event(b, EV_GO_CREATE, 2, 0, 0, 0);
		build_event(b, EV_GO_BLOCK, 1, 0, 0, 0);
		build_event(b, EV_GO_START, 2, 1, 0, 0);
	} else {
		build_event(b, EV_GO_STATUS, 1, UINT64_MAX, GO_WAITING, 0);
	}
	build_end(b);
	if (version >= 26)
		build_byte(b, EV_END_OF_GENERATION);
}

static void whole_trace_of_every_version_is_whole(void **state)
{
	(void)state;
	static const unsigned versions[] = {22, 23, 25, 26};
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		struct builder b = {.n = 0};
		struct seen seen;
		struct trace_summary s;
		build_header(&b, versions[i]);
		build_generation(&b, 1, versions[i]);
		build_generation(&b, 2, versions[i]);
		assert_int_equal(read_bytes(b.data, b.n, true, &seen, &s), STATUS_OK);
		assert_int_equal(s.verdict, TRACE_WHOLE);
		assert_int_equal(s.version, versions[i]);
		assert_int_equal(s.generations, 2);
		assert_int_equal(seen.n[EV_SYNC], 3);
		assert_int_equal(seen.n[EV_GO_STATUS], 3);
		assert_int_equal(s.events, 3 + 2 + 3 + 3);
	}
}

static void time_blocked_is_charged_to_its_reason(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	build_header(&b, 26);
	build_generation(&b, 1, 26);
	struct goroutines goroutines = {0};
	struct trace_visitor visitor = goroutines_visitor(&goroutines);
	struct trace_options options = {.strict = true};
	struct trace_summary s;
	struct error error = {0};
	struct input in;
	input_open_memory(&in, b.data, b.n);
	assert_int_equal(trace_read(&in, &options, &visitor, 1, &s, &error), STATUS_OK);
	input_finish(&in);
	assert_int_equal(goroutines.seen, 2);
	assert_int_equal(goroutines.created, 1);
	assert_int_equal(goroutines.blocked, 1);
	assert_int_equal(goroutines.latency.count, 1);
	assert_int_equal(goroutines.latency.max_ns, 2);       /* created at 1003, started at 1005 */
	assert_int_equal(goroutines.state_ns[GO_WAITING], 2); /* 1004 to the last sync at 1006 */
	assert_true(goroutines.all_reasons != 0);
	assert_int_equal(goroutines.reason[goroutines.all_reasons - 1].total_ns, 2);
	goroutines_finish(&goroutines);
}

struct births {
	uint32_t slot[2];
	size_t n, ends;
};

static bool note_births(void *self, const struct trace_block *block)
{
	struct births *births = self;
	for (size_t i = 0; i < block->events; i++) {
		births->ends += block->event[i].type == EV_GO_DESTROY;
		if (block->event[i].type != EV_GO_CREATE)
			continue;
		assert_true(births->n < 2);
		births->slot[births->n++] = block->event[i].subject;
	}
	return true;
}

/* What says that two threads run one goroutine, and that both end it, is no trace of a runtime. */
static void goroutine_that_ends_twice_is_damage(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	build_header(&b, 26);
	build_clock(&b, 1, 26);
	for (uint64_t m = 7; m <= 8; m++) {
		build_batch(&b, 1, m, 1000 + m);
		build_event(&b, EV_PROC_STATUS, m, PROC_RUNNING, 0, 0);
		build_event(&b, EV_GO_STATUS, 2, m, GO_RUNNING, 0);
		build_number(&b, EV_GO_DESTROY);
		build_number(&b, 100); /* when both are there */
		build_end(&b);
	}
	build_byte(&b, EV_END_OF_GENERATION);
	build_clock(&b, 2, 26);
	build_batch(&b, 2, 7, 2000);
	build_event(&b, EV_PROC_STATUS, 7, PROC_RUNNING, 0, 0);
	build_event(&b, EV_GO_CREATE, 3, 0, 0, 0);
	build_event(&b, EV_GO_CREATE, 4, 0, 0, 0);
	build_end(&b);
	build_byte(&b, EV_END_OF_GENERATION);
	struct births births = {.n = 0};
	const struct trace_visitor visitor = {.self = &births, .events = note_births};
	struct trace_options options = {.strict = false};
	struct trace_summary s;
	struct error error = {0};
	struct input in;
	input_open_memory(&in, b.data, b.n);
	assert_int_equal(trace_read(&in, &options, &visitor, 1, &s, &error), STATUS_OK);
	input_finish(&in);
	assert_int_equal(s.damages, 1);
	assert_int_equal(births.ends, 1);
	assert_int_equal(births.n, 2);
	assert_int_not_equal(births.slot[0], births.slot[1]);
}

/* Enough generations and blocks to make the threads wait for each other. */
static void second_thread_changes_nothing(void **state)
{
	(void)state;
	enum { GENERATIONS = 40 };
	static uint8_t data[TRACE_HEADER_SIZE + GENERATIONS * sizeof(((struct builder *)0)->data)];
	struct builder b = {.n = 0};
	size_t n = 0;
	build_header(&b, 26);
	for (uint64_t i = 1; i <= GENERATIONS; i++) {
		build_generation(&b, i, 26);
		memcpy(data + n, b.data, b.n);
		n += b.n;
		b.n = 0;
	}
	struct trace_summary s[2];
	struct goroutines goroutines[2] = {{0}};
	for (int i = 0; i < 2; i++) {
		struct input in;
		struct error error = {0};
		struct trace_visitor visitor = goroutines_visitor(&goroutines[i]);
		struct trace_options options = {.strict = true, .one_thread = i == 0};
		input_open_memory(&in, data, n);
		assert_int_equal(trace_read(&in, &options, &visitor, 1, &s[i], &error), STATUS_OK);
		input_finish(&in);
	}
	assert_int_equal(s[0].generations, GENERATIONS);
	assert_int_equal(s[0].events, s[1].events);
	assert_int_equal(s[0].last_ns, s[1].last_ns);
	assert_int_equal(goroutines[0].seen, goroutines[1].seen);
	assert_memory_equal(goroutines[0].state_ns, goroutines[1].state_ns,
	                    sizeof goroutines[0].state_ns);
	goroutines_finish(&goroutines[0]);
	goroutines_finish(&goroutines[1]);
}

static void every_cut_is_noticed_and_what_is_whole_is_kept(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_header(&b, 26);
	build_generation(&b, 1, 26);
	size_t first = b.n;
	build_generation(&b, 2, 26);
	for (size_t n = first + 1; n < b.n; n++) {
		assert_int_equal(read_bytes(b.data, n, false, &seen, &s), STATUS_OK);
		assert_int_equal(s.verdict, TRACE_DAMAGED);
		assert_int_equal(s.generations, 1);
		assert_int_equal(s.lost_bytes, n - first);
		assert_true(s.damage[0].offset >= first && s.damage[0].offset <= n);
	}
	assert_int_equal(read_bytes(b.data, first, false, &seen, &s), STATUS_OK);
	assert_int_equal(s.verdict, TRACE_WHOLE);
}

/* Nothing but tables stands behind the last end: Go's reader takes that for the end of the trace,
   but reads the tables first. */
static void damage_in_tables_of_a_generation_without_end_is_an_error_when_strict(void **state)
{
	(void)state;
	for (int generations = 0; generations < 2; generations++) {
		struct builder b = {.n = 0};
		struct seen seen;
		struct trace_summary s;
		build_header(&b, 26);
		if (generations)
			build_generation(&b, 1, 26);
		build_clock(&b, 2, 26);
		assert_int_equal(read_bytes(b.data, b.n, true, &seen, &s), STATUS_OK);
		build_batch(&b, 2, UINT64_MAX, 1);
		build_byte(&b, EV_STRINGS);
		build_byte(&b, EV_STRING);
		for (int i = 0; i < 10; i++) /* more than 64 bits */
			build_byte(&b, 0xff);
		build_end(&b);
		assert_int_equal(read_bytes(b.data, b.n, true, &seen, &s), STATUS_DAMAGED);
		assert_int_equal(s.verdict, TRACE_DAMAGED);
		assert_int_equal(s.generations, generations);
		assert_int_equal(read_bytes(b.data, b.n, false, &seen, &s), STATUS_OK);
		assert_int_equal(s.verdict, TRACE_DAMAGED);
	}
}

/* Before 1.26 a cut between batches looks like an end. */
static void cut_inside_a_batch_of_an_older_trace_is_noticed(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_header(&b, 23);
	build_generation(&b, 1, 23);
	size_t first = b.n;
	build_generation(&b, 2, 23);
	for (size_t n = b.n - 1; n > b.n - 8; n--) {
		assert_int_equal(read_bytes(b.data, n, false, &seen, &s), STATUS_OK);
		assert_int_equal(s.verdict, TRACE_DAMAGED);
		assert_true(s.generations >= 1 && seen.n[EV_GO_CREATE] == 1);
		assert_true(s.lost_bytes > 0 && s.lost_bytes <= n - first);
		assert_int_equal(read_bytes(b.data, n, true, &seen, &s), STATUS_DAMAGED);
	}
}

static void loss_is_told_in_time_too(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_header(&b, 26);
	build_generation(&b, 1, 26);
	build_generation(&b, 2, 26);
	/* The second generation lacks its last byte; its batch began at 2000, the last event kept
	   was that at 1005 with the sync behind it. */
	assert_int_equal(read_bytes(b.data, b.n - 1, false, &seen, &s), STATUS_OK);
	assert_int_equal(s.verdict, TRACE_DAMAGED);
	assert_true(s.lost_ns >= 990 && s.lost_ns <= 1000);
}

/* Traces that begin during a collection tell so behind the first sync. */
static void ranges_that_were_open_at_the_start_are_shown(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_header(&b, 26);
	build_clock(&b, 1, 26);
	build_strings(&b, 1);
	build_batch(&b, 1, 7, 1000);
	build_event(&b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(&b, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
	build_event(&b, EV_GC_ACTIVE, 5, 0, 0, 0);
	build_event(&b, EV_GC_SWEEP_ACTIVE, 0, 0, 0, 0);
	build_event(&b, EV_GC_MARK_ASSIST_ACTIVE, 1, 0, 0, 0);
	build_event(&b, EV_GC_MARK_ASSIST_END, 0, 0, 0, 0);
	build_event(&b, EV_GC_SWEEP_END, 0, 0, 0, 0);
	build_event(&b, EV_GC_END, 6, 0, 0, 0);
	build_end(&b);
	build_byte(&b, EV_END_OF_GENERATION);
	for (int strict = 0; strict < 2; strict++) {
		assert_int_equal(read_bytes(b.data, b.n, strict, &seen, &s), STATUS_OK);
		assert_int_equal(s.verdict, TRACE_WHOLE);
		assert_int_equal(seen.n[EV_GC_ACTIVE], 1);
		assert_int_equal(seen.n[EV_GC_END], 1);
		assert_int_equal(seen.n[EV_GC_MARK_ASSIST_END], 1);
	}
}

static void missing_generation_is_a_gap_not_the_end(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_header(&b, 22);
	build_generation(&b, 1, 22);
	build_generation(&b, 5, 22);
	assert_int_equal(read_bytes(b.data, b.n, false, &seen, &s), STATUS_OK);
	assert_int_equal(s.verdict, TRACE_DAMAGED);
	assert_int_equal(s.generations, 2);
	assert_int_equal(s.gaps, 1);
	assert_int_equal(read_bytes(b.data, b.n, true, &seen, &s), STATUS_DAMAGED);
}

/* Behind what is lost Ps are named in another order. */
static void time_of_a_p_stays_its_own_behind_a_gap(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct trace_summary s;
	struct error error = {0};
	struct input in;
	struct procs procs = {0};
	const struct trace_options options = {.one_thread = true};
	const struct trace_visitor visitor = procs_visitor(&procs);
	build_header(&b, 26);
	build_clock(&b, 1, 26);
	build_batch(&b, 1, 7, 1000);
	build_event(&b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(&b, EV_PROC_STATUS, 1, PROC_IDLE, 0, 0);
	build_event(&b, EV_PROC_STOP, 0, 0, 0, 0);
	build_end(&b);
	build_byte(&b, EV_END_OF_GENERATION);
	build_clock(&b, 3, 26);
	build_batch(&b, 3, 7, 2000);
	build_event(&b, EV_PROC_STATUS, 1, PROC_RUNNING, 0, 0);
	build_event(&b, EV_PROC_STOP, 0, 0, 0, 0);
	build_end(&b);
	build_byte(&b, EV_END_OF_GENERATION);
	input_open_memory(&in, b.data, b.n);
	assert_int_equal(trace_read(&in, &options, &visitor, 1, &s, &error), STATUS_OK);
	input_finish(&in);
	assert_int_equal(s.gaps, 1);
	assert_int_equal(procs_available(&procs), 2);
	/* Each since its generation began, at 1 ns. */
	assert_int_equal(procs.slot[0].id, 0);
	assert_int_equal(procs.slot[0].running_ns, 1003 - 1);
	assert_int_equal(procs.slot[1].id, 1);
	assert_int_equal(procs.slot[1].running_ns, 2002 - 1);
	procs_finish(&procs);
}

static void build_misused_region(struct builder *b)
{
	build_header(b, 26);
	build_clock(b, 1, 26);
	build_strings(b, 1);
	build_batch(b, 1, 7, 1000);
	build_event(b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(b, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
	build_event(b, EV_USER_REGION_BEGIN, 0, 2, 0, 0);
	build_event(b, EV_USER_REGION_BEGIN, 0, 3, 0, 0);
	build_event(b, EV_USER_REGION_END, 0, 2, 0, 0);
	build_event(b, EV_USER_REGION_END, 0, 3, 0, 0);
	build_event(b, EV_USER_REGION_BEGIN, 0, 2, 0, 0);
	build_event(b, EV_USER_REGION_END, 0, 3, 0, 0);
	build_event(b, EV_GO_STOP, 1, 0, 0, 0);
	build_end(b);
	build_byte(b, EV_END_OF_GENERATION);
}

static void mismatched_region_is_repaired_unless_strict(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_misused_region(&b);
	assert_int_equal(read_bytes(b.data, b.n, true, &seen, &s), STATUS_DAMAGED);
	assert_int_equal(read_bytes(b.data, b.n, false, &seen, &s), STATUS_OK);
	assert_int_equal(s.verdict, TRACE_WHOLE);
	assert_int_equal(s.repairs.regions, 2);
	assert_int_equal(seen.n[EV_GO_STOP], 1);
}

/* The end of "inner" comes when nothing is open, and once more in another region. */
static void end_of_a_region_that_fits_nothing_is_shown_as_stray(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_misused_region(&b);
	assert_int_equal(read_bytes(b.data, b.n, false, &seen, &s), STATUS_OK);
	assert_int_equal(seen.n[EV_USER_REGION_BEGIN], 3);
	assert_int_equal(seen.n[EV_USER_REGION_END], 2);
	assert_int_equal(seen.n[EV_USER_REGION_STRAY], 1);
}

/* What fits none of a million regions must not be looked for among all of them without end. */
static void ends_of_regions_that_fit_none_become_stray_in_time(void **state)
{
	(void)state;
	enum { OUTER = 1, INNER, NONE, REGIONS = 1 << 16, ENDS = 1000 };
	const struct order_options options = {.tolerant = true, .one_thread = true};
	struct generation g = {.number = 1};
	struct order *o = order_create(NULL, 0, &options);
	uint32_t regions = 0;
	assert_non_null(o);
	order_begin_generation(o, &g, NULL);
	/* All that were left open inside end with the one around them, however many there are. */
	for (int round = 0; round < 2; round++) {
		assert_true(order_push_node(o, &regions, 0, OUTER));
		for (int i = 0; i < REGIONS; i++)
			assert_true(order_push_node(o, &regions, 0, INNER));
		if (round == 0)
			assert_int_equal(order_end_region(o, &regions, 0, OUTER), REGION_ENDS);
	}
	for (int i = 0; i < ENDS; i++)
		assert_int_equal(order_end_region(o, &regions, 0, NONE), REGION_STRAY);
	assert_int_equal(order_end_region(o, &regions, 0, OUTER), REGION_STRAY);
	assert_int_equal(order_end_region(o, &regions, 0, INNER), REGION_ENDS);
	order_destroy(o);
}

/* Each time the threads are gone through for the one that has the P. */
static void status_that_is_told_without_end_is_damage(void **state)
{
	(void)state;
	enum { THREADS = 1 << 16, MOST = 1000 };
	const struct order_options options = {.tolerant = true, .one_thread = true};
	struct generation g = {.number = 1};
	struct order *o = order_create(NULL, 0, &options);
	struct front f = {.type = EV_PROC_STATUS, .arg = {0, PROC_SYSCALL_ABANDONED}};
	enum advance advance = ADVANCE_READY;
	int told = 0;
	assert_non_null(o);
	order_begin_generation(o, &g, NULL);
	o->initial = g.number;
	for (uint64_t i = 1; i <= THREADS; i++)
		assert_int_equal(order_add_thread(o, i), i);
	o->thread[1].p = order_add_proc(o, 0, PROC_SYSCALL);
	for (; told < MOST && advance == ADVANCE_READY; told++) {
		assert_int_equal(order_flush(o), ORDER_OK);
		advance = advance_proc_status(o, &f);
	}
	assert_int_equal(advance, ADVANCE_BROKEN);
	assert_true(told > 1);
	order_destroy(o);
}

static void unknown_stack_is_an_error_only_when_strict(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_header(&b, 26);
	build_clock(&b, 1, 26);
	build_strings(&b, 1);
	build_batch(&b, 1, 7, 1000);
	build_event(&b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(&b, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
	build_event(&b, EV_GO_BLOCK, 1, UINT64_MAX, 0, 0);
	build_end(&b);
	build_byte(&b, EV_END_OF_GENERATION);
	assert_int_equal(read_bytes(b.data, b.n, true, &seen, &s), STATUS_DAMAGED);
	assert_int_equal(read_bytes(b.data, b.n, false, &seen, &s), STATUS_OK);
	assert_int_equal(s.repairs.stacks, 1);
	assert_int_equal(s.verdict, TRACE_WHOLE);
}

static void newer_version_is_tried_and_named(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen seen;
	struct trace_summary s;
	build_header(&b, 31);
	build_generation(&b, 1, 31);
	assert_int_equal(read_bytes(b.data, b.n, false, &seen, &s), STATUS_OK);
	assert_true(s.newer);
	assert_int_equal(s.version, 31);
	assert_int_equal(s.generations, 1);
	assert_int_equal(read_bytes(b.data, b.n, true, &seen, &s), STATUS_DAMAGED);
}

static void what_is_no_trace_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "go", "go 1.22 trace", "go 1.2x trace\0\0\0\0",
	                                    "\x1f\x8b\x08 something else entirely"};
	struct seen seen;
	struct trace_summary s;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(read_bytes(texts[i], strlen(texts[i]), false, &seen, &s), STATUS_DAMAGED);
}

/* The same bytes through a pipe, where nothing can be mapped. */
static void pipe_reads_as_a_file_does(void **state)
{
	(void)state;
	struct builder b = {.n = 0};
	struct seen from_memory, from_pipe;
	struct trace_summary s, t;
	struct error error = {0};
	struct input in;
	int fds[2];
	char path[32];
	build_header(&b, 26);
	build_generation(&b, 1, 26);
	build_generation(&b, 2, 26);
	read_bytes(b.data, b.n, false, &from_memory, &s);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], b.data, b.n), b.n);
	close(fds[1]);
	snprintf(path, sizeof path, "/dev/fd/%d", fds[0]);
	assert_int_equal(input_open(&in, path, &error), STATUS_OK);
	assert_int_equal(read_input(&in, false, &from_pipe, &t, &error), STATUS_OK);
	close(fds[0]);
	assert_int_equal(t.events, s.events);
	assert_int_equal(t.bytes, s.bytes);
	assert_memory_equal(&from_memory, &from_pipe, sizeof from_pipe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_trace_of_every_version_is_whole),
		cmocka_unit_test(time_blocked_is_charged_to_its_reason),
		cmocka_unit_test(goroutine_that_ends_twice_is_damage),
		cmocka_unit_test(second_thread_changes_nothing),
		cmocka_unit_test(every_cut_is_noticed_and_what_is_whole_is_kept),
		cmocka_unit_test(damage_in_tables_of_a_generation_without_end_is_an_error_when_strict),
		cmocka_unit_test(cut_inside_a_batch_of_an_older_trace_is_noticed),
		cmocka_unit_test(loss_is_told_in_time_too),
		cmocka_unit_test(ranges_that_were_open_at_the_start_are_shown),
		cmocka_unit_test(missing_generation_is_a_gap_not_the_end),
		cmocka_unit_test(time_of_a_p_stays_its_own_behind_a_gap),
		cmocka_unit_test(mismatched_region_is_repaired_unless_strict),
		cmocka_unit_test(end_of_a_region_that_fits_nothing_is_shown_as_stray),
		cmocka_unit_test(ends_of_regions_that_fit_none_become_stray_in_time),
		cmocka_unit_test(status_that_is_told_without_end_is_damage),
		cmocka_unit_test(unknown_stack_is_an_error_only_when_strict),
		cmocka_unit_test(newer_version_is_tried_and_named),
		cmocka_unit_test(what_is_no_trace_is_refused),
		cmocka_unit_test(pipe_reads_as_a_file_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
