#include "doctor/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

const struct limit_row limit_rows[LIMIT_COUNT] = {
	/* mutex-serialization */
	[LIMIT_MUTEX_ALONE] = {"mutex-serialization.alone", UNIT_RATIO, 0.7, 0, 1,
                           "share of the waiting at a lock in which exactly one goroutine runs"},
	[LIMIT_MUTEX_WAITERS] = {"mutex-serialization.waiters", UNIT_COUNT, 2, 2, 1e6,
                             "goroutines that wait for one lock at the same time"},
	[LIMIT_MUTEX_IMPACT] = {"mutex-serialization.impact", UNIT_RATIO, 0.2, 0, 1,
                            "share of the trace in which the lock is waited for"},
	[LIMIT_MUTEX_WAITED] = {"mutex-serialization.waited", UNIT_NS, 100e6, 0, 1e12,
                            "time that goroutines wait for the lock in all"},
	/* lock-held-across-io */
	[LIMIT_LOCK_IO_SHARE] = {"lock-held-across-io.share", UNIT_RATIO, 0.5, 0, 1,
                             "share of the holding that goes into network, system calls or sleep"},
	[LIMIT_LOCK_IO_WAITED] = {"lock-held-across-io.waited", UNIT_NS, 100e6, 0, 1e12,
                              "time that goroutines wait for the lock in all"},
	[LIMIT_LOCK_IO_IMPACT] = {"lock-held-across-io.impact", UNIT_RATIO, 0.1, 0, 1,
                              "share of the trace in which the lock is waited for"},
	/* serial-bottleneck */
	[LIMIT_BOTTLENECK_ALONE] = {"serial-bottleneck.alone", UNIT_RATIO, 0.6, 0, 1,
                                "share of the trace in which the goroutine runs and no other does"},
	[LIMIT_BOTTLENECK_WAITERS] = {"serial-bottleneck.waiters", UNIT_COUNT, 2, 1, 1e6,
                                  "goroutines that wait for it, on average over the trace"},
	/* channel-send-stuck */
	[LIMIT_STUCK_GOROUTINES] = {"channel-send-stuck.goroutines", UNIT_COUNT, 5, 2, 1e6,
                                "goroutines that stand in one send or receive and never go on"},
	[LIMIT_STUCK_AGE] = {"channel-send-stuck.age", UNIT_NS, 300e6, 0, 1e12,
                         "in a trace: how long the first of them has stood there"},
	[LIMIT_STUCK_TIME] = {"channel-send-stuck.time", UNIT_NS, 10e9, 0, 1e14,
                          "of a process: how long the first of them has stood there"},
	/* deadlock-cycle */
	[LIMIT_DEADLOCK_SHARE] = {"deadlock-cycle.share", UNIT_RATIO, 0.8, 0, 1,
                              "share of the busy handlers that wait for calls"},
	[LIMIT_DEADLOCK_HANDLERS] = {"deadlock-cycle.handlers", UNIT_COUNT, 5, 2, 1e6,
                                 "handlers that are busy at least"},
	[LIMIT_DEADLOCK_TIME] = {"deadlock-cycle.time", UNIT_NS, 10e9, 0, 1e14,
                             "of a process: median of how long they have waited"},
	/* serial-io */
	[LIMIT_SERIAL_IO_SHARE] = {"serial-io.share", UNIT_RATIO, 0.7, 0, 1,
                               "share of a task that outbound waits cover, one after the other"},
	[LIMIT_SERIAL_IO_SAVED] = {"serial-io.saved", UNIT_NS, 10e6, 0, 1e12,
                               "time by which a request would be shorter on average"},
	[LIMIT_SERIAL_IO_REQUESTS] = {"serial-io.requests", UNIT_COUNT, 5, 1, 1e9,
                                  "tasks or requests of one kind that it happens to"},
	[LIMIT_SERIAL_IO_IMPACT] = {"serial-io.impact", UNIT_RATIO, 0.05, 0, 1,
                                "share of the time of all requests from which on it is a warning"},
	/* pool-saturation */
	[LIMIT_POOL_SHARE] = {"pool-saturation.share", UNIT_RATIO, 0.2, 0, 1,
                          "share of the time of those who use a pool that they wait in it"},
	[LIMIT_POOL_WAIT] = {"pool-saturation.wait", UNIT_NS, 5e6, 0, 1e12,
                         "time that a request waits there on average"},
	[LIMIT_POOL_REQUESTS] = {"pool-saturation.requests", UNIT_COUNT, 5, 1, 1e9,
                             "tasks or requests of one kind that it happens to"},
	[LIMIT_POOL_IMPACT] = {"pool-saturation.impact", UNIT_RATIO, 0.05, 0, 1,
                           "share of the time of all requests from which on it is a warning"},
	/* slow-dependency */
	[LIMIT_DEPENDENCY_SHARE] = {"slow-dependency.share", UNIT_RATIO, 0.7, 0, 1,
                                "share of tasks or requests that goes into one outbound wait"},
	[LIMIT_DEPENDENCY_WAITED] = {"slow-dependency.waited", UNIT_NS, 50e6, 0, 1e12,
                                 "time that a request waits for others on average"},
	[LIMIT_DEPENDENCY_REQUESTS] = {"slow-dependency.requests", UNIT_COUNT, 5, 1, 1e9,
                                   "tasks or requests of one kind that it happens to"},
	[LIMIT_DEPENDENCY_IMPACT] = {"slow-dependency.impact", UNIT_RATIO, 0.05, 0, 1,
                                 "share of the time of all requests from which on it is a warning"},
	[LIMIT_DEPENDENCY_WAIT] = {"slow-dependency.wait", UNIT_NS, 1e9, 0, 1e14,
                               "of a process: median of how long handlers have waited for a call"},
	/* slow-request-outlier */
	[LIMIT_OUTLIER_BURST] = {"slow-request-outlier.burst", UNIT_NS, 50e6, 0, 1e12,
                             "running without a break that is long at all"},
	[LIMIT_OUTLIER_TIMES] = {"slow-request-outlier.times", UNIT_COUNT, 20, 1, 1e6,
                             "and so many times the median of its kind"},
	/* network-wait */
	[LIMIT_NETWORK_SHARE] = {"network-wait.share", UNIT_RATIO, 0.7, 0, 1,
                             "share of tasks or requests that goes into waiting for the network"},
	[LIMIT_NETWORK_WAIT] = {"network-wait.wait", UNIT_NS, 20e6, 0, 1e12,
                            "time that a request waits for the network on average"},
	[LIMIT_NETWORK_REQUESTS] = {"network-wait.requests", UNIT_COUNT, 5, 1, 1e9,
                                "tasks or requests of one kind that it happens to"},
	/* cpu-bound-hot-loop */
	[LIMIT_HOT_LOOP_BURST] = {"cpu-bound-hot-loop.burst", UNIT_NS, 100e6, 10e6, 1e12,
                              "running without a break while others wait for a processor"},
	/* cpu-saturation */
	[LIMIT_SATURATION_WAIT] = {"cpu-saturation.wait", UNIT_NS, 10e6, 1e6, 1e12,
                               "99th percentile of the wait for a processor"},
	/* gomaxprocs-mismatch */
	[LIMIT_MISMATCH_RATIO] = {"gomaxprocs-mismatch.ratio", UNIT_RATIO, 1.5, 1, 1e6,
                              "GOMAXPROCS above the processors that there really are"},
	[LIMIT_THROTTLED] = {"gomaxprocs-mismatch.throttled", UNIT_RATIO, 0.05, 0, 1,
                         "share of the quota's periods in which the kernel stopped the process"},
	/* runnable-oversubscription */
	[LIMIT_OVERSUBSCRIPTION] = {"runnable-oversubscription.per-p", UNIT_COUNT, 8, 1, 1e6,
                                "goroutines that wait to run for each P, on average"},
	/* busy-poll */
	[LIMIT_POLL_RATE] = {"busy-poll.rate", UNIT_PER_S, 1000, 1, 1e9,
                         "times a second that a goroutine runs for a moment and sleeps or gives "
                         "its P up again"},
	/* cgo-blocking */
	[LIMIT_CGO_CALL] = {"cgo-blocking.call", UNIT_NS, 10e6, 1e6, 1e12,
                        "call of C that holds a thread for long"},
	/* syscall-blocking */
	[LIMIT_SYSCALL_CALL] = {"syscall-blocking.call", UNIT_NS, 100e6, 10e6, 1e12,
                            "system call on files or names that holds a thread for long"},
	/* gc-pressure */
	[LIMIT_GC_CPU] = {"gc-pressure.cpu", UNIT_RATIO, 0.15, 0, 1,
                      "share of the processor time in use that the collector takes"},
	[LIMIT_GC_GRAVE] = {"gc-pressure.grave", UNIT_RATIO, 0.3, 0, 1,
                        "the same, from where on it is critical"},
	[LIMIT_GC_CORES] = {"gc-pressure.cores", UNIT_COUNT, 0.1, 0, 1e6,
                        "processors that the collector keeps busy on average, at least"},
	[LIMIT_GC_CYCLES] = {"gc-pressure.cycles", UNIT_COUNT, 4, 1, 1e9,
                         "cycles that were seen, at least"},
	[LIMIT_GC_RATE] = {"gc-pressure.rate", UNIT_PER_S, 4, 0, 1e6,
                       "cycles a second that are many; with a small heap, half of the share of "
                       "processor time is told too"},
	[LIMIT_GC_SMALL_HEAP] = {"gc-pressure.heap", UNIT_BYTES, 67108864, 0, 1e15,
                             "live heap up to which it is small"},
	/* alloc-heavy */
	[LIMIT_ASSIST_SHARE] = {"alloc-heavy.assist", UNIT_RATIO, 0.06, 0, 1,
                            "share of a handler's running that goes into helping the collector"},
	[LIMIT_ASSIST_GRAVE] = {"alloc-heavy.grave", UNIT_RATIO, 0.25, 0, 1,
                            "the same, from where on it is critical"},
	[LIMIT_ASSIST_GRAVE_PS] = {"alloc-heavy.grave-ps", UNIT_RATIO, 0.2, 0, 1,
                               "and of all that the Ps can do, at least"},
	[LIMIT_ASSIST_LEAST] = {"alloc-heavy.least", UNIT_RATIO, 0.05, 0, 1,
                            "time in assists for the length of the trace, at least"},
	[LIMIT_ASSISTS] = {"alloc-heavy.assists", UNIT_COUNT, 20, 1, 1e9, "assists, at least"},
	[LIMIT_ASSIST_COUNTED] = {"alloc-heavy.counted", UNIT_NS, 2e6, 0, 1e12,
                              "part of one assist that counts, at most"},
	/* stw-long */
	[LIMIT_STW_LONG] = {"stw-long.pause", UNIT_NS, 1e6, 0, 1e12, "stop of the world that is long"},
	[LIMIT_STW_LONG_COUNT] = {"stw-long.count", UNIT_COUNT, 3, 1, 1e9, "long stops, at least"},
	[LIMIT_STW_LONG_SHARE] = {"stw-long.share", UNIT_RATIO, 0.01, 0, 1,
                              "share of the time that long stops take, at least"},
	[LIMIT_STW_HOLDUP] = {"stw-long.holdup", UNIT_NS, 20e6, 0, 1e12,
                          "time after which somebody who doesn't stop holds the others up"},
	/* stw-frequent */
	[LIMIT_STW_RATE] = {"stw-frequent.rate", UNIT_PER_S, 10, 0, 1e6,
                        "stops of the world a second of one kind"},
	[LIMIT_STW_FORCED] = {"stw-frequent.forced", UNIT_PER_S, 1, 0, 1e6,
                          "collections a second that the program asks for"},
	[LIMIT_STW_COUNT] = {"stw-frequent.count", UNIT_COUNT, 5, 1, 1e9, "stops, at least"},
	[LIMIT_STW_SHARE] = {"stw-frequent.share", UNIT_RATIO, 0.005, 0, 1,
                         "share of the time that they cost, from where on it is a warning"},
	/* trace-io-slow */
	[LIMIT_TRACE_IO_BLOCKED] = {"trace-io-slow.blocked", UNIT_RATIO, 0.3, 0, 1,
                                "share of the trace that its writer is held up"},
	[LIMIT_TRACE_IO_LEAST] = {"trace-io-slow.least", UNIT_NS, 200e6, 0, 1e12,
                              "time that it is held up, at least"},
	/* flight-window-short */
	[LIMIT_FLIGHT_SHARE] = {"flight-window-short.share", UNIT_RATIO, 0.8, 0, 1,
                            "share of the window that a task fills which began before it"},
	/* goroutine-growth */
	[LIMIT_GROWTH_GOROUTINES] = {"goroutine-growth.goroutines", UNIT_COUNT, 100, 1, 1e9,
                                 "goroutines that one place added while we looked"},
	[LIMIT_GROWTH_TIME] = {"goroutine-growth.time", UNIT_NS, 60e9, 0, 1e14,
                           "time for which they become more and never fewer"},
	/* heap-growth */
	[LIMIT_HEAP_GROWTH] = {"heap-growth.ratio", UNIT_RATIO, 0.2, 0, 1e6,
                           "growth of the live heap while we looked"},
	[LIMIT_HEAP_GROWTH_BYTES] = {"heap-growth.bytes", UNIT_BYTES, 16 << 20, 0, 1e15,
                                 "and that much at least"},
	[LIMIT_HEAP_GROWTH_TIME] = {"heap-growth.time", UNIT_NS, 600e9, 0, 1e14,
                                "time for which it grows and never shrinks"},
	/* rss-retained */
	[LIMIT_RSS_RETAINED] = {"rss-retained.ratio", UNIT_RATIO, 2, 1, 1e6,
                            "resident memory over what the runtime uses"},
	[LIMIT_RSS_RETAINED_BYTES] = {"rss-retained.bytes", UNIT_BYTES, 256 << 20, 0, 1e15,
                                  "resident memory beyond the goal of the heap"},
	[LIMIT_RSS_RETAINED_TIME] = {"rss-retained.time", UNIT_NS, 600e9, 0, 1e14,
                                 "time for which it is not given back"},
	/* timer-leak */
	[LIMIT_TIMERS] = {"timer-leak.timers", UNIT_COUNT, 10e3, 1, 1e9, "timers that wait"},
	[LIMIT_TIMERS_TIME] = {"timer-leak.time", UNIT_NS, 60e9, 0, 1e14,
                           "time for which they become more and never fewer"},
	/* thread-growth */
	[LIMIT_THREAD_GROWTH_TIME] = {"thread-growth.time", UNIT_NS, 600e9, 0, 1e14,
                                  "time for which threads in use become more and more"},
	[LIMIT_THREADS_GROWN] = {"thread-growth.threads", UNIT_COUNT, 20, 1, 1e6,
                             "threads in use that are new"},
	/* always-on-tracing */
	[LIMIT_TRACING_TIME] = {"always-on-tracing.time", UNIT_NS, 600e9, 0, 1e14,
                            "time for which the program traces itself without a pause"},
	/* task-empty */
	[LIMIT_EMPTY_TASKS] = {"task-empty.tasks", UNIT_COUNT, 10, 1, 1e9, "tasks of one name"},
	[LIMIT_EMPTY_SHARE] = {"task-empty.share", UNIT_RATIO, 0.9, 0, 1,
                           "share of them that is empty"},
	[LIMIT_EMPTY_DURATION] = {"task-empty.duration", UNIT_NS, 20e3, 0, 1e12,
                              "time within which a task with nothing in it has ended at once"},
	/* task-never-ended */
	[LIMIT_NEVER_ENDED_TASKS] = {"task-never-ended.tasks", UNIT_COUNT, 5, 1, 1e9,
                                 "tasks of one name that are open in the end"},
	[LIMIT_NEVER_ENDED_AGE] = {"task-never-ended.age", UNIT_NS, 100e6, 0, 1e12,
                               "time that they have been open"},
	/* task-reused */
	[LIMIT_REUSED_TIMES] = {"task-reused.times", UNIT_COUNT, 10, 1, 1e9,
                            "ends, or regions and logs, of tasks that had ended"},
	/* region-unclosed */
	[LIMIT_UNCLOSED_REGIONS] = {"region-unclosed.regions", UNIT_COUNT, 3, 1, 1e9,
                                "regions of one name that were never ended"},
	/* region-cross-goroutine */
	[LIMIT_CROSSED_REGIONS] = {"region-cross-goroutine.regions", UNIT_COUNT, 3, 1, 1e9,
                               "regions of one name that another goroutine ended"},
	/* region-out-of-order */
	[LIMIT_DISORDERED_REGIONS] = {"region-out-of-order.regions", UNIT_COUNT, 3, 1, 1e9,
                                  "regions of one name that ended after the one around them"},
	/* annotation-overhead */
	[LIMIT_ANNOTATIONS_RATE] = {"annotation-overhead.rate", UNIT_PER_S, 10e3, 1, 1e9,
                                "regions a second"},
	[LIMIT_ANNOTATIONS_MEDIAN] = {"annotation-overhead.median", UNIT_NS, 20e3, 0, 1e12,
                                  "median of their durations below which they are too fine"},
	[LIMIT_ANNOTATIONS_SHARE] =
		{"annotation-overhead.share", UNIT_RATIO, 0.05, 0, 1,
         "share of the running that writing them costs, from which on it is a warning"},
	/* context-lost */
	[LIMIT_LOST_REGIONS] = {"context-lost.regions", UNIT_COUNT, 10, 1, 1e9,
                            "regions of one name without the task that they are part of"},
	[LIMIT_LOST_SHARE] = {"context-lost.share", UNIT_RATIO, 0.5, 0, 1,
                          "share of all regions of that name"},
};

