noinst_LIBRARIES += doctor/libdoctor.a
doctor_libdoctor_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
doctor_libdoctor_a_SOURCES = \
	doctor/catalogue.c doctor/catalogue.h \
	doctor/chapter_file.c \
	doctor/chapter_memory.c \
	doctor/collector.c doctor/collector.h \
	doctor/evidence.c doctor/evidence.h \
	doctor/finding.c doctor/finding.h \
	doctor/known.c doctor/known.h \
	doctor/limits.c doctor/limits.h \
	doctor/spots.c doctor/spots.h \
	doctor/rules.h \
	doctor/rules_capture.c \
	doctor/rules_file.c \
	doctor/rules_gc.c \
	doctor/rules_stw.c \
	doctor/show.h doctor/show_json.c doctor/show_man.c doctor/show_sarif.c doctor/show_text.c \
	doctor/situations.c doctor/situations.h \
	doctor/tally.c doctor/tally.h \
	doctor/trace_doctor.c doctor/trace_doctor.h \
	doctor/witness.c doctor/witness.h
