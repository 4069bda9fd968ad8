#include "watch/metrics.h"

#include <math.h>
#include <string.h>

#include "metrics/derive.h"
#include "metrics/threads.h"
#include "watch/amount.h"

static const struct reading unknown = {.known = false};

static struct reading exactly(double value)
{
	return (struct reading){isfinite(value), value, value};
}

/* What two intervals and a second have not renewed says nothing of now, as on the screen; but who
   reads rarely is given the time to. */
static bool is_fresh(const struct snapshot *now, int64_t at_ns)
{
	int64_t pace_ns = now->pace_ns > now->interval_ns ? now->pace_ns : now->interval_ns;
	return now->monotonic_ns - at_ns <= 2 * pace_ns + METRIC_WINDOW_NS;
}

/* --- how each is read ----------------------------------------------------------------------- */

static struct reading percentile(const struct live_metric *metric, const struct history *h)
{
	enum histogram_id id = (enum histogram_id)metric->which;
	const struct snapshot *now = history_get(h, 0);
	struct histogram events;
	if (!is_fresh(now, now->histogram_at[id].at_ns))
		return unknown;
	int64_t span_ns = now->interval_ns >= METRIC_WINDOW_NS ? 0 : METRIC_WINDOW_NS;
	if (derive_histogram(h, id, span_ns, &events, NULL) != STATUS_OK)
		return unknown;
	struct percentile at = histogram_percentile(&events, metric->factor);
	histogram_finish(&events);
	return (struct reading){at.known, at.lo_ns, at.hi_ns};
}

static struct reading gauge_of(const struct snapshot *now, int part, int field, double factor)
{
	int64_t at_ns, value;
	const struct fields *fields = derive_part(now, (enum rate_part)part, &at_ns);
	if (!is_fresh(now, at_ns) || !fields_get(fields, field, &value))
		return unknown;
	return exactly((double)value * factor);
}

static struct reading gauge(const struct live_metric *metric, const struct history *h)
{
	const struct snapshot *now = history_get(h, 0);
	struct reading first = gauge_of(now, metric->part, metric->which, metric->factor);
	if (first.known || metric->other < 0)
		return first;
	return gauge_of(now, metric->other_part, metric->other, metric->factor);
}

static struct reading rate_of(const struct history *h, int part, int field, double factor)
{
	int64_t at_ns;
	const struct snapshot *now = history_get(h, 0);
	derive_part(now, (enum rate_part)part, &at_ns);
	struct rate rate = derive_part_rate(h, (enum rate_part)part, field);
	return rate.known && is_fresh(now, at_ns) ? exactly(rate.per_s * factor) : unknown;
}

static struct reading rate(const struct live_metric *metric, const struct history *h)
{
	struct reading first = rate_of(h, metric->part, metric->which, metric->factor);
	if (first.known || metric->other < 0)
		return first;
	return rate_of(h, metric->other_part, metric->other, metric->factor);
}

/* One counter's rate in another's: the share of periods that were throttled. */
static struct reading share(const struct live_metric *metric, const struct history *h)
{
	struct reading part = rate_of(h, metric->part, metric->which, 1);
	struct reading all = rate_of(h, metric->other_part, metric->other, 1);
	return part.known && all.known && all.lo > 0 ? exactly(part.lo / all.lo) : unknown;
}

static struct reading idle(const struct live_metric *metric, const struct history *h)
{
	(void)metric;
	const struct snapshot *before = history_get(h, 1);
	struct idle idle = before ? derive_idle(before, history_get(h, 0)) : (struct idle){0};
	return idle.method != IDLE_UNKNOWN ? exactly(idle.ratio) : unknown;
}

enum busiest { BUSY_LEAST, BUSY_MEAN, BUSY_MOST };

/* Of all Ps over the window; one that nobody looked at makes it unknown. */
static struct reading busy(const struct live_metric *metric, const struct history *h)
{
	enum { AT_ONCE = 64 };
	const struct snapshot *now = history_get(h, 0);
	int64_t window_ns = now->interval_ns > METRIC_WINDOW_NS ? now->interval_ns : METRIC_WINDOW_NS;
	double least = INFINITY, most = 0, sum = 0;
	for (size_t p = 0; p < now->np; p += AT_ONCE) {
		struct lane_share share[AT_ONCE];
		size_t n = now->np - p < AT_ONCE ? now->np - p : AT_ONCE;
		derive_lane_windows(h, p, n, now->monotonic_ns - window_ns, now->monotonic_ns, share);
		for (size_t i = 0; i < n; i++) {
			double one = lane_share_busy(&share[i]);
			if (isnan(one))
				return unknown;
			least = fmin(least, one);
			most = fmax(most, one);
			sum += one;
		}
	}
	if (now->np == 0)
		return unknown;
	double mean = sum / (double)now->np;
	return exactly(metric->which == BUSY_LEAST ? least : metric->which == BUSY_MEAN ? mean : most);
}

