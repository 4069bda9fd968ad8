/* Who waits for a processor, and why: too much to do, a few that don't let go, too many that take
   turns, or a kernel that gives less than GOMAXPROCS. That all Ps are busy is no fault: a rule
   accuses where somebody waits who should not. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "doctor/cpu_groups.h"
#include "doctor/evidence.h"
#include "doctor/rules.h"
#include "doctor/throttle.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "util/text.h"

/* Fewer waits than this say nothing. */
enum { LEAST_WAITS = 20, SHOWN = 3 };
/* So much of all running is the hot loops' where they are the reason that others wait. */
#define HOT_SHARE 0.5
/* A part of the wake-ups may be late for other reasons, such as a busy machine. */
#define DELAYED_SHARE 0.05
/* Below, what was waited for is too little to speak of. */
#define LEAST_WAITING 0.1
/* So much of a trace is silent where something is wrong with the machine, whatever it is. */
#define LEAST_SILENT 0.2

struct cpu_rules {
	struct cpu_groups groups;
	struct throttle throttle;
};

/* Those that serve somebody, taken together. */
struct served {
	uint64_t starts;    /* times they began to run */
	uint64_t delayed;   /* waits for a P of CPU_WAIT_NS or more */
	uint64_t late;      /* of cpu-saturation.wait or more */
	uint64_t sure;      /* of that and the longest silence of all threads together, or more */
	int64_t delay_ns;   /* of the delayed */
	int64_t starved_ns; /* of that, while no P was idle */
	int64_t longest_ns;
	int64_t running_ns;
};

/* The trace as a whole, as the rules need it. */
struct picture {
	const struct doctor *doctor;
	struct cpu_groups *groups;
	struct findings *findings;
	double observed_ns, ps;
	double starved; /* 0...1: share of the time that somebody was runnable and no P idle */
	struct served served;
	struct throttle_verdict throttle;
	int64_t silence_ns; /* the longest */
	bool explained;     /* why there are too few processors was told already */
};

static const char *duration(char to[32], double ns)
{
	text_duration(to, 32, ns, false);
	return to;
}

static const char *percent(char to[16], double ratio)
{
	text_percent(to, 16, ratio);
	return to;
}

/* --- who is served --------------------------------------------------------------------------- */

static void add_served(struct served *s, const struct cpu_group *g, int64_t late_ns,
                       int64_t silence_ns)
{
	s->starts += g->kind->starts;
	s->delayed += g->waits.count;
	add_ns(&s->running_ns, g->kind->state_ns[GO_RUNNING]);
	s->late += distribution_count_from(&g->waits, late_ns);
	s->sure += distribution_count_from(&g->waits, late_ns + silence_ns);
	add_ns(&s->delay_ns, g->waits.sum_ns);
	add_ns(&s->starved_ns, g->waits_starved_ns);
	if (g->waits.max_ns > s->longest_ns)
		s->longest_ns = g->waits.max_ns;
}

static struct served sum_served(const struct picture *p, const struct cpu_group *but)
{
	struct served s = {0};
	int64_t late_ns = (int64_t)limit(p->doctor->limits, LIMIT_SATURATION_WAIT);
	for (size_t i = 0; i < p->groups->n; i++)
		if (&p->groups->group[i] != but && p->groups->group[i].serves)
			add_served(&s, &p->groups->group[i], late_ns, p->silence_ns);
	return s;
}

/* Do they wait for a P for longer than they use it, and that because none is idle? */
static bool is_delayed(const struct served *s)
{
	return s->delayed >= LEAST_WAITS && (double)s->delayed >= DELAYED_SHARE * (double)s->starts &&
	       s->delay_ns >= s->running_ns && (double)s->starved_ns >= .5 * (double)s->delay_ns;
}

static int by_delay(const void *a, const void *b)
{
	const struct cpu_group *x = *(const struct cpu_group *const *)a,
						   *y = *(const struct cpu_group *const *)b;
	return (x->waits.sum_ns < y->waits.sum_ns) - (x->waits.sum_ns > y->waits.sum_ns);
}

