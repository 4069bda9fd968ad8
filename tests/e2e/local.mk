# What the live tests compare with Go's own tools; built by `make e2e-programs` alone.
EXTRA_PROGRAMS += tests/e2e/probe/probe tests/e2e/probe/goroutines tests/e2e/probe/captures
tests_e2e_probe_probe_SOURCES = tests/e2e/probe/probe.c
tests_e2e_probe_probe_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)
tests_e2e_probe_goroutines_SOURCES = tests/e2e/probe/goroutines.c
tests_e2e_probe_goroutines_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)
tests_e2e_probe_captures_SOURCES = tests/e2e/probe/captures.c
tests_e2e_probe_captures_LDADD = collect/libcollect.a trace/libtrace.a goproc/libgoproc.a \
	metrics/libmetrics.a util/libutil.a $(UV_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(ELF_LIBS) \
	$(ZSTD_LIBS) $(ZLIB_LIBS)
e2e-programs: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/e2e/probe/probe tests/e2e/probe/goroutines tests/e2e/probe/captures
.PHONY: e2e-programs
