# libFuzzer targets: one program per parser of outside input.

noinst_PROGRAMS += tests/fuzz/fuzz_agent_reply
tests_fuzz_fuzz_agent_reply_SOURCES = tests/fuzz/fuzz_agent_reply.c
tests_fuzz_fuzz_agent_reply_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_agent_reply_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_agent_reply_LDADD = collect/libcollect.a metrics/libmetrics.a util/libutil.a $(JANSSON_LIBS)
