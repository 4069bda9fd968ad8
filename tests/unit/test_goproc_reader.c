#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/goproc_fake.h"
#include "util/clock.h"

#define IDLE_STAMP(at_ns)  (UINT64_C(4) << 61 | (uint64_t)(at_ns))
#define OTHER_STAMP(at_ns) (UINT64_C(2) << 61 | (uint64_t)(at_ns))

static int setup(void **state)
{
	*state = fake_create(26, 2, 3);
	return 0;
}

static int teardown(void **state)
{
	fake_destroy(*state);
	return 0;
}

static struct goproc_state read_ok(struct fake *fake)
{
	struct goproc_state out;
	char why[WHY_SIZE] = "";
	enum reader_result result = reader_read(&fake->reader, &out, why);
	if (result != READER_OK)
		fail_msg("the read failed with %d: %s", (int)result, why);
	return out;
}

static void expect_torn(struct fake *fake, const char *sentence)
{
	struct goproc_state out;
	char why[WHY_SIZE] = "";
	uint64_t dropped = fake->reader.dropped;
	assert_int_equal(reader_read(&fake->reader, &out, why), READER_TORN);
	assert_int_equal(fake->reader.dropped, dropped + 1);
	if (!strstr(why, sentence))
		fail_msg("\"%s\" does not say \"%s\"", why, sentence);
}

static void read_shows_what_the_scheduler_holds(void **state)
{
	struct fake *fake = *state;
	const struct layout *l = fake->reader.layout;
	fake_run(fake, 1, 2, 5);
	fake_set_p(fake, 1, IN_P_SCHEDTICK, 0xfffffff0);
	fake_set_p(fake, 1, IN_P_RUNQHEAD, 0xfffffffe); /* wraps */
	fake_set_p(fake, 1, IN_P_RUNQTAIL, 3);
	fake_set_p(fake, 1, IN_P_RUNNEXT, 0x1234);
	fake_set_p(fake, 1, IN_P_TIMERS, 7);
	fake_set_p(fake, 0, IN_P_GFREE, 4);
	fake_set_p(fake, 0, IN_P_CREATED, 30);
	fake_set_m(fake, 0, IN_M_LOCKEDG, fake_g(6));
	fake_set_m(fake, 0, IN_M_BLOCKED, 1);
	fake_set_m(fake, 0, IN_M_LOCKS, (uint32_t)-1);
	fake_set_sched(fake, l->npidle, 1);
	fake_set_sched(fake, l->runq_size, 9);
	fake_set_sched(fake, l->sysmonwait, 1);
	fake_set_sched(fake, l->goroutinesCreated, 12);
	fake_set_sched(fake, l->totalMutexWaitTime, 555);
	fake_set_sched(fake, l->ngsys, 3);
	fake_set_sched(fake, l->gfree_stack, 2);
	fake_set_sched(fake, l->gfree_nostack, 1);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.np, 2);
	assert_int_equal(s.nm, 3);
	assert_int_equal(s.sched.gomaxprocs, 2);
	assert_int_equal(s.sched.idleprocs, 1);
	assert_int_equal(s.sched.threads, 3);
	assert_int_equal(s.sched.runqueue, 9);
	assert_int_equal(s.sched.sysmonwait, 1);
	assert_int_equal(s.sched.gcwaiting, 0);
	assert_int_equal(s.sched.goroutines_created, 42);
	assert_int_equal(s.sched.mutex_wait_ns, 555);
	assert_int_equal(s.sched.goroutines, 20 - 3 - 2 - 1 - 4);
	assert_int_equal(s.p[1].schedtick, 0xfffffff0);
	assert_int_equal(s.p[1].runqsize, 5);
	assert_int_equal(s.p[1].runnext, 1);
	assert_int_equal(s.p[1].timerslen, 7);
	assert_int_equal(s.p[1].m, 2);
	assert_int_equal(s.p[1].curg, 105);
	assert_int_equal(s.p[1].activity, GOPROC_RUNNING);
	assert_int_equal(s.p[0].m, GOPROC_NIL);
	assert_int_equal(s.p[0].curg, GOPROC_NIL);
	assert_int_equal(s.p[0].activity, GOPROC_IDLE);
	/* allm: the newest thread comes first. */
	assert_int_equal(s.m[0].id, 2);
	assert_int_equal(s.m[0].p, 1);
	assert_int_equal(s.m[0].curg, 105);
	assert_int_equal(s.m[0].curg_status, 2);
	assert_int_equal(s.m[0].lockedg, GOPROC_NIL);
	assert_int_equal(s.m[2].id, 0);
	assert_int_equal(s.m[2].lockedg, 106);
	assert_int_equal(s.m[2].locks, -1);
	assert_int_equal(s.m[2].blocked, 1);
	assert_int_equal(s.m[2].tid, 1000);
	assert_int_equal(s.m[2].p, GOPROC_NIL);
}

