/*
 * What the witness tells of a trace whose every moment is known, and that its times are those of
 * the analyses. service.trace.gz is the one of test_browse_panels.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor/witness.h"
#include "tests/unit/trace_scenario.h"

#define US 1000

enum { MOST_SPELLS = 64 };

/* A listener that takes everything down. */
struct notes {
	struct spell spell[MOST_SPELLS];
	uint64_t goroutine[MOST_SPELLS];
	size_t n;
	int64_t sum_ns[SPELL_CLASSES];
	uint64_t tasks;
	int64_t restarted_ns;
};

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *spell)
{
	struct notes *notes = self;
	if (notes->n < MOST_SPELLS) {
		notes->goroutine[notes->n] = w->slot[slot].id;
		notes->spell[notes->n++] = *spell;
	}
	notes->sum_ns[spell->class] += spell->ns;
	assert_true(spell->during.alone <= spell->end_ns - spell->begin_ns);
	assert_true(spell->during.alone >= 0 && spell->during.idle >= 0 && spell->during.starved >= 0);
	return true;
}

static bool on_event(void *self, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	struct notes *notes = self;
	(void)block;
	assert_int_equal(e->type, EV_USER_TASK_BEGIN);
	assert_int_equal(w->slot[e->g].id, 1);
	notes->tasks++;
	return true;
}

static void on_restart(void *self, int64_t time_ns)
{
	struct notes *notes = self;
	notes->restarted_ns = time_ns;
	notes->n = 0;
}

static const struct trace_family everything = {
	.name = "everything",
	.least_ns = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
	.events = EV_BIT(EV_USER_TASK_BEGIN),
	.spell = on_spell,
	.event = on_event,
	.restart = on_restart,
};

struct reading {
	struct analysis analysis;
	struct situations situations;
	struct witness witness;
	struct notes notes;
	struct analysis_options options;
};

static void begin(struct reading *r, const struct trace_family *family)
{
	*r = (struct reading){.options = scenario_all};
	assert_true(witness_init(&r->witness, &r->analysis.stacks, &r->analysis.names, &r->situations));
	situations_init(&r->situations, r->witness.stacks, &r->analysis.names);
	r->options.spells = &r->witness.spells;
	if (family)
		witness_listen(&r->witness, family, &r->notes);
}

static void finish(struct reading *r)
{
	situations_finish(&r->situations);
	witness_finish(&r->witness);
	analysis_finish(&r->analysis);
}

static void read_service(struct reading *r, const struct trace_family *family, int64_t from_ns)
{
	struct scenario s;
	begin(r, family);
	r->options.from_ns = from_ns;
	scenario_service(&s);
	scenario_read(&s, &r->options, &r->analysis);
	witness_settle(&r->witness);
}

/* The first of the class that this goroutine had from this moment on. */
static const struct spell *spell_of(const struct reading *r, uint64_t goroutine,
                                    enum spell_class class, int64_t begin_us)
{
	for (size_t i = 0; i < r->notes.n; i++)
		if (r->notes.goroutine[i] == goroutine && r->notes.spell[i].class == class &&
		    r->notes.spell[i].begin_ns >= SCENARIO_START_NS + begin_us * US)
			return &r->notes.spell[i];
	fail_msg("goroutine %llu had no spell of class %d", (unsigned long long)goroutine, (int)class);
	return NULL;
}

static const char *leaf(const struct reading *r, uint32_t stack)
{
	const struct stacks *stacks = &r->analysis.stacks;
	assert_true(stack != STACK_NONE && stack <= stacks->n);
	return names_text(&r->analysis.names, stacks->frame[stacks->stack[stack - 1].first].function);
}

