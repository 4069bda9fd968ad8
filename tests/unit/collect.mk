# Unit tests of collect/.
check_PROGRAMS += tests/unit/test_agent_reply tests/unit/test_cgroup tests/unit/test_lane_sink

tests_unit_test_agent_reply_SOURCES = tests/unit/test_agent_reply.c
tests_unit_test_agent_reply_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_agent_reply_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS)

file_tree = tests/unit/file_tree.c tests/unit/file_tree.h

tests_unit_test_cgroup_SOURCES = tests/unit/test_cgroup.c $(file_tree)
tests_unit_test_cgroup_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cgroup_LDADD = collect/libcollect.a util/libutil.a $(CMOCKA_LIBS)

tests_unit_test_lane_sink_SOURCES = tests/unit/test_lane_sink.c
tests_unit_test_lane_sink_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_lane_sink_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_http
tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CURL_CFLAGS) $(UV_CFLAGS)
tests_unit_test_http_LDADD = collect/libcollect.a util/libutil.a $(CMOCKA_LIBS) $(CURL_LIBS) $(UV_LIBS)

check_PROGRAMS += tests/unit/test_trace_store
tests_unit_test_trace_store_SOURCES = tests/unit/test_trace_store.c
tests_unit_test_trace_store_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_trace_store_LDADD = collect/libcollect.a util/libutil.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_recording
tests_unit_test_recording_SOURCES = tests/unit/test_recording.c
tests_unit_test_recording_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_recording_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZSTD_LIBS)

check_PROGRAMS += tests/unit/test_frames tests/unit/test_rotation
tests_unit_test_frames_SOURCES = tests/unit/test_frames.c $(metrics_fixture)
tests_unit_test_frames_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS) $(ZSTD_CFLAGS)
tests_unit_test_frames_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_frames_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZSTD_LIBS)

tests_unit_test_rotation_SOURCES = tests/unit/test_rotation.c $(metrics_fixture)
tests_unit_test_rotation_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_rotation_LDFLAGS = $(metrics_test_ldflags)
tests_unit_test_rotation_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZSTD_LIBS)

check_PROGRAMS += tests/unit/test_tasks
tests_unit_test_tasks_SOURCES = tests/unit/test_tasks.c $(file_tree)
tests_unit_test_tasks_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tasks_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_goroutine_budget
tests_unit_test_goroutine_budget_SOURCES = tests/unit/test_goroutine_budget.c
tests_unit_test_goroutine_budget_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_goroutine_budget_LDADD = collect/libcollect.a metrics/libmetrics.a \
	goproc/libgoproc.a util/libutil.a $(CMOCKA_LIBS) $(ELF_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/unit/test_web
tests_unit_test_web_SOURCES = tests/unit/test_web.c
tests_unit_test_web_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CURL_CFLAGS)
tests_unit_test_web_LDADD = collect/libcollect.a util/libutil.a $(CMOCKA_LIBS) $(CURL_LIBS)

check_PROGRAMS += tests/unit/test_prom_rows
tests_unit_test_prom_rows_SOURCES = tests/unit/test_prom_rows.c
tests_unit_test_prom_rows_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_prom_rows_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/unit/test_pprof
tests_unit_test_pprof_SOURCES = tests/unit/test_pprof.c
tests_unit_test_pprof_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(ZLIB_CFLAGS)
tests_unit_test_pprof_LDADD = collect/libcollect.a metrics/libmetrics.a goproc/libgoproc.a \
	util/libutil.a $(CMOCKA_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ELF_LIBS)

check_PROGRAMS += tests/unit/test_capture_lock
tests_unit_test_capture_lock_SOURCES = tests/unit/test_capture_lock.c $(file_tree)
tests_unit_test_capture_lock_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_capture_lock_LDADD = collect/libcollect.a util/libutil.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_trace_reach
tests_unit_test_trace_reach_SOURCES = tests/unit/test_trace_reach.c
tests_unit_test_trace_reach_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_trace_reach_LDADD = collect/libcollect.a util/libutil.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_sampled
tests_unit_test_sampled_SOURCES = tests/unit/test_sampled.c
tests_unit_test_sampled_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sampled_LDADD = collect/libcollect.a trace/libtrace.a goproc/libgoproc.a util/libutil.a \
	$(CMOCKA_LIBS) $(ELF_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)

check_PROGRAMS += tests/unit/test_spool
tests_unit_test_spool_SOURCES = tests/unit/test_spool.c
tests_unit_test_spool_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_spool_LDADD = collect/libcollect.a util/libutil.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_target
tests_unit_test_target_SOURCES = tests/unit/test_target.c
tests_unit_test_target_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_target_LDADD = collect/libcollect.a goproc/libgoproc.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(ELF_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/unit/test_prom_fill
tests_unit_test_prom_fill_SOURCES = tests/unit/test_prom_fill.c
tests_unit_test_prom_fill_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_prom_fill_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a \
	$(CMOCKA_LIBS) $(JANSSON_LIBS) -lm
