/*
 * What follows from two or more snapshots: rates, the idle fraction, what the threads are for,
 * percentiles over windows. Pure functions over immutable snapshots; any thread.
 */
#ifndef SCHEDTOP_METRICS_DERIVE_H
#define SCHEDTOP_METRICS_DERIVE_H

#include "metrics/history.h"
#include "metrics/snapshot.h"
#include "metrics/threads.h"

/*
 * How an idle fraction is known, best first.
 *
 * IDLE_RUNTIME is the runtime's own idle time (sched.idleTime plus the running stretch of each idle
 * P) over GOMAXPROCS x wall. Exact; not usable across a GC, where sched.idleTime restarts, nor when
 * GOMAXPROCS differs between the two. Where nothing tells whether there was a GC, it must agree
 * with the samples, if there are any, within 10 points.
 *
 * IDLE_SAMPLED is the share of lane samples that saw the P idle, weighted by time: at least 10
 * samples, which cover four fifths of the interval.
 *
 * IDLE_LINES is the mean of idleprocs in the lines of schedtrace between the two, weighted by time:
 * each of them saw one moment.
 *
 * IDLE_OS is 1 - CPU time of the process / (GOMAXPROCS x wall): the operating system's view, which
 * counts cgo and runtime threads as busy and a throttled process as idle.
 */
enum idle_method {
	IDLE_UNKNOWN,
	IDLE_RUNTIME,
	IDLE_SAMPLED,
	IDLE_LINES,
	IDLE_OS,
	IDLE_METHOD_COUNT
};
extern const char *const idle_method_name[IDLE_METHOD_COUNT];

struct idle {
	enum idle_method method;
	double ratio; /* 0...1 of GOMAXPROCS x wall */
};

/* Between two neighbours, `before` the earlier: the samples are those of `now`. */
struct idle derive_idle(const struct snapshot *before, const struct snapshot *now);

/* Over the intervals that began in the last span_ns (the newest one always): time-weighted mean,
   least and greatest interval. Intervals whose idle fraction is unknown are left out, also of
   span_ns. */
struct idle_range {
	bool known;
	double min, mean, max;
	int64_t span_ns; /* what it really covers */
};
struct idle_range derive_idle_range(const struct history *h, int64_t span_ns);

/* Shares of one lane, by time, between two moments (monotonic). Sums to 1 over all states when
   known: time without samples is LANE_UNKNOWN. A window without a sample of it is unknown. */
struct lane_share {
	bool known;
	double share[LANE_STATE_COUNT];
};
struct lane_share derive_lane_share(const struct lanes *lanes, size_t p, int64_t from_ns,
                                    int64_t to_ns);
/* The same over as many snapshots of the history as the window needs. */
struct lane_share derive_lane_window(const struct history *h, size_t p, int64_t from_ns,
                                     int64_t to_ns);
/* The same of the lanes p...p+n, at little more than the cost of one. */
void derive_lane_windows(const struct history *h, size_t p, size_t n, int64_t from_ns,
                         int64_t to_ns, struct lane_share *share);
/* The mean of those of them that somebody looked at. */
struct lane_share derive_lane_mean(const struct history *h, size_t p, size_t n, int64_t from_ns,
                                   int64_t to_ns);
/* Utilization of a lane: running + GC, as a share of the time sampled. NAN when unknown. */
double lane_share_busy(const struct lane_share *share);

/* Per second, between two snapshots; unknown when a side is unknown, fell, or no time passed. */
struct rate {
	bool known;
	double per_s;
};
struct rate derive_rate(const struct fields *before, const struct fields *now, int field,
                        int64_t elapsed_ns);
/* A part of snapshots whose fields are read together. */
enum rate_part { RATE_SCHED, RATE_RUNTIME, RATE_OS };
const struct fields *derive_part(const struct snapshot *s, enum rate_part part, int64_t *at_ns);
/* The rate of a field since the last read of its part at another time: an agent asked once a second
   stands still between. */
struct rate derive_part_rate(const struct history *h, enum rate_part part, int field);
/* schedtick of P p, which wraps at 32 bits. A step that no P could make in that time is unknown. */
struct rate derive_schedticks(const struct snapshot *before, const struct snapshot *now, size_t p);

/* The window of one histogram that ends now and began span_ns ago (or as long ago as is known;
   span_ns < 0: since the process started). `out` is initialized, and unknown when it can't be
   known; `covered_ns` (may be NULL) is the time it really covers, -1 when that is unknown. It
   begins at the read of this histogram that is nearest to span_ns ago: counts that are read less
   often than snapshots are made give a longer window, never an empty one that looks fresh. */
enum status derive_histogram(const struct history *h, enum histogram_id id, int64_t span_ns,
                             struct histogram *out, int64_t *covered_ns);

/* GOMAXPROCS against what the process may really use. */
struct cpu_limit {
	bool known;
	double cpus;   /* the least of quota and affinity */
	bool by_quota; /* the quota is the tighter one */
	bool exceeded; /* GOMAXPROCS is above it, rounded up, and above 2 if it is a quota */
};
struct cpu_limit derive_cpu_limit(const struct snapshot *s);

#endif
