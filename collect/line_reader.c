#include "collect/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "collect/frames.h"
#include "util/bundle.h"
#include "util/text.h"

#define CHUNK       ((size_t)64 << 10)
#define FRAME_BEGIN ((size_t)5) /* bytes of a frame that tell how many more its head has */

/* What is read and not yet used: [begin, end). */
struct buffer {
	char *data;
	size_t begin, end, capacity;
};

struct line_reader {
	char shown[256]; /* its name, printable */
	int fd, cancel_fd;
	bool regular, looked; /* is it packed: that was found out */
	bool ended;           /* there are no more bytes of text */
	struct buffer text;
	size_t searched; /* bytes of it that hold no newline */
	size_t taken;    /* of the last line, for line_reader_unread */
	uint64_t lines;

	ZSTD_DStream *zstd; /* NULL: it is not packed */
	struct buffer packed;
	uint64_t offset;               /* of packed.end in the file */
	uint64_t frame_at, frame_text; /* where the newest frame begins, and what came out of it */
	bool file_ended;               /* there are no more packed bytes */
	bool in_frame;                 /* which has not ended yet */
	bool searching;                /* for the next frame, behind damage */
	size_t hint;                   /* packed bytes that it wants next; 0: a frame begins, or none */
};

/* --- opening --------------------------------------------------------------------------------- */

static enum status open_path(struct line_reader *r, const char *path, struct error *error)
{
	struct stat info;
	r->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
	                               : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd >= 0 && fstat(r->fd, &info) == 0) {
		r->regular = S_ISREG(info.st_mode);
		if (!S_ISDIR(info.st_mode))
			return bundle_narrow(&r->fd, r->shown, BUNDLE_PART_SNAPSHOTS, error);
		errno = EISDIR;
	}
	enum status status = errno == ENOENT || errno == ENOTDIR ? STATUS_NO_TARGET
	                     : errno == EACCES                   ? STATUS_PERMISSION
	                                                         : STATUS_FAILED;
	return error_set(error, status, "can't read the recording %s: %s", r->shown, strerror(errno));
}

enum status line_reader_open(struct line_reader **out, const char *path, int cancel_fd,
                             struct error *error)
{
	struct line_reader *r = calloc(1, sizeof *r);
	*out = NULL;
	if (!r)
		return error_no_memory(error);
	r->cancel_fd = cancel_fd;
	text_clean(r->shown, sizeof r->shown, path, strlen(path));
	if (strcmp(path, "-") == 0)
		strcpy(r->shown, "standard input");
	enum status status = open_path(r, path, error);
	if (status == STATUS_OK)
		*out = r;
	else
		line_reader_close(r);
	return status;
}

void line_reader_close(struct line_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	ZSTD_freeDStream(r->zstd);
	free(r->text.data);
	free(r->packed.data);
	free(r);
}

const char *line_reader_shown(const struct line_reader *r)
{
	return r->shown;
}

uint64_t line_reader_lines(const struct line_reader *r)
{
	return r->lines;
}

/* Frames are unpacked when there is no whole line left: what is, came out of the newest one. */
struct line_place line_reader_place(const struct line_reader *r)
{
	uint64_t left = r->text.end - r->text.begin;
	return r->zstd ? (struct line_place){r->frame_at, r->frame_text - left}
	               : (struct line_place){0, r->offset - left};
}

/* --- bytes ----------------------------------------------------------------------------------- */

static bool make_room(struct buffer *b)
{
	if (b->data && b->begin > 0) {
		memmove(b->data, b->data + b->begin, b->end - b->begin);
		b->end -= b->begin;
		b->begin = 0;
	}
	if (b->capacity - b->end >= CHUNK)
		return true;
	size_t capacity = b->capacity ? b->capacity * 2 : 2 * CHUNK;
	char *data = realloc(b->data, capacity);
	if (!data)
		return false;
	b->data = data;
	b->capacity = capacity;
	return true;
}

