/*
 * Writes a profile as folded stacks, a line each: functions from the root to the leaf with a
 * semicolon between them, a space, and nanoseconds (of CPU samples, their number). Flame graph
 * programs read that; the numbers add up to those of the profile. One thread.
 */
#ifndef SCHEDTOP_EXPORT_FOLDED_H
#define SCHEDTOP_EXPORT_FOLDED_H

#include "export/sink.h"
#include "trace/profile.h"

/* What can't be written the sink knows. */
void folded_write(struct sink *sink, const struct profile *profile, const struct names *names);

#endif
