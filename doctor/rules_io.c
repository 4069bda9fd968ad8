/*
 * Requests that wait for others: calls made one after the other, a pool that is too small, a
 * service that is slow, the network. Requests of one kind are summed up together, since one slow
 * request proves nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/requests.h"
#include "doctor/rules.h"
#include "doctor/site.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "trace/tables.h"
#include "util/hash.h"
#include "util/text.h"

enum {
	GROUPS = 512, /* of requests that waited; more are not told apart, nor judged */
	KINDS = 4096, /* the same of kinds */
};

/* What can be wrong with a request. */
enum fault {
	FAULT_SERIAL,
	FAULT_SLOW,
	FAULT_POOL,
	FAULT_PERMIT,
	FAULT_NETWORK,
	FAULT_CLIENT,
	FAULTS
};

/* The requests of a group that have it. */
struct faulty {
	uint64_t requests, waits;
	int64_t ns, cost_ns;
	uint64_t served;      /* requests that a client is known to wait for */
	struct request worst; /* that it cost most */
	int64_t worst_ns;
};

/* All requests that are tasks of one type, or that goroutines with one start work for. */
struct kind {
	enum request_of of;
	uint32_t name, next; /* next: index + 1 of the same hash */
	/* Without a wait: nobody can tell where in the program they were. */
	uint64_t requests;
	int64_t ns;
};

/* Those of a kind that waited below one function of the program. */
struct group {
	enum request_of of;
	uint32_t kind, entry, next; /* as above */
	uint32_t of_kind;           /* index + 1 */
	uint64_t requests;
	int64_t ns;
	struct faulty faulty[FAULTS];
};

struct rules {
	const struct doctor *doctor;
	struct requests requests;
	struct kind *kind;
	size_t kinds, kind_capacity;
	uint32_t recent[REQUEST_OFS]; /* the last kind that was looked up; index + 1 */
	struct idmap kind_of;
	struct group *group;
	size_t groups, capacity;
	struct idmap group_of;
	int64_t all_ns; /* of all requests */
};

/* --- while the trace is read ------------------------------------------------------------------ */

/* Index + 1. 0: no memory, or too many: then `full` is set. */
static uint32_t kind_of(struct rules *r, const struct request *t, bool *full)
{
	uint32_t recent = r->recent[t->of];
	if (recent && r->kind[recent - 1].name == t->kind)
		return recent;
	uint64_t hash = hash_mix((uint64_t)t->of + 1, t->kind);
	uint32_t head = idmap_get(&r->kind_of, hash);
	for (uint32_t i = head == IDMAP_NONE ? 0 : head; i; i = r->kind[i - 1].next)
		if (r->kind[i - 1].of == t->of && r->kind[i - 1].name == t->kind)
			return r->recent[t->of] = i;
	*full = r->kinds == KINDS;
	if (*full || !wire_grow(&r->kind, &r->kind_capacity, r->kinds, sizeof *r->kind))
		return 0;
	struct kind *k = &r->kind[r->kinds++];
	*k = (struct kind){.of = t->of, .name = t->kind};
	uint32_t i = (uint32_t)r->kinds;
	if (head == IDMAP_NONE)
		return idmap_put(&r->kind_of, hash, i) ? i : 0;
	k->next = r->kind[head - 1].next;
	r->kind[head - 1].next = i;
	return i;
}

/* NULL: no memory, or too many: then `full` is set. */
static struct group *group_of(struct rules *r, const struct request *t, bool *full)
{
	uint64_t hash = hash_mix(hash_mix((uint64_t)t->of + 1, t->kind), t->entry);
	uint32_t head = idmap_get(&r->group_of, hash);
	for (uint32_t i = head == IDMAP_NONE ? 0 : head; i; i = r->group[i - 1].next) {
		struct group *g = &r->group[i - 1];
		if (g->of == t->of && g->kind == t->kind && g->entry == t->entry)
			return g;
	}
	*full = r->groups == GROUPS;
	if (*full || !wire_grow(&r->group, &r->capacity, r->groups, sizeof *r->group))
		return NULL;
	struct group *g = &r->group[r->groups++];
	*g = (struct group){.of = t->of, .kind = t->kind, .entry = t->entry};
	if (head == IDMAP_NONE)
		return idmap_put(&r->group_of, hash, (uint32_t)r->groups) ? g : NULL;
	g->next = r->group[head - 1].next;
	r->group[head - 1].next = (uint32_t)r->groups;
	return g;
}

