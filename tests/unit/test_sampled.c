/*
 * Traces made of looks at a process: whatever the looks show, torn ones too, Go's own rules accept
 * the trace, and times are those that were seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/sampled.h"
#include "trace/goroutines.h"
#include "trace/procs.h"
#include "trace/reader.h"
#include "trace/sampled.h"

#define MS    INT64_C(1000000)
#define BEGIN (1000 * MS)
#define WALL  (INT64_C(1700000000) * 1000 * MS)
#define GO    300  /* goroutines of the random program */
#define STEPS 2000 /* a step takes a nanosecond: so much may be missing from a time */

enum { PROCS = 3, THREADS = 5 };

/* --- a program ------------------------------------------------------------------------------- */

static size_t stack_of(void *arg, uint32_t handle, int64_t goid, struct goproc_frame *frame,
                       size_t max)
{
	(void)arg;
	(void)handle;
	assert_true(max >= 2);
	if (goid % 5 == 0)
		return 0; /* it ran meanwhile */
	frame[0] = (struct goproc_frame){.function = "main.wait", .file = "main.go", .line = 7};
	frame[1] = (struct goproc_frame){.function = "main.work", .file = "main.go", .line = 3};
	frame[2] = (struct goproc_frame){.function = "runtime.goexit"};
	return 3;
}

static void name_of(void *arg, enum goproc_place kind, uint64_t number, struct goproc_frame *frame)
{
	(void)arg;
	*frame = (struct goproc_frame){.line = (int)number};
	snprintf(frame->function, sizeof frame->function, "%s",
	         kind == GOPROC_START ? "main.work"
	         : kind == GOPROC_AT  ? "main.wait"
	                              : "main.main");
}

static const char *reason_of(void *arg, uint8_t reason)
{
	static const char *const words[] = {"", "IO wait", "chan receive", "sync.Mutex.Lock"};
	(void)arg;
	return words[reason % 4];
}

static const struct sampled_names names = {stack_of, name_of, reason_of, NULL};

struct bytes {
	uint8_t *data;
	size_t n;
};

static bool keep(void *arg, const void *data, size_t size)
{
	struct bytes *b = arg;
	b->data = realloc(b->data, b->n + size);
	assert_non_null(b->data);
	memcpy(b->data + b->n, data, size);
	b->n += size;
	return true;
}

struct look {
	struct goproc_state state;
	struct goproc_p p[PROCS];
	struct goproc_m m[THREADS];
};

/* Everybody idle. */
static void begin_look(struct look *look, int64_t at_ns)
{
	*look = (struct look){0};
	for (int i = 0; i < PROCS; i++)
		look->p[i] = (struct goproc_p){.id = i,
		                               .m = GOPROC_NIL,
		                               .curg = GOPROC_NIL,
		                               .activity = GOPROC_IDLE};
	for (int i = 0; i < THREADS; i++)
		look->m[i] = (struct goproc_m){.id = i,
		                               .tid = 100 + i,
		                               .p = GOPROC_NIL,
		                               .curg = GOPROC_NIL,
		                               .curg_status = GOPROC_NIL};
	look->state = (struct goproc_state){
		.at_ns = at_ns, .np = PROCS, .nm = THREADS, .p = look->p, .m = look->m};
}

static void put(struct look *look, int proc, int thread, int64_t goid,
                enum goproc_activity activity)
{
	struct goproc_p *p = &look->p[proc];
	*p = (struct goproc_p){.id = proc, .m = thread, .curg = goid, .activity = activity};
	snprintf(p->running, sizeof p->running, "main.work");
	look->m[thread].p = proc;
	look->m[thread].curg = goid;
	look->m[thread].curg_status = activity == GOPROC_SYSCALL ? 3 : 2;
}

/* In a system call without a P. */
static void call(struct look *look, int thread, int64_t goid)
{
	look->m[thread].curg = goid;
	look->m[thread].curg_status = 3;
}

static struct goproc_goroutine row(int64_t goid, int64_t at_ns, uint8_t status, uint8_t reason)
{
	return (struct goproc_goroutine){.goid = goid,
	                                 .creator = 1,
	                                 .start = 2,
	                                 .at = 3 + reason,
	                                 .at_ns = at_ns,
	                                 .since_ns = at_ns,
	                                 .status = status,
	                                 .reason = reason};
}

/* --- what became of it ----------------------------------------------------------------------- */

struct result {
	struct goroutines goroutines;
	struct procs procs;
	struct trace_summary summary;
	struct names names;
};

static void finish(struct sampled *s, struct bytes *bytes, int64_t at_ns, struct result *r)
{
	bool no_memory;
	struct input in;
	struct error error = {0};
	assert_true(sampled_finish(s, at_ns, &no_memory));
	assert_false(no_memory);
	sampled_destroy(s);
	*r = (struct result){0};
	const struct trace_visitor visitors[] = {goroutines_visitor(&r->goroutines),
	                                         procs_visitor(&r->procs)};
	const struct trace_options options = {.strict = true, .names = &r->names};
	input_open_memory(&in, bytes->data, bytes->n);
	enum status status = trace_read(&in, &options, visitors, 2, &r->summary, &error);
	input_finish(&in);
	free(bytes->data);
	if (status != STATUS_OK || r->summary.verdict != TRACE_WHOLE)
		fail_msg("%s", error.text);
	assert_int_equal(r->summary.sampled_hz, 1000);
}

