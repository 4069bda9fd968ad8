/*
 * The bytes of one read, made into the state, and judged: a value that can't be is a torn read or a
 * wrong layout, and then nothing of it is used. Pure functions over a reader's buffers; its thread.
 */
#ifndef SCHEDTOP_GOPROC_DECODE_H
#define SCHEDTOP_GOPROC_DECODE_H

#include "goproc/reader.h"

/*
 * The buffer: these variables, the records of all Ps, those of all Ms, schedt, and what the
 * collector keeps. idleTime comes before the Ps and once more in schedt, after them: when it grew
 * in between, a P that was idle was taken while we looked, and its idle time could be counted twice
 * or not at all. The same of what the collector takes it over to, at the end of each cycle.
 */
enum {
	RAW_GOMAXPROCS = 0,
	RAW_ALLP = 4, /* address and length */
	RAW_ALLM = 20,
	RAW_ALLGLEN = 28,
	RAW_IDLE_BEFORE = 36,
	RAW_GC_IDLE_BEFORE = 44,
	RAW_GC_PHASE = 52,
	RAW_HEAD = 56,
};
#define RAW_HEAD_SPANS 7

const uint8_t *decode_m_record(const struct reader *reader, size_t i);
/* The lists of Ps and Ms are those of the topology. */
bool decode_is_unmoved(const struct reader *reader);
/* Fills reader->p, m, collector and histogram and *sched. p[i].m is the number of the M in the list
   yet, and what takes a look at goroutines is GOPROC_UNKNOWN. false, and `why`: not plausible. */
bool decode_state(struct reader *reader, int64_t now_ns, struct goproc_sched *sched, char *why);

#endif
