/*
 * goroutine-growth and channel-send-stuck: groups that become more and more, because who is in them
 * never goes on. Goroutines that wait for the network or sleep are left out: connections and
 * tickers come and stay, and nobody is to blame.
 */
#include "doctor/live_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

#define CANDIDATES 8    /* of which the whole history is looked at */
#define GROWN_MIN  0.01 /* of what there was */
#define CONNECTED  0.8  /* of those who came, so many new connections speak for load */

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* --- how many a group had ------------------------------------------------------------------- */

struct group_key {
	enum goroutine_by by;
	uint64_t key;
};

/* The count of one group in each reading. */
static bool read_group(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	const struct group_key *wanted = arg;
	if (!s->goroutines)
		return false;
	const struct goroutine_grouping *g = &s->goroutines->by[wanted->by];
	size_t i = 0;
	while (i < g->n && g->group[i].key != wanted->key)
		i++;
	/* One that is not there may be among the small ones that were left out. */
	if (i == g->n && g->other_groups > 0)
		return false;
	*out = (struct live_reading){s->goroutines_at.at_ns, i < g->n ? (double)g->group[i].count : 0};
	return true;
}

/* All goroutines, by whoever counts them. */
static bool read_all(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	int64_t n;
	(void)arg;
	if (fields_get(&s->sched, SCHED_GOROUTINES, &n))
		*out = (struct live_reading){s->sched_at.at_ns, (double)n};
	else if (fields_get(&s->runtime, RUNTIME_GOROUTINES, &n))
		*out = (struct live_reading){s->runtime_at.at_ns, (double)n};
	else
		return false;
	return true;
}

/* Goroutines that wait for the network: each connection that is kept open has one. */
static bool read_connections(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	(void)arg;
	if (!s->goroutines)
		return false;
	const struct goroutine_grouping *g = &s->goroutines->by[GOROUTINES_BY_CREATOR];
	*out = (struct live_reading){s->goroutines_at.at_ns, 0};
	for (size_t i = 0; i < g->n; i++)
		if (!g->group[i].system &&
		    strcmp(goroutine_text(s->goroutines, g->group[i].reason), "IO wait") == 0)
			out->value += g->group[i].count;
	return true;
}

/* --- which of them do not go on ------------------------------------------------------------- */

/* The other half of an HTTP client's connection, which waits as long as that is kept. */
static bool is_kept_connection(const struct goroutine_set *set, const struct goroutine_group *g)
{
	return strstr(goroutine_text(set, g->start.function), ".(*persistConn).writeLoop") != NULL;
}

/* Would somebody who is in it for all of that time be there still? Who works now and then is not.
 */
static bool stays(const struct goroutine_group *g, int64_t span_ns)
{
	if (g->median_ns >= 0)
		return g->median_ns >= span_ns / 4;
	return g->longest_ns < 0 || g->longest_ns >= span_ns / 2;
}

static double grew(const struct live_trend *t)
{
	return t->newest - t->oldest;
}

struct growth {
	const struct goroutine_group *group;
	struct live_trend trend;
};

static bool may_grow(const struct goroutine_set *set, const struct goroutine_stat *stat)
{
	const struct goroutine_group *g = stat->group;
	return !g->system && (g->state == GOROUTINE_WAITING || g->state == GOROUTINE_LEAKED) &&
	       !(stat->growth_known && stat->growth_per_min <= 0) && !is_kept_connection(set, g) &&
	       goroutine_waits_for_others(goroutine_text(set, g->reason));
}

/* Those that grow fastest now, or are largest where that is unknown: what is rare among thousands
   of kinds is no leak that matters, and the whole history of each has its price. */
static size_t pick_candidates(const struct goroutine_table *t,
                              const struct goroutine_stat *picked[CANDIDATES])
{
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++) {
		const struct goroutine_stat *stat = &t->row[i];
		if (!may_grow(t->set, stat))
			continue;
		size_t at = n;
		for (; at > 0 && picked[at - 1]->growth_per_min < stat->growth_per_min; at--)
			if (at < CANDIDATES)
				picked[at] = picked[at - 1];
		if (at < CANDIDATES)
			picked[at] = stat;
		n += n < CANDIDATES;
	}
	return n;
}

