/* cpu-saturation and gomaxprocs-mismatch: what the processors could not do, and why. */
#include "doctor/live_rules.h"

#include <stdio.h>

#include "util/clock.h"
#include "util/text.h"

#define WINDOW_NS     (10 * NS_PER_S)
#define WINDOW_MIN_NS (4 * NS_PER_S)
#define IDLE_MAX      0.1 /* above it the Ps are not busy */
#define SAMPLES_MIN   50
/* Of a second and a P: the runtime counts one transition of eight. What computes without a pause is
   switched a hundred times a second; a service has more, and something that waits for it. */
#define SAMPLES_PER_P 20

/* --- cpu-saturation ------------------------------------------------------------------------- */

static bool queue_length(const struct snapshot *s, double *length)
{
	int64_t queue, n;
	if (!fields_get(&s->sched, SCHED_RUNQUEUE, &queue) || s->np == 0)
		return false;
	for (size_t p = 0; p < s->np; p++) {
		if (!fields_get(&s->p[p].f, P_RUNQSIZE, &n))
			return false;
		queue += n;
	}
	*length = (double)queue;
	return true;
}

/* The mean over the snapshots of the window. */
static bool mean_queue(const struct live *live, double *mean)
{
	const struct snapshot *s;
	double sum = 0, length;
	size_t n = 0;
	for (size_t i = 0; (s = history_get(live->history, i)) != NULL; i++) {
		if (live->now->monotonic_ns - s->monotonic_ns > WINDOW_NS)
			break;
		if (queue_length(s, &length)) {
			sum += length;
			n++;
		}
	}
	*mean = n ? sum / (double)n : 0;
	return n > 0;
}

/* The largest group of those that are ready to run; *share: of all of them. */
static const struct goroutine_group *largest_runnable(const struct goroutine_table *t,
                                                      double *share)
{
	const struct goroutine_group *largest = NULL;
	uint64_t all = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct goroutine_group *g = t->row[i].group;
		if (g->system || g->state != GOROUTINE_RUNNABLE)
			continue;
		all += g->count;
		if (!largest || g->count > largest->count)
			largest = g;
	}
	*share = largest ? (double)largest->count / (double)all : 0;
	return largest;
}

static void show_runnable(const struct live *live, struct finding *f, int64_t since_ns)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_CREATOR];
	double share;
	const struct goroutine_group *g = largest_runnable(t, &share);
	if (!g)
		return;
	live_show_group(live, f, t->set, g, since_ns);
	finding_measure(f, "runnable_by_creator", UNIT_RATIO, share);
}

static void say_saturation(const struct live *live, const struct percentile *p99, double queue,
                           const struct live_cpu *cpu, int64_t covered_ns)
{
	bool is_short = live_cpu_is_short(cpu);
	char wait[32], over[32], words[LIVE_TEXT] = "";
	struct finding *f =
		findings_add(live->out, SLUG_CPU_SATURATION, is_short ? SEVERITY_INFO : SEVERITY_WARNING,
	                 queue / (queue + cpu->procs));
	int64_t since_ns = live->now->monotonic_ns - covered_ns;
	text_duration(wait, sizeof wait, p99->lo_ns, true);
	text_duration(over, sizeof over, (double)covered_ns, true);
	if (is_short)
		snprintf(words, sizeof words,
		         ", and of the %.1f CPUs that they ran on the kernel gave %.1f", cpu->running,
		         cpu->used);
	finding_say(
		f,
		"Goroutines that are ready wait %s and more to run (p99) while all %.0f Ps are busy,"
		" for %s; %.1f stand in the queues%s.",
		wait, cpu->procs, over, queue, words);
	finding_measure(f, "wait_p99_lo", UNIT_NS, p99->lo_ns);
	finding_measure(f, "wait_p99_hi", UNIT_NS, p99->hi_ns);
	finding_measure(f, "queued", UNIT_COUNT, queue);
	finding_measure(f, "idle", UNIT_RATIO, cpu->idle);
	finding_measure(f, "cpus_used", UNIT_COUNT, cpu->used);
	finding_measure(f, "observed", UNIT_NS, (double)covered_ns);
	evidence_span(finding_show(f, EVIDENCE_SPAN,
	                           "%.1f of %.0f Ps busy, %.1f CPUs used, %.1f goroutines queued",
	                           (1 - cpu->idle) * cpu->procs, cpu->procs, cpu->used, queue),
	              since_ns, live->now->monotonic_ns);
	show_runnable(live, f, since_ns);
}

void live_cpu_saturation(const struct live *live)
{
	struct histogram waits = {0};
	int64_t covered_ns = -1;
	double queue;
	struct live_cpu cpu = live_cpu(live, WINDOW_NS);
	if (!cpu.known || !(cpu.idle <= IDLE_MAX) || !mean_queue(live, &queue) || queue < 1 ||
	    derive_histogram(live->history, HISTOGRAM_SCHED_LATENCY, WINDOW_NS, &waits, &covered_ns) !=
	        STATUS_OK)
		return;
	struct percentile p99 = histogram_percentile(&waits, 0.99);
	double per_s = (double)waits.total * (double)NS_PER_S / (double)covered_ns;
	if (covered_ns >= WINDOW_MIN_NS && p99.known && waits.total >= SAMPLES_MIN &&
	    p99.lo_ns >= live_limit(live, LIMIT_SATURATION_WAIT) && per_s >= SAMPLES_PER_P * cpu.procs)
		say_saturation(live, &p99, queue, &cpu, covered_ns);
	histogram_finish(&waits);
}

