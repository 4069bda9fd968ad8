/* Rules about requests that wait for others, and about one that computes for all: what a witness
   would tell them goes in, findings come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/rules.h"
#include "doctor/trace_doctor.h"
#include "util/clock.h"

#define SERVED "main.(*shop).list net/http.serverHandler.ServeHTTP net/http.(*conn).serve"
#define ROUND_TRIP                                                                        \
	"runtime.selectgo net/http.(*persistConn).roundTrip net/http.(*Transport).roundTrip " \
	"net/http.(*Client).Do "
#define IDLE "net.(*conn).Read net/http.(*connReader).Read net/http.(*conn).serve"
#define CALL ROUND_TRIP SERVED
#define DIAL                                                                          \
	"runtime.selectgo net/http.(*Transport).getConn net/http.(*Transport).roundTrip " \
	"net/http.(*Client).Do " SERVED
#define QUEUE "runtime.selectgo database/sql.(*DB).conn database/sql.(*DB).Query " SERVED
#define BODY  "net.(*conn).Read net/http.(*persistConn).Read net/http.(*body).Read " SERVED
#define READ  "net.(*conn).Read main.ask main.work"
#define FETCH ROUND_TRIP "main.fetch main.work"
#define LOCK  "sync.(*Mutex).Lock main.put main.work"

enum { SLOTS = 64, STACKS = 64, FRAMES = 16, MS = 1000000 };

static struct {
	struct analysis analysis;
	struct stack stack[STACKS];
	struct stack_frame frame[STACKS * FRAMES];
	const char *text[STACKS];
	struct witness_goroutine slot[SLOTS];
	struct witness witness;
	struct situations situations;
	struct limits_set limits;
	struct doctor doctor;
	const struct trace_family *family;
	void *self;
	struct findings findings;
	uint64_t last_id;
} world;

static uint32_t name(const char *text)
{
	uint32_t number = names_intern(&world.analysis.names, text, strlen(text));
	assert_int_not_equal(number, NAME_ERROR);
	return number;
}

static void begin(const struct trace_family *family)
{
	memset(&world, 0, sizeof world);
	world.analysis.stacks.stack = world.stack;
	world.analysis.stacks.frame = world.frame;
	world.witness.stacks = &world.analysis.stacks;
	world.witness.names = &world.analysis.names;
	world.witness.slot = world.slot;
	world.witness.slots = SLOTS;
	world.witness.last_ns = (int64_t)10000 * MS;
	world.witness.situations = &world.situations;
	situations_init(&world.situations, &world.analysis.stacks, &world.analysis.names);
	limits_init(&world.limits);
	world.doctor = (struct doctor){.analysis = &world.analysis,
	                               .witness = &world.witness,
	                               .situations = &world.situations,
	                               .limits = &world.limits};
	world.family = family;
	world.self = family->create(&world.doctor);
	assert_non_null(world.self);
}

static void end(void)
{
	findings_finish(&world.findings);
	situations_finish(&world.situations);
	names_finish(&world.analysis.names);
}

/* The rules have heard all: what is found is to be finished. */
static void conclude(void)
{
	assert_true(world.family->conclude(world.self, &world.doctor, &world.findings));
	world.family->destroy(world.self);
	findings_settle(&world.findings);
}

/* Leaf first, with spaces between; the same text is the same stack. */
static uint32_t stack(const char *text)
{
	struct stacks *s = &world.analysis.stacks;
	for (uint32_t i = 0; i < s->n; i++)
		if (strcmp(world.text[i], text) == 0)
			return i + 1;
	assert_true(s->n < STACKS);
	world.text[s->n] = text;
	struct stack *new = &world.stack[s->n++];
	new->first = (uint32_t)s->frames;
	while (*text) {
		size_t n = strcspn(text, " ");
		assert_true(s->frames < STACKS * FRAMES);
		world.frame[s->frames++].function = names_intern(&world.analysis.names, text, n);
		new->frames++;
		text += n + strspn(text + n, " ");
	}
	return (uint32_t)s->n;
}

/* A goroutine in this slot, created during the trace. */
static void born(uint32_t slot, const char *function, int64_t at_ms)
{
	world.slot[slot] = (struct witness_goroutine){
		.id = ++world.last_id,
		.function = name(function),
		.created = true,
		.born_ns = at_ms * MS,
		.burst_since_ns = INT64_MIN,
	};
}

