/*
 * The snapshots of the last minutes as a recording has them: each is a line of JSON in a zstd frame
 * of its own, so that the oldest can go, and any number of neighbours, put one behind the other,
 * are what `zstdcat` and --replay read. Whoever owns it has its lock; any thread.
 */
#ifndef SCHEDTOP_WATCH_FRAMES_H
#define SCHEDTOP_WATCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frames;

/* NULL when out of memory. */
struct frames *frames_create(size_t bytes_max);
void frames_destroy(struct frames *f); /* NULL is fine */
/* One line, without its newline. false: no memory, and it is left out. */
bool frames_add(struct frames *f, int64_t at_ns, const char *line);
/* Forgets what is older, and all that is too much. */
void frames_forget(struct frames *f, int64_t before_ns);
void frames_clear(struct frames *f);

struct frames_copy {
	char *bytes; /* free() it; NULL: none */
	size_t size, snapshots;
	int64_t first_ns, last_ns; /* when there are any */
};
/* Those from a moment on. false: no memory. */
bool frames_take(const struct frames *f, int64_t from_ns, struct frames_copy *out);

#endif
