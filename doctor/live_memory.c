/* heap-growth, rss-retained and timer-leak: what is kept, and more of it all the time. */
#include "doctor/live_rules.h"

#include <stdio.h>

#include "util/clock.h"
#include "util/text.h"

#define WARMED_UP_NS (60 * NS_PER_S) /* a program that has just begun fills its caches */
#define TIMERS_SHARE 0.2             /* that are new: fewer are no leak worth the name */
#define KNOWN_MIN_NS (60 * NS_PER_S) /* before that nothing is said of memory */
#define PER_HOUR_NS  (3600 * NS_PER_S)

/* What the collector last found alive: once for each cycle, where cycles are counted. */
static bool read_live_heap(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	int64_t bytes;
	(void)arg;
	if (!fields_get(&s->runtime, RUNTIME_HEAP_LIVE_BYTES, &bytes))
		return false;
	*out = (struct live_reading){s->runtime_at.at_ns, (double)bytes};
	return true;
}

static bool is_warm(const struct live *live, const struct live_trend *t)
{
	int64_t uptime_ns;
	return !fields_get(&live->now->os, OS_UPTIME_NS, &uptime_ns) ||
	       uptime_ns - live_trend_ns(t) >= WARMED_UP_NS;
}

/* --- heap-growth ---------------------------------------------------------------------------- */

void live_heap_growth(const struct live *live)
{
	struct live_trend t = live_trend(live, LIVE_SPAN_NS, read_live_heap, NULL);
	double growth = t.last - t.first;
	int64_t span_ns = live_trend_ns(&t);
	bool enough = live_long_enough(live, span_ns, LIMIT_HEAP_GROWTH_TIME);
	if (!live_rises(&t) || growth < live_limit(live, LIMIT_HEAP_GROWTH_BYTES) ||
	    growth < live_limit(live, LIMIT_HEAP_GROWTH) * t.first)
		return;
	if (!enough && (span_ns < KNOWN_MIN_NS || !is_warm(live, &t)))
		return;
	char from[32], to[32], over[32], hourly[32], known[LIVE_TEXT];
	double per_hour = growth * (double)PER_HOUR_NS / (double)span_ns;
	struct finding *f = findings_add(live->out, SLUG_HEAP_GROWTH,
	                                 enough ? SEVERITY_WARNING : SEVERITY_INFO, growth / t.last);
	text_bytes(from, sizeof from, (int64_t)t.first);
	text_bytes(to, sizeof to, (int64_t)t.last);
	text_bytes(hourly, sizeof hourly, (int64_t)per_hour);
	text_duration(over, sizeof over, (double)span_ns, true);
	finding_say(f,
	            "What is alive after collections grew from %s to %s in %s and never fell, %s an "
	            "hour%s.",
	            from, to, over, hourly,
	            live_known_for(known, live, span_ns, LIMIT_HEAP_GROWTH_TIME));
	finding_measure(f, "heap_live_before", UNIT_BYTES, t.first);
	finding_measure(f, "heap_live", UNIT_BYTES, t.last);
	finding_measure(f, "growth_bytes", UNIT_PER_S, growth * (double)NS_PER_S / (double)span_ns);
	finding_measure(f, "observed", UNIT_NS, (double)span_ns);
	evidence_span(finding_show(f, EVIDENCE_SPAN,
	                           "live heap %s, and %s before: the least of each eighth of that time "
	                           "is above the one before it %u times, below it never",
	                           to, from, t.rises),
	              t.begin_ns, t.end_ns);
}

/* --- rss-retained --------------------------------------------------------------------------- */

/* What is resident beyond all that the heap may grow to before it is collected. */
static bool read_excess(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	int64_t rss, goal;
	(void)arg;
	if (!fields_get(&s->os, OS_RSS_BYTES, &rss) ||
	    !fields_get(&s->runtime, RUNTIME_HEAP_GOAL_BYTES, &goal))
		return false;
	*out = (struct live_reading){s->os_at.at_ns, (double)(rss > goal ? rss - goal : 0)};
	return true;
}

/* The least of all snapshots of that time. */
static double least_excess(const struct live *live, double least)
{
	const struct snapshot *s;
	struct live_reading r;
	for (size_t i = 0; (s = history_get(live->history, i)) != NULL; i++)
		if (live->now->monotonic_ns - s->monotonic_ns <= LIVE_SPAN_NS && read_excess(s, NULL, &r) &&
		    r.value < least)
			least = r.value;
	return least;
}