static int compare_growth(const void *a, const void *b)
{
	double x = grew(&((const struct growth *)a)->trend),
		   y = grew(&((const struct growth *)b)->trend);
	return (x < y) - (x > y);
}

/* The groups that rise and keep who is in them, those that rose most first. */
static size_t find_growing(const struct live *live, enum goroutine_by by,
                           struct growth out[CANDIDATES])
{
	const struct goroutine_stat *picked[CANDIDATES];
	size_t n = 0, candidates = pick_candidates(&live->by[by], picked);
	for (size_t i = 0; i < candidates; i++) {
		const struct goroutine_group *g = picked[i]->group;
		const struct group_key key = {by, g->key};
		out[n] = (struct growth){g, live_trend(live, LIVE_SPAN_NS, read_group, &key)};
		n += live_rises(&out[n].trend) && stays(g, live_trend_ns(&out[n].trend));
	}
	qsort(out, n, sizeof *out, compare_growth);
	return n;
}

/* Did about as many connections come? Then those who serve them are no leak, or theirs. */
static bool is_load(const struct live *live, const struct live_trend *t)
{
	struct live_trend connections =
		live_trend(live, live->now->monotonic_ns - t->begin_ns, read_connections, NULL);
	return connections.known && grew(&connections) >= CONNECTED * grew(t);
}

/* --- goroutine-growth ----------------------------------------------------------------------- */

static void measure_growth(struct finding *f, const struct live_trend *t, int64_t span_ns)
{
	finding_measure(f, "goroutines_before", UNIT_COUNT, t->oldest);
	finding_measure(f, "goroutines", UNIT_COUNT, t->newest);
	finding_measure(f, "growth", UNIT_PER_S, grew(t) * (double)NS_PER_S / (double)span_ns);
	finding_measure(f, "observed", UNIT_NS, (double)span_ns);
}

static void say_growth(const struct live *live, const struct growth *growth,
                       const struct goroutine_set *set)
{
	const struct live_trend *t = &growth->trend;
	int64_t span_ns = live_trend_ns(t);
	bool enough = live_long_enough(live, span_ns, LIMIT_GROWTH_TIME), load = is_load(live, t);
	char first[32], last[32], over[32], at[LIVE_TEXT], known[LIVE_TEXT];
	const struct goroutine_group *g = growth->group;
	struct finding *f =
		findings_add(live->out, SLUG_GOROUTINE_GROWTH,
	                 enough && !load ? SEVERITY_WARNING : SEVERITY_INFO, grew(t) / t->newest);
	text_count(first, sizeof first, (int64_t)t->oldest);
	text_count(last, sizeof last, (int64_t)t->newest);
	text_duration(over, sizeof over, (double)span_ns, true);
	finding_say(f,
	            "Goroutines in %s at %s rose from %s to %s in %s and never fell: who came there "
	            "stays%s%s.",
	            goroutine_text(set, g->reason),
	            live_place(at, set, g->at.function ? &g->at : &g->start), first, last, over,
	            load ? "; as many connections came meanwhile" : "",
	            live_known_for(known, live, span_ns, LIMIT_GROWTH_TIME));
	measure_growth(f, t, span_ns);
	live_show_group(live, f, set, g, t->begin_ns);
}

/* Where nobody tells groups, all that is known is the number. */
static void say_number(const struct live *live, const struct live_trend *t)
{
	int64_t span_ns = live_trend_ns(t);
	char first[32], last[32], over[32];
	text_count(first, sizeof first, (int64_t)t->oldest);
	text_count(last, sizeof last, (int64_t)t->newest);
	text_duration(over, sizeof over, (double)span_ns, true);
	struct finding *f =
		findings_add(live->out, SLUG_GOROUTINE_GROWTH, SEVERITY_INFO, grew(t) / t->newest);
	finding_say(f,
	            "The number of goroutines rose from %s to %s in %s and never fell; where they wait "
	            "is not known here.",
	            first, last, over);
	measure_growth(f, t, span_ns);
	evidence_span(finding_show(f, EVIDENCE_SPAN, "%s goroutines, %s before", last, first),
	              t->begin_ns, t->end_ns);
}

