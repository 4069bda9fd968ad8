/* One goroutine that all work waits for, without any lock. */
#include <inttypes.h>
#include <stdlib.h>

#include "doctor/rules.h"
#include "doctor/site.h"
#include "doctor/situations.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "trace/slots.h"
#include "util/text.h"

/* Of more goroutines at one time nothing is known; of each, some places where others wait for it.
 */
enum { GOROUTINES = 1 << 16, PLACES = 3, LEAST_WAITS = 20 };

struct place {
	uint32_t stack;
	uint64_t waits;
	int64_t ns;
};

/* What one goroutine did, and who waited for it. */
struct server {
	uint64_t id;
	uint32_t function;
	int64_t alone_ns, idle_ns; /* it ran, and no other did; and then a P was idle */
	uint64_t waits;
	int64_t waited_ns, waited_alone_ns; /* of the waits: exactly one goroutine ran */
	int64_t longest_ns, longest_begin_ns, first_ns;
	uint64_t longest_goroutine;
	uint32_t ran_at; /* stack where its longest running ended */
	int64_t ran_ns;
	struct place place[PLACES];
};

struct serial_rules {
	const struct doctor *doctor;
	struct server *slot;
	size_t slots;
	struct server best; /* of those that are gone, the one that ran alone for longest */
};

static void *create(const struct doctor *doctor)
{
	struct serial_rules *r = calloc(1, sizeof *r);
	if (r)
		r->doctor = doctor;
	return r;
}

static void destroy(void *self)
{
	struct serial_rules *r = self;
	free(r->slot);
	free(r);
}

static void restart(void *self, int64_t time_ns)
{
	struct serial_rules *r = self;
	(void)time_ns;
	for (size_t i = 0; i < r->slots; i++)
		r->slot[i] = (struct server){0};
	r->best = (struct server){0};
}

/* --- while the trace is read ------------------------------------------------------------------ */

static void keep_best(struct serial_rules *r, const struct server *s)
{
	if (s->waits && s->alone_ns > r->best.alone_ns)
		r->best = *s;
}

/* NULL: no memory, or there are too many. */
static struct server *server_of(struct serial_rules *r, const struct witness *w, uint32_t slot)
{
	if (slot >= GOROUTINES)
		return NULL;
	if (!SLOTS_FIT(r->slot, r->slots, (size_t)slot + 1, NULL))
		return NULL;
	struct server *s = &r->slot[slot];
	const struct witness_goroutine *g = &w->slot[slot];
	if (s->id != g->id) {
		keep_best(r, s);
		*s = (struct server){.id = g->id, .first_ns = INT64_MAX};
	}
	s->function = g->function;
	return s;
}

static void add_place(struct server *s, uint32_t stack, int64_t ns)
{
	size_t least = 0;
	for (size_t i = 0; i < PLACES; i++) {
		if (s->place[i].waits && s->place[i].stack == stack) {
			s->place[i].waits++;
			add_ns(&s->place[i].ns, ns);
			return;
		}
		if (s->place[i].ns < s->place[least].ns)
			least = i;
	}
	if (s->place[least].ns < ns)
		s->place[least] = (struct place){stack, 1, ns};
}

static void add_running(struct server *s, const struct spell *spell)
{
	add_ns(&s->alone_ns, spell->during.alone);
	/* Both counted over the same time: nobody else ran and a P was idle in at least... */
	int64_t both = spell->during.alone + spell->during.idle - spell->ns;
	add_ns(&s->idle_ns, both > 0 ? both : 0);
	if (spell->ns <= s->ran_ns)
		return;
	s->ran_ns = spell->ns;
	s->ran_at = spell->stack;
}

/* Does somebody wait for a result here, or for something to do? */
static bool is_held_up(const struct serial_rules *r, const struct spell *spell)
{
	return spell->class == SPELL_SEND ||
	       !situation_is_idle(situation_of(r->doctor->situations, spell->stack));
}

static void add_wait(struct server *s, const struct witness *w, uint32_t slot,
                     const struct spell *spell)
{
	s->waits++;
	add_ns(&s->waited_ns, spell->ns);
	add_ns(&s->waited_alone_ns, spell->during.alone);
	add_place(s, spell->stack, spell->ns);
	if (spell->begin_ns < s->first_ns)
		s->first_ns = spell->begin_ns;
	if (spell->ns <= s->longest_ns)
		return;
	s->longest_ns = spell->ns;
	s->longest_begin_ns = spell->begin_ns;
	s->longest_goroutine = w->slot[slot].id;
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *spell)
{
	struct serial_rules *r = self;
	if (spell->class == SPELL_RUNNING) {
		struct server *s = spell->during.alone > 0 ? server_of(r, w, slot) : NULL;
		if (s)
			add_running(s, spell);
		return true;
	}
	if (spell->waker_slot == TRACE_NONE || !w->slot[spell->waker_slot].counts ||
	    !is_held_up(r, spell))
		return true;
	struct server *s = server_of(r, w, spell->waker_slot);
	if (s)
		add_wait(s, w, slot, spell);
	return true;
}

