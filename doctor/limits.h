/*
 * From where on the doctor speaks: every threshold that a user may want to move is a row of one
 * table, with a name, a unit, a default and the borders of what makes sense. The configuration and
 * the command line change them. Plain values; any thread.
 */
#ifndef SCHEDTOP_DOCTOR_LIMITS_H
#define SCHEDTOP_DOCTOR_LIMITS_H

#include "doctor/finding.h"
#include "util/status.h"

enum limit {
	/* mutex-serialization */
	LIMIT_MUTEX_ALONE,
	LIMIT_MUTEX_WAITERS,
	LIMIT_MUTEX_IMPACT,
	LIMIT_MUTEX_WAITED,
	/* lock-held-across-io */
	LIMIT_LOCK_IO_SHARE,
	LIMIT_LOCK_IO_WAITED,
	LIMIT_LOCK_IO_IMPACT,
	/* serial-bottleneck */
	LIMIT_BOTTLENECK_ALONE,
	LIMIT_BOTTLENECK_WAITERS,
	/* channel-send-stuck */
	LIMIT_STUCK_GOROUTINES,
	LIMIT_STUCK_AGE,
	LIMIT_STUCK_TIME,
	/* deadlock-cycle */
	LIMIT_DEADLOCK_SHARE,
	LIMIT_DEADLOCK_HANDLERS,
	LIMIT_DEADLOCK_TIME,
	/* serial-io */
	LIMIT_SERIAL_IO_SHARE,
	LIMIT_SERIAL_IO_SAVED,
	LIMIT_SERIAL_IO_REQUESTS,
	LIMIT_SERIAL_IO_IMPACT,
	/* pool-saturation */
	LIMIT_POOL_SHARE,
	LIMIT_POOL_WAIT,
	LIMIT_POOL_REQUESTS,
	LIMIT_POOL_IMPACT,
	/* slow-dependency */
	LIMIT_DEPENDENCY_SHARE,
	LIMIT_DEPENDENCY_WAIT,
	LIMIT_DEPENDENCY_WAITED,
	LIMIT_DEPENDENCY_REQUESTS,
	LIMIT_DEPENDENCY_IMPACT,
	/* slow-request-outlier */
	LIMIT_OUTLIER_BURST,
	LIMIT_OUTLIER_TIMES,
	/* network-wait */
	LIMIT_NETWORK_SHARE,
	LIMIT_NETWORK_WAIT,
	LIMIT_NETWORK_REQUESTS,
	LIMIT_NETWORK_IMPACT,
	/* cpu-bound-hot-loop */
	LIMIT_HOT_LOOP_BURST,
	/* cpu-saturation */
	LIMIT_SATURATION_WAIT,
	/* gomaxprocs-mismatch */
	LIMIT_MISMATCH_RATIO,
	LIMIT_THROTTLED,
	/* runnable-oversubscription */
	LIMIT_OVERSUBSCRIPTION,
	/* busy-poll */
	LIMIT_POLL_RATE,
	/* cgo-blocking */
	LIMIT_CGO_CALL,
	/* syscall-blocking */
	LIMIT_SYSCALL_CALL,
	/* gc-pressure */
	LIMIT_GC_CPU,
	LIMIT_GC_GRAVE,
	LIMIT_GC_CORES,
	LIMIT_GC_CYCLES,
	LIMIT_GC_RATE,
	LIMIT_GC_SMALL_HEAP,
	/* alloc-heavy */
	LIMIT_ASSIST_SHARE,
	LIMIT_ASSIST_GRAVE,
	LIMIT_ASSIST_GRAVE_PS,
	LIMIT_ASSIST_LEAST,
	LIMIT_ASSISTS,
	LIMIT_ASSIST_COUNTED,
	/* stw-long */
	LIMIT_STW_LONG,
	LIMIT_STW_LONG_COUNT,
	LIMIT_STW_LONG_SHARE,
	LIMIT_STW_HOLDUP,
	/* stw-frequent */
	LIMIT_STW_RATE,
	LIMIT_STW_FORCED,
	LIMIT_STW_COUNT,
	LIMIT_STW_SHARE,
	/* trace-io-slow */
	LIMIT_TRACE_IO_BLOCKED,
	LIMIT_TRACE_IO_LEAST,
	/* flight-window-short */
	LIMIT_FLIGHT_SHARE,
	/* goroutine-growth */
	LIMIT_GROWTH_GOROUTINES,
	LIMIT_GROWTH_TIME,
	/* heap-growth */
	LIMIT_HEAP_GROWTH,
	LIMIT_HEAP_GROWTH_BYTES,
	LIMIT_HEAP_GROWTH_TIME,
	/* rss-retained */
	LIMIT_RSS_RETAINED,
	LIMIT_RSS_RETAINED_BYTES,
	LIMIT_RSS_RETAINED_TIME,
	/* timer-leak */
	LIMIT_TIMERS,
	LIMIT_TIMERS_TIME,
	/* thread-growth */
	LIMIT_THREAD_GROWTH_TIME,
	LIMIT_THREADS_GROWN,
	/* always-on-tracing */
	LIMIT_TRACING_TIME,
	/* task-empty */
	LIMIT_EMPTY_TASKS,
	LIMIT_EMPTY_SHARE,
	LIMIT_EMPTY_DURATION,
	/* task-never-ended */
	LIMIT_NEVER_ENDED_TASKS,
	LIMIT_NEVER_ENDED_AGE,
	/* task-reused */
	LIMIT_REUSED_TIMES,
	/* region-unclosed */
	LIMIT_UNCLOSED_REGIONS,
	/* region-cross-goroutine */
	LIMIT_CROSSED_REGIONS,
	/* region-out-of-order */
	LIMIT_DISORDERED_REGIONS,
	/* annotation-overhead */
	LIMIT_ANNOTATIONS_RATE,
	LIMIT_ANNOTATIONS_MEDIAN,
	LIMIT_ANNOTATIONS_SHARE,
	/* context-lost */
	LIMIT_LOST_REGIONS,
	LIMIT_LOST_SHARE,
	LIMIT_COUNT
};

struct limit_row {
	const char *name; /* "mutex-serialization.alone" */
	enum measure_unit unit;
	double normal, least, most;
	const char *text; /* what it is, as a sentence begins: "share of the time that ..." */
};
extern const struct limit_row limit_rows[LIMIT_COUNT];

struct limits_set {
	double value[LIMIT_COUNT];
};

/* The defaults. */
void limits_init(struct limits_set *limits);
static inline double limit(const struct limits_set *limits, enum limit which)
{
	return limits->value[which];
}
/* "0.7" or "70%", "100ms", "1GiB", "5", by the row's unit. STATUS_USAGE with what was expected, and
   then nothing is changed. */
enum status limits_set_value(struct limits_set *limits, const char *name, const char *value,
                             struct error *error);
/* "NAME=VALUE", as --limit has it. */
enum status limits_set_text(struct limits_set *limits, const char *text, struct error *error);
/* A value in its unit: "70 %", "100 ms". */
void limit_show(enum limit which, double value, char *to, size_t size, bool ascii);

#endif
