noinst_LIBRARIES += report/libreport.a
report_libreport_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
report_libreport_a_SOURCES = \
	report/analysis.c report/analysis.h \
	report/blocked.c \
	report/gc.c \
	report/goroutines.c \
	report/health.c \
	report/json.c report/json.h \
	report/kinds.c report/kinds.h \
	report/page.c report/page.h \
	report/report.c report/report.h \
	report/samples.c \
	report/sections.h \
	report/sites.c report/sites.h \
	report/tasks.c \
	report/top.c report/top.h \
	report/utilization.c \
	report/waits.c
