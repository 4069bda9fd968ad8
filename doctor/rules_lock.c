/*
 * Locks that make a program slow: one that lets a single goroutine run at a time, and one that is
 * held while its holder waits for something else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor/locks.h"
#include "doctor/rules.h"
#include "doctor/site.h"
#include "doctor/situations.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "util/text.h"

struct lock_rules {
	const struct doctor *doctor;
	struct locks locks;
};

/* --- while the trace is read ------------------------------------------------------------------ */

static void *create(const struct doctor *doctor)
{
	struct lock_rules *r = calloc(1, sizeof *r);
	if (r)
		r->doctor = doctor;
	return r;
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *s)
{
	struct lock_rules *r = self;
	if (s->class == SPELL_LOCK && situation_of(r->doctor->situations, s->stack) == SITUATION_LOCK &&
	    !locks_wait(&r->locks, w, slot, s))
		return false;
	return lately_note(&r->locks.lately, w, slot, s);
}

static void restart(void *self, int64_t time_ns)
{
	struct lock_rules *r = self;
	(void)time_ns;
	locks_restart(&r->locks);
}

static void destroy(void *self)
{
	struct lock_rules *r = self;
	locks_finish(&r->locks);
	free(r);
}

/* --- what the analysis counted of a lock ------------------------------------------------------ */

enum { SITES = 3 };

/* All its waits, also those too short for us, so that the numbers are those of `stat`. */
struct counted {
	uint64_t waits;
	int64_t waited_ns, longest_ns;
	const struct block_site *site[SITES]; /* the longest waited at first */
};

static void add_site(struct counted *c, const struct block_site *site)
{
	c->waits += site->count;
	add_ns(&c->waited_ns, site->total_ns);
	if (site->max_ns > c->longest_ns)
		c->longest_ns = site->max_ns;
	for (size_t i = 0; i < SITES && site; i++) {
		const struct block_site *other = c->site[i];
		if (other && other->total_ns >= site->total_ns)
			continue;
		c->site[i] = site;
		site = other;
	}
}

static struct counted *count_all(const struct lock_rules *r)
{
	const struct doctor *d = r->doctor;
	const struct blocking *blocking = &d->analysis->blocking;
	struct counted *counted = calloc(r->locks.n, sizeof *counted);
	for (size_t i = 0; counted && i < blocking->sites; i++) {
		const struct block_site *site = &blocking->site[i];
		if (site->syscall || situation_of(d->situations, site->stack) != SITUATION_LOCK)
			continue;
		uint32_t lock = locks_of_stack(&r->locks, d->witness, site->stack);
		if (lock != LOCK_NONE)
			add_site(&counted[lock], site);
	}
	return counted;
}

/* --- verdicts --------------------------------------------------------------------------------- */

/* A lock in shares of what it is measured by. */
struct measured {
	const struct lock *lock;
	const struct counted *counted;
	double contended_ns, contended; /* somebody waits: of the trace */
	double waiters;                 /* on average while somebody does */
	double alone, idle;             /* of the waiting: one goroutine ran, a P was idle */
	double running, outside;        /* of the holding: the holder ran; it waited for others */
	double locks;                   /* that are held at a time on average while any is */
};

/* Where the time of a holder goes that it doesn't need the lock for. */
static double outside_ns(const struct doctor *d, const struct lock *lock)
{
	double ns = (double)lock->blocked_ns[SPELL_NETWORK] + (double)lock->blocked_ns[SPELL_SYSCALL] +
	            (double)lock->blocked_ns[SPELL_SLEEP];
	for (size_t i = 0; i < LOCK_PLACES; i++) {
		const struct lock_place *p = &lock->blocked[i];
		if (p->count && (p->class == SPELL_SELECT || p->class == SPELL_RECEIVE) &&
		    situation_is_outbound(situation_of(d->situations, p->stack)))
			ns += (double)p->ns;
	}
	return ns;
}

