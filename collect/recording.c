#include "collect/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metrics/json.h"
#include "util/text.h"

/* A snapshot of thousands of threads takes a tenth of it. What is longer is read over, not kept. */
#define LINE_MAX_BYTES ((size_t)16 << 20)
#define CHUNK          ((size_t)64 << 10)
#define COMPLAINTS_MAX 8

struct recording {
	char shown[256]; /* its name, printable */
	int fd, cancel_fd;
	bool ended;
	char *buffer; /* [begin, end) is read and not yet taken */
	size_t begin, end, capacity;
	size_t searched; /* bytes of it that hold no newline */
	uint64_t lines, damaged;
	struct error complaint[COMPLAINTS_MAX]; /* of the first damaged lines */
	int64_t newest_ns;                      /* monotonic, of the snapshot before; -1: none */
};

static enum status open_path(struct recording *r, const char *path, struct error *error)
{
	struct stat info;
	r->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	                               : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd >= 0 && fstat(r->fd, &info) == 0 && S_ISDIR(info.st_mode)) {
		close(r->fd);
		r->fd = -1;
		errno = EISDIR;
	}
	if (r->fd >= 0)
		return STATUS_OK;
	enum status status = errno == ENOENT || errno == ENOTDIR ? STATUS_NO_TARGET
	                     : errno == EACCES                   ? STATUS_PERMISSION
	                                                         : STATUS_FAILED;
	return error_set(error, status, "can't read the recording %s: %s", r->shown, strerror(errno));
}

enum status recording_open(struct recording **out, const char *path, struct error *error)
{
	struct recording *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	r->fd = r->cancel_fd = -1;
	r->newest_ns = -1;
	text_clean(r->shown, sizeof r->shown, path, strlen(path));
	if (strcmp(path, "-") == 0)
		strcpy(r->shown, "standard input");
	enum status status = open_path(r, path, error);
	if (status == STATUS_OK) {
		r->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (r->cancel_fd < 0)
			status = error_set(error, STATUS_FAILED, "can't read the recording %s: %s", r->shown,
			                   strerror(errno));
	}
	if (status != STATUS_OK) {
		recording_close(r);
		return status;
	}
	*out = r;
	return STATUS_OK;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	if (r->cancel_fd >= 0)
		close(r->cancel_fd);
	free(r->buffer);
	free(r);
}

void recording_cancel(struct recording *r)
{
	uint64_t one = 1;
	while (write(r->cancel_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* Until there is something to read, or nobody wants it any more: false. */
static bool wait_for_bytes(const struct recording *r)
{
	struct pollfd both[] = {{.fd = r->fd, .events = POLLIN},
	                        {.fd = r->cancel_fd, .events = POLLIN}};
	while (poll(both, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !both[1].revents;
}

static enum status make_room(struct recording *r, struct error *error)
{
	if (r->begin > 0) {
		memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
		r->end -= r->begin;
		r->begin = 0;
	}
	if (r->capacity - r->end >= CHUNK)
		return STATUS_OK;
	size_t capacity = r->capacity ? r->capacity * 2 : 2 * CHUNK;
	char *buffer = realloc(r->buffer, capacity);
	if (!buffer)
		return error_no_memory(error);
	r->buffer = buffer;
	r->capacity = capacity;
	return STATUS_OK;
}

static enum status read_more(struct recording *r, struct error *error)
{
	if (make_room(r, error) != STATUS_OK)
		return STATUS_FAILED;
	if (!wait_for_bytes(r)) {
		r->ended = true;
		r->begin = r->end; /* what was cut off by a cancel is no damage */
		return STATUS_OK;
	}
	ssize_t n;
	do
		n = read(r->fd, r->buffer + r->end, r->capacity - r->end);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		r->ended = true;
		return error_set(error, STATUS_FAILED, "can't read the recording %s: %s", r->shown,
		                 strerror(errno));
	}
	r->ended = n == 0;
	r->end += (size_t)n;
	return STATUS_OK;
}

/* Takes one line out of the buffer, without its newline. At the end *line is NULL. Of a line that
   is too long what has been read is thrown away, and *size is more than LINE_MAX_BYTES. */
static enum status next_line(struct recording *r, char **line, size_t *size, struct error *error)
{
	size_t lost = 0;
	for (;;) {
		size_t length = r->end - r->begin;
		char *begin = r->buffer + r->begin;
		char *newline =
			length > r->searched ? memchr(begin + r->searched, '\n', length - r->searched) : NULL;
		if (newline || (r->ended && (length > 0 || lost > 0))) {
			size_t taken = newline ? (size_t)(newline - begin) : length;
			*line = begin;
			*size = taken + lost;
			r->begin += taken + (newline ? 1 : 0);
			r->searched = 0;
			return STATUS_OK;
		}
		r->searched = length;
		if (length > LINE_MAX_BYTES) {
			lost += length;
			r->begin = r->end = r->searched = 0;
		}
		*line = NULL;
		if (r->ended)
			return STATUS_OK;
		if (read_more(r, error) != STATUS_OK)
			return STATUS_FAILED;
	}
}

static bool is_blank(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!strchr(" \t\r", line[i]) || !line[i])
			return false;
	return true;
}

/* What a line says, in the order of time. */
static enum status read_line(struct recording *r, const char *line, size_t size,
                             struct snapshot **out, struct error *error)
{
	if (size > LINE_MAX_BYTES)
		return error_set(error, STATUS_DAMAGED, "it is longer than any snapshot");
	struct snapshot *s = NULL;
	enum status status = json_decode(line, size, &s, error);
	if (status != STATUS_OK || !s)
		return status;
	if (s->monotonic_ns < r->newest_ns) {
		snapshot_unref(s);
		return error_set(error, STATUS_DAMAGED, "it is older than the one before");
	}
	r->newest_ns = s->monotonic_ns;
	*out = s;
	return STATUS_OK;
}

enum status recording_next(struct recording *r, struct snapshot **out, struct error *error)
{
	char *line;
	size_t size;
	struct error why = {0};
	*out = NULL;
	do {
		enum status status = next_line(r, &line, &size, error);
		if (status != STATUS_OK || !line)
			return status;
		r->lines++;
	} while (is_blank(line, size));
	enum status status = read_line(r, line, size, out, &why);
	if (status != STATUS_DAMAGED)
		return status == STATUS_OK ? status : error_set(error, status, "%s", why.text);
	struct error complaint;
	error_set(&complaint, STATUS_DAMAGED, "%s, line %" PRIu64 ": %s", r->shown, r->lines, why.text);
	if (r->damaged < COMPLAINTS_MAX)
		r->complaint[r->damaged] = complaint;
	r->damaged++;
	return error_set(error, STATUS_DAMAGED, "%s", complaint.text);
}

const char *recording_complaint(const struct recording *r, size_t i)
{
	return i < COMPLAINTS_MAX && i < r->damaged ? r->complaint[i].text : NULL;
}

enum status recording_judge(const struct recording *r, struct error *error)
{
	if (r->damaged == 0)
		return STATUS_OK;
	return error_set(error, STATUS_DAMAGED,
	                 "%" PRIu64 " of %" PRIu64 " lines of %s are damaged; the others were played",
	                 r->damaged, r->lines, r->shown);
}
