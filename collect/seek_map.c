#include "collect/seek_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "collect/frames.h"
#include "collect/line_reader.h"
#include "metrics/json.h"

#define CHUNK     ((size_t)64 << 10)
#define BEGINNING 512 /* bytes of a line that hold its times */

struct seek_map {
	int fd; /* of the file, for the call under way */
	uint64_t size;
	bool packed, known; /* the times below */
	struct frame_index index;
	struct line_times first, last;
};

/* --- times ----------------------------------------------------------------------------------- */

static bool skip_text(const char **at, const char *end, const char *text)
{
	size_t n = strlen(text);
	if ((size_t)(end - *at) < n || memcmp(*at, text, n) != 0)
		return false;
	*at += n;
	return true;
}

static bool skip_number(const char **at, const char *end, int64_t *number)
{
	const char *begin = *at;
	*number = 0;
	for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, **at - '0', number))
			return false;
	return *at > begin && *at < end && **at == ',';
}

/* As our own lines begin. */
static bool read_beginning(struct line_times *times, const char *line, size_t size)
{
	const char *at = line, *end = line + size;
	int64_t schema;
	return skip_text(&at, end, "{\"schema\":") && skip_number(&at, end, &schema) &&
	       skip_text(&at, end, ",\"monotonic_ns\":") &&
	       skip_number(&at, end, &times->monotonic_ns) && skip_text(&at, end, ",\"wall_ns\":") &&
	       skip_number(&at, end, &times->wall_ns);
}

bool line_times_read(struct line_times *times, const char *line, size_t size)
{
	struct snapshot *s;
	size_t blanks = 0;
	if (size > LINE_BYTES_MAX)
		return false;
	if (read_beginning(times, line, size))
		return true;
	while (blanks < size && strchr(" \t\r", line[blanks]) && line[blanks])
		blanks++;
	if (blanks == size || line[blanks] != '{') /* the decoder would say so, too, but not as fast */
		return false;
	if (json_decode(line, size, &s, NULL) != STATUS_OK || !s)
		return false;
	*times = (struct line_times){s->monotonic_ns, s->wall_ns};
	snapshot_unref(s);
	return true;
}

/* --- walking over frames --------------------------------------------------------------------- */

#define PEEK (2 * CHUNK) /* packed bytes that hold a line's beginning, whatever stands in it */

/* A window onto the file, for small reads that follow each other, and what unpacks beginnings: a
   file may well have a million frames. */
struct window {
	int fd;
	uint64_t offset;
	size_t size;
	ZSTD_DStream *zstd;
	unsigned char data[CHUNK], packed[PEEK];
};

/* `n` bytes from there, or NULL. */
static const unsigned char *look_at(struct window *w, uint64_t offset, size_t n)
{
	if (offset < w->offset || offset + n > w->offset + w->size) {
		ssize_t got = pread(w->fd, w->data, sizeof w->data, (off_t)offset);
		w->offset = offset;
		w->size = got > 0 ? (size_t)got : 0;
	}
	return offset + n <= w->offset + w->size ? w->data + (offset - w->offset) : NULL;
}

/* RFC 8878, 3.1.1: the bytes from the frame's begin to its end, 0 when it has none. */
static uint64_t walk_frame(struct window *w, uint64_t offset)
{
	static const uint64_t dictionary_bytes[] = {0, 1, 2, 4}, content_bytes[] = {0, 2, 4, 8};
	const unsigned char *p = look_at(w, offset, 8);
	if (!p)
		return 0;
	if ((frames_read32(p) & ~UINT32_C(15)) == FRAMES_SKIP_MAGIC)
		return FRAMES_HEAD + (uint64_t)frames_read32(p + 4);
	if (frames_read32(p) != FRAMES_MAGIC)
		return 0;
	unsigned flags = p[4];
	bool single = flags >> 5 & 1;
	uint64_t at = offset + 5 + !single + dictionary_bytes[flags & 3] + content_bytes[flags >> 6] +
	              (single && flags >> 6 == 0);
	for (bool last = false; !last;) {
		if (!(p = look_at(w, at, 3)))
			return 0;
		unsigned header = (unsigned)p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16;
		last = header & 1;
		at += 3 + ((header >> 1 & 3) == 1 ? 1 : header >> 3); /* a repeated byte is one */
	}
	return at + (flags >> 2 & 1 ? 4 : 0) - offset;
}

