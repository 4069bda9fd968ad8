noinst_LIBRARIES += trace/libtrace.a
trace_libtrace_a_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
trace_libtrace_a_SOURCES = \
	trace/advance.c \
	trace/distribution.c trace/distribution.h \
	trace/event.h \
	trace/format.c trace/format.h \
	trace/gc.c trace/gc.h \
	trace/goroutines.c trace/goroutines.h \
	trace/idmap.c trace/idmap.h \
	trace/inflate.c trace/inflate.h \
	trace/input.c trace/input.h \
	trace/names.c trace/names.h \
	trace/order.c trace/order.h trace/order_state.h \
	trace/procs.c trace/procs.h \
	trace/reader.c trace/reader.h \
	trace/stacks.c trace/stacks.h \
	trace/tables.c trace/tables.h \
	trace/v1.c trace/v1.h trace/v1_merge.c trace/v1_state.h trace/v1_wire.c \
	trace/varint.h \
	trace/wire.c trace/wire.h
