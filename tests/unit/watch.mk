# Unit tests of watch/.
watch_tests = \
	tests/unit/test_watch_bundle \
	tests/unit/test_watch_exec \
	tests/unit/test_watch_metrics \
	tests/unit/test_watch_rule \
	tests/unit/test_watch_sentinel \
	tests/unit/test_watch_watcher
check_PROGRAMS += $(watch_tests)

watch_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS) $(ARCHIVE_CFLAGS)
watch_test_libs = watch/libwatch.a doctor/libdoctor.a report/libreport.a collect/libcollect.a trace/libtrace.a \
	metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(ARCHIVE_LIBS) -lm

tests_unit_test_watch_metrics_SOURCES = tests/unit/test_watch_metrics.c $(metrics_fixture)
tests_unit_test_watch_metrics_CFLAGS = $(watch_test_cflags)
tests_unit_test_watch_metrics_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_watch_metrics_LDADD = $(watch_test_libs)

tests_unit_test_watch_rule_SOURCES = tests/unit/test_watch_rule.c
tests_unit_test_watch_rule_CFLAGS = $(watch_test_cflags)
tests_unit_test_watch_rule_LDADD = $(watch_test_libs)

tests_unit_test_watch_sentinel_SOURCES = tests/unit/test_watch_sentinel.c $(metrics_fixture)
tests_unit_test_watch_sentinel_CFLAGS = $(watch_test_cflags)
tests_unit_test_watch_sentinel_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_watch_sentinel_LDADD = $(watch_test_libs)

tests_unit_test_watch_bundle_SOURCES = tests/unit/test_watch_bundle.c $(file_tree)
tests_unit_test_watch_bundle_CFLAGS = $(watch_test_cflags) $(ZSTD_CFLAGS)
tests_unit_test_watch_bundle_LDADD = $(watch_test_libs)

tests_unit_test_watch_exec_SOURCES = tests/unit/test_watch_exec.c
tests_unit_test_watch_exec_CFLAGS = $(watch_test_cflags)
tests_unit_test_watch_exec_LDADD = $(watch_test_libs)

tests_unit_test_watch_watcher_SOURCES = tests/unit/test_watch_watcher.c $(metrics_fixture)
tests_unit_test_watch_watcher_CFLAGS = $(watch_test_cflags) $(CURL_CFLAGS)
tests_unit_test_watch_watcher_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_watch_watcher_LDADD = watch/libwatch.a doctor/libdoctor.a report/libreport.a collect/libcollect.a \
	goproc/libgoproc.a trace/libtrace.a metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) \
	$(ZSTD_LIBS) $(ARCHIVE_LIBS) $(CURL_LIBS) $(UV_LIBS) $(ELF_LIBS) -lm
