/* Stops of the world: long ones, by what stopped it and by whom everybody had to wait for; and many
   of them, by who asks for them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/collector.h"
#include "doctor/evidence.h"
#include "doctor/rules.h"
#include "doctor/situations.h"
#include "doctor/spots.h"
#include "doctor/tally.h"
#include "doctor/trace_doctor.h"
#include "util/clock.h"
#include "util/text.h"

enum { SITES = 3 /* that are shown of one finding */, KINDS = 2 /* that are told as long */ };

#define NO_STOP INT64_MIN
/* What runs less than this can't have held a long stop up. */
#define LEAST_RUN_NS (NS_PER_MS / 4)

/* Whose doing a stop is. */
enum asker {
	ASKER_COLLECTOR, /* a cycle that was due */
	ASKER_PROGRAM,
	ASKER_TOOL,   /* a profiler, the tracer, schedtop's agent */
	ASKER_TRACER, /* begin and end of this very trace */
};

struct stop {
	int64_t since_ns;
	uint32_t slot, stack;
	/* Who stopped last of those who ran when the stop began. */
	int64_t last_ns;
	uint32_t last_stack;
	uint64_t last_goroutine;
};

struct stw_rules {
	struct situations *situations;
	struct spots spots;
	const struct limits_set *limits;
	struct stop stop;      /* the one that goes on */
	struct tally stops;    /* by kind and place; long ones are those that were so by themselves */
	struct tally holdups;  /* by place of who stopped last; long: far too late */
	struct tally any_long; /* by kind alone, whoever is to blame */
};

/* --- while the trace is read ----------------------------------------------------------------- */

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *spell)
{
	struct stw_rules *r = self;
	struct stop *stop = &r->stop;
	if (stop->since_ns == NO_STOP || slot == stop->slot || spell->open ||
	    spell->begin_ns > stop->since_ns || spell->end_ns < stop->last_ns)
		return true;
	stop->last_ns = spell->end_ns;
	stop->last_goroutine = w->slot[slot].id;
	stop->last_stack = spell->stack;
	return true;
}

/* Everybody else had stopped, and waited for this one. */
static bool count_last(struct stw_rules *r, const struct witness *w, const struct stop *s,
                       int64_t stopping_ns)
{
	uint32_t place = spots_of(&r->spots, w->stacks, w->names, s->last_stack);
	struct tally_row *row = place == STACK_ERROR ? NULL
	                                             : tally_add(&r->holdups, 0, place, s->since_ns,
	                                                         stopping_ns, s->last_goroutine);
	if (row && (double)stopping_ns >= limit(r->limits, LIMIT_STW_HOLDUP)) {
		row->long_count++;
		add_ns(&row->long_ns, stopping_ns);
	}
	return row;
}

static bool end_stop(struct stw_rules *r, const struct witness *w, const struct trace_event *e)
{
	struct stop *s = &r->stop;
	int64_t at_ns = s->since_ns, ns = elapsed_ns(at_ns, e->at_ns);
	int64_t stopping_ns = elapsed_ns(at_ns, s->last_ns < e->at_ns ? s->last_ns : e->at_ns);
	uint64_t goroutine = w->slot[e->subject].id;
	double long_ns = limit(r->limits, LIMIT_STW_LONG);
	struct tally_row *row = tally_add(&r->stops, e->name, s->stack, at_ns, ns, goroutine);
	if (!row || (stopping_ns > 0 && !count_last(r, w, s, stopping_ns)))
		return false;
	if ((double)(ns - stopping_ns) >= long_ns) {
		row->long_count++;
		add_ns(&row->long_ns, ns);
	}
	s->since_ns = NO_STOP;
	return (double)ns < long_ns || tally_add(&r->any_long, e->name, 0, at_ns, ns, goroutine);
}

static bool on_event(void *self, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	struct stw_rules *r = self;
	(void)block;
	if (e->type == EV_STW_END)
		return r->stop.since_ns == NO_STOP || e->subject != r->stop.slot || end_stop(r, w, e);
	uint32_t stack = (uint32_t)e->arg[2];
	/* One place may both ask for cycles and allocate until one is due. */
	uint32_t place = collector_was_called(w->stacks, w->names, stack)
	                     ? stack
	                     : spots_of(&r->spots, w->stacks, w->names, stack);
	r->stop = (struct stop){.since_ns = e->at_ns,
	                        .slot = e->subject,
	                        .stack = place,
	                        .last_ns = e->at_ns};
	return place != STACK_ERROR;
}