static void one_call_is_enough_and_one_for_the_goroutines(void **state)
{
	struct fake *fake = *state;
	read_ok(fake);
	unsigned before = fake->calls;
	read_ok(fake);
	assert_int_equal(fake->calls - before, 1);
	fake_run(fake, 0, 1, 3);
	before = fake->calls;
	read_ok(fake);
	assert_int_equal(fake->calls - before, 2);
}

static void values_an_old_version_lacks_are_unknown(void **state)
{
	(void)state;
	struct fake *fake = fake_create(19, 2, 3);
	struct goproc_state s = read_ok(fake);
	assert_true(s.sched.idle_ns == GOPROC_UNKNOWN);
	assert_true(s.sched.goroutines_created == GOPROC_UNKNOWN);
	assert_true(s.sched.mutex_wait_ns == GOPROC_UNKNOWN);
	assert_true(s.sched.needspinning == GOPROC_UNKNOWN);
	assert_true(s.old_histogram_layout);
	assert_int_equal(s.histogram[GOPROC_TIME_TO_RUN].n, 721);
	assert_int_equal(s.histogram[GOPROC_STW_TOTAL_GC].n, 0);
	fake_destroy(fake);
	fake = fake_create(20, 2, 3); /* has idleTime, but it is wrong */
	assert_true(read_ok(fake).sched.idle_ns == GOPROC_UNKNOWN);
	fake_destroy(fake);
}

static void histogram_starts_with_the_underflow(void **state)
{
	struct fake *fake = *state;
	struct layout_field field = fake->reader.layout->timeToRun;
	uint8_t *at = fake_bytes(fake, fake->reader.globals.sched + (uint64_t)field.off, 162 * 8);
	assert_non_null(at);
	for (uint64_t i = 0; i < 162; i++) {
		uint64_t count = 1000 + i; /* buckets 0..159, underflow, overflow */
		memcpy(at + i * 8, &count, sizeof count);
	}
	struct goproc_state read = read_ok(fake);
	const struct goproc_counts *h = &read.histogram[GOPROC_TIME_TO_RUN];
	assert_int_equal(h->n, 162);
	assert_int_equal(h->count[0], 1160);
	assert_int_equal(h->count[1], 1000);
	assert_int_equal(h->count[160], 1159);
	assert_int_equal(h->count[161], 1161);
}

static void thread_that_started_is_found(void **state)
{
	struct fake *fake = *state;
	read_ok(fake);
	fake_set_allm(fake, fake_m(4)); /* 3 and 4 are linked in front */
	fake_set_sched(fake, fake->reader.layout->mnext, 5);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.nm, 5);
	assert_int_equal(s.m[0].id, 4);
	assert_int_equal(fake->reader.dropped, 0);
}