static void note(struct group *g, enum fault fault, const struct request *t, int64_t cost_ns,
                 uint64_t waits)
{
	struct faulty *f = &g->faulty[fault];
	f->requests++;
	f->served += t->is_served;
	f->waits += waits;
	add_ns(&f->ns, t->ns);
	add_ns(&f->cost_ns, cost_ns);
	if (cost_ns <= f->worst_ns)
		return;
	f->worst_ns = cost_ns;
	f->worst = *t;
}

/* How much shorter it were if its calls were made at the same time. */
static int64_t saved_ns(const struct request *t)
{
	return bounded_elapsed_ns(t->longest_call_ns, t->calls_ns);
}

static bool covers(const struct request *t, int64_t ns, double share)
{
	return (double)ns >= share * (double)t->ns;
}

static bool has_waited(const struct request *t)
{
	for (size_t i = 0; i < WAIT_KINDS; i++)
		if (t->waits[i])
			return true;
	return false;
}

static bool on_request(void *self, const struct request *t)
{
	struct rules *r = self;
	const struct limits_set *limits = r->doctor->limits;
	bool full = false;
	add_ns(&r->all_ns, t->of == REQUEST_LIFE ? 0 : t->ns);
	uint32_t kind = kind_of(r, t, &full);
	if (!kind)
		return full;
	if (!has_waited(t)) {
		r->kind[kind - 1].requests++;
		add_ns(&r->kind[kind - 1].ns, t->ns);
		return true;
	}
	struct group *g = group_of(r, t, &full);
	if (!g)
		return full;
	g->of_kind = kind;
	g->requests++;
	add_ns(&g->ns, t->ns);

	/* A third of the waiting at least must go away, or there is one call that matters. */
	if (t->calls >= 2 && covers(t, t->calls_ns, limit(limits, LIMIT_SERIAL_IO_SHARE)) &&
	    saved_ns(t) >= t->calls_ns / 3)
		note(g, FAULT_SERIAL, t, saved_ns(t), t->calls);
	else if (t->waits[WAIT_CALL] &&
	         covers(t, t->waited_ns[WAIT_CALL], limit(limits, LIMIT_DEPENDENCY_SHARE)))
		note(g, FAULT_SLOW, t, t->waited_ns[WAIT_CALL], t->waits[WAIT_CALL]);
	if (t->waits[WAIT_POOL])
		note(g, FAULT_POOL, t, t->waited_ns[WAIT_POOL], t->waits[WAIT_POOL]);
	if (t->waits[WAIT_PERMIT])
		note(g, FAULT_PERMIT, t, t->waited_ns[WAIT_PERMIT], t->waits[WAIT_PERMIT]);
	double share = limit(limits, LIMIT_NETWORK_SHARE);
	if (t->waits[WAIT_NETWORK] && covers(t, t->waited_ns[WAIT_NETWORK], share))
		note(g, FAULT_NETWORK, t, t->waited_ns[WAIT_NETWORK], t->waits[WAIT_NETWORK]);
	if (t->waits[WAIT_CLIENT] && covers(t, t->waited_ns[WAIT_CLIENT], share))
		note(g, FAULT_CLIENT, t, t->waited_ns[WAIT_CLIENT], t->waits[WAIT_CLIENT]);
	return true;
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *s)
{
	return requests_spell(&((struct rules *)self)->requests, w, slot, s);
}

static bool on_event(void *self, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	return requests_event(&((struct rules *)self)->requests, w, block, e);
}