void limits_init(struct limits_set *limits)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		limits->value[i] = limit_rows[i].normal;
}

/* --- as text --------------------------------------------------------------------------------- */

/* "0.7", "70%", "70 %"; `percent` tells whether the sign was there. */
static bool parse_number(const char *text, double *value, bool *percent)
{
	char *end;
	/* strtod would take "nan", "0x1p3" and blanks in front. */
	if (*text < '0' || *text > '9' || strspn(text, "0123456789.eE+- %") != strlen(text))
		return false;
	*value = strtod(text, &end);
	end += strspn(end, " ");
	*percent = *end == '%';
	end += *percent;
	return *end == '\0' && isfinite(*value);
}

static bool parse(enum measure_unit unit, const char *text, double *value)
{
	int64_t amount;
	bool percent = false;
	switch (unit) {
	case UNIT_NS:
		if (!text_parse_duration(text, &amount))
			return false;
		*value = (double)amount;
		return true;
	case UNIT_BYTES:
		if (!text_parse_bytes(text, &amount))
			return false;
		*value = (double)amount;
		return true;
	case UNIT_RATIO:
		if (!parse_number(text, value, &percent))
			return false;
		*value = percent ? *value / 100 : *value;
		return true;
	default:
		return parse_number(text, value, &percent) && !percent;
	}
}