static void thread_that_exited_in_the_middle_is_left_out(void **state)
{
	struct fake *fake = *state;
	read_ok(fake);
	fake_set_m(fake, 2, IN_M_ALLLINK, fake_m(0));
	fake_set_sched(fake, fake->reader.layout->nmfreed, 1);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.nm, 2);
	assert_int_equal(s.m[1].id, 0);
	assert_int_equal(s.sched.threads, 2);
}

static void gomaxprocs_is_followed_up_and_down(void **state)
{
	struct fake *fake = *state;
	enum goproc_activity activity[FAKE_PROCS];
	size_t np;
	static const size_t steps[] = {2, 5, 8, 1, 3};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		fake_set_procs(fake, steps[i]);
		fake_set_sched(fake, fake->reader.layout->npidle, steps[i]);
		assert_int_equal(read_ok(fake).np, steps[i]);
		fake_set_procs(fake, 4);
		assert_int_equal(reader_sample(&fake->reader, activity, FAKE_PROCS, &np), READER_OK);
		assert_int_equal(np, 4);
		fake_set_procs(fake, steps[i]);
		assert_int_equal(reader_sample(&fake->reader, activity, FAKE_PROCS, &np), READER_OK);
		assert_int_equal(np, steps[i]);
	}
}

/* procresize has changed allp, but not gomaxprocs yet. */
static void settle_later(struct fake *fake, unsigned call)
{
	if (call == 4) {
		fake_set_procs(fake, 4);
		fake_set_sched(fake, fake->reader.layout->npidle, 4);
	}
}

static void resize_seen_halfway_is_read_again(void **state)
{
	struct fake *fake = *state;
	uint8_t *gomaxprocs = fake_bytes(fake, fake->reader.globals.gomaxprocs, 4);
	fake_set_procs(fake, 4);
	gomaxprocs[0] = 2;
	fake->before_call = settle_later;
	assert_int_equal(read_ok(fake).np, 4);
	assert_int_equal(fake->reader.dropped, 0);
}

static void flip_procs(struct fake *fake, unsigned call)
{
	fake_set_procs(fake, 1 + call % 7); /* no two calls of a read see the same */
}

static void lists_that_never_settle_are_dropped(void **state)
{
	struct fake *fake = *state;
	fake->before_call = flip_procs;
	expect_torn(fake, "kept changing");
}

static void threads_linked_in_a_ring_do_not_hang(void **state)
{
	struct fake *fake = *state;
	fake_set_m(fake, 0, IN_M_ALLLINK, fake_m(2));
	expect_torn(fake, "");
}

static void implausible_values_are_never_returned(void **state)
{
	struct fake *fake = *state;
	const struct layout *l = fake->reader.layout;
	fake_set_p(fake, 1, IN_P_RUNQTAIL, 257);
	expect_torn(fake, "run queue");
	fake_set_p(fake, 1, IN_P_RUNQTAIL, 256);
	read_ok(fake);
	fake_set_p(fake, 1, IN_P_STATUS, 5);
	expect_torn(fake, "status 5");
	fake_set_p(fake, 1, IN_P_STATUS, 0);
	fake_set_p(fake, 1, IN_P_ID, 0);
	expect_torn(fake, "P 1 has id 0");
	fake_set_p(fake, 1, IN_P_ID, 1);
	fake_set_m(fake, 1, IN_M_ID, 2);
	expect_torn(fake, "two threads have the id 2");
	fake_set_m(fake, 1, IN_M_ID, (uint64_t)-1);
	expect_torn(fake, "has the id -1");
	fake_set_m(fake, 1, IN_M_ID, 1);
	fake_set_sched(fake, l->npidle, 3);
	expect_torn(fake, "idleprocs is 3");
	fake_set_sched(fake, l->npidle, 2);
	fake_set_sched(fake, l->nmidle, (uint32_t)-1);
	expect_torn(fake, "idlethreads is -1");
	fake_set_sched(fake, l->nmidle, 0);
	fake_set_sched(fake, l->gcwaiting, 2);
	expect_torn(fake, "gcwaiting is 2");
	fake_set_sched(fake, l->gcwaiting, 0);
	fake_set_allglen(fake, 201);
	expect_torn(fake, "201 goroutines");
	fake_set_allglen(fake, 200);
	fake_set_sched(fake, l->mnext, 0);
	expect_torn(fake, "mnext is 0");
	fake_set_sched(fake, l->mnext, 3);
	read_ok(fake);
}

