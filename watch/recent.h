/*
 * The snapshots of the last minutes as lines of a recording, each packed by itself so that the
 * oldest can go; copies of them become a recording (collect/frame_writer.h). Whoever owns it has
 * its lock; a copy is its taker's. Any thread.
 */
#ifndef SCHEDTOP_WATCH_RECENT_H
#define SCHEDTOP_WATCH_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

struct recent;

/* NULL when out of memory. */
struct recent *recent_create(size_t bytes_max);
void recent_destroy(struct recent *r); /* NULL is fine */
/* One line, without its newline. false: no memory, and it is left out. */
bool recent_add(struct recent *r, int64_t monotonic_ns, int64_t wall_ns, const char *line);
/* Forgets what is older, and the oldest as long as there is too much. */
void recent_forget(struct recent *r, int64_t before_ns);

struct recent_line;

struct recent_copy {
	struct recent_line **line; /* by time */
	size_t n;
	int64_t first_ns, last_ns; /* monotonic, when there are any */
};
/* Those from a moment on. false: no memory. */
bool recent_take(const struct recent *r, int64_t from_ns, struct recent_copy *out);
/* Into an empty regular file, as --record would have. */
enum status recent_write(const struct recent_copy *copy, int fd, struct error *error);
void recent_copy_finish(struct recent_copy *copy); /* all zero is fine */

#endif
