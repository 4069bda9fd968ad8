noinst_LIBRARIES += watch/libwatch.a
watch_libwatch_a_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS) $(JANSSON_CFLAGS) $(ZSTD_CFLAGS)
watch_libwatch_a_SOURCES = \
	watch/amount.c watch/amount.h \
	watch/bundle.c watch/bundle.h \
	watch/exec.c watch/exec.h \
	watch/recent.c watch/recent.h \
	watch/guard.c watch/guard.h \
	watch/job.c watch/job.h \
	watch/log.c watch/log.h \
	watch/manifest.c watch/manifest.h \
	watch/metrics.c watch/metrics.h \
	watch/plan.c watch/plan.h \
	watch/rule.c watch/rule.h \
	watch/sentinel.c watch/sentinel.h \
	watch/watcher.c watch/watcher.h
