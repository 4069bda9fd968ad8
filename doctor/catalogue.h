/*
 * All that the doctor can find: for every slug what it means, what to do, what would refute it and
 * how it is found. The manual page schedtop-findings(7), `schedtop doctor --explain`, the JSON and
 * the screens take their words from here. Constant data; any thread.
 */
#ifndef SCHEDTOP_DOCTOR_CATALOGUE_H
#define SCHEDTOP_DOCTOR_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a finding can be made of. */
enum slug_source { FROM_TRACE = 1, FROM_LIVE = 2, FROM_GOROUTINES = 4 /* a snapshot of all */ };

/* By chapter, in the order of the manual page. Slugs are stable: scripts know them. */
#define SLUGS(X)                                              \
	/* the file */                                            \
	X(TRACE_TRUNCATED, "trace-truncated")                     \
	X(TRACE_EMPTY, "trace-empty")                             \
	X(TRACE_VERSION, "trace-version")                         \
	/* locks and channels */                                  \
	X(MUTEX_SERIALIZATION, "mutex-serialization")             \
	X(LOCK_HELD_ACROSS_IO, "lock-held-across-io")             \
	X(SERIAL_BOTTLENECK, "serial-bottleneck")                 \
	X(CHANNEL_SEND_STUCK, "channel-send-stuck")               \
	X(DEADLOCK_CYCLE, "deadlock-cycle")                       \
	/* waiting for others */                                  \
	X(SERIAL_IO, "serial-io")                                 \
	X(POOL_SATURATION, "pool-saturation")                     \
	X(SLOW_DEPENDENCY, "slow-dependency")                     \
	X(SLOW_REQUEST_OUTLIER, "slow-request-outlier")           \
	X(NETWORK_WAIT, "network-wait")                           \
	/* processors */                                          \
	X(CPU_BOUND_HOT_LOOP, "cpu-bound-hot-loop")               \
	X(CPU_SATURATION, "cpu-saturation")                       \
	X(GOMAXPROCS_MISMATCH, "gomaxprocs-mismatch")             \
	X(RUNNABLE_OVERSUBSCRIPTION, "runnable-oversubscription") \
	X(BUSY_POLL, "busy-poll")                                 \
	X(CGO_BLOCKING, "cgo-blocking")                           \
	X(SYSCALL_BLOCKING, "syscall-blocking")                   \
	/* memory and the collector */                            \
	X(GC_PRESSURE, "gc-pressure")                             \
	X(ALLOC_HEAVY, "alloc-heavy")                             \
	X(STW_LONG, "stw-long")                                   \
	X(STW_FREQUENT, "stw-frequent")                           \
	X(TRACE_IO_SLOW, "trace-io-slow")                         \
	X(FLIGHT_WINDOW_SHORT, "flight-window-short")             \
	/* growth */                                              \
	X(GOROUTINE_GROWTH, "goroutine-growth")                   \
	X(HEAP_GROWTH, "heap-growth")                             \
	X(RSS_RETAINED, "rss-retained")                           \
	X(TIMER_LEAK, "timer-leak")                               \
	X(THREAD_GROWTH, "thread-growth")                         \
	X(ALWAYS_ON_TRACING, "always-on-tracing")                 \
	X(PPROF_EXPOSED, "pprof-exposed")                         \
	/* annotations */                                         \
	X(TASK_EMPTY, "task-empty")                               \
	X(TASK_NEVER_ENDED, "task-never-ended")                   \
	X(TASK_REUSED, "task-reused")                             \
	X(REGION_UNCLOSED, "region-unclosed")                     \
	X(REGION_CROSS_GOROUTINE, "region-cross-goroutine")       \
	X(REGION_OUT_OF_ORDER, "region-out-of-order")             \
	X(ANNOTATION_OVERHEAD, "annotation-overhead")             \
	X(CONTEXT_LOST, "context-lost")                           \
	X(SECRETS_IN_TRACE, "secrets-in-trace")

enum slug {
#define SLUG_ENUM(name, word) SLUG_##name,
	SLUGS(SLUG_ENUM)
#undef SLUG_ENUM
		SLUG_COUNT
};

/* All texts are whole sentences, and paragraphs end with a full stop. */
struct advice {
	enum slug slug;
	unsigned from;       /* bits of enum slug_source */
	const char *title;   /* a few words without a full stop: "One lock serialises the program" */
	const char *means;   /* what it is and why it hurts */
	const char *remedy;  /* what to do about it */
	const char *refuted; /* what would show that it is not so, or does not matter */
	const char *found;   /* how: what is measured, the limits by their names */
};

/* The advice of one family of rules, which lies beside them. */
struct chapter {
	const char *title;
	const struct advice *advice;
	size_t n;
};
extern const struct chapter chapter_file, chapter_locks, chapter_waits, chapter_processors,
	chapter_memory, chapter_growth, chapter_annotations;
/* In the order of the manual page. */
extern const struct chapter *const chapters[];
extern const size_t chapter_count;

/* "mutex-serialization" */
const char *slug_word(enum slug slug);
bool slug_parse(const char *word, enum slug *slug);
/* NULL: no rule finds it. */
const struct advice *advice_of(enum slug slug);

#endif
