/*
 * Where in a recording which time stands: of frames by the index at its end, or by walking them
 * when that is lost; of plain lines by halving the file. Made for a file as it is now. One thread.
 */
#ifndef SCHEDTOP_COLLECT_SEEK_MAP_H
#define SCHEDTOP_COLLECT_SEEK_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct seek_map;

/* The clocks of a snapshot. */
struct line_times {
	int64_t monotonic_ns, wall_ns;
};

/* Of a line, mostly without reading more of it than its beginning. false: it is no snapshot. */
bool line_times_read(struct line_times *times, const char *line, size_t size);

/* Of a regular file, whose descriptor is borrowed for the call. */
enum status seek_map_create(struct seek_map **out, int fd, bool packed, struct error *error);
void seek_map_destroy(struct seek_map *m); /* NULL is fine */
/* Of the first and the last line; false: there is none that can be read. */
bool seek_map_ends(const struct seek_map *m, struct line_times *first, struct line_times *last);
/* By a descriptor of the same file, a byte from which on the newest line at or before that moment
   can be read, if there is one: the beginning of a frame, or of a plain line. */
uint64_t seek_map_find(struct seek_map *m, int64_t wall_ns, int fd);

#endif
