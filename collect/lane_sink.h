/*
 * Lane samples on their way into the next snapshot: sources add, the collector takes. Bounded: past
 * the bound samples are dropped, oldest kept. One thread.
 */
#ifndef SCHEDTOP_COLLECT_LANE_SINK_H
#define SCHEDTOP_COLLECT_LANE_SINK_H

#include "metrics/snapshot.h"

struct lane_sink {
	int64_t period_ns; /* the nominal distance of two samples */
	struct lanes lanes;
	size_t sample_capacity, proc_capacity;
};

#define LANE_SAMPLES_MAX 6000 /* per snapshot: one minute at 100 Hz */

void lane_sink_init(struct lane_sink *sink, int64_t period_ns, int64_t now_ns);
void lane_sink_finish(struct lane_sink *sink);

/*
 * Adds what each of `procs` Ps was doing at at_ns. A sample stands for the time since the one
 * before it; after a gap of many periods (the machine was too busy to run us) it stands for one
 * period only, and the rest of the gap is unknown. Out of memory drops the sample.
 */
void lane_sink_add(struct lane_sink *sink, enum origin origin, int64_t at_ns, const uint8_t *state,
                   size_t procs);

/* The same with what the P rows of a snapshot say (P_LANE) of the time of its scheduler part;
   nothing when they say nothing. Before the first sample the sink may begin as early as that part
   needs. */
void lane_sink_add_rows(struct lane_sink *sink, const struct snapshot *s);

/* Moves the samples into `out` (finished before if it held any) and starts anew at now_ns. */
void lane_sink_take(struct lane_sink *sink, int64_t now_ns, struct lanes *out);

#endif