static void waits_for_locks_are_those_of_all_threads(void **state)
{
	struct fake *fake = *state;
	const struct layout *l = fake->reader.layout;
	fake_set_sched(fake, l->totalMutexWaitTime, 1000);
	fake_set_sched(fake, l->totalRuntimeLockWaitTime, 200);
	fake_set_m(fake, 0, IN_M_LOCK_WAIT, 30);
	fake_set_m(fake, 2, IN_M_LOCK_WAIT, 4);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.sched.mutex_wait_ns, 1000);
	assert_int_equal(s.sched.lock_wait_ns, 1234);
	fake = fake_create(21, 2, 3); /* measures mutexes alone */
	fake_set_sched(fake, fake->reader.layout->totalMutexWaitTime, 1000);
	assert_int_equal(read_ok(fake).sched.lock_wait_ns, 1000);
	fake_destroy(fake);
}

/* The collector's variables, where the fake has nothing else. */
static void set_collector(struct fake *fake, uint64_t address)
{
	const struct gc_layout *l = gc_layout_find(26);
	struct globals *globals = &fake->reader.globals;
	globals->gc_controller = address;
	globals->gc_controller_size = (uint64_t)l->controller.size;
	globals->memstats = address + 0x1000;
	globals->memstats_size = (uint64_t)l->memstats.size;
	globals->work = address + 0x8000;
	globals->work_size = (uint64_t)l->work.size;
	const struct {
		uint64_t variable;
		struct layout_field field;
		uint64_t value;
	} values[] = {
		{globals->gc_controller, l->heap_marked, 5 << 20},
		{globals->gc_controller, l->heap_goal, 10 << 20},
		{globals->gc_controller, l->memory_limit, INT64_MAX},
		{globals->gc_controller, l->sweep_trigger, 11 << 20},
		{globals->gc_controller, l->triggered, UINT64_MAX},
		{globals->memstats, l->cycles, 7},
		{globals->memstats, l->cycles_forced, 2},
		{globals->work, l->cpu_total, 9000},
		{globals->work, l->cpu_idle, 4000},
		{globals->work, l->cpu_gc, 100},
		{globals->work, l->cpu_assist, 10},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		uint8_t *at = fake_bytes(fake, values[i].variable + (uint64_t)values[i].field.off,
		                         (size_t)values[i].field.size);
		assert_non_null(at);
		memcpy(at, &values[i].value, (size_t)values[i].field.size);
	}
	gcstate_init(&fake->reader.gcstate, globals, 26);
}
#define COLLECTOR 0x2000000

static void collector_is_read_where_symbols_tell_of_it(void **state)
{
	struct fake *fake = *state;
	assert_true(read_ok(fake).collector.cycles == GOPROC_UNKNOWN);
	assert_true(read_ok(fake).sched.idle_at_gc_ns == GOPROC_UNKNOWN);
	fake->reader.planned = 0; /* the plan is made at attach */
	fake_map(fake, COLLECTOR, 0x20000);
	set_collector(fake, COLLECTOR);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.collector.cycles, 7);
	assert_int_equal(s.collector.cycles_forced, 2);
	assert_int_equal(s.collector.heap_live_bytes, 5 << 20);
	assert_int_equal(s.collector.heap_goal_bytes, 11 << 20);
	assert_int_equal(s.collector.cpu_total_ns, 9000);
	assert_int_equal(s.collector.cpu_gc_ns, 100);
	assert_int_equal(s.collector.cpu_assist_ns, 10);
	assert_int_equal(s.sched.idle_at_gc_ns, 4000);
}