/* A stop whose end is lost may have been short. */
static void on_gap(void *self)
{
	struct stw_rules *r = self;
	r->stop.since_ns = NO_STOP;
}

static void on_restart(void *self, int64_t time_ns)
{
	struct stw_rules *r = self;
	tally_finish(&r->stops);
	tally_finish(&r->holdups);
	tally_finish(&r->any_long);
	if (r->stop.since_ns != NO_STOP)
		r->stop.since_ns = r->stop.last_ns = time_ns;
}

static void *create(const struct doctor *doctor)
{
	struct stw_rules *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->stop.since_ns = NO_STOP;
	r->limits = doctor->limits;
	r->situations = doctor->situations;
	return r;
}

static void destroy(void *self)
{
	struct stw_rules *r = self;
	spots_finish(&r->spots);
	tally_finish(&r->stops);
	tally_finish(&r->holdups);
	tally_finish(&r->any_long);
	free(r);
}

/* --- who asked for it ------------------------------------------------------------------------ */

/* runtime/proc.go: stwReasonStrings; what is not here is asked for by a call of the program. */
static enum asker asker_of_kind(const char *kind)
{
	static const struct {
		const char *kind;
		enum asker asker;
	} known[] = {
		{"GC mark termination", ASKER_COLLECTOR},
		{"GC sweep termination", ASKER_COLLECTOR},
		{"start trace", ASKER_TRACER},
		{"stop trace", ASKER_TRACER},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].kind, kind) == 0)
			return known[i].asker;
	return ASKER_PROGRAM;
}

static enum asker asker_of(struct stw_rules *r, const struct analysis *a,
                           const struct tally_row *row)
{
	enum asker asker = asker_of_kind(names_text(&a->names, row->what));
	if (asker == ASKER_COLLECTOR && collector_was_called(&a->stacks, &a->names, row->where))
		asker = ASKER_PROGRAM;
	if (asker == ASKER_PROGRAM && situation_of(r->situations, row->where) == SITUATION_TRACER)
		asker = ASKER_TOOL;
	return asker;
}

/* By how the runtime names its reasons, what a person would call it. */
static const char *call_of(const char *kind)
{
	static const char *const calls[][2] = {
		{"read mem stats", "runtime.ReadMemStats"},
		{"GC sweep termination", "runtime.GC or debug.FreeOSMemory"},
		{"GC mark termination", "runtime.GC or debug.FreeOSMemory"},
		{"goroutine profile", "the goroutine profile"},
		{"goroutine profile cleanup", "the goroutine profile"},
		{"all goroutines stack trace", "runtime.Stack of all goroutines"},
		{"write heap dump", "debug.WriteHeapDump"},
		{"GOMAXPROCS", "runtime.GOMAXPROCS or debug.SetGCPercent"},
	};
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strcmp(calls[i][0], kind) == 0)
			return calls[i][1];
	return kind;
}

/* --- stw-long -------------------------------------------------------------------------------- */

static double wall_ns(const struct analysis *a)
{
	return (double)elapsed_ns(a->mmu.first_ns, a->mmu.last_ns);
}

static const struct distribution *pauses_of(const struct analysis *a, uint32_t kind)
{
	for (size_t i = 0; i < a->gc.kinds; i++)
		if (a->gc.kind[i].name == kind)
			return &a->gc.kind[i].pause;
	return NULL;
}

static void measure_pauses(struct finding *f, const struct distribution *pause)
{
	if (!pause || !pause->count)
		return;
	finding_measure(f, "stops", UNIT_COUNT, (double)pause->count);
	finding_measure(f, "stopped", UNIT_NS, (double)pause->sum_ns);
	finding_measure(f, "p50", UNIT_NS, (double)distribution_percentile(pause, .5));
	finding_measure(f, "p99", UNIT_NS, (double)distribution_percentile(pause, .99));
	finding_measure(f, "longest", UNIT_NS, (double)pause->max_ns);
}

static void show_longest(struct finding *f, const struct tally_row *row, const struct witness *w,
                         const char *what)
{
	char time[32];
	text_duration(time, sizeof time, (double)row->longest_ns, false);
	struct evidence *e = finding_show(f, EVIDENCE_SPAN, "%s %s, goroutine %" PRIu64, what, time,
	                                  row->longest_goroutine);
	int64_t at_ns = witness_since_begin(w, row->longest_at_ns);
	evidence_goroutine(e, row->longest_goroutine);
	evidence_span(e, at_ns, at_ns + row->longest_ns);
}