/* "of main.serve, created by main.main" */
static void show_served(const struct picture *p, struct finding *f, const struct cpu_group *but)
{
	const struct names *names = &p->doctor->analysis->names;
	const struct cpu_group *most[CPU_GROUPS];
	size_t n = 0;
	for (size_t i = 0; i < p->groups->n; i++)
		if (&p->groups->group[i] != but && p->groups->group[i].serves &&
		    p->groups->group[i].waits.count)
			most[n++] = &p->groups->group[i];
	if (n == 0)
		return;
	qsort(most, n, sizeof(void *), by_delay);
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		char function[EVIDENCE_SITE_TEXT], creator[EVIDENCE_SITE_TEXT], sum[32], max[32];
		const struct cpu_group *g = most[i];
		struct evidence *e =
			finding_show(f, EVIDENCE_GOROUTINE,
		                 "goroutines of %s, created by %s, waited %s in all for a P in %" PRIu64
		                 " waits of 1 ms or more; goroutine %" PRIu64 " waited %s at once",
		                 evidence_function(function, names, g->function),
		                 g->creator ? evidence_function(creator, names, g->creator)
		                            : "an unknown function",
		                 duration(sum, (double)g->waits.sum_ns), g->waits.count, g->wait.goroutine,
		                 duration(max, (double)g->wait.ns));
		evidence_goroutine(e, g->wait.goroutine);
		evidence_span(e, g->wait.begin_ns, g->wait.end_ns);
		evidence_stack(e, &p->doctor->analysis->stacks, names, g->wait.stack);
	}
}

static void measure_served(struct finding *f, const struct picture *p, const struct served *s)
{
	const struct distribution *all = &p->doctor->analysis->goroutines.latency;
	finding_measure(f, "wait_p99", UNIT_NS, (double)distribution_percentile(all, .99));
	finding_measure(f, "wait_max", UNIT_NS, (double)s->longest_ns);
	finding_measure(f, "waited", UNIT_NS, (double)s->delay_ns);
	finding_measure(f, "delayed", UNIT_COUNT, (double)s->delayed);
	finding_measure(f, "starts", UNIT_COUNT, (double)s->starts);
	finding_measure(f, "starved", UNIT_RATIO, p->starved);
}

/* --- gomaxprocs-mismatch ---------------------------------------------------------------------- */

static void say_silent(const struct picture *p, struct finding *f, const struct throttle *t)
{
	const struct throttle_verdict *v = &p->throttle;
	char silent[32], longest[32], share[16];
	finding_say(f,
	            "For %s of the time (%s) all threads stood still at once although goroutines were "
	            "running, %" PRIu64 " times%s and for up to %s: the process gets fewer processors "
	            "than its %.0f Ps.",
	            percent(share, v->silent), duration(silent, (double)t->silent_ns), t->silences,
	            v->periodic ? ", in step with the 100 ms of a CPU quota," : "",
	            duration(longest, (double)t->longest_ns), p->ps);
	finding_measure(f, "silent", UNIT_NS, (double)t->silent_ns);
	finding_measure(f, "silences", UNIT_COUNT, (double)t->silences);
	struct evidence *e =
		finding_show(f, EVIDENCE_SPAN,
	                 "the longest silence: %s without one event of any thread, where the runtime "
	                 "looks after running goroutines every 10 ms",
	                 duration(longest, (double)t->longest_ns));
	evidence_span(e, t->longest_begin_ns, t->longest_begin_ns + t->longest_ns);
}

static void say_sampled(const struct picture *p, struct finding *f)
{
	const struct throttle_verdict *v = &p->throttle;
	char running[32], cpu[32];
	finding_say(f,
	            "Goroutines ran for %s, but the CPU profiler's samples account for %s of processor "
	            "time alone: the %.0f Ps share fewer processors.",
	            duration(running, v->running_ns), duration(cpu, v->cpu_ns), p->ps);
	finding_measure(f, "cpu", UNIT_NS, v->cpu_ns);
	finding_show(f, EVIDENCE_TEXT,
	             "%" PRIu64 " CPU samples, one for every 10 ms that a thread had a processor",
	             p->doctor->analysis->samples.total);
}