enum queues { QUEUE_ALL, QUEUE_LONGEST };

/* Goroutines that are ready in the queues: the global one, those of the Ps and who runs next. */
static struct reading queued(const struct live_metric *metric, const struct history *h)
{
	const struct snapshot *now = history_get(h, 0);
	int64_t all = 0, longest = 0;
	if (!is_fresh(now, now->sched_at.at_ns) || now->np == 0 ||
	    !fields_get(&now->sched, SCHED_RUNQUEUE, &all))
		return unknown;
	for (size_t p = 0; p < now->np; p++) {
		int64_t own, next = 0;
		if (!fields_get(&now->p[p].f, P_RUNQSIZE, &own))
			return unknown;
		fields_get(&now->p[p].f, P_RUNNEXT, &next);
		all += own + next;
		longest = own + next > longest ? own + next : longest;
	}
	return exactly((double)(metric->which == QUEUE_ALL ? all : longest));
}

static struct reading threads(const struct live_metric *metric, const struct history *h)
{
	const struct snapshot *now = history_get(h, 0);
	struct thread_split split = derive_threads(now);
	const int64_t count[THREAD_USE_COUNT] = {
		[THREAD_RUNNING] = split.running, [THREAD_SYSCALL] = split.syscall,
		[THREAD_CGO] = split.cgo,         [THREAD_SPINNING] = split.spinning,
		[THREAD_LOCKED] = split.locked,   [THREAD_IDLE] = split.idle,
	};
	if (!split.known || !is_fresh(now, now->sched_at.at_ns))
		return unknown;
	return exactly((double)count[metric->which]);
}

/* --- the table ------------------------------------------------------------------------------- */

#define PERCENTILES(name, id, what)                                                           \
	{name ".p50", UNIT_NS, what ", median", percentile, 0, id, 0, -1, 0.5},                   \
		{name ".p90", UNIT_NS, what ", 9 of 10 are below", percentile, 0, id, 0, -1, 0.9},    \
		{name ".p99", UNIT_NS, what ", 99 of 100 are below", percentile, 0, id, 0, -1, 0.99}, \
	{                                                                                         \
		name ".max", UNIT_NS, what ", the longest", percentile, 0, id, 0, -1, 1               \
	}
#define FIELD(part, field) RATE_##part, part##_##field
#define NO_OTHER           0, -1
#define THREADS(name, what, use)                             \
	{                                                        \
		name, UNIT_COUNT, what, threads, 0, use, NO_OTHER, 1 \
	}

