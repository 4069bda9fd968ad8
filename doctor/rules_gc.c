/* What the collector costs the program: its share of what the program uses, and the help that it
   asks of goroutines that allocate. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/collector.h"
#include "doctor/evidence.h"
#include "doctor/rules.h"
#include "doctor/situations.h"
#include "doctor/spots.h"
#include "doctor/tally.h"
#include "doctor/trace_doctor.h"
#include "trace/slots.h"
#include "util/clock.h"
#include "util/text.h"

enum { SITES = 3 /* that are shown of one finding */, FUNCTIONS = 3 };

#define NOT_ASSISTING INT64_MIN

struct assist {
	int64_t since_ns;
	uint32_t stack;
};

struct gc_rules {
	const struct limits_set *limits;
	struct situations *situations;
	struct spots spots;
	struct tally assists; /* by start function and place; `long` time is cut, see count_assist */
	struct tally starts;  /* of cycles: by place of who started them, 1 when they were asked for */
	uint64_t cycles;      /* that began in the trace */
	struct assist *slot;
	size_t slots;
};

/* --- while the trace is read ----------------------------------------------------------------- */

static bool room(struct gc_rules *r, uint32_t slot)
{
	static const struct assist blank = {.since_ns = NOT_ASSISTING};
	return SLOTS_FIT(r->slot, r->slots, (size_t)slot + 1, &blank);
}

/* Of a very long assist only so much counts for the rule, since most of it may be a busy machine's:
   a thread that gets no processor takes milliseconds for what else takes microseconds. */
static bool count_assist(struct gc_rules *r, uint32_t function, const struct assist *a,
                         int64_t end_ns, uint64_t goroutine)
{
	int64_t ns = elapsed_ns(a->since_ns, end_ns);
	double most_ns = limit(r->limits, LIMIT_ASSIST_COUNTED);
	struct tally_row *row = tally_add(&r->assists, function, a->stack, a->since_ns, ns, goroutine);
	if (!row)
		return false;
	row->long_count++;
	add_ns(&row->long_ns, (double)ns < most_ns ? ns : (int64_t)most_ns);
	return true;
}

static bool end_assist(struct gc_rules *r, const struct witness *w, const struct trace_event *e)
{
	const struct assist a = r->slot[e->subject];
	if (a.since_ns == NOT_ASSISTING)
		return true;
	uint32_t function = e->subject < w->slots ? w->slot[e->subject].function : NAME_NONE;
	r->slot[e->subject].since_ns = NOT_ASSISTING;
	return count_assist(r, function, &a, e->at_ns, w->slot[e->subject].id);
}

static bool on_event(void *self, const struct witness *w, const struct trace_block *block,
                     const struct trace_event *e)
{
	struct gc_rules *r = self;
	uint32_t stack = STACK_NONE, place = STACK_NONE;
	if (e->type == EV_GC_BEGIN || e->type == EV_GC_MARK_ASSIST_BEGIN) {
		stack = (uint32_t)e->arg[2];
		place = spots_of(&r->spots, w->stacks, w->names, stack);
	}
	if (place == STACK_ERROR)
		return false;
	if (e->type == EV_GC_BEGIN) {
		bool asked = collector_was_called(w->stacks, w->names, stack);
		r->cycles++;
		return tally_add(&r->starts, asked, place, e->at_ns, 0, 0);
	}
	if (!room(r, e->subject))
		return false;
	switch (e->type) {
	case EV_GC_MARK_ASSIST_BEGIN:
		r->slot[e->subject] = (struct assist){e->at_ns, place};
		return true;
	case EV_GC_MARK_ASSIST_ACTIVE:
		if (r->slot[e->subject].since_ns == NOT_ASSISTING)
			r->slot[e->subject] = (struct assist){trace_since(block, e), STACK_NONE};
		return true;
	default:
		return end_assist(r, w, e);
	}
}

/* Who assisted has ended that, for all one knows. */
static void on_gap(void *self)
{
	struct gc_rules *r = self;
	slots_drop(&r->slot, &r->slots);
}

static void on_restart(void *self, int64_t time_ns)
{
	struct gc_rules *r = self;
	tally_finish(&r->assists);
	tally_finish(&r->starts);
	r->cycles = 0;
	for (size_t i = 0; i < r->slots; i++)
		if (r->slot[i].since_ns != NOT_ASSISTING)
			r->slot[i].since_ns = time_ns;
}

static void *create(const struct doctor *doctor)
{
	struct gc_rules *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->limits = doctor->limits;
	r->situations = doctor->situations;
	return r;
}

