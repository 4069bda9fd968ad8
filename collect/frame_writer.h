/*
 * Writes the lines of a recording into zstd frames. Each line is flushed when it is added, and the
 * end of the frame is written behind it, to be overwritten by the next: so the file is whole after
 * every line, whatever happens to us, and a machine that loses its power loses what the file system
 * had not written yet; that is asked for every few seconds. The caller owns the descriptor. One
 * thread.
 */
#ifndef SCHEDTOP_COLLECT_FRAME_WRITER_H
#define SCHEDTOP_COLLECT_FRAME_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

/* A frame ends when its lines span this much time, or are so many bytes. */
#define FRAME_SPAN_NS   INT64_C(120000000000)
#define FRAME_BYTES_MAX ((uint64_t)16 << 20)

struct frame_writer;

/* `fd` is an empty regular file. */
enum status frame_writer_create(struct frame_writer **out, int fd, struct error *error);
/* `line` ends with its newline. A failure (a full disk, say) leaves the file as it was before, and
   later calls try again. The sentence is the errno's alone. */
enum status frame_writer_add(struct frame_writer *w, const char *line, size_t size,
                             int64_t monotonic_ns, int64_t wall_ns, struct error *error);
uint64_t frame_writer_bytes(const struct frame_writer *w); /* of the file, so far */
/* Adds the index. Without it the recording is as good, but opening it takes longer. */
enum status frame_writer_finish(struct frame_writer *w, struct error *error);
void frame_writer_destroy(struct frame_writer *w); /* NULL is fine */

#endif
