# Unit tests of browse/: the views of what a trace holds. Pictures are compared with tests/golden;
# SCHEDTOP_UPDATE_GOLDENS=1 keeps new ones.
browse_panels_tests = \
	tests/unit/test_browse_findings \
	tests/unit/test_browse_panels \
	tests/unit/test_browse_tree \
	tests/unit/test_looks
check_PROGRAMS += $(browse_panels_tests)

browse_panels_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
browse_panels_libs = browse/libbrowse.a tui/libtui.a doctor/libdoctor.a report/libreport.a trace/libtrace.a metrics/libmetrics.a \
	util/libutil.a $(CMOCKA_LIBS) $(INIH_LIBS) $(NCURSES_LIBS) $(UV_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)

tests_unit_test_browse_findings_SOURCES = tests/unit/test_browse_findings.c $(tui_fixture)
tests_unit_test_browse_findings_CFLAGS = $(browse_panels_cflags) $(JANSSON_CFLAGS)
tests_unit_test_browse_findings_LDADD = $(browse_panels_libs)

tests_unit_test_browse_panels_SOURCES = tests/unit/test_browse_panels.c $(tui_fixture) \
	tests/unit/trace_builder.h tests/unit/trace_scenario.c tests/unit/trace_scenario.h
tests_unit_test_browse_panels_CFLAGS = $(browse_panels_cflags)
tests_unit_test_browse_panels_LDADD = $(browse_panels_libs)

tests_unit_test_browse_tree_SOURCES = tests/unit/test_browse_tree.c
tests_unit_test_browse_tree_CFLAGS = $(browse_panels_cflags)
tests_unit_test_browse_tree_LDADD = $(browse_panels_libs)

# Every view, live ones and those of a trace, in every theme.
tests_unit_test_looks_SOURCES = tests/unit/test_looks.c tests/unit/contrast.c tests/unit/contrast.h \
	$(tui_fixture)
tests_unit_test_looks_CFLAGS = $(browse_panels_cflags)
tests_unit_test_looks_LDADD = $(browse_panels_libs)

EXTRA_DIST += \
	tests/data/service.trace.gz \
	tests/golden/trace-blocking-network-120x40.txt \
	tests/golden/trace-blocking-network-160x50.txt \
	tests/golden/trace-blocking-network-80x24-ascii.txt \
	tests/golden/trace-blocking-network-80x24.txt \
	tests/golden/trace-blocking-scheduler-120x40.txt \
	tests/golden/trace-blocking-scheduler-160x50.txt \
	tests/golden/trace-blocking-scheduler-80x24-ascii.txt \
	tests/golden/trace-blocking-scheduler-80x24.txt \
	tests/golden/trace-blocking-still-120x40.txt \
	tests/golden/trace-blocking-still-160x50.txt \
	tests/golden/trace-blocking-still-80x24-ascii.txt \
	tests/golden/trace-blocking-still-80x24.txt \
	tests/golden/trace-blocking-sync-120x40.txt \
	tests/golden/trace-blocking-sync-160x50.txt \
	tests/golden/trace-blocking-sync-80x24-ascii.txt \
	tests/golden/trace-blocking-sync-80x24.txt \
	tests/golden/trace-findings-120x38.txt \
	tests/golden/trace-findings-160x48.txt \
	tests/golden/trace-findings-80x22-ascii.txt \
	tests/golden/trace-findings-80x22.txt \
	tests/golden/trace-findings-open-120x38.txt \
	tests/golden/trace-findings-open-160x48.txt \
	tests/golden/trace-findings-open-80x22-ascii.txt \
	tests/golden/trace-findings-open-80x22.txt \
	tests/golden/trace-gc-120x40.txt \
	tests/golden/trace-gc-160x50.txt \
	tests/golden/trace-gc-80x24-ascii.txt \
	tests/golden/trace-gc-80x24.txt \
	tests/golden/trace-latency-120x40.txt \
	tests/golden/trace-latency-160x50.txt \
	tests/golden/trace-latency-80x24-ascii.txt \
	tests/golden/trace-latency-80x24.txt \
	tests/golden/trace-latency-group-120x40.txt \
	tests/golden/trace-latency-group-160x50.txt \
	tests/golden/trace-latency-group-80x24-ascii.txt \
	tests/golden/trace-latency-group-80x24.txt \
	tests/golden/trace-tasks-120x40.txt \
	tests/golden/trace-tasks-160x50.txt \
	tests/golden/trace-tasks-80x24-ascii.txt \
	tests/golden/trace-tasks-80x24.txt \
	tests/golden/trace-tasks-task-120x40.txt \
	tests/golden/trace-tasks-task-160x50.txt \
	tests/golden/trace-tasks-task-80x24-ascii.txt \
	tests/golden/trace-tasks-task-80x24.txt \
	tests/golden/trace-tasks-type-120x40.txt \
	tests/golden/trace-tasks-type-160x50.txt \
	tests/golden/trace-tasks-type-80x24-ascii.txt \
	tests/golden/trace-tasks-type-80x24.txt