/* Neither unknown nor all the others together. */
static bool is_place(uint32_t where)
{
	return where != STACK_NONE && where != UINT32_MAX;
}

static void show_site(struct finding *f, const struct tally_row *row, const struct analysis *a,
                      const char *what)
{
	char site[EVIDENCE_SITE_TEXT], time[32];
	text_duration(time, sizeof time, (double)row->total_ns, false);
	evidence_site(site, &a->stacks, &a->names, row->where);
	struct evidence *e = finding_show(f, EVIDENCE_SITE, "%s %" PRIu64 " %s, %s in all: %s", what,
	                                  row->count, row->count == 1 ? "time" : "times", time, site);
	evidence_stack(e, &a->stacks, &a->names, row->where);
}

/* All stops of one kind that are the same party's. */
struct kind {
	uint32_t name;
	enum asker asker;
	struct tally_row sum;
};

/* The caller frees; NULL: no memory. */
static struct kind *kinds(struct stw_rules *r, const struct analysis *a, size_t *n)
{
	struct kind *all = calloc(r->stops.rows + 1, sizeof *all);
	*n = 0;
	for (size_t i = 0; all && i < r->stops.rows; i++) {
		const struct tally_row *row = &r->stops.row[i];
		enum asker asker = asker_of(r, a, row);
		size_t k = 0;
		while (k < *n && (all[k].name != row->what || all[k].asker != asker))
			k++;
		if (k == *n)
			all[(*n)++] = (struct kind){.name = row->what, .asker = asker};
		tally_row_add(&all[k].sum, row);
	}
	return all;
}

static void show_sites(struct finding *f, struct stw_rules *r, const struct analysis *a,
                       const struct kind *kind)
{
	unsigned shown = 0;
	for (size_t i = 0; i < r->stops.rows && shown < SITES; i++) {
		const struct tally_row *row = &r->stops.row[i];
		if (row->what != kind->name || asker_of(r, a, row) != kind->asker || !is_place(row->where))
			continue;
		show_site(f, row, a, "stopped");
		shown++;
	}
}

/* The stops of a kind are long by themselves, not for somebody who won't stop: what is done while
   the world stands takes so long. A loaded machine makes some of them long, never most of them. */
static void find_slow_kind(struct stw_rules *r, const struct doctor *doctor,
                           const struct kind *kind, struct findings *out)
{
	const struct limits_set *limits = doctor->limits;
	const struct analysis *a = doctor->analysis;
	const struct tally_row *sum = &kind->sum;
	char name[EVIDENCE_SITE_TEXT], time[32], longest[32], share[16], least[32];
	double part = (double)sum->long_ns / wall_ns(a);
	/* What the collector does in a stop is short: there the machine is the more likely cause. */
	if (kind->asker == ASKER_COLLECTOR ||
	    (double)sum->long_count < limit(limits, LIMIT_STW_LONG_COUNT) ||
	    2 * sum->long_count < sum->count || part < limit(limits, LIMIT_STW_LONG_SHARE))
		return;
	bool is_tool = kind->asker == ASKER_TOOL || kind->asker == ASKER_TRACER;
	struct finding *f =
		findings_add(out, SLUG_STW_LONG, is_tool ? SEVERITY_INFO : SEVERITY_WARNING, part);
	snprintf(name, sizeof name, "%.200s", names_text(&a->names, kind->name));
	text_duration(time, sizeof time, (double)sum->long_ns, false);
	text_duration(longest, sizeof longest, (double)sum->longest_ns, false);
	text_duration(least, sizeof least, limit(limits, LIMIT_STW_LONG), false);
	text_percent(share, sizeof share, part);
	finding_say(f,
	            "The world stops for more than %s each time, %" PRIu64 " of %" PRIu64
	            " times, for \"%s\"%s: %s of the time nothing runs (%s), at worst %s.",
	            least, sum->long_count, sum->count, name,
	            is_tool ? ", which a profiler or the tracer asks for and not the program" : "",
	            share, time, longest);
	if (is_tool)
		finding_remedy(f, "Take such profiles seldom, or in a form that doesn't stop the world "
		                  "for long: /debug/pprof/goroutine?debug=0 instead of debug=2.");
	finding_measure(f, "long", UNIT_COUNT, (double)sum->long_count);
	finding_measure(f, "long", UNIT_NS, (double)sum->long_ns);
	finding_measure(f, "time", UNIT_RATIO, part);
	measure_pauses(f, pauses_of(a, kind->name));
	show_sites(f, r, a, kind);
	show_longest(f, sum, doctor->witness, "the longest stop took");
}

