/* What is wrong with a process, by watching it for a while, or with one that was recorded. */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/doctor.h"
#include "collect/probe.h"
#include "collect/recording.h"
#include "doctor/live.h"
#include "metrics/feed.h"
#include "metrics/schedtrace.h"
#include "util/clock.h"

#define HISTORY_BYTES ((size_t)64 << 20)

struct visit {
	const struct options *options;
	struct history *history;
	int64_t first_ns; /* when it was seen first; the history may have forgotten that */
	bool answered;    /* some snapshot held more than the kernel's view */
	bool exited;      /* before it was watched for as long as was asked */
	struct trouble_log trouble;
};

static int64_t known_ns(const struct history *h)
{
	size_t n = history_count(h);
	return n ? history_get(h, 0)->monotonic_ns - history_get(h, n - 1)->monotonic_ns : 0;
}

static int64_t watched_ns(const struct visit *v)
{
	const struct snapshot *now = history_get(v->history, 0);
	return now ? now->monotonic_ns - v->first_ns : 0;
}

/* Nothing of one process is compared with another, and what is known of the last one counts. */
static enum status keep(struct visit *v, const struct snapshot *s, struct error *error)
{
	const struct snapshot *before = history_get(v->history, 0);
	if (!before || !snapshot_same_process(before, s) || v->exited ||
	    s->monotonic_ns < before->monotonic_ns) {
		struct history *fresh = history_create_whole(LIVE_SPAN_NS, HISTORY_BYTES);
		if (!fresh) {
			snapshot_unref(s);
			return error_no_memory(error);
		}
		history_destroy(v->history);
		v->history = fresh;
		v->first_ns = s->monotonic_ns;
		v->exited = v->answered = false;
	}
	v->answered |= s->sched_at.origin != ORIGIN_NONE || s->runtime_at.origin != ORIGIN_NONE;
	return history_add(v->history, s) == STATUS_OK ? STATUS_OK : error_no_memory(error);
}

/* The last word of a process that is gone knows nothing but that. */
static enum status take(struct visit *v, const struct snapshot *s, struct error *error)
{
	trouble_log_tell(&v->trouble, s);
	if (s->state != TARGET_EXITED)
		return keep(v, s, error);
	v->exited = true;
	snapshot_unref(s);
	return STATUS_OK;
}

/* --- a process ------------------------------------------------------------------------------ */

static void wake(void *arg)
{
	sem_post(arg);
}

static enum status watch(struct visit *v, struct feed *feed, sem_t *news, struct error *error)
{
	enum status status = STATUS_OK;
	while (status == STATUS_OK && !v->exited &&
	       (history_count(v->history) < 2 || watched_ns(v) < v->options->watch_ns)) {
		const struct snapshot *s = feed_take(feed);
		if (s)
			status = take(v, s, error);
		else
			while (sem_wait(news) != 0 && errno == EINTR)
				;
	}
	return status;
}

static enum status watch_process_for_a_while(struct visit *v, struct error *error)
{
	const struct options *o = v->options;
	struct collector *collector = NULL;
	sem_t news;
	sem_init(&news, 0, 0);
	struct feed *feed = feed_create(wake, &news);
	const struct collector_options options = collector_options_of(o, feed);
	enum status status = feed ? STATUS_OK : error_no_memory(error);
	if (status == STATUS_OK)
		status = collector_create(&collector, &options, error);
	if (status == STATUS_OK)
		status = collector_start(collector, error);
	if (status == STATUS_OK)
		status = watch(v, feed, &news, error);
	collector_destroy(collector);
	feed_destroy(feed);
	sem_destroy(&news);
	return status;
}

/* --- a recording ---------------------------------------------------------------------------- */

/* As of its end. A line that is damaged is told and passed over, and the status says so at last. */
static enum status read_recording(struct visit *v, struct error *error, struct error *damage)
{
	struct recording *recording;
	struct snapshot *s = NULL;
	int damages = 0;
	enum status status = recording_open(&recording, v->options->replay, error);
	if (status != STATUS_OK)
		return status;
	do {
		status = recording_next(recording, &s, error);
		if (status == STATUS_DAMAGED)
			tell_damage(&damages, error->text);
		else if (status == STATUS_OK && s)
			status = take(v, s, error);
	} while (status == STATUS_DAMAGED || (status == STATUS_OK && s));
	recording_judge(recording, damage);
	recording_close(recording);
	return status;
}

/* --- what was found ------------------------------------------------------------------------- */

static enum status probe(const struct options *o, struct findings *findings, struct error *error)
{
	struct probe_answer answer[PROBE_ANSWERS_MAX];
	size_t n = 0;
	if (!o->probe)
		return STATUS_OK;
	enum status status = probe_pprof(o->pid, answer, &n, error);
	for (size_t i = 0; i < n; i++)
		live_tell_pprof(findings, answer[i].address, answer[i].port);
	return status;
}

/* Could anything be found at all? What could not be looked at is not healthy. */
static enum status check_known(const struct visit *v, struct error *error)
{
	char subject[96];
	subject_of(v->options, subject, sizeof subject);
	if (history_count(v->history) < 2)
		return v->options->replay
		           ? error_set(error, STATUS_FAILED,
		                       "the recording has no two snapshots that could be compared")
		           : error_set(error, STATUS_EXITED, "%s ended before anything could be seen of it",
		                       subject);
	if (!v->answered)
		return error_set(error, STATUS_FAILED,
		                 "neither its memory nor an agent tells of the scheduler: nothing can be "
		                 "said of its health");
	return STATUS_OK;
}

static enum status report(const struct visit *v, struct error *error)
{
	const struct options *o = v->options;
	struct findings findings = {0};
	char name[96], subject[96];
	enum status status = check_known(v, error);
	if (status != STATUS_OK)
		return status;
	const struct snapshot *now = history_get(v->history, 0);
	snapshot_name(now, subject, sizeof subject);
	if (now->pid)
		snprintf(name, sizeof name, "%s %d", now->program, (int)now->pid);
	else
		snprintf(name, sizeof name, "%s", subject);
	struct findings_shown shown = {.findings = &findings,
	                               .name = name,
	                               .of = FROM_LIVE,
	                               .observed_ns = known_ns(v->history)};
	if (live_look(v->history, &o->limits, &findings) != STATUS_OK)
		status = error_no_memory(error);
	if (status == STATUS_OK)
		status = probe(o, &findings, error);
	if (now->sched_at.origin == ORIGIN_PPROF)
		schedtrace_comment(stderr, "net/http/pprof tells of goroutines and memory alone: what Ps, "
		                           "threads and waits to run would show was not looked for");
	if (status == STATUS_OK)
		status = doctor_show(o, &shown, error);
	if (status == STATUS_OK)
		status = doctor_judge(o, &shown, error);
	findings_finish(&findings);
	if (status == STATUS_OK && v->exited && !o->replay)
		return error_set(error, STATUS_EXITED, "%s exited while it was watched", subject);
	return status;
}

enum status doctor_live(const struct options *o, struct error *error)
{
	struct error damage = {0};
	struct visit v = {.options = o, .history = history_create_whole(LIVE_SPAN_NS, HISTORY_BYTES)};
	enum status status = STATUS_OK;
	if (!v.history)
		return error_no_memory(error);
	status = o->replay ? read_recording(&v, error, &damage) : watch_process_for_a_while(&v, error);
	if (status == STATUS_OK) {
		status = report(&v, error);
		/* Too little to say anything of is no more than what damage does. */
		if (damage.status != STATUS_OK)
			status = error_set(error, damage.status, "%s", damage.text);
	}
	history_destroy(v.history);
	return status;
}