static void find_mismatch(struct picture *p, const struct throttle *t)
{
	const struct throttle_verdict *v = &p->throttle;
	double wanted = limit(p->doctor->limits, LIMIT_MISMATCH_RATIO);
	/* Silences alone may be a debugger's or a host's that sleeps: the quota's have a rhythm. So
	   many Ps busy that there would be more work done if there were more processors. */
	bool sure = v->times >= wanted && (v->samples || (v->periodic && v->together)) &&
	            v->running_ns >= .5 * p->ps * p->observed_ns;
	bool maybe = (v->samples && v->times >= wanted) || (v->silence && v->silent >= LEAST_SILENT);
	if (!sure && !maybe)
		return;
	struct finding *f = findings_add(p->findings, SLUG_GOMAXPROCS_MISMATCH,
	                                 sure ? SEVERITY_WARNING : SEVERITY_INFO, 1 - 1 / v->times);
	if (v->silence)
		say_silent(p, f, t);
	else
		say_sampled(p, f);
	finding_measure(f, "running", UNIT_NS, v->running_ns);
	finding_measure(f, "gomaxprocs", UNIT_COUNT, p->ps);
	finding_measure(f, "times", UNIT_COUNT, v->times);
	p->explained |= sure;
}

/* --- runnable-oversubscription ---------------------------------------------------------------- */

/* Goroutines that start with one function, whoever created them. */
struct crowd {
	const struct cpu_group *first;
	double sliced_ns, first_ns, ran_ns;
	uint64_t goroutines;
	bool serves, polls;
};

/* Of the i-th group and those like it behind it; `first` is NULL where an earlier one was like it.
 */
static struct crowd gather(const struct picture *p, size_t i)
{
	const struct cpu_group *group = p->groups->group;
	struct crowd c = {.first = &group[i]};
	for (size_t k = 0; k < i; k++)
		if (group[k].function == group[i].function)
			c.first = NULL;
	for (size_t k = i; c.first && k < p->groups->n; k++) {
		if (group[k].function != group[i].function || !group[k].kind)
			continue;
		c.sliced_ns += (double)group[k].sliced_ns;
		c.first_ns += (double)group[k].first_ns;
		c.ran_ns += (double)group[k].kind->state_ns[GO_RUNNING];
		c.goroutines += group[k].kind->goroutines;
		c.serves |= group[k].serves;
		c.polls |= group[k].polls;
	}
	return c;
}

static void say_crowd(const struct picture *p, struct finding *f, const struct crowd *c, bool harm)
{
	double waiting = (c->sliced_ns + c->first_ns) / p->observed_ns;
	char function[EVIDENCE_SITE_TEXT], sliced[32], ran[32];
	evidence_function(function, &p->doctor->analysis->names, c->first->function);
	finding_say(f,
	            "On average %.0f goroutines of %s that compute wait for one of %.0f Ps and take "
	            "turns on them, so that each takes as long as all of them together%s.",
	            waiting, function, p->ps,
	            c->serves ? ", and somebody waits for it"
	            : harm    ? ", and others that have little to do wait behind them"
	                      : "");
	finding_measure(f, "waiting", UNIT_COUNT, waiting);
	finding_measure(f, "gomaxprocs", UNIT_COUNT, p->ps);
	finding_measure(f, "preempted", UNIT_NS, c->sliced_ns);
	finding_measure(f, "first", UNIT_NS, c->first_ns);
	finding_measure(f, "goroutines", UNIT_COUNT, (double)c->goroutines);
	finding_measure(f, "starved", UNIT_RATIO, p->starved);
	finding_show(f, EVIDENCE_TEXT,
	             "%" PRIu64 " goroutines of %s ran %s and waited %s after their P had been taken "
	             "away",
	             c->goroutines, function, duration(ran, c->ran_ns), duration(sliced, c->sliced_ns));
	show_served(p, f, c->first);
}

static void find_oversubscription(struct picture *p)
{
	double least = limit(p->doctor->limits, LIMIT_OVERSUBSCRIPTION) * p->ps * p->observed_ns;
	for (size_t i = 0; i < p->groups->n; i++) {
		const struct crowd c = gather(p, i);
		/* Those that run to their end at once are a queue, whoever made it. */
		if (!c.first || c.polls || c.sliced_ns < c.first_ns / 3 || c.sliced_ns + c.first_ns < least)
			continue;
		const struct served others = sum_served(p, c.first);
		bool harm = c.serves || is_delayed(&others);
		struct finding *f =
			findings_add(p->findings, SLUG_RUNNABLE_OVERSUBSCRIPTION,
		                 harm ? SEVERITY_WARNING : SEVERITY_INFO, fmin(p->starved, 1));
		say_crowd(p, f, &c, harm);
	}
}

