noinst_LIBRARIES += goproc/libgoproc.a
goproc_libgoproc_a_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
goproc_libgoproc_a_SOURCES = \
	goproc/buildinfo.c goproc/buildinfo.h \
	goproc/decode.c goproc/decode.h \
	goproc/functions.c goproc/functions.h \
	goproc/goproc.c goproc/goproc.h \
	goproc/image.c goproc/image.h \
	goproc/layouts.c goproc/layouts.h goproc/layouts_generated.h \
	goproc/memory.c goproc/memory.h \
	goproc/moduledata.c goproc/moduledata.h \
	goproc/objects.c goproc/objects.h \
	goproc/pclntab.c goproc/pclntab.h \
	goproc/permission.c goproc/permission.h \
	goproc/process.c goproc/process.h \
	goproc/reader.c goproc/reader.h \
	goproc/sample.c \
	goproc/topology.c goproc/topology.h \
	goproc/types.c goproc/types.h

# Measures one read of a live process; built by `make bench-programs` alone.
EXTRA_PROGRAMS += tests/bench/goproc_snapshot
tests_bench_goproc_snapshot_SOURCES = tests/bench/goproc_snapshot.c
tests_bench_goproc_snapshot_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)
