noinst_LIBRARIES += collect/libcollect.a
collect_libcollect_a_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
collect_libcollect_a_SOURCES = \
	collect/source.h