/* --- cpu-bound-hot-loop ------------------------------------------------------------------------
 */

static bool is_hot(const struct cpu_group *g)
{
	return g->bursts && g->kind && !g->polls;
}

/* Does it keep others from a P, and is there none besides? */
static bool is_in_the_way(const struct cpu_group *g)
{
	return (double)g->burst_starved_ns >= LEAST_WAITING * (double)g->burst_wall_ns &&
	       (double)g->burst_idle_ns <= .25 * (double)g->burst_wall_ns;
}

/* Waits for a P of all that are no hot loops, while none was idle. */
static double others_waiting(const struct picture *p)
{
	double ns = 0;
	for (size_t i = 0; i < p->groups->n; i++)
		if (p->groups->group[i].kind && !is_hot(&p->groups->group[i]))
			ns += (double)p->groups->group[i].waits_starved_ns;
	return ns / p->observed_ns;
}

static void say_hot(const struct picture *p, struct finding *f, const struct cpu_group *g,
                    const struct served *s)
{
	const struct analysis *a = p->doctor->analysis;
	char who[EVIDENCE_SITE_TEXT], site[EVIDENCE_SITE_TEXT], longest[32], wait[32], share[16];
	evidence_function(who, &a->names, g->function);
	evidence_site(site, &a->stacks, &a->names, g->burst.stack);
	duration(longest, (double)g->burst.ns);
	if (s->delayed)
		finding_say(
			f,
			"Goroutines of %s compute for up to %s without a break while others wait for a P and "
			"none "
			"is idle: %s of the wake-ups of those that serve somebody were kept waiting for "
			"1 ms or more, up to %s.",
			who, longest, percent(share, fmin((double)s->delayed / (double)s->starts, 1)),
			duration(wait, (double)s->longest_ns));
	else
		finding_say(f,
		            "Goroutines of %s compute for up to %s without a break while others wait for a "
		            "P and none "
		            "is idle, but it doesn't seem that anybody is waiting for them.",
		            who, longest);
	finding_measure(f, "bursts", UNIT_COUNT, (double)g->bursts);
	finding_measure(f, "burst_max", UNIT_NS, (double)g->burst.ns);
	finding_measure(f, "bursts_ran", UNIT_NS, (double)g->burst_ns);
	finding_measure(f, "bursts_starving", UNIT_NS, (double)g->burst_starved_ns);
	measure_served(f, p, s);
	struct evidence *e =
		finding_show(f, EVIDENCE_GOROUTINE,
	                 "goroutine %" PRIu64 " ran %s in one burst; it was at %s when its P was last "
	                 "taken away",
	                 g->burst.goroutine, longest, site);
	evidence_goroutine(e, g->burst.goroutine);
	evidence_span(e, g->burst.begin_ns, g->burst.end_ns);
	evidence_stack(e, &a->stacks, &a->names, g->burst.stack);
	show_served(p, f, g);
}

static void find_hot_loops(struct picture *p)
{
	const struct cpu_group *worst = NULL;
	double ran = 0, running = (double)p->doctor->analysis->goroutines.state_ns[GO_RUNNING];
	for (size_t i = 0; i < p->groups->n; i++) {
		const struct cpu_group *g = &p->groups->group[i];
		if (!is_hot(g))
			continue;
		ran += (double)g->burst_ns;
		if (is_in_the_way(g) && (!worst || g->burst_ns > worst->burst_ns))
			worst = g;
	}
	if (!worst || ran < HOT_SHARE * running)
		return;
	const struct served s = sum_served(p, worst);
	bool harm = is_delayed(&s) && (double)s.delay_ns >= LEAST_WAITING * p->observed_ns;
	if (!harm && (p->explained || others_waiting(p) < .5))
		return;
	struct finding *f =
		findings_add(p->findings, SLUG_CPU_BOUND_HOT_LOOP,
	                 harm && !p->explained ? SEVERITY_WARNING : SEVERITY_INFO,
	                 fmin((double)worst->burst_starved_ns / p->observed_ns / p->ps, 1));
	say_hot(p, f, worst, &s);
	p->explained |= harm;
}