static void died(uint32_t slot, int64_t at_ms)
{
	assert_true(world.family->died(world.self, &world.witness, slot, at_ms * MS));
}

static void tell(uint32_t slot, const struct spell *s)
{
	const uint8_t who = world.family->who;
	if (!who || who & witness_who(&world.witness, &world.slot[slot]))
		assert_true(world.family->spell(world.self, &world.witness, slot, s));
}

static void waits(uint32_t slot, const char *where, int64_t from_ms, int64_t to_ms)
{
	tell(slot, &(struct spell){.class = SPELL_SELECT,
	                           .begin_ns = from_ms * MS,
	                           .end_ns = to_ms * MS,
	                           .ns = (to_ms - from_ms) * MS,
	                           .stack = stack(where),
	                           .waker_slot = TRACE_NONE});
}

static void happens(uint32_t slot, uint8_t type, uint64_t task, uint64_t parent, int64_t at_ms)
{
	const struct trace_event e = {.type = type,
	                              .g = slot,
	                              .arg = {task, parent},
	                              .name = name(parent ? "part" : "checkout"),
	                              .at_ns = at_ms * MS};
	assert_true(world.family->event(world.self, &world.witness, &(struct trace_block){0}, &e));
}

static const struct finding *found(enum slug slug)
{
	for (size_t i = 0; i < world.findings.n; i++)
		if (world.findings.finding[i]->slug == slug)
			return world.findings.finding[i];
	return NULL;
}

static double measured(const struct finding *f, const char *what)
{
	for (size_t i = 0; f && i < f->measures; i++)
		if (strcmp(f->measure[i].name, what) == 0)
			return f->measure[i].value;
	return -1;
}

#define assert_measure(f, what, value) \
	assert_true(measured(f, what) > (value)-1 && measured(f, what) < (value) + 1)

static void assert_silence(void)
{
	if (world.findings.n)
		fail_msg("%s", world.findings.finding[0]->summary);
}

/* --- calls ------------------------------------------------------------------------------------ */

/* One connection's requests, each with the same waits in a row. */
static void serve(unsigned requests, const char *const *where, size_t n, int64_t each_ms)
{
	int64_t at = 0;
	born(1, "net/http.(*conn).serve", at);
	for (unsigned i = 0; i < requests; i++) {
		waits(1, IDLE, at, at + 50);
		at += 51;
		for (size_t k = 0; k < n; k++) {
			waits(1, where[k], at, at + each_ms);
			at += each_ms;
		}
		at++;
	}
	waits(1, IDLE, at, at + 50);
}

static void calls_one_after_the_other_are_serial(void **state)
{
	static const char *const where[] = {CALL, CALL, CALL, CALL};
	(void)state;
	begin(&rules_io);
	serve(6, where, 4, 10);
	conclude();
	const struct finding *f = found(SLUG_SERIAL_IO);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_measure(f, "requests", 6);
	assert_measure(f, "calls", 24);
	assert_measure(f, "lasted", 6 * 42.0 * MS);
	assert_measure(f, "saved", 6 * 30.0 * MS);
	assert_non_null(strstr(f->summary, "main.(*shop).list"));
	assert_true(f->remedy && strstr(f->remedy, "again and again"));
	assert_null(found(SLUG_SLOW_DEPENDENCY));
	end();
}

static void few_requests_prove_nothing(void **state)
{
	static const char *const where[] = {CALL, CALL, CALL, CALL};
	(void)state;
	begin(&rules_io);
	serve(4, where, 4, 100);
	conclude();
	assert_silence();
	end();
}

static void requests_without_a_wait_count_in_their_kind(void **state)
{
	static const char *const where[] = {CALL};
	(void)state;
	for (unsigned quick = 5; quick < 8; quick += 2) {
		begin(&rules_io);
		serve(6, where, 1, 80);
		born(2, "net/http.(*conn).serve", 0);
		for (unsigned i = 0; i <= quick; i++) /* the cache has what they ask for */
			waits(2, IDLE, 10 * i, 10 * i + 9);
		conclude();
		const struct finding *f = found(SLUG_SLOW_DEPENDENCY);
		assert_int_equal(f != NULL, quick < 6);
		if (f)
			assert_measure(f, "of_requests", 6 + quick);
		end();
	}
}

