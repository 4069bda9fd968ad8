noinst_LIBRARIES += tui/libtui.a
tui_libtui_a_CFLAGS = $(AM_CFLAGS) $(NCURSES_CFLAGS) $(UV_CFLAGS)
tui_libtui_a_SOURCES = \
	tui/tui.h