void limit_show(enum limit which, double value, char *to, size_t size, bool ascii)
{
	switch (limit_rows[which].unit) {
	case UNIT_NS:
		text_duration(to, size, value, ascii);
		return;
	case UNIT_BYTES:
		text_bytes(to, size, (int64_t)value);
		return;
	case UNIT_RATIO:
		text_percent(to, size, value);
		return;
	case UNIT_PER_S:
		snprintf(to, size, "%.10g/s", value);
		return;
	default:
		snprintf(to, size, "%.10g", value);
	}
}

static int find(const char *name, size_t length)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (strlen(limit_rows[i].name) == length && memcmp(limit_rows[i].name, name, length) == 0)
			return i;
	return -1;
}

/* The names of one slug's limits, or how to learn of all. */
static enum status unknown(const char *name, struct error *error)
{
	char shown[64], known[256] = "";
	size_t used = 0, stem = strcspn(name, ".");
	text_clean(shown, sizeof shown, name, strlen(name));
	for (int i = 0; i < LIMIT_COUNT && used < sizeof known; i++)
		if (strncmp(limit_rows[i].name, name, stem) == 0 && limit_rows[i].name[stem] == '.')
			used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
			                         limit_rows[i].name);
	if (used)
		return error_set(error, STATUS_USAGE, "there is no limit '%s': there is %s", shown, known);
	return error_set(error, STATUS_USAGE, "there is no limit '%s': schedtop-findings(7) lists them",
	                 shown);
}

