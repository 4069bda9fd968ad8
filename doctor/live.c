#include "doctor/live.h"

#include "doctor/live_rules.h"
#include "util/clock.h"

static live_rule_fn *const rules[] = {
	live_cpu_saturation, live_gomaxprocs_mismatch,
	live_gc_pressure,    live_stw_long,
	live_deadlock,       live_requests,
	live_channel_stuck,  live_goroutine_growth,
	live_heap_growth,    live_rss_retained,
	live_timer_leak,     live_thread_growth,
	live_tracing,
};

enum status live_look(const struct history *history, const struct limits_set *limits,
                      struct findings *out)
{
	struct live live = {.history = history,
	                    .limits = limits,
	                    .now = history_get(history, 0),
	                    .out = out};
	if (!live.now)
		return STATUS_OK;
	enum status status = STATUS_OK;
	for (int by = 0; by < GOROUTINES_BY_COUNT && status == STATUS_OK; by++)
		status = derive_goroutine_table(history, (enum goroutine_by)by, &live.by[by]);
	for (size_t i = 0; i < sizeof rules / sizeof *rules && status == STATUS_OK; i++)
		rules[i](&live);
	for (int by = 0; by < GOROUTINES_BY_COUNT; by++)
		goroutine_table_finish(&live.by[by]);
	findings_settle(out);
	return status == STATUS_OK && out->no_memory ? STATUS_FAILED : status;
}

int64_t live_since(const struct finding *finding)
{
	return finding->evidences > 0 ? finding->evidence[0].begin_ns : -1;
}
