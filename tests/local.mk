# Unit tests: one program per module, run by `make check` and by ./check, which counts their TAP lines.
# Each folder's tests are listed by that folder's fragment below tests/unit.
if HAVE_CMOCKA
include tests/unit/util.mk
include tests/unit/metrics.mk
include tests/unit/goproc.mk
include tests/unit/trace.mk
include tests/unit/collect.mk
include tests/unit/tui.mk
include tests/unit/report.mk
include tests/unit/compare.mk
include tests/unit/doctor.mk
include tests/unit/watch.mk
include tests/unit/browse_panels.mk
include tests/unit/browser.mk
include tests/unit/timeline.mk
include tests/unit/export.mk
include tests/unit/cli.mk
endif
if FUZZ
include tests/fuzz/local.mk
endif
include tests/trace/local.mk
include tests/e2e/local.mk
include tests/bench/local.mk
dist_check_SCRIPTS += tests/layering tests/catalogue tests/tally

# The pictures of the documents, tools/pictures.
EXTRA_PROGRAMS += tests/pictures/draw
tests_pictures_draw_SOURCES = tests/pictures/draw.c tests/pictures/svg.c tests/pictures/svg.h
tests_pictures_draw_LDADD = collect/libcollect.a browse/libbrowse.a tui/libtui.a doctor/libdoctor.a \
	report/libreport.a trace/libtrace.a metrics/libmetrics.a util/libutil.a $(INIH_LIBS) $(NCURSES_LIBS) \
	$(UV_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) -lm