static bool on_died(void *self, const struct witness *w, uint32_t slot, int64_t at_ns)
{
	return requests_died(&((struct rules *)self)->requests, w, slot, at_ns);
}

static void on_gap(void *self)
{
	requests_forget(&((struct rules *)self)->requests);
}

static void on_restart(void *self, int64_t time_ns)
{
	struct rules *r = self;
	(void)time_ns;
	requests_forget(&r->requests);
	idmap_clear(&r->kind_of);
	idmap_clear(&r->group_of);
	r->kinds = 0;
	memset(r->recent, 0, sizeof r->recent);
	r->groups = 0;
	r->all_ns = 0;
}

/* --- what it says ----------------------------------------------------------------------------- */

struct telling {
	const struct rules *r;
	const struct group *g;
	const struct faulty *f;
	struct findings *out;
};

static const struct names *names_of(const struct rules *r)
{
	return &r->doctor->analysis->names;
}

/* "requests to main.(*shop).list", for so many of them. */
static const char *told_kind(char to[EVIDENCE_SITE_TEXT], const struct rules *r,
                             const struct group *g)
{
	char function[EVIDENCE_SITE_TEXT];
	switch (g->of) {
	case REQUEST_TASK:
		snprintf(to, EVIDENCE_SITE_TEXT, "tasks \"%.200s\"", names_text(names_of(r), g->kind));
		break;
	case REQUEST_SERVED:
		evidence_function(function, names_of(r), g->entry ? g->entry : g->kind);
		snprintf(to, EVIDENCE_SITE_TEXT, "requests to %.250s", function);
		break;
	default:
		evidence_function(function, names_of(r), g->kind);
		snprintf(to, EVIDENCE_SITE_TEXT, "goroutines of %.250s", function);
		break;
	}
	return to;
}

/* The share of all requests' time that it costs. Lives have no other to be compared with. */
static double impact_of(const struct telling *t)
{
	int64_t of_ns = t->g->of == REQUEST_LIFE ? t->g->ns : t->r->all_ns;
	return of_ns > 0 ? (double)t->f->cost_ns / (double)of_ns : 0;
}

/* Where it waited, as stat tells it. */
static void show_site(struct finding *f, const struct telling *t, uint32_t stack)
{
	const struct blocking *b = &t->r->doctor->analysis->blocking;
	uint64_t waits = 0;
	int64_t ns = 0;
	char site[EVIDENCE_SITE_TEXT], caller[EVIDENCE_SITE_TEXT], total[32];
	if (stack == STACK_NONE)
		return;
	for (size_t i = 0; i < b->sites; i++) {
		if (b->site[i].stack != stack || b->site[i].syscall)
			continue;
		waits += b->site[i].count;
		add_ns(&ns, b->site[i].total_ns);
	}
	text_duration(total, sizeof total, (double)ns, false);
	site_text(site, t->r->doctor, stack);
	site_caller(caller, t->r->doctor, stack);
	struct evidence *e =
		finding_show(f, EVIDENCE_SITE, "%s%s%s: %" PRIu64 " %s of all goroutines, %s in all", site,
	                 caller[0] ? " for " : "", caller, waits, waits == 1 ? "wait" : "waits", total);
	site_show(e, t->r->doctor, stack);
}

/* The request that it cost most, and how to find it in the traces of other services. */
static void show_worst(struct finding *f, const struct telling *t)
{
	const struct request *w = &t->f->worst;
	const struct witness *witness = t->r->doctor->witness;
	char cost[32], whole[32];
	text_duration(cost, sizeof cost, (double)t->f->worst_ns, false);
	text_duration(whole, sizeof whole, (double)w->ns, false);
	struct evidence *e =
		w->of == REQUEST_TASK
			? finding_show(f, EVIDENCE_TASK, "task %" PRIu64 ": %s of its %s", w->task, cost, whole)
			: finding_show(f, EVIDENCE_GOROUTINE, "goroutine %" PRIu64 ": %s of its %s",
	                       w->goroutine, cost, whole);
	evidence_goroutine(e, w->goroutine);
	evidence_task(e, w->task);
	evidence_span(e, witness_since_begin(witness, w->begin_ns),
	              witness_since_begin(witness, w->end_ns));
	if (w->trace_id[0] == '\0')
		return;
	e = finding_show(f, EVIDENCE_LOG,
	                 "it logged %s: what took the time stands in the trace that the other "
	                 "services have under this ID",
	                 w->trace_id);
	evidence_goroutine(e, w->goroutine);
	evidence_task(e, w->task);
}

