#include "collect/frames.h"

#include <stdlib.h>
#include <string.h>

#define TIME_MAX (INT64_C(1) << 61) /* as of a snapshot: these can be added and subtracted */

static const unsigned char mark[8] = "SCHEDIX1";

/* --- numbers, low byte first ------------------------------------------------------------------ */

uint32_t frames_read32(const unsigned char *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
	       (uint32_t)from[3] << 24;
}

static uint64_t read64(const unsigned char *from)
{
	return (uint64_t)frames_read32(from + 4) << 32 | frames_read32(from);
}

static unsigned char *write32(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> (8 * i));
	return to + 4;
}

static unsigned char *write64(unsigned char *to, uint64_t value)
{
	return write32(write32(to, (uint32_t)value), (uint32_t)(value >> 32));
}

bool frames_is_packed(const unsigned char *data, size_t size)
{
	return size >= 4 && (frames_read32(data) == FRAMES_MAGIC ||
	                     (frames_read32(data) & ~UINT32_C(15)) == FRAMES_SKIP_MAGIC);
}

/* --- the index -------------------------------------------------------------------------------- */

enum status frame_index_add(struct frame_index *index, const struct frame_entry *entry)
{
	if (index->n == index->capacity) {
		size_t capacity = index->capacity ? index->capacity * 2 : 64;
		struct frame_entry *more = realloc(index->entry, capacity * sizeof *more);
		if (!more)
			return STATUS_FAILED;
		index->entry = more;
		index->capacity = capacity;
	}
	index->entry[index->n++] = *entry;
	return STATUS_OK;
}

void frame_index_finish(struct frame_index *index)
{
	free(index->entry);
	*index = (struct frame_index){0};
}

unsigned char *frame_index_pack(const struct frame_index *index, size_t *size)
{
	*size = FRAMES_HEAD + index->n * FRAMES_ENTRY + FRAMES_TAIL;
	unsigned char *data = malloc(*size), *to = data;
	if (!data || *size > UINT32_MAX) {
		free(data);
		return NULL;
	}
	to = write32(to, FRAMES_INDEX_MAGIC);
	to = write32(to, (uint32_t)(*size - FRAMES_HEAD));
	for (size_t i = 0; i < index->n; i++) {
		const struct frame_entry *e = &index->entry[i];
		to = write64(to, e->offset);
		to = write64(to, e->bytes);
		to = write64(to, (uint64_t)e->monotonic_ns);
		to = write64(to, (uint64_t)e->wall_ns);
		to = write64(to, e->lines);
	}
	to = write64(to, (uint64_t)index->last_monotonic_ns);
	to = write64(to, (uint64_t)index->last_wall_ns);
	to = write64(to, index->n);
	to = write64(to, *size);
	memcpy(to, mark, sizeof mark);
	return data;
}

size_t frame_index_size(const unsigned char tail[FRAMES_TAIL])
{
	uint64_t n = read64(tail + 16), size = read64(tail + 24);
	bool fits = memcmp(tail + 32, mark, sizeof mark) == 0 && n <= UINT32_MAX / FRAMES_ENTRY &&
	            size == FRAMES_HEAD + n * FRAMES_ENTRY + FRAMES_TAIL;
	return fits ? (size_t)size : 0;
}

static bool is_time(int64_t ns)
{
	return ns >= 0 && ns <= TIME_MAX;
}

/* Frames follow each other without a gap up to the index: else it is that of another file. */
static bool is_chain(const struct frame_index *index, uint64_t offset)
{
	uint64_t at = 0;
	for (size_t i = 0; i < index->n; i++) {
		const struct frame_entry *e = &index->entry[i];
		if (e->offset != at || e->bytes == 0 || e->bytes > offset - at ||
		    !is_time(e->monotonic_ns) || !is_time(e->wall_ns))
			return false;
		at += e->bytes;
	}
	return at == offset && is_time(index->last_monotonic_ns) && is_time(index->last_wall_ns);
}

bool frame_index_unpack(struct frame_index *index, const unsigned char *data, size_t size,
                        uint64_t offset)
{
	*index = (struct frame_index){0};
	if (size < FRAMES_HEAD + FRAMES_TAIL || frame_index_size(data + size - FRAMES_TAIL) != size ||
	    frames_read32(data) != FRAMES_INDEX_MAGIC || frames_read32(data + 4) != size - FRAMES_HEAD)
		return false;
	size_t n = (size - FRAMES_HEAD - FRAMES_TAIL) / FRAMES_ENTRY;
	const unsigned char *from = data + FRAMES_HEAD;
	for (size_t i = 0; i < n; i++, from += FRAMES_ENTRY) {
		struct frame_entry e = {read64(from), read64(from + 8), (int64_t)read64(from + 16),
		                        (int64_t)read64(from + 24), read64(from + 32)};
		if (frame_index_add(index, &e) != STATUS_OK) {
			frame_index_finish(index);
			return false;
		}
	}
	index->last_monotonic_ns = (int64_t)read64(from);
	index->last_wall_ns = (int64_t)read64(from + 8);
	if (is_chain(index, offset))
		return true;
	frame_index_finish(index);
	return false;
}