static void opening_and_closing_a_connection_are_no_requests(void **state)
{
	(void)state;
	begin(&rules_io);
	for (unsigned i = 0; i < 6; i++) {
		int64_t at = 100 * i;
		born(1, "net/http.(*conn).serve", at);
		waits(1, IDLE, at, at + 1);
		waits(1, CALL, at + 1, at + 81);
		waits(1, IDLE, at + 82, at + 90);
		died(1, at + 90);
	}
	conclude();
	assert_measure(found(SLUG_SLOW_DEPENDENCY), "of_requests", 6);
	end();
}

/* A client that asks once and hangs up. */
static void a_connection_of_one_request_has_one(void **state)
{
	(void)state;
	begin(&rules_io);
	serve(6, (const char *const[]){CALL}, 1, 80);
	for (unsigned i = 0; i < 4; i++) {
		born(2, "net/http.(*conn).serve", 100 * i);
		waits(2, IDLE, 100 * i, 100 * i + 1);
		died(2, 100 * i + 1);
	}
	conclude();
	assert_measure(found(SLUG_SLOW_DEPENDENCY), "of_requests", 6 + 4);
	end();
}

static void calls_that_take_no_time_are_left_alone(void **state)
{
	static const char *const where[] = {CALL, CALL};
	(void)state;
	begin(&rules_io);
	serve(30, where, 2, 3);
	conclude();
	assert_silence();
	end();
}

static void a_connection_an_answer_and_its_body_are_one_call(void **state)
{
	static const char *const where[] = {DIAL, CALL, BODY};
	(void)state;
	begin(&rules_io);
	serve(6, where, 3, 40);
	conclude();
	assert_null(found(SLUG_SERIAL_IO));
	end();
}

static void one_long_call_is_a_slow_dependency(void **state)
{
	static const char *const where[] = {CALL};
	(void)state;
	begin(&rules_io);
	serve(6, where, 1, 80);
	conclude();
	const struct finding *f = found(SLUG_SLOW_DEPENDENCY);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_measure(f, "waited", 6 * 80.0 * MS);
	assert_int_equal(world.findings.n, 1);
	end();
}

static void nobody_is_known_to_wait_for_a_client_by_nature(void **state)
{
	(void)state;
	begin(&rules_io);
	for (uint32_t i = 0; i < 40; i++) {
		born(2, "main.work", 200 * i);
		waits(2, FETCH, 200 * i, 200 * i + 100);
		died(2, 200 * i + 101);
	}
	conclude();
	const struct finding *f = found(SLUG_SLOW_DEPENDENCY);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_INFO);
	end();
}

static void a_task_is_awaited_where_a_client_is(void **state)
{
	(void)state;
	for (unsigned serves = 0; serves < 2; serves++) {
		begin(&rules_io);
		born(1, serves ? "net/http.(*conn).serve" : "main.work", 0);
		for (unsigned i = 0; i < 6; i++) {
			happens(1, EV_USER_TASK_BEGIN, i + 1, 0, 100 * i);
			waits(1, serves ? CALL : FETCH, 100 * i, 100 * i + 80);
			happens(1, EV_USER_TASK_END, i + 1, 0, 100 * i + 81);
		}
		conclude();
		const struct finding *f = found(SLUG_SLOW_DEPENDENCY);
		assert_measure(f, "requests", 6);
		assert_int_equal(f->severity, serves ? SEVERITY_WARNING : SEVERITY_INFO);
		end();
	}
}

static void workers_of_a_batch_are_no_requests(void **state)
{
	(void)state;
	begin(&rules_io);
	for (uint32_t i = 0; i < 8; i++)
		born(i, "main.work", 0);
	for (int64_t at = 0; at < 9000; at += 20)
		for (uint32_t i = 0; i < 8; i++)
			waits(i, FETCH, at, at + 20);
	for (uint32_t i = 0; i < 8; i++)
		died(i, 9000);
	conclude();
	assert_silence();
	end();
}

/* --- tasks ------------------------------------------------------------------------------------ */

static void a_task_waits_where_its_goroutines_do(void **state)
{
	(void)state;
	begin(&rules_io);
	born(1, "main.work", 0);
	for (unsigned i = 0; i < 6; i++) {
		int64_t at = 100 * i;
		happens(1, EV_USER_TASK_BEGIN, i + 1, 0, at);
		waits(1, FETCH, at, at + 40);
		waits(1, FETCH, at + 40, at + 80);
		happens(1, EV_USER_TASK_END, i + 1, 0, at + 81);
	}
	died(1, 600);
	conclude();
	const struct finding *f = found(SLUG_SERIAL_IO);
	assert_non_null(f);
	assert_non_null(strstr(f->summary, "tasks \"checkout\""));
	assert_measure(f, "saved", 6 * 40.0 * MS);
	assert_int_equal(world.findings.n, 1);
	end();
}