/* One place lets everybody wait: what runs there can't be interrupted. Far longer than a busy
   machine takes a processor away, again and again, and most times that anybody waits for it. */
static bool find_holdup(struct stw_rules *r, const struct doctor *doctor, struct findings *out)
{
	const struct limits_set *limits = doctor->limits;
	const struct analysis *a = doctor->analysis;
	char site[EVIDENCE_SITE_TEXT], mean[32], share[16];
	tally_sort(&r->holdups);
	const struct tally_row *row = r->holdups.rows ? r->holdups.row : NULL;
	double part = row ? (double)row->long_ns / wall_ns(a) : 0;
	if (!row || !is_place(row->where) ||
	    (double)row->long_count < limit(limits, LIMIT_STW_LONG_COUNT) ||
	    2 * row->long_count < row->count || part < limit(limits, LIMIT_STW_LONG_SHARE))
		return false;
	struct finding *f = findings_add(out, SLUG_STW_LONG, SEVERITY_WARNING, part);
	evidence_site(site, &a->stacks, &a->names, row->where);
	text_duration(mean, sizeof mean, (double)row->long_ns / (double)row->long_count, false);
	text_percent(share, sizeof share, part);
	finding_say(f,
	            "%" PRIu64 " stops of the world had to wait %s each on average until %s could be "
	            "interrupted, while nobody else ran any more: %s of the time.",
	            row->long_count, mean, site, share);
	finding_remedy(f, "Give long work to the routine in pieces, of a megabyte or less: code in "
	                  "assembly, as for sums and copies, can't be interrupted before it returns.");
	finding_measure(f, "holdups", UNIT_COUNT, (double)row->long_count);
	finding_measure(f, "stopping", UNIT_NS, (double)row->long_ns);
	finding_measure(f, "longest_stopping", UNIT_NS, (double)row->longest_ns);
	finding_measure(f, "time", UNIT_RATIO, part);
	show_site(f, row, a, "let the others wait");
	show_longest(f, row, doctor->witness, "at worst the world had to wait");
	return true;
}

/* Many long ones that nobody is known to be to blame for. */
static void find_long(struct stw_rules *r, const struct doctor *doctor, struct findings *out)
{
	const struct limits_set *limits = doctor->limits;
	const struct analysis *a = doctor->analysis;
	char name[EVIDENCE_SITE_TEXT], least[32], longest[32], share[16];
	for (size_t i = 0; i < r->any_long.rows; i++)
		r->any_long.row[i].long_ns = r->any_long.row[i].total_ns;
	tally_sort(&r->any_long);
	const struct tally_row *row = r->any_long.rows ? r->any_long.row : NULL;
	double part = row ? (double)row->total_ns / wall_ns(a) : 0;
	if (!row || (double)row->count < limit(limits, LIMIT_STW_LONG_COUNT) ||
	    part < limit(limits, LIMIT_STW_LONG_SHARE) ||
	    asker_of_kind(names_text(&a->names, row->what)) == ASKER_TRACER)
		return;
	struct finding *f = findings_add(out, SLUG_STW_LONG, SEVERITY_INFO, part);
	snprintf(name, sizeof name, "%.200s", names_text(&a->names, row->what));
	text_duration(least, sizeof least, limit(limits, LIMIT_STW_LONG), false);
	text_duration(longest, sizeof longest, (double)row->longest_ns, false);
	text_percent(share, sizeof share, part);
	finding_say(f,
	            "%" PRIu64 " stops of the world for \"%s\" took more than %s, at worst %s, %s of "
	            "the time in all; the trace doesn't say why, and a busy machine can be the cause.",
	            row->count, name, least, longest, share);
	finding_remedy(f, "Look at the machine's load and at CPU throttling while it happens: a stop "
	                  "lasts until every thread got a processor to stop on.");
	finding_measure(f, "long", UNIT_COUNT, (double)row->count);
	finding_measure(f, "long", UNIT_NS, (double)row->total_ns);
	finding_measure(f, "time", UNIT_RATIO, part);
	measure_pauses(f, pauses_of(a, row->what));
	show_longest(f, row, doctor->witness, "the longest stop took");
	if (r->holdups.rows && is_place(r->holdups.row->where))
		show_site(f, r->holdups.row, a, "the world waited for one that ran");
}

