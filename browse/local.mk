noinst_LIBRARIES += browse/libbrowse.a
browse_libbrowse_a_CFLAGS = $(AM_CFLAGS)
browse_libbrowse_a_SOURCES = \
	browse/browser.c browse/browser.h \
	browse/header.c browse/header.h \
	browse/load.c browse/load.h \
	browse/timeline_source.c browse/timeline_source.h \
	browse/timeline_worker.c browse/timeline_worker.h \
	browse/timeline_window.c browse/timeline_window.h \
	browse/view.h \
	browse/view_summary.c \
	browse/view_timeline.c browse/view_timeline.h \
	browse/view_timeline_act.c browse/view_timeline_details.c browse/view_timeline_lanes.c