static void a_wait_is_told_with_where_it_was_and_who_ended_it(void **state)
{
	(void)state;
	struct reading r;
	read_service(&r, &everything, 0);
	const struct spell *wait = spell_of(&r, 1, SPELL_RECEIVE, 0);
	assert_int_equal(wait->ns, 300 * US);
	assert_int_equal(wait->begin_ns, SCENARIO_START_NS + 100 * US);
	assert_false(wait->open || wait->cut);
	assert_string_equal(leaf(&r, wait->stack), "net/http.(*conn).serve");
	assert_int_equal(wait->waker, 2);
	/* goroutine 2 ran from 150 to 250 and from 300 to 400, and one of two Ps was never used */
	assert_int_equal(wait->during.alone, 200 * US);
	assert_int_equal(wait->during.idle, 300 * US);
	assert_int_equal(wait->during.starved, 0);
	finish(&r);
}

static void a_wait_that_never_ends_is_open(void **state)
{
	(void)state;
	struct reading r;
	read_service(&r, &everything, 0);
	const struct spell *wait = spell_of(&r, 1, SPELL_LOCK, 0);
	assert_true(wait->open);
	assert_false(wait->cut);
	assert_in_range(wait->ns, 50 * US, 50 * US + 1); /* the trace ends behind its last event */
	assert_int_equal(wait->waker_slot, TRACE_NONE);
	assert_string_equal(leaf(&r, wait->stack), "net/http.(*conn).serve");
	const struct spell *always = spell_of(&r, 50, SPELL_WAIT, 0);
	assert_true(always->open && always->cut);
	assert_in_range(always->ns, 1000 * US, 1000 * US + 1);
	assert_string_equal(leaf(&r, always->stack), "runtime.chanrecv1");
	finish(&r);
}

static void a_burst_goes_on_over_system_calls_and_preemption(void **state)
{
	(void)state;
	struct reading r;
	read_service(&r, &everything, 0);
	const struct spell *burst = spell_of(&r, 2, SPELL_BURST, 0);
	assert_int_equal(burst->begin_ns, SCENARIO_START_NS + 150 * US);
	assert_int_equal(burst->end_ns, SCENARIO_START_NS + 990 * US);
	/* 150-250, 300-500, 960-990 */
	assert_int_equal(burst->ns, (100 + 200 + 30) * US);
	assert_string_equal(leaf(&r, burst->stack), "example.com/shop/worker.(*Pool).run");
	const struct spell *syscall = spell_of(&r, 2, SPELL_SYSCALL, 0);
	assert_int_equal(syscall->ns, 50 * US);
	assert_false(syscall->lost_p);
	/* goroutine 1 blocked at 100 and again at 950: two bursts */
	assert_true(spell_of(&r, 1, SPELL_BURST, 0)->cut);
	assert_int_equal(spell_of(&r, 1, SPELL_BURST, 500)->ns, 400 * US);
	finish(&r);
}

static void a_wait_to_run_knows_who_made_it_wait(void **state)
{
	(void)state;
	struct reading r;
	read_service(&r, &everything, 0);
	const struct spell *created = spell_of(&r, 2, SPELL_RUNNABLE, 0);
	assert_int_equal(created->ns, 140 * US);
	assert_int_equal(created->waker, 1);
	assert_string_equal(leaf(&r, created->stack), "net/http.(*conn).serve");
	const struct spell *woken = spell_of(&r, 1, SPELL_RUNNABLE, 0);
	assert_int_equal(woken->ns, 150 * US);
	assert_int_equal(woken->waker, 2);
	const struct spell *preempted = spell_of(&r, 2, SPELL_RUNNABLE, 450);
	assert_int_equal(preempted->ns, 460 * US);
	assert_int_equal(preempted->waker_slot, TRACE_NONE);
	assert_string_equal(leaf(&r, preempted->stack), "example.com/shop/worker.(*Pool).run");
	finish(&r);
}

static void events_that_are_asked_for_are_shown(void **state)
{
	(void)state;
	struct reading r;
	read_service(&r, &everything, 0);
	assert_int_equal(r.notes.tasks, 1);
	finish(&r);
}

static void spells_too_short_for_a_family_do_not_reach_it(void **state)
{
	(void)state;
	struct reading r;
	static const struct trace_family picky = {
		.name = "picky",
		.least_ns = {[SPELL_RUNNABLE] = 150 * US, [SPELL_RECEIVE] = 301 * US},
		.spell = on_spell,
	};
	read_service(&r, &picky, 0);
	assert_int_equal(r.notes.n, 2); /* 150 us and 460 us */
	assert_int_equal(r.notes.sum_ns[SPELL_RUNNABLE], (150 + 460) * US);
	finish(&r);
}

