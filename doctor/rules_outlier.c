/*
 * One request that computes much longer than the others of its kind, while somebody waits for its
 * P or for a lock that it holds. Averages hide it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/rules.h"
#include "doctor/site.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"
#include "util/clock.h"
#include "util/text.h"

/* sysmon preempts who ran for 10 ms (runtime/proc.go: forcePreemptNS) and looks every 10 ms at the
   latest: a longer stretch is one in which the thread did not run. */
#define SLICE_NS       (10 * NS_PER_MS)
#define LONG_SLICE_NS  (25 * NS_PER_MS)
#define SHORT_NS       NS_PER_MS /* shorter bursts are counted only */
#define LOCK_WAIT_NS   NS_PER_MS
#define WAITED_SHARE   0.2  /* of it, in which others waited */
#define OUTLIERS_SHARE 0.05 /* of all bursts of a kind: more are not unusual */

enum {
	KINDS = 512, /* more are not judged */
	STEPS = 256, /* four to each power of two */
	LEAST_BURSTS = 20,
	KEPT = 3 /* outliers of a kind */
};

struct outlier {
	uint64_t goroutine;
	int64_t begin_ns, end_ns, ns;
	int64_t starved_ns, locked_ns; /* others waited for a P, and for its lock */
	uint32_t stack;
};

/* Goroutines that start with one function. */
struct kind {
	uint32_t function;
	bool serves;     /* requests, between which it waits for the network */
	uint64_t bursts; /* of all lengths */
	uint64_t outliers;
	uint64_t awaited;     /* of them: somebody is known to wait for what they do */
	int64_t outliers_ns;  /* from beginning to end */
	uint32_t step[STEPS]; /* of SHORT_NS and more */
	struct outlier longest[KEPT];
	unsigned kept;
};

struct runner {
	uint64_t id;
	uint32_t function;  /* name */
	uint32_t kind;      /* index + 1; 0: not judged */
	int64_t stalled_ns; /* of the burst that goes on */
	int64_t locked_ns;  /* somebody waited for its lock */
	bool is_counted;    /* its bursts */
	bool is_served;     /* it is, or was created by, a goroutine that works for a client */
};

struct rules {
	const struct doctor *doctor;
	struct kind *kind;
	size_t kinds, capacity;
	struct idmap kind_of;
	struct runner *runner;
	size_t runners;
};

/* --- while the trace is read ------------------------------------------------------------------ */

/* Index + 1; 0: not judged. false: no memory. */
static bool kind_of(struct rules *r, uint32_t function, uint32_t *kind)
{
	enum role role = situation_role(r->doctor->situations, function);
	*kind = 0;
	if (function == NAME_NONE || role == ROLE_MAIN || role_is_background(role))
		return true;
	uint32_t i = idmap_get(&r->kind_of, function);
	if (i != IDMAP_NONE) {
		*kind = i;
		return true;
	}
	if (r->kinds == KINDS)
		return true;
	if (!wire_grow(&r->kind, &r->capacity, r->kinds, sizeof *r->kind))
		return false;
	r->kind[r->kinds++] = (struct kind){
		.function = function,
		.serves = role == ROLE_CONNECTION || role == ROLE_REQUEST,
	};
	*kind = (uint32_t)r->kinds;
	return idmap_put(&r->kind_of, function, *kind);
}

/* NULL: no memory. */
static struct runner *runner_of(struct rules *r, const struct witness *w, uint32_t slot)
{
	if (!SLOTS_FIT(r->runner, r->runners, (size_t)slot + 1, NULL))
		return NULL;
	struct runner *runner = &r->runner[slot];
	const struct witness_goroutine *g = &w->slot[slot];
	if (runner->id != g->id)
		*runner = (struct runner){.id = g->id};
	/* Of those that were there before the trace it is learned later. */
	if (runner->function != g->function) {
		runner->function = g->function;
		if (!kind_of(r, g->function, &runner->kind))
			return NULL;
		runner->is_served |= runner->kind && r->kind[runner->kind - 1].serves;
	}
	return runner;
}

static unsigned step_of(int64_t ns)
{
	uint64_t x = ns > 0 ? (uint64_t)ns : 0;
	if (x < 4)
		return (unsigned)x;
	unsigned octave = 63 - (unsigned)__builtin_clzll(x);
	return (octave - 1) * 4 + (unsigned)(x >> (octave - 2) & 3);
}

/* The largest duration in the step. */
static int64_t upper_ns(unsigned step)
{
	if (step < 4)
		return step;
	unsigned octave = step / 4 + 1;
	return (int64_t)((UINT64_C(4) + step % 4 + 1) << (octave - 2)) - 1;
}

