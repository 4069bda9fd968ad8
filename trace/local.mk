noinst_LIBRARIES += trace/libtrace.a
trace_libtrace_a_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS) $(ZSTD_CFLAGS)
trace_libtrace_a_SOURCES = \
	trace/activity.c trace/activity.h \
	trace/advance.c trace/advance.h \
	trace/advance_fast.c trace/advance_gc.c trace/advance_goroutines.c trace/advance_procs.c \
	trace/advance_user.c \
	trace/blocking.c trace/blocking.h \
	trace/breakdown.c trace/breakdown.h \
	trace/audience.c trace/audience.h \
	trace/distribution.c trace/distribution.h \
	trace/elapsed.h \
	trace/event.h \
	trace/format.c trace/format.h \
	trace/gc.c trace/gc.h \
	trace/gc_workers.c trace/gc_workers.h \
	trace/goroutines.c trace/goroutines.h \
	trace/heap.c trace/heap.h \
	trace/idmap.c trace/idmap.h \
	trace/inflate.c trace/inflate.h \
	trace/index.c trace/index.h trace/index_read.c \
	trace/lane_change.c trace/lane_change.h \
	trace/lanes.c trace/lanes.h \
	trace/input.c trace/input.h \
	trace/latency.c trace/latency.h \
	trace/mmu.c trace/mmu.h \
	trace/names.c trace/names.h \
	trace/order.c trace/order.h trace/order_state.h \
	trace/places.c trace/places.h \
	trace/procs.c trace/procs.h \
	trace/profile.c trace/profile.h \
	trace/profile_kinds.c trace/profile_kinds.h \
	trace/profile_lives.c trace/profile_lives.h \
	trace/reader.c trace/reader.h \
	trace/relay.c trace/relay.h \
	trace/regions.c trace/regions.h \
	trace/sampled.h \
	trace/samples.c trace/samples.h \
	trace/search.c trace/search.h \
	trace/slots.c trace/slots.h \
	trace/spans.c trace/spans.h \
	trace/spells.c trace/spells.h \
	trace/stacks.c trace/stacks.h \
	trace/states.c trace/states.h \
	trace/tables.c trace/tables.h \
	trace/task_rows.c trace/task_rows.h \
	trace/task_story.c trace/task_story.h \
	trace/tasks.c trace/tasks.h \
	trace/timeline.c trace/timeline.h \
	trace/told.h \
	trace/transition.h \
	trace/v1.c trace/v1.h trace/v1_show.h trace/v1_goroutines.c trace/v1_procs.c trace/v1_user.c \
	trace/v1_merge.c trace/v1_state.h trace/v1_wire.c \
	trace/varint.h \
	trace/wire.c trace/wire.h \
	trace/window.c trace/window.h \
	trace/writer.c trace/writer.h