/* The times of the first line of the frame of so many bytes that begins there. */
static bool peek(struct window *w, uint64_t offset, uint64_t bytes, struct line_times *times)
{
	char line[BEGINNING];
	ssize_t n = pread(w->fd, w->packed, bytes < PEEK ? (size_t)bytes : PEEK, (off_t)offset);
	ZSTD_inBuffer in = {w->packed, n > 0 ? (size_t)n : 0, 0};
	ZSTD_outBuffer out = {line, sizeof line, 0};
	size_t left = 1;
	ZSTD_DCtx_reset(w->zstd, ZSTD_reset_session_only);
	while (in.pos < in.size && out.pos < out.size && left > 0 && !ZSTD_isError(left))
		left = ZSTD_decompressStream(w->zstd, &out, &in);
	return read_beginning(times, line, out.pos);
}

static enum status walk_with(struct seek_map *m, struct window *w)
{
	struct line_times times = {0};
	for (uint64_t at = 0, next; at < m->size; at = next) {
		const unsigned char *p = look_at(w, at, 4);
		bool counts = p && frames_read32(p) == FRAMES_MAGIC;
		uint64_t bytes = walk_frame(w, at);
		/* Behind a frame without an end nothing can be found; its own lines can. */
		next = bytes && bytes < m->size - at ? at + bytes : m->size;
		if (!counts || !peek(w, at, next - at, &times))
			continue;
		const struct frame_entry entry = {at, next - at, times.monotonic_ns, times.wall_ns, 0};
		if (frame_index_add(&m->index, &entry) != STATUS_OK)
			return STATUS_FAILED;
	}
	return STATUS_OK;
}

static enum status walk(struct seek_map *m)
{
	struct window *w = calloc(1, sizeof *w);
	enum status status = STATUS_FAILED;
	if (w)
		w->zstd = ZSTD_createDStream();
	if (w && w->zstd) {
		w->fd = m->fd;
		status = walk_with(m, w);
	}
	if (w)
		ZSTD_freeDStream(w->zstd);
	free(w);
	return status;
}

/* The index at the end of the file. */
static bool read_index(struct seek_map *m)
{
	unsigned char tail[FRAMES_TAIL];
	if (m->size < FRAMES_TAIL ||
	    pread(m->fd, tail, sizeof tail, (off_t)(m->size - FRAMES_TAIL)) != (ssize_t)sizeof tail)
		return false;
	size_t size = frame_index_size(tail);
	if (size == 0 || size > m->size)
		return false;
	unsigned char *data = malloc(size);
	uint64_t offset = m->size - size;
	bool good = data && pread(m->fd, data, size, (off_t)offset) == (ssize_t)size &&
	            frame_index_unpack(&m->index, data, size, offset);
	free(data);
	m->last = (struct line_times){m->index.last_monotonic_ns, m->index.last_wall_ns};
	return good && m->index.n > 0;
}

/* --- plain lines ----------------------------------------------------------------------------- */

/* The first line that tells its times in these `n` bytes, as where it stands; else how many of them
   are of no use any more. *begins: a line begins with the first of them, or with what is next. */
static size_t find_line(const char *data, size_t n, bool ends, bool *begins, bool *found,
                        struct line_times *times)
{
	size_t at = 0;
	*found = false;
	for (;;) {
		if (!*begins) {
			const char *newline = memchr(data + at, '\n', n - at);
			if (!newline)
				return n;
			at = (size_t)(newline + 1 - data);
			*begins = true;
		}
		if (n - at < BEGINNING && !ends)
			return at;
		*found = read_beginning(times, data + at, n - at);
		if (*found || at == n)
			return at;
		*begins = false;
	}
}

/* The first line that begins behind `offset` (or there, if it is 0), and its times; false: there is
   none before `limit`. */
