/*
 * --record: every snapshot as a line of a file or of files in a directory (rotation.h), written at
 * once, so that what was seen is there whatever happens next. What is no regular file, or is called
 * .json, .ndjson or .jsonl, gets the lines of --json as they are; else they are packed in frames
 * (frame_writer.h) and lack what is derived, which follows anew when they are read. A disk that is
 * full costs the snapshots that don't fit, and nothing else. One thread.
 */
#ifndef SCHEDTOP_COLLECT_RECORDER_H
#define SCHEDTOP_COLLECT_RECORDER_H

#include "collect/rotation.h"
#include "metrics/snapshot.h"
#include "util/clock.h"
#include "util/status.h"

/* How far the derived numbers of a line look back: a minute, and some. Whoever prints lines does
   the same, or a replay would derive other numbers than were recorded. */
#define RECORD_HISTORY_NS    (90 * NS_PER_S)
#define RECORD_HISTORY_BYTES ((size_t)8 << 20)

struct recorder;

/* Makes the file, or empties it, and keeps other recorders out; of a directory ("DIR/", or one that
   is there) it takes the lock, and makes files as they are needed. `limits` are a directory's;
   NULL: the usual ones. */
enum status recorder_create(struct recorder **out, const char *path,
                            const struct rotation_limits *limits, struct error *error);
/* Keeps a reference of its own for as long as it needs. Not STATUS_OK: there is something to tell,
   which is a sentence: that snapshots can't be written from here on, or that they can again. */
enum status recorder_add(struct recorder *r, const struct snapshot *s, struct error *error);
/* Closes the file. Fails if snapshots are missing in it, with a sentence. NULL is fine, and nothing
   is missing then. */
enum status recorder_destroy(struct recorder *r, struct error *error);

#endif
