/*
 * Writes a profile as pprof reads it (profile.proto). It is written piece by piece: messages of
 * protocol buffers that follow each other are one, so that no more is held than which strings,
 * functions and places were written already. One thread.
 */
#ifndef SCHEDTOP_EXPORT_PPROF_H
#define SCHEDTOP_EXPORT_PPROF_H

#include "export/sink.h"
#include "trace/profile.h"

struct pprof_times {
	int64_t wall_ns;     /* when what is counted began; 0: unknown */
	int64_t duration_ns; /* 0: unknown */
};

/* Samples have two values, as those of go tool trace: "contentions" and "delay"; of CPU samples
   there is the number alone. Labels: "reason" of PROFILE_BLOCKED, and "state" is "still-blocked" of
   what was open at the end. What can't be written the sink knows. false: no memory. */
bool pprof_write(struct sink *sink, const struct profile *profile, const struct names *names,
                 struct pprof_times times);

#endif
