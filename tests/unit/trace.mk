# Unit tests of trace/. None needs Go: traces are made byte by byte.
trace_tests = \
	tests/unit/test_trace_gc_workers \
	tests/unit/test_trace_index \
	tests/unit/test_trace_input \
	tests/unit/test_trace_reader \
	tests/unit/test_trace_tables \
	tests/unit/test_trace_v1
check_PROGRAMS += $(trace_tests)

trace_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
trace_test_libs = trace/libtrace.a util/libutil.a $(CMOCKA_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)

tests_unit_test_trace_gc_workers_SOURCES = tests/unit/test_trace_gc_workers.c tests/unit/trace_builder.h
tests_unit_test_trace_gc_workers_CFLAGS = $(trace_test_cflags)
tests_unit_test_trace_gc_workers_LDADD = $(trace_test_libs) -lm

tests_unit_test_trace_index_SOURCES = tests/unit/test_trace_index.c
tests_unit_test_trace_index_CFLAGS = $(trace_test_cflags)
tests_unit_test_trace_index_LDADD = $(trace_test_libs) -lm

tests_unit_test_trace_input_SOURCES = tests/unit/test_trace_input.c
tests_unit_test_trace_input_CFLAGS = $(trace_test_cflags) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
tests_unit_test_trace_input_LDADD = $(trace_test_libs)

tests_unit_test_trace_reader_SOURCES = tests/unit/test_trace_reader.c tests/unit/trace_builder.h
tests_unit_test_trace_reader_CFLAGS = $(trace_test_cflags)
tests_unit_test_trace_reader_LDADD = $(trace_test_libs)

tests_unit_test_trace_tables_SOURCES = tests/unit/test_trace_tables.c
tests_unit_test_trace_tables_CFLAGS = $(trace_test_cflags)
tests_unit_test_trace_tables_LDADD = $(trace_test_libs)

tests_unit_test_trace_v1_SOURCES = tests/unit/test_trace_v1.c tests/unit/trace_builder.h
tests_unit_test_trace_v1_CFLAGS = $(trace_test_cflags)
tests_unit_test_trace_v1_LDADD = $(trace_test_libs)
