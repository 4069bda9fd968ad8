noinst_LIBRARIES += browse/libbrowse.a
browse_libbrowse_a_CFLAGS = $(AM_CFLAGS)
browse_libbrowse_a_SOURCES = \
	browse/browser.c browse/browser.h \
	browse/header.c browse/header.h \
	browse/load.c browse/load.h \
	browse/timeline_source.h \
	browse/view.h \
	browse/view_summary.c
