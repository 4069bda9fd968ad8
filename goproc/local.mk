noinst_LIBRARIES += goproc/libgoproc.a
goproc_libgoproc_a_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
goproc_libgoproc_a_SOURCES = \
	goproc/goproc.h
