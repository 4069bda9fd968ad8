/* gc-pressure and stw-long: what collecting garbage and standing still cost. */
#include "doctor/live_rules.h"

#include <math.h>
#include <stdio.h>

#include "util/clock.h"
#include "util/text.h"

#define WINDOW_NS     (30 * NS_PER_S)
#define WINDOW_MIN_NS (5 * NS_PER_S)

/* --- gc-pressure ---------------------------------------------------------------------------- */

struct pressure {
	double cycles_per_s;
	bool forced;      /* most of them were asked for */
	double share;     /* of the CPU time that the program used; NAN: unknown */
	double cpus;      /* that the collector used */
	int64_t live_max; /* the largest live heap; -1: unknown */
	int64_t begin_ns, span_ns;
};

static int64_t largest_live(const struct live *live, int64_t from_ns)
{
	const struct snapshot *s;
	int64_t most = -1, bytes;
	for (size_t i = 0; (s = history_get(live->history, i)) != NULL && s->monotonic_ns >= from_ns;
	     i++)
		if (fields_get(&s->runtime, RUNTIME_HEAP_LIVE_BYTES, &bytes) && bytes > most)
			most = bytes;
	return most;
}

/* false: nobody counts cycles, or there were too few. */
static bool measure(const struct live *live, struct pressure *out)
{
	const struct snapshot *now = live->now;
	const struct snapshot *before = history_at(live->history, now->monotonic_ns - WINDOW_NS);
	int64_t cycles, forced = 0, total, idle, gc;
	*out = (struct pressure){.share = NAN};
	out->begin_ns = before->runtime_at.at_ns;
	out->span_ns = now->runtime_at.at_ns - out->begin_ns;
	if (!fields_delta(&now->runtime, &before->runtime, RUNTIME_GC_CYCLES, &cycles) ||
	    (double)cycles < live_limit(live, LIMIT_GC_CYCLES) || out->span_ns < WINDOW_MIN_NS)
		return false;
	out->cycles_per_s = (double)cycles * (double)NS_PER_S / (double)out->span_ns;
	out->live_max = largest_live(live, before->monotonic_ns);
	if (fields_delta(&now->runtime, &before->runtime, RUNTIME_GC_CYCLES_FORCED, &forced))
		out->forced = forced * 2 > cycles;
	if (fields_delta(&now->runtime, &before->runtime, RUNTIME_CPU_TOTAL_AT_GC_NS, &total) &&
	    fields_delta(&now->runtime, &before->runtime, RUNTIME_CPU_IDLE_AT_GC_NS, &idle) &&
	    fields_delta(&now->runtime, &before->runtime, RUNTIME_CPU_GC_AT_GC_NS, &gc) &&
	    total > idle) {
		out->share = (double)gc / (double)(total - idle);
		out->cpus = (double)gc / (double)out->span_ns;
	}
	return true;
}

static void say_pressure(const struct live *live, const struct pressure *p, enum severity severity)
{
	char share[32], bytes[32], over[32], heap[LIVE_TEXT] = "";
	struct finding *f = findings_add(live->out, SLUG_GC_PRESSURE, severity, p->share);
	text_percent(share, sizeof share, p->share);
	text_duration(over, sizeof over, (double)p->span_ns, true);
	text_bytes(bytes, sizeof bytes, p->live_max);
	if (p->live_max >= 0)
		snprintf(heap, sizeof heap, " with a live heap of no more than %s", bytes);
	finding_say(
		f, "%.1f collections a second%s%s take %s of the CPU time that the program uses, for %s.",
		p->cycles_per_s, p->forced ? ", most of them asked for by runtime.GC," : "", heap, share,
		over);
	if (p->forced)
		finding_remedy(
			f, "Find who calls runtime.GC or debug.FreeOSMemory, and leave the collector to "
			   "itself.");
	finding_measure(f, "cycles", UNIT_PER_S, p->cycles_per_s);
	finding_measure(f, "gc_cpu", UNIT_RATIO, p->share);
	finding_measure(f, "gc_cpus", UNIT_COUNT, p->cpus);
	if (p->live_max >= 0)
		finding_measure(f, "heap_live", UNIT_BYTES, (double)p->live_max);
	finding_measure(f, "observed", UNIT_NS, (double)p->span_ns);
	evidence_span(finding_show(f, EVIDENCE_SPAN, "%.1f collections a second, %.2f CPUs for them",
	                           p->cycles_per_s, p->cpus),
	              p->begin_ns, live->now->monotonic_ns);
}

/* Much of what is used, and more than the idle Ps would have done anyway. The runtime's sums count
   what those do, too: so it is never critical here. */
