# Programs of tests/bench/run; built by its `make bench-programs` alone.
EXTRA_PROGRAMS += tests/bench/history_size
tests_bench_history_size_SOURCES = tests/bench/history_size.c
tests_bench_history_size_LDADD = tui/libtui.a doctor/libdoctor.a report/libreport.a trace/libtrace.a metrics/libmetrics.a util/libutil.a \
	$(INIH_LIBS) $(NCURSES_LIBS) $(UV_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
EXTRA_PROGRAMS += tests/bench/goproc_attach
tests_bench_goproc_attach_SOURCES = tests/bench/goproc_attach.c
tests_bench_goproc_attach_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)
bench-programs: all
	@$(MAKE) $(AM_MAKEFLAGS) $(EXTRA_PROGRAMS)
.PHONY: bench-programs
