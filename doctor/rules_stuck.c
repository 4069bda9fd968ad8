/*
 * Who is never woken: goroutines that pile up at one channel operation, and handlers that all wait
 * for calls while none completes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/rules.h"
#include "doctor/site.h"
#include "doctor/situations.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "trace/tables.h"
#include "util/text.h"

enum {
	CALLS = 3,
	/* A client on the same machine that asks again at once takes longer than that. */
	LEAST_IDLE_NS = 10000
};

/* Handlers that wait for one call. */
struct call {
	uint32_t stack;
	uint64_t handlers;
	uint64_t goroutine; /* the one that has waited longest */
	int64_t begin_ns;
};

struct stuck_rules {
	const struct doctor *doctor;
	int64_t completed_ns; /* when a handler last did, INT64_MIN: never */
	int64_t end_ns;
	uint64_t busy, waiting;
	struct call call[CALLS];
};

static void *create(const struct doctor *doctor)
{
	struct stuck_rules *r = calloc(1, sizeof *r);
	if (r)
		*r = (struct stuck_rules){.doctor = doctor, .completed_ns = INT64_MIN};
	return r;
}

static void restart(void *self, int64_t time_ns)
{
	struct stuck_rules *r = self;
	(void)time_ns;
	*r = (struct stuck_rules){.doctor = r->doctor, .completed_ns = INT64_MIN};
}

/* --- handlers --------------------------------------------------------------------------------- */

/* How long nobody must have completed: so much of the trace, and so long at all. */
static int64_t still_ns(const struct witness *w)
{
	enum { LEAST_NS = 300000000 };
	int64_t ns = elapsed_ns(w->first_ns, w->last_ns) / 5 * 2;
	return ns > LEAST_NS ? ns : LEAST_NS;
}

static void note_completed(struct stuck_rules *r, int64_t at_ns)
{
	if (at_ns > r->completed_ns)
		r->completed_ns = at_ns;
}

static bool on_died(void *self, const struct witness *w, uint32_t slot, int64_t at_ns)
{
	struct stuck_rules *r = self;
	enum role role = situation_role(r->doctor->situations, w->slot[slot].function);
	if (role == ROLE_REQUEST || role == ROLE_CONNECTION)
		note_completed(r, at_ns);
	return true;
}

static void add_call(struct stuck_rules *r, uint64_t goroutine, const struct spell *s)
{
	struct call *free_one = NULL;
	for (size_t i = 0; i < CALLS; i++) {
		struct call *c = &r->call[i];
		if (c->handlers && c->stack == s->stack) {
			c->handlers++;
			if (s->begin_ns < c->begin_ns) {
				c->begin_ns = s->begin_ns;
				c->goroutine = goroutine;
			}
			return;
		}
		if (!c->handlers && !free_one)
			free_one = c;
	}
	if (free_one)
		*free_one = (struct call){s->stack, 1, goroutine, s->begin_ns};
}

/* A connection that stays has waited for its next request, however shortly. */
static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *s)
{
	struct stuck_rules *r = self;
	struct situations *situations = r->doctor->situations;
	(void)w, (void)slot;
	if (s->cut || s->begin_ns <= r->completed_ns)
		return true;
	if (situation_of(situations, s->stack) == SITUATION_IDLE_CONNECTION)
		note_completed(r, s->begin_ns);
	return true;
}

/* Every goroutine that is there when the trace ends. */
static bool on_left(void *self, const struct witness *w, uint32_t slot, const struct spell *s)
{
	struct stuck_rules *r = self;
	struct situations *situations = r->doctor->situations;
	enum role role = situation_role(situations, w->slot[slot].function);
	r->end_ns = s->end_ns;
	if (role != ROLE_REQUEST && role != ROLE_CONNECTION)
		return true;
	bool runs = s->class == SPELL_RUNNING || s->class == SPELL_RUNNABLE;
	enum situation situation = runs ? SITUATION_ORDINARY : situation_of(situations, s->stack);
	if (situation_is_idle(situation)) {
		if (!s->cut)
			note_completed(r, s->begin_ns); /* a connection waits for its next request */
		return true;
	}
	r->busy++;
	if ((situation_is_outbound(situation) || situation == SITUATION_POOL) &&
	    situation_part(situations, s->stack) == PART_CALL && s->ns >= still_ns(w)) {
		r->waiting++;
		add_call(r, w->slot[slot].id, s);
	}
	return true;
}

