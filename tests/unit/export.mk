# Unit tests of export/, on traces made byte by byte.
export_tests = tests/unit/test_export tests/unit/test_redact
check_PROGRAMS += $(export_tests)

tests_unit_test_export_SOURCES = tests/unit/test_export.c $(report_test_scenario)
tests_unit_test_export_CFLAGS = $(report_test_cflags)
tests_unit_test_export_LDADD = $(export_libs) $(CMOCKA_LIBS)
tests_unit_test_redact_SOURCES = tests/unit/test_redact.c
tests_unit_test_redact_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_redact_LDADD = $(export_libs) $(CMOCKA_LIBS)
