#include "metrics/trace_cost.h"

#include <math.h>

#include "metrics/derive.h"
#include "util/clock.h"

#define WINDOW_NS       (5 * NS_PER_S) /* what counts as now */
#define SATURATED_RATIO 0.05           /* of idle time: below this there is none to spare */
#define TRACKING_PERIOD 8              /* runtime2.go: gTrackingPeriod */

/*
 * Measured on Go 1.26 with programs that queue for a mutex, collect garbage without end, pass
 * messages, serve HTTP: 5 to 15 bytes for each goroutine that begins to run (a system call, its
 * stack and its own end counted in), and as much time as shows here. The upper end leaves room for
 * deeper stacks than theirs. Ticks have no upper end: 500 bytes for one were seen.
 */
#define START_BYTES_LO   4.5
#define START_BYTES_HI   25.0
#define START_NS_LO      100.0
#define START_NS_HI      400.0
#define GOROUTINE_BYTES  16.0   /* a second, for each one that does nothing */
#define GENERATION_BYTES 6000.0 /* a second, for strings, clocks and ends of batches */
#define ALWAYS_LO        0.7    /* of these two */
#define ALWAYS_HI        2.0
#define LAST_SPREAD      1.5 /* what the next capture may differ from the last one */
#define LAST_PER_S_MIN   1.0 /* below this, proportions mean nothing */

/* --- throughput ------------------------------------------------------------------------------ */

static int64_t starts_at(const struct snapshot *s)
{
	return s->histogram[HISTOGRAM_SCHED_LATENCY].bounds
	           ? s->histogram_at[HISTOGRAM_SCHED_LATENCY].at_ns
	           : 0;
}

static int64_t ticks_at(const struct snapshot *s)
{
	return s->np ? s->sched_at.at_ns : 0;
}

static bool count_starts(const struct snapshot *before, const struct snapshot *now, double *count)
{
	uint64_t from = before->histogram[HISTOGRAM_SCHED_LATENCY].total;
	uint64_t to = now->histogram[HISTOGRAM_SCHED_LATENCY].total;
	*count = (double)(to - from) * TRACKING_PERIOD;
	return to >= from;
}

/* A P that is there at one end only has no rate: then the sum has none. */
static bool count_ticks(const struct snapshot *before, const struct snapshot *now, double *count)
{
	double per_s = 0;
	for (size_t p = 0; p < now->np; p++) {
		struct rate rate = derive_schedticks(before, now, p);
		if (!rate.known)
			return false;
		per_s += rate.per_s;
	}
	*count = per_s * (double)(now->sched_at.at_ns - before->sched_at.at_ns) / (double)NS_PER_S;
	return before->np == now->np;
}

static const struct {
	int64_t (*read_at)(const struct snapshot *s); /* 0: not known there */
	bool (*count)(const struct snapshot *before, const struct snapshot *now, double *count);
} units[] = {
	[THROUGHPUT_STARTS] = {starts_at, count_starts},
	[THROUGHPUT_TICKS] = {ticks_at, count_ticks},
};

static struct throughput throughput_in(const struct history *h, int64_t from_ns, int64_t to_ns,
                                       enum throughput_unit unit)
{
	const struct snapshot *first = NULL, *last = NULL;
	struct throughput t = {.unit = unit};
	double count;
	for (size_t i = 0; i < history_count(h); i++) {
		const struct snapshot *s = history_get(h, i);
		int64_t at_ns = units[unit].read_at(s);
		if (s->monotonic_ns < from_ns)
			break;
		if (at_ns < from_ns || at_ns > to_ns)
			continue;
		last = last ? last : s;
		first = s;
	}
	if (!first || units[unit].read_at(first) >= units[unit].read_at(last) ||
	    !units[unit].count(first, last, &count))
		return t;
	int64_t elapsed_ns = units[unit].read_at(last) - units[unit].read_at(first);
	t.per_s = count * (double)NS_PER_S / (double)elapsed_ns;
	t.known = true;
	return t;
}

struct throughput derive_throughput(const struct history *h, int64_t from_ns, int64_t to_ns)
{
	struct throughput t = throughput_in(h, from_ns, to_ns, THROUGHPUT_STARTS);
	return t.known ? t : throughput_in(h, from_ns, to_ns, THROUGHPUT_TICKS);
}

/* --- cost ------------------------------------------------------------------------------------ */

static double goroutines(const struct history *h)
{
	for (size_t i = 0; i < history_count(h) && i < 10; i++) {
		const struct snapshot *s = history_get(h, i);
		int64_t n;
		if (fields_get(&s->sched, SCHED_GOROUTINES, &n) ||
		    fields_get(&s->runtime, RUNTIME_GOROUTINES, &n))
			return (double)n;
	}
	return 0;
}

/* As the last one, if the same was measured then and now. */
static bool cost_of_last(struct trace_cost *cost, double seconds, const struct capture_state *last,
                         const struct throughput *then)
{
	if (!last || last->phase != CAPTURE_DONE || last->ended_ns <= last->started_ns || !then ||
	    !then->known || !cost->now.known || then->unit != cost->now.unit ||
	    then->per_s < LAST_PER_S_MIN)
		return false;
	double then_s = (double)(last->ended_ns - last->started_ns) / (double)NS_PER_S;
	double bytes = (double)last->bytes / then_s * seconds * fmax(cost->now.per_s, LAST_PER_S_MIN) /
	               then->per_s;
	cost->basis = TRACE_BASIS_LAST;
	cost->bytes_lo = bytes / LAST_SPREAD;
	cost->bytes_hi = bytes * LAST_SPREAD;
	return true;
}

struct trace_cost derive_trace_cost(const struct history *h, int64_t duration_ns,
                                    const struct capture_state *last, const struct throughput *then)
{
	const struct snapshot *newest = history_get(h, 0);
	struct trace_cost cost = {.basis = TRACE_BASIS_NONE};
	double seconds = (double)duration_ns / (double)NS_PER_S;
	if (!newest)
		return cost;
	/* At least the two newest reads, however far apart they are. */
	int64_t span_ns = WINDOW_NS > 3 * newest->interval_ns ? WINDOW_NS : 3 * newest->interval_ns;
	struct idle_range idle = derive_idle_range(h, span_ns);
	cost.idle_known = idle.known;
	cost.idle_ratio = idle.mean;
	cost.saturated = idle.known && idle.mean < SATURATED_RATIO;
	cost.now = derive_throughput(h, newest->monotonic_ns - span_ns, newest->monotonic_ns);
	if (!cost.now.known)
		return cost;
	cost.cpu_lo = cost.now.per_s * START_NS_LO / (double)NS_PER_S;
	cost.cpu_hi = cost.now.per_s * START_NS_HI / (double)NS_PER_S;
	if (cost_of_last(&cost, seconds, last, then))
		return cost;
	double always = GENERATION_BYTES + GOROUTINE_BYTES * goroutines(h);
	bool starts = cost.now.unit == THROUGHPUT_STARTS;
	cost.basis = starts ? TRACE_BASIS_STARTS : TRACE_BASIS_TICKS;
	cost.bytes_lo = seconds * (always * ALWAYS_LO + cost.now.per_s * START_BYTES_LO);
	cost.bytes_hi =
		starts ? seconds * (always * ALWAYS_HI + cost.now.per_s * START_BYTES_HI) : INFINITY;
	if (!starts)
		cost.cpu_hi = INFINITY;
	return cost;
}
