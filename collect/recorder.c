#include "collect/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/frame_writer.h"
#include "metrics/history.h"
#include "metrics/json.h"
#include "util/text.h"

#define PATIENCE_MS 1000

struct recorder {
	char shown[256];             /* the file or the directory, printable */
	int fd;                      /* -1: none is open */
	bool regular;                /* what could not be written is taken back, and tried again */
	struct rotation *rotation;   /* NULL: one file */
	struct frame_writer *frames; /* NULL: plain lines, with what is derived from this: */
	struct history *history;
	uint64_t lines, missing;
	bool failing, over;   /* the last one could not be written; and none ever will */
	struct error failure; /* why snapshots are missing; status OK: none is */
};

/* --- opening --------------------------------------------------------------------------------- */

static bool has_suffix(const char *path, const char *suffix)
{
	size_t length = strlen(path), n = strlen(suffix);
	return length > n && strcmp(path + length - n, suffix) == 0;
}

static bool is_plain(const char *path)
{
	return has_suffix(path, ".json") || has_suffix(path, ".ndjson") || has_suffix(path, ".jsonl");
}

static enum status cant_record(const struct recorder *r, struct error *error)
{
	return error_set(error, errno == EACCES ? STATUS_PERMISSION : STATUS_FAILED,
	                 "can't record to %s: %s", r->shown, strerror(errno));
}

/* Two that write to one file would leave what nobody can read; the lock dies with us. Where there
   are no locks, nothing speaks against it. */
static enum status claim(struct recorder *r, struct error *error)
{
	if (flock(r->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return error_set(error, STATUS_FAILED,
		                 "another schedtop records to %s already: give this one a file of its own",
		                 r->shown);
	return ftruncate(r->fd, 0) == 0 ? STATUS_OK : cant_record(r, error);
}

static enum status open_file(struct recorder *r, const char *path, struct error *error)
{
	struct stat info;
	r->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (r->fd < 0 || fstat(r->fd, &info) != 0)
		return cant_record(r, error);
	r->regular = S_ISREG(info.st_mode);
	enum status status = r->regular ? claim(r, error) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	if (r->regular && !is_plain(path))
		return frame_writer_create(&r->frames, r->fd, error);
	r->history = history_create_whole(RECORD_HISTORY_NS, RECORD_HISTORY_BYTES);
	return r->history ? STATUS_OK : error_no_memory(error);
}

enum status recorder_create(struct recorder **out, const char *path,
                            const struct rotation_limits *limits, struct error *error)
{
	struct recorder *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	r->fd = -1;
	r->regular = true;
	text_clean(r->shown, sizeof r->shown, path, strlen(path));
	enum status status =
		rotation_is_directory(path)
			? rotation_create(&r->rotation, path, ROTATION_RECORDING, limits, error)
			: open_file(r, path, error);
	if (status == STATUS_OK)
		*out = r;
	else
		recorder_destroy(r, NULL);
	return status;
}

/* --- plain lines ----------------------------------------------------------------------------- */

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

/* A line goes out in one piece, so that a reader who follows never sees half of one for long. Half
   a line on a full disk is taken back, if that can be done. */
static enum status write_line(struct recorder *r, const char *line, size_t size,
                              struct error *error)
{
	off_t begin = lseek(r->fd, 0, SEEK_CUR);
	if (write_all(r->fd, line, size))
		return STATUS_OK;
	int why = errno;
	bool cut = begin >= 0 && ftruncate(r->fd, begin) != 0;
	if (begin >= 0)
		lseek(r->fd, begin, SEEK_SET);
	r->over = !r->regular || cut;
	return error_set(error, STATUS_FAILED, "%s%s", strerror(why),
	                 cut ? "; its last line is cut off" : "");
}

/* The line of the newest snapshot with what is derived. Nothing of one process is compared with
   another. */
static char *encode_derived(struct recorder *r, const struct snapshot *s)
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

/* --- adding ---------------------------------------------------------------------------------- */

/* Ends the file of a directory that is full or old enough, and begins the next. */
static enum status rotate(struct recorder *r, const struct snapshot *s, struct error *error)
{
	uint64_t bytes = r->frames ? frame_writer_bytes(r->frames) : 0;
	if (r->frames && !rotation_is_due(r->rotation, s->pid, s->wall_ns, bytes))
		return STATUS_OK;
	if (r->frames)
		frame_writer_finish(r->frames, NULL); /* a file without its index is as good */
	frame_writer_destroy(r->frames);
	r->frames = NULL;
	enum status status = rotation_next(r->rotation, s->program, s->pid, s->wall_ns, &r->fd, error);
	return status == STATUS_OK ? frame_writer_create(&r->frames, r->fd, error) : status;
}

static enum status write_snapshot(struct recorder *r, const struct snapshot *s, struct error *error)
{
	enum status status = r->rotation ? rotate(r, s, error) : STATUS_OK;
	if (status != STATUS_OK)
		return status;
	char *line = r->frames ? json_encode_raw(s) : encode_derived(r, s);
	if (!line)
		return error_no_memory(error);
	size_t size = strlen(line) + 1;
	line[size - 1] = '\n'; /* in place of its terminator */
	if (r->frames)
		status = frame_writer_add(r->frames, line, size, s->monotonic_ns, s->wall_ns, error);
	else
		status = write_line(r, line, size, error);
	free(line);
	return status;
}

enum status recorder_add(struct recorder *r, const struct snapshot *s, struct error *error)
{
	struct error why = {0};
	if (r->over)
		return STATUS_OK;
	bool failed_before = r->failing;
	r->failing = write_snapshot(r, s, &why) != STATUS_OK;
	if (!r->failing) {
		r->lines++;
		return failed_before ? error_set(error, STATUS_FAILED,
		                                 "the recording %s goes on; it lacks %" PRIu64 " snapshots",
		                                 r->shown, r->missing)
		                     : STATUS_OK;
	}
	r->missing++;
	if (failed_before)
		return STATUS_OK;
	r->failure = why;
	return error_set(error, STATUS_FAILED, "the recording %s %s after %" PRIu64 " snapshots: %s",
	                 r->shown, r->over ? "ends" : "stands still", r->lines, why.text);
}

enum status recorder_destroy(struct recorder *r, struct error *error)
{
	if (!r)
		return STATUS_OK;
	struct error failure = {0};
	if (r->failure.status != STATUS_OK && r->over)
		error_set(&failure, STATUS_FAILED, "the recording %s ends after %" PRIu64 " snapshots: %s",
		          r->shown, r->lines, r->failure.text);
	else if (r->failure.status != STATUS_OK)
		error_set(&failure, STATUS_FAILED,
		          "the recording %s lacks %" PRIu64 " of %" PRIu64 " snapshots: %s", r->shown,
		          r->missing, r->missing + r->lines, r->failure.text);
	if (r->frames)
		frame_writer_finish(r->frames, NULL); /* without its index it is as good */
	frame_writer_destroy(r->frames);
	/* Network file systems tell of a full disk only now. */
	if (!r->rotation && r->fd >= 0 && close(r->fd) != 0 && failure.status == STATUS_OK)
		error_set(&failure, STATUS_FAILED, "the recording %s is not complete: %s", r->shown,
		          strerror(errno));
	rotation_destroy(r->rotation);
	history_destroy(r->history);
	free(r);
	return failure.status == STATUS_OK ? STATUS_OK
	                                   : error_set(error, failure.status, "%s", failure.text);
}
