/*
 * Locks as rules see them, with spells made by hand: which waits belong to one lock, what its
 * holder did, and what is said of it or isn't.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/cover.h"
#include "doctor/locks.h"
#include "doctor/rules.h"
#include "doctor/trace_doctor.h"

#define MS INT64_C(1000000)

/* --- how much of the time is covered ---------------------------------------------------------- */

static void what_overlaps_is_covered_once(void **state)
{
	(void)state;
	struct cover c = {0};
	assert_int_equal(cover_ns(&c), 0);
	cover_add(&c, 10, 20);
	cover_add(&c, 15, 30);
	cover_add(&c, 40, 50);
	assert_int_equal(cover_ns(&c), 30);
	cover_add(&c, 25, 60); /* joins all of them */
	assert_int_equal(cover_ns(&c), 50);
	assert_int_equal(c.n, 1);
	cover_add(&c, 55, 58);
	assert_int_equal(cover_ns(&c), 50);
}

static void more_gaps_than_are_kept_lose_nothing_but_what_reaches_back(void **state)
{
	(void)state;
	struct cover c = {0};
	for (int64_t i = 0; i < 4 * COVER_OPEN; i++)
		cover_add(&c, 100 * i, 100 * i + 10);
	assert_int_equal(cover_ns(&c), 10 * 4 * COVER_OPEN);
	cover_add(&c, 0, 100 * 4 * COVER_OPEN);
	assert_true(cover_ns(&c) <= 100 * 4 * COVER_OPEN);
	assert_true(cover_ns(&c) >= 100 * COVER_OPEN);
}

static void two_covers_make_one(void **state)
{
	(void)state;
	struct cover a = {0}, b = {0};
	cover_add(&a, 0, 10);
	cover_add(&a, 40, 50);
	cover_add(&b, 5, 20);
	cover_add(&b, 45, 46);
	cover_merge(&a, &b);
	assert_int_equal(cover_ns(&a), 30);
}

/* --- a program made by hand ------------------------------------------------------------------- */

enum { GOROUTINES = 4, MOST_STACKS = 8, MOST_FRAMES = 6 };

struct program {
	struct analysis analysis;
	struct witness witness;
	struct witness_goroutine slot[GOROUTINES];
	struct situations situations;
	struct limits_set limits;
	struct doctor doctor;
	struct stack stack[MOST_STACKS];
	struct stack_frame frame[MOST_STACKS * MOST_FRAMES];
	struct block_site site[MOST_STACKS];
};

static uint32_t name(struct program *p, const char *text)
{
	return names_intern(&p->analysis.names, text, strlen(text));
}

/* Leaf first, up to NULL; its number. */
static uint32_t add_stack(struct program *p, const char *const *functions)
{
	struct stacks *s = &p->analysis.stacks;
	struct stack *stack = &s->stack[s->n];
	*stack = (struct stack){.first = (uint32_t)s->frames};
	for (; functions[stack->frames]; stack->frames++)
		s->frame[s->frames++] =
			(struct stack_frame){name(p, functions[stack->frames]), name(p, "/src/main.go"), 42};
	return (uint32_t)++s->n;
}

static void begin(struct program *p)
{
	*p = (struct program){0};
	p->analysis.stacks.stack = p->stack;
	p->analysis.stacks.frame = p->frame;
	p->analysis.blocking.site = p->site;
	p->analysis.procs.gomaxprocs = 4;
	p->witness.stacks = &p->analysis.stacks;
	p->witness.names = &p->analysis.names;
	p->witness.slot = p->slot;
	p->witness.slots = GOROUTINES;
	p->witness.last_ns = 1000 * MS;
	for (size_t i = 0; i < GOROUTINES; i++)
		p->slot[i] = (struct witness_goroutine){.id = 100 + i, .counts = 1};
	situations_init(&p->situations, &p->analysis.stacks, &p->analysis.names);
	limits_init(&p->limits);
	p->doctor = (struct doctor){.analysis = &p->analysis,
	                            .witness = &p->witness,
	                            .situations = &p->situations,
	                            .limits = &p->limits};
}

static void finish(struct program *p)
{
	situations_finish(&p->situations);
	names_finish(&p->analysis.names);
}

static uint32_t waits_in(struct program *p, const char *function)
{
	return add_stack(p, (const char *const[]){"sync.(*Mutex).Lock", function, "main.main", NULL});
}