static double ratio(double part, double whole)
{
	double ratio = whole > 0 ? part / whole : 0;
	return ratio < 1 ? ratio : 1;
}

static struct measured measure(const struct doctor *d, const struct lock *lock,
                               const struct counted *counted)
{
	const struct witness *w = d->witness;
	double observed_ns = (double)elapsed_ns(w->first_ns, w->last_ns);
	double waited_ns = (double)lock->waited_ns, held_ns = (double)lock->held_ns;
	struct measured m = {.lock = lock, .counted = counted};
	m.contended_ns = (double)cover_ns(&lock->waited_for);
	if (m.contended_ns > observed_ns)
		m.contended_ns = observed_ns;
	m.contended = ratio(m.contended_ns, observed_ns);
	m.waiters = m.contended_ns > 0 ? waited_ns / m.contended_ns : 0;
	m.alone = ratio((double)lock->alone_ns, waited_ns);
	m.idle = ratio((double)lock->idle_ns, waited_ns);
	m.running = ratio((double)lock->running_ns, held_ns);
	m.outside = ratio(outside_ns(d, lock), held_ns);
	int64_t sure_ns = cover_ns(&lock->sure);
	m.locks = sure_ns > 0 ? (double)lock->sure_ns / (double)sure_ns : 1;
	return m;
}

static void add_measures(struct finding *f, const struct measured *m)
{
	finding_measure(f, "waits", UNIT_COUNT, (double)m->counted->waits);
	finding_measure(f, "waited", UNIT_NS, (double)m->counted->waited_ns);
	finding_measure(f, "longest_wait", UNIT_NS, (double)m->counted->longest_ns);
	finding_measure(f, "contended", UNIT_NS, m->contended_ns);
	finding_measure(f, "contended", UNIT_RATIO, m->contended);
	finding_measure(f, "waiters", UNIT_COUNT, m->waiters);
	finding_measure(f, "alone", UNIT_RATIO, m->alone);
	finding_measure(f, "p_idle", UNIT_RATIO, m->idle);
	finding_measure(f, "holder_running", UNIT_RATIO, m->running);
	finding_measure(f, "holder_outside", UNIT_RATIO, m->outside);
	finding_measure(f, "locks_held", UNIT_COUNT, m->locks);
}

static const char *ns_text(char to[32], double ns)
{
	text_duration(to, 32, ns, false);
	return to;
}

static const struct lock_place *longest(const struct lock_place place[static LOCK_PLACES],
                                        size_t rank)
{
	const struct lock_place *best = NULL;
	for (size_t i = 0; i < LOCK_PLACES; i++) {
		size_t before = 0;
		for (size_t k = 0; k < LOCK_PLACES; k++)
			before += place[k].count &&
			          (place[k].ns > place[i].ns || (k < i && place[k].ns == place[i].ns));
		if (place[i].count && before == rank)
			best = &place[i];
	}
	return best;
}

/* Who waits where, and where it is let go. */
static void show_waits(struct finding *f, const struct doctor *d, const struct measured *m)
{
	char site[EVIDENCE_SITE_TEXT], time[32], most[32];
	for (size_t i = 0; i < SITES && m->counted->site[i]; i++) {
		const struct block_site *s = m->counted->site[i];
		struct evidence *e =
			finding_show(f, EVIDENCE_SITE,
		                 "%" PRIu64 " waits of %s in all, the longest of %s, in %s", s->count,
		                 ns_text(time, (double)s->total_ns), ns_text(most, (double)s->max_ns),
		                 site_text(site, d, s->stack));
		site_show(e, d, s->stack);
	}
	const struct lock_place *unlock = longest(m->lock->unlock, 0);
	if (unlock && unlock->stack != STACK_NONE) {
		struct evidence *e =
			finding_show(f, EVIDENCE_SITE, "it is let go in %s", site_text(site, d, unlock->stack));
		site_show(e, d, unlock->stack);
	}
}

