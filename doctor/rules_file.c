/* What is wrong with the file itself. What could not be read is never in order. */
#include <inttypes.h>
#include <string.h>

#include "doctor/rules.h"
#include "doctor/trace_doctor.h"
#include "trace/elapsed.h"
#include "util/text.h"

static void *create(const struct doctor *doctor)
{
	return (void *)(uintptr_t)doctor; /* it has nothing of its own */
}

static void show_damage(struct finding *f, const struct trace_summary *s)
{
	for (size_t i = 0; i < s->damages && i < TRACE_DAMAGES; i++)
		finding_show(f, EVIDENCE_TEXT, "at byte %" PRIu64 ": %s", s->damage[i].offset,
		             s->damage[i].text);
}

static void find_truncated(const struct trace_summary *s, struct findings *out)
{
	char bytes[32], time[48] = "";
	if (!s->damages)
		return;
	double whole = (double)s->bytes;
	struct finding *f = findings_add(out, SLUG_TRACE_TRUNCATED, SEVERITY_CRITICAL,
	                                 whole > 0 ? (double)s->lost_bytes / whole : 1);
	text_bytes(bytes, sizeof bytes, (int64_t)s->lost_bytes);
	if (s->lost_ns) {
		char length[32];
		text_duration(length, sizeof length, (double)s->lost_ns, false);
		snprintf(time, sizeof time, " and at least %s", length);
	}
	finding_say(f,
	            "The trace is damaged in %" PRIu64 " %s; %s%s of it %s lost, and nobody knows what "
	            "happened then.",
	            s->damages, s->damages == 1 ? "place" : "places", s->lost_bytes ? bytes : "part",
	            time, s->lost_ns || s->lost_bytes > 1 ? "are" : "is");
	if (s->lost_bytes)
		finding_measure(f, "lost", UNIT_BYTES, (double)s->lost_bytes);
	if (s->lost_ns)
		finding_measure(f, "lost", UNIT_NS, (double)s->lost_ns);
	finding_measure(f, "damages", UNIT_COUNT, (double)s->damages);
	show_damage(f, s);
}

static void find_empty(const struct trace_summary *s, struct findings *out)
{
	/* Where damage took all there was, that is what has to be said. */
	if ((s->events && s->last_ns != s->first_ns) || s->lost_bytes)
		return;
	struct finding *f = findings_add(out, SLUG_TRACE_EMPTY, SEVERITY_CRITICAL, 1);
	finding_say(f, "The trace holds no events, so nothing can be said of the program.");
	finding_measure(f, "trace", UNIT_BYTES, (double)s->bytes);
	finding_show(f, EVIDENCE_TEXT, "%" PRIu64 " events in %" PRIu64 " bytes", s->events, s->bytes);
}

static void find_version(const struct trace_summary *s, struct findings *out)
{
	if (!s->newer)
		return;
	struct finding *f = findings_add(out, SLUG_TRACE_VERSION, SEVERITY_CRITICAL, 1);
	finding_say(f,
	            "The trace is of format go 1.%u, which is newer than this schedtop: it was read as "
	            "the newest known one.",
	            s->version);
	finding_measure(f, "format", UNIT_COUNT, s->version);
	finding_show(f, EVIDENCE_TEXT, "the file begins with \"go 1.%u trace\"", s->version);
}

static bool conclude(void *self, const struct doctor *doctor, struct findings *findings)
{
	const struct trace_summary *s = &doctor->analysis->summary;
	(void)self;
	find_truncated(s, findings);
	find_empty(s, findings);
	find_version(s, findings);
	return true;
}

static void destroy(void *self)
{
	(void)self;
}

const struct trace_family rules_file = {
	.name = "file",
	.create = create,
	.conclude = conclude,
	.destroy = destroy,
};
