# What tests/trace compares with the reference; built by ./check's `make trace-programs` alone.
trace_programs = tests/trace/summary/trace-summary tests/trace/summary/trace-export \
	tests/trace/lanes/trace-lanes
EXTRA_PROGRAMS += $(trace_programs)
tests_trace_summary_trace_summary_SOURCES = tests/trace/summary/trace_summary.c \
	tests/trace/summary/events.c tests/trace/summary/events.h \
	tests/trace/summary/waits.c tests/trace/summary/waits.h
tests_trace_summary_trace_summary_LDADD = trace/libtrace.a util/libutil.a $(ZLIB_LIBS) $(ZSTD_LIBS)
tests_trace_summary_trace_export_SOURCES = tests/trace/summary/trace_export.c
tests_trace_summary_trace_export_LDADD = $(export_libs)
tests_trace_lanes_trace_lanes_SOURCES = tests/trace/lanes/trace_lanes.c \
	tests/trace/lanes/check.c tests/trace/lanes/check.h
tests_trace_lanes_trace_lanes_LDADD = browse/libbrowse.a trace/libtrace.a util/libutil.a \
	$(ZLIB_LIBS) $(ZSTD_LIBS) -lm
trace-programs: all
	@$(MAKE) $(AM_MAKEFLAGS) $(trace_programs)
.PHONY: trace-programs
