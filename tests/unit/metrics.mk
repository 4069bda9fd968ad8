# Unit tests of metrics/. The pattern for every test program:
#
#   check_PROGRAMS += tests/unit/test_thing
#   tests_unit_test_thing_SOURCES = tests/unit/test_thing.c
#   tests_unit_test_thing_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
#   tests_unit_test_thing_LDADD = metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS) $(JANSSON_LIBS)
