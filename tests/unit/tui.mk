# Unit tests of tui/. Pictures are compared with tests/golden; SCHEDTOP_UPDATE_GOLDENS=1 keeps new ones.
tui_tests = \
	tests/unit/test_app \
	tests/unit/test_aside \
	tests/unit/test_canvas \
	tests/unit/test_covers \
	tests/unit/test_capture_panel \
	tests/unit/test_keymap \
	tests/unit/test_keymap_bind \
	tests/unit/test_layout \
	tests/unit/test_layouts \
	tests/unit/test_overview \
	tests/unit/test_paint \
	tests/unit/test_path_words \
	tests/unit/test_picker \
	tests/unit/test_plot \
	tests/unit/test_screens \
	tests/unit/test_setup \
	tests/unit/test_take \
	tests/unit/test_theme \
	tests/unit/test_trail \
	tests/unit/test_view_findings \
	tests/unit/test_view_fleet \
	tests/unit/test_view_goroutines \
	tests/unit/test_view_latency \
	tests/unit/test_view_threads
check_PROGRAMS += $(tui_tests)

tui_fixture = tests/unit/tui_fixture.c tests/unit/tui_fixture.h \
	tests/unit/goroutine_fixture.c tests/unit/goroutine_fixture.h
tui_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tui_test_libs = tui/libtui.a doctor/libdoctor.a report/libreport.a trace/libtrace.a metrics/libmetrics.a \
	util/libutil.a $(CMOCKA_LIBS) $(INIH_LIBS) $(NCURSES_LIBS) $(UV_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)

tests_unit_test_app_SOURCES = tests/unit/test_app.c $(tui_fixture)
tests_unit_test_app_CFLAGS = $(tui_test_cflags)
tests_unit_test_app_LDADD = $(tui_test_libs)

tests_unit_test_aside_SOURCES = tests/unit/test_aside.c
tests_unit_test_aside_CFLAGS = $(tui_test_cflags)
tests_unit_test_aside_LDADD = tui/libtui.a util/libutil.a $(CMOCKA_LIBS)

tests_unit_test_canvas_SOURCES = tests/unit/test_canvas.c $(tui_fixture)
tests_unit_test_canvas_CFLAGS = $(tui_test_cflags)
tests_unit_test_canvas_LDADD = $(tui_test_libs)

tests_unit_test_capture_panel_SOURCES = tests/unit/test_capture_panel.c $(tui_fixture)
tests_unit_test_capture_panel_CFLAGS = $(tui_test_cflags)
tests_unit_test_capture_panel_LDADD = $(tui_test_libs)

tests_unit_test_covers_SOURCES = tests/unit/test_covers.c $(tui_fixture)
tests_unit_test_covers_CFLAGS = $(tui_test_cflags)
tests_unit_test_covers_LDADD = $(tui_test_libs)

tests_unit_test_trail_SOURCES = tests/unit/test_trail.c $(tui_fixture)
tests_unit_test_trail_CFLAGS = $(tui_test_cflags)
tests_unit_test_trail_LDADD = $(tui_test_libs)

tests_unit_test_path_words_SOURCES = tests/unit/test_path_words.c $(file_tree)
tests_unit_test_path_words_CFLAGS = $(tui_test_cflags)
tests_unit_test_path_words_LDADD = $(tui_test_libs)

tests_unit_test_keymap_SOURCES = tests/unit/test_keymap.c $(tui_fixture)
tests_unit_test_keymap_CFLAGS = $(tui_test_cflags)
tests_unit_test_keymap_LDADD = $(tui_test_libs)

tests_unit_test_keymap_bind_SOURCES = tests/unit/test_keymap_bind.c
tests_unit_test_keymap_bind_CFLAGS = $(tui_test_cflags)
tests_unit_test_keymap_bind_LDADD = $(tui_test_libs)

tests_unit_test_layout_SOURCES = tests/unit/test_layout.c
tests_unit_test_layout_CFLAGS = $(tui_test_cflags)
tests_unit_test_layout_LDADD = $(tui_test_libs)

tests_unit_test_layouts_SOURCES = tests/unit/test_layouts.c $(tui_fixture)
tests_unit_test_layouts_CFLAGS = $(tui_test_cflags)
tests_unit_test_layouts_LDADD = $(tui_test_libs)

