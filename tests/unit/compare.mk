# Unit tests of compare/. None needs Go: numbers have closed forms, traces are made byte by byte.
compare_tests = \
	tests/unit/test_compare_estimate \
	tests/unit/test_compare_gate \
	tests/unit/test_compare_series \
	tests/unit/test_compare_show \
	tests/unit/test_compare_significance
check_PROGRAMS += $(compare_tests)

compare_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
compare_test_libs = compare/libcompare.a report/libreport.a trace/libtrace.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)

tests_unit_test_compare_estimate_SOURCES = tests/unit/test_compare_estimate.c
tests_unit_test_compare_estimate_CFLAGS = $(compare_test_cflags)
tests_unit_test_compare_estimate_LDADD = $(compare_test_libs)

tests_unit_test_compare_gate_SOURCES = tests/unit/test_compare_gate.c
tests_unit_test_compare_gate_CFLAGS = $(compare_test_cflags)
tests_unit_test_compare_gate_LDADD = $(compare_test_libs)

tests_unit_test_compare_series_SOURCES = tests/unit/test_compare_series.c
tests_unit_test_compare_series_CFLAGS = $(compare_test_cflags)
tests_unit_test_compare_series_LDADD = $(compare_test_libs)

tests_unit_test_compare_show_SOURCES = tests/unit/test_compare_show.c $(report_test_scenario)
tests_unit_test_compare_show_CFLAGS = $(compare_test_cflags)
tests_unit_test_compare_show_LDADD = $(compare_test_libs)

tests_unit_test_compare_significance_SOURCES = tests/unit/test_compare_significance.c
tests_unit_test_compare_significance_CFLAGS = $(compare_test_cflags)
tests_unit_test_compare_significance_LDADD = $(compare_test_libs)
