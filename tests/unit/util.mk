# Unit tests of util/.
util_tests = tests/unit/test_atomic_file tests/unit/test_heap tests/unit/test_ini_edit tests/unit/test_secrets tests/unit/test_text tests/unit/test_xdg
check_PROGRAMS += $(util_tests)

util_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
util_test_libs = util/libutil.a $(CMOCKA_LIBS)

tests_unit_test_atomic_file_SOURCES = tests/unit/test_atomic_file.c
tests_unit_test_atomic_file_CFLAGS = $(util_test_cflags)
tests_unit_test_atomic_file_LDADD = $(util_test_libs)

tests_unit_test_heap_SOURCES = tests/unit/test_heap.c
tests_unit_test_heap_CFLAGS = $(util_test_cflags)
tests_unit_test_heap_LDADD = $(util_test_libs)

tests_unit_test_ini_edit_SOURCES = tests/unit/test_ini_edit.c
tests_unit_test_ini_edit_CFLAGS = $(util_test_cflags)
tests_unit_test_ini_edit_LDADD = $(util_test_libs)

tests_unit_test_secrets_SOURCES = tests/unit/test_secrets.c
tests_unit_test_secrets_CFLAGS = $(util_test_cflags)
tests_unit_test_secrets_LDADD = $(util_test_libs)

tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_CFLAGS = $(util_test_cflags)
tests_unit_test_text_LDADD = $(util_test_libs)

tests_unit_test_xdg_SOURCES = tests/unit/test_xdg.c
tests_unit_test_xdg_CFLAGS = $(util_test_cflags)
tests_unit_test_xdg_LDADD = $(util_test_libs)