static uint32_t unlocks_in(struct program *p, const char *function)
{
	return add_stack(p, (const char *const[]){"sync.(*Mutex).Unlock", function, "main.main", NULL});
}

static struct spell wait_of(uint32_t stack, int64_t begin_ms, int64_t end_ms, uint32_t waker,
                            uint32_t waker_stack)
{
	return (struct spell){.class = SPELL_LOCK,
	                      .begin_ns = begin_ms * MS,
	                      .end_ns = end_ms * MS,
	                      .ns = (end_ms - begin_ms) * MS,
	                      .stack = stack,
	                      .waker_slot = waker,
	                      .waker = 100 + waker,
	                      .waker_stack = waker_stack};
}

static void runs_since(struct program *p, uint32_t slot, int64_t ms)
{
	p->slot[slot].state = GO_RUNNING;
	p->slot[slot].since_ns = p->slot[slot].burst_since_ns = ms * MS;
}

/* --- which lock ------------------------------------------------------------------------------- */

static void who_is_woken_by_an_unlock_waits_for_the_same_lock(void **state)
{
	(void)state;
	struct program p;
	struct locks locks = {0};
	begin(&p);
	uint32_t get = waits_in(&p, "main.get"), put = waits_in(&p, "main.put");
	uint32_t other = waits_in(&p, "main.log"), unlock = unlocks_in(&p, "main.put");
	struct spell spell = wait_of(get, 0, 10, TRACE_NONE, STACK_NONE);
	assert_true(locks_wait(&locks, &p.witness, 0, &spell));
	spell = wait_of(put, 10, 20, TRACE_NONE, STACK_NONE);
	assert_true(locks_wait(&locks, &p.witness, 1, &spell));
	spell = wait_of(other, 10, 30, TRACE_NONE, STACK_NONE);
	assert_true(locks_wait(&locks, &p.witness, 2, &spell));
	assert_int_not_equal(locks_of_stack(&locks, &p.witness, get),
	                     locks_of_stack(&locks, &p.witness, put));
	spell = wait_of(get, 20, 40, 3, unlock);
	assert_true(locks_wait(&locks, &p.witness, 0, &spell));
	uint32_t both = locks_of_stack(&locks, &p.witness, get);
	assert_int_equal(both, locks_of_stack(&locks, &p.witness, put));
	assert_int_not_equal(both, locks_of_stack(&locks, &p.witness, other));
	assert_int_equal(locks.lock[both].waits, 3);
	assert_int_equal(locks.lock[both].waited_ns, 40 * MS);
	assert_int_equal(cover_ns(&locks.lock[both].waited_for), 40 * MS);
	assert_int_equal(locks.lock[both].longest_ns, 20 * MS);
	locks_finish(&locks);
	finish(&p);
}

static void a_holder_has_the_lock_since_its_own_wait_ended(void **state)
{
	(void)state;
	struct program p;
	struct locks locks = {0};
	begin(&p);
	uint32_t put = waits_in(&p, "main.put"), unlock = unlocks_in(&p, "main.put");
	uint32_t read =
		add_stack(&p, (const char *const[]){"internal/poll.(*FD).Read", "main.put", NULL});
	/* 3 has it until 10, then 1 until 30, who reads from the network in between. */
	struct spell spell = wait_of(put, 0, 10, 3, unlock);
	assert_true(locks_wait(&locks, &p.witness, 1, &spell));
	spell = (struct spell){.class = SPELL_NETWORK,
	                       .begin_ns = 12 * MS,
	                       .end_ns = 27 * MS,
	                       .ns = 15 * MS,
	                       .stack = read,
	                       .waker_slot = TRACE_NONE};
	assert_true(lately_note(&locks.lately, &p.witness, 1, &spell));
	runs_since(&p, 1, 28);
	spell = wait_of(put, 0, 30, 1, unlock);
	assert_true(locks_wait(&locks, &p.witness, 2, &spell));
	const struct lock *lock = &locks.lock[locks_of_stack(&locks, &p.witness, put)];
	assert_int_equal(lock->holds, 2);
	assert_int_equal(lock->held_ns, 30 * MS);
	assert_int_equal(lock->blocked_ns[SPELL_NETWORK], 15 * MS);
	/* What is not known to be running is none. */
	assert_int_equal(lock->running_ns, 2 * MS);
	assert_int_equal(lock->blocked[0].stack, read);
	locks_finish(&locks);
	finish(&p);
}

