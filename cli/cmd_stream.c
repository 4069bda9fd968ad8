/* Snapshots as lines on stdout, of a process or out of a recording. */
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "cli/await.h"
#include "cli/commands.h"
#include "cli/keeper.h"
#include "collect/recorder.h"
#include "collect/recording.h"
#include "metrics/history.h"
#include "metrics/json.h"
#include "metrics/schedtrace.h"
#include "util/clock.h"

struct stream {
	const struct options *options;
	struct feed *feed;
	struct history *history;
	struct keeper keeper;
	int64_t attach_ns;
	long printed;
	bool answered; /* some snapshot held more than the kernel's view of the target */
	struct trouble_log trouble;
};

static enum status print_json(struct stream *st, struct error *error)
{
	char *line = json_encode(st->history);
	if (!line)
		return error_no_memory(error);
	puts(line);
	free(line);
	return STATUS_OK;
}

/* One more in the history. Nothing of one process is compared with another: a recording may go on
   with the one that took over, and what we started may execute another program. */
static enum status keep(struct stream *st, const struct snapshot *s)
{
	const struct snapshot *before = history_get(st->history, 0);
	if (before && (!snapshot_same_process(before, s) || before->state == TARGET_EXITED ||
	               s->monotonic_ns < before->monotonic_ns)) {
		struct history *fresh = history_create_whole(RECORD_HISTORY_NS, RECORD_HISTORY_BYTES);
		if (!fresh) {
			snapshot_unref(s);
			return STATUS_FAILED;
		}
		history_destroy(st->history);
		st->history = fresh;
	}
	return history_add(st->history, s);
}

static void tell(const char *sentence, void *arg)
{
	(void)arg;
	schedtrace_comment(stderr, sentence);
}

/* What can not be kept is told at once; the lines go on, and the status says it at last. */
static void record(struct stream *st, const struct snapshot *s)
{
	keeper_add(&st->keeper, s, tell, NULL);
}

static enum status on_snapshot(struct stream *st, const struct snapshot *s, struct error *error)
{
	enum status status = keep(st, s);
	if (status != STATUS_OK)
		return error_no_memory(error);
	record(st, s);
	if (s->state == TARGET_EXITED) {
		const char *why = s->trouble[ORIGIN_OS];
		char name[96];
		snapshot_name(s, name, sizeof name);
		return *why ? error_set(error, STATUS_EXITED, "%s", why)
		            : error_set(error, STATUS_EXITED, "%s has exited", name);
	}
	trouble_log_tell(&st->trouble, s);
	st->answered |= s->sched_at.origin != ORIGIN_NONE || s->runtime_at.origin != ORIGIN_NONE;
	if (st->options->json) {
		/* The first one is the base that the derived numbers of the second need. */
		if (history_count(st->history) == 1)
			return STATUS_OK;
		status = print_json(st, error);
	} else {
		schedtrace_print(stdout, s, st->attach_ns, st->options->detail);
	}
	st->printed++;
	if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout)))
		status = error_set(error, STATUS_FAILED, OUTPUT_LOST "%s", strerror(errno));
	return status;
}

static bool is_done(const struct stream *st)
{
	return st->options->iterations && st->printed >= st->options->iterations;
}

static void wake(void *arg)
{
	sem_post(arg);
}

static enum status stream_all(struct stream *st, sem_t *news, struct error *error)
{
	enum status status = STATUS_OK;
	while (status == STATUS_OK && !is_done(st)) {
		const struct snapshot *s = feed_take(st->feed);
		if (s)
			status = on_snapshot(st, s, error);
		else
			while (sem_wait(news) != 0 && errno == EINTR)
				;
	}
	return status;
}

/* A source that was asked for by name and never delivered has failed, though the lines are there.
 */
static enum status judge_answers(const struct stream *st, struct error *error)
{
	if (st->answered || st->options->source == SOURCE_AUTO)
		return STATUS_OK;
	if (st->trouble.any)
		return STATUS_FAILED; /* the reason stands on stderr already */
	char subject[96];
	subject_of(st->options, subject, sizeof subject);
	return error_set(error, STATUS_FAILED, "the %s told nothing about %s in time",
	                 st->options->source == SOURCE_AGENT ? "agent" : "memory", subject);
}

/* Until it ends, executes another program, or enough is printed. */
static enum status stream_program(struct stream *st, sem_t *news, struct error *error)
{
	const struct options *o = st->options;
	struct collector *collector = NULL;
	struct collector_options options = {
		.pid = o->pid,
		.url = o->url,
		.text = o->text,
		.choice = o->source,
		.interval_ns = o->delay_ns,
		.lanes = o->json || o->record,
		.feed = st->feed,
	};
	enum status status = collector_create(&collector, &options, error);
	if (status == STATUS_OK)
		status = keeper_open(&st->keeper, o, error);
	if (status == STATUS_OK)
		status = collector_start(collector, error);
	if (status == STATUS_OK)
		status = stream_all(st, news, error);
	if (status == STATUS_OK)
		status = judge_answers(st, error);
	collector_destroy(collector);
	return status;
}

/* What we have started is watched through the programs that it executes. */
static enum status stream_process(struct stream *st, struct error *error)
{
	const struct options *o = st->options;
	sem_t news;
	sem_init(&news, 0, 0);
	st->feed = feed_create(wake, &news);
	enum status status = st->feed ? STATUS_OK : error_no_memory(error);
	for (bool more = status == STATUS_OK; more;) {
		status = stream_program(st, &news, error);
		more = status == STATUS_EXITED && o->program;
		if (more)
			status = await_program(o->pid, o->source, error);
		more = more && status == STATUS_OK;
	}
	feed_destroy(st->feed);
	sem_destroy(&news);
	struct error missing = {0};
	if (keeper_close(&st->keeper, &missing) != STATUS_OK && status == STATUS_OK)
		status = error_set(error, missing.status, "%s", missing.text);
	return status;
}

/* As fast as it can be read. A line that is damaged is told and passed over. */
static enum status stream_recording(struct stream *st, struct error *error)
{
	struct recording *recording;
	struct snapshot *s;
	enum status status = recording_open(&recording, st->options->replay, error);
	if (status != STATUS_OK)
		return status;
	while (!is_done(st)) {
		status = recording_next(recording, &s, error);
		if (status == STATUS_DAMAGED) {
			schedtrace_comment(stderr, error->text);
			status = STATUS_OK;
			continue;
		}
		if (status != STATUS_OK || !s)
			break;
		if (!st->attach_ns)
			st->attach_ns = s->monotonic_ns;
		status = on_snapshot(st, s, error);
		if (status == STATUS_EXITED)
			schedtrace_comment(stderr, error->text); /* and what follows is another one */
		else if (status != STATUS_OK)
			break;
		status = STATUS_OK;
	}
	if (status == STATUS_OK)
		status = recording_judge(recording, error);
	recording_close(recording);
	return status;
}

enum status command_stream(const struct options *o, struct error *error)
{
	struct stream st = {
		.options = o,
		.history = history_create_whole(RECORD_HISTORY_NS, RECORD_HISTORY_BYTES),
		.attach_ns = o->replay ? 0 : clock_monotonic_ns(),
	};
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	enum status status = STATUS_OK;
	if (!st.history)
		status = error_no_memory(error);
	else
		status = o->replay ? stream_recording(&st, error) : stream_process(&st, error);
	history_destroy(st.history);
	return status;
}
