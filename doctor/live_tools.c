/* always-on-tracing and pprof-exposed: tools that were left running, or open. */
#include "doctor/live_rules.h"

#include <stdio.h>
#include <string.h>

#include "util/text.h"

/* The goroutine that reads the trace in the program: runtime/trace.Start up to Go 1.24; since then
   one for trace.Start and the flight recorder together. */
#define READER_OLD "runtime/trace.Start."
#define READER     "runtime/trace."

static const struct goroutine_group *find_reader(const struct goroutine_set *set)
{
	const struct goroutine_grouping *g = &set->by[GOROUTINES_BY_CREATOR];
	for (size_t i = 0; i < g->n; i++)
		if (strncmp(goroutine_text(set, g->group[i].start.function), READER, strlen(READER)) == 0)
			return &g->group[i];
	return NULL;
}

/* A reading in which somebody traces counts 1, any other 0. */
static bool read_tracing(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	(void)arg;
	if (!s->goroutines)
		return false;
	*out = (struct live_reading){s->goroutines_at.at_ns, find_reader(s->goroutines) != NULL};
	return true;
}

/* Since when all readings have seen it; `n` of them. */
static int64_t tracing_since(const struct live *live, size_t *n)
{
	const struct snapshot *s;
	struct live_reading r;
	int64_t since_ns = -1;
	*n = 0;
	for (size_t i = 0; (s = history_get(live->history, i)) != NULL; i++) {
		if (!read_tracing(s, NULL, &r))
			continue;
		if (r.value < 1)
			break;
		since_ns = r.at_ns;
		++*n;
	}
	return since_ns;
}

void live_tracing(const struct live *live)
{
	const struct goroutine_table *t = &live->by[GOROUTINES_BY_CREATOR];
	size_t n;
	int64_t since_ns = tracing_since(live, &n);
	if (n < LIVE_READINGS_MIN || !t->s || !find_reader(t->set))
		return;
	const struct goroutine_group *reader = find_reader(t->set);
	int64_t span_ns = t->s->goroutines_at.at_ns - since_ns;
	/* From trace.Start alone it can't be a flight recorder, which is made to be left on. */
	bool started = strncmp(goroutine_text(t->set, reader->start.function), READER_OLD,
	                       strlen(READER_OLD)) == 0;
	bool enough = live_long_enough(live, span_ns, LIMIT_TRACING_TIME);
	char over[32], known[LIVE_TEXT];
	text_duration(over, sizeof over, (double)span_ns, true);
	struct finding *f = findings_add(live->out, SLUG_ALWAYS_ON_TRACING,
	                                 started && enough ? SEVERITY_WARNING : SEVERITY_INFO, 0.01);
	finding_say(f, "The program has traced itself for %s without a pause, %s%s.", over,
	            started ? "by trace.Start" : "by trace.Start or a flight recorder",
	            live_known_for(known, live, span_ns, LIMIT_TRACING_TIME));
	finding_measure(f, "traced", UNIT_NS, (double)span_ns);
	live_show_group(live, f, t->set, reader, since_ns);
}

void live_tell_pprof(struct findings *out, const char *address, unsigned port)
{
	struct finding *f = findings_add(out, SLUG_PPROF_EXPOSED, SEVERITY_WARNING, 0);
	char shown[64];
	text_clean(shown, sizeof shown, address, strlen(address));
	bool brackets = strchr(shown, ':') != NULL;
	const char *open = brackets ? "[" : "", *close = brackets ? "]" : "";
	finding_say(f,
	            "Profiles are served on %s%s%s:%u, which is no loopback address: whoever reaches "
	            "it can take profiles, and slow the program down with them.",
	            open, shown, close, port);
	finding_show(f, EVIDENCE_TEXT,
	             "GET /debug/pprof/ of %s%s%s:%u was answered with the list of profiles", open,
	             shown, close, port);
	findings_settle(out);
}