static void every_task_that_ended_counts_in_its_type(void **state)
{
	(void)state;
	begin(&rules_io);
	born(1, "net/http.(*conn).serve", 0);
	for (unsigned i = 0; i < 11; i++) {
		happens(1, EV_USER_TASK_BEGIN, i + 1, 0, 100 * i);
		if (i < 6)
			waits(1, CALL, 100 * i, 100 * i + 80);
		happens(1, EV_USER_TASK_END, i + 1, 0, 100 * i + (i < 6 ? 81 : 0));
	}
	conclude();
	assert_measure(found(SLUG_SLOW_DEPENDENCY), "of_requests", 11);
	end();
}

static void calls_of_a_task_at_the_same_time_are_not_serial(void **state)
{
	(void)state;
	begin(&rules_io);
	for (uint32_t i = 1; i < 4; i++)
		born(i, "main.work", 0);
	for (unsigned i = 0; i < 8; i++) {
		int64_t at = 100 * i;
		happens(1, EV_USER_TASK_BEGIN, i + 1, 0, at);
		for (uint32_t k = 2; k < 4; k++) {
			happens(k, EV_USER_REGION_BEGIN, i + 1, 0, at);
			waits(k, FETCH, at + 1, at + 40 + k);
			happens(k, EV_USER_REGION_END, i + 1, 0, at + 45);
		}
		happens(1, EV_USER_TASK_END, i + 1, 0, at + 46);
		waits(2, FETCH, at + 47, at + 90); /* for nobody's task */
	}
	conclude();
	assert_null(found(SLUG_SERIAL_IO));
	end();
}

static void a_task_waits_while_its_parts_do(void **state)
{
	(void)state;
	begin(&rules_io);
	born(1, "main.work", 0);
	for (unsigned i = 0; i < 6; i++) {
		int64_t at = 200 * i;
		happens(1, EV_USER_TASK_BEGIN, 10 * i + 1, 0, at);
		for (unsigned k = 2; k < 5; k++, at += 21) {
			happens(1, EV_USER_TASK_BEGIN, 10 * i + k, 10 * i + 1, at);
			waits(1, FETCH, at, at + 20);
			happens(1, EV_USER_TASK_END, 10 * i + k, 10 * i + 1, at + 20);
		}
		happens(1, EV_USER_TASK_END, 10 * i + 1, 0, at);
	}
	conclude();
	assert_measure(found(SLUG_SERIAL_IO), "requests", 6);
	end();
}

static void tasks_that_wait_for_the_network_are_told_and_readers_are_not(void **state)
{
	(void)state;
	begin(&rules_io);
	born(1, "main.work", 0);
	born(2, "main.work", 0);
	for (unsigned i = 0; i < 8; i++) {
		happens(1, EV_USER_TASK_BEGIN, i + 1, 0, 100 * i);
		waits(1, READ, 100 * i, 100 * i + 90);
		happens(1, EV_USER_TASK_END, i + 1, 0, 100 * i + 91);
		waits(2, READ, 100 * i, 100 * i + 99);
	}
	conclude();
	const struct finding *f = found(SLUG_NETWORK_WAIT);
	assert_measure(f, "requests", 8);
	assert_int_equal(f->severity, SEVERITY_INFO); /* nobody knows whose turn it was */
	assert_int_equal(world.findings.n, 1);
	end();
}

static void what_a_gap_cuts_off_is_not_told(void **state)
{
	(void)state;
	begin(&rules_io);
	born(1, "main.work", 0);
	for (unsigned i = 0; i < 8; i++) {
		happens(1, EV_USER_TASK_BEGIN, i + 1, 0, 100 * i);
		waits(1, READ, 100 * i, 100 * i + 90);
		world.family->gap(world.self);
		happens(1, EV_USER_TASK_END, i + 1, 0, 100 * i + 91);
	}
	conclude();
	assert_silence();
	end();
}

/* --- pools ------------------------------------------------------------------------------------ */