static void find_cycle(const struct stuck_rules *r, const struct doctor *d, struct findings *out)
{
	const struct witness *w = d->witness;
	int64_t still = still_ns(w);
	double share = r->busy ? (double)r->waiting / (double)r->busy : 0;
	if ((double)r->busy < limit(d->limits, LIMIT_DEADLOCK_HANDLERS) ||
	    share < limit(d->limits, LIMIT_DEADLOCK_SHARE) || r->completed_ns > r->end_ns - still)
		return;
	const struct call *most = &r->call[0];
	for (size_t i = 1; i < CALLS; i++)
		if (r->call[i].handlers > most->handlers)
			most = &r->call[i];
	char site[EVIDENCE_SITE_TEXT], time[32];
	text_duration(time, sizeof time, (double)elapsed_ns(most->begin_ns, r->end_ns), false);
	struct finding *f = findings_add(out, SLUG_DEADLOCK_CYCLE, SEVERITY_WARNING, share);
	finding_say(f,
	            "%" PRIu64 " of %" PRIu64 " handlers wait for calls, most of them in %s, for up to "
	            "%s, and none completes: look at whom they call, which may be waiting for this "
	            "process.",
	            r->waiting, r->busy, site_text(site, d, most->stack), time);
	finding_measure(f, "handlers", UNIT_COUNT, (double)r->busy);
	finding_measure(f, "handlers_waiting", UNIT_COUNT, (double)r->waiting);
	finding_measure(f, "handlers_waiting", UNIT_RATIO, share);
	finding_measure(f, "longest_wait", UNIT_NS, (double)elapsed_ns(most->begin_ns, r->end_ns));
	for (size_t i = 0; i < CALLS && r->call[i].handlers; i++) {
		const struct call *c = &r->call[i];
		struct evidence *e = finding_show(f, EVIDENCE_SITE, "%" PRIu64 " handlers wait in %s",
		                                  c->handlers, site_text(site, d, c->stack));
		site_show(e, d, c->stack);
		evidence_goroutine(e, c->goroutine);
		evidence_span(e, witness_since_begin(w, c->begin_ns), witness_since_begin(w, r->end_ns));
	}
}

/* --- channel operations ----------------------------------------------------------------------- */

/* All stacks that block in one line of the program, as the analysis of blocking has them. */
struct pile {
	bool send;
	uint64_t count, open, always; /* ever; still there; all the time */
	int64_t open_ns, oldest_ns;
	uint64_t oldest;
	uint32_t stack; /* the one with most of them */
	uint64_t most;
};

struct piles {
	struct pile *pile;
	size_t n, capacity;
	struct idmap of_place;
};

/* What was blocked before the trace began has no reason; its stack shows the operation. */
static bool is_channel(const struct doctor *d, const struct block_site *site, bool *send)
{
	const struct stacks *stacks = &d->analysis->stacks;
	const char *reason = names_text(&d->analysis->names, site->reason), *leaf = "";
	if (site->syscall || site->stack == STACK_NONE)
		return false;
	if (site->reason == NAME_NONE)
		leaf = names_text(&d->analysis->names,
		                  stacks->frame[stacks->stack[site->stack - 1].first].function);
	*send = strcmp(reason, "chan send") == 0 || strcmp(leaf, "runtime.chansend1") == 0;
	return *send || strcmp(reason, "chan receive") == 0 ||
	       strncmp(leaf, "runtime.chanrecv", strlen("runtime.chanrecv")) == 0;
}

/* NULL: no memory. */
static struct pile *pile_at(struct piles *piles, uint64_t place)
{
	uint32_t i = idmap_get(&piles->of_place, place);
	if (i != IDMAP_NONE)
		return &piles->pile[i];
	i = (uint32_t)piles->n;
	if (!wire_grow(&piles->pile, &piles->capacity, piles->n, sizeof *piles->pile) ||
	    !idmap_put(&piles->of_place, place, i))
		return NULL;
	piles->pile[piles->n++] = (struct pile){0};
	return &piles->pile[i];
}