/* At most; half of the bursts were that long or shorter. */
static int64_t median_ns(const struct kind *k)
{
	uint64_t longer = 0;
	for (unsigned i = STEPS; i > 0; i--) {
		longer += k->step[i - 1];
		if (2 * longer >= k->bursts)
			return upper_ns(i - 1);
	}
	return SHORT_NS;
}

static void keep(struct kind *k, const struct outlier *o)
{
	unsigned at = k->kept;
	while (at > 0 && k->longest[at - 1].ns < o->ns)
		at--;
	if (at == KEPT)
		return;
	unsigned last = k->kept < KEPT ? k->kept++ : KEPT - 1;
	for (; last > at; last--)
		k->longest[last] = k->longest[last - 1];
	k->longest[at] = *o;
}

static void note_burst(struct rules *r, struct runner *runner, const struct spell *s)
{
	struct kind *k = &r->kind[runner->kind - 1];
	struct outlier o = {
		.goroutine = runner->id,
		.begin_ns = s->begin_ns,
		.end_ns = s->end_ns,
		.ns = bounded_elapsed_ns(runner->stalled_ns, s->ns),
		.starved_ns = s->during.starved,
		.locked_ns = runner->locked_ns,
		.stack = s->stack,
	};
	int64_t wall_ns = bounded_elapsed_ns(s->begin_ns, s->end_ns);
	k->step[step_of(o.ns)]++;
	if ((double)o.ns < limit(r->doctor->limits, LIMIT_OUTLIER_BURST))
		return;
	int64_t waited_ns = o.starved_ns > o.locked_ns ? o.starved_ns : o.locked_ns;
	if ((double)waited_ns < WAITED_SHARE * (double)wall_ns)
		return;
	k->outliers++;
	k->awaited += runner->is_served || (double)o.locked_ns >= WAITED_SHARE * (double)wall_ns;
	add_ns(&k->outliers_ns, wall_ns);
	keep(k, &o);
}

/* Somebody waited for a lock that this one gave back. */
static bool note_lock(struct rules *r, const struct witness *w, const struct spell *s)
{
	if (s->waker_slot == TRACE_NONE || s->waker_slot >= w->slots ||
	    situation_of(r->doctor->situations, s->stack) != SITUATION_LOCK)
		return true;
	int64_t since_ns = w->slot[s->waker_slot].burst_since_ns;
	struct runner *runner = runner_of(r, w, s->waker_slot);
	if (!runner || since_ns == INT64_MIN)
		return runner;
	int64_t ns = bounded_elapsed_ns(since_ns > s->begin_ns ? since_ns : s->begin_ns, s->end_ns);
	if (ns > runner->locked_ns)
		runner->locked_ns = ns;
	return true;
}

/* Does a request begin with this burst, or lie in it? A goroutine that does one thing after the
   other may have done many of them before it had to wait, for a lock or because its queue was
   empty: then a long burst is no long request. Only what it does first is one. */
static bool is_request(const struct rules *r, const struct witness *w, uint32_t slot)
{
	const struct witness_goroutine *g = &w->slot[slot];
	return r->kind[r->runner[slot].kind - 1].serves || (g->created && g->bursts == 1);
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *s)
{
	struct rules *r = self;
	if (s->class == SPELL_LOCK)
		return note_lock(r, w, s);
	struct runner *runner = runner_of(r, w, slot);
	if (!runner)
		return false;
	if (s->class == SPELL_RUNNING) {
		add_ns(&runner->stalled_ns, s->ns - SLICE_NS);
		return true;
	}
	if (runner->kind && !s->cut && !s->open && is_request(r, w, slot))
		note_burst(r, runner, s);
	runner->stalled_ns = runner->locked_ns = 0;
	return true;
}

/* What is done for a client in goroutines of their own is a part of its request. */
static bool on_born(void *self, const struct witness *w, uint32_t slot, uint32_t creator)
{
	struct rules *r = self;
	if (creator == TRACE_NONE || creator >= w->slots)
		return true;
	const struct runner *by = runner_of(r, w, creator);
	if (!by)
		return false;
	bool is_served = by->is_served; /* the next line may move it */
	struct runner *runner = is_served ? runner_of(r, w, slot) : NULL;
	if (runner)
		runner->is_served = true;
	return runner || !is_served;
}

/* Once for each goroutine. false: no memory. */
static bool count_bursts(struct rules *r, const struct witness *w, uint32_t slot)
{
	struct runner *runner = runner_of(r, w, slot);
	if (!runner)
		return false;
	const struct witness_goroutine *g = &w->slot[slot];
	struct kind *k = runner->kind && !runner->is_counted ? &r->kind[runner->kind - 1] : NULL;
	if (k)
		k->bursts += k->serves ? g->bursts : g->created && g->bursts;
	runner->is_counted = true;
	return true;
}

