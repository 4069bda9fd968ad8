/*
 * --record: every snapshot as a line of a file, flushed at once, so that what was seen is there
 * whatever happens next. A disk that is full ends the recording with one sentence, and nothing
 * else. One thread.
 */
#ifndef SCHEDTOP_COLLECT_RECORDER_H
#define SCHEDTOP_COLLECT_RECORDER_H

#include "metrics/snapshot.h"
#include "util/clock.h"
#include "util/status.h"

/* How far the derived numbers of a line look back: a minute, and some. Whoever prints lines does
   the same, or a replay would derive other numbers than were recorded. */
#define RECORD_HISTORY_NS    (90 * NS_PER_S)
#define RECORD_HISTORY_BYTES ((size_t)8 << 20)

struct recorder;

/* Makes the file, or empties it. */
enum status recorder_create(struct recorder **out, const char *path, struct error *error);
/* Keeps a reference of its own for as long as it needs. On failure, the first only, the sentence
   says so; later calls do nothing and succeed. */
enum status recorder_add(struct recorder *r, const struct snapshot *s, struct error *error);
/* Closes the file. Fails if a line is missing in it: with the sentence that told so. NULL is fine,
   and nothing is missing then. */
enum status recorder_destroy(struct recorder *r, struct error *error);

#endif