/* --- cpu-saturation ----------------------------------------------------------------------------
 */

static void find_saturation(struct picture *p)
{
	const struct served *s = &p->served;
	double late_ns = limit(p->doctor->limits, LIMIT_SATURATION_WAIT);
	double late = s->starts ? fmin((double)s->late / (double)s->starts, 1) : 0;
	double waiting = (double)s->delay_ns / p->observed_ns;
	if (s->late < LEAST_WAITS || late < .01 || p->starved < .5 || !is_delayed(s))
		return;
	/* One wait in a hundred may be the machine's, and one during which all threads stood still; one
	   in ten that is longer is not. */
	bool sure = (double)s->sure >= .1 * (double)s->starts && waiting >= 1 && p->starved >= .7 &&
	            !p->explained;
	char share[16], limit_text[32], starved[16];
	struct finding *f = findings_add(p->findings, SLUG_CPU_SATURATION,
	                                 sure ? SEVERITY_WARNING : SEVERITY_INFO, p->starved);
	finding_say(f,
	            "There is more to compute than %.0f Ps can: %s of the time somebody waited for a P "
	            "and none was idle, on average %.1f goroutines that serve somebody did, and %s of "
	            "their wake-ups waited %s or more.",
	            p->ps, percent(starved, p->starved), waiting, percent(share, late),
	            duration(limit_text, late_ns));
	measure_served(f, p, s);
	finding_measure(f, "late", UNIT_COUNT, (double)s->late);
	finding_measure(f, "waiting", UNIT_COUNT, waiting);
	finding_measure(f, "gomaxprocs", UNIT_COUNT, p->ps);
	show_served(p, f, NULL);
}

/* --- the family --------------------------------------------------------------------------------
 */

static void *create(const struct doctor *doctor)
{
	struct cpu_rules *r = calloc(1, sizeof *r);
	if (r)
		r->groups.burst_ns = limit(doctor->limits, LIMIT_HOT_LOOP_BURST);
	return r;
}

static bool on_spell(void *self, const struct witness *w, uint32_t slot, const struct spell *spell)
{
	struct cpu_rules *r = self;
	return cpu_groups_spell(&r->groups, w, slot, spell);
}

static void on_silence(void *self, const struct witness *w, int64_t begin_ns, int64_t end_ns)
{
	struct cpu_rules *r = self;
	throttle_note(&r->throttle, w, begin_ns, end_ns);
}

static void restart(void *self, int64_t time_ns)
{
	struct cpu_rules *r = self;
	(void)time_ns;
	cpu_groups_clear(&r->groups);
	r->throttle = (struct throttle){0};
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	struct cpu_rules *r = self;
	const struct witness *w = doctor->witness;
	struct picture p = {
		.doctor = doctor,
		.groups = &r->groups,
		.findings = findings,
		.observed_ns = (double)elapsed_ns(w->first_ns, w->last_ns),
		.ps = (double)(w->gomaxprocs ? w->gomaxprocs : w->procs),
	};
	if (p.observed_ns <= 0 || p.ps <= 0)
		return true;
	cpu_groups_settle(&r->groups, doctor->analysis, doctor->situations);
	p.starved = (double)w->sums.starved / p.observed_ns;
	p.silence_ns = r->throttle.longest_ns;
	p.served = sum_served(&p, NULL);
	p.throttle = throttle_judge(&r->throttle, w, doctor->analysis);
	/* From what explains the most to what is left to explain. */
	find_mismatch(&p, &r->throttle);
	find_oversubscription(&p);
	find_hot_loops(&p);
	find_saturation(&p);
	return true;
}

static void destroy(void *self)
{
	struct cpu_rules *r = self;
	cpu_groups_finish(&r->groups);
	free(r);
}

const struct trace_family rules_cpu = {
	.name = "cpu",
	.least_ns = {[SPELL_RUNNABLE] = CPU_WAIT_NS,
                 [SPELL_RUNNING] = CPU_STALL_NS,
                 [SPELL_BURST] = CPU_BURST_NS},
	.who = WHO_COUNTS,
	.create = create,
	.spell = on_spell,
	.silence = on_silence,
	.restart = restart,
	.conclude = conclude,
	.destroy = destroy,
};