static void phase_of_the_collector_is_one_of_three_or_unknown(void **state)
{
	struct fake *fake = *state;
	assert_true(read_ok(fake).sched.gc_phase == GOPROC_UNKNOWN);
	fake->reader.planned = 0;
	fake_map(fake, COLLECTOR, 0x1000);
	fake->reader.globals.gc_phase = COLLECTOR + 0x40;
	uint8_t *phase = fake_bytes(fake, COLLECTOR + 0x40, 4);
	for (uint8_t i = 0; i < 3; i++) {
		phase[0] = i;
		assert_int_equal(read_ok(fake).sched.gc_phase, i);
	}
	phase[0] = 3; /* no phase, so this is another variable */
	assert_true(read_ok(fake).sched.gc_phase == GOPROC_UNKNOWN);
}

static void collector_of_another_size_is_unknown(void **state)
{
	struct fake *fake = *state;
	fake_map(fake, COLLECTOR, 0x20000);
	set_collector(fake, COLLECTOR);
	fake->reader.globals.work_size += 8; /* another patch release's */
	fake->reader.globals.memstats = 0;
	gcstate_init(&fake->reader.gcstate, &fake->reader.globals, 26);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.collector.heap_live_bytes, 5 << 20);
	assert_true(s.collector.cycles == GOPROC_UNKNOWN);
	assert_true(s.collector.cpu_total_ns == GOPROC_UNKNOWN);
	assert_true(s.sched.idle_at_gc_ns == GOPROC_UNKNOWN);
}

/* mgcpacer.go, memoryLimitHeapGoal: what is left of the limit, without what is no heap and 3 %. */
static void heap_goal_under_a_memory_limit_is_the_runtimes(void **state)
{
	struct fake *fake = *state;
	const struct gc_layout *l = gc_layout_find(26);
	const int64_t mib = 1 << 20, gib = 1 << 30;
	const struct {
		int64_t limit, percent_goal, ready, alloc, free, goal;
	} table[] = {
		{gib, 10 * mib, 50 * mib, 20 * mib, 26 * mib, 11 * mib},       /* the percentage counts */
		{gib, -1, 50 * mib, 20 * mib, 26 * mib, 1037461095},           /* GOGC=off */
		{40 * mib, 100 * mib, 38 * mib, 20 * mib, 14 * mib, 36616275}, /* 3 % */
		{20 * mib, 100 * mib, 14 * mib, 6 * mib, 4 * mib, 15 * mib},   /* at least 1 MiB */
		{20 * mib, 100 * mib, 27 * mib, 16 * mib, 6 * mib, 7 * mib},   /* over the limit */
		{4 * mib, 100 * mib, 20 * mib, 10 * mib, 6 * mib, 5 * mib},    /* no room: what lives */
		{20 * mib, 100 * mib, 14 * mib, 10 * mib, 6 * mib, GOPROC_UNKNOWN}, /* of two moments */
	};
	fake_map(fake, COLLECTOR, 0x20000);
	set_collector(fake, COLLECTOR);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct {
			struct layout_field field;
			int64_t value;
		} values[] = {
			{l->memory_limit, table[i].limit},
			{l->heap_goal, table[i].percent_goal},
			{l->mapped_ready, table[i].ready},
			{l->total_alloc, table[i].alloc + gib},
			{l->total_free, gib},
			{l->heap_free, table[i].free},
		};
		for (size_t k = 0; k < sizeof values / sizeof *values; k++)
			memcpy(fake_bytes(fake, COLLECTOR + (uint64_t)values[k].field.off, 8), &values[k].value,
			       8);
		assert_int_equal(read_ok(fake).collector.heap_goal_bytes, table[i].goal);
	}
}

