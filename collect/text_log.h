/*
 * --log: every snapshot as schedtrace text into files that follow each other in a directory
 * (rotation.h). Each begins with a comment that says when its process was at 0 ms. A full disk
 * costs the lines that don't fit, and nothing else. One thread.
 */
#ifndef SCHEDTOP_COLLECT_TEXT_LOG_H
#define SCHEDTOP_COLLECT_TEXT_LOG_H

#include <stdbool.h>

#include "collect/rotation.h"
#include "metrics/snapshot.h"
#include "util/status.h"

struct text_log;

/* Takes the directory's lock. `detail`: as scheddetail=1. NULL limits: the usual ones. */
enum status text_log_create(struct text_log **out, const char *directory, bool detail,
                            const struct rotation_limits *limits, struct error *error);
/* Not STATUS_OK: there is something to tell, as with recorder_add. */
enum status text_log_add(struct text_log *log, const struct snapshot *s, struct error *error);
/* Fails if lines are missing. NULL is fine. */
enum status text_log_destroy(struct text_log *log, struct error *error);

#endif
