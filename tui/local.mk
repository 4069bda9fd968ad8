noinst_LIBRARIES += tui/libtui.a
tui_libtui_a_CFLAGS = $(AM_CFLAGS) $(NCURSES_CFLAGS) $(UV_CFLAGS)
tui_libtui_a_SOURCES = \
	tui/app.c tui/app.h tui/app_take.c tui/app_capture.c tui/app_command.c tui/app_doctor.c tui/app_time.c \
	tui/aside.c tui/aside.h \
	tui/canvas.c tui/canvas.h \
	tui/capture_panel.c tui/capture_panel.h \
	tui/clip.c tui/clip.h \
	tui/command.c tui/command.h \
	tui/command_line.c tui/command_line.h \
	tui/distribution.c tui/distribution.h \
	tui/filter.c tui/filter.h \
	tui/fleet.c tui/fleet.h tui/fleet_columns.c tui/fleet_columns.h \
	tui/findings.c tui/findings.h \
	tui/frame.c tui/frame.h \
	tui/goroutine_columns.c tui/goroutine_stack.c tui/goroutine_words.c tui/goroutines.h \
	tui/greeting.c tui/greeting.h \
	tui/header.c tui/header.h \
	tui/help.c tui/help.h \
	tui/keymap.c tui/keymap.h tui/keymap_bind.c \
	tui/keys.c tui/keys.h \
	tui/layout.c tui/layout.h \
	tui/listing.c tui/listing.h \
	tui/loop.c tui/loop.h \
	tui/means.h \
	tui/overview.h tui/overview_lanes.c tui/overview_summary.c \
	tui/paint.c tui/paint.h \
	tui/path_words.c tui/path_words.h \
	tui/pick.c \
	tui/plot.c tui/plot.h \
	tui/screen.h \
	tui/sentinel.c tui/sentinel.h \
	tui/series.c tui/series.h \
	tui/prompt.c tui/prompt.h \
	tui/setup.c tui/setup.h \
	tui/state.c tui/state.h \
	tui/style.c tui/style.h \
	tui/tabs.c tui/tabs.h \
	tui/trail.c tui/trail.h \
	tui/take.c tui/take.h \
	tui/term.c tui/term.h \
	tui/theme.c tui/theme.h \
	tui/tui.c tui/tui.h \
	tui/view.c tui/view.h \
	tui/view_findings.c \
	tui/view_fleet.c tui/view_fleet.h tui/view_fleet_input.c \
	tui/view_goroutines.c \
	tui/view_latency.c \
	tui/view_overview.c \
	tui/view_picker.c tui/view_picker.h \
	tui/view_threads.c \
	tui/wait_history.c tui/wait_history.h