static void show_longest(struct finding *f, const struct doctor *d, const struct lock *lock)
{
	const struct witness *w = d->witness;
	char time[32];
	struct evidence *e =
		finding_show(f, EVIDENCE_SPAN, "goroutine %" PRIu64 " waits longest, for %s",
	                 lock->longest_goroutine, ns_text(time, (double)lock->longest_ns));
	evidence_goroutine(e, lock->longest_goroutine);
	evidence_span(e, witness_since_begin(w, lock->longest_begin_ns),
	              witness_since_begin(w, lock->longest_begin_ns + lock->longest_ns));
}

static const char *doing(unsigned class)
{
	switch (class) {
	case SPELL_NETWORK:
		return "for the network";
	case SPELL_SYSCALL:
		return "in system calls";
	case SPELL_SLEEP:
		return "asleep";
	default:
		return "for another service";
	}
}

static bool is_outside(const struct doctor *d, const struct lock_place *p)
{
	return p->class == SPELL_NETWORK || p->class == SPELL_SYSCALL || p->class == SPELL_SLEEP ||
	       situation_is_outbound(situation_of(d->situations, p->stack));
}

static void show_holders(struct finding *f, const struct doctor *d, const struct lock *lock)
{
	char site[EVIDENCE_SITE_TEXT], time[32];
	for (size_t rank = 0, shown = 0; rank < LOCK_PLACES && shown < 2; rank++) {
		const struct lock_place *p = longest(lock->blocked, rank);
		if (!p || !is_outside(d, p))
			continue;
		struct evidence *e = finding_show(f, EVIDENCE_SITE, "holders spend %s %s in %s",
		                                  ns_text(time, (double)p->ns), doing(p->class),
		                                  site_text(site, d, p->stack));
		site_show(e, d, p->stack);
		shown++;
	}
}

static const char *lock_site(char to[EVIDENCE_SITE_TEXT], const struct doctor *d,
                             const struct measured *m)
{
	return m->counted->site[0] ? site_text(to, d, m->counted->site[0]->stack)
	                           : evidence_function(to, &d->analysis->names, m->lock->function);
}

/* As in a session or a connection each: who waits for one doesn't hold the others up. */
static bool are_several(const struct measured *m)
{
	return m->locks > 1.5;
}

static enum severity severity_of(const struct measured *m)
{
	if (are_several(m))
		return SEVERITY_INFO;
	return m->contended >= 0.5 && m->waiters >= 4 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
}

/* Fewer waits than that are no habit. */
enum { LEAST_WAITS = 10 };

static bool find_held_across_io(const struct doctor *d, const struct measured *m,
                                struct findings *out)
{
	if (m->outside < limit(d->limits, LIMIT_LOCK_IO_SHARE) ||
	    (double)m->lock->waited_ns < limit(d->limits, LIMIT_LOCK_IO_WAITED) ||
	    m->contended < limit(d->limits, LIMIT_LOCK_IO_IMPACT) || m->lock->holds < LEAST_WAITS)
		return false;
	const struct lock *lock = m->lock;
	bool several = are_several(m);
	char site[EVIDENCE_SITE_TEXT], waited[32], since[32];
	unsigned class = SPELL_NETWORK;
	const unsigned others[] = {SPELL_SYSCALL, SPELL_SLEEP, SPELL_SELECT};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (lock->blocked_ns[others[i]] > lock->blocked_ns[class])
			class = others[i];
	struct finding *f =
		findings_add(out, SLUG_LOCK_HELD_ACROSS_IO, severity_of(m), m->contended * m->outside);
	finding_say(f,
	            "%s in %s %s, mostly %s, for %.0f %% of the holding; %.1f goroutines stand before "
	            "%s on average for %.0f %% of the trace, %s in all, since %s.",
	            several ? "Locks taken" : "The lock", lock_site(site, d, m),
	            several ? "are held while their holders wait" : "is held while its holder waits",
	            doing(class), 100 * m->outside, m->waiters, several ? "them" : "it",
	            100 * m->contended, ns_text(waited, (double)m->counted->waited_ns),
	            ns_text(since, (double)witness_since_begin(d->witness, lock->first_ns)));
	add_measures(f, m);
	show_holders(f, d, lock);
	show_waits(f, d, m);
	show_longest(f, d, lock);
	return true;
}

