# Unit tests of doctor/: lists of findings, their words and limits, how they are shown; rules on traces made byte by byte.
doctor_tests = \
	tests/unit/test_doctor_annotations \
	tests/unit/test_doctor_calls \
	tests/unit/test_doctor_certain \
	tests/unit/test_doctor_cpu \
	tests/unit/test_doctor_findings \
	tests/unit/test_doctor_gc \
	tests/unit/test_doctor_live \
	tests/unit/test_doctor_locks \
	tests/unit/test_doctor_requests \
	tests/unit/test_doctor_show \
	tests/unit/test_doctor_situations \
	tests/unit/test_doctor_witness
check_PROGRAMS += $(doctor_tests)

doctor_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
doctor_test_libs = doctor/libdoctor.a report/libreport.a trace/libtrace.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)

tests_unit_test_doctor_annotations_SOURCES = tests/unit/test_doctor_annotations.c $(report_test_scenario)
tests_unit_test_doctor_annotations_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_annotations_LDADD = $(doctor_test_libs)

doctor_test_world = tests/unit/doctor_world.c tests/unit/doctor_world.h

tests_unit_test_doctor_calls_SOURCES = tests/unit/test_doctor_calls.c $(doctor_test_world)
tests_unit_test_doctor_calls_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_calls_LDADD = $(doctor_test_libs) -lm

tests_unit_test_doctor_certain_SOURCES = tests/unit/test_doctor_certain.c
tests_unit_test_doctor_certain_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_certain_LDADD = $(doctor_test_libs)

tests_unit_test_doctor_cpu_SOURCES = tests/unit/test_doctor_cpu.c $(doctor_test_world)
tests_unit_test_doctor_cpu_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_cpu_LDADD = $(doctor_test_libs) -lm

tests_unit_test_doctor_findings_SOURCES = tests/unit/test_doctor_findings.c
tests_unit_test_doctor_findings_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_findings_LDADD = $(doctor_test_libs)

tests_unit_test_doctor_gc_SOURCES = tests/unit/test_doctor_gc.c $(report_test_scenario)
tests_unit_test_doctor_gc_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_gc_LDADD = $(doctor_test_libs) -lm

tests_unit_test_doctor_show_SOURCES = tests/unit/test_doctor_show.c $(report_test_scenario)
tests_unit_test_doctor_show_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_show_LDADD = $(doctor_test_libs)

# Live rules; allocations go through the fixture so that they can fail on demand.
tests_unit_test_doctor_live_SOURCES = tests/unit/test_doctor_live.c $(metrics_fixture)
tests_unit_test_doctor_live_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_live_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_doctor_live_LDADD = $(doctor_test_libs)

tests_unit_test_doctor_situations_SOURCES = tests/unit/test_doctor_situations.c
tests_unit_test_doctor_situations_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_situations_LDADD = $(doctor_test_libs)

tests_unit_test_doctor_witness_SOURCES = tests/unit/test_doctor_witness.c $(report_test_scenario)
tests_unit_test_doctor_witness_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_witness_LDADD = $(doctor_test_libs)

tests_unit_test_doctor_locks_SOURCES = tests/unit/test_doctor_locks.c
tests_unit_test_doctor_locks_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_locks_LDADD = $(doctor_test_libs)

tests_unit_test_doctor_requests_SOURCES = tests/unit/test_doctor_requests.c
tests_unit_test_doctor_requests_CFLAGS = $(doctor_test_cflags)
tests_unit_test_doctor_requests_LDADD = $(doctor_test_libs)
