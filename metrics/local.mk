noinst_LIBRARIES += metrics/libmetrics.a
metrics_libmetrics_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
metrics_libmetrics_a_SOURCES = \
	metrics/derive.c metrics/derive.h \
	metrics/feed.c metrics/feed.h \
	metrics/histogram.c metrics/histogram.h \
	metrics/history.c metrics/history.h \
	metrics/json.c metrics/json.h \
	metrics/schedtrace.c metrics/schedtrace.h \
	metrics/snapshot.c metrics/snapshot.h
EXTRA_DIST += doc/schema.md
