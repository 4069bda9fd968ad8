/* Snapshots as lines on stdout. */
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "metrics/history.h"
#include "metrics/json.h"
#include "metrics/schedtrace.h"
#include "util/clock.h"

/* Enough for the windows of the derived numbers: a minute, and some. */
#define HISTORY_NS    (90 * NS_PER_S)
#define HISTORY_BYTES (8U << 20)

struct stream {
	const struct options *options;
	struct feed *feed;
	struct history *history;
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

static enum status on_snapshot(struct stream *st, const struct snapshot *s, struct error *error)
{
	bool first = history_count(st->history) == 0;
	enum status status = history_add(st->history, s);
	if (status != STATUS_OK)
		return error_no_memory(error);
	trouble_log_tell(&st->trouble, s);
	st->answered |= s->sched_at.origin != ORIGIN_NONE || s->runtime_at.origin != ORIGIN_NONE;
	if (s->state == TARGET_EXITED)
		return error_set(error, STATUS_EXITED, "process %d has exited", (int)s->pid);
	if (st->options->json) {
		/* The first one is the base that the derived numbers of the second need. */
		if (first)
			return STATUS_OK;
		status = print_json(st, error);
	} else {
		schedtrace_print(stdout, s, st->attach_ns, st->options->detail);
	}
	st->printed++;
	if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout)))
		status =
			error_set(error, STATUS_FAILED, "the output can't be written: %s", strerror(errno));
	return status;
}

static void wake(void *arg)
{
	sem_post(arg);
}

static enum status stream_all(struct stream *st, sem_t *news, struct error *error)
{
	enum status status = STATUS_OK;
	while (status == STATUS_OK &&
	       (!st->options->iterations || st->printed < st->options->iterations)) {
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
	return error_set(error, STATUS_FAILED, "the %s told nothing about process %d in time",
	                 st->options->source == SOURCE_AGENT ? "agent" : "memory",
	                 (int)st->options->pid);
}

enum status command_stream(const struct options *o, struct error *error)
{
	sem_t news;
	sem_init(&news, 0, 0);
	struct stream st = {
		.options = o,
		.feed = feed_create(wake, &news),
		.history = history_create(HISTORY_NS, HISTORY_BYTES),
		.attach_ns = clock_monotonic_ns(),
	};
	struct collector *collector = NULL;
	struct collector_options options = {
		.pid = o->pid,
		.choice = o->source,
		.interval_ns = o->delay_ns,
		.lanes = o->json,
		.feed = st.feed,
	};
	enum status status = st.feed && st.history ? STATUS_OK : error_no_memory(error);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (status == STATUS_OK)
		status = collector_create(&collector, &options, error);
	if (status == STATUS_OK)
		status = collector_start(collector, error);
	if (status == STATUS_OK)
		status = stream_all(&st, &news, error);
	if (status == STATUS_OK)
		status = judge_answers(&st, error);
	collector_destroy(collector);
	feed_destroy(st.feed);
	history_destroy(st.history);
	sem_destroy(&news);
	return status;
}