static void destroy(void *self)
{
	struct gc_rules *r = self;
	spots_finish(&r->spots);
	tally_finish(&r->assists);
	tally_finish(&r->starts);
	free(r->slot);
	free(r);
}

/* --- gc-pressure ----------------------------------------------------------------------------- */

struct pressure {
	double seconds, rate; /* cycles a second */
	double taken_ns;      /* by the collector, of all Ps together */
	double least_ns;      /* of that, what can't be the machine's doing, see calm_ns */
	double used_ns;       /* by the program and the collector */
	double cpu;           /* share of that, at least */
	double cores;         /* that the collector kept busy, at least */
	double asked;         /* share of the cycles that the program asked for */
	bool small;           /* the live heap */
};

/* How long a thread may have waited for a processor of the machine, as stops of the world tell:
   they are over in microseconds unless one does. */
static double delay_ns(const struct analysis *a)
{
	return 3 * (double)distribution_percentile(&a->gc.pause, .9);
}

/* The least that these can have cost: each as much as the shortest tenth of them; and of a longer
   one what is beyond such a wait, but no more than twice what half of them took. */
static double calm_ns(const struct distribution *d, double delay_ns)
{
	struct distribution_step step = {0};
	double shortest = (double)distribution_percentile(d, .1), ns = 0;
	double most = 2 * (double)distribution_percentile(d, .5);
	while (distribution_next(d, &step)) {
		double each = (double)step.upper_ns;
		double beyond = each - delay_ns < most ? each - delay_ns : most;
		double least = shortest < each ? shortest : each;
		ns += (double)step.count * (beyond > least ? beyond : least);
	}
	return ns < (double)d->sum_ns ? ns : (double)d->sum_ns;
}

/* Stops of the world that the collector makes, on the whole and as short as they can be. */
static double stopped_ns(const struct analysis *a, bool calm)
{
	double ns = 0;
	for (size_t i = 0; i < a->gc.kinds; i++) {
		const struct stw_kind *kind = &a->gc.kind[i];
		if (strncmp(names_text(&a->names, kind->name), "GC ", 3) == 0)
			ns += calm ? calm_ns(&kind->pause, delay_ns(a)) : (double)kind->pause.sum_ns;
	}
	return ns;
}

/* Time of all Ps there were. */
static double all_ns(const struct analysis *a)
{
	return procs_available_ns(&a->procs, a->mmu.last_ns);
}

/* What all cycles can have cost at most: marking takes 0.2 to 2 ms for each MiB of the heap. */
static double most_marking_ns(const struct gc *gc)
{
	double mib = (double)gc->heap_max / (1 << 20);
	return gc->has_heap ? (double)gc->mark.count * (1e6 + 2.5e6 * mib) : INFINITY;
}

static bool measure_pressure(const struct gc_rules *r, const struct doctor *doctor,
                             struct pressure *p)
{
	const struct analysis *a = doctor->analysis;
	double mean = mmu_mean(&a->mmu);
	double wall_ns = (double)elapsed_ns(a->mmu.first_ns, a->mmu.last_ns);
	if (mean < 0 || wall_ns <= 0 || a->gc.mark.count == 0)
		return false;
	double procs = all_ns(a) / wall_ns;
	*p = (struct pressure){.seconds = wall_ns / 1e9};
	p->rate = (double)a->gc.mark.count / p->seconds;
	p->taken_ns = (1 - mean) * all_ns(a);
	double stopped = stopped_ns(a, false) * procs;
	double marking = p->taken_ns > stopped ? p->taken_ns - stopped : 0;
	double part =
		a->gc.mark.sum_ns > 0 ? calm_ns(&a->gc.mark, delay_ns(a)) / (double)a->gc.mark.sum_ns : 1;
	double most = most_marking_ns(&a->gc);
	p->least_ns = (marking * part < most ? marking * part : most) + stopped_ns(a, true) * procs;
	/* Marking on idle Ps is among what runs: so the share is not too high. */
	p->used_ns = (double)a->goroutines.state_ns[GO_RUNNING] + stopped;
	p->cpu = p->used_ns > p->least_ns ? p->least_ns / p->used_ns : 1;
	p->cores = p->least_ns / wall_ns;
	for (size_t i = 0; i < r->starts.rows; i++)
		if (r->starts.row[i].what == 1 && r->cycles)
			p->asked += (double)r->starts.row[i].count / (double)r->cycles;
	p->small =
		a->gc.has_heap && (double)a->gc.heap_min <= limit(doctor->limits, LIMIT_GC_SMALL_HEAP);
	return true;
}