static bool line_behind(const struct seek_map *m, uint64_t offset, uint64_t limit, uint64_t *begin,
                        struct line_times *times)
{
	char *data = malloc(CHUNK);
	bool found = false, begins = offset == 0, ends = false;
	uint64_t at = offset ? offset - 1 : 0;
	while (data && !found && !ends && at < limit) {
		ssize_t n = pread(m->fd, data, CHUNK, (off_t)at);
		if (n <= 0)
			break;
		ends = (size_t)n < CHUNK;
		at += find_line(data, (size_t)n, ends, &begins, &found, times);
	}
	free(data);
	*begin = at;
	return found && at < limit;
}

static uint64_t find_plain(const struct seek_map *m, int64_t wall_ns)
{
	uint64_t low = 0, high = m->size, begin;
	struct line_times times;
	while (high - low > CHUNK) {
		uint64_t middle = low + (high - low) / 2;
		if (line_behind(m, middle, high, &begin, &times) && times.wall_ns <= wall_ns)
			low = begin;
		else
			high = middle;
	}
	return low;
}

/* --- the map --------------------------------------------------------------------------------- */

/* Reads on to the last line from there. */
static bool read_last(struct seek_map *m, uint64_t offset)
{
	char path[64], *line;
	struct line_reader *r;
	struct line_times times;
	size_t size;
	bool any = false;
	snprintf(path, sizeof path, "/proc/self/fd/%d", m->fd);
	if (line_reader_open(&r, path, -1, NULL) != STATUS_OK)
		return false;
	enum status status = line_reader_seek(r, offset, NULL);
	while (status == STATUS_OK || status == STATUS_DAMAGED) {
		line = NULL;
		status = line_reader_next(r, &line, &size, NULL);
		if (status == STATUS_OK && !line)
			break;
		if (line && line_times_read(&times, line, size)) {
			m->last = times;
			any = true;
		}
	}
	line_reader_close(r);
	return any;
}

static enum status map_frames(struct seek_map *m, struct error *error)
{
	m->known = read_index(m);
	if (!m->known) {
		frame_index_finish(&m->index);
		if (walk(m) != STATUS_OK)
			return error_no_memory(error);
		m->known = m->index.n > 0 && read_last(m, m->index.entry[m->index.n - 1].offset);
	}
	if (m->known)
		m->first = (struct line_times){m->index.entry[0].monotonic_ns, m->index.entry[0].wall_ns};
	return STATUS_OK;
}

static void map_lines(struct seek_map *m)
{
	uint64_t begin;
	m->known =
		line_behind(m, 0, m->size, &begin, &m->first) && read_last(m, find_plain(m, INT64_MAX));
}

enum status seek_map_create(struct seek_map **out, int fd, bool packed, struct error *error)
{
	struct seek_map *m = calloc(1, sizeof *m);
	struct stat info;
	*out = NULL;
	if (!m)
		return error_no_memory(error);
	m->fd = fd;
	m->packed = packed;
	m->size = fstat(fd, &info) == 0 ? (uint64_t)info.st_size : 0;
	enum status status = STATUS_OK;
	if (packed)
		status = map_frames(m, error);
	else
		map_lines(m);
	if (status == STATUS_OK)
		*out = m;
	else
		seek_map_destroy(m);
	return status;
}

void seek_map_destroy(struct seek_map *m)
{
	if (!m)
		return;
	frame_index_finish(&m->index);
	free(m);
}

bool seek_map_ends(const struct seek_map *m, struct line_times *first, struct line_times *last)
{
	*first = m->first;
	*last = m->last;
	return m->known;
}

/* The last frame that begins in time: a clock that was set back makes two of one moment. */
uint64_t seek_map_find(struct seek_map *m, int64_t wall_ns, int fd)
{
	m->fd = fd;
	if (!m->packed)
		return find_plain(m, wall_ns);
	for (size_t i = m->index.n; i-- > 0;)
		if (m->index.entry[i].wall_ns <= wall_ns)
			return m->index.entry[i].offset;
	return 0;
}