/* --- gomaxprocs-mismatch -------------------------------------------------------------------- */

#define THROTTLE_WINDOW_NS (60 * NS_PER_S)
#define PERIODS_MIN        20 /* of 100 ms, usually */

struct throttling {
	bool known;
	double share;
	int64_t periods, span_ns;
};

static struct throttling measure_throttling(const struct live *live)
{
	const struct snapshot *now = live->now;
	const struct snapshot *before =
		history_at(live->history, now->monotonic_ns - THROTTLE_WINDOW_NS);
	struct throttling t = {.span_ns = now->os_at.at_ns - before->os_at.at_ns};
	int64_t throttled;
	if (!fields_delta(&now->os, &before->os, OS_CGROUP_PERIODS, &t.periods) ||
	    !fields_delta(&now->os, &before->os, OS_CGROUP_THROTTLED_PERIODS, &throttled) ||
	    t.periods < PERIODS_MIN || t.span_ns <= 0)
		return t;
	t.known = true;
	t.share = (double)throttled / (double)t.periods;
	return t;
}

static void say_quota(const struct live *live, int64_t procs, const struct cpu_limit *limited)
{
	struct throttling t = measure_throttling(live);
	bool hurts = t.known && t.share >= live_limit(live, LIMIT_THROTTLED);
	char share[32], over[32];
	struct finding *f =
		findings_add(live->out, SLUG_GOMAXPROCS_MISMATCH, hurts ? SEVERITY_WARNING : SEVERITY_INFO,
	                 t.known ? t.share : 0);
	text_percent(share, sizeof share, t.share);
	text_duration(over, sizeof over, (double)t.span_ns, true);
	if (t.known)
		finding_say(f,
		            "%d Ps on a quota of %.1f CPUs; the kernel stopped the program in %s of the "
		            "quota's periods of the last %s.",
		            (int)procs, limited->cpus, share, over);
	else
		finding_say(
			f,
			"%d Ps on a quota of %.1f CPUs; how often the kernel stopped the program for it "
			"is not known.",
			(int)procs, limited->cpus);
	finding_measure(f, "gomaxprocs", UNIT_COUNT, (double)procs);
	finding_measure(f, "quota", UNIT_COUNT, limited->cpus);
	if (t.known) {
		finding_measure(f, "throttled", UNIT_RATIO, t.share);
		finding_measure(f, "periods", UNIT_COUNT, (double)t.periods);
		finding_measure(f, "observed", UNIT_NS, (double)t.span_ns);
	}
	struct evidence *e = finding_show(
		f, EVIDENCE_SPAN,
		"the tightest limit of the cgroup and all above it is %.1f CPUs, GOMAXPROCS %d",
		limited->cpus, (int)procs);
	if (t.known)
		evidence_span(e, live->now->monotonic_ns - t.span_ns, live->now->monotonic_ns);
}

static void say_affinity(const struct live *live, int64_t procs, const struct cpu_limit *limited)
{
	struct live_cpu cpu = live_cpu(live, WINDOW_NS);
	bool hurts = cpu.known && cpu.span_ns >= WINDOW_MIN_NS && cpu.running > limited->cpus &&
	             cpu.running > live_limit(live, LIMIT_MISMATCH_RATIO) * cpu.used;
	struct finding *f =
		findings_add(live->out, SLUG_GOMAXPROCS_MISMATCH, hurts ? SEVERITY_WARNING : SEVERITY_INFO,
	                 hurts ? 1 - cpu.used / cpu.running : 0);
	if (hurts)
		finding_say(
			f,
			"%d Ps where the process may run on %.0f CPUs: their goroutines would fill %.1f "
			"CPUs and get %.1f.",
			(int)procs, limited->cpus, cpu.running, cpu.used);
	else
		finding_say(f, "%d Ps where the process may run on %.0f CPUs.", (int)procs, limited->cpus);
	finding_measure(f, "gomaxprocs", UNIT_COUNT, (double)procs);
	finding_measure(f, "cpus_allowed", UNIT_COUNT, limited->cpus);
	if (cpu.known) {
		finding_measure(f, "cpus_wanted", UNIT_COUNT, cpu.running);
		finding_measure(f, "cpus_used", UNIT_COUNT, cpu.used);
	}
	evidence_span(finding_show(f, EVIDENCE_SPAN, "its affinity allows %.0f CPUs, GOMAXPROCS %d",
	                           limited->cpus, (int)procs),
	              live->now->monotonic_ns - cpu.span_ns, live->now->monotonic_ns);
}

void live_gomaxprocs_mismatch(const struct live *live)
{
	struct cpu_limit limited = derive_cpu_limit(live->now);
	int64_t procs;
	if (!limited.known || !limited.exceeded || !live_gomaxprocs(live->now, &procs))
		return;
	if (limited.by_quota)
		say_quota(live, procs, &limited);
	else
		say_affinity(live, procs, &limited);
}
