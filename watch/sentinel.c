#include "watch/sentinel.h"

#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

const char *const watched_words[WATCHED_STATES] = {
	[WATCHED_UNKNOWN] = "unknown", [WATCHED_KEPT] = "armed",  [WATCHED_BREAKING] = "breaking",
	[WATCHED_BROKEN] = "broken",   [WATCHED_FIRED] = "fired",
};

void sentinel_init(struct sentinel *s, const struct plan *plan)
{
	*s = (struct sentinel){.plan = plan, .newest_ns = -1};
}

bool sentinel_needs_findings(const struct sentinel *s)
{
	for (size_t i = 0; i < s->plan->n; i++)
		if (!s->plan->rule[i].metric)
			return true;
	return false;
}

/* What a rule is about, at one moment. */
struct look {
	enum rule_verdict verdict;
	bool recovered;
};

static struct look look_at_metric(const struct rule *rule, const struct history *h,
                                  struct watched *w)
{
	struct reading reading = live_metric_read(rule->metric, h);
	live_metric_show(rule->metric, &reading, w->value, sizeof w->value);
	return (struct look){rule_judge(rule, &reading), rule_recovered(rule, &reading)};
}

/* A finding is there or it is not: that it is gone is all the recovery there can be. */
static struct look look_for_finding(const struct rule *rule, const struct findings *findings,
                                    struct watched *w)
{
	const struct finding *f = findings ? rule_find(rule, findings) : NULL;
	const char *text = !findings            ? "unknown"
	                   : !f                 ? "not found"
	                   : f->summary != NULL ? f->summary
	                                        : slug_word(f->slug);
	text_clean(w->value, sizeof w->value, text, strlen(text));
	if (!findings)
		return (struct look){RULE_UNKNOWN, false};
	return (struct look){f ? RULE_BROKEN : RULE_KEPT, !f};
}

static void step(struct watched *w, const struct rule *rule, struct look look, int64_t now_ns)
{
	if (w->state == WATCHED_FIRED && !look.recovered)
		return;
	if (look.verdict != RULE_BROKEN) {
		w->state = look.verdict == RULE_KEPT ? WATCHED_KEPT : WATCHED_UNKNOWN;
		return;
	}
	if (w->state != WATCHED_BREAKING && w->state != WATCHED_BROKEN)
		w->since_ns = now_ns;
	w->state = now_ns - w->since_ns >= rule->for_ns ? WATCHED_BROKEN : WATCHED_BREAKING;
}

/* What nobody saw for more than two intervals and a second is unknown. */
static void break_off(struct sentinel *s)
{
	for (size_t i = 0; i < s->plan->n; i++)
		if (s->watched[i].state != WATCHED_FIRED)
			s->watched[i].state = WATCHED_UNKNOWN;
}

void sentinel_look(struct sentinel *s, const struct history *h, const struct findings *findings)
{
	const struct snapshot *now = history_get(h, 0);
	if (!now)
		return;
	if (s->newest_ns >= 0 && now->monotonic_ns - s->newest_ns > 2 * now->interval_ns + NS_PER_S)
		break_off(s);
	s->newest_ns = now->monotonic_ns;
	for (size_t i = 0; i < s->plan->n; i++) {
		const struct rule *rule = &s->plan->rule[i];
		struct watched *w = &s->watched[i];
		struct look look =
			rule->metric ? look_at_metric(rule, h, w) : look_for_finding(rule, findings, w);
		step(w, rule, look, now->monotonic_ns);
	}
}

void sentinel_fired(struct sentinel *s, size_t rule)
{
	s->watched[rule].state = WATCHED_FIRED;
}

int64_t sentinel_broken_ns(const struct sentinel *s, size_t rule)
{
	return s->newest_ns - s->watched[rule].since_ns;
}
