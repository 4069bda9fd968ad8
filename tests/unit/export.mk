# Unit tests of export/, on traces made byte by byte.
export_tests = tests/unit/test_export tests/unit/test_profile tests/unit/test_redact
check_PROGRAMS += $(export_tests)

export_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS) $(PROTOBUF_C_CFLAGS) $(ZLIB_CFLAGS)
export_test_libs = $(export_libs) $(CMOCKA_LIBS)

tests_unit_test_export_SOURCES = tests/unit/test_export.c $(report_test_scenario)
tests_unit_test_export_CFLAGS = $(export_test_cflags)
tests_unit_test_export_LDADD = $(export_test_libs)

tests_unit_test_profile_SOURCES = tests/unit/test_profile.c $(report_test_scenario)
tests_unit_test_profile_CFLAGS = $(export_test_cflags)
tests_unit_test_profile_LDADD = $(export_test_libs)

tests_unit_test_redact_SOURCES = tests/unit/test_redact.c
tests_unit_test_redact_CFLAGS = $(export_test_cflags)
tests_unit_test_redact_LDADD = $(export_test_libs)