tests_unit_test_overview_SOURCES = tests/unit/test_overview.c $(tui_fixture)
tests_unit_test_overview_CFLAGS = $(tui_test_cflags)
tests_unit_test_overview_LDADD = $(tui_test_libs)

tests_unit_test_paint_SOURCES = tests/unit/test_paint.c
tests_unit_test_paint_CFLAGS = $(tui_test_cflags)
tests_unit_test_paint_LDADD = $(tui_test_libs)

tests_unit_test_picker_SOURCES = tests/unit/test_picker.c $(tui_fixture)
tests_unit_test_picker_CFLAGS = $(tui_test_cflags)
tests_unit_test_picker_LDADD = $(tui_test_libs)

tests_unit_test_plot_SOURCES = tests/unit/test_plot.c $(tui_fixture)
tests_unit_test_plot_CFLAGS = $(tui_test_cflags)
tests_unit_test_plot_LDADD = $(tui_test_libs)

# Every view, of a real process: what schedtop --replay tests/data/mixed.ndjson shows.
tests_unit_test_screens_SOURCES = tests/unit/test_screens.c $(tui_fixture)
tests_unit_test_screens_CFLAGS = $(tui_test_cflags)
tests_unit_test_screens_LDADD = collect/libcollect.a $(tui_test_libs)

tests_unit_test_setup_SOURCES = tests/unit/test_setup.c $(tui_fixture)
tests_unit_test_setup_CFLAGS = $(tui_test_cflags)
tests_unit_test_setup_LDADD = $(tui_test_libs)

tests_unit_test_take_SOURCES = tests/unit/test_take.c $(tui_fixture)
tests_unit_test_take_CFLAGS = $(tui_test_cflags)
tests_unit_test_take_LDADD = $(tui_test_libs)

tests_unit_test_theme_SOURCES = tests/unit/test_theme.c tests/unit/contrast.c tests/unit/contrast.h
tests_unit_test_theme_CFLAGS = $(tui_test_cflags)
tests_unit_test_theme_LDADD = $(tui_test_libs)

tests_unit_test_view_findings_SOURCES = tests/unit/test_view_findings.c $(tui_fixture)
tests_unit_test_view_findings_CFLAGS = $(tui_test_cflags)
tests_unit_test_view_findings_LDADD = $(tui_test_libs)

tests_unit_test_view_fleet_SOURCES = tests/unit/test_view_fleet.c $(tui_fixture)
tests_unit_test_view_fleet_CFLAGS = $(tui_test_cflags)
tests_unit_test_view_fleet_LDADD = $(tui_test_libs)

tests_unit_test_view_goroutines_SOURCES = tests/unit/test_view_goroutines.c $(tui_fixture)
tests_unit_test_view_goroutines_CFLAGS = $(tui_test_cflags)
tests_unit_test_view_goroutines_LDADD = $(tui_test_libs)

tests_unit_test_view_latency_SOURCES = tests/unit/test_view_latency.c $(tui_fixture)
tests_unit_test_view_latency_CFLAGS = $(tui_test_cflags)
tests_unit_test_view_latency_LDADD = $(tui_test_libs)

tests_unit_test_view_threads_SOURCES = tests/unit/test_view_threads.c $(tui_fixture)
tests_unit_test_view_threads_CFLAGS = $(tui_test_cflags)
tests_unit_test_view_threads_LDADD = $(tui_test_libs)