static void measure(struct finding *f, const struct telling *t, const char *cost)
{
	finding_measure(f, "requests", UNIT_COUNT, (double)t->f->requests);
	finding_measure(f, "of_requests", UNIT_COUNT, (double)t->g->requests);
	finding_measure(f, "lasted", UNIT_NS, (double)t->f->ns);
	finding_measure(f, cost, UNIT_NS, (double)t->f->cost_ns);
	if (t->f->ns > 0)
		finding_measure(f, "share", UNIT_RATIO, (double)t->f->cost_ns / (double)t->f->ns);
}

/* Of a request, or of a wait in a life. */
static double mean_cost(const struct telling *t)
{
	uint64_t n = t->g->of == REQUEST_LIFE ? t->f->waits : t->f->requests;
	return n ? (double)t->f->cost_ns / (double)n : 0;
}

static bool are_enough(const struct telling *t, enum limit which)
{
	double least = limit(t->r->doctor->limits, which);
	return (double)t->f->requests >= least && 2 * t->f->requests >= t->g->requests;
}

/* Below this nobody would notice if it went away. */
static enum severity severity_of(const struct telling *t, enum limit impact)
{
	return impact_of(t) >= limit(t->r->doctor->limits, impact) ? SEVERITY_WARNING : SEVERITY_INFO;
}

/* Goroutines are requests when there are many short ones; a few that live as long as their batch
   lasts are its workers, which have a call after the other to make. */
static bool is_request(const struct telling *t)
{
	const struct witness *w = t->r->doctor->witness;
	int64_t trace_ns = bounded_elapsed_ns(w->first_ns, w->last_ns);
	if (t->g->of != REQUEST_RUN)
		return t->g->of != REQUEST_LIFE;
	return t->g->requests >= 20 && t->g->ns / (int64_t)t->g->requests <= trace_ns / 10;
}

static void tell_serial(const struct telling *t)
{
	const struct limits_set *limits = t->r->doctor->limits;
	/* One task of many calls is enough, where it is long. */
	bool is_long = t->g->of == REQUEST_TASK && t->f->waits >= 10 &&
	               mean_cost(t) >= 10 * limit(limits, LIMIT_SERIAL_IO_SAVED);
	if (!is_request(t) || mean_cost(t) < limit(limits, LIMIT_SERIAL_IO_SAVED) ||
	    !(are_enough(t, LIMIT_SERIAL_IO_REQUESTS) || is_long))
		return;
	char kind[EVIDENCE_SITE_TEXT], saved[32], mean[32];
	double n = (double)t->f->requests, calls = (double)t->f->waits / n;
	text_duration(mean, sizeof mean, (double)t->f->ns / n, false);
	text_duration(saved, sizeof saved, mean_cost(t), false);
	struct finding *f =
		findings_add(t->out, SLUG_SERIAL_IO, severity_of(t, LIMIT_SERIAL_IO_IMPACT), impact_of(t));
	finding_say(f,
	            "%" PRIu64 " of %" PRIu64 " %s make %.1f calls one after the other, which take "
	            "most of their %s each: made at the same time, each were over %s earlier.",
	            t->f->requests, t->g->requests, told_kind(kind, t->r, t->g), calls, mean, saved);
	measure(f, t, "saved");
	finding_measure(f, "calls", UNIT_COUNT, (double)t->f->waits);
	const uint32_t *stack = t->f->worst.call_stack;
	show_site(f, t, stack[0]);
	if (stack[1] != STACK_NONE && stack[1] != stack[0])
		show_site(f, t, stack[1]);
	else
		finding_remedy(f, "One place calls again and again. Ask for everything in one call (a "
		                  "query with IN or a join, a batch), or start the calls together and "
		                  "wait for all of them, with a limit on how many are on their way.");
	show_worst(f, t);
}

