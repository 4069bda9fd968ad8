# Messages of protocol buffers are written by what protoc-c makes of their .proto: a new one is a row in each
# of the lists below, and a rule.
export_messages = \
	export/perfetto.pb-c.c export/perfetto.pb-c.h \
	export/pprof.pb-c.c export/pprof.pb-c.h
BUILT_SOURCES += $(export_messages)
CLEANFILES += $(export_messages)
EXTRA_DIST += export/perfetto.proto export/pprof.proto

export/perfetto.pb-c.c: export/perfetto.proto
	$(AM_V_GEN)$(MKDIR_P) export && $(PROTOC_C) --proto_path=$(srcdir)/export --c_out=export $(srcdir)/export/perfetto.proto
export/perfetto.pb-c.h: export/perfetto.pb-c.c
export/pprof.pb-c.c: export/pprof.proto
	$(AM_V_GEN)$(MKDIR_P) export && $(PROTOC_C) --proto_path=$(srcdir)/export --c_out=export $(srcdir)/export/pprof.proto
export/pprof.pb-c.h: export/pprof.pb-c.c

noinst_LIBRARIES += export/libexport.a
export_libexport_a_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS) $(PROTOBUF_C_CFLAGS) $(JANSSON_CFLAGS)
nodist_export_libexport_a_SOURCES = $(export_messages)
export_libexport_a_SOURCES = \
	export/choices.c export/choices.h \
	export/chrome.c export/chrome.h \
	export/csv.c export/csv.h \
	export/export.c export/export.h \
	export/folded.c export/folded.h \
	export/labels.c export/labels.h \
	export/pass.c export/pass.h \
	export/perfetto.c export/perfetto.h \
	export/pprof.c export/pprof.h \
	export/redact.c export/redact.h \
	export/report.c export/report.h \
	export/sink.c export/sink.h \
	export/stack_text.c export/stack_text.h \
	export/story.c export/story.h \
	export/story_levels.c \
	export/story_parts.h \
	export/story_ranges.c \
	export/story_states.c \
	export/story_user.c
export_libs = export/libexport.a report/libreport.a trace/libtrace.a util/libutil.a \
	$(PROTOBUF_C_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
