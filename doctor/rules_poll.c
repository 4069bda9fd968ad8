/* Goroutines that look again and again whether there is something to do, instead of waiting until
   there is. Two ways are seen in a trace: sleeping a little between two looks, and giving the P up
   for others and asking for it again at once. A loop that does neither looks like any other that
   computes. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "doctor/collector.h"
#include "doctor/evidence.h"
#include "doctor/kinds.h"
#include "doctor/rules.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "trace/tables.h"
#include "util/text.h"

enum {
	PLACES = 256,     /* further ones are left out */
	LOOK_NS = 20000,  /* who runs longer between two sleeps did something */
	NAP_NS = 1600000, /* who sleeps longer acts by the clock: the shortest sleep takes 1 ms or so */
	LEAST_LOOKS = 200,  /* fewer say nothing */
	YIELD_NS = 10000000 /* bursts of those that give their P up; shorter ones are not looked at */
};
/* Of the sleeps at one place, those that are short and follow a look: else it is work with pauses.
   And of the running, bursts in which the P is given up. */
#define MOSTLY 0.6
/* Of the trace: how long it has to go on. */
#define LASTING 0.5
/* System calls for each look, by those that do something between two sleeps. */
#define DOING 0.5
/* Of the trace, by those that give their P up: less is a short wait for a neighbour. */
#define LEAST_SHARE 0.1

/* Sleeps at one place. */
struct nap {
	uint32_t stack;
	uint32_t function; /* name: the goroutines start with it */
	uint64_t sleeps, looks, goroutine;
	int64_t slept_ns, looked_ns;
	int64_t first_ns, last_ns; /* since the trace began */
};

/* Bursts of goroutines that start with one function and were created by one function. */
struct spin {
	uint32_t function, creator, stack;
	int64_t ran_ns, longest_ns, begin_ns, end_ns;
	uint64_t goroutine;
};

struct poll_rules {
	struct nap *nap;
	size_t naps, nap_capacity;
	struct idmap nap_of;
	struct spin *spin;
	size_t spins, spin_capacity;
	struct idmap spin_of;
};

/* --- while the trace is read -------------------------------------------------------------------
 */

/* The index of an entry for `key`, which may be new: IDMAP_NONE where there are too many. false: no
   memory. */
static bool find(struct idmap *of, uint64_t key, void *array, size_t *n, size_t *capacity,
                 size_t size, uint32_t *found, bool *is_new)
{
	*is_new = false;
	*found = idmap_get(of, key);
	if (*found != IDMAP_NONE || *n == PLACES)
		return true;
	if (!wire_grow(array, capacity, *n, size) || !idmap_put(of, key, (uint32_t)*n))
		return false;
	*is_new = true;
	*found = (uint32_t)(*n)++;
	return true;
}

static bool note_sleep(struct poll_rules *r, const struct witness *w,
                       const struct witness_goroutine *g, const struct spell *spell)
{
	uint32_t at;
	bool is_new;
	if (!find(&r->nap_of, spell->stack, &r->nap, &r->naps, &r->nap_capacity, sizeof *r->nap, &at,
	          &is_new))
		return false;
	if (at == IDMAP_NONE)
		return true;
	struct nap *nap = &r->nap[at];
	if (is_new)
		*nap = (struct nap){.stack = spell->stack,
		                    .function = g->function,
		                    .goroutine = g->id,
		                    .first_ns = witness_since_begin(w, spell->begin_ns)};
	nap->sleeps++;
	nap->last_ns = witness_since_begin(w, spell->end_ns);
	add_ns(&nap->slept_ns, spell->ns);
	/* What it ran before it went to sleep. */
	if (spell->ns < NAP_NS && g->burst_ns < LOOK_NS) {
		nap->looks++;
		add_ns(&nap->looked_ns, g->burst_ns);
	}
	return true;
}

