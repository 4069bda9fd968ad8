/*
 * How a recording is packed: zstd frames of whole lines, one after the other, and behind the last
 * one an index of them in a skippable frame, which every zstd reads over. doc/schema.md describes
 * the bytes. Pure, any thread.
 */
#ifndef SCHEDTOP_COLLECT_FRAMES_H
#define SCHEDTOP_COLLECT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

#define FRAMES_MAGIC UINT32_C(0xFD2FB528) /* a zstd frame begins so */
#define FRAMES_SKIP_MAGIC                                                  \
	UINT32_C(0x184D2A50) /* and one to be skipped, but for the last 4 bits \
	                      */
#define FRAMES_INDEX_MAGIC UINT32_C(0x184D2A5C)
#define FRAMES_HEAD        8  /* bytes before what a skippable frame holds */
#define FRAMES_ENTRY       40 /* bytes of one frame in the index */
#define FRAMES_TAIL        40 /* and of what stands behind them */

/* Where a frame stands, and the times of its first line. */
struct frame_entry {
	uint64_t offset, bytes;
	int64_t monotonic_ns, wall_ns;
	uint64_t lines;
};

/* All of a file. [0] is the oldest; the owner frees `entry`. */
struct frame_index {
	struct frame_entry *entry;
	size_t n, capacity;
	int64_t last_monotonic_ns, last_wall_ns; /* of the last line */
};

enum status frame_index_add(struct frame_index *index, const struct frame_entry *entry);
void frame_index_finish(struct frame_index *index);

/* The skippable frame as it stands in the file; the caller frees it. NULL: out of memory. */
unsigned char *frame_index_pack(const struct frame_index *index, size_t *size);
/* How long the index is that ends with these last bytes of a file; 0: it is none. */
size_t frame_index_size(const unsigned char tail[FRAMES_TAIL]);
/* Reads what frame_index_pack made, for a file whose index begins at `offset`. false: it is none,
   or does not fit that file, or out of memory; then there is nothing to finish. */
bool frame_index_unpack(struct frame_index *index, const unsigned char *data, size_t size,
                        uint64_t offset);

bool frames_is_packed(const unsigned char *data, size_t size);
uint32_t frames_read32(const unsigned char *from);

#endif