static bool add_to_pile(struct piles *piles, const struct doctor *d, const struct block_site *site,
                        bool send)
{
	uint32_t where = situation_site(d->situations, site->stack);
	if (where == UINT32_MAX)
		return true;
	const struct stack_frame *frame = &d->analysis->stacks.frame[where];
	struct pile *p =
		pile_at(piles, (uint64_t)frame->function << 32 | (uint64_t)frame->line << 1 | send);
	if (!p)
		return false;
	p->send = send;
	p->count += site->count;
	p->open += site->open;
	p->always += site->open_always;
	add_ns(&p->open_ns, site->open_ns);
	if (site->open_max_ns > p->oldest_ns) {
		p->oldest_ns = site->open_max_ns;
		p->oldest = site->open_goroutine;
	}
	if (site->open >= p->most) {
		p->most = site->open;
		p->stack = site->stack;
	}
	return true;
}

/* They came one after the other, not all at once. */
static bool is_rising(const struct pile *p, double observed_ns)
{
	uint64_t came = p->open - p->always;
	double oldest_ns = p->always ? observed_ns : (double)p->oldest_ns;
	double age_ns = (double)p->open_ns - (double)p->always * observed_ns;
	return came >= 3 && age_ns <= 0.85 * (double)came * oldest_ns;
}

static void judge(const struct pile *p, const struct doctor *d, struct findings *out)
{
	const struct witness *w = d->witness;
	double observed_ns = (double)elapsed_ns(w->first_ns, w->last_ns);
	if ((double)p->open < limit(d->limits, LIMIT_STUCK_GOROUTINES) || p->count != p->open ||
	    (double)p->oldest_ns < limit(d->limits, LIMIT_STUCK_AGE) ||
	    (double)p->oldest_ns < 0.3 * observed_ns || !is_rising(p, observed_ns))
		return;
	char site[EVIDENCE_SITE_TEXT], age[32];
	const char *operation = p->send ? "send" : "receive";
	double alive = (double)d->analysis->goroutines.most_alive;
	text_duration(age, sizeof age, (double)p->oldest_ns, false);
	struct finding *f =
		findings_add(out, SLUG_CHANNEL_SEND_STUCK, p->send ? SEVERITY_WARNING : SEVERITY_INFO,
	                 alive > 0 && (double)p->open < alive ? (double)p->open / alive : 1);
	site_text(site, d, p->stack);
	finding_say(f,
	            "%" PRIu64 " goroutines stand in the %s of %s, %" PRIu64
	            " of them since this trace began, and none has gone on; the oldest has been there "
	            "for %s.",
	            p->open, operation, site, p->open - p->always, age);
	finding_measure(f, "goroutines", UNIT_COUNT, (double)p->open);
	finding_measure(f, "goroutines_new", UNIT_COUNT, (double)(p->open - p->always));
	finding_measure(f, "longest_wait", UNIT_NS, (double)p->oldest_ns);
	finding_measure(f, "waited", UNIT_NS, (double)p->open_ns);
	struct evidence *e = finding_show(f, EVIDENCE_SITE, "all of them block in %s", site);
	site_show(e, d, p->stack);
	e = finding_show(f, EVIDENCE_GOROUTINE, "goroutine %" PRIu64 " has been there longest, for %s",
	                 p->oldest, age);
	evidence_goroutine(e, p->oldest);
	int64_t end_ns = witness_since_begin(w, w->last_ns);
	evidence_span(e, end_ns > p->oldest_ns ? end_ns - p->oldest_ns : 0, end_ns);
}

static bool find_piles(const struct doctor *d, struct findings *out)
{
	const struct blocking *blocking = &d->analysis->blocking;
	struct piles piles = {0};
	bool ok = true, send;
	for (size_t i = 0; i < blocking->sites && ok; i++) {
		const struct block_site *site = &blocking->site[i];
		if (site->count && is_channel(d, site, &send) &&
		    !situation_is_idle(situation_of(d->situations, site->stack)))
			ok = add_to_pile(&piles, d, site, send);
	}
	for (size_t i = 0; i < piles.n; i++)
		judge(&piles.pile[i], d, out);
	free(piles.pile);
	idmap_finish(&piles.of_place);
	return ok;
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	find_cycle(self, doctor, findings);
	return find_piles(doctor, findings);
}

static void destroy(void *self)
{
	free(self);
}

const struct trace_family rules_stuck = {
	.name = "stuck",
	.least_ns = {[SPELL_NETWORK] = LEAST_IDLE_NS},
	.who = WHO(ROLE_CONNECTION),
	.create = create,
	.spell = on_spell,
	.died = on_died,
	.left = on_left,
	.restart = restart,
	.conclude = conclude,
	.destroy = destroy,
};