/* Who happened to allocate when a cycle was due: who allocates most is met most often. */
static void show_starts(struct finding *f, struct gc_rules *r, const struct doctor *doctor)
{
	const struct analysis *a = doctor->analysis;
	char site[EVIDENCE_SITE_TEXT];
	for (size_t i = 0; i < r->starts.rows; i++)
		r->starts.row[i].long_ns = (int64_t)r->starts.row[i].count; /* the order that is wanted */
	tally_sort(&r->starts);
	for (size_t i = 0; i < r->starts.rows && i < SITES; i++) {
		const struct tally_row *row = &r->starts.row[i];
		if (row->where == STACK_NONE || row->where == UINT32_MAX)
			continue;
		evidence_site(site, &a->stacks, &a->names, row->where);
		struct evidence *e =
			finding_show(f, EVIDENCE_SITE, "%" PRIu64 " of %" PRIu64 " cycles began %s %s",
		                 row->count, r->cycles,
		                 row->what ? "because they were asked for by"
		                           : "when memory was allocated by",
		                 site);
		evidence_stack(e, &a->stacks, &a->names, row->where);
	}
}

/* The tenth of a second in which the collector took most. */
static void show_worst(struct finding *f, const struct doctor *doctor)
{
	const struct mmu *mmu = &doctor->analysis->mmu;
	for (size_t i = 0; i < MMU_WINDOWS; i++) {
		double left = mmu_minimum(mmu, i);
		char share[16], width[32];
		if (mmu_window_ns[i] != TRACE_DOCTOR_MMU_NS || left < 0)
			continue;
		text_percent(share, sizeof share, left);
		text_duration(width, sizeof width, (double)mmu_window_ns[i], false);
		struct evidence *e =
			finding_show(f, EVIDENCE_SPAN,
		                 "in the worst %s the collector left the program %s of the Ps", width,
		                 share);
		int64_t at_ns = witness_since_begin(doctor->witness, mmu->window[i].worst_at_ns);
		evidence_span(e, at_ns, at_ns + mmu_window_ns[i]);
	}
}

static void show_heap(struct finding *f, const struct gc *gc)
{
	char least[32], most[32], goal[32];
	if (!gc->has_heap)
		return;
	text_bytes(least, sizeof least, (int64_t)gc->heap_min);
	text_bytes(most, sizeof most, (int64_t)gc->heap_max);
	text_bytes(goal, sizeof goal, (int64_t)gc->goal_max);
	finding_show(f, EVIDENCE_TEXT, "the heap lies between %s and %s%s%s", least, most,
	             gc->has_goal ? ", its goal is at most " : "", gc->has_goal ? goal : "");
}

static void measure(struct finding *f, const struct pressure *p, const struct analysis *a)
{
	const struct gc *gc = &a->gc;
	finding_measure(f, "cycles", UNIT_COUNT, (double)gc->mark.count);
	finding_measure(f, "cycles", UNIT_PER_S, p->rate);
	finding_measure(f, "cpu", UNIT_RATIO, p->cpu);
	finding_measure(f, "mutator_utilization", UNIT_RATIO, mmu_mean(&a->mmu));
	finding_measure(f, "collecting", UNIT_NS, p->taken_ns);
	finding_measure(f, "collecting_at_least", UNIT_NS, p->least_ns);
	finding_measure(f, "used", UNIT_NS, p->used_ns);
	finding_measure(f, "marking", UNIT_NS, (double)gc->mark.sum_ns);
	finding_measure(f, "asked_for", UNIT_RATIO, p->asked);
	if (gc->has_heap) {
		finding_measure(f, "heap_least", UNIT_BYTES, (double)gc->heap_min);
		finding_measure(f, "heap_most", UNIT_BYTES, (double)gc->heap_max);
	}
}

/* Nobody is hurt by a collector that is at work often and takes little: what counts is its share of
   what the program costs, and that it is more than a trifle. */