static void families_hear_only_of_those_whom_they_ask_for(void **state)
{
	(void)state;
	struct reading all, some;
	static const struct trace_family of_main = {
		.name = "of main",
		.least_ns = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		.who = WHO(ROLE_MAIN),
		.spell = on_spell,
	};
	read_service(&all, &everything, 0);
	read_service(&some, &of_main, 0);
	size_t n = 0;
	for (size_t i = 0; i < all.notes.n; i++)
		n += all.notes.goroutine[i] == 1 && /* where it started is known when it first blocks */
		     all.notes.spell[i].begin_ns >= SCENARIO_START_NS + 100 * US;
	assert_true(n > 3 && n < all.notes.n);
	assert_int_equal(some.notes.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(some.notes.goroutine[i], 1);
	finish(&all);
	finish(&some);
}

static void a_part_of_the_trace_is_told_as_if_it_were_all(void **state)
{
	(void)state;
	struct reading r;
	read_service(&r, &everything, 200 * US);
	const struct spell *wait = spell_of(&r, 1, SPELL_RECEIVE, 0);
	assert_true(wait->cut);
	assert_int_equal(wait->ns, 200 * US);
	assert_int_equal(wait->during.alone, 150 * US);
	assert_int_equal(spell_of(&r, 2, SPELL_BURST, 0)->ns, (50 + 200 + 30) * US);
	assert_int_equal(r.notes.restarted_ns, SCENARIO_START_NS + 200 * US);
	/* But moments count from where the trace begins, as the timeline has them. */
	assert_int_equal(witness_since_begin(&r.witness, SCENARIO_START_NS + 250 * US), 250 * US);
	finish(&r);
}

static void time_is_summed_by_what_all_did(void **state)
{
	(void)state;
	struct reading r;
	read_service(&r, &everything, 0);
	const struct witness *w = &r.witness;
	/* By the order of events, which are a nanosecond apart at least. */
	assert_in_range(w->sums.alone, 830 * US - 9, 830 * US + 9);
	assert_in_range(w->sums.idle, 1000 * US - 9, 1000 * US + 9);
	assert_int_equal(w->sums.starved, 0);
	finish(&r);
}

static int64_t sum(const int64_t ns[SPELL_CLASSES], enum spell_class from, enum spell_class to)
{
	int64_t all = 0;
	for (unsigned i = from; i <= to; i++)
		all += ns[i];
	return all;
}

static int64_t waited_for(const struct analysis *a, const char *reason)
{
	int64_t ns = 0;
	for (uint32_t i = a->goroutines.all_reasons; i; i = a->goroutines.reason[i - 1].next)
		if (strcmp(names_text(&a->names, a->goroutines.reason[i - 1].reason), reason) == 0)
			ns += a->goroutines.reason[i - 1].total_ns;
	return ns;
}

/* Of all that the engine's own analyses sum up, in a real trace. */
static void spells_add_up_to_what_the_analyses_tell(void **state)
{
	(void)state;
	struct reading r;
	struct error error = {0};
	char path[4096];
	const char *root = getenv("srcdir");
	static const struct trace_family spells = {
		.name = "spells",
		.least_ns = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
		.spell = on_spell,
	};
	begin(&r, &spells);
	snprintf(path, sizeof path, "%s/tests/data/service.trace.gz", root ? root : ".");
	if (analysis_read(&r.analysis, path, &r.options, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	witness_settle(&r.witness);
	const int64_t *engine = r.analysis.goroutines.state_ns, *ns = r.notes.sum_ns;
	assert_true(engine[GO_RUNNING] > 0 && engine[GO_SYSCALL] > 0);
	assert_int_equal(ns[SPELL_RUNNING], engine[GO_RUNNING]);
	assert_int_equal(ns[SPELL_BURST], engine[GO_RUNNING]);
	assert_int_equal(ns[SPELL_SYSCALL], engine[GO_SYSCALL]);
	assert_int_equal(ns[SPELL_RUNNABLE], engine[GO_RUNNABLE]);
	assert_int_equal(sum(ns, SPELL_LOCK, SPELL_WAIT), engine[GO_WAITING]);
	assert_int_equal(ns[SPELL_LOCK], waited_for(&r.analysis, "sync"));
	assert_int_equal(ns[SPELL_RECEIVE], waited_for(&r.analysis, "chan receive"));
	assert_int_equal(ns[SPELL_NETWORK], waited_for(&r.analysis, "network"));
	assert_int_equal(ns[SPELL_SLEEP], waited_for(&r.analysis, "sleep"));
	/* Levels go by the order of events and Ps by their own times, which differ a little. */
	const struct procs *procs = &r.analysis.procs;
	int64_t whole = r.witness.last_ns - r.witness.first_ns;
	int64_t unused = whole * (int64_t)procs_available(procs) - procs->running_ns;
	assert_true(r.witness.sums.idle <= unused + whole / 100);
	assert_true(r.witness.sums.idle * (int64_t)procs_available(procs) >= unused - whole / 100);
	finish(&r);
}

/* A leaf without a frame shows nothing but the preemption itself. */
static void who_is_preempted_in_a_leaf_is_the_programs_own(void **state)
{
	(void)state;
	enum { S_PREEMPT = 40, STACK_PREEMPT = 40 };
	struct scenario s;
	struct reading r;
	scenario_begin_running(&s);
	scenario_event(&s, 100, EV_GO_STOP, S_PREEMPTED, STACK_PREEMPT, 0, 0);
	scenario_event(&s, 200, EV_GO_START, 1, 1, 0, 0);
	scenario_event(&s, 400, EV_GO_BLOCK, S_CHAN, STACK_MAIN, 0, 0);
	scenario_event(&s, 500, EV_PROC_STOP, 0, 0, 0, 0);
	build_end(&s.b);
	build_batch(&s.b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(&s.b, EV_STRINGS);
	build_string(&s.b, S_PREEMPT, "runtime.asyncPreempt");
	build_end(&s.b);
	build_batch(&s.b, 1, UINT64_MAX, SCENARIO_START_NS);
	build_byte(&s.b, EV_STACKS);
	build_byte(&s.b, EV_STACK);
	const uint64_t stack[] = {STACK_PREEMPT, 1, 0x500000, S_PREEMPT, S_FILE, 1};
	for (size_t i = 0; i < sizeof stack / sizeof *stack; i++)
		build_number(&s.b, stack[i]);
	scenario_end(&s);
	begin(&r, NULL);
	scenario_read(&s, &r.options, &r.analysis);
	witness_settle(&r.witness);
	assert_in_range(r.witness.sums.alone, 300 * US - 9, 300 * US + 9);
	const char *function = NULL;
	for (size_t i = 0; i < r.witness.slots; i++)
		if (r.witness.slot[i].id == 1)
			function = names_text(&r.analysis.names, r.witness.slot[i].function);
	assert_string_equal(function, "main.main");
	finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_is_told_with_where_it_was_and_who_ended_it),
		cmocka_unit_test(a_wait_that_never_ends_is_open),
		cmocka_unit_test(a_burst_goes_on_over_system_calls_and_preemption),
		cmocka_unit_test(a_wait_to_run_knows_who_made_it_wait),
		cmocka_unit_test(events_that_are_asked_for_are_shown),
		cmocka_unit_test(spells_too_short_for_a_family_do_not_reach_it),
		cmocka_unit_test(families_hear_only_of_those_whom_they_ask_for),
		cmocka_unit_test(a_part_of_the_trace_is_told_as_if_it_were_all),
		cmocka_unit_test(time_is_summed_by_what_all_did),
		cmocka_unit_test(spells_add_up_to_what_the_analyses_tell),
		cmocka_unit_test(who_is_preempted_in_a_leaf_is_the_programs_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
