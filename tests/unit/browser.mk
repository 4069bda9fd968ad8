# Unit tests of the browser's frame: what a trace looks like on the whole, and what keys do.
# SCHEDTOP_UPDATE_GOLDENS=1 keeps new pictures.
browser_tests = tests/unit/test_browser
check_PROGRAMS += $(browser_tests)

tests_unit_test_browser_SOURCES = tests/unit/test_browser.c $(tui_fixture) \
	tests/unit/trace_builder.h tests/unit/trace_scenario.c tests/unit/trace_scenario.h
tests_unit_test_browser_CFLAGS = $(browse_panels_cflags)
tests_unit_test_browser_LDADD = $(browse_panels_libs)

EXTRA_DIST += \
	tests/golden/browser-goroutine-120x40.txt \
	tests/golden/browser-goroutine-160x50.txt \
	tests/golden/browser-goroutine-80x24-ascii.txt \
	tests/golden/browser-goroutine-80x24.txt \
	tests/golden/browser-goroutines-120x40.txt \
	tests/golden/browser-goroutines-160x50.txt \
	tests/golden/browser-goroutines-80x24-ascii.txt \
	tests/golden/browser-goroutines-80x24.txt \
	tests/golden/browser-group-120x40.txt \
	tests/golden/browser-group-160x50.txt \
	tests/golden/browser-group-80x24-ascii.txt \
	tests/golden/browser-group-80x24.txt \
	tests/golden/browser-summary-120x40.txt \
	tests/golden/browser-summary-160x50.txt \
	tests/golden/browser-summary-80x24-ascii.txt \
	tests/golden/browser-summary-80x24.txt
