/*
 * Snapshots out of what --record or --json wrote, a file, a pipe or a directory of recordings: one
 * after the other, each line looked at before it counts. What is damaged costs nothing but itself.
 * One thread at a time, but for recording_cancel, which any thread may call while another waits for
 * a line.
 */
#ifndef SCHEDTOP_COLLECT_RECORDING_H
#define SCHEDTOP_COLLECT_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/seek_map.h"
#include "metrics/snapshot.h"
#include "util/status.h"

struct recording;

/* Opens it; "-" is standard input; of a directory its recordings, one after the other.
   STATUS_NO_TARGET, STATUS_PERMISSION or STATUS_FAILED with a sentence. */
enum status recording_open(struct recording **out, const char *path, struct error *error);
void recording_close(struct recording *r); /* NULL is fine */

/*
 * The next snapshot, whose reference is the caller's; NULL at the end. Waits for a pipe. On
 * STATUS_DAMAGED the sentence names the file and the line, and the next call goes on behind it; on
 * STATUS_FAILED nothing more can be read. Within a file snapshots are in the order of their
 * monotonic clock; that of the next file may be another machine start's.
 */
enum status recording_next(struct recording *r, struct snapshot **out, struct error *error);
/* Reads over what is older than that, without a look at it. */
void recording_skip(struct recording *r, int64_t monotonic_ns);
/* A recording_next that waits, and all later ones, are at the end. */
void recording_cancel(struct recording *r);

/* Is there more than one way through it? The times of the first and the last snapshot then. */
bool recording_ends(struct recording *r, struct line_times *first, struct line_times *last);
/* The next snapshot will be the newest at or before that moment, or the first; after
   recording_ends said yes. */
enum status recording_seek(struct recording *r, int64_t wall_ns, struct error *error);

/* The sentences of the first damages, from 0 on; NULL after the last that was kept. */
const char *recording_complaint(const struct recording *r, size_t i);
/* The sentence on the whole, so far: STATUS_OK when nothing was damaged, else STATUS_DAMAGED. */
enum status recording_judge(const struct recording *r, struct error *error);

#endif
