noinst_LIBRARIES += doctor/libdoctor.a
doctor_libdoctor_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
doctor_libdoctor_a_SOURCES = \
	doctor/catalogue.c doctor/catalogue.h \
	doctor/chapter_file.c \
	doctor/chapter_memory.c \
	doctor/chapter_processors.c \
	doctor/collector.c doctor/collector.h \
	doctor/cover.c doctor/cover.h \
	doctor/cpu_groups.c doctor/cpu_groups.h \
	doctor/evidence.c doctor/evidence.h \
	doctor/finding.c doctor/finding.h \
	doctor/known.c doctor/known.h \
	doctor/lately.c doctor/lately.h \
	doctor/limits.c doctor/limits.h \
	doctor/locks.c doctor/locks.h \
	doctor/rules.h \
	doctor/rules_capture.c \
	doctor/rules_cpu.c \
	doctor/rules_file.c \
	doctor/rules_gc.c \
	doctor/rules_poll.c \
	doctor/rules_stw.c \
	doctor/rules_syscall.c \
	doctor/show.h \
	doctor/show_json.c \
	doctor/show_man.c \
	doctor/show_sarif.c \
	doctor/show_text.c \
	doctor/situations.c doctor/situations.h \
	doctor/spots.c doctor/spots.h \
	doctor/tally.c doctor/tally.h \
	doctor/throttle.c doctor/throttle.h \
	doctor/trace_doctor.c doctor/trace_doctor.h \
	doctor/witness.c doctor/witness.h
