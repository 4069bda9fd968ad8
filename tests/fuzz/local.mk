# libFuzzer targets: one program per parser of outside input. Most begin with what is in tests/data/fuzz; seeds that
# are no text are made by a program.

noinst_PROGRAMS += tests/fuzz/seeds
tests_fuzz_seeds_SOURCES = tests/fuzz/seeds.c tests/unit/goproc_dwarf.c tests/unit/goproc_dwarf.h \
	tests/unit/goproc_elf.c tests/unit/goproc_elf.h tests/unit/goproc_tables.c tests/unit/goproc_tables.h
tests_fuzz_seeds_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
tests_fuzz_seeds_LDADD = collect/libcollect.a goproc/libgoproc.a metrics/libmetrics.a util/libutil.a $(ELF_LIBS) $(ZSTD_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_agent_reply
tests_fuzz_fuzz_agent_reply_SOURCES = tests/fuzz/fuzz_agent_reply.c
tests_fuzz_fuzz_agent_reply_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_agent_reply_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_agent_reply_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS)
EXTRA_DIST += tests/data/fuzz/agent_reply/groups tests/data/fuzz/agent_reply/info \
	tests/data/fuzz/agent_reply/metrics tests/data/fuzz/agent_reply/sched

noinst_PROGRAMS += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c
tests_fuzz_fuzz_json_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_json_LDADD = metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS)
EXTRA_DIST += tests/data/fuzz/json/bounds tests/data/fuzz/json/rows tests/data/fuzz/json/sched \
	tests/data/fuzz/json/snapshot tests/data/fuzz/json/goroutines

noinst_PROGRAMS += tests/fuzz/fuzz_schedtrace
tests_fuzz_fuzz_schedtrace_SOURCES = tests/fuzz/fuzz_schedtrace.c
tests_fuzz_fuzz_schedtrace_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_schedtrace_LDADD = metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS)
EXTRA_DIST += tests/data/fuzz/schedtrace/plain tests/data/fuzz/schedtrace/detail

noinst_PROGRAMS += tests/fuzz/fuzz_elf
tests_fuzz_fuzz_elf_SOURCES = tests/fuzz/fuzz_elf.c tests/unit/goproc_elf.c tests/unit/goproc_elf.h \
	tests/unit/goproc_tables.c tests/unit/goproc_tables.h
tests_fuzz_fuzz_elf_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
tests_fuzz_fuzz_elf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_elf_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_dwarf
tests_fuzz_fuzz_dwarf_SOURCES = tests/fuzz/fuzz_dwarf.c tests/unit/goproc_dwarf.c tests/unit/goproc_dwarf.h
tests_fuzz_fuzz_dwarf_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
tests_fuzz_fuzz_dwarf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_dwarf_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_goroutines
tests_fuzz_fuzz_goroutines_SOURCES = tests/fuzz/fuzz_goroutines.c $(goproc_world)
tests_fuzz_fuzz_goroutines_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
tests_fuzz_fuzz_goroutines_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_goroutines_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_settings
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c cli/settings.c cli/options.c cli/option_value.c cli/options_check.c
tests_fuzz_fuzz_settings_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS)
tests_fuzz_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_settings_LDADD = compare/libcompare.a watch/libwatch.a doctor/libdoctor.a export/libexport.a report/libreport.a trace/libtrace.a tui/libtui.a metrics/libmetrics.a util/libutil.a $(INIH_LIBS) -lm
EXTRA_DIST += tests/data/fuzz/settings/config tests/data/fuzz/settings/theme

# Traces of goroutines; ./check makes their seeds.
trace_fuzz_libs = trace/libtrace.a util/libutil.a $(ZLIB_LIBS) $(ZSTD_LIBS)
trace_fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer

noinst_PROGRAMS += tests/fuzz/fuzz_trace_wire
tests_fuzz_fuzz_trace_wire_SOURCES = tests/fuzz/fuzz_trace_wire.c \
	collect/trace_reach.c collect/trace_reach.h
tests_fuzz_fuzz_trace_wire_LDFLAGS = $(trace_fuzz_ldflags)
tests_fuzz_fuzz_trace_wire_LDADD = $(trace_fuzz_libs)

noinst_PROGRAMS += tests/fuzz/fuzz_trace_order
tests_fuzz_fuzz_trace_order_SOURCES = tests/fuzz/fuzz_trace_order.c \
	tests/fuzz/trace_pass.c tests/fuzz/trace_pass.h
tests_fuzz_fuzz_trace_order_LDFLAGS = $(trace_fuzz_ldflags)
tests_fuzz_fuzz_trace_order_LDADD = $(trace_fuzz_libs)

