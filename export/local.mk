# Messages of protocol buffers are written by what protoc-c makes of their .proto: a new one is a row in each
# of the lists below, and a rule.
export_messages = export/pprof.pb-c.c export/pprof.pb-c.h
BUILT_SOURCES += $(export_messages)
CLEANFILES += $(export_messages)
EXTRA_DIST += export/pprof.proto

export/pprof.pb-c.c: export/pprof.proto
	$(AM_V_GEN)$(MKDIR_P) export && $(PROTOC_C) --proto_path=$(srcdir)/export --c_out=export $(srcdir)/export/pprof.proto
export/pprof.pb-c.h: export/pprof.pb-c.c

noinst_LIBRARIES += export/libexport.a
export_libexport_a_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS) $(PROTOBUF_C_CFLAGS)
nodist_export_libexport_a_SOURCES = $(export_messages)
export_libexport_a_SOURCES = \
	export/folded.c export/folded.h \
	export/pass.c export/pass.h \
	export/pprof.c export/pprof.h \
	export/sink.c export/sink.h
export_libs = export/libexport.a trace/libtrace.a util/libutil.a $(PROTOBUF_C_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
