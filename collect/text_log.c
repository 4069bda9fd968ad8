#include "collect/text_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "metrics/schedtrace.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/write.h"

struct text_log {
	char shown[256]; /* the directory, printable */
	struct rotation *rotation;
	bool detail;
	int fd; /* the rotation's; -1: none yet */
	uint64_t bytes;
	struct snapshot *before; /* the one that was written last; NULL: none */
	int64_t attach_ns;       /* 0 ms of its process */
	uint64_t lines, missing;
	bool failing;
	struct error failure;
};

enum status text_log_create(struct text_log **out, const char *directory, bool detail,
                            const struct rotation_limits *limits, struct error *error)
{
	struct text_log *log = calloc(1, sizeof *log);
	*out = NULL;
	if (!log)
		return error_no_memory(error);
	text_clean(log->shown, sizeof log->shown, directory, strlen(directory));
	log->detail = detail;
	log->fd = -1;
	enum status status = rotation_create(&log->rotation, directory, ROTATION_LOG, limits, error);
	if (status == STATUS_OK)
		*out = log;
	else
		text_log_destroy(log, NULL);
	return status;
}

/* What the numbers of the file are of. */
static void print_beginning(FILE *out, const struct text_log *log, const struct snapshot *s)
{
	char name[sizeof s->where], when[32] = "", sentence[sizeof s->where + 256];
	int64_t wall_ns = s->wall_ns - (s->monotonic_ns - log->attach_ns);
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm utc;
	if (gmtime_r(&seconds, &utc))
		strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
	snapshot_name(s, name, sizeof name);
	snprintf(sentence, sizeof sentence, "%s, %s, %s: 0ms is %s.%03dZ", s->program, name,
	         s->go_version, when, (int)(wall_ns % NS_PER_S / NS_PER_MS));
	schedtrace_comment(out, sentence);
}

static void print_snapshot(FILE *out, const struct text_log *log, const struct snapshot *s,
                           bool begins)
{
	const struct snapshot *before = begins ? NULL : log->before;
	if (begins)
		print_beginning(out, log, s);
	for (int i = 0; i < ORIGIN_COUNT; i++)
		if (s->trouble[i][0] && (!before || strcmp(s->trouble[i], before->trouble[i]) != 0))
			schedtrace_comment(out, s->trouble[i]);
	if (s->state == TARGET_EXITED)
		schedtrace_comment(out, "the process has exited");
	else
		schedtrace_print(out, s, log->attach_ns, log->detail);
}

/* All of it, or nothing is left. */
static enum status append(struct text_log *log, const char *text, size_t size, struct error *error)
{
	if (!write_whole_at(log->fd, text, size, log->bytes)) {
		int why = errno;
		if (ftruncate(log->fd, (off_t)log->bytes) != 0)
			why = errno;
		return error_set(error, STATUS_FAILED, "%s", strerror(why));
	}
	log->bytes += size;
	return STATUS_OK;
}

/* When 0 ms of its lines was: now, or what a program says that prints such lines itself. */
static int64_t zero_of(const struct snapshot *s)
{
	int64_t ms = 0;
	fields_get(&s->sched, SCHED_TRACE_MS, &ms);
	return (s->sched_at.origin ? s->sched_at.at_ns : s->monotonic_ns) - ms * NS_PER_MS;
}

static enum status write_snapshot(struct text_log *log, const struct snapshot *s,
                                  struct error *error)
{
	bool due = rotation_is_due(log->rotation, s->pid, s->wall_ns, log->bytes);
	if (due) {
		enum status status =
			rotation_next(log->rotation, s->program, s->pid, s->wall_ns, &log->fd, error);
		if (status != STATUS_OK)
			return status;
		log->bytes = 0;
	}
	if (!log->before || !snapshot_same_process(log->before, s))
		log->attach_ns = zero_of(s);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return error_no_memory(error);
	print_snapshot(out, log, s, log->bytes == 0);
	bool good = text_stream_close(out, &text);
	enum status status = good ? append(log, text, size, error) : error_no_memory(error);
	free(text);
	return status;
}

enum status text_log_add(struct text_log *log, const struct snapshot *s, struct error *error)
{
	struct error why = {0};
	bool failed_before = log->failing;
	log->failing = write_snapshot(log, s, &why) != STATUS_OK;
	snapshot_unref(log->before);
	log->before = snapshot_ref(s);
	if (!log->failing) {
		log->lines++;
		return failed_before ? error_set(error, STATUS_FAILED,
		                                 "the log in %s goes on; it lacks %" PRIu64 " snapshots",
		                                 log->shown, log->missing)
		                     : STATUS_OK;
	}
	log->missing++;
	if (failed_before)
		return STATUS_OK;
	log->failure = why;
	return error_set(error, STATUS_FAILED,
	                 "the log in %s stands still after %" PRIu64 " snapshots: %s", log->shown,
	                 log->lines, why.text);
}

enum status text_log_destroy(struct text_log *log, struct error *error)
{
	if (!log)
		return STATUS_OK;
	enum status status = STATUS_OK;
	if (log->missing)
		status = error_set(error, STATUS_FAILED,
		                   "the log in %s lacks %" PRIu64 " of %" PRIu64 " snapshots: %s",
		                   log->shown, log->missing, log->missing + log->lines, log->failure.text);
	rotation_destroy(log->rotation);
	snapshot_unref(log->before);
	free(log);
	return status;
}
