/* thread-growth: threads that are in use, and more of them all the time. Parked ones are no leak.
 */
#include "doctor/live_rules.h"

#include <inttypes.h>

#include "util/text.h"

static bool read_in_use(const struct snapshot *s, const void *arg, struct live_reading *out)
{
	struct thread_split t = derive_threads(s);
	(void)arg;
	*out = (struct live_reading){s->sched_at.at_ns, (double)(t.total - t.idle - t.spinning)};
	return t.known;
}

/* What most of the threads that are held are held by. */
static const char *largest_use(const struct thread_split *t, int64_t *n)
{
	const struct {
		const char *name;
		int64_t n;
	} use[] = {
		{"in system calls", t->syscall},
		{"in C code", t->cgo},
		{"locked to goroutines", t->locked},
		{"of C code or on their way", t->other},
		{"running", t->running},
	};
	size_t most = 0;
	for (size_t i = 1; i < sizeof use / sizeof *use; i++)
		if (use[i].n > use[most].n)
			most = i;
	*n = use[most].n;
	return use[most].name;
}

void live_thread_growth(const struct live *live)
{
	struct live_trend t = live_trend(live, LIVE_SPAN_NS, read_in_use, NULL);
	double grown = t.last - t.first;
	if (!live_rises(&t) || grown < live_limit(live, LIMIT_THREADS_GROWN))
		return;
	int64_t span_ns = live_trend_ns(&t), most;
	bool enough = live_long_enough(live, span_ns, LIMIT_THREAD_GROWTH_TIME);
	struct thread_split now = derive_threads(live->now);
	const char *use = largest_use(&now, &most);
	char over[32], known[LIVE_TEXT];
	text_duration(over, sizeof over, (double)span_ns, true);
	struct finding *f = findings_add(live->out, SLUG_THREAD_GROWTH,
	                                 enough ? SEVERITY_WARNING : SEVERITY_INFO, grown / t.last);
	finding_say(f, "Threads in use rose from %.0f to %.0f in %s and never fell%s%s%s.", t.oldest,
	            t.newest, over, now.known ? ", most of them " : "", now.known ? use : "",
	            live_known_for(known, live, span_ns, LIMIT_THREAD_GROWTH_TIME));
	finding_measure(f, "threads_before", UNIT_COUNT, t.oldest);
	finding_measure(f, "threads", UNIT_COUNT, t.newest);
	finding_measure(f, "observed", UNIT_NS, (double)span_ns);
	struct evidence *e = now.known
	                         ? finding_show(f, EVIDENCE_THREAD,
	                                        "%" PRId64 " of %" PRId64 " threads are %s; %" PRId64
	                                        " idle ones are not counted",
	                                        most, now.total, use, now.idle)
	                         : finding_show(f, EVIDENCE_THREAD, "%.0f threads in use", t.newest);
	evidence_span(e, t.begin_ns, t.end_ns);
}
