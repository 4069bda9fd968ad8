bin_PROGRAMS += schedtop
schedtop_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(JANSSON_CFLAGS)
schedtop_SOURCES = \
	cli/cmd_ls.c \
	cli/cmd_stat.c \
	cli/cmd_stream.c \
	cli/cmd_watch.c \
	cli/commands.h \
	cli/main.c \
	cli/options.c cli/options.h \
	cli/progress.c cli/progress.h \
	cli/trouble.c
schedtop_LDADD = report/libreport.a trace/libtrace.a collect/libcollect.a tui/libtui.a goproc/libgoproc.a metrics/libmetrics.a util/libutil.a \
	$(NCURSES_LIBS) $(UV_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(ELF_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS)