static void forget(struct result *r)
{
	goroutines_finish(&r->goroutines);
	procs_finish(&r->procs);
	names_finish(&r->names);
}

static void near(int64_t ns, int64_t wanted_ns)
{
	if (llabs(ns - wanted_ns) > STEPS)
		fail_msg("%lld ns, not %lld", (long long)ns, (long long)wanted_ns);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void times_are_those_that_were_seen(void **state)
{
	(void)state;
	struct bytes bytes = {0};
	struct result r;
	struct look look;
	struct sampled *s = sampled_create(&(struct trace_sink){keep, &bytes}, &names);
	begin_look(&look, BEGIN - 50 * MS); /* it took a while until all were known */
	call(&look, 4, 9);
	sampled_begin(s, &look.state, WALL, 1000);
	const struct goproc_goroutine first[] = {row(1, BEGIN, 1, 0), row(2, BEGIN, 4, 2),
	                                         row(9, BEGIN, 3, 0)};
	for (size_t i = 0; i < 3; i++)
		sampled_row(s, &first[i]);
	sampled_read(s, true);
	/* Goroutine 1 runs for 4 ms, then in a system call for 3, and waits for the network for 3. */
	for (int i = 0; i < 10; i++) {
		int64_t at_ns = BEGIN + i * MS;
		begin_look(&look, at_ns);
		call(&look, 4, 9);
		if (i < 7)
			put(&look, 1, 2, 1, i < 4 ? GOPROC_RUNNING : GOPROC_SYSCALL);
		sampled_look(s, &look.state);
		sampled_rest(s, 8);
		const struct goproc_goroutine now[] = {row(1, at_ns + 1000, i < 7 ? 2 : 4, i < 7 ? 0 : 1),
		                                       row(2, at_ns + 1000, 4, 2),
		                                       row(9, at_ns + 1000, 3, 0)};
		for (size_t k = 0; k < 3; k++)
			sampled_row(s, &now[k]);
		sampled_rest(s, 0);
		sampled_read(s, true);
	}
	finish(s, &bytes, BEGIN + 10 * MS, &r);
	near(r.summary.last_ns - r.summary.first_ns, 10 * MS);
	near(r.procs.running_ns, 7 * MS);
	near(r.goroutines.state_ns[GO_RUNNING], 4 * MS);
	near(r.goroutines.state_ns[GO_SYSCALL], 13 * MS);
	near(r.goroutines.state_ns[GO_WAITING], 13 * MS);
	assert_int_equal(r.goroutines.created, 0);
	for (uint32_t i = r.goroutines.all_reasons; i; i = r.goroutines.reason[i - 1].next) {
		const struct reason_time *reason = &r.goroutines.reason[i - 1];
		const char *text = names_text(&r.names, reason->reason);
		near(reason->total_ns, strcmp(text, "network") == 0 ? 3 * MS : 10 * MS);
	}
	assert_int_equal(r.summary.clock_s, 1700000000);
	forget(&r);
}

static void goroutines_come_and_go(void **state)
{
	(void)state;
	struct bytes bytes = {0};
	struct result r;
	struct look look;
	struct sampled *s = sampled_create(&(struct trace_sink){keep, &bytes}, &names);
	begin_look(&look, BEGIN);
	sampled_begin(s, &look.state, WALL, 1000);
	sampled_read(s, true);
	for (int i = 0; i < 20; i++) {
		int64_t at_ns = BEGIN + i * MS;
		begin_look(&look, at_ns);
		put(&look, 0, 0, 100 + i, GOPROC_RUNNING);
		sampled_look(s, &look.state);
		sampled_rest(s, 8);
		struct goproc_goroutine now = row(100 + i, at_ns + 1000, 2, 0);
		sampled_row(s, &now);
		sampled_read(s, true);
	}
	finish(s, &bytes, BEGIN + 20 * MS, &r);
	assert_int_equal(r.goroutines.created, 20);
	assert_int_equal(r.goroutines.ended, 19);
	near(r.goroutines.state_ns[GO_RUNNING], 20 * MS);
	forget(&r);
}

static uint64_t random_below(uint64_t *seed, uint64_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % n;
}

/* Anything, also what can't be: one goroutine on two Ps, a thread that has two, or is on a P and in
   a call without one. */
static void fill_at_random(struct look *look, uint64_t *seed)
{
	static const enum goproc_activity any[] = {GOPROC_IDLE, GOPROC_RUNNING, GOPROC_SYSCALL,
	                                           GOPROC_SCHEDULER, GOPROC_GC};
	for (int i = 0; i < PROCS; i++) {
		enum goproc_activity activity = any[random_below(seed, 5)];
		if (activity != GOPROC_IDLE)
			put(look, i, (int)random_below(seed, THREADS), 1 + (int64_t)random_below(seed, GO),
			    activity);
	}
	for (int i = 0; i < THREADS; i++)
		if (random_below(seed, 4) == 0)
			call(look, i, 1 + (int64_t)random_below(seed, GO));
	look->state.sched.gc_phase = (int64_t)random_below(seed, 3);
	look->state.collector.heap_live_bytes = (int64_t)random_below(seed, 1 << 20);
	look->state.collector.heap_goal_bytes = (int64_t)random_below(seed, 3) << 20;
	if (random_below(seed, 8) == 0)
		look->state.np = 1 + random_below(seed, PROCS);
}

static void whatever_is_seen_the_trace_keeps_the_rules(void **state)
{
	(void)state;
	static const uint8_t statuses[] = {1, 2, 3, 4, 8, 9, 10};
	for (uint64_t round = 1; round <= 300; round++) {
		uint64_t seed = round * UINT64_C(0x9e3779b97f4a7c15);
		struct bytes bytes = {0};
		struct result r;
		struct look look;
		struct sampled *s = sampled_create(&(struct trace_sink){keep, &bytes}, &names);
		begin_look(&look, BEGIN);
		fill_at_random(&look, &seed);
		sampled_begin(s, &look.state, WALL, 1000);
		int64_t at_ns = BEGIN;
		for (int i = 0; i < 40; i++) {
			if (i > 0) {
				begin_look(&look, at_ns);
				fill_at_random(&look, &seed);
				sampled_look(s, &look.state);
			}
			sampled_rest(s, random_below(&seed, 4));
			for (int64_t goid = 1; goid <= GO; goid += 1 + (int64_t)random_below(&seed, 9)) {
				struct goproc_goroutine now =
					row(goid, at_ns, statuses[random_below(&seed, sizeof statuses)],
				        (uint8_t)random_below(&seed, 4));
				sampled_row(s, &now);
			}
			sampled_rest(s, 0);
			if (random_below(&seed, 3) > 0)
				sampled_read(s, random_below(&seed, 2));
			at_ns += MS;
		}
		finish(s, &bytes, at_ns, &r);
		near(r.summary.last_ns - r.summary.first_ns, 39 * MS);
		forget(&r);
	}
}

/* It is the tables that outgrow a batch before the trace begins. */
static void many_different_stacks_fit(void **state)
{
	(void)state;
	struct bytes bytes = {0};
	struct trace_writer *w = trace_writer_create(&(struct trace_sink){keep, &bytes});
	char text[1100];
	bool no_memory;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	uint64_t longest = trace_writer_string(w, text);
	text[TRACE_MAX_STRING] = '\0';
	assert_int_equal(trace_writer_string(w, text), longest);
	for (uint64_t i = 1; i <= 20000; i++) {
		snprintf(text, sizeof text, "main.f%d", (int)i);
		struct writer_frame frame[200];
		for (size_t k = 0; k < 200; k++)
			frame[k] = (struct writer_frame){trace_writer_string(w, text), 0, i + k};
		assert_int_equal(trace_writer_stack(w, frame, i % 40 ? 1 + i % 7 : 200), i);
	}
	trace_writer_begin(w, BEGIN, WALL);
	trace_writer_event(w, 5, BEGIN + 1, EV_PROC_STATUS, (uint64_t[4]){0, PROC_IDLE, 0, 0});
	for (uint64_t i = 1; i <= 20000; i++)
		trace_writer_event(w, 5, BEGIN + 1 + (int64_t)i, EV_GO_STATUS_STACK,
		                   (uint64_t[4]){i, UINT64_MAX, GO_WAITING, i});
	assert_true(trace_writer_finish(w, &no_memory));
	trace_writer_destroy(w);
	struct input in;
	struct error error = {0};
	struct trace_summary summary;
	input_open_memory(&in, bytes.data, bytes.n);
	const struct trace_options options = {.strict = true};
	if (trace_read(&in, &options, NULL, 0, &summary, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	assert_int_equal(summary.events, 20001 + 2); /* the generation has an event at each end */
	assert_int_equal(summary.sampled_hz, 0);
	input_finish(&in);
	free(bytes.data);
}

static bool refuse(void *arg, const void *data, size_t size)
{
	(void)data;
	(void)size;
	return ++*(int *)arg < 3;
}

static void who_wants_no_more_is_given_no_more(void **state)
{
	(void)state;
	int calls = 0;
	bool no_memory;
	struct look look;
	struct sampled *s = sampled_create(&(struct trace_sink){refuse, &calls}, &names);
	begin_look(&look, BEGIN);
	sampled_begin(s, &look.state, WALL, 1000);
	put(&look, 0, 0, 1, GOPROC_RUNNING);
	sampled_look(s, &look.state);
	assert_false(sampled_finish(s, BEGIN + MS, &no_memory));
	assert_false(no_memory);
	assert_int_equal(calls, 3);
	sampled_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_those_that_were_seen),
		cmocka_unit_test(goroutines_come_and_go),
		cmocka_unit_test(whatever_is_seen_the_trace_keeps_the_rules),
		cmocka_unit_test(many_different_stacks_fit),
		cmocka_unit_test(who_wants_no_more_is_given_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
