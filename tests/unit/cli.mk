# Unit tests of cli/.
check_PROGRAMS += tests/unit/test_options
tests_unit_test_options_SOURCES = tests/unit/test_options.c cli/options.c cli/option_value.c cli/options_check.c cli/options_help.c
tests_unit_test_options_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(UV_CFLAGS)
tests_unit_test_options_LDADD = tui/libtui.a compare/libcompare.a watch/libwatch.a doctor/libdoctor.a export/libexport.a report/libreport.a trace/libtrace.a metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) -lm

check_PROGRAMS += tests/unit/test_settings
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c cli/settings.c cli/setup.c cli/options.c cli/option_value.c cli/options_check.c
tests_unit_test_settings_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(UV_CFLAGS)
tests_unit_test_settings_LDADD = tui/libtui.a compare/libcompare.a watch/libwatch.a doctor/libdoctor.a export/libexport.a report/libreport.a trace/libtrace.a metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) -lm $(INIH_LIBS)

check_PROGRAMS += tests/unit/test_scribe
tests_unit_test_scribe_SOURCES = tests/unit/test_scribe.c cli/scribe.c $(metrics_fixture)
tests_unit_test_scribe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_scribe_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_scribe_LDADD = metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) $(JANSSON_LIBS) -lm