enum status limits_set_value(struct limits_set *limits, const char *name, const char *value,
                             struct error *error)
{
	static const char *const examples[UNIT_KINDS] = {
		[UNIT_NS] = "a time such as 100ms",
		[UNIT_BYTES] = "a size such as 64MiB",
		[UNIT_COUNT] = "a number such as 5",
		[UNIT_RATIO] = "a share such as 70%",
		[UNIT_PER_S] = "a number per second such as 4",
	};
	int i = find(name, strlen(name));
	double parsed;
	char shown[64], least[32], most[32];
	if (i < 0)
		return unknown(name, error);
	const struct limit_row *row = &limit_rows[i];
	if (parse(row->unit, value, &parsed) && parsed >= row->least && parsed <= row->most) {
		limits->value[i] = parsed;
		return STATUS_OK;
	}
	text_clean(shown, sizeof shown, value, strlen(value));
	limit_show((enum limit)i, row->least, least, sizeof least, true);
	limit_show((enum limit)i, row->most, most, sizeof most, true);
	return error_set(error, STATUS_USAGE, "%s takes %s, from %s to %s, not '%s'", row->name,
	                 examples[row->unit], least, most, shown);
}

enum status limits_set_text(struct limits_set *limits, const char *text, struct error *error)
{
	char name[64], shown[64];
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : 0;
	if (!equals || length >= sizeof name) {
		text_clean(shown, sizeof shown, text, strlen(text));
		return error_set(error, STATUS_USAGE,
		                 "--limit takes NAME=VALUE such as stw-long.pause=2ms, not '%s'", shown);
	}
	memcpy(name, text, length);
	name[length] = '\0';
	return limits_set_value(limits, name, equals + 1, error);
}