/* Where two parts tell the same, the fresher one stands first. */
const struct live_metric live_metrics[] = {
	PERCENTILES("sched", HISTOGRAM_SCHED_LATENCY, "wait to run"),
	{"idle", UNIT_RATIO, "share of GOMAXPROCS that had nothing to do", idle, 0, 0, NO_OTHER, 1},
	{"busy", UNIT_RATIO, "share of the time that Ps ran code, all together", busy, 0, BUSY_MEAN,
     NO_OTHER, 1},
	{"busy.max", UNIT_RATIO, "the same of the busiest P", busy, 0, BUSY_MOST, NO_OTHER, 1},
	{"busy.min", UNIT_RATIO, "the same of the P with the least to do", busy, 0, BUSY_LEAST,
     NO_OTHER, 1},
	{"queue", UNIT_COUNT, "goroutines that wait in run queues", queued, 0, QUEUE_ALL, NO_OTHER, 1},
	{"queue.global", UNIT_COUNT, "those of them in the global one", gauge, FIELD(SCHED, RUNQUEUE),
     NO_OTHER, 1},
	{"queue.max", UNIT_COUNT, "the longest queue of one P", queued, 0, QUEUE_LONGEST, NO_OTHER, 1},
	{"gomaxprocs", UNIT_COUNT, "number of Ps", gauge, FIELD(SCHED, GOMAXPROCS),
     FIELD(RUNTIME, GOMAXPROCS), 1},
	{"goroutines", UNIT_COUNT, "goroutines there are", gauge, FIELD(SCHED, GOROUTINES),
     FIELD(RUNTIME, GOROUTINES), 1},
	{"goroutines.created", UNIT_PER_S, "goroutines that were begun", rate,
     FIELD(SCHED, GOROUTINES_CREATED), FIELD(RUNTIME, GOROUTINES_CREATED), 1},
	{"goroutines.runnable", UNIT_COUNT, "goroutines that are ready (agent, Go 1.26)", gauge,
     FIELD(RUNTIME, GOROUTINES_RUNNABLE), NO_OTHER, 1},
	{"goroutines.waiting", UNIT_COUNT, "goroutines that wait (agent, Go 1.26)", gauge,
     FIELD(RUNTIME, GOROUTINES_WAITING), NO_OTHER, 1},
	{"mutex.waiters", UNIT_COUNT, "goroutines that waited for a mutex, on average", rate,
     FIELD(SCHED, MUTEX_WAIT_NS), FIELD(RUNTIME, MUTEX_WAIT_NS), 1e-9},
	{"threads", UNIT_COUNT, "threads of the process", gauge, FIELD(OS, THREADS),
     FIELD(SCHED, THREADS), 1},
	THREADS("threads.running", "threads that run Go code", THREAD_RUNNING),
	THREADS("threads.syscall", "threads in system calls", THREAD_SYSCALL),
	THREADS("threads.cgo", "threads in cgo", THREAD_CGO),
	THREADS("threads.spinning", "threads that look for work", THREAD_SPINNING),
	THREADS("threads.locked", "threads that wait for their goroutine", THREAD_LOCKED),
	THREADS("threads.idle", "threads that are parked", THREAD_IDLE),
	PERCENTILES("gc.pause", HISTOGRAM_GC_PAUSE, "pause for the collector"),
	PERCENTILES("gc.stopping", HISTOGRAM_GC_PAUSE_STOPPING, "time to stop for the collector"),
	PERCENTILES("stw.pause", HISTOGRAM_OTHER_PAUSE, "pause for anything else"),
	PERCENTILES("stw.stopping", HISTOGRAM_OTHER_PAUSE_STOPPING, "time to stop for anything else"),
	{"gc.cycles", UNIT_PER_S, "collections", rate, FIELD(RUNTIME, GC_CYCLES), NO_OTHER, 1},
	{"gc.forced", UNIT_PER_S, "collections by runtime.GC", rate, FIELD(RUNTIME, GC_CYCLES_FORCED),
     NO_OTHER, 1},
	{"alloc.bytes", UNIT_BYTES, "bytes allocated each second", rate, FIELD(RUNTIME, ALLOC_BYTES),
     NO_OTHER, 1},
	{"alloc.objects", UNIT_PER_S, "objects allocated", rate, FIELD(RUNTIME, ALLOC_OBJECTS),
     NO_OTHER, 1},
	{"heap.objects", UNIT_BYTES, "heap in objects, dead ones too", gauge,
     FIELD(RUNTIME, HEAP_OBJECTS_BYTES), NO_OTHER, 1},
	{"heap.live", UNIT_BYTES, "heap that the last collection left", gauge,
     FIELD(RUNTIME, HEAP_LIVE_BYTES), NO_OTHER, 1},
	{"heap.goal", UNIT_BYTES, "heap at which the next one ends", gauge,
     FIELD(RUNTIME, HEAP_GOAL_BYTES), NO_OTHER, 1},
	{"memory", UNIT_BYTES, "memory that the runtime has mapped", gauge,
     FIELD(RUNTIME, MEMORY_TOTAL_BYTES), NO_OTHER, 1},
	{"rss", UNIT_BYTES, "resident memory of the process", gauge, FIELD(OS, RSS_BYTES), NO_OTHER, 1},
	{"cpu", UNIT_COUNT, "processors in use, as the kernel counts", rate, FIELD(OS, CPU_NS),
     NO_OTHER, 1e-9},
	{"cgo.calls", UNIT_PER_S, "calls into C", rate, FIELD(RUNTIME, CGO_CALLS), NO_OTHER, 1},
	{"throttled", UNIT_RATIO, "share of the quota's periods that were throttled", share,
     FIELD(OS, CGROUP_THROTTLED_PERIODS), FIELD(OS, CGROUP_PERIODS), 1},
};
const size_t live_metric_count = sizeof live_metrics / sizeof *live_metrics;

const struct live_metric *live_metric_find(const char *name, size_t length)
{
	for (size_t i = 0; i < live_metric_count; i++)
		if (strlen(live_metrics[i].name) == length &&
		    memcmp(live_metrics[i].name, name, length) == 0)
			return &live_metrics[i];
	return NULL;
}

struct reading live_metric_read(const struct live_metric *metric, const struct history *h)
{
	const struct snapshot *now = history_get(h, 0);
	if (!now || now->state != TARGET_LIVE)
		return unknown;
	return metric->read(metric, h);
}

void live_metric_show(const struct live_metric *metric, const struct reading *reading, char *to,
                      size_t size)
{
	if (!reading->known)
		snprintf(to, size, "unknown");
	else
		amount_show_range(metric->unit, reading->lo, reading->hi, to, size);
}

bool live_metric_print_list(FILE *out)
{
	fprintf(out, "%-21s %-14s %s\n", "METRIC", "UNIT", "WHAT IT IS");
	for (size_t i = 0; i < live_metric_count; i++)
		fprintf(out, "%-21s %-14s %s\n", live_metrics[i].name,
		        amount_unit_text(live_metrics[i].unit), live_metrics[i].text);
	return !ferror(out);
}