static void what_is_forgotten_of_a_goroutine_is_not_taken_for_running(void **state)
{
	(void)state;
	struct program p;
	struct lately lately = {0};
	struct lately_view view;
	begin(&p);
	for (int64_t i = 0; i < LATELY_SPELLS + 2; i++) {
		const struct spell s = {.class = SPELL_SLEEP,
		                        .begin_ns = 10 * i,
		                        .end_ns = 10 * i + 4,
		                        .ns = 4};
		assert_true(lately_note(&lately, &p.witness, 0, &s));
	}
	lately_look(&lately, 0, 100, 0, 10 * (LATELY_SPELLS + 2), &view);
	assert_int_equal(view.begin_ns, 20); /* two are forgotten */
	assert_int_equal(view.spells, LATELY_SPELLS);
	assert_int_equal(view.running_ns, 6 * LATELY_SPELLS);
	/* Another goroutine in the same slot was never blocked. */
	lately_look(&lately, 0, 7, 0, 50, &view);
	assert_int_equal(view.running_ns, 50);
	assert_int_equal(view.spells, 0);
	lately_finish(&lately);
	finish(&p);
}

/* --- what is said ----------------------------------------------------------------------------- */

/* Three goroutines stand before a lock for the whole second, which goes from hand to hand each 10
   ms; its holder waits for the network for so much of that, then for something too short to be
   noted, and runs for the rest. */
static void examine(struct program *p, int64_t alone_ms, int64_t network_ms, int64_t short_ms,
                    struct findings *out)
{
	begin(p);
	uint32_t put = waits_in(p, "main.put"), unlock = unlocks_in(p, "main.put");
	uint32_t read =
		add_stack(p, (const char *const[]){"internal/poll.(*FD).Read", "main.put", NULL});
	void *self = rules_lock.create(&p->doctor);
	assert_non_null(self);
	p->analysis.blocking.sites = 1;
	p->site[0] = (struct block_site){.stack = put,
	                                 .count = 96,
	                                 .total_ns = 96 * 30 * MS,
	                                 .max_ns = 30 * MS,
	                                 .reason = name(p, "sync")};
	for (int64_t i = 3; i < 99; i++) {
		uint32_t holder = (uint32_t)((i - 1) % GOROUTINES), waiter = (uint32_t)(i % GOROUTINES);
		const struct spell io = {.class = SPELL_NETWORK,
		                         .begin_ns = 10 * i * MS,
		                         .end_ns = (10 * i + network_ms) * MS,
		                         .ns = network_ms * MS,
		                         .stack = read,
		                         .waker_slot = TRACE_NONE};
		if (network_ms)
			assert_true(rules_lock.spell(self, &p->witness, holder, &io));
		runs_since(p, holder, 10 * i + network_ms + short_ms);
		struct spell wait = wait_of(put, 10 * (i - 2), 10 * (i + 1), holder, unlock);
		wait.during = (struct spell_sums){.alone = 3 * alone_ms * MS, .idle = 30 * MS};
		assert_true(rules_lock.spell(self, &p->witness, waiter, &wait));
	}
	assert_true(rules_lock.conclude(self, &p->doctor, out));
	rules_lock.destroy(self);
	assert_false(out->no_memory);
}

static double measure_of(const struct finding *f, const char *measure, enum measure_unit unit)
{
	for (size_t i = 0; i < f->measures; i++)
		if (strcmp(f->measure[i].name, measure) == 0 && f->measure[i].unit == unit)
			return f->measure[i].value;
	fail_msg("there is no measure %s", measure);
	return 0;
}

static void a_lock_whose_holder_runs_alone_serialises(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	examine(&p, 9, 0, 0, &out);
	assert_int_equal(out.n, 1);
	const struct finding *f = out.finding[0];
	assert_int_equal(f->slug, SLUG_MUTEX_SERIALIZATION);
	assert_true(f->severity >= SEVERITY_WARNING);
	assert_non_null(strstr(f->summary, "main.put"));
	assert_true(measure_of(f, "waits", UNIT_COUNT) == 96); /* as the analysis has them */
	assert_true(measure_of(f, "waited", UNIT_NS) == 96.0 * 30 * (double)MS);
	assert_true(measure_of(f, "alone", UNIT_RATIO) > 0.85);
	assert_true(f->evidences >= 3);
	findings_finish(&out);
	finish(&p);
}

static void a_holder_that_is_not_known_to_run_serialises_nothing(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	examine(&p, 9, 0, 8, &out);
	assert_int_equal(out.n, 0);
	findings_finish(&out);
	finish(&p);
}