static void tell_slow(const struct telling *t)
{
	const struct limits_set *limits = t->r->doctor->limits;
	bool is_life = t->g->of == REQUEST_LIFE;
	if (!(is_life || is_request(t)) || !are_enough(t, LIMIT_DEPENDENCY_REQUESTS) ||
	    mean_cost(t) < limit(limits, LIMIT_DEPENDENCY_WAITED))
		return;
	/* Nobody is known to wait for a client by nature: what fetches pages, polls a queue or makes
	   the load of a test does nothing else. */
	bool is_sure = 2 * t->f->served >= t->f->requests;
	char kind[EVIDENCE_SITE_TEXT], site[EVIDENCE_SITE_TEXT], waited[32], share[16];
	uint32_t stack = t->f->worst.longest_stack[WAIT_CALL];
	text_duration(waited, sizeof waited, mean_cost(t), false);
	text_percent(share, sizeof share, t->f->ns ? (double)t->f->cost_ns / (double)t->f->ns : 0);
	struct finding *f =
		findings_add(t->out, SLUG_SLOW_DEPENDENCY,
	                 is_sure ? severity_of(t, LIMIT_DEPENDENCY_IMPACT) : SEVERITY_INFO,
	                 impact_of(t));
	finding_say(f,
	            "%" PRIu64 " of %" PRIu64 " %s wait for another service or a database %s of their "
	            "time, %s %s, mostly in %s.",
	            t->f->requests, t->g->requests, told_kind(kind, t->r, t->g), share, waited,
	            is_life ? "a call" : "each", site_text(site, t->r->doctor, stack));
	measure(f, t, "waited");
	show_site(f, t, stack);
	show_worst(f, t);
}

static void tell_pool(const struct telling *t, bool is_permit)
{
	const struct limits_set *limits = t->r->doctor->limits;
	double share = t->g->ns ? (double)t->f->cost_ns / (double)t->g->ns : 0;
	if ((double)t->f->requests < limit(limits, LIMIT_POOL_REQUESTS) ||
	    share < limit(limits, LIMIT_POOL_SHARE) || mean_cost(t) < limit(limits, LIMIT_POOL_WAIT))
		return;
	/* Many goroutines that are started and let through a few at a time are a way to write it, and
	   so is a pool that many share, where nobody is known to wait for one of them. */
	bool is_meant = t->g->of == REQUEST_RUN || t->g->of == REQUEST_LIFE;
	char kind[EVIDENCE_SITE_TEXT], site[EVIDENCE_SITE_TEXT], waited[32], text[16];
	uint32_t stack = t->f->worst.longest_stack[is_permit ? WAIT_PERMIT : WAIT_POOL];
	text_duration(waited, sizeof waited, mean_cost(t), false);
	text_percent(text, sizeof text, share);
	struct finding *f =
		findings_add(t->out, SLUG_POOL_SATURATION,
	                 is_meant ? SEVERITY_INFO : severity_of(t, LIMIT_POOL_IMPACT), impact_of(t));
	finding_say(f,
	            "%" PRIu64 " of %" PRIu64 " %s wait until %s is free, %s %s, %s of the time of all "
	            "of them, in %s.",
	            t->f->requests, t->g->requests, told_kind(kind, t->r, t->g),
	            is_permit ? "a place under a limit" : "a connection of a pool", waited,
	            t->g->of == REQUEST_LIFE ? "a time" : "each", text,
	            site_text(site, t->r->doctor, stack));
	finding_measure(f, "requests", UNIT_COUNT, (double)t->f->requests);
	finding_measure(f, "of_requests", UNIT_COUNT, (double)t->g->requests);
	finding_measure(f, "lasted", UNIT_NS, (double)t->g->ns);
	finding_measure(f, "waited", UNIT_NS, (double)t->f->cost_ns);
	finding_measure(f, "share", UNIT_RATIO, share);
	show_site(f, t, stack);
	show_worst(f, t);
}