static void find_serialization(const struct doctor *d, const struct measured *m,
                               struct findings *out)
{
	/* One P would run one goroutine at a time without any lock. */
	if (m->contended < limit(d->limits, LIMIT_MUTEX_IMPACT) ||
	    m->waiters < limit(d->limits, LIMIT_MUTEX_WAITERS) ||
	    m->alone < limit(d->limits, LIMIT_MUTEX_ALONE) || m->running < 0.5 ||
	    (double)m->lock->waited_ns < limit(d->limits, LIMIT_MUTEX_WAITED) ||
	    m->lock->waits / 2 < LEAST_WAITS || procs_available(&d->analysis->procs) < 2)
		return;
	const struct lock *lock = m->lock;
	bool several = are_several(m);
	char site[EVIDENCE_SITE_TEXT], waited[32], since[32];
	struct finding *f =
		findings_add(out, SLUG_MUTEX_SERIALIZATION, severity_of(m), m->contended * m->alone);
	finding_say(f,
	            "%s in %s %s one goroutine run at a time: %.1f goroutines stand before %s "
	            "on average for %.0f %% of the trace, %s in all, since %s, and for %.0f %% of "
	            "that one goroutine alone runs.",
	            several ? "Locks taken" : "The lock", lock_site(site, d, m),
	            several ? "let" : "lets", m->waiters, several ? "them" : "it", 100 * m->contended,
	            ns_text(waited, (double)m->counted->waited_ns),
	            ns_text(since, (double)witness_since_begin(d->witness, lock->first_ns)),
	            100 * m->alone);
	add_measures(f, m);
	show_waits(f, d, m);
	finding_show(f, EVIDENCE_TEXT,
	             "holders run for %.0f %% of the time that they are waited for; for %.0f %% of the "
	             "waiting a P is idle",
	             100 * m->running, 100 * m->idle);
	show_longest(f, d, lock);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	const struct lock_rules *r = self;
	if (r->locks.n == 0)
		return true;
	struct counted *counted = count_all(r);
	for (uint32_t i = 0; counted && i < r->locks.n; i++) {
		const struct lock *lock = &r->locks.lock[i];
		if (lock->same_as != i || lock->waits == 0)
			continue;
		const struct measured m = measure(doctor, lock, &counted[i]);
		if (!find_held_across_io(doctor, &m, findings))
			find_serialization(doctor, &m, findings);
	}
	free(counted);
	return counted != NULL;
}

const struct trace_family rules_lock = {
	.name = "lock",
	/* Of waits for a lock all that may make it up; of the rest, what a holder could be at. Waits
       that nearly all goroutines of a healthy server spend their time in are looked at when they
       are long: they cost more than all others. */
	.least_ns =
		{
			[SPELL_LOCK] = LOCKS_LEAST_NS,
			[SPELL_SYSCALL] = 100000,
			[SPELL_SLEEP] = 100000,
			[SPELL_NETWORK] = 200000,
			[SPELL_SEND] = 1000000,
			[SPELL_COND] = 1000000,
			[SPELL_RECEIVE] = 1000000,
			[SPELL_SELECT] = 1000000,
			[SPELL_WAIT] = 1000000,
			[SPELL_RUNNABLE] = 1000000,
		},
	.who = WHO_COUNTS,
	.create = create,
	.spell = on_spell,
	.restart = restart,
	.conclude = conclude,
	.destroy = destroy,
};