static void a_lock_held_across_the_network_is_told_as_that(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	examine(&p, 1, 8, 0, &out);
	assert_int_equal(out.n, 1);
	const struct finding *f = out.finding[0];
	assert_int_equal(f->slug, SLUG_LOCK_HELD_ACROSS_IO);
	assert_non_null(strstr(f->summary, "for the network"));
	assert_true(measure_of(f, "holder_outside", UNIT_RATIO) > 0.7);
	assert_true(measure_of(f, "locks_held", UNIT_COUNT) == 1);
	findings_finish(&out);
	finish(&p);
}

/* Two pairs of goroutines, each with a lock that goes to and fro between the two each 10 ms, and is
   held over the network. */
static void locks_of_which_each_thing_has_one_are_told_as_several(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	begin(&p);
	uint32_t put = waits_in(&p, "main.put"), unlock = unlocks_in(&p, "main.put");
	uint32_t read =
		add_stack(&p, (const char *const[]){"internal/poll.(*FD).Read", "main.put", NULL});
	void *self = rules_lock.create(&p.doctor);
	assert_non_null(self);
	for (int64_t i = 0; i < 198; i++) {
		uint32_t pair = (uint32_t)i % 2 * 2, turn = (uint32_t)i / 2 % 2;
		int64_t begin_ms = i / 2 * 10;
		const struct spell io = {.class = SPELL_NETWORK,
		                         .begin_ns = begin_ms * MS,
		                         .end_ns = (begin_ms + 9) * MS,
		                         .ns = 9 * MS,
		                         .stack = read,
		                         .waker_slot = TRACE_NONE};
		assert_true(rules_lock.spell(self, &p.witness, pair + turn, &io));
		struct spell wait = wait_of(put, begin_ms, begin_ms + 10, pair + turn, unlock);
		assert_true(rules_lock.spell(self, &p.witness, pair + 1 - turn, &wait));
	}
	assert_true(rules_lock.conclude(self, &p.doctor, &out));
	rules_lock.destroy(self);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.finding[0]->slug, SLUG_LOCK_HELD_ACROSS_IO);
	assert_int_equal(out.finding[0]->severity, SEVERITY_INFO);
	assert_non_null(strstr(out.finding[0]->summary, "Locks taken in main.put"));
	double locks = measure_of(out.finding[0], "locks_held", UNIT_COUNT);
	assert_true(locks > 1.9 && locks <= 2);
	findings_finish(&out);
	finish(&p);
}

static void a_lock_beside_which_others_run_is_not_accused(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	examine(&p, 4, 0, 0, &out);
	assert_int_equal(out.n, 0);
	findings_finish(&out);
	finish(&p);
}

static void waiting_for_others_to_be_done_is_no_lock(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	begin(&p);
	uint32_t join =
		add_stack(&p, (const char *const[]){"sync.(*WaitGroup).Wait", "main.main", NULL});
	void *self = rules_lock.create(&p.doctor);
	for (int64_t i = 0; i < 50; i++) {
		struct spell wait = wait_of(join, 10 * i, 1000, 1, STACK_NONE);
		wait.during.alone = wait.ns;
		assert_true(rules_lock.spell(self, &p.witness, 0, &wait));
	}
	assert_true(rules_lock.conclude(self, &p.doctor, &out));
	assert_int_equal(out.n, 0);
	rules_lock.destroy(self);
	finish(&p);
}

/* --- one goroutine ---------------------------------------------------------------------------- */

/* Goroutine 0 runs in stretches of 10 ms, of which so many alone; the others wait in `operation`
   for it to wake them. */
static void serve(struct program *p, int64_t alone_ms, const char *operation, struct findings *out)
{
	begin(p);
	uint32_t ask = add_stack(p, (const char *const[]){operation, "main.ask", "main.serve", NULL});
	void *self = rules_serial.create(&p->doctor);
	assert_non_null(self);
	p->slot[0].function = name(p, "main.own");
	for (int64_t i = 0; i < 99; i++) {
		struct spell run = {.class = SPELL_RUNNING,
		                    .begin_ns = 10 * i * MS,
		                    .end_ns = 10 * (i + 1) * MS,
		                    .ns = 10 * MS,
		                    .waker_slot = TRACE_NONE,
		                    .during = {.alone = alone_ms * MS, .idle = 10 * MS}};
		assert_true(rules_serial.spell(self, &p->witness, 0, &run));
		for (uint32_t waiter = 1; waiter < GOROUTINES; waiter++) {
			struct spell wait = wait_of(ask, 10 * i, 10 * (i + 1), 0, STACK_NONE);
			wait.class = strcmp(operation, "runtime.chansend1") == 0 ? SPELL_SEND : SPELL_RECEIVE;
			wait.during = run.during;
			assert_true(rules_serial.spell(self, &p->witness, waiter, &wait));
		}
	}
	assert_true(rules_serial.conclude(self, &p->doctor, out));
	rules_serial.destroy(self);
}