static void goroutine_count_is_clamped_as_the_runtime_does(void **state)
{
	struct fake *fake = *state;
	fake_set_allglen(fake, 2);
	fake_set_sched(fake, fake->reader.layout->ngsys, 9);
	assert_int_equal(read_ok(fake).sched.goroutines, 1);
}

static void idle_time_runs_on_while_a_p_is_idle(void **state)
{
	struct fake *fake = *state;
	int64_t now = clock_monotonic_ns();
	fake_set_sched(fake, fake->reader.layout->idleTime, 1000);
	fake_set_p(fake, 0, IN_P_LIMITER, IDLE_STAMP(now - NS_PER_S));
	fake_set_p(fake, 1, IN_P_LIMITER, OTHER_STAMP(now - NS_PER_S)); /* a mark assist */
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.sched.idle_ns, 1000 + NS_PER_S + (s.at_ns - now));
	/* Idle since a moment that is after ours: not negative. */
	fake_set_p(fake, 0, IN_P_LIMITER, IDLE_STAMP(now + 3600 * NS_PER_S));
	assert_int_equal(read_ok(fake).sched.idle_ns, 1000);
}

/* The fake's calls are whole, so the P is taken between two of its regions by changing what schedt
 * has. */
static int64_t booked_before;
static void book(struct fake *fake, unsigned call)
{
	(void)call;
	uint64_t sched = fake->reader.globals.sched + (uint64_t)fake->reader.layout->idleTime.off;
	/* The first place the time is read from is redirected to what it was before. */
	for (size_t i = 0; i < fake->reader.span_count; i++) {
		if ((uintptr_t)fake->reader.spans[i].iov_base == sched && booked_before)
			fake->reader.spans[i].iov_base = (void *)(uintptr_t)(fake_g(15));
	}
	uint8_t *old = fake_bytes(fake, fake_g(15), 8);
	memcpy(old, &booked_before, 8);
}

static void idle_p_taken_while_we_look_is_not_counted_twice(void **state)
{
	struct fake *fake = *state;
	fake_set_sched(fake, fake->reader.layout->idleTime, (uint64_t)(5 * NS_PER_S));
	read_ok(fake);                        /* makes the plan */
	booked_before = 5 * NS_PER_S - 10000; /* a short stretch */
	fake->before_call = book;
	read_ok(fake);
	booked_before = NS_PER_S; /* four seconds were booked in between */
	expect_torn(fake, "idle time changed by 4000000000 ns");
	booked_before = 6 * NS_PER_S; /* a GC ended and took it all */
	expect_torn(fake, "idle time changed by -1000000000 ns");
}

static void goroutine_behind_a_bad_pointer_stays_unknown(void **state)
{
	struct fake *fake = *state;
	fake_run(fake, 0, 1, 3);
	fake_run(fake, 1, 2, 4);
	fake_set_m(fake, 1, IN_M_CURG, 0xdead0000);
	struct goproc_state s = read_ok(fake);
	assert_true(s.m[1].curg == GOPROC_UNKNOWN && s.m[1].curg_status == GOPROC_UNKNOWN);
	assert_true(s.p[0].curg == GOPROC_UNKNOWN);
	assert_int_equal(s.p[0].activity, GOPROC_RUNNING);
	assert_int_equal(s.p[1].curg, 104);
}

static void m_that_is_not_in_the_list_yet_stays_unknown(void **state)
{
	struct fake *fake = *state;
	fake_run(fake, 0, 1, 3);
	fake_set_p(fake, 0, IN_P_M, fake_m(6));
	struct goproc_state s = read_ok(fake);
	assert_true(s.p[0].m == GOPROC_UNKNOWN);
	assert_int_equal(s.p[0].activity, GOPROC_RUNNING);
}

