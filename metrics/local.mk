noinst_LIBRARIES += metrics/libmetrics.a
metrics_libmetrics_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
metrics_libmetrics_a_SOURCES = \
	metrics/derive.c metrics/derive.h \
	metrics/exposition.c metrics/exposition.h \
	metrics/feed.c metrics/feed.h \
	metrics/playback.c metrics/playback.h \
	metrics/fleet.c metrics/fleet.h metrics/fleet_buckets.c \
	metrics/fleet_board.c metrics/fleet_board.h \
	metrics/fleet_json.c metrics/fleet_json.h \
	metrics/fleet_usual.c metrics/fleet_usual.h \
	metrics/flight_advice.c metrics/flight_advice.h \
	metrics/goroutine_groups.c metrics/goroutine_table.c metrics/goroutine_table.h \
	metrics/goroutines.c metrics/goroutines.h \
	metrics/histogram.c metrics/histogram.h \
	metrics/history.c metrics/history.h \
	metrics/json.c metrics/json.h metrics/json_decode.c \
	metrics/json_goroutines.c metrics/json_goroutines.h \
	metrics/json_tasks.c metrics/json_tasks.h \
	metrics/lanes.c metrics/lanes.h \
	metrics/openmetrics.c metrics/openmetrics.h \
	metrics/schedtrace.c metrics/schedtrace.h \
	metrics/schedtrace_line.c metrics/schedtrace_line.h \
	metrics/schedtrace_reader.c metrics/schedtrace_reader.h \
	metrics/session.c metrics/session.h \
	metrics/snapshot.c metrics/snapshot.h \
	metrics/syscalls.c metrics/syscalls.h \
	metrics/threads.c metrics/threads.h \
	metrics/trace_cost.c metrics/trace_cost.h
EXTRA_DIST += doc/schema.md doc/schedtrace.md doc/metrics.md doc/grafana/schedtop.json