static void one_that_runs_alone_while_others_send_to_it_is_a_bottleneck(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	serve(&p, 9, "runtime.chansend1", &out);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.finding[0]->slug, SLUG_SERIAL_BOTTLENECK);
	assert_non_null(strstr(out.finding[0]->summary, "main.own"));
	assert_true(measure_of(out.finding[0], "waiters", UNIT_COUNT) > 2.9);
	findings_finish(&out);
	finish(&p);
}

static void one_beside_which_others_run_is_none(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	serve(&p, 4, "runtime.chansend1", &out);
	assert_int_equal(out.n, 0);
	findings_finish(&out);
	finish(&p);
}

/* --- who is never woken ----------------------------------------------------------------------- */

/* Eight goroutines block in one send, `went_on` more have done so, and they are so old in all. */
static void pile_up(struct program *p, uint64_t went_on, int64_t ages_ms, struct findings *out)
{
	begin(p);
	uint32_t send =
		add_stack(p, (const char *const[]){"runtime.chansend1", "main.fetch", "main.handle", NULL});
	p->analysis.goroutines.most_alive = 16;
	p->analysis.blocking.sites = 1;
	p->site[0] = (struct block_site){.stack = send,
	                                 .reason = name(p, "chan send"),
	                                 .count = 8 + went_on,
	                                 .open = 8,
	                                 .open_ns = ages_ms * MS,
	                                 .open_max_ns = 900 * MS,
	                                 .open_goroutine = 103};
	void *self = rules_stuck.create(&p->doctor);
	assert_non_null(self);
	assert_true(rules_stuck.conclude(self, &p->doctor, out));
	rules_stuck.destroy(self);
}

static void senders_that_come_and_never_go_are_stuck(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	pile_up(&p, 0, 4000, &out);
	assert_int_equal(out.n, 1);
	const struct finding *f = out.finding[0];
	assert_int_equal(f->slug, SLUG_CHANNEL_SEND_STUCK);
	assert_int_equal(f->severity, SEVERITY_WARNING);
	assert_non_null(strstr(f->summary, "main.fetch"));
	assert_true(measure_of(f, "goroutines", UNIT_COUNT) == 8);
	assert_int_equal(f->evidence[1].goroutine, 103);
	findings_finish(&out);
	finish(&p);
}

static void senders_of_whom_some_went_on_or_who_came_at_once_are_not(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	pile_up(&p, 1, 4000, &out);
	assert_int_equal(out.n, 0);
	finish(&p);
	pile_up(&p, 0, 7200, &out);
	assert_int_equal(out.n, 0);
	finish(&p);
}

/* Six handlers, of whom so many wait for a call since the trace began; the others run, or their
   connection waits for the next request. */
static void end_with(struct program *p, unsigned calling, bool others_run, struct findings *out)
{
	begin(p);
	uint32_t call =
		add_stack(p, (const char *const[]){"runtime.selectgo", "net/http.(*persistConn).roundTrip",
	                                       "net/http.(*Client).Do", "main.handle",
	                                       "net/http.serverHandler.ServeHTTP",
	                                       "net/http.(*conn).serve", NULL});
	uint32_t idle =
		add_stack(p, (const char *const[]){"internal/poll.(*FD).Read", "net.(*conn).Read",
	                                       "net/http.(*connReader).Read", "bufio.(*Reader).Peek",
	                                       "net/http.(*conn).serve", NULL});
	p->slot[0].function = name(p, "net/http.(*conn).serve");
	void *self = rules_stuck.create(&p->doctor);
	assert_non_null(self);
	for (unsigned i = 0; i < 6; i++) {
		struct spell s = wait_of(call, 10, 1000, TRACE_NONE, STACK_NONE);
		s.class = SPELL_SELECT;
		s.open = true;
		if (i >= calling) {
			s = wait_of(others_run ? STACK_NONE : idle, 900, 1000, TRACE_NONE, STACK_NONE);
			s.class = others_run ? SPELL_RUNNING : SPELL_NETWORK;
		}
		assert_true(rules_stuck.left(self, &p->witness, 0, &s));
	}
	assert_true(rules_stuck.conclude(self, &p->doctor, out));
	rules_stuck.destroy(self);
}