/* Until there is something to read, or nobody wants it any more: false. */
static bool wait_for_bytes(const struct line_reader *r)
{
	struct pollfd both[] = {{.fd = r->fd, .events = POLLIN},
	                        {.fd = r->cancel_fd, .events = POLLIN}};
	while (poll(both, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return !both[1].revents;
}

/* More bytes of the file; *ended when there are none. */
static enum status read_file(struct line_reader *r, struct buffer *to, bool *ended,
                             struct error *error)
{
	if (!make_room(to))
		return error_no_memory(error);
	if (!wait_for_bytes(r)) {
		/* What is cut off because nobody waits is no damage. */
		r->ended = r->file_ended = *ended = true;
		r->text.begin = r->text.end;
		r->in_frame = false;
		return STATUS_OK;
	}
	ssize_t n;
	do
		n = read(r->fd, to->data + to->end, to->capacity - to->end);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		r->ended = true;
		return error_set(error, STATUS_FAILED, "can't read the recording %s: %s", r->shown,
		                 strerror(errno));
	}
	*ended = n == 0;
	to->end += (size_t)n;
	r->offset += (uint64_t)n;
	return STATUS_OK;
}

/* --- frames ---------------------------------------------------------------------------------- */

/* The first bytes tell: a zstd frame, or one that is skipped, begins no line of JSON. */
static enum status look(struct line_reader *r, struct error *error)
{
	bool ended = false;
	while (!ended && r->text.end < 4) {
		enum status status = read_file(r, &r->text, &ended, error);
		if (status != STATUS_OK)
			return status;
	}
	r->looked = true;
	if (ended)
		r->ended = true;
	if (!frames_is_packed((const unsigned char *)r->text.data, r->text.end))
		return STATUS_OK;
	r->zstd = ZSTD_createDStream();
	r->packed = r->text;
	r->text = (struct buffer){0};
	r->ended = false;
	r->file_ended = ended;
	return r->zstd ? STATUS_OK : error_no_memory(error);
}

/* Steps over packed bytes up to the next frame; false: more are needed. */
static bool find_frame(struct line_reader *r)
{
	struct buffer *b = &r->packed;
	for (; b->end - b->begin >= 4; b->begin++)
		if (frames_read32((const unsigned char *)b->data + b->begin) == FRAMES_MAGIC) {
			ZSTD_DCtx_reset(r->zstd, ZSTD_reset_session_only);
			r->searching = false;
			return true;
		}
	if (r->file_ended)
		b->begin = b->end;
	return false;
}

/* Behind the last whole line nothing counts. */
static void drop_half_a_line(struct line_reader *r)
{
	struct buffer *b = &r->text;
	const char *newline = b->data ? memrchr(b->data + b->begin, '\n', b->end - b->begin) : NULL;
	b->end = newline ? (size_t)(newline - b->data) + 1 : b->begin;
	r->searched = 0;
}

/* Block by block: of a call that fails nothing comes out, and what is before the damage is good. */
static enum status unpack(struct line_reader *r, struct error *error)
{
	struct buffer *from = &r->packed, *to = &r->text;
	if (!make_room(to))
		return error_no_memory(error);
	size_t size = from->end - from->begin, wanted = r->hint ? r->hint : FRAME_BEGIN;
	if (size > wanted)
		size = wanted;
	ZSTD_inBuffer in = {from->data, from->begin + size, from->begin};
	ZSTD_outBuffer out = {to->data, to->capacity, to->end};
	uint64_t at = r->offset - (from->end - from->begin);
	if (!r->in_frame && size > 0) {
		r->frame_at = at;
		r->frame_text = 0;
	}
	size_t left = ZSTD_decompressStream(r->zstd, &out, &in);
	if (!ZSTD_isError(left)) {
		r->frame_text += out.pos - to->end;
		/* Where it stands between two frames it asks for the next one's beginning. */
		if (in.pos > from->begin || out.pos > to->end)
			r->in_frame = left != 0;
		from->begin = in.pos;
		to->end = out.pos;
		r->hint = left;
		return STATUS_OK;
	}
	from->begin += from->end > from->begin; /* the same frame is not begun again */
	r->in_frame = false;
	r->searching = true;
	r->hint = 0;
	drop_half_a_line(r);
	return error_set(error, STATUS_DAMAGED,
	                 "%s is damaged at byte %" PRIu64 ": reading goes on at the next frame",
	                 r->shown, at);
}

static enum status read_packed(struct line_reader *r, struct error *error)
{
	struct buffer *from = &r->packed;
	size_t wanted = r->searching ? 4 : 1;
	/* A decoder that holds more than there was room for gives it without new bytes. */
	if (!r->file_ended && from->end - from->begin < wanted) {
		enum status status = read_file(r, from, &r->file_ended, error);
		if (status != STATUS_OK || r->ended)
			return status;
	}
	if (r->searching && !find_frame(r)) {
		r->ended = r->file_ended;
		return STATUS_OK;
	}
	size_t begin = from->begin, text = r->text.end - r->text.begin;
	enum status status = unpack(r, error);
	if (status != STATUS_OK || from->begin > begin || r->text.end - r->text.begin > text ||
	    !r->file_ended)
		return status;
	r->ended = true;
	if (!r->in_frame)
		return STATUS_OK;
	r->in_frame = false;
	drop_half_a_line(r);
	return error_set(error, STATUS_DAMAGED, "%s is cut off at byte %" PRIu64, r->shown, r->offset);
}

/* --- lines ----------------------------------------------------------------------------------- */

static enum status read_more(struct line_reader *r, struct error *error)
{
	if (!r->looked)
		return look(r, error);
	return r->zstd ? read_packed(r, error) : read_file(r, &r->text, &r->ended, error);
}

enum status line_reader_next(struct line_reader *r, char **line, size_t *size, struct error *error)
{
	size_t lost = 0;
	for (;;) {
		struct buffer *b = &r->text;
		size_t length = b->end - b->begin;
		char *begin = b->data ? b->data + b->begin : NULL;
		char *newline = begin && length > r->searched
		                    ? memchr(begin + r->searched, '\n', length - r->searched)
		                    : NULL;
		if (newline || (r->ended && (length > 0 || lost > 0))) {
			size_t taken = newline ? (size_t)(newline - begin) : length;
			*line = begin;
			*size = lost > 0 ? LINE_BYTES_MAX + 1 : taken;
			r->taken = taken + (newline ? 1 : 0);
			b->begin += r->taken;
			r->searched = 0;
			r->lines++;
			return STATUS_OK;
		}
		r->searched = length;
		if (length > LINE_BYTES_MAX) {
			lost += length;
			b->begin = b->end = r->searched = 0;
		}
		*line = NULL;
		if (r->ended)
			return STATUS_OK;
		enum status status = read_more(r, error);
		if (status != STATUS_OK)
			return status;
	}
}

void line_reader_unread(struct line_reader *r)
{
	r->text.begin -= r->taken;
	r->lines -= r->taken ? 1 : 0;
	r->taken = 0;
}

int line_reader_seekable_fd(const struct line_reader *r)
{
	return r->regular ? r->fd : -1;
}

bool line_reader_is_packed(const struct line_reader *r)
{
	return r->zstd != NULL;
}

enum status line_reader_seek(struct line_reader *r, uint64_t offset, struct error *error)
{
	enum status status = r->looked ? STATUS_OK : look(r, error);
	if (status != STATUS_OK)
		return status;
	if (lseek(r->fd, (off_t)offset, SEEK_SET) < 0)
		return error_set(error, STATUS_FAILED, "can't read the recording %s: %s", r->shown,
		                 strerror(errno));
	if (r->zstd)
		ZSTD_DCtx_reset(r->zstd, ZSTD_reset_session_only);
	r->text.begin = r->text.end = r->packed.begin = r->packed.end = 0;
	r->searched = r->taken = 0;
	r->ended = r->file_ended = r->in_frame = r->searching = false;
	r->offset = offset;
	r->hint = 0;
	r->lines = 0;
	return STATUS_OK;
}
