/*
 * Snapshots as the runtime's own schedtrace text, in the form of Go 1.26: what --batch prints and
 * what is logged to stderr. A line whose every field is known, or `# incomplete: FIELD`: never a 0
 * that stands for "unknown". What was such a line is printed as it was: with its own time, and
 * without the fields that its release did not have.
 */
#ifndef SCHEDTOP_METRICS_SCHEDTRACE_H
#define SCHEDTOP_METRICS_SCHEDTRACE_H

#include <stdio.h>

#include "metrics/snapshot.h"

/* Writes `SCHED <ms since attach_ns, or of the line>ms: ...` and, when `detail`, the P and M lines
   of scheddetail. The caller flushes. */
void schedtrace_print(FILE *out, const struct snapshot *s, int64_t attach_ns, bool detail);
/* The moment 0 of snapshots that begin with this one: none of it is older. */
int64_t schedtrace_origin(const struct snapshot *s);
/* A `# sentence` line: control characters are made harmless. */
void schedtrace_comment(FILE *out, const char *sentence);

#endif
