# Unit tests of metrics/. All share the fixture; allocations go through it so that they can fail on demand.
metrics_tests = \
	tests/unit/test_derive \
	tests/unit/test_feed \
	tests/unit/test_flight_advice \
	tests/unit/test_goroutine_table \
	tests/unit/test_goroutines \
	tests/unit/test_histogram \
	tests/unit/test_history \
	tests/unit/test_json \
	tests/unit/test_json_decode \
	tests/unit/test_schedtrace \
	tests/unit/test_schedtrace_reader \
	tests/unit/test_session \
	tests/unit/test_snapshot \
	tests/unit/test_threads \
	tests/unit/test_trace_cost
check_PROGRAMS += $(metrics_tests)

metrics_fixture = tests/unit/metrics_fixture.c tests/unit/metrics_fixture.h tests/unit/failing_malloc.c \
	tests/unit/goroutine_fixture.c tests/unit/goroutine_fixture.h
metrics_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
metrics_test_ldflags = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc
metrics_test_libs = metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) $(JANSSON_LIBS)

tests_unit_test_derive_SOURCES = tests/unit/test_derive.c $(metrics_fixture)
tests_unit_test_derive_CFLAGS = $(metrics_test_cflags)
tests_unit_test_derive_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_derive_LDADD = $(metrics_test_libs)

tests_unit_test_feed_SOURCES = tests/unit/test_feed.c $(metrics_fixture)
tests_unit_test_feed_CFLAGS = $(metrics_test_cflags)
tests_unit_test_feed_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_feed_LDADD = $(metrics_test_libs)

tests_unit_test_goroutine_table_SOURCES = tests/unit/test_goroutine_table.c $(metrics_fixture)
tests_unit_test_goroutine_table_CFLAGS = $(metrics_test_cflags)
tests_unit_test_goroutine_table_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_goroutine_table_LDADD = $(metrics_test_libs)

tests_unit_test_goroutines_SOURCES = tests/unit/test_goroutines.c $(metrics_fixture)
tests_unit_test_goroutines_CFLAGS = $(metrics_test_cflags)
tests_unit_test_goroutines_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_goroutines_LDADD = $(metrics_test_libs)

tests_unit_test_histogram_SOURCES = tests/unit/test_histogram.c $(metrics_fixture)
tests_unit_test_histogram_CFLAGS = $(metrics_test_cflags)
tests_unit_test_histogram_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_histogram_LDADD = $(metrics_test_libs)

tests_unit_test_history_SOURCES = tests/unit/test_history.c $(metrics_fixture)
tests_unit_test_history_CFLAGS = $(metrics_test_cflags)
tests_unit_test_history_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_history_LDADD = $(metrics_test_libs)

tests_unit_test_json_SOURCES = tests/unit/test_json.c $(metrics_fixture)
tests_unit_test_json_CFLAGS = $(metrics_test_cflags)
tests_unit_test_json_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_json_LDADD = $(metrics_test_libs)

tests_unit_test_json_decode_SOURCES = tests/unit/test_json_decode.c $(metrics_fixture)
tests_unit_test_json_decode_CFLAGS = $(metrics_test_cflags)
tests_unit_test_json_decode_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_json_decode_LDADD = $(metrics_test_libs)

tests_unit_test_schedtrace_SOURCES = tests/unit/test_schedtrace.c $(metrics_fixture)
tests_unit_test_schedtrace_CFLAGS = $(metrics_test_cflags)
tests_unit_test_schedtrace_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_schedtrace_LDADD = $(metrics_test_libs)

tests_unit_test_schedtrace_reader_SOURCES = tests/unit/test_schedtrace_reader.c $(metrics_fixture)
tests_unit_test_schedtrace_reader_CFLAGS = $(metrics_test_cflags)
tests_unit_test_schedtrace_reader_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_schedtrace_reader_LDADD = $(metrics_test_libs)
EXTRA_DIST += \
	tests/data/schedtrace/go1.18.txt tests/data/schedtrace/go1.18-detail.txt \
	tests/data/schedtrace/go1.19.txt tests/data/schedtrace/go1.19-detail.txt \
	tests/data/schedtrace/go1.20.txt tests/data/schedtrace/go1.20-detail.txt \
	tests/data/schedtrace/go1.21.txt tests/data/schedtrace/go1.21-detail.txt \
	tests/data/schedtrace/go1.22.txt tests/data/schedtrace/go1.22-detail.txt \
	tests/data/schedtrace/go1.23.txt tests/data/schedtrace/go1.23-detail.txt \
	tests/data/schedtrace/go1.24.txt tests/data/schedtrace/go1.24-detail.txt \
	tests/data/schedtrace/go1.25.txt tests/data/schedtrace/go1.25-detail.txt \
	tests/data/schedtrace/go1.26.txt tests/data/schedtrace/go1.26-detail.txt \
	tests/data/schedtrace/go1.27.txt tests/data/schedtrace/go1.27-detail.txt

tests_unit_test_session_SOURCES = tests/unit/test_session.c $(metrics_fixture)
tests_unit_test_session_CFLAGS = $(metrics_test_cflags)
tests_unit_test_session_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_session_LDADD = $(metrics_test_libs)

tests_unit_test_snapshot_SOURCES = tests/unit/test_snapshot.c $(metrics_fixture)
tests_unit_test_snapshot_CFLAGS = $(metrics_test_cflags)
tests_unit_test_snapshot_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_snapshot_LDADD = $(metrics_test_libs)

tests_unit_test_threads_SOURCES = tests/unit/test_threads.c $(metrics_fixture)
tests_unit_test_threads_CFLAGS = $(metrics_test_cflags)
tests_unit_test_threads_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_threads_LDADD = $(metrics_test_libs)

tests_unit_test_trace_cost_SOURCES = tests/unit/test_trace_cost.c $(metrics_fixture)
tests_unit_test_trace_cost_CFLAGS = $(metrics_test_cflags)
tests_unit_test_trace_cost_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_trace_cost_LDADD = $(metrics_test_libs)

# What test_histogram compares with.
EXTRA_DIST += \
	tests/reference/go.mod \
	tests/reference/bounds/main.go \
	tests/reference/percentiles/main.go

check_PROGRAMS += tests/unit/test_fleet
tests_unit_test_fleet_SOURCES = tests/unit/test_fleet.c
tests_unit_test_fleet_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fleet_LDADD = metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) $(JANSSON_LIBS)

tests_unit_test_flight_advice_SOURCES = tests/unit/test_flight_advice.c
tests_unit_test_flight_advice_CFLAGS = $(metrics_test_cflags)
tests_unit_test_flight_advice_LDADD = $(metrics_test_libs)

check_PROGRAMS += tests/unit/test_openmetrics
tests_unit_test_openmetrics_SOURCES = tests/unit/test_openmetrics.c $(metrics_fixture)
tests_unit_test_openmetrics_CFLAGS = $(metrics_test_cflags)
tests_unit_test_openmetrics_LDFLAGS = $(metrics_test_ldflags) -Wl,--wrap=realloc
tests_unit_test_openmetrics_LDADD = $(metrics_test_libs)
