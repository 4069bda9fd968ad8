#include "collect/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "metrics/history.h"
#include "metrics/json.h"
#include "util/text.h"

#define PATIENCE_MS 1000

struct recorder {
	char shown[256]; /* the file, printable */
	int fd;
	struct history *history;
	uint64_t lines;
	struct error failure; /* why there are no more; status OK: there are */
};

enum status recorder_create(struct recorder **out, const char *path, struct error *error)
{
	struct recorder *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	text_clean(r->shown, sizeof r->shown, path, strlen(path));
	r->history = history_create_whole(RECORD_HISTORY_NS, RECORD_HISTORY_BYTES);
	r->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	enum status status = STATUS_OK;
	if (!r->history)
		status = error_no_memory(error);
	else if (r->fd < 0)
		status = error_set(error, errno == EACCES ? STATUS_PERMISSION : STATUS_FAILED,
		                   "can't record to %s: %s", r->shown, strerror(errno));
	if (status != STATUS_OK) {
		recorder_destroy(r, NULL);
		return status;
	}
	*out = r;
	return STATUS_OK;
}

/* A pipe whose reader is gone must end the recording and not us. */
static ssize_t write_some(int fd, const char *data, size_t size)
{
	const struct timespec at_once = {0};
	sigset_t pipe_only, before;
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	ssize_t n = write(fd, data, size);
	int why = errno;
	if (n < 0 && why == EPIPE)
		sigtimedwait(&pipe_only, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return n;
}

/* A full pipe whose reader sleeps is waited for a moment, not for ever. */
static bool write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write_some(fd, data, size);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd room = {.fd = fd, .events = POLLOUT};
			if (poll(&room, 1, PATIENCE_MS) > 0)
				continue;
			errno = EAGAIN;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

/* A line goes out in one piece, so that a reader who follows never sees half of one for long: its
   terminator becomes the newline. Half a line on a full disk is taken back, if that can be done. */
static bool write_line(const struct recorder *r, char *line, bool *cut)
{
	size_t size = strlen(line);
	off_t begin = lseek(r->fd, 0, SEEK_CUR);
	line[size] = '\n';
	if (write_all(r->fd, line, size + 1))
		return true;
	int why = errno;
	*cut = begin >= 0 && ftruncate(r->fd, begin) != 0;
	errno = why;
	return false;
}

/* The line of the newest snapshot. Nothing of one process is compared with another. */
static char *encode(struct recorder *r, const struct snapshot *s)
{
	const struct snapshot *before = history_get(r->history, 0);
	if (before && !snapshot_same_process(before, s)) {
		struct history *fresh = history_create_whole(RECORD_HISTORY_NS, RECORD_HISTORY_BYTES);
		if (!fresh)
			return NULL;
		history_destroy(r->history);
		r->history = fresh;
	}
	return history_add(r->history, snapshot_ref(s)) == STATUS_OK ? json_encode(r->history) : NULL;
}

enum status recorder_add(struct recorder *r, const struct snapshot *s, struct error *error)
{
	if (r->failure.status != STATUS_OK)
		return STATUS_OK;
	char *line = encode(r, s);
	bool cut = false;
	if (!line)
		error_no_memory(&r->failure);
	else if (write_line(r, line, &cut))
		r->lines++;
	else
		error_set(&r->failure, STATUS_FAILED,
		          "the recording %s ends after %" PRIu64 " snapshots: %s%s", r->shown, r->lines,
		          strerror(errno), cut ? "; its last line is cut off" : "");
	free(line);
	return r->failure.status == STATUS_OK
	           ? STATUS_OK
	           : error_set(error, r->failure.status, "%s", r->failure.text);
}

enum status recorder_destroy(struct recorder *r, struct error *error)
{
	if (!r)
		return STATUS_OK;
	/* Network file systems tell of a full disk only now. */
	if (r->fd >= 0 && close(r->fd) != 0 && r->failure.status == STATUS_OK)
		error_set(&r->failure, STATUS_FAILED, "the recording %s is not complete: %s", r->shown,
		          strerror(errno));
	struct error failure = r->failure;
	history_destroy(r->history);
	free(r);
	return failure.status == STATUS_OK ? STATUS_OK
	                                   : error_set(error, failure.status, "%s", failure.text);
}
