noinst_LIBRARIES += compare/libcompare.a
compare_libcompare_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
compare_libcompare_a_SOURCES = \
	compare/comparison.c compare/comparison.h \
	compare/dice.h \
	compare/estimate.c compare/estimate.h \
	compare/executions.c \
	compare/files.c compare/files.h \
	compare/gate.c compare/gate.h \
	compare/items.c compare/items.h \
	compare/kinds.c compare/kinds.h \
	compare/measure.c compare/measure.h \
	compare/pass.h \
	compare/series.c compare/series.h \
	compare/show.h compare/show_json.c compare/show_markdown.c compare/show_text.c \
	compare/side.c compare/side.h \
	compare/significance.c compare/significance.h
