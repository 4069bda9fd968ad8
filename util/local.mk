noinst_LIBRARIES += util/libutil.a
util_libutil_a_CFLAGS = $(AM_CFLAGS) $(INIH_CFLAGS)
util_libutil_a_SOURCES = \
	util/atomic_file.c util/atomic_file.h \
	util/bundle.c util/bundle.h \
	util/clock.c util/clock.h \
	util/directory.c util/directory.h \
	util/hash.h \
	util/heap.c util/heap.h \
	util/ini.c util/ini.h util/ini_edit.c util/ini_edit.h \
	util/json.h \
	util/procfs.c util/procfs.h \
	util/secrets.c util/secrets.h \
	util/siphash.c util/siphash.h \
	util/status.c util/status.h \
	util/text.c util/text.h \
	util/thread.c util/thread.h \
	util/write.c util/write.h \
	util/xdg.c util/xdg.h