static void tell_network(const struct telling *t, bool is_client)
{
	const struct limits_set *limits = t->r->doctor->limits;
	/* What reads from a connection for as long as it lives waits for work there. */
	bool is_known = t->g->of == REQUEST_TASK || (is_client && t->g->of == REQUEST_SERVED);
	if (!is_known || !are_enough(t, LIMIT_NETWORK_REQUESTS) ||
	    mean_cost(t) < limit(limits, LIMIT_NETWORK_WAIT))
		return;
	char kind[EVIDENCE_SITE_TEXT], site[EVIDENCE_SITE_TEXT], waited[32], share[16];
	uint32_t stack = t->f->worst.longest_stack[is_client ? WAIT_CLIENT : WAIT_NETWORK];
	text_duration(waited, sizeof waited, mean_cost(t), false);
	text_percent(share, sizeof share, t->f->ns ? (double)t->f->cost_ns / (double)t->f->ns : 0);
	/* The other end may be a slow client as well, or a stream of which nothing else is to be
	   expected: in a protocol of the program's own nobody can tell whose turn it was. */
	struct finding *f = findings_add(t->out, SLUG_NETWORK_WAIT, SEVERITY_INFO, impact_of(t));
	finding_say(f, "%" PRIu64 " of %" PRIu64 " %s wait for %s %s of their time, %s each, in %s.",
	            t->f->requests, t->g->requests, told_kind(kind, t->r, t->g),
	            is_client ? "their own clients" : "the network", share, waited,
	            site_text(site, t->r->doctor, stack));
	measure(f, t, "waited");
	show_site(f, t, stack);
	show_worst(f, t);
}

/* Requests without a wait may all have been like those of the group but for their luck: a cache
   that had the answer. They count in the share that a fault has of its kind. */
static void add_quick(const struct rules *r, struct group *g)
{
	const struct kind *k = &r->kind[g->of_kind - 1];
	g->requests += k->requests;
	add_ns(&g->ns, k->ns);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *out)
{
	struct rules *r = self;
	bool ok = requests_conclude(&r->requests, doctor->witness->last_ns);
	for (size_t i = 0; i < r->groups; i++) {
		struct group *g = &r->group[i];
		add_quick(r, g);
		const struct faulty *f = g->faulty;
		tell_serial(&(struct telling){r, g, &f[FAULT_SERIAL], out});
		tell_slow(&(struct telling){r, g, &f[FAULT_SLOW], out});
		tell_pool(&(struct telling){r, g, &f[FAULT_POOL], out}, false);
		tell_pool(&(struct telling){r, g, &f[FAULT_PERMIT], out}, true);
		tell_network(&(struct telling){r, g, &f[FAULT_NETWORK], out}, false);
		tell_network(&(struct telling){r, g, &f[FAULT_CLIENT], out}, true);
	}
	return ok;
}

static void *create(const struct doctor *doctor)
{
	struct rules *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->doctor = doctor;
	r->requests.situations = doctor->situations;
	r->requests.done = on_request;
	r->requests.self = r;
	return r;
}

static void destroy(void *self)
{
	struct rules *r = self;
	requests_finish(&r->requests);
	idmap_finish(&r->kind_of);
	idmap_finish(&r->group_of);
	free(r->kind);
	free(r->group);
	free(r);
}

const struct trace_family rules_io = {
	.name = "io",
	.least_ns = REQUESTS_LEAST,
	.events = REQUESTS_EVENTS,
	.who = WHO_HOLD_UP,
	.create = create,
	.spell = on_spell,
	.died = on_died,
	.event = on_event,
	.gap = on_gap,
	.restart = on_restart,
	.conclude = conclude,
	.destroy = destroy,
};
