noinst_LIBRARIES += tui/libtui.a
tui_libtui_a_CFLAGS = $(AM_CFLAGS) $(NCURSES_CFLAGS) $(UV_CFLAGS)
tui_libtui_a_SOURCES = \
	tui/app.c tui/tui.h \
	tui/canvas.c tui/canvas.h \
	tui/keymap.c tui/keymap.h \
	tui/layout.c tui/layout.h \
	tui/loop.c tui/loop.h \
	tui/overview.h tui/overview_lanes.c tui/overview_summary.c \
	tui/pick.c \
	tui/plot.c tui/plot.h \
	tui/style.c tui/style.h \
	tui/term.c tui/term.h \
	tui/view.c tui/view.h \
	tui/view_overview.c \
	tui/view_picker.c tui/view_picker.h