void live_goroutine_growth(const struct live *live)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_CREATOR];
	struct growth growing[CANDIDATES];
	double least = live_limit(live, LIMIT_GROWTH_GOROUTINES);
	struct live_trend all = live_trend(live, LIVE_SPAN_NS, read_all, NULL);
	if (!t->s && live_rises(&all) && grew(&all) >= least &&
	    live_long_enough(live, live_trend_ns(&all), LIMIT_GROWTH_TIME))
		say_number(live, &all);
	if (!t->s)
		return;
	size_t n = find_growing(live, GOROUTINES_BY_CREATOR, growing);
	for (size_t i = 0; i < n && i < FINDINGS_OF_SLUG; i++) {
		double grown = grew(&growing[i].trend);
		if (grown >= least && grown >= GROWN_MIN * growing[i].trend.oldest)
			say_growth(live, &growing[i], t->set);
	}
}

/* --- channel-send-stuck --------------------------------------------------------------------- */

static void say_stuck(const struct live *live, const struct growth *growth,
                      const struct goroutine_set *set)
{
	const struct goroutine_group *g = growth->group;
	const struct live_trend *t = &growth->trend;
	bool enough = live_long_enough(live, g->longest_ns, LIMIT_STUCK_TIME);
	char count[32], at[LIVE_TEXT], longest[32], over[32], known[LIVE_TEXT];
	bool sends = starts(goroutine_text(set, g->reason), "chan send");
	text_count(count, sizeof count, g->count);
	text_duration(longest, sizeof longest, (double)g->longest_ns, true);
	text_duration(over, sizeof over, (double)live_trend_ns(t), true);
	struct finding *f =
		findings_add(live->out, SLUG_CHANNEL_SEND_STUCK, enough ? SEVERITY_WARNING : SEVERITY_INFO,
	                 (double)g->count / (double)(set->count > g->count ? set->count : g->count));
	finding_say(f,
	            "%s goroutines stand in the same channel %s at %s, the longest for %s; "
	            "in %s %.0f more came and none left%s.",
	            count, sends ? "send" : "receive",
	            live_place(at, set, g->at.function ? &g->at : &g->start), longest, over, grew(t),
	            live_known_for(known, live, g->longest_ns, LIMIT_STUCK_TIME));
	finding_measure(f, "goroutines", UNIT_COUNT, g->count);
	finding_measure(f, "longest", UNIT_NS, (double)g->longest_ns);
	if (g->median_ns >= 0)
		finding_measure(f, "median", UNIT_NS, (double)g->median_ns);
	finding_measure(f, "observed", UNIT_NS, (double)live_trend_ns(t));
	live_show_group(live, f, set, g, live->now->monotonic_ns - g->longest_ns);
}

void live_channel_stuck(const struct live *live)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_TOP];
	struct growth growing[CANDIDATES];
	if (!t->s)
		return;
	size_t n = find_growing(live, GOROUTINES_BY_TOP, growing);
	for (size_t i = 0; i < n; i++) {
		const struct goroutine_group *g = growing[i].group;
		const char *reason = goroutine_text(t->set, g->reason);
		bool sends = starts(reason, "chan send"), receives = starts(reason, "chan receive");
		if ((sends || (receives && live_long_enough(live, live_trend_ns(&growing[i].trend),
		                                            LIMIT_GROWTH_TIME))) &&
		    (double)g->count >= live_limit(live, LIMIT_STUCK_GOROUTINES) &&
		    g->longest_ns >= live_trend_ns(&growing[i].trend) / 2 &&
		    !is_load(live, &growing[i].trend))
			say_stuck(live, &growing[i], t->set);
	}
}