static void handlers_that_all_wait_for_calls_may_be_in_a_cycle(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	end_with(&p, 5, true, &out);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.finding[0]->slug, SLUG_DEADLOCK_CYCLE);
	assert_non_null(strstr(out.finding[0]->summary, "main.handle"));
	assert_true(measure_of(out.finding[0], "handlers_waiting", UNIT_COUNT) == 5);
	findings_finish(&out);
	finish(&p);
}

static void handlers_of_which_some_work_or_complete_are_not(void **state)
{
	(void)state;
	struct program p;
	struct findings out = {0};
	end_with(&p, 4, true, &out);
	assert_int_equal(out.n, 0);
	finish(&p);
	end_with(&p, 5, false, &out);
	assert_int_equal(out.n, 0);
	finish(&p);
}

/* Five of six handlers wait for calls; the sixth is at work again, and its connection waited for a
   moment in between, unless that was before the trace. */
static size_t end_after_idling(bool cut)
{
	struct program p;
	struct findings out = {0};
	begin(&p);
	uint32_t call =
		add_stack(&p, (const char *const[]){"runtime.selectgo", "net/http.(*Client).Do",
	                                        "main.handle", "net/http.(*conn).serve", NULL});
	uint32_t idle =
		add_stack(&p,
	              (const char *const[]){"internal/poll.(*FD).Read", "net/http.(*connReader).Read",
	                                    "bufio.(*Reader).Peek", "net/http.(*conn).serve", NULL});
	p.slot[0].function = name(&p, "net/http.(*conn).serve");
	void *self = rules_stuck.create(&p.doctor);
	assert_non_null(self);
	struct spell s = wait_of(idle, 980, 981, TRACE_NONE, STACK_NONE);
	s.class = SPELL_NETWORK;
	s.cut = cut;
	assert_true(rules_stuck.spell(self, &p.witness, 0, &s));
	for (int64_t i = 0; i < 6; i++) {
		s = wait_of(call, i < 5 ? 10 : 990, 1000, TRACE_NONE, STACK_NONE);
		s.class = SPELL_SELECT;
		s.open = true;
		assert_true(rules_stuck.left(self, &p.witness, 0, &s));
	}
	assert_true(rules_stuck.conclude(self, &p.doctor, &out));
	rules_stuck.destroy(self);
	size_t n = out.n;
	findings_finish(&out);
	finish(&p);
	return n;
}

static void a_connection_that_is_busy_again_has_completed(void **state)
{
	(void)state;
	assert_int_equal(end_after_idling(true), 1);
	assert_int_equal(end_after_idling(false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_overlaps_is_covered_once),
		cmocka_unit_test(more_gaps_than_are_kept_lose_nothing_but_what_reaches_back),
		cmocka_unit_test(two_covers_make_one),
		cmocka_unit_test(who_is_woken_by_an_unlock_waits_for_the_same_lock),
		cmocka_unit_test(a_holder_has_the_lock_since_its_own_wait_ended),
		cmocka_unit_test(what_is_forgotten_of_a_goroutine_is_not_taken_for_running),
		cmocka_unit_test(a_lock_whose_holder_runs_alone_serialises),
		cmocka_unit_test(a_holder_that_is_not_known_to_run_serialises_nothing),
		cmocka_unit_test(a_lock_held_across_the_network_is_told_as_that),
		cmocka_unit_test(locks_of_which_each_thing_has_one_are_told_as_several),
		cmocka_unit_test(a_lock_beside_which_others_run_is_not_accused),
		cmocka_unit_test(waiting_for_others_to_be_done_is_no_lock),
		cmocka_unit_test(one_that_runs_alone_while_others_send_to_it_is_a_bottleneck),
		cmocka_unit_test(one_beside_which_others_run_is_none),
		cmocka_unit_test(senders_that_come_and_never_go_are_stuck),
		cmocka_unit_test(senders_of_whom_some_went_on_or_who_came_at_once_are_not),
		cmocka_unit_test(handlers_that_all_wait_for_calls_may_be_in_a_cycle),
		cmocka_unit_test(handlers_of_which_some_work_or_complete_are_not),
		cmocka_unit_test(a_connection_that_is_busy_again_has_completed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
