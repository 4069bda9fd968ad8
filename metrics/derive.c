#include "metrics/derive.h"

#include <math.h>
#include <string.h>

#include "util/clock.h"

const char *const idle_method_name[IDLE_METHOD_COUNT] = {
	[IDLE_UNKNOWN] = "unknown",  [IDLE_RUNTIME] = "runtime", [IDLE_SAMPLED] = "sampled",
	[IDLE_LINES] = "schedtrace", [IDLE_OS] = "os",
};

/* --- lanes ---------------------------------------------------------------------------------- */

/* Nanoseconds of one lane in each state. */
struct lane_time {
	int64_t ns[LANE_STATE_COUNT];
};

/* The index of the first sample taken after t. */
static size_t first_sample_after(const struct lanes *lanes, int64_t t)
{
	size_t low = 0, high = lanes->samples;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (lanes->at_ns[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Adds what the samples say about n lanes from p on between two moments. By samples, because those
   of neighbours lie together. */
static void add_lane_times(const struct lanes *lanes, size_t p, size_t n, int64_t from_ns,
                           int64_t to_ns, struct lane_time *time)
{
	if (p >= lanes->procs)
		return;
	n = n < lanes->procs - p ? n : lanes->procs - p;
	for (size_t i = first_sample_after(lanes, from_ns); i < lanes->samples; i++) {
		int64_t begin = i > 0 ? lanes->at_ns[i - 1] : lanes->start_ns, end = lanes->at_ns[i];
		if (begin >= to_ns)
			break;
		begin = begin > from_ns ? begin : from_ns;
		end = end < to_ns ? end : to_ns;
		if (end <= begin)
			continue;
		const uint8_t *state = &lanes->state[i * lanes->procs + p];
		for (size_t k = 0; k < n; k++)
			if (state[k] < LANE_STATE_COUNT)
				time[k].ns[state[k]] += end - begin;
	}
}

static int64_t sampled_ns(const struct lane_time *time)
{
	int64_t ns = 0;
	for (int state = LANE_UNKNOWN + 1; state < LANE_STATE_COUNT; state++)
		ns += time->ns[state];
	return ns;
}

static struct lane_share share_of(const struct lane_time *time, int64_t window_ns)
{
	struct lane_share share = {.known = false};
	int64_t sampled = sampled_ns(time);
	if (sampled <= 0)
		return share;
	share.known = true;
	/* Samples of two sources may overlap, and then there is more of them than time. */
	double all = (double)(sampled > window_ns ? sampled : window_ns);
	for (int state = LANE_UNKNOWN + 1; state < LANE_STATE_COUNT; state++)
		share.share[state] = (double)time->ns[state] / all;
	share.share[LANE_UNKNOWN] = (all - (double)sampled) / all;
	return share;
}

struct lane_share derive_lane_share(const struct lanes *lanes, size_t p, int64_t from_ns,
                                    int64_t to_ns)
{
	struct lane_time time = {{0}};
	add_lane_times(lanes, p, 1, from_ns, to_ns, &time);
	return share_of(&time, to_ns - from_ns);
}

#define LANES_AT_ONCE ((size_t)64)

void derive_lane_windows(const struct history *h, size_t p, size_t n, int64_t from_ns,
                         int64_t to_ns, struct lane_share *share)
{
	for (size_t done = 0; done < n; done += LANES_AT_ONCE) {
		struct lane_time time[LANES_AT_ONCE];
		size_t count = n - done < LANES_AT_ONCE ? n - done : LANES_AT_ONCE;
		memset(time, 0, count * sizeof *time);
		/* The snapshot read at or before from_ns ends before the window: its samples are older
		   still. */
		for (size_t i = history_index(h, from_ns) + 1; i-- > 0;) {
			const struct snapshot *s = history_get(h, i);
			if (!s || (s->lanes.samples > 0 && s->lanes.start_ns >= to_ns))
				break;
			add_lane_times(&s->lanes, p + done, count, from_ns, to_ns, time);
			if (s->lanes.samples == 0 && s->monotonic_ns >= to_ns)
				break;
		}
		for (size_t k = 0; k < count; k++)
			share[done + k] = share_of(&time[k], to_ns - from_ns);
	}
}

struct lane_share derive_lane_window(const struct history *h, size_t p, int64_t from_ns,
                                     int64_t to_ns)
{
	struct lane_share share;
	derive_lane_windows(h, p, 1, from_ns, to_ns, &share);
	return share;
}

struct lane_share derive_lane_mean(const struct history *h, size_t p, size_t n, int64_t from_ns,
                                   int64_t to_ns)
{
	struct lane_share mean = {.known = false}, share[LANES_AT_ONCE];
	size_t known = 0;
	for (size_t done = 0; done < n; done += LANES_AT_ONCE) {
		size_t count = n - done < LANES_AT_ONCE ? n - done : LANES_AT_ONCE;
		derive_lane_windows(h, p + done, count, from_ns, to_ns, share);
		for (size_t k = 0; k < count; k++) {
			for (int state = 0; share[k].known && state < LANE_STATE_COUNT; state++)
				mean.share[state] += share[k].share[state];
			known += share[k].known;
		}
	}
	for (int state = 0; known > 0 && state < LANE_STATE_COUNT; state++)
		mean.share[state] /= (double)known;
	mean.known = known > 0;
	return mean;
}

double lane_share_busy(const struct lane_share *share)
{
	double sampled = 1 - share->share[LANE_UNKNOWN];
	if (!share->known || sampled <= 0)
		return NAN;
	double busy = (share->share[LANE_RUNNING] + share->share[LANE_GC]) / sampled;
	return fmin(busy, 1);
}

/* --- idle ----------------------------------------------------------------------------------- */

/* Reads are microseconds apart, so a true fraction may come out a little beyond its limits. */
#define IDLE_TOLERANCE 0.05
#define SAMPLES_MIN    10
#define COVERED_MIN    0.8
#define SAMPLES_AGREE  0.1

static double clamp_ratio(double ratio)
{
	return fmin(fmax(ratio, 0), 1);
}

static bool get_gomaxprocs(const struct snapshot *s, int64_t *n)
{
	return (fields_get(&s->sched, SCHED_GOMAXPROCS, n) ||
	        fields_get(&s->runtime, RUNTIME_GOMAXPROCS, n)) &&
	       *n > 0;
}

/* GOMAXPROCS, if it is the same at both ends. */
static bool get_procs(const struct snapshot *before, const struct snapshot *now, int64_t *procs)
{
	int64_t earlier;
	return get_gomaxprocs(before, &earlier) && get_gomaxprocs(now, procs) && earlier == *procs;
}

enum gc_seen { GC_UNKNOWN, GC_NONE, GC_RAN };

/* Every witness is asked, since each may be older than the scheduler's fields. */
static enum gc_seen look_for_gc(const struct snapshot *before, const struct snapshot *now)
{
	enum gc_seen seen = GC_UNKNOWN;
	int64_t from, to;
	if (fields_get(&before->runtime, RUNTIME_GC_CYCLES, &from) &&
	    fields_get(&now->runtime, RUNTIME_GC_CYCLES, &to)) {
		if (from != to)
			return GC_RAN;
		seen = GC_NONE;
	}
	const struct histogram *earlier = &before->histogram[HISTOGRAM_GC_PAUSE];
	const struct histogram *later = &now->histogram[HISTOGRAM_GC_PAUSE];
	if (earlier->bounds && later->bounds) {
		if (earlier->total != later->total)
			return GC_RAN;
		seen = GC_NONE;
	}
	return seen;
}

/* How many Ps a sample saw idle, and how many it saw at all. */
struct seen {
	unsigned idle, known;
};

/* In blocks of a fixed size, which compilers make vectors of. */
#define LOOK_BLOCK 32

static struct seen look_at(const uint8_t *state, size_t procs)
{
	struct seen seen = {0, 0};
	while (procs > 0) {
		uint8_t block[LOOK_BLOCK] = {LANE_UNKNOWN}, idle = 0, known = 0;
		size_t n = procs < LOOK_BLOCK ? procs : LOOK_BLOCK;
		memcpy(block, state, n);
		for (int i = 0; i < LOOK_BLOCK; i++)
			idle = (uint8_t)(idle + (block[i] == LANE_IDLE));
		for (int i = 0; i < LOOK_BLOCK; i++)
			known = (uint8_t)(known + (block[i] != LANE_UNKNOWN && block[i] < LANE_STATE_COUNT));
		seen.idle += idle;
		seen.known += known;
		state += n;
		procs -= n;
	}
	return seen;
}

static bool idle_of_samples(const struct snapshot *before, const struct snapshot *now,
                            double *ratio)
{
	const struct lanes *lanes = &now->lanes;
	int64_t from = before->monotonic_ns, to = now->monotonic_ns;
	size_t first = first_sample_after(lanes, from), last = first_sample_after(lanes, to);
	if (to <= from || last - first < SAMPLES_MIN)
		return false;
	int64_t begin = first > 0 ? lanes->at_ns[first - 1] : lanes->start_ns;
	int64_t covered = lanes->at_ns[last - 1] - (begin > from ? begin : from);
	if ((double)covered < COVERED_MIN * (double)(to - from))
		return false;
	double idle = 0, all = 0;
	/* By samples, not by Ps: there may be hundreds of either, and a sample lies together. */
	for (size_t i = first; i < lanes->samples && begin < to; begin = lanes->at_ns[i++]) {
		int64_t start = begin > from ? begin : from;
		int64_t end = lanes->at_ns[i] < to ? lanes->at_ns[i] : to;
		struct seen seen = look_at(&lanes->state[i * lanes->procs], lanes->procs);
		if (end > start) {
			idle += (double)(end - start) * seen.idle;
			all += (double)(end - start) * seen.known;
		}
	}
	/* A sample may have seen no P at all. */
	if (all < COVERED_MIN * (double)(to - from))
		return false;
	*ratio = idle / all;
	return true;
}

/* The time that Ps were idle. *whole: with that of before a collection, which then does no harm. */
static bool idle_between(const struct snapshot *before, const struct snapshot *now,
                         int64_t *idle_ns, bool *whole)
{
	int64_t from, to, from_at_gc, to_at_gc;
	if (!fields_get(&before->sched, SCHED_IDLE_NS, &from) ||
	    !fields_get(&now->sched, SCHED_IDLE_NS, &to))
		return false;
	*whole = fields_get(&before->sched, SCHED_IDLE_AT_GC_NS, &from_at_gc) &&
	         fields_get(&now->sched, SCHED_IDLE_AT_GC_NS, &to_at_gc);
	if (*whole && (__builtin_add_overflow(from, from_at_gc, &from) ||
	               __builtin_add_overflow(to, to_at_gc, &to)))
		return false;
	return to >= from && !__builtin_sub_overflow(to, from, idle_ns);
}

static bool idle_of_runtime(const struct snapshot *before, const struct snapshot *now,
                            double *ratio, bool *whole)
{
	int64_t procs, idle_ns, wall_ns = now->sched_at.at_ns - before->sched_at.at_ns;
	if (wall_ns <= 0 || !get_procs(before, now, &procs) ||
	    !idle_between(before, now, &idle_ns, whole))
		return false;
	*ratio = (double)idle_ns / ((double)procs * (double)wall_ns);
	return *ratio <= 1 + IDLE_TOLERANCE;
}

static bool idle_of_os(const struct snapshot *before, const struct snapshot *now, double *ratio)
{
	int64_t procs, cpu_ns, wall_ns = now->os_at.at_ns - before->os_at.at_ns;
	if (wall_ns <= 0 || !get_procs(before, now, &procs) ||
	    !fields_delta(&now->os, &before->os, OS_CPU_NS, &cpu_ns))
		return false;
	/* Threads of C code may use more CPUs than there are Ps: then nothing of them is idle. */
	*ratio = 1 - (double)cpu_ns / ((double)procs * (double)wall_ns);
	return true;
}

/* How much of a time its samples saw is in them: where lines were lost, there is less. */
static bool idle_of_lines(const struct snapshot *before, const struct snapshot *now, double *ratio)
{
	int64_t idle_ns, seen_ns;
	if (!fields_delta(&now->sched, &before->sched, SCHED_SAMPLED_IDLE_NS, &idle_ns) ||
	    !fields_delta(&now->sched, &before->sched, SCHED_SAMPLED_NS, &seen_ns) || seen_ns <= 0 ||
	    !snapshot_same_process(before, now))
		return false;
	*ratio = (double)idle_ns / (double)seen_ns;
	return true;
}

struct idle derive_idle(const struct snapshot *before, const struct snapshot *now)
{
	double runtime = 0, sampled = 0, other;
	bool whole = false;
	enum gc_seen gc = look_for_gc(before, now);
	bool has_runtime = idle_of_runtime(before, now, &runtime, &whole) && (whole || gc != GC_RAN);
	if (has_runtime && (whole || gc == GC_NONE))
		return (struct idle){IDLE_RUNTIME, clamp_ratio(runtime)};
	/* What is left is doubtful, or unknown: the samples, which are many, are asked only now. */
	bool has_sampled = idle_of_samples(before, now, &sampled);
	if (has_runtime && !(has_sampled && fabs(runtime - sampled) > SAMPLES_AGREE))
		return (struct idle){IDLE_RUNTIME, clamp_ratio(runtime)};
	if (has_sampled)
		return (struct idle){IDLE_SAMPLED, clamp_ratio(sampled)};
	if (idle_of_lines(before, now, &other))
		return (struct idle){IDLE_LINES, clamp_ratio(other)};
	if (idle_of_os(before, now, &other))
		return (struct idle){IDLE_OS, clamp_ratio(other)};
	return (struct idle){IDLE_UNKNOWN, 0};
}

struct idle_range derive_idle_range(const struct history *h, int64_t span_ns)
{
	struct idle_range range = {.min = INFINITY, .max = -INFINITY};
	const struct snapshot *newest = history_get(h, 0), *now = newest, *before;
	double weighted = 0;
	for (size_t i = 1; now && (before = history_get(h, i)) != NULL; i++, now = before) {
		if (i > 1 && newest->monotonic_ns - before->monotonic_ns > span_ns)
			break;
		struct idle idle = derive_idle(before, now);
		int64_t ns = now->monotonic_ns - before->monotonic_ns;
		if (idle.method == IDLE_UNKNOWN || ns <= 0)
			continue;
		weighted += idle.ratio * (double)ns;
		range.span_ns += ns;
		range.min = fmin(range.min, idle.ratio);
		range.max = fmax(range.max, idle.ratio);
	}
	if (range.span_ns <= 0)
		return (struct idle_range){.known = false};
	range.known = true;
	range.mean = weighted / (double)range.span_ns;
	return range;
}

/* --- rates ---------------------------------------------------------------------------------- */

static struct rate rate_of(double delta, int64_t elapsed_ns)
{
	return (struct rate){.known = true, .per_s = delta * (double)NS_PER_S / (double)elapsed_ns};
}

struct rate derive_rate(const struct fields *before, const struct fields *now, int field,
                        int64_t elapsed_ns)
{
	int64_t delta;
	if (elapsed_ns <= 0 || !fields_delta(now, before, field, &delta))
		return (struct rate){.known = false};
	return rate_of((double)delta, elapsed_ns);
}

const struct fields *derive_part(const struct snapshot *s, enum rate_part part, int64_t *at_ns)
{
	const struct fields *const fields[] = {&s->sched, &s->runtime, &s->os};
	const struct stamp *const stamps[] = {&s->sched_at, &s->runtime_at, &s->os_at};
	*at_ns = stamps[part]->at_ns;
	return fields[part];
}

struct rate derive_part_rate(const struct history *h, enum rate_part part, int field)
{
	int64_t at_ns, before_ns;
	const struct snapshot *s = history_get(h, 0);
	if (!s)
		return (struct rate){.known = false};
	const struct fields *now = derive_part(s, part, &at_ns);
	for (size_t i = 1; fields_has(now, field) && (s = history_get(h, i)) != NULL; i++) {
		const struct fields *before = derive_part(s, part, &before_ns);
		if (fields_has(before, field) && before_ns < at_ns)
			return derive_rate(before, now, field, at_ns - before_ns);
	}
	return (struct rate){.known = false};
}

/* A P that does nothing but switch needs some 50 ns for each: a step beyond this is a counter that
 * fell. */
#define SCHEDTICKS_MAX_PER_S 1e8

struct rate derive_schedticks(const struct snapshot *before, const struct snapshot *now, size_t p)
{
	int64_t from, to, elapsed_ns = now->sched_at.at_ns - before->sched_at.at_ns;
	if (elapsed_ns <= 0 || p >= before->np || p >= now->np ||
	    !fields_get(&before->p[p].f, P_SCHEDTICK, &from) ||
	    !fields_get(&now->p[p].f, P_SCHEDTICK, &to))
		return (struct rate){.known = false};
	uint32_t delta = (uint32_t)to - (uint32_t)from; /* modulo 2^32, as the runtime counts */
	struct rate rate = rate_of(delta, elapsed_ns);
	rate.known = rate.per_s <= SCHEDTICKS_MAX_PER_S;
	return rate;
}

/* --- histograms ----------------------------------------------------------------------------- */

/* Of two snapshots the one whose read is nearer to t, if it was read before now_ns at all. */
static const struct snapshot *nearer(const struct snapshot *best, const struct snapshot *s,
                                     enum histogram_id id, int64_t t, int64_t now_ns)
{
	if (!s || !s->histogram[id].bounds || s->histogram_at[id].at_ns >= now_ns)
		return best;
	if (!best)
		return s;
	int64_t best_away = t - best->histogram_at[id].at_ns, away = t - s->histogram_at[id].at_ns;
	return (away < 0 ? -away : away) < (best_away < 0 ? -best_away : best_away) ? s : best;
}

/*
 * The snapshot whose read of the histogram is nearest to t, among those read before now_ns; NULL:
 * none. A snapshot may repeat an older read, so on the newer side the search goes on until a read
 * passed t.
 */
static const struct snapshot *nearest_read(const struct history *h, enum histogram_id id, int64_t t,
                                           int64_t now_ns)
{
	const struct snapshot *s, *best = nearer(NULL, history_first(h), id, t, now_ns);
	size_t start = history_index(h, t);
	for (size_t i = start; (s = history_get(h, i)) != NULL; i++) {
		best = nearer(best, s, id, t, now_ns);
		if (s->histogram[id].bounds && s->histogram_at[id].at_ns < now_ns)
			break;
	}
	for (size_t i = start; i-- > 0;) {
		s = history_get(h, i);
		best = nearer(best, s, id, t, now_ns);
		if (s->histogram[id].bounds && s->histogram_at[id].at_ns >= t)
			break;
	}
	return best;
}

/* How long the process had run when the histogram was read. */
static int64_t age_at(const struct snapshot *s, enum histogram_id id)
{
	int64_t uptime_ns;
	if (!fields_get(&s->os, OS_UPTIME_NS, &uptime_ns))
		return -1;
	uptime_ns += s->histogram_at[id].at_ns - s->os_at.at_ns;
	return uptime_ns > 0 ? uptime_ns : -1;
}

enum status derive_histogram(const struct history *h, enum histogram_id id, int64_t span_ns,
                             struct histogram *out, int64_t *covered_ns)
{
	const struct snapshot *now = history_get(h, 0), *base = NULL;
	int64_t covered = -1;
	*out = (struct histogram){0};
	enum status status = STATUS_OK;
	if (now && now->histogram[id].bounds && span_ns < 0) {
		covered = age_at(now, id);
		status = histogram_copy(out, &now->histogram[id]);
	} else if (now && now->histogram[id].bounds) {
		int64_t at_ns = now->histogram_at[id].at_ns;
		base = nearest_read(h, id, at_ns - span_ns, at_ns);
	}
	if (base) {
		covered = now->histogram_at[id].at_ns - base->histogram_at[id].at_ns;
		status = histogram_window(out, &now->histogram[id], &base->histogram[id]);
	}
	if (covered_ns)
		*covered_ns = out->bounds ? covered : -1;
	return status;
}

/* --- limits --------------------------------------------------------------------------------- */

struct cpu_limit derive_cpu_limit(const struct snapshot *s)
{
	struct cpu_limit limit = {.known = false};
	int64_t quota, affinity, procs;
	if (fields_get(&s->os, OS_AFFINITY_CPUS, &affinity) && affinity > 0) {
		limit.known = true;
		limit.cpus = (double)affinity;
	}
	if (fields_get(&s->os, OS_QUOTA_MILLICPUS, &quota) && quota > 0 &&
	    (!limit.known || (double)quota / 1000 < limit.cpus)) {
		limit.known = limit.by_quota = true;
		limit.cpus = (double)quota / 1000;
	}
	double enough = ceil(limit.cpus);
	/* Two Ps are what Go >= 1.25 itself takes under a quota of less, so that GC does not stop all.
	 */
	if (limit.by_quota)
		enough = fmax(enough, 2);
	limit.exceeded = limit.known && get_gomaxprocs(s, &procs) && (double)procs > enough;
	return limit;
}
