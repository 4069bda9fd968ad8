noinst_LIBRARIES += collect/libcollect.a
collect_libcollect_a_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
collect_libcollect_a_SOURCES = \
	collect/agent.c \
	collect/agent_reply.c collect/agent_reply.h \
	collect/agent_socket.c collect/agent_socket.h \
	collect/capture.c collect/capture.h collect/capture_means.h \
	collect/capture_agent.c \
	collect/capture_lock.c collect/capture_lock.h \
	collect/capture_output.c collect/capture_output.h \
	collect/capture_pprof.c \
	collect/capture_sampled.c \
	collect/cgroup.c collect/cgroup.h \
	collect/collector.c collect/collector.h \
	collect/discover.c collect/discover.h \
	collect/fleet_collector.c collect/fleet_collector.h \
	collect/frame_writer.c collect/frame_writer.h \
	collect/frames.c collect/frames.h \
	collect/goroutines.c collect/goroutines.h \
	collect/http.c collect/http.h \
	collect/kept.c collect/kept.h \
	collect/lane_sink.c collect/lane_sink.h \
	collect/line_reader.c collect/line_reader.h \
	collect/listener.c collect/listener.h \
	collect/memory.c \
	collect/os.c \
	collect/pprof.c \
	collect/pprof_figures.c collect/pprof_figures.h \
	collect/pprof_goroutines.c collect/pprof_goroutines.h \
	collect/pprof_profile.c collect/pprof_profile.h \
	collect/probe.c collect/probe.h \
	collect/prom_api.c collect/prom_api.h \
	collect/prom_fill.c collect/prom_fill.h \
	collect/prom_rows.c collect/prom_rows.h \
	collect/prometheus.c collect/prometheus.h \
	collect/promql.c collect/promql.h \
	collect/recorder.c collect/recorder.h \
	collect/recording.c collect/recording.h \
	collect/replay.c collect/replay.h \
	collect/rotation.c collect/rotation.h \
	collect/seek_map.c collect/seek_map.h \
	collect/sampled.c collect/sampled.h \
	collect/sampled_rows.c \
	collect/sampled_state.c collect/sampled_state.h \
	collect/schedtrace.c \
	collect/source.h \
	collect/spool.c collect/spool.h \
	collect/tail.c collect/tail.h \
	collect/target.c collect/target.h \
	collect/text_log.c collect/text_log.h \
	collect/tasks.c collect/tasks.h \
	collect/trace_reach.c collect/trace_reach.h \
	collect/trace_shape.c collect/trace_shape.h \
	collect/trace_store.c collect/trace_store.h \
	collect/web.c collect/web.h \
	collect/web_base.c collect/web_base.h \
	collect/web_options.h
