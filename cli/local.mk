bin_PROGRAMS += schedtop
schedtop_CPPFLAGS = $(AM_CPPFLAGS) -DSCHEDTOP_THEMES='"$(pkgdatadir)/themes"'
schedtop_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(JANSSON_CFLAGS) $(MICROHTTPD_CFLAGS)
nodist_schedtop_SOURCES = cli/embedded_agent.c
schedtop_SOURCES = \
	cli/agent_pack.c cli/agent_pack.h \
	cli/agent_plan.c cli/agent_plan.h \
	cli/appearance.c \
	cli/await.c cli/await.h \
	cli/child.c cli/child.h \
	cli/cmd_agent.c \
	cli/cmd_capture.c \
	cli/cmd_diff.c \
	cli/cmd_doctor.c \
	cli/cmd_doctor_live.c \
	cli/doctor.h \
	cli/cmd_export.c \
	cli/cmd_fleet.c \
	cli/cmd_export_metrics.c \
	cli/metrics_server.c cli/metrics_server.h \
	cli/cmd_launch.c \
	cli/cmd_ls.c \
	cli/cmd_profile.c \
	cli/cmd_replay.c \
	cli/cmd_sentinel.c \
	cli/cmd_stat.c \
	cli/cmd_stream.c \
	cli/cmd_trace.c \
	cli/cmd_watch.c \
	cli/commands.h \
	cli/fleet_open.c cli/fleet_open.h \
	cli/embedded.h \
	cli/go_tool.c cli/go_tool.h \
	cli/settings.c cli/settings.h \
	cli/setup.c cli/setup.h \
	cli/main.c \
	cli/options.c cli/options.h cli/options_conf.c cli/options_help.c \
	cli/option_value.c cli/option_value.h \
	cli/options_check.c cli/options_check.h \
	cli/outputs.c cli/outputs.h \
	cli/help_table.c cli/help_table.h \
	cli/greeting.c \
	cli/keeper.c cli/keeper.h \
	cli/part.c cli/part.h \
	cli/privileges.c cli/privileges.h \
	cli/progress.c cli/progress.h \
	cli/orders.c cli/orders.h \
	cli/scribe.c cli/scribe.h \
	cli/sentinel.c cli/sentinel.h \
	cli/signals.c \
	cli/subject.c \
	cli/tap.c cli/tap.h \
	cli/trouble.c
schedtop_LDADD = compare/libcompare.a browse/libbrowse.a tui/libtui.a watch/libwatch.a doctor/libdoctor.a export/libexport.a report/libreport.a collect/libcollect.a trace/libtrace.a goproc/libgoproc.a metrics/libmetrics.a util/libutil.a \
	$(NCURSES_LIBS) $(UV_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(ELF_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(ARCHIVE_LIBS) $(PROTOBUF_C_LIBS) $(INIH_LIBS) $(MICROHTTPD_LIBS)
