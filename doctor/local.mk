noinst_LIBRARIES += doctor/libdoctor.a
doctor_libdoctor_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
doctor_libdoctor_a_SOURCES = \
	doctor/annotations.h \
	doctor/catalogue.c doctor/catalogue.h \
	doctor/certain.c doctor/certain.h \
	doctor/chapter_annotations.c \
	doctor/chapter_file.c \
	doctor/chapter_growth.c \
	doctor/chapter_locks.c \
	doctor/chapter_memory.c \
	doctor/chapter_processors.c \
	doctor/chapter_waits.c \
	doctor/collector.c doctor/collector.h \
	doctor/cover.c doctor/cover.h \
	doctor/cpu_groups.c doctor/cpu_groups.h \
	doctor/evidence.c doctor/evidence.h \
	doctor/finding.c doctor/finding.h \
	doctor/kinds.c doctor/kinds.h \
	doctor/known.c doctor/known.h \
	doctor/lately.c doctor/lately.h \
	doctor/limits.c doctor/limits.h \
	doctor/live.c doctor/live.h \
	doctor/live_cpu.c \
	doctor/live_gc.c \
	doctor/live_goroutines.c \
	doctor/live_memory.c \
	doctor/live_requests.c \
	doctor/live_rules.h \
	doctor/live_threads.c \
	doctor/live_tools.c \
	doctor/live_trend.c \
	doctor/live_words.c \
	doctor/locks.c doctor/locks.h \
	doctor/notes_contexts.c \
	doctor/notes_cost.c \
	doctor/notes_regions.c \
	doctor/notes_tasks.c \
	doctor/requests.c doctor/requests.h \
	doctor/rules.h \
	doctor/rules_annotations.c \
	doctor/rules_capture.c \
	doctor/rules_cpu.c \
	doctor/rules_file.c \
	doctor/rules_gc.c \
	doctor/rules_io.c \
	doctor/rules_lock.c \
	doctor/rules_outlier.c \
	doctor/rules_poll.c \
	doctor/rules_secrets.c \
	doctor/rules_serial.c \
	doctor/rules_stuck.c \
	doctor/rules_stw.c \
	doctor/rules_syscall.c \
	doctor/show.h \
	doctor/show_json.c \
	doctor/show_man.c \
	doctor/show_sarif.c \
	doctor/show_text.c \
	doctor/site.c doctor/site.h \
	doctor/situations.c doctor/situations.h \
	doctor/spots.c doctor/spots.h \
	doctor/tally.c doctor/tally.h \
	doctor/throttle.c doctor/throttle.h \
	doctor/trace_doctor.c doctor/trace_doctor.h \
	doctor/witness.c doctor/witness.h
