#include "collect/frame_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "collect/frames.h"
#include "util/clock.h"
#include "util/write.h"

/* What a snapshot costs is mostly what is new in it: 9 finds nearly as much as the slow levels do.
   A window of 4 MiB still holds the line before with 256 Ps. */
#define LEVEL      9
#define WINDOW_LOG 22

#define SYNC_NS (2 * NS_PER_S)

/* RFC 8878, 3.1.1.2: a raw block without bytes that is the last one. */
static const unsigned char last_block[3] = {1, 0, 0};

struct frame_writer {
	int fd;
	ZSTD_CCtx *zstd;
	struct frame_index index;
	struct frame_entry frame; /* under way; no lines: none is */
	uint64_t text_bytes;      /* of its lines */
	uint64_t end;             /* of its blocks: everything behind is not yet true */
	bool unsealed;            /* the frame under way could not be ended where it stops */
	int64_t synced_ns;
	unsigned char *packed;
	size_t size, capacity;
};

static enum status fail(struct error *error)
{
	return error_set(error, STATUS_FAILED, "%s", strerror(errno));
}

enum status frame_writer_create(struct frame_writer **out, int fd, struct error *error)
{
	struct frame_writer *w = calloc(1, sizeof *w);
	*out = NULL;
	if (w)
		w->zstd = ZSTD_createCCtx();
	if (!w || !w->zstd) {
		frame_writer_destroy(w);
		return error_no_memory(error);
	}
	w->fd = fd;
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_windowLog, WINDOW_LOG);
	*out = w;
	return STATUS_OK;
}

void frame_writer_destroy(struct frame_writer *w)
{
	if (!w)
		return;
	ZSTD_freeCCtx(w->zstd);
	frame_index_finish(&w->index);
	free(w->packed);
	free(w);
}

uint64_t frame_writer_bytes(const struct frame_writer *w)
{
	return w->end + (w->frame.lines ? sizeof last_block : 0);
}

static bool make_room(struct frame_writer *w, size_t more)
{
	if (w->capacity - w->size >= more)
		return true;
	size_t capacity = w->size + more + w->capacity;
	unsigned char *packed = realloc(w->packed, capacity);
	if (!packed)
		return false;
	w->packed = packed;
	w->capacity = capacity;
	return true;
}

/* Packs the line and flushes it, and puts the end of the frame behind it. */
static bool pack(struct frame_writer *w, const char *line, size_t size)
{
	ZSTD_inBuffer from = {line, size, 0};
	size_t left;
	w->size = 0;
	do {
		if (!make_room(w, ZSTD_compressBound(size) + sizeof last_block)) {
			errno = ENOMEM;
			return false;
		}
		ZSTD_outBuffer to = {w->packed + w->size, w->capacity - w->size, 0};
		left = ZSTD_compressStream2(w->zstd, &to, &from, ZSTD_e_flush);
		w->size += to.pos;
	} while (!ZSTD_isError(left) && left > 0);
	if (ZSTD_isError(left) || !make_room(w, sizeof last_block)) {
		errno = ENOMEM;
		return false;
	}
	memcpy(w->packed + w->size, last_block, sizeof last_block);
	return true;
}

/* The frame under way is over; what follows begins a new one. */
static enum status end_frame(struct frame_writer *w)
{
	ZSTD_CCtx_reset(w->zstd, ZSTD_reset_session_only);
	w->text_bytes = 0;
	if (w->frame.lines == 0)
		return STATUS_OK;
	w->end += sizeof last_block;
	w->frame.bytes = w->end - w->frame.offset;
	enum status status = frame_index_add(&w->index, &w->frame);
	w->frame.lines = 0;
	return status;
}

/* Takes back what could not be written whole. The block that could not be is lost to the
   compressor's memory, so that the frame has to end before it. False: errno says why not. */
static bool take_back(struct frame_writer *w)
{
	bool cut = ftruncate(w->fd, (off_t)w->end) == 0;
	int why = errno;
	bool sealed =
		w->frame.lines == 0 || write_whole_at(w->fd, last_block, sizeof last_block, w->end);
	w->unsealed = !cut || !sealed;
	if (!w->unsealed)
		end_frame(w);
	else if (sealed)
		errno = why;
	return !w->unsealed;
}

static bool is_full(const struct frame_writer *w, int64_t monotonic_ns)
{
	return w->frame.lines > 0 && (w->text_bytes >= FRAME_BYTES_MAX ||
	                              monotonic_ns - w->frame.monotonic_ns >= FRAME_SPAN_NS);
}

/* Begins to bring it to the disk, which nobody waits for. */
static void sync_now_and_then(struct frame_writer *w)
{
	int64_t now_ns = clock_monotonic_ns();
	if (now_ns - w->synced_ns < SYNC_NS)
		return;
	w->synced_ns = now_ns;
	sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

enum status frame_writer_add(struct frame_writer *w, const char *line, size_t size,
                             int64_t monotonic_ns, int64_t wall_ns, struct error *error)
{
	if (w->unsealed && !take_back(w))
		return fail(error);
	if (is_full(w, monotonic_ns) && end_frame(w) != STATUS_OK)
		return error_no_memory(error);
	if (w->frame.lines == 0)
		w->frame = (struct frame_entry){.offset = w->end,
		                                .monotonic_ns = monotonic_ns,
		                                .wall_ns = wall_ns};
	if (!pack(w, line, size) ||
	    !write_whole_at(w->fd, w->packed, w->size + sizeof last_block, w->end)) {
		enum status status = fail(error);
		take_back(w);
		return status;
	}
	w->end += w->size;
	w->text_bytes += size;
	w->frame.lines++;
	w->index.last_monotonic_ns = monotonic_ns;
	w->index.last_wall_ns = wall_ns;
	sync_now_and_then(w);
	return STATUS_OK;
}

enum status frame_writer_finish(struct frame_writer *w, struct error *error)
{
	size_t size;
	if (w->unsealed && !take_back(w))
		return fail(error);
	if (end_frame(w) != STATUS_OK)
		return error_no_memory(error);
	if (w->index.n == 0)
		return STATUS_OK;
	unsigned char *data = frame_index_pack(&w->index, &size);
	if (!data)
		return error_no_memory(error);
	bool good = write_whole_at(w->fd, data, size, w->end);
	free(data);
	if (good)
		return STATUS_OK;
	enum status status = fail(error);
	take_back(w);
	return status;
}
