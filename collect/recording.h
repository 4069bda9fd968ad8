/*
 * Snapshots out of a file or a pipe that --record or --json wrote: one after the other, each line
 * looked at before it counts. A line that is damaged costs nothing but itself. One thread at a
 * time, but for recording_cancel, which any thread may call while another waits for a line.
 */
#ifndef SCHEDTOP_COLLECT_RECORDING_H
#define SCHEDTOP_COLLECT_RECORDING_H

#include <stdint.h>

#include "metrics/snapshot.h"
#include "util/status.h"

struct recording;

/* Opens it; "-" is standard input. STATUS_NO_TARGET, STATUS_PERMISSION or STATUS_FAILED with a
   sentence. */
enum status recording_open(struct recording **out, const char *path, struct error *error);
void recording_close(struct recording *r); /* NULL is fine */

/*
 * The next snapshot, whose reference is the caller's; NULL at the end. Waits for a pipe. On
 * STATUS_DAMAGED the sentence names the file and the line, and the next call goes on behind it; on
 * STATUS_FAILED nothing more can be read.
 */
enum status recording_next(struct recording *r, struct snapshot **out, struct error *error);
/* A recording_next that waits, and all later ones, are at the end. */
void recording_cancel(struct recording *r);

/* The sentences of the first damaged lines, from 0 on; NULL after the last that was kept. */
const char *recording_complaint(const struct recording *r, size_t i);
/* The sentence on the whole, so far: STATUS_OK when nothing was damaged, else STATUS_DAMAGED. */
enum status recording_judge(const struct recording *r, struct error *error);

#endif