static void preemptoff_is_cleaned_and_cut(void **state)
{
	struct fake *fake = *state;
	uint8_t *text = fake_bytes(fake, fake_g(15), 64);
	memset(text, 'x', 64);
	memcpy(text, "gc\x1b[1m", 6);
	fake_set_m(fake, 0, IN_M_PREEMPTOFF, fake_g(15));
	fake_set_m(fake, 0, IN_M_PREEMPTOFF_LENGTH, 1 << 20);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(strlen(s.m[2].preemptoff), sizeof s.m[2].preemptoff - 1);
	assert_null(strchr(s.m[2].preemptoff, '\x1b'));
	fake_set_m(fake, 0, IN_M_PREEMPTOFF_LENGTH, (uint64_t)-1);
	assert_string_equal(read_ok(fake).m[2].preemptoff, "");
}

static void gone_and_refused_are_told_apart(void **state)
{
	struct fake *fake = *state;
	struct goproc_state out;
	enum goproc_activity activity[FAKE_PROCS];
	size_t np;
	read_ok(fake);
	fake->fail_with = ESRCH;
	assert_int_equal(reader_read(&fake->reader, &out, NULL), READER_GONE);
	assert_int_equal(reader_sample(&fake->reader, activity, FAKE_PROCS, &np), READER_GONE);
	fake->fail_with = EPERM;
	assert_int_equal(reader_read(&fake->reader, &out, NULL), READER_DENIED);
	fake->fail_with = ENOSYS;
	assert_int_equal(reader_read(&fake->reader, &out, NULL), READER_FAILED);
	fake->fail_with = EFAULT;
	assert_int_equal(reader_read(&fake->reader, &out, NULL), READER_TORN);
	fake->fail_with = 0;
	read_ok(fake);
}

/* ---- samples ---- */

static void expect_sample(struct fake *fake, enum goproc_activity first,
                          enum goproc_activity second, unsigned calls)
{
	enum goproc_activity activity[2];
	size_t np = 0;
	unsigned before = fake->calls;
	assert_int_equal(reader_sample(&fake->reader, activity, 2, &np), READER_OK);
	assert_int_equal(np, 2);
	assert_int_equal(activity[0], first);
	assert_int_equal(activity[1], second);
	assert_int_equal(fake->calls - before, calls);
	/* The big read sees the same. */
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.p[0].activity, first);
	assert_int_equal(s.p[1].activity, second);
}

static void sample_asks_again_only_for_what_changed(void **state)
{
	struct fake *fake = *state;
	read_ok(fake);
	expect_sample(fake, GOPROC_IDLE, GOPROC_IDLE, 1);
	fake_run(fake, 1, 2, 5);
	expect_sample(fake, GOPROC_IDLE, GOPROC_RUNNING, 3); /* the M, then its goroutine */
	expect_sample(fake, GOPROC_IDLE, GOPROC_RUNNING, 1);
	fake_set_m(fake, 2, IN_M_CURG, fake_g(6));
	expect_sample(fake, GOPROC_IDLE, GOPROC_RUNNING, 2); /* the goroutine */
	fake_set_g(fake, 6, IN_G_STATUS, 3);
	expect_sample(fake, GOPROC_IDLE, GOPROC_SYSCALL, 1);
	fake_set_g(fake, 6, IN_G_STATUS, 0x1003); /* being scanned */
	expect_sample(fake, GOPROC_IDLE, GOPROC_SYSCALL, 1);
	fake_set_m(fake, 2, IN_M_CURG, 0);
	expect_sample(fake, GOPROC_IDLE, GOPROC_SCHEDULER, 1);
}