static void waiting_in_a_pool_for_a_fifth_of_the_time_is_told(void **state)
{
	static const char *const where[] = {QUEUE, CALL};
	(void)state;
	begin(&rules_io);
	serve(10, where, 2, 20);
	conclude();
	const struct finding *f = found(SLUG_POOL_SATURATION);
	assert_non_null(f);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_measure(f, "waited", 10 * 20.0 * MS);
	assert_non_null(strstr(f->summary, "a connection of a pool"));
	end();
}

static void goroutines_that_share_a_pool_may_be_meant_to(void **state)
{
	(void)state;
	begin(&rules_io);
	for (uint32_t i = 0; i < 40; i++) {
		born(1, "main.work", 200 * i);
		waits(1, "runtime.selectgo database/sql.(*DB).conn database/sql.(*DB).Query main.work",
		      200 * i, 200 * i + 100);
		died(1, 200 * i + 101);
	}
	conclude();
	const struct finding *f = found(SLUG_POOL_SATURATION);
	assert_measure(f, "requests", 40);
	assert_int_equal(f->severity, SEVERITY_INFO);
	end();
}

static void short_waits_in_a_pool_are_left_alone(void **state)
{
	static const char *const where[] = {QUEUE, CALL};
	(void)state;
	begin(&rules_io);
	serve(30, where, 2, 4);
	conclude();
	assert_silence();
	end();
}

/* --- outliers --------------------------------------------------------------------------------- */

struct burst {
	int64_t ns, starved_ns;
	int64_t slice_ns; /* one stretch of it; 0: the runtime preempted it as usual */
};

static void runs(uint32_t slot, const struct burst *b)
{
	if (b->slice_ns)
		tell(slot, &(struct spell){.class = SPELL_RUNNING, .ns = b->slice_ns});
	tell(slot, &(struct spell){.class = SPELL_BURST,
	                           .begin_ns = (int64_t)100 * MS,
	                           .end_ns = (int64_t)100 * MS + b->ns,
	                           .ns = b->ns,
	                           .stack = stack("main.sum " SERVED),
	                           .during.starved = b->starved_ns});
}

/* Many bursts of other requests of the kind, which are too short to be told, and this one. */
static const struct finding *outlier_of(const struct burst *b)
{
	begin(&rules_outlier);
	born(1, "net/http.(*conn).serve", 0);
	born(2, "net/http.(*conn).serve", 0);
	world.slot[1].bursts = 1;
	world.slot[2].bursts = 200;
	runs(1, b);
	conclude();
	return found(SLUG_SLOW_REQUEST_OUTLIER);
}

static void a_burst_far_above_its_kind_is_told_when_others_wait(void **state)
{
	const struct burst b = {(int64_t)90 * MS, (int64_t)60 * MS, 0};
	(void)state;
	const struct finding *f = outlier_of(&b);
	assert_measure(f, "longest", 90.0 * MS);
	assert_measure(f, "bursts", 201);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_int_equal(f->evidence[0].goroutine, 1);
	end();
}

static void a_burst_that_nobody_waits_for_is_none(void **state)
{
	const struct burst b = {(int64_t)90 * MS, 0, 0};
	(void)state;
	assert_null(outlier_of(&b));
	end();
}

static void a_thread_that_stood_still_is_none(void **state)
{
	const struct burst b = {(int64_t)90 * MS, (int64_t)60 * MS, (int64_t)80 * MS};
	(void)state;
	assert_null(outlier_of(&b));
	end();
}

static void waiters_for_its_lock_count_as_well(void **state)
{
	(void)state;
	begin(&rules_outlier);
	born(1, "net/http.(*conn).serve", 0);
	born(2, "net/http.(*conn).serve", 0);
	world.slot[1].bursts = 1;
	world.slot[2].bursts = 300;
	world.slot[1].burst_since_ns = (int64_t)100 * MS;
	tell(2, &(struct spell){.class = SPELL_LOCK,
	                        .begin_ns = (int64_t)110 * MS,
	                        .end_ns = (int64_t)180 * MS,
	                        .ns = (int64_t)70 * MS,
	                        .stack = stack(LOCK),
	                        .waker_slot = 1});
	runs(1, &(const struct burst){(int64_t)90 * MS, 0, 0});
	conclude();
	const struct finding *f = found(SLUG_SLOW_REQUEST_OUTLIER);
	assert_non_null(f);
	assert_non_null(strstr(f->evidence[0].text, "a lock of it"));
	assert_int_equal(f->severity, SEVERITY_WARNING);
	end();
}