noinst_PROGRAMS += tests/fuzz/fuzz_trace_v1
tests_fuzz_fuzz_trace_v1_SOURCES = tests/fuzz/fuzz_trace_v1.c \
	tests/fuzz/trace_pass.c tests/fuzz/trace_pass.h
tests_fuzz_fuzz_trace_v1_LDFLAGS = $(trace_fuzz_ldflags)
tests_fuzz_fuzz_trace_v1_LDADD = $(trace_fuzz_libs)

noinst_PROGRAMS += tests/fuzz/fuzz_trace_report
tests_fuzz_fuzz_trace_report_SOURCES = tests/fuzz/fuzz_trace_report.c
tests_fuzz_fuzz_trace_report_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_trace_report_LDFLAGS = $(trace_fuzz_ldflags)
tests_fuzz_fuzz_trace_report_LDADD = doctor/libdoctor.a report/libreport.a $(trace_fuzz_libs) metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_trace_export
tests_fuzz_fuzz_trace_export_SOURCES = tests/fuzz/fuzz_trace_export.c
tests_fuzz_fuzz_trace_export_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_trace_export_LDFLAGS = $(trace_fuzz_ldflags)
tests_fuzz_fuzz_trace_export_LDADD = $(export_libs)
EXTRA_DIST += tests/data/fuzz/trace.dict tests/data/fuzz/trace_report/endless-states

noinst_PROGRAMS += tests/fuzz/fuzz_trace_profile
tests_fuzz_fuzz_trace_profile_SOURCES = tests/fuzz/fuzz_trace_profile.c
tests_fuzz_fuzz_trace_profile_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
tests_fuzz_fuzz_trace_profile_LDFLAGS = $(trace_fuzz_ldflags)
tests_fuzz_fuzz_trace_profile_LDADD = $(export_libs)

noinst_PROGRAMS += tests/fuzz/fuzz_trace_compare
tests_fuzz_fuzz_trace_compare_SOURCES = tests/fuzz/fuzz_trace_compare.c
tests_fuzz_fuzz_trace_compare_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_trace_compare_LDFLAGS = $(trace_fuzz_ldflags)
tests_fuzz_fuzz_trace_compare_LDADD = compare/libcompare.a report/libreport.a $(trace_fuzz_libs) $(JANSSON_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_rule
tests_fuzz_fuzz_rule_SOURCES = tests/fuzz/fuzz_rule.c
tests_fuzz_fuzz_rule_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_rule_LDADD = watch/libwatch.a doctor/libdoctor.a metrics/libmetrics.a util/libutil.a -lm
EXTRA_DIST += tests/data/fuzz/rule/actions tests/data/fuzz/rule/finding tests/data/fuzz/rule/metric

noinst_PROGRAMS += tests/fuzz/fuzz_bundle
tests_fuzz_fuzz_bundle_SOURCES = tests/fuzz/fuzz_bundle.c
tests_fuzz_fuzz_bundle_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_bundle_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_bundle_LDADD = collect/libcollect.a trace/libtrace.a metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
EXTRA_DIST += tests/data/fuzz/bundle/small

noinst_PROGRAMS += tests/fuzz/fuzz_recording
tests_fuzz_fuzz_recording_SOURCES = tests/fuzz/fuzz_recording.c
tests_fuzz_fuzz_recording_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZSTD_CFLAGS)
tests_fuzz_fuzz_recording_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_recording_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS) $(ZSTD_LIBS)
EXTRA_DIST += tests/data/fuzz/recording/lines

noinst_PROGRAMS += tests/fuzz/fuzz_prometheus
tests_fuzz_fuzz_prometheus_SOURCES = tests/fuzz/fuzz_prometheus.c
tests_fuzz_fuzz_prometheus_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_prometheus_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_prometheus_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS)
EXTRA_DIST += tests/data/fuzz/prometheus/classic tests/data/fuzz/prometheus/error \
	tests/data/fuzz/prometheus/matrix tests/data/fuzz/prometheus/names tests/data/fuzz/prometheus/native

noinst_PROGRAMS += tests/fuzz/fuzz_pprof
tests_fuzz_fuzz_pprof_SOURCES = tests/fuzz/fuzz_pprof.c
tests_fuzz_fuzz_pprof_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_pprof_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_pprof_LDADD = collect/libcollect.a metrics/libmetrics.a goproc/libgoproc.a \
	util/libutil.a $(JANSSON_LIBS) $(ZLIB_LIBS) $(ELF_LIBS)
EXTRA_DIST += tests/data/fuzz/pprof/goroutines tests/data/fuzz/pprof/threads tests/data/fuzz/pprof/memstats \
	tests/data/fuzz/pprof/trace tests/data/fuzz/pprof/vars