static bool note_burst(struct poll_rules *r, const struct witness *w,
                       const struct witness_goroutine *g, const struct spell *spell)
{
	uint32_t at;
	bool is_new;
	if (!find(&r->spin_of, (uint64_t)g->function << 32 | g->creator, &r->spin, &r->spins,
	          &r->spin_capacity, sizeof *r->spin, &at, &is_new))
		return false;
	if (at == IDMAP_NONE)
		return true;
	struct spin *spin = &r->spin[at];
	if (is_new)
		*spin = (struct spin){.function = g->function, .creator = g->creator};
	add_ns(&spin->ran_ns, spell->ns);
	if (spell->ns > spin->longest_ns) {
		spin->longest_ns = spell->ns;
		spin->begin_ns = witness_since_begin(w, spell->begin_ns);
		spin->end_ns = witness_since_begin(w, spell->end_ns);
		spin->stack = spell->stack;
		spin->goroutine = g->id;
	}
	return true;
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *spell)
{
	const struct witness_goroutine *g = &w->slot[slot];
	return spell->class == SPELL_SLEEP ? note_sleep(self, w, g, spell)
	                                   : note_burst(self, w, g, spell);
}

/* --- when it is over ---------------------------------------------------------------------------
 */

/* Of all goroutines that start with one function. */
static uint64_t system_calls(const struct analysis *a, uint32_t function)
{
	uint64_t calls = 0;
	for (size_t i = 0; i < a->blocking.sites; i++) {
		const struct block_site *site = &a->blocking.site[i];
		if (!site->syscall || site->stack == STACK_NONE)
			continue;
		const struct stack *stack = &a->stacks.stack[site->stack - 1];
		if (stack->frames && a->stacks.frame[stack->first + stack->frames - 1].function == function)
			calls += site->count;
	}
	return calls;
}

/* Who calls the kernel between two sleeps may send or read something there, by a clock; and so may
   many that act seldom each. */
static void find_naps(const struct doctor *doctor, const struct nap *nap, double observed_ns,
                      struct findings *findings)
{
	double at_once = (double)nap->slept_ns / observed_ns;
	double all_per_s = (double)nap->looks / (observed_ns / 1e9);
	double per_s = all_per_s / fmax(at_once, 1); /* of one goroutine */
	double nap_ns = (double)nap->slept_ns / (double)nap->sleeps;
	double least = limit(doctor->limits, LIMIT_POLL_RATE);
	if (nap->looks < LEAST_LOOKS || (double)nap->looks < MOSTLY * (double)nap->sleeps ||
	    (double)(nap->last_ns - nap->first_ns) < LASTING * observed_ns || per_s < least / 2)
		return;
	const struct analysis *a = doctor->analysis;
	char place[EVIDENCE_SITE_TEXT], slept[32], looked[32], rate[32];
	bool does = (double)system_calls(a, nap->function) >= DOING * (double)nap->looks;
	bool sure = per_s >= least && !does;
	text_rate(rate, sizeof rate, per_s);
	text_duration(slept, sizeof slept, nap_ns, false);
	text_duration(looked, sizeof looked, (double)nap->looked_ns / (double)nap->looks, false);
	evidence_site(place, &a->stacks, &a->names, nap->stack);
	struct finding *f =
		findings_add(findings, SLUG_BUSY_POLL, sure ? SEVERITY_WARNING : SEVERITY_INFO,
	                 fmin((double)nap->looked_ns / observed_ns, 1));
	finding_say(
		f,
		"At %s a goroutine runs for %s, sleeps for %s and runs again, %s times a second, all "
		"the time%s.",
		place, looked, slept, rate,
		does ? ", and calls the kernel: it may be there to act by a clock" : "");
	finding_measure(f, "polls", UNIT_PER_S, per_s);
	finding_measure(f, "all_polls", UNIT_PER_S, all_per_s);
	finding_measure(f, "polls", UNIT_COUNT, (double)nap->looks);
	finding_measure(f, "looked", UNIT_NS, (double)nap->looked_ns);
	finding_measure(f, "slept", UNIT_NS, (double)nap->slept_ns);
	finding_measure(f, "at_once", UNIT_COUNT, at_once);
	struct evidence *e = finding_show(f, EVIDENCE_SITE,
	                                  "%" PRIu64 " sleeps of %s on average at %s, one of them of "
	                                  "goroutine %" PRIu64,
	                                  nap->sleeps, slept, place, nap->goroutine);
	evidence_goroutine(e, nap->goroutine);
	evidence_span(e, nap->first_ns, nap->last_ns);
	evidence_stack(e, &a->stacks, &a->names, nap->stack);
}

