# Unit tests of tui/. Pictures are compared with tests/golden; SCHEDTOP_UPDATE_GOLDENS=1 keeps new ones.
tui_tests = \
	tests/unit/test_canvas \
	tests/unit/test_keymap \
	tests/unit/test_layout \
	tests/unit/test_overview \
	tests/unit/test_picker \
	tests/unit/test_plot \
	tests/unit/test_style
check_PROGRAMS += $(tui_tests)

tui_fixture = tests/unit/tui_fixture.c tests/unit/tui_fixture.h
tui_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tui_test_libs = tui/libtui.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(NCURSES_LIBS) $(UV_LIBS) $(JANSSON_LIBS)

tests_unit_test_canvas_SOURCES = tests/unit/test_canvas.c $(tui_fixture)
tests_unit_test_canvas_CFLAGS = $(tui_test_cflags)
tests_unit_test_canvas_LDADD = $(tui_test_libs)

tests_unit_test_keymap_SOURCES = tests/unit/test_keymap.c $(tui_fixture)
tests_unit_test_keymap_CFLAGS = $(tui_test_cflags)
tests_unit_test_keymap_LDADD = $(tui_test_libs)

tests_unit_test_layout_SOURCES = tests/unit/test_layout.c
tests_unit_test_layout_CFLAGS = $(tui_test_cflags)
tests_unit_test_layout_LDADD = $(tui_test_libs)

tests_unit_test_overview_SOURCES = tests/unit/test_overview.c $(tui_fixture)
tests_unit_test_overview_CFLAGS = $(tui_test_cflags)
tests_unit_test_overview_LDADD = $(tui_test_libs)

tests_unit_test_picker_SOURCES = tests/unit/test_picker.c $(tui_fixture)
tests_unit_test_picker_CFLAGS = $(tui_test_cflags)
tests_unit_test_picker_LDADD = $(tui_test_libs)

tests_unit_test_plot_SOURCES = tests/unit/test_plot.c $(tui_fixture)
tests_unit_test_plot_CFLAGS = $(tui_test_cflags)
tests_unit_test_plot_LDADD = $(tui_test_libs)

tests_unit_test_style_SOURCES = tests/unit/test_style.c
tests_unit_test_style_CFLAGS = $(tui_test_cflags)
tests_unit_test_style_LDADD = $(tui_test_libs)

EXTRA_DIST += \
	tests/golden/overview-120x40-ascii.txt \
	tests/golden/overview-120x40.txt \
	tests/golden/overview-200x50.txt \
	tests/golden/overview-40x10.txt \
	tests/golden/overview-80x24-ascii.txt \
	tests/golden/overview-80x24.txt \
	tests/golden/overview-exited.txt \
	tests/golden/overview-stripped.txt
