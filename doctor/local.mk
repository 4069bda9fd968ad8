noinst_LIBRARIES += doctor/libdoctor.a
doctor_libdoctor_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
doctor_libdoctor_a_SOURCES = \
	doctor/catalogue.c doctor/catalogue.h \
	doctor/chapter_file.c \
	doctor/chapter_waits.c \
	doctor/evidence.c doctor/evidence.h \
	doctor/finding.c doctor/finding.h \
	doctor/known.c doctor/known.h \
	doctor/limits.c doctor/limits.h \
	doctor/requests.c doctor/requests.h \
	doctor/rules.h \
	doctor/rules_file.c \
	doctor/rules_io.c \
	doctor/show.h doctor/show_json.c doctor/show_man.c doctor/show_sarif.c doctor/show_text.c \
	doctor/site.c doctor/site.h \
	doctor/situations.c doctor/situations.h \
	doctor/trace_doctor.c doctor/trace_doctor.h \
	doctor/witness.c doctor/witness.h
