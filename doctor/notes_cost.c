/* Annotations that are so many and so short that they change what they measure. */
#include <inttypes.h>
#include <stdio.h>

#include "doctor/annotations.h"
#include "trace/elapsed.h"
#include "util/clock.h"
#include "util/text.h"

/* What writing one event costs a program, measured. */
#define EVENT_NS 155.0

void note_cost_conclude(const struct doctor *doctor, struct findings *findings)
{
	const struct regions *r = &doctor->analysis->regions;
	const struct witness *w = doctor->witness;
	double median_ns = limit(doctor->limits, LIMIT_ANNOTATIONS_MEDIAN);
	double span_s = (double)elapsed_ns(w->first_ns, w->last_ns) / (double)NS_PER_S;
	struct note_ranks ranks = {.n = 0};
	for (size_t i = 0; i < r->types; i++) {
		const struct distribution *d = &r->type[i].duration;
		if (d->count && (double)distribution_percentile(d, .5) < median_ns)
			note_ranks_add(&ranks, (uint32_t)i, d->count);
	}
	double rate = span_s > 0 ? (double)ranks.all / span_s : 0;
	if (!ranks.n || rate < limit(doctor->limits, LIMIT_ANNOTATIONS_RATE))
		return;
	/* An estimate; what the regions really cost is part of what ran. */
	double ran_ns = (double)doctor->analysis->goroutines.state_ns[GO_RUNNING],
		   cost_ns = 2 * EVENT_NS * (double)ranks.all;
	cost_ns = cost_ns < ran_ns ? cost_ns : ran_ns;
	double share = ran_ns > 0 ? cost_ns / ran_ns : 0;
	bool much = share >= limit(doctor->limits, LIMIT_ANNOTATIONS_SHARE);
	struct finding *f =
		findings_add(findings, SLUG_ANNOTATION_OVERHEAD, much ? SEVERITY_WARNING : SEVERITY_INFO,
	                 share < 1 ? share : 1);
	char per_s[32], cost[32], percent[16], name[NOTE_NAME], median[32];
	text_rate(per_s, sizeof per_s, rate);
	text_duration(cost, sizeof cost, cost_ns / span_s, false);
	text_percent(percent, sizeof percent, share);
	finding_say(f,
	            "%s short regions a second are written down, which takes up to %s of every second, "
	            "%s of the time that goroutines ran, while a trace is taken.",
	            per_s, cost, percent);
	finding_measure(f, "short_regions", UNIT_COUNT, (double)ranks.all);
	finding_measure(f, "regions", UNIT_PER_S, rate);
	finding_measure(f, "cost", UNIT_NS, cost_ns);
	finding_measure(f, "cost", UNIT_RATIO, share);
	for (size_t i = 0; i < ranks.n; i++) {
		const struct region_type *type = &r->type[ranks.rank[i].index];
		const struct note_case slowest = {.begin_ns = type->slowest_begin_ns,
		                                  .end_ns = type->slowest_begin_ns + type->slowest_ns,
		                                  .goroutine = type->slowest_goroutine,
		                                  .task = type->slowest_task};
		text_rate(per_s, sizeof per_s, (double)type->duration.count / span_s);
		text_duration(median, sizeof median, (double)distribution_percentile(&type->duration, .5),
		              false);
		note_show(f, doctor, EVIDENCE_SPAN, &slowest,
		          "%s: %s/s of a median of %s; this is the longest of them",
		          note_name(name, doctor, type->name), per_s, median);
	}
}