static void find_pressure(struct gc_rules *r, const struct doctor *doctor, struct findings *out)
{
	const struct limits_set *limits = doctor->limits;
	const struct gc *gc = &doctor->analysis->gc;
	struct pressure p;
	char share[16], rate[32], cores[16], heap[32];
	if (!measure_pressure(r, doctor, &p) ||
	    (double)gc->mark.count < limit(limits, LIMIT_GC_CYCLES) ||
	    p.cores < limit(limits, LIMIT_GC_CORES))
		return;
	double much = limit(limits, LIMIT_GC_CPU);
	bool often = p.rate >= limit(limits, LIMIT_GC_RATE) && p.small;
	if (p.cpu < (often ? much / 2 : much))
		return;
	enum severity severity = p.cpu < much                            ? SEVERITY_INFO
	                         : p.cpu < limit(limits, LIMIT_GC_GRAVE) ? SEVERITY_WARNING
	                                                                 : SEVERITY_CRITICAL;
	struct finding *f = findings_add(out, SLUG_GC_PRESSURE, severity, p.cpu);
	text_percent(share, sizeof share, p.cpu);
	text_rate(rate, sizeof rate, p.rate);
	snprintf(cores, sizeof cores, "%.2f", p.cores);
	text_bytes(heap, sizeof heap, (int64_t)gc->heap_min);
	finding_say(
		f,
		"The collector takes %s or more of the processor time that the program uses, %s P%s on "
		"average: it runs %s times a second%s%s%s.",
		share, cores, p.cores > 0.995 && p.cores < 1.005 ? "" : "s", rate,
		p.small ? ", over a heap of only " : "", p.small ? heap : "",
		p.asked >= 0.5 ? ", mostly because the program asks for it" : "");
	if (p.asked >= 0.5)
		finding_remedy(f, "Don't call runtime.GC or debug.FreeOSMemory while the program works: "
		                  "the collector runs by itself when enough was allocated.");
	measure(f, &p, doctor->analysis);
	show_heap(f, gc);
	show_starts(f, r, doctor);
	show_worst(f, doctor);
}

/* --- alloc-heavy ----------------------------------------------------------------------------- */

/* The assists of all goroutines that start with one function. */
struct helper {
	uint32_t function;
	struct tally_row sum;
	double active_ns; /* they ran, waited to run, or waited until they had helped enough */
};

/* A wait that is a part of an assist (runtime/traceruntime.go: traceBlockGCMarkAssist). */
static int64_t helping_waits(const struct analysis *a, const struct goroutine_kind *kind)
{
	int64_t ns = 0;
	for (uint32_t i = kind->reasons; i; i = a->goroutines.reason[i - 1].next)
		if (strcmp(names_text(&a->names, a->goroutines.reason[i - 1].reason),
		           "GC mark assist wait for work") == 0)
			add_ns(&ns, a->goroutines.reason[i - 1].total_ns);
	return ns;
}

static double active_ns(const struct analysis *a, uint32_t function)
{
	double ns = 0;
	for (size_t i = 0; i < a->goroutines.groups; i++) {
		const struct goroutine_kind *kind = &a->goroutines.group[i];
		if (kind->function == function)
			ns += (double)kind->state_ns[GO_RUNNING] + (double)kind->state_ns[GO_RUNNABLE] +
			      (double)helping_waits(a, kind);
	}
	return ns;
}

static int busiest_first(const void *a, const void *b)
{
	const struct helper *x = a, *y = b;
	if (x->sum.total_ns != y->sum.total_ns)
		return x->sum.total_ns < y->sum.total_ns ? 1 : -1;
	return x->function < y->function ? -1 : x->function > y->function;
}

/* Rows of the tally by their function; the caller frees. *n stays 0 without memory. */
static struct helper *helpers(const struct tally *assists, size_t *n)
{
	struct helper *all = calloc(assists->rows + 1, sizeof *all);
	*n = 0;
	for (size_t i = 0; all && i < assists->rows; i++) {
		size_t k = 0;
		while (k < *n && all[k].function != assists->row[i].what)
			k++;
		if (k == *n)
			all[(*n)++].function = assists->row[i].what;
		tally_row_add(&all[k].sum, &assists->row[i]);
	}
	if (*n)
		qsort(all, *n, sizeof *all, busiest_first);
	return all;
}

