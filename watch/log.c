#include "watch/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/json.h"
#include "util/text.h"

#define PATIENCE_MS 200 /* with a reader that does not read */

struct watch_log {
	int fd; /* -1: nowhere */
	bool owned;
	atomic_bool torn; /* the last line has no end: the disk was full */
	char prefix[16];
};

enum status watch_log_create(struct watch_log **out, const char *path, int fd, const char *prefix,
                             struct error *error)
{
	char shown[256];
	struct watch_log *log = calloc(1, sizeof *log);
	if (!log)
		return error_no_memory(error);
	log->fd = fd;
	snprintf(log->prefix, sizeof log->prefix, "%s", path ? "" : prefix);
	if (path) {
		/* A pipe without a reader is not waited for. */
		log->fd =
			open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
		log->owned = true;
	}
	if (path && log->fd < 0) {
		int why = errno;
		text_clean(shown, sizeof shown, path, strlen(path));
		free(log);
		return error_set(error, why == EACCES ? STATUS_PERMISSION : STATUS_FAILED,
		                 "the sentinel can't log to %s: %s", shown, strerror(why));
	}
	*out = log;
	return STATUS_OK;
}

void watch_log_destroy(struct watch_log *log)
{
	if (!log)
		return;
	if (log->owned)
		close(log->fd);
	free(log);
}

void watch_log_time(char *to, size_t size, int64_t wall_ns)
{
	char day[32] = "0000-00-00T00:00:00";
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm utc;
	if (gmtime_r(&seconds, &utc))
		strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(to, size, "%s.%03dZ", day, (int)(wall_ns / NS_PER_MS % 1000));
}

json_t *watch_log_text(const char *text)
{
	char clean[1024];
	text_clean(clean, sizeof clean, text, strlen(text));
	return json_string_nocheck(clean);
}

/* Whoever reads it, and whatever becomes of that: nobody here waits for it. */
static void write_line(struct watch_log *log, const char *line, size_t size)
{
	struct pollfd ready = {.fd = log->fd, .events = POLLOUT};
	if (poll(&ready, 1, PATIENCE_MS) <= 0 || !(ready.revents & POLLOUT))
		return;
	ssize_t n;
	do
		n = write(log->fd, line, size);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		atomic_store(&log->torn, (size_t)n < size);
}

/* The line, to be freed; NULL when out of memory. */
static char *make_line(const struct watch_log *log, const char *before, const char *time,
                       const char *event, json_t *members)
{
	char *text = NULL, *line = NULL;
	json_t *object = json_object();
	json_put(&object, "time", json_string_nocheck(time));
	json_put(&object, "event", json_string_nocheck(event));
	if (object && members && json_object_update(object, members) == 0)
		text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	if (text && asprintf(&line, "%s%s%s\n", before, log->prefix, text) < 0)
		line = NULL;
	free(text);
	json_decref(object);
	return line;
}

void watch_log_event(struct watch_log *log, const char *event, json_t *members)
{
	char time[40], bare[160];
	if (log->fd >= 0) {
		const char *before = atomic_load(&log->torn) ? "\n" : "";
		watch_log_time(time, sizeof time, clock_wall_ns());
		char *line = make_line(log, before, time, event, members);
		if (!line)
			snprintf(bare, sizeof bare,
			         "%s%s{\"time\":\"%s\",\"event\":\"%s\",\"why\":\"out of memory\"}\n", before,
			         log->prefix, time, event);
		write_line(log, line ? line : bare, strlen(line ? line : bare));
		free(line);
	}
	json_decref(members);
}
