/*
 * What is wrong with a process as its snapshots tell it: the live rules, over a history and nothing
 * else, so that a screen, a command and a recording that is read again come to the same findings.
 * The history and the limits are borrowed; the findings are the caller's. Any thread.
 *
 * A rule that needs ten minutes says with less how long it has looked, and no more than `info`. The
 * first evidence of a finding begins when the finding does (monotonic), as far as is known.
 */
#ifndef SCHEDTOP_DOCTOR_LIVE_H
#define SCHEDTOP_DOCTOR_LIVE_H

#include "doctor/finding.h"
#include "doctor/limits.h"
#include "metrics/history.h"

/* What rules look back over at most: as far as a history should reach. */
#define LIVE_SPAN_NS INT64_C(600000000000)

/* Adds what the rules find at the history's newest moment, and settles the order. An empty history
   has no findings. STATUS_FAILED when out of memory. */
enum status live_look(const struct history *history, const struct limits_set *limits,
                      struct findings *out);

/* Since when: monotonic; -1 when that is unknown. */
int64_t live_since(const struct finding *finding);

/* An address of the process at which /debug/pprof/ answered, when somebody was asked to try. */
void live_tell_pprof(struct findings *out, const char *address, unsigned port);

#endif