static void many_long_bursts_are_not_unusual(void **state)
{
	(void)state;
	begin(&rules_outlier);
	born(1, "net/http.(*conn).serve", 0);
	world.slot[1].bursts = 100;
	for (unsigned i = 0; i < 30; i++)
		runs(1, &(const struct burst){(int64_t)90 * MS, (int64_t)60 * MS, 0});
	conclude();
	assert_silence();
	end();
}

/* Between two waits it may have done a hundred things. */
static void what_works_off_a_queue_has_no_outliers(void **state)
{
	(void)state;
	for (uint32_t first = 0; first < 2; first++) {
		begin(&rules_outlier);
		for (uint32_t i = 0; i < 30; i++) {
			born(i, "main.work", 0);
			world.slot[i].bursts = i == 7 && !first ? 5 : 1;
			runs(i, &(const struct burst){i == 7 ? (int64_t)90 * MS : MS, (int64_t)60 * MS, 0});
		}
		conclude();
		assert_int_equal(found(SLUG_SLOW_REQUEST_OUTLIER) != NULL, first);
		end();
	}
}

static void items_of_a_batch_differ_unless_a_request_waits_for_them(void **state)
{
	(void)state;
	for (uint32_t serves = 0; serves < 2; serves++) {
		begin(&rules_outlier);
		born(40, serves ? "net/http.(*conn).serve" : "main.main", 0);
		for (uint32_t i = 0; i < 30; i++) {
			born(i, "main.work", 0);
			assert_true(world.family->born(world.self, &world.witness, i, 40));
			world.slot[i].bursts = 1;
			runs(i, &(const struct burst){i == 7 ? (int64_t)90 * MS : MS, (int64_t)60 * MS, 0});
		}
		conclude();
		const struct finding *f = found(SLUG_SLOW_REQUEST_OUTLIER);
		assert_measure(f, "outliers", 1);
		assert_int_equal(f->severity, serves ? SEVERITY_WARNING : SEVERITY_INFO);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_one_after_the_other_are_serial),
		cmocka_unit_test(few_requests_prove_nothing),
		cmocka_unit_test(requests_without_a_wait_count_in_their_kind),
		cmocka_unit_test(opening_and_closing_a_connection_are_no_requests),
		cmocka_unit_test(a_connection_of_one_request_has_one),
		cmocka_unit_test(calls_that_take_no_time_are_left_alone),
		cmocka_unit_test(a_connection_an_answer_and_its_body_are_one_call),
		cmocka_unit_test(one_long_call_is_a_slow_dependency),
		cmocka_unit_test(nobody_is_known_to_wait_for_a_client_by_nature),
		cmocka_unit_test(a_task_is_awaited_where_a_client_is),
		cmocka_unit_test(workers_of_a_batch_are_no_requests),
		cmocka_unit_test(a_task_waits_where_its_goroutines_do),
		cmocka_unit_test(every_task_that_ended_counts_in_its_type),
		cmocka_unit_test(calls_of_a_task_at_the_same_time_are_not_serial),
		cmocka_unit_test(a_task_waits_while_its_parts_do),
		cmocka_unit_test(tasks_that_wait_for_the_network_are_told_and_readers_are_not),
		cmocka_unit_test(what_a_gap_cuts_off_is_not_told),
		cmocka_unit_test(waiting_in_a_pool_for_a_fifth_of_the_time_is_told),
		cmocka_unit_test(goroutines_that_share_a_pool_may_be_meant_to),
		cmocka_unit_test(short_waits_in_a_pool_are_left_alone),
		cmocka_unit_test(a_burst_far_above_its_kind_is_told_when_others_wait),
		cmocka_unit_test(a_burst_that_nobody_waits_for_is_none),
		cmocka_unit_test(a_thread_that_stood_still_is_none),
		cmocka_unit_test(waiters_for_its_lock_count_as_well),
		cmocka_unit_test(many_long_bursts_are_not_unusual),
		cmocka_unit_test(what_works_off_a_queue_has_no_outliers),
		cmocka_unit_test(items_of_a_batch_differ_unless_a_request_waits_for_them),
	};
	return cmocka_run_group_tests_name("doctor_requests", tests, NULL, NULL);
}