/* --- stw-frequent ---------------------------------------------------------------------------- */

/* One kind, of which there are many; how much of the time they cost decides on how grave it is. */
static void find_frequent(struct stw_rules *r, const struct doctor *doctor, const struct kind *kind,
                          struct findings *out)
{
	const struct limits_set *limits = doctor->limits;
	const struct analysis *a = doctor->analysis;
	const struct tally_row *sum = &kind->sum;
	if (kind->asker == ASKER_COLLECTOR || kind->asker == ASKER_TRACER)
		return;
	bool is_cycle = asker_of_kind(names_text(&a->names, kind->name)) == ASKER_COLLECTOR;
	double wall = wall_ns(a), rate = (double)sum->count / wall * 1e9;
	/* A cycle that was asked for costs all of its marking, not just the stop that begins it. */
	double cost = is_cycle ? 1 - mmu_mean(&a->mmu) : (double)sum->total_ns / wall;
	if ((double)sum->count < limit(limits, LIMIT_STW_COUNT) ||
	    rate < limit(limits, is_cycle ? LIMIT_STW_FORCED : LIMIT_STW_RATE))
		return;
	bool is_grave = kind->asker == ASKER_PROGRAM && cost >= limit(limits, LIMIT_STW_SHARE);
	char times[32], share[16], each[32];
	struct finding *f =
		findings_add(out, SLUG_STW_FREQUENT, is_grave ? SEVERITY_WARNING : SEVERITY_INFO, cost);
	text_rate(times, sizeof times, rate);
	text_percent(share, sizeof share, cost);
	text_duration(each, sizeof each, (double)sum->total_ns / (double)sum->count, false);
	if (is_cycle)
		finding_say(f,
		            "The program asks for a collection %s times a second, by %s; collecting takes "
		            "%s of what its Ps can do.",
		            times, call_of(names_text(&a->names, kind->name)), share);
	else
		finding_say(f,
		            "The world stops %s times a second, %s each, for %s%s: nothing runs for %s of "
		            "the time.",
		            times, each, call_of(names_text(&a->names, kind->name)),
		            kind->asker == ASKER_TOOL
		                ? ", which a profiler asks for and not the program itself"
		                : "",
		            share);
	if (is_cycle)
		finding_remedy(f, "Don't call runtime.GC or debug.FreeOSMemory while the program works: "
		                  "the collector runs by itself when enough was allocated.");
	finding_measure(f, "stops", UNIT_COUNT, (double)sum->count);
	finding_measure(f, "stops", UNIT_PER_S, rate);
	finding_measure(f, "stopped", UNIT_NS, (double)sum->total_ns);
	finding_measure(f, "cost", UNIT_RATIO, cost);
	show_sites(f, r, a, kind);
	show_longest(f, sum, doctor->witness, "the longest stop took");
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	struct stw_rules *r = self;
	size_t n, told = 0;
	if (wall_ns(doctor->analysis) <= 0)
		return true;
	tally_sort(&r->stops);
	struct kind *all = kinds(r, doctor->analysis, &n);
	if (!all)
		return false;
	size_t before = findings->n;
	for (size_t i = 0; i < n && told < KINDS; i++) {
		find_slow_kind(r, doctor, &all[i], findings);
		told = findings->n - before;
	}
	if (!find_holdup(r, doctor, findings) && told == 0)
		find_long(r, doctor, findings);
	for (size_t i = 0; i < n; i++)
		find_frequent(r, doctor, &all[i], findings);
	free(all);
	return true;
}

const struct trace_family rules_stw = {
	.name = "stw",
	.least_ns = {[SPELL_RUNNING] = LEAST_RUN_NS},
	.events = EV_BIT(EV_STW_BEGIN) | EV_BIT(EV_STW_END),
	.create = create,
	.spell = on_spell,
	.event = on_event,
	.gap = on_gap,
	.restart = on_restart,
	.conclude = conclude,
	.destroy = destroy,
};