static void find_spins(const struct doctor *doctor, const struct spin *spin, double observed_ns,
                       struct findings *findings)
{
	const struct analysis *a = doctor->analysis;
	const struct goroutine_kind *kind = kinds_find(a, spin->function, spin->creator);
	uint64_t polls = kind ? kind_yields(a, kind) : 0;
	double per_s = (double)polls / (observed_ns / 1e9);
	if (!kind || !kind_polls(a, kind) || polls < LEAST_LOOKS ||
	    role_is_background(situation_role(doctor->situations, spin->function)) ||
	    per_s < limit(doctor->limits, LIMIT_POLL_RATE))
		return;
	/* runtime.GC gives its P up again and again while it sweeps. */
	if (collector_was_called(&a->stacks, &a->names, spin->stack))
		return;
	double run_ns = (double)kind->state_ns[GO_RUNNING];
	/* In bursts that last, most of the time: else it is work that was interrupted. */
	if ((double)spin->ran_ns < MOSTLY * run_ns || run_ns < LEAST_SHARE * observed_ns)
		return;
	char function[EVIDENCE_SITE_TEXT], rate[32], run[32], sum[32];
	text_rate(rate, sizeof rate, per_s);
	text_duration(run, sizeof run, run_ns / (double)polls, false);
	text_duration(sum, sizeof sum, run_ns, false);
	evidence_function(function, &a->names, spin->function);
	struct finding *f =
		findings_add(findings, SLUG_BUSY_POLL, SEVERITY_WARNING, fmin(run_ns / observed_ns, 1));
	finding_say(f,
	            "Goroutines of %s give up their P and ask for it again %s times a second, %s after "
	            "they got it: they look for something to do, and that took %s of processor time.",
	            function, rate, run, sum);
	finding_measure(f, "polls", UNIT_PER_S, per_s);
	finding_measure(f, "polls", UNIT_COUNT, (double)polls);
	finding_measure(f, "ran", UNIT_NS, run_ns);
	finding_measure(f, "goroutines", UNIT_COUNT, (double)kind->goroutines);
	struct evidence *e =
		finding_show(f, EVIDENCE_GOROUTINE,
	                 "goroutine %" PRIu64
	                 " did not wait once meanwhile; this is where it gave up its P",
	                 spin->goroutine);
	evidence_goroutine(e, spin->goroutine);
	evidence_span(e, spin->begin_ns, spin->end_ns);
	evidence_stack(e, &a->stacks, &a->names, spin->stack);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	const struct poll_rules *r = self;
	const struct witness *w = doctor->witness;
	double observed_ns = (double)elapsed_ns(w->first_ns, w->last_ns);
	if (observed_ns <= 0)
		return true;
	for (size_t i = 0; i < r->naps; i++)
		find_naps(doctor, &r->nap[i], observed_ns, findings);
	for (size_t i = 0; i < r->spins; i++)
		find_spins(doctor, &r->spin[i], observed_ns, findings);
	return true;
}

/* --- the family --------------------------------------------------------------------------------
 */

static void *create(const struct doctor *doctor)
{
	(void)doctor;
	return calloc(1, sizeof(struct poll_rules));
}

static void restart(void *self, int64_t time_ns)
{
	struct poll_rules *r = self;
	(void)time_ns;
	r->naps = r->spins = 0;
	idmap_clear(&r->nap_of);
	idmap_clear(&r->spin_of);
}

static void destroy(void *self)
{
	struct poll_rules *r = self;
	free(r->nap);
	free(r->spin);
	idmap_finish(&r->nap_of);
	idmap_finish(&r->spin_of);
	free(r);
}

const struct trace_family rules_poll = {
	.name = "polling",
	.least_ns = {[SPELL_SLEEP] = 1, [SPELL_BURST] = YIELD_NS},
	.who = WHO_COUNTS,
	.create = create,
	.spell = on_spell,
	.restart = restart,
	.conclude = conclude,
	.destroy = destroy,
};