/* --- verdict ---------------------------------------------------------------------------------- */

static void show(struct finding *f, const struct doctor *d, const struct server *s)
{
	const struct names *names = &d->analysis->names;
	char text[EVIDENCE_SITE_TEXT], time[32];
	struct evidence *e = finding_show(f, EVIDENCE_GOROUTINE, "goroutine %" PRIu64 " of %s runs",
	                                  s->id, evidence_function(text, names, s->function));
	evidence_goroutine(e, s->id);
	site_show(e, d, s->ran_at);
	for (size_t i = 0; i < PLACES; i++) {
		const struct place *p = &s->place[i];
		if (!p->waits)
			continue;
		text_duration(time, sizeof time, (double)p->ns, false);
		e = finding_show(f, EVIDENCE_SITE, "%s of waiting for it in %s", time,
		                 site_text(text, d, p->stack));
		site_show(e, d, p->stack);
	}
	text_duration(time, sizeof time, (double)s->longest_ns, false);
	e = finding_show(f, EVIDENCE_SPAN, "goroutine %" PRIu64 " waits longest for it, %s",
	                 s->longest_goroutine, time);
	evidence_goroutine(e, s->longest_goroutine);
	evidence_span(e, witness_since_begin(d->witness, s->longest_begin_ns),
	              witness_since_begin(d->witness, s->longest_begin_ns + s->longest_ns));
}

static void judge(const struct doctor *d, const struct server *s, struct findings *out)
{
	double observed_ns = (double)elapsed_ns(d->witness->first_ns, d->witness->last_ns);
	if (observed_ns <= 0 || s->waits < LEAST_WAITS || procs_available(&d->analysis->procs) < 2)
		return;
	double alone = (double)s->alone_ns / observed_ns, waiters = (double)s->waited_ns / observed_ns;
	double waited_alone = (double)s->waited_alone_ns / (double)s->waited_ns;
	if (alone < limit(d->limits, LIMIT_BOTTLENECK_ALONE) ||
	    waiters < limit(d->limits, LIMIT_BOTTLENECK_WAITERS) ||
	    (double)s->idle_ns < 0.5 * (double)s->alone_ns || waited_alone < 0.5)
		return;
	char function[EVIDENCE_SITE_TEXT], waited[32], since[32];
	text_duration(waited, sizeof waited, (double)s->waited_ns, false);
	text_duration(since, sizeof since, (double)witness_since_begin(d->witness, s->first_ns), false);
	struct finding *f = findings_add(out, SLUG_SERIAL_BOTTLENECK, SEVERITY_WARNING, alone);
	finding_say(f,
	            "Work waits for goroutine %" PRIu64
	            " of %s: it runs alone for %.0f %% of the trace, "
	            "with a P idle, while %.1f others wait for it on average, %s in all, since %s.",
	            s->id, evidence_function(function, &d->analysis->names, s->function), 100 * alone,
	            waiters, waited, since);
	finding_measure(f, "alone", UNIT_RATIO, alone);
	finding_measure(f, "alone", UNIT_NS, (double)s->alone_ns);
	finding_measure(f, "waiters", UNIT_COUNT, waiters);
	finding_measure(f, "waits", UNIT_COUNT, (double)s->waits);
	finding_measure(f, "waited", UNIT_NS, (double)s->waited_ns);
	finding_measure(f, "longest_wait", UNIT_NS, (double)s->longest_ns);
	show(f, d, s);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	struct serial_rules *r = self;
	for (size_t i = 0; i < r->slots; i++)
		keep_best(r, &r->slot[i]);
	judge(doctor, &r->best, findings);
	return true;
}

const struct trace_family rules_serial = {
	.name = "serial",
	.least_ns =
		{
			[SPELL_RUNNING] = 100000,
			[SPELL_SEND] = 500000,
			[SPELL_COND] = 2000000,
			[SPELL_RECEIVE] = 2000000,
			[SPELL_SELECT] = 2000000,
		},
	.who = WHO_COUNTS,
	.create = create,
	.spell = on_spell,
	.restart = restart,
	.conclude = conclude,
	.destroy = destroy,
};