static void mark_worker_and_stopped_p_are_garbage_collection(void **state)
{
	struct fake *fake = *state;
	fake_run(fake, 0, 1, 3);
	fake_set_g(fake, 3, IN_G_STATUS, 4); /* a mark worker waits while it works */
	fake_set_p(fake, 0, IN_P_WORKER_MODE, 1);
	fake_set_p(fake, 1, IN_P_STATUS, 3);
	struct goproc_state s = read_ok(fake);
	assert_int_equal(s.p[0].gc_worker, 1);
	expect_sample(fake, GOPROC_GC, GOPROC_GC, 3);
	/* The mode is that of the next worker, which does not run yet. */
	fake_set_m(fake, 1, IN_M_CURG, 0);
	s = read_ok(fake);
	assert_int_equal(s.p[0].gc_worker, 0);
	expect_sample(fake, GOPROC_SCHEDULER, GOPROC_GC, 1);
}

static void system_calls_of_older_versions_show_in_the_status(void **state)
{
	(void)state;
	struct fake *fake = fake_create(24, 2, 3);
	read_ok(fake);
	fake_set_p(fake, 0, IN_P_STATUS, 2);
	expect_sample(fake, GOPROC_SYSCALL, GOPROC_IDLE, 1);
	fake_run(fake, 1, 2, 5);
	expect_sample(fake, GOPROC_SYSCALL, GOPROC_RUNNING,
	              2); /* the M; its goroutine need not be asked */
	fake_destroy(fake);
}

static void sample_of_many_ps_fills_no_more_than_there_is_room(void **state)
{
	struct fake *fake = *state;
	enum goproc_activity activity[4] = {99, 99, 99, 99};
	size_t np;
	fake_set_procs(fake, 8);
	assert_int_equal(reader_sample(&fake->reader, activity, 3, &np), READER_OK);
	assert_int_equal(np, 8);
	assert_int_equal(activity[2], GOPROC_IDLE);
	assert_int_equal(activity[3], 99);
}

static void torn_samples_are_counted(void **state)
{
	struct fake *fake = *state;
	enum goproc_activity activity[2];
	size_t np;
	fake->before_call = flip_procs;
	assert_int_equal(reader_sample(&fake->reader, activity, 2, &np), READER_TORN);
	assert_int_equal(fake->reader.dropped, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FAKED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		FAKED(read_shows_what_the_scheduler_holds),
		FAKED(one_call_is_enough_and_one_for_the_goroutines),
		FAKED(values_an_old_version_lacks_are_unknown),
		FAKED(histogram_starts_with_the_underflow),
		FAKED(thread_that_started_is_found),
		FAKED(thread_that_exited_in_the_middle_is_left_out),
		FAKED(gomaxprocs_is_followed_up_and_down),
		FAKED(resize_seen_halfway_is_read_again),
		FAKED(lists_that_never_settle_are_dropped),
		FAKED(threads_linked_in_a_ring_do_not_hang),
		FAKED(implausible_values_are_never_returned),
		FAKED(waits_for_locks_are_those_of_all_threads),
		FAKED(collector_is_read_where_symbols_tell_of_it),
		FAKED(phase_of_the_collector_is_one_of_three_or_unknown),
		FAKED(collector_of_another_size_is_unknown),
		FAKED(heap_goal_under_a_memory_limit_is_the_runtimes),
		FAKED(goroutine_count_is_clamped_as_the_runtime_does),
		FAKED(idle_time_runs_on_while_a_p_is_idle),
		FAKED(idle_p_taken_while_we_look_is_not_counted_twice),
		FAKED(goroutine_behind_a_bad_pointer_stays_unknown),
		FAKED(m_that_is_not_in_the_list_yet_stays_unknown),
		FAKED(preemptoff_is_cleaned_and_cut),
		FAKED(gone_and_refused_are_told_apart),
		FAKED(sample_asks_again_only_for_what_changed),
		FAKED(mark_worker_and_stopped_p_are_garbage_collection),
		FAKED(system_calls_of_older_versions_show_in_the_status),
		FAKED(sample_of_many_ps_fills_no_more_than_there_is_room),
		FAKED(torn_samples_are_counted),
	};
	return cmocka_run_group_tests_name("goproc reader", tests, NULL, NULL);
}