void live_gc_pressure(const struct live *live)
{
	struct pressure p;
	if (!measure(live, &p) || isnan(p.share) || p.cpus < live_limit(live, LIMIT_GC_CORES))
		return;
	bool small = p.live_max >= 0 && (double)p.live_max <= live_limit(live, LIMIT_GC_SMALL_HEAP);
	bool often = p.cycles_per_s >= live_limit(live, LIMIT_GC_RATE) && (small || p.forced);
	bool grave = p.share >= live_limit(live, LIMIT_GC_GRAVE);
	if (p.share >= live_limit(live, LIMIT_GC_CPU))
		say_pressure(live, &p, often || grave ? SEVERITY_WARNING : SEVERITY_INFO);
}

/* --- stw-long ------------------------------------------------------------------------------- */

#define STOPS_WINDOW_NS (60 * NS_PER_S)

static const struct stop_kind {
	enum histogram_id total, stopping;
	const char *name, *remedy;
} stop_kinds[] = {
	{HISTOGRAM_GC_PAUSE, HISTOGRAM_GC_PAUSE_STOPPING, "for the collector", NULL},
	{HISTOGRAM_OTHER_PAUSE, HISTOGRAM_OTHER_PAUSE_STOPPING, "not for the collector",
     "Look for who calls runtime.ReadMemStats, runtime.Stack for all goroutines, GOMAXPROCS, or "
     "takes goroutine profiles: runtime/metrics does not stop the program."},
};

/* Pauses of `least_ns` and more: how many, and their lower bounds in all. */
static uint64_t count_long(const struct histogram *h, double least_ns, double *sum_ns)
{
	uint64_t n = 0;
	*sum_ns = 0;
	if (!h->bounds)
		return 0;
	const double *bound = histogram_bounds_ns(h->bounds);
	for (uint32_t i = h->first; i < h->first + h->n; i++) {
		uint64_t count = histogram_bucket(h, i);
		if (bound[i] < least_ns)
			continue;
		n += count;
		*sum_ns += bound[i] * (double)count;
	}
	return n;
}

static void say_stops(const struct live *live, const struct stop_kind *kind, uint64_t n,
                      double sum_ns, const struct histogram *total, int64_t covered_ns)
{
	struct histogram stopping = {0};
	struct live_cpu cpu = live_cpu(live, STOPS_WINDOW_NS);
	double share = sum_ns / (double)covered_ns, slow_ns = 0;
	bool hurts = share >= live_limit(live, LIMIT_STW_LONG_SHARE) && !live_cpu_is_short(&cpu);
	double least_ns = live_limit(live, LIMIT_STW_LONG);
	char sum[32], over[32], most[32], least[32];
	struct finding *f =
		findings_add(live->out, SLUG_STW_LONG, hurts ? SEVERITY_WARNING : SEVERITY_INFO, share);
	struct percentile longest = histogram_percentile(total, 1);
	text_duration(sum, sizeof sum, sum_ns, true);
	text_duration(over, sizeof over, (double)covered_ns, true);
	text_duration(most, sizeof most, longest.lo_ns, true);
	text_duration(least, sizeof least, least_ns, true);
	finding_say(f,
	            "The whole program stood still %s %d times for %s or longer in the last %s, the "
	            "longest for %s: %s in all.",
	            kind->name, (int)n, least, over, most, sum);
	if (kind->remedy)
		finding_remedy(f, "%s", kind->remedy);
	finding_measure(f, "stops", UNIT_COUNT, (double)n);
	finding_measure(f, "stopped", UNIT_NS, sum_ns);
	finding_measure(f, "stopped_share", UNIT_RATIO, share);
	finding_measure(f, "longest_lo", UNIT_NS, longest.lo_ns);
	finding_measure(f, "observed", UNIT_NS, (double)covered_ns);
	evidence_span(finding_show(f, EVIDENCE_SPAN, "%d stops %s, %s in all", (int)n, kind->name, sum),
	              live->now->monotonic_ns - covered_ns, live->now->monotonic_ns);
	if (derive_histogram(live->history, kind->stopping, STOPS_WINDOW_NS, &stopping, NULL) ==
	        STATUS_OK &&
	    count_long(&stopping, least_ns, &slow_ns) > 0) {
		text_duration(sum, sizeof sum, slow_ns, true);
		finding_show(f, EVIDENCE_TEXT,
		             "%s of it went by until all goroutines had stopped: one of them was long in "
		             "coming to a halt, or its thread did not run",
		             sum);
	}
	histogram_finish(&stopping);
}

void live_stw_long(const struct live *live)
{
	for (size_t i = 0; i < sizeof stop_kinds / sizeof *stop_kinds; i++) {
		struct histogram total = {0};
		int64_t covered_ns = -1;
		double sum_ns;
		if (derive_histogram(live->history, stop_kinds[i].total, STOPS_WINDOW_NS, &total,
		                     &covered_ns) != STATUS_OK)
			continue;
		uint64_t n = count_long(&total, live_limit(live, LIMIT_STW_LONG), &sum_ns);
		if ((double)n >= live_limit(live, LIMIT_STW_LONG_COUNT) && covered_ns >= WINDOW_MIN_NS)
			say_stops(live, &stop_kinds[i], n, sum_ns, &total, covered_ns);
		histogram_finish(&total);
	}
}
