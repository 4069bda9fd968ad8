noinst_LIBRARIES += goproc/libgoproc.a
goproc_libgoproc_a_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
goproc_libgoproc_a_SOURCES = \
	goproc/addresses.c goproc/addresses.h \
	goproc/buildinfo.c goproc/buildinfo.h \
	goproc/decode.c goproc/decode.h \
	goproc/debuginfo.c goproc/debuginfo.h \
	goproc/disasm.h goproc/disasm_amd64.c goproc/disasm_arm64.c \
	goproc/frames.c goproc/frames.h \
	goproc/functions.c goproc/functions.h \
	goproc/gcstate.c goproc/gcstate.h \
	goproc/goproc.c goproc/goproc.h \
	goproc/gs.c goproc/gs.h \
	goproc/gstacks.c goproc/gstacks.h \
	goproc/image.c goproc/image.h \
	goproc/layouts.c goproc/layouts.h goproc/layouts_generated.h \
	goproc/memory.c goproc/memory.h \
	goproc/moduledata.c goproc/moduledata.h \
	goproc/objects.c goproc/objects.h \
	goproc/pages.c goproc/pages.h \
	goproc/pclntab.c goproc/pclntab.h \
	goproc/permission.c goproc/permission.h \
	goproc/plumbing.c goproc/plumbing.h \
	goproc/process.c goproc/process.h \
	goproc/reader.c goproc/reader.h \
	goproc/reasons.c goproc/reasons.h \
	goproc/sample.c \
	goproc/system.c goproc/system.h \
	goproc/topology.c goproc/topology.h \
	goproc/types.c goproc/types.h \
	goproc/unwind.c goproc/unwind.h

# Measures one read of a live process; built by `make bench-programs` alone.
EXTRA_PROGRAMS += tests/bench/goproc_snapshot
tests_bench_goproc_snapshot_SOURCES = tests/bench/goproc_snapshot.c
tests_bench_goproc_snapshot_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)

# The same of all its goroutines.
EXTRA_PROGRAMS += tests/bench/goproc_goroutines
tests_bench_goproc_goroutines_SOURCES = tests/bench/goproc_goroutines.c
tests_bench_goproc_goroutines_LDADD = goproc/libgoproc.a util/libutil.a $(ELF_LIBS)
