/*
 * The clocks. Durations and ages come from the monotonic clock, which is also the clock of the
 * Go runtime's nanotime on Linux; wall time is for people. Any thread may call these.
 */
#ifndef SCHEDTOP_UTIL_CLOCK_H
#define SCHEDTOP_UTIL_CLOCK_H

#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

int64_t clock_monotonic_ns(void);
int64_t clock_wall_ns(void);
/* Processor time that the calling thread has used. */
int64_t clock_thread_cpu_ns(void);

#endif
