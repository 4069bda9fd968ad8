/*
 * The lines of one recording, packed in zstd frames or plain, out of a file or a pipe. What is
 * damaged costs the lines that it hit: reading goes on with the next frame. One thread; the
 * descriptor that ends a wait is the caller's.
 */
#ifndef SCHEDTOP_COLLECT_LINE_READER_H
#define SCHEDTOP_COLLECT_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

/* A snapshot of thousands of threads takes a tenth of it. What is longer is read over, not kept. */
#define LINE_BYTES_MAX ((size_t)16 << 20)

struct line_reader;

/* "-" is standard input. When `cancel_fd` gets readable, the lines are at their end; -1: never.
   STATUS_NO_TARGET, STATUS_PERMISSION or STATUS_FAILED with a sentence. */
enum status line_reader_open(struct line_reader **out, const char *path, int cancel_fd,
                             struct error *error);
void line_reader_close(struct line_reader *r); /* NULL is fine */

/*
 * The next line, without its newline, until the next call; NULL at the end. Of a line that is too
 * long, which a *size above LINE_BYTES_MAX tells, nothing is there to be read. STATUS_DAMAGED: what
 * stood here is lost, the sentence says where, and the next call goes on behind it. STATUS_FAILED:
 * nothing more can be read.
 */
enum status line_reader_next(struct line_reader *r, char **line, size_t *size, struct error *error);
/* The line that was read last comes once more; not one that is too long. */
void line_reader_unread(struct line_reader *r);
uint64_t line_reader_lines(const struct line_reader *r); /* read since it was opened or sought in */

/* Where the line that was read last ends, or the damage was met that was told last: the same
   wherever the reading began. */
struct line_place {
	uint64_t frame; /* where that begins in the file; 0 of what is not packed */
	uint64_t at;    /* in its text, or in the file */
};
struct line_place line_reader_place(const struct line_reader *r);

/* -1: it is no regular file, and there is no going back. */
int line_reader_seekable_fd(const struct line_reader *r);
bool line_reader_is_packed(const struct line_reader *r);
/* Goes on from this byte of the file, where a frame or a plain line begins. */
enum status line_reader_seek(struct line_reader *r, uint64_t offset, struct error *error);
const char *line_reader_shown(const struct line_reader *r); /* its name, printable */

#endif
