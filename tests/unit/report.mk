# Unit tests of the analyses of trace/ and of report/, on traces made byte by byte. Reports are compared with
# tests/golden; SCHEDTOP_UPDATE_GOLDENS=1 keeps new ones.
report_tests = \
	tests/unit/test_report \
	tests/unit/test_report_schema \
	tests/unit/test_task_story \
	tests/unit/test_trace_analyses \
	tests/unit/test_trace_heap \
	tests/unit/test_trace_latency \
	tests/unit/test_trace_levels \
	tests/unit/test_trace_tasks
check_PROGRAMS += $(report_tests)

report_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
report_test_libs = report/libreport.a trace/libtrace.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
report_test_scenario = tests/unit/trace_builder.h tests/unit/trace_scenario.c tests/unit/trace_scenario.h

tests_unit_test_report_SOURCES = tests/unit/test_report.c $(report_test_scenario)
tests_unit_test_report_CFLAGS = $(report_test_cflags)
tests_unit_test_report_LDADD = $(report_test_libs)

tests_unit_test_report_schema_SOURCES = tests/unit/test_report_schema.c $(report_test_scenario)
tests_unit_test_report_schema_CFLAGS = $(report_test_cflags)
tests_unit_test_report_schema_LDADD = $(report_test_libs)

tests_unit_test_trace_analyses_SOURCES = tests/unit/test_trace_analyses.c $(report_test_scenario)
tests_unit_test_trace_analyses_CFLAGS = $(report_test_cflags)
tests_unit_test_trace_analyses_LDADD = $(report_test_libs)

tests_unit_test_trace_levels_SOURCES = tests/unit/test_trace_levels.c
tests_unit_test_trace_levels_CFLAGS = $(report_test_cflags)
tests_unit_test_trace_levels_LDADD = $(report_test_libs)

tests_unit_test_trace_tasks_SOURCES = tests/unit/test_trace_tasks.c $(report_test_scenario)
tests_unit_test_trace_tasks_CFLAGS = $(report_test_cflags)
tests_unit_test_trace_tasks_LDADD = $(report_test_libs)

tests_unit_test_task_story_SOURCES = tests/unit/test_task_story.c $(report_test_scenario)
tests_unit_test_task_story_CFLAGS = $(report_test_cflags)
tests_unit_test_task_story_LDADD = $(report_test_libs)

tests_unit_test_trace_heap_SOURCES = tests/unit/test_trace_heap.c $(report_test_scenario)
tests_unit_test_trace_heap_CFLAGS = $(report_test_cflags)
tests_unit_test_trace_heap_LDADD = $(report_test_libs)

tests_unit_test_trace_latency_SOURCES = tests/unit/test_trace_latency.c $(report_test_scenario)
tests_unit_test_trace_latency_CFLAGS = $(report_test_cflags)
tests_unit_test_trace_latency_LDADD = $(report_test_libs)