static void show_assists(struct finding *f, const struct helper *h, const struct gc_rules *r,
                         const struct doctor *doctor)
{
	const struct analysis *a = doctor->analysis;
	char site[EVIDENCE_SITE_TEXT], time[32];
	unsigned shown = 0;
	for (size_t i = 0; i < r->assists.rows && shown < SITES; i++) {
		const struct tally_row *row = &r->assists.row[i];
		if (row->what != h->function || row->where == STACK_NONE)
			continue;
		evidence_site(site, &a->stacks, &a->names, row->where);
		text_duration(time, sizeof time, (double)row->total_ns, false);
		struct evidence *e =
			finding_show(f, EVIDENCE_SITE, "%" PRIu64 " %s, %s in all, for what is allocated by %s",
		                 row->count, row->count == 1 ? "assist" : "assists", time, site);
		evidence_stack(e, &a->stacks, &a->names, row->where);
		shown++;
	}
	text_duration(time, sizeof time, (double)h->sum.longest_ns, false);
	struct evidence *e =
		finding_show(f, EVIDENCE_GOROUTINE, "the longest assist took goroutine %" PRIu64 " %s",
	                 h->sum.longest_goroutine, time);
	int64_t at_ns = witness_since_begin(doctor->witness, h->sum.longest_at_ns);
	evidence_goroutine(e, h->sum.longest_goroutine);
	evidence_span(e, at_ns, at_ns + h->sum.longest_ns);
}

/* Those goroutines may be a small part of the program: what is grave takes much of the Ps too. */
static bool is_grave(const struct helper *h, double share, const struct doctor *doctor)
{
	return share >= limit(doctor->limits, LIMIT_ASSIST_GRAVE) &&
	       (double)h->sum.long_ns >=
	           limit(doctor->limits, LIMIT_ASSIST_GRAVE_PS) * all_ns(doctor->analysis);
}

static void say_helper(const struct helper *h, const struct gc_rules *r,
                       const struct doctor *doctor, struct findings *out)
{
	const struct analysis *a = doctor->analysis;
	double share = (double)h->sum.long_ns / h->active_ns;
	share = share < 1 ? share : 1;
	char function[EVIDENCE_SITE_TEXT], percent[16], time[32], longest[32];
	struct finding *f =
		findings_add(out, SLUG_ALLOC_HEAVY,
	                 is_grave(h, share, doctor) ? SEVERITY_CRITICAL : SEVERITY_WARNING, share);
	evidence_function(function, &a->names, h->function);
	text_percent(percent, sizeof percent, share);
	text_duration(time, sizeof time, (double)h->sum.total_ns, false);
	text_duration(longest, sizeof longest, (double)h->sum.longest_ns, false);
	finding_say(f,
	            "Goroutines that start with %s spend %s or more of their time on marking "
	            "for the collector before they may allocate: %s in %" PRIu64
	            " assists, the longest %s.",
	            function, percent, time, h->sum.count, longest);
	finding_measure(f, "assists", UNIT_COUNT, (double)h->sum.count);
	finding_measure(f, "assist", UNIT_NS, (double)h->sum.total_ns);
	finding_measure(f, "assist", UNIT_RATIO, share);
	finding_measure(f, "active", UNIT_NS, h->active_ns);
	finding_measure(f, "longest", UNIT_NS, (double)h->sum.longest_ns);
	show_assists(f, h, r, doctor);
}

static bool find_heavy(struct gc_rules *r, const struct doctor *doctor, struct findings *out)
{
	const struct limits_set *limits = doctor->limits;
	const struct analysis *a = doctor->analysis;
	double wall_ns = (double)elapsed_ns(a->mmu.first_ns, a->mmu.last_ns);
	size_t n;
	tally_sort(&r->assists);
	struct helper *all = helpers(&r->assists, &n);
	if (!all)
		return false;
	for (size_t i = 0, said = 0; i < n && said < FUNCTIONS; i++) {
		struct helper *h = &all[i];
		h->active_ns = active_ns(a, h->function);
		if (h->function == UINT32_MAX || h->function == NAME_NONE || h->active_ns <= 0 ||
		    (double)h->sum.count < limit(limits, LIMIT_ASSISTS) ||
		    (double)h->sum.long_ns < limit(limits, LIMIT_ASSIST_LEAST) * wall_ns ||
		    (double)h->sum.long_ns < limit(limits, LIMIT_ASSIST_SHARE) * h->active_ns ||
		    role_is_background(situation_role(r->situations, h->function)))
			continue;
		say_helper(h, r, doctor, out);
		said++;
	}
	free(all);
	return true;
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	find_pressure(self, doctor, findings);
	return find_heavy(self, doctor, findings);
}

const struct trace_family rules_gc = {
	.name = "gc",
	.events = EV_BIT(EV_GC_BEGIN) | EV_BIT(EV_GC_MARK_ASSIST_BEGIN) |
              EV_BIT(EV_GC_MARK_ASSIST_ACTIVE) | EV_BIT(EV_GC_MARK_ASSIST_END),
	.create = create,
	.event = on_event,
	.gap = on_gap,
	.restart = on_restart,
	.conclude = conclude,
	.destroy = destroy,
};
