/* Snapshots as lines on stdout, of a process, out of what it printed or out of a recording. */
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "cli/await.h"
#include "cli/commands.h"
#include "cli/keeper.h"
#include "collect/lane_sink.h"
#include "collect/recorder.h"
#include "collect/recording.h"
#include "collect/tail.h"
#include "metrics/history.h"
#include "metrics/json.h"
#include "metrics/schedtrace.h"
#include "util/clock.h"

/* Snapshots in a row for which there was no memory: it will not come back soon. */
#define MISSED_MAX 3

struct stream {
	const struct options *options;
	int damages; /* of a recording, that were told */
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
		else if (feed_missed(st->feed) >= MISSED_MAX)
			status = error_no_memory(error);
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
	                 source_words[st->options->source], subject);
}

/* Until it ends, executes another program, or enough is printed. */
static enum status stream_program(struct stream *st, sem_t *news, struct error *error)
{
	const struct options *o = st->options;
	struct collector *collector = NULL;
	struct collector_options options = collector_options_of(o, st->feed);
	options.lanes = o->json || o->record;
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

/* The recording is complete, or says why not. */
static enum status conclude(struct stream *st, enum status status, struct error *error)
{
	struct error missing = {0};
	if (keeper_close(&st->keeper, &missing) != STATUS_OK && status == STATUS_OK)
		status = error_set(error, missing.status, "%s", missing.text);
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
	return conclude(st, status, error);
}

/* --- a text ---------------------------------------------------------------------------------- */

struct text_stream {
	struct stream *st;
	struct lane_sink sink;
	char where[sizeof((struct snapshot *)0)->where];
	enum status status;
	struct error *error;
};

static void on_text(struct snapshot *s, void *arg)
{
	struct text_stream *text = arg;
	if (text->status != STATUS_OK || is_done(text->st)) {
		snapshot_unref(s);
		return;
	}
	memcpy(s->where, text->where, sizeof s->where);
	s->wall_ns = clock_wall_ns() - (clock_monotonic_ns() - s->monotonic_ns);
	text->sink.period_ns = s->interval_ns;
	lane_sink_add_rows(&text->sink, s);
	lane_sink_take(&text->sink, s->monotonic_ns, &s->lanes);
	text->status = on_snapshot(text->st, s, text->error);
}

/* Until it ends; a file that is not followed ends at once, but no line of it is left out. */
static enum status read_text(struct text_stream *text, struct tail *tail)
{
	int64_t start_ns = clock_monotonic_ns();
	bool silent = false;
	while (text->status == STATUS_OK && !is_done(text->st)) {
		enum tail_news news = tail_read(tail, text->error);
		if (news == TAIL_ENDED)
			break;
		if (news == TAIL_QUIET)
			tail_wait(tail, NS_PER_S);
		int64_t waited_ns = clock_monotonic_ns() - start_ns;
		if (!silent && tail_count(tail) == 0 && waited_ns > 2 * NS_PER_S) {
			char sentence[256];
			silent = true;
			tail_explain_silence(text->where, waited_ns, sentence, sizeof sentence);
			schedtrace_comment(stderr, sentence);
		}
	}
	if (text->status == STATUS_OK && text->error->text[0])
		text->status = text->error->status;
	if (text->status == STATUS_OK && tail_count(tail) == 0 && !silent) {
		char sentence[256];
		tail_explain_silence(text->where, 0, sentence, sizeof sentence);
		return error_set(text->error, STATUS_FAILED, "%s", sentence);
	}
	return text->status == STATUS_OK && silent && tail_count(tail) == 0 ? STATUS_FAILED
	                                                                    : text->status;
}

static enum status stream_text(struct stream *st, struct error *error)
{
	struct target target;
	struct tail *tail = NULL;
	struct text_stream text = {.st = st, .error = error};
	const struct tail_options options = {
		.path = st->options->text,
		.past = TAIL_PAST_ALL,
		.follow = st->options->follow,
		.snapshot = on_text,
		.arg = &text,
	};
	target_of_text(&target, st->options->text);
	memcpy(text.where, target.where, sizeof text.where);
	lane_sink_init(&text.sink, NS_PER_S, INT64_MAX);
	text.status = tail_open(&tail, &options, error);
	if (text.status == STATUS_OK)
		text.status = keeper_open(&st->keeper, st->options, error);
	if (text.status == STATUS_OK)
		text.status = read_text(&text, tail);
	tail_close(tail);
	lane_sink_finish(&text.sink);
	return conclude(st, text.status, error);
}

/* --- a recording ----------------------------------------------------------------------------- */

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
			tell_damage(&st->damages, error->text);
			status = STATUS_OK;
			continue;
		}
		if (status != STATUS_OK || !s)
			break;
		if (!st->attach_ns)
			st->attach_ns = schedtrace_origin(s);
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
		status = o->replay                           ? stream_recording(&st, error)
		         : o->text && !o->pid && !o->program ? stream_text(&st, error)
		                                             : stream_process(&st, error);
	history_destroy(st.history);
	return status;
}