/* Nobody is accused: memory outside of Go's heap (C, mapped files) looks the same from here. */
void live_rss_retained(const struct live *live)
{
	struct live_trend t = live_trend(live, LIVE_SPAN_NS, read_excess, NULL);
	int64_t rss, goal, span_ns = live_trend_ns(&t);
	if (!t.known || !live_long_enough(live, span_ns, LIMIT_RSS_RETAINED_TIME) ||
	    !fields_get(&live->now->os, OS_RSS_BYTES, &rss) ||
	    !fields_get(&live->now->runtime, RUNTIME_HEAP_GOAL_BYTES, &goal))
		return;
	double least = least_excess(live, t.last);
	if (least < live_limit(live, LIMIT_RSS_RETAINED_BYTES) ||
	    (double)rss < live_limit(live, LIMIT_RSS_RETAINED) * (double)goal)
		return;
	char resident[32], allowed[32], excess[32], over[32];
	struct finding *f =
		findings_add(live->out, SLUG_RSS_RETAINED, SEVERITY_INFO, least / (double)rss);
	text_bytes(resident, sizeof resident, rss);
	text_bytes(allowed, sizeof allowed, goal);
	text_bytes(excess, sizeof excess, (int64_t)least);
	text_duration(over, sizeof over, (double)span_ns, true);
	finding_say(
		f,
		"%s are resident, and the heap's goal is %s: for %s at least %s have not been given "
		"back, or are not Go's.",
		resident, allowed, over, excess);
	finding_measure(f, "rss", UNIT_BYTES, (double)rss);
	finding_measure(f, "heap_goal", UNIT_BYTES, (double)goal);
	finding_measure(f, "excess", UNIT_BYTES, least);
	finding_measure(f, "observed", UNIT_NS, (double)span_ns);
	evidence_span(finding_show(f, EVIDENCE_SPAN, "never less than %s beyond the goal", excess),
	              t.begin_ns, t.end_ns);
}

/* --- timer-leak ----------------------------------------------------------------------------- */

static bool read_timers(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	int64_t n, all = 0;
	(void)arg;
	for (size_t p = 0; p < s->np; p++) {
		if (!fields_get(&s->p[p].f, P_TIMERSLEN, &n))
			return false;
		all += n;
	}
	*out = (struct live_reading){s->sched_at.at_ns, (double)all};
	return s->np > 0;
}

/* Where timers that nobody refers to are collected, many of them are in use. */
void live_timer_leak(const struct live *live)
{
	int64_t old;
	struct live_trend t = live_trend(live, LIVE_SPAN_NS, read_timers, NULL);
	if (!live_rises(&t) || t.last < live_limit(live, LIMIT_TIMERS) ||
	    t.last - t.first < TIMERS_SHARE * t.first ||
	    !fields_get(&live->now->os, OS_ASYNC_TIMERS, &old) || !old)
		return;
	char first[32], last[32], over[32], known[LIVE_TEXT];
	int64_t span_ns = live_trend_ns(&t);
	bool enough = live_long_enough(live, span_ns, LIMIT_TIMERS_TIME);
	struct finding *f =
		findings_add(live->out, SLUG_TIMER_LEAK, enough ? SEVERITY_WARNING : SEVERITY_INFO,
	                 (t.last - t.first) / t.last);
	text_count(first, sizeof first, (int64_t)t.oldest);
	text_count(last, sizeof last, (int64_t)t.newest);
	text_duration(over, sizeof over, (double)span_ns, true);
	finding_say(f,
	            "Timers rose from %s to %s in %s and never fell; as the program is built, one of "
	            "time.After lives until it fires, whether anybody still waits for it or not%s.",
	            first, last, over, live_known_for(known, live, span_ns, LIMIT_TIMERS_TIME));
	finding_measure(f, "timers_before", UNIT_COUNT, t.oldest);
	finding_measure(f, "timers", UNIT_COUNT, t.newest);
	finding_measure(f, "observed", UNIT_NS, (double)span_ns);
	evidence_span(finding_show(f, EVIDENCE_SPAN,
	                           "%s timers in all Ps; %s, go.mod before 1.23 or asynctimerchan=1",
	                           last, live->now->go_version),
	              t.begin_ns, t.end_ns);
}
