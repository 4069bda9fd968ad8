/*
 * Joining the samples of two neighbours in time, for a history that keeps fewer snapshots of what
 * is long ago, but all the time that was sampled. Pure, any thread.
 */
#ifndef SCHEDTOP_METRICS_LANES_H
#define SCHEDTOP_METRICS_LANES_H

#include "metrics/snapshot.h"

/*
 * Puts the samples of `older` before those of `newer`. When there would be more than samples_max,
 * those that follow the one before too soon are left out, evenly over the whole time; each sample
 * stands for the time since the one before, so shares stay right. Time between the two that
 * nobody sampled is unknown. false, and nothing has changed: they have not the same Ps or origin,
 * `newer` has none, or out of memory.
 */
bool lanes_join(struct lanes *newer, const struct lanes *older, size_t samples_max);

#endif
