#include "doctor/live_rules.h"

#include <math.h>

#include "util/clock.h"

#define NEARLY    0.9 /* of the time that a limit asks for: a history loses its oldest interval */
#define CPU_SHORT 0.7

/* The oldest reading within the span, and the newest; false: there are not two. */
static bool find_ends(const struct live *live, int64_t span_ns, live_read_fn *read, const void *arg,
                      struct live_trend *out)
{
	size_t oldest = history_index(live->history, live->now->monotonic_ns - span_ns), i = 0;
	struct live_reading r;
	while (i < oldest && !read(history_get(live->history, i), arg, &r))
		i++;
	if (i >= oldest)
		return false;
	out->end_ns = r.at_ns;
	out->newest = r.value;
	while (oldest > i && !read(history_get(live->history, oldest), arg, &r))
		oldest--;
	out->begin_ns = r.at_ns;
	out->oldest = r.value;
	return out->end_ns > out->begin_ns;
}

/* Parts without a reading are left out. */
static void compare_parts(struct live_trend *t, const double *least, const bool *known)
{
	double before = 0;
	for (int i = 0; i < LIVE_TREND_PARTS; i++) {
		if (!known[i])
			continue;
		if (t->parts == 0)
			t->first = least[i];
		else if (least[i] > before)
			t->rises++;
		else if (least[i] < before)
			t->falls++;
		t->parts++;
		before = t->last = least[i];
	}
}

struct live_trend live_trend(const struct live *live, int64_t span_ns, live_read_fn *read,
                             const void *arg)
{
	struct live_trend t = {.known = false};
	double least[LIVE_TREND_PARTS] = {0};
	bool known[LIVE_TREND_PARTS] = {false};
	const struct snapshot *s;
	size_t n = 0;
	if (!find_ends(live, span_ns, read, arg, &t))
		return t;
	int64_t covered_ns = live_trend_ns(&t);
	for (size_t i = 0; (s = history_get(live->history, i)) != NULL; i++) {
		struct live_reading r;
		if (s->monotonic_ns < t.begin_ns)
			break;
		if (!read(s, arg, &r) || r.at_ns < t.begin_ns)
			continue;
		n++;
		double at = (double)(r.at_ns - t.begin_ns) / (double)covered_ns;
		size_t part = (size_t)(at * LIVE_TREND_PARTS);
		part = part < LIVE_TREND_PARTS ? part : LIVE_TREND_PARTS - 1;
		if (!known[part] || r.value < least[part])
			least[part] = r.value;
		known[part] = true;
	}
	compare_parts(&t, least, known);
	t.known = n >= LIVE_READINGS_MIN && t.parts >= LIVE_READINGS_MIN;
	return t;
}

bool live_rises(const struct live_trend *trend)
{
	return trend->known && trend->falls == 0 && trend->rises >= 3 &&
	       trend->rises * 4 >= (trend->parts - 1) * 3;
}

bool live_long_enough(const struct live *live, int64_t ns, enum limit time)
{
	return (double)ns >= NEARLY * live_limit(live, time);
}

bool live_gomaxprocs(const struct snapshot *s, int64_t *procs)
{
	return fields_get(&s->sched, SCHED_GOMAXPROCS, procs) ||
	       fields_get(&s->runtime, RUNTIME_GOMAXPROCS, procs);
}

struct live_cpu live_cpu(const struct live *live, int64_t span_ns)
{
	const struct snapshot *now = live->now;
	const struct snapshot *before = history_at(live->history, now->monotonic_ns - span_ns);
	struct live_cpu cpu = {.span_ns = now->monotonic_ns - before->monotonic_ns};
	struct idle_range idle = derive_idle_range(live->history, span_ns);
	struct rate used =
		derive_rate(&before->os, &now->os, OS_CPU_NS, now->os_at.at_ns - before->os_at.at_ns);
	int64_t procs;
	if (!used.known || !live_gomaxprocs(now, &procs))
		return cpu;
	struct lane_share share =
		derive_lane_mean(live->history, 0, (size_t)procs, before->monotonic_ns, now->monotonic_ns);
	double busy = lane_share_busy(&share);
	cpu.known = true;
	cpu.procs = (double)procs;
	cpu.used = used.per_s / (double)NS_PER_S;
	cpu.idle = idle.known ? idle.mean : NAN;
	cpu.running = share.known ? busy * cpu.procs : NAN;
	return cpu;
}

bool live_cpu_is_short(const struct live_cpu *cpu)
{
	return cpu->known && cpu->used < CPU_SHORT * cpu->running;
}