static bool on_died(void *self, const struct witness *w, uint32_t slot, int64_t at_ns)
{
	struct situations *situations = ((struct rules *)self)->doctor->situations;
	(void)at_ns;
	return role_is_background(situation_role(situations, w->slot[slot].function)) ||
	       count_bursts(self, w, slot);
}

static void on_restart(void *self, int64_t time_ns)
{
	struct rules *r = self;
	(void)time_ns;
	idmap_clear(&r->kind_of);
	r->kinds = 0;
	if (r->runners)
		memset(r->runner, 0, r->runners * sizeof *r->runner);
}

/* --- what it says ----------------------------------------------------------------------------- */

static void show(struct finding *f, const struct rules *r, const struct outlier *o)
{
	const struct witness *w = r->doctor->witness;
	char ran[32], waited[32], site[EVIDENCE_SITE_TEXT];
	bool is_lock = o->locked_ns > o->starved_ns;
	text_duration(ran, sizeof ran, (double)o->ns, false);
	text_duration(waited, sizeof waited, (double)(is_lock ? o->locked_ns : o->starved_ns), false);
	struct evidence *e =
		finding_show(f, EVIDENCE_GOROUTINE,
	                 "goroutine %" PRIu64 " ran for %s at %s; %s of it others waited for %s",
	                 o->goroutine, ran, site_text(site, r->doctor, o->stack), waited,
	                 is_lock ? "a lock of it" : "a P");
	evidence_goroutine(e, o->goroutine);
	evidence_span(e, witness_since_begin(w, o->begin_ns), witness_since_begin(w, o->end_ns));
	site_show(e, r->doctor, o->stack);
}

static void tell(const struct rules *r, const struct kind *k, struct findings *out)
{
	const struct witness *w = r->doctor->witness;
	int64_t trace_ns = bounded_elapsed_ns(w->first_ns, w->last_ns), median = median_ns(k);
	const struct outlier *longest = &k->longest[0];
	double times = median > 0 ? (double)longest->ns / (double)median : 0;
	if (!k->outliers || k->bursts < LEAST_BURSTS || trace_ns == 0 ||
	    times < limit(r->doctor->limits, LIMIT_OUTLIER_TIMES) ||
	    (double)k->outliers > OUTLIERS_SHARE * (double)k->bursts + 1)
		return;
	char function[EVIDENCE_SITE_TEXT], ran[32], usual[32], at[32];
	text_duration(ran, sizeof ran, (double)longest->ns, false);
	text_duration(usual, sizeof usual, (double)median, false);
	text_duration(at, sizeof at, (double)witness_since_begin(w, longest->begin_ns), false);
	/* The items of a batch differ, and a scheduler lets them wait for one another. */
	struct finding *f =
		findings_add(out, SLUG_SLOW_REQUEST_OUTLIER, k->awaited ? SEVERITY_WARNING : SEVERITY_INFO,
	                 (double)k->outliers_ns / (double)trace_ns);
	finding_say(
		f,
		"A goroutine of %s ran for %s without a break, %s after the beginning, while others "
		"waited for it; of %" PRIu64 " times that goroutines of its kind ran, half took %s "
		"or less.",
		evidence_function(function, &r->doctor->analysis->names, k->function), ran, at, k->bursts,
		usual);
	finding_measure(f, "longest", UNIT_NS, (double)longest->ns);
	finding_measure(f, "median", UNIT_NS, (double)median);
	finding_measure(f, "outliers", UNIT_COUNT, (double)k->outliers);
	finding_measure(f, "bursts", UNIT_COUNT, (double)k->bursts);
	for (unsigned i = 0; i < k->kept; i++)
		show(f, r, &k->longest[i]);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *out)
{
	struct rules *r = self;
	const struct witness *w = doctor->witness;
	bool ok = true;
	for (uint32_t i = 0; i < w->slots && ok; i++)
		ok = count_bursts(r, w, i); /* of those that live on */
	for (size_t i = 0; i < r->kinds; i++)
		tell(r, &r->kind[i], out);
	return ok;
}

static void *create(const struct doctor *doctor)
{
	struct rules *r = calloc(1, sizeof *r);
	if (r)
		r->doctor = doctor;
	return r;
}

static void destroy(void *self)
{
	struct rules *r = self;
	idmap_finish(&r->kind_of);
	free(r->kind);
	free(r->runner);
	free(r);
}

const struct trace_family rules_outlier = {
	.name = "outlier",
	.least_ns =
		{[SPELL_BURST] = SHORT_NS, [SPELL_RUNNING] = LONG_SLICE_NS, [SPELL_LOCK] = LOCK_WAIT_NS},
	.create = create,
	.spell = on_spell,
	.born = on_born,
	.died = on_died,
	.restart = on_restart,
	.conclude = conclude,
	.destroy = destroy,
};