EXTRA_DIST += \
	tests/golden/fleet-120x40.txt tests/golden/fleet-160x50.txt tests/golden/fleet-80x24.txt \
	tests/golden/fleet-80x24-ascii.txt tests/golden/fleet-few-80x24.txt \
	tests/data/leak.ndjson tests/data/mixed.ndjson \
	tests/golden/help-goroutines-120x40.txt tests/golden/help-goroutines-80x24.txt \
	tests/golden/setup-120x40.txt tests/golden/setup-80x24.txt \
	tests/golden/screens-goroutines-120x40-ascii.txt \
	tests/golden/screens-goroutines-120x40.txt \
	tests/golden/screens-goroutines-200x50-ascii.txt \
	tests/golden/screens-goroutines-200x50.txt \
	tests/golden/screens-goroutines-80x24-ascii.txt \
	tests/golden/screens-goroutines-80x24.txt \
	tests/golden/findings-120x40.txt \
	tests/golden/findings-160x50.txt \
	tests/golden/findings-80x24.txt \
	tests/golden/findings-80x24-ascii.txt \
	tests/golden/findings-overview-120x40.txt tests/golden/findings-overview-160x50.txt \
	tests/golden/findings-overview-80x24-ascii.txt \
	tests/golden/findings-open-120x40.txt \
	tests/golden/findings-open-160x50.txt \
	tests/golden/findings-open-80x24.txt \
	tests/golden/findings-open-80x24-ascii.txt \
	tests/golden/screens-findings-120x40.txt \
	tests/golden/screens-findings-120x40-ascii.txt \
	tests/golden/screens-findings-200x50.txt \
	tests/golden/screens-findings-200x50-ascii.txt \
	tests/golden/screens-findings-80x24.txt \
	tests/golden/screens-findings-80x24-ascii.txt \
	tests/golden/goroutines-120x40-ascii.txt \
	tests/golden/goroutines-120x40.txt \
	tests/golden/goroutines-200x50-ascii.txt \
	tests/golden/goroutines-200x50.txt \
	tests/golden/goroutines-80x24-ascii.txt \
	tests/golden/goroutines-80x24.txt \
	tests/golden/goroutines-open-120x40-ascii.txt \
	tests/golden/goroutines-open-120x40.txt \
	tests/golden/goroutines-open-200x50-ascii.txt \
	tests/golden/goroutines-open-200x50.txt \
	tests/golden/goroutines-open-80x24-ascii.txt \
	tests/golden/goroutines-open-80x24.txt \
	tests/golden/screens-latency-120x40-ascii.txt \
	tests/golden/screens-latency-120x40.txt \
	tests/golden/screens-latency-200x50-ascii.txt \
	tests/golden/screens-latency-200x50.txt \
	tests/golden/screens-latency-80x24-ascii.txt \
	tests/golden/screens-latency-80x24.txt \
	tests/golden/screens-overview-120x40-ascii.txt \
	tests/golden/screens-overview-120x40.txt \
	tests/golden/screens-overview-200x50-ascii.txt \
	tests/golden/screens-overview-200x50.txt \
	tests/golden/screens-overview-80x24-ascii.txt \
	tests/golden/screens-overview-80x24.txt \
	tests/golden/screens-threads-120x40-ascii.txt \
	tests/golden/screens-threads-120x40.txt \
	tests/golden/screens-threads-200x50-ascii.txt \
	tests/golden/screens-threads-200x50.txt \
	tests/golden/screens-threads-80x24-ascii.txt \
	tests/golden/screens-threads-80x24.txt \
	tests/golden/capture-ended-120x40-ascii.txt \
	tests/golden/capture-ended-40x10.txt \
	tests/golden/capture-ended-80x24.txt \
	tests/golden/capture-ordered-120x40-ascii.txt \
	tests/golden/capture-ordered-40x10.txt \
	tests/golden/capture-ordered-80x24.txt \
	tests/golden/capture-proposed-120x40-ascii.txt \
	tests/golden/capture-proposed-40x10.txt \
	tests/golden/capture-proposed-80x24.txt \
	tests/golden/latency-120x40.txt \
	tests/golden/latency-120x40-ascii.txt \
	tests/golden/latency-200x50.txt \
	tests/golden/latency-200x50-ascii.txt \
	tests/golden/latency-80x24.txt \
	tests/golden/latency-80x24-ascii.txt \
	tests/golden/overview-120x40-ascii.txt \
	tests/golden/overview-120x40.txt \
	tests/golden/overview-200x50.txt \
	tests/golden/overview-40x10.txt \
	tests/golden/overview-80x24-ascii.txt \
	tests/golden/overview-80x24.txt \
	tests/golden/overview-exited.txt \
	tests/golden/overview-stripped.txt \
	tests/golden/threads-120x40.txt \
	tests/golden/threads-120x40-ascii.txt \
	tests/golden/threads-200x50.txt \
	tests/golden/threads-200x50-ascii.txt \
	tests/golden/threads-80x24.txt \
	tests/golden/threads-80x24-ascii.txt
