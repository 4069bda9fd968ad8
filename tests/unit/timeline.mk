# Unit tests of the Timeline. Those of its screen draw tests/unit/timeline_fake.c.
timeline_tests = \
	tests/unit/test_timeline_screens \
	tests/unit/test_timeline_source \
	tests/unit/test_timeline_window \
	tests/unit/test_view_timeline
check_PROGRAMS += $(timeline_tests)

timeline_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)

tests_unit_test_timeline_source_SOURCES = tests/unit/test_timeline_source.c \
	tests/trace/lanes/check.c tests/trace/lanes/check.h tests/unit/trace_builder.h
tests_unit_test_timeline_source_CFLAGS = $(timeline_test_cflags)
tests_unit_test_timeline_source_LDADD = browse/libbrowse.a trace/libtrace.a util/libutil.a \
	$(CMOCKA_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) -lm

tests_unit_test_timeline_screens_SOURCES = tests/unit/test_timeline_screens.c $(tui_fixture)
tests_unit_test_timeline_screens_CFLAGS = $(timeline_test_cflags)
tests_unit_test_timeline_screens_LDADD = $(browse_panels_libs)

tests_unit_test_timeline_window_SOURCES = tests/unit/test_timeline_window.c
tests_unit_test_timeline_window_CFLAGS = $(timeline_test_cflags)
tests_unit_test_timeline_window_LDADD = browse/libbrowse.a util/libutil.a $(CMOCKA_LIBS)

tests_unit_test_view_timeline_SOURCES = tests/unit/test_view_timeline.c \
	tests/unit/timeline_fake.c tests/unit/timeline_fake.h $(tui_fixture)
tests_unit_test_view_timeline_CFLAGS = $(timeline_test_cflags)
tests_unit_test_view_timeline_LDADD = browse/libbrowse.a report/libreport.a trace/libtrace.a \
	$(tui_test_libs) $(ZLIB_LIBS) $(ZSTD_LIBS)

EXTRA_DIST += \
	tests/golden/timeline-goroutines-120x40.txt \
	tests/golden/timeline-goroutines-160x50-blocks.txt \
	tests/golden/timeline-goroutines-80x24-ascii.txt \
	tests/golden/timeline-goroutines-80x24.txt \
	tests/golden/timeline-marks-120x40.txt \
	tests/golden/timeline-marks-160x50-blocks.txt \
	tests/golden/timeline-marks-80x24-ascii.txt \
	tests/golden/timeline-marks-80x24.txt \
	tests/golden/timeline-spans-120x40.txt \
	tests/golden/timeline-spans-160x50-blocks.txt \
	tests/golden/timeline-spans-80x24-ascii.txt \
	tests/golden/timeline-spans-80x24.txt \
	tests/golden/timeline-threads-120x40.txt \
	tests/golden/timeline-threads-160x50-blocks.txt \
	tests/golden/timeline-threads-80x24-ascii.txt \
	tests/golden/timeline-threads-80x24.txt \
	tests/golden/timeline-whole-120x40.txt \
	tests/golden/timeline-whole-160x50-blocks.txt \
	tests/golden/timeline-whole-80x24-ascii.txt \
	tests/golden/timeline-whole-80x24.txt \
	tests/golden/timeline-woken-120x40.txt \
	tests/golden/timeline-woken-160x50-blocks.txt \
	tests/golden/timeline-woken-80x24-ascii.txt \
	tests/golden/timeline-woken-80x24.txt \
	tests/golden/timeline-zoomed-120x40.txt \
	tests/golden/timeline-zoomed-160x50-blocks.txt \
	tests/golden/timeline-zoomed-80x24-ascii.txt \
	tests/golden/timeline-zoomed-80x24.txt
