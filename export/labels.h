/*
 * Names of a trace made fit for text: cleaned as for people, escaped as a format asks for, and
 * kept, since the same few come again and again. And a line that is put together piece by piece.
 * The caller owns both; one thread.
 */
#ifndef SCHEDTOP_EXPORT_LABELS_H
#define SCHEDTOP_EXPORT_LABELS_H

#include <stdbool.h>

#include "export/sink.h"
#include "trace/names.h"

/* What the format does with a character that means something to it. */
enum labels_escape {
	ESCAPE_JSON, /* a backslash before " and \ */
	ESCAPE_CSV,  /* " doubled (RFC 4180) */
};

struct labels {
	enum labels_escape escape;
	char **text; /* by number; NULL: not asked for yet */
	size_t capacity;
};

/* All zero but the escape is a good start. */
void labels_finish(struct labels *labels);
/* Without quotes around it. NULL: no memory. */
const char *labels_get(struct labels *labels, const struct names *names, uint32_t number);
/* Any text; `to` has room for 2 * length + 1 bytes. */
void labels_escape(enum labels_escape escape, char *to, const char *from, size_t length);

enum { LINE = 64 * 1024 };

/* Pieces that have no room are left out: every piece has its largest size, and they fit. */
struct line {
	size_t n;
	char text[LINE];
};

void line_text(struct line *line, const char *text);
void line_number(struct line *line, uint64_t number);
/* As microseconds, to the nanosecond: 1234.567 */
void line_microseconds(struct line *line, int64_t ns);
/* Writes it and begins anew. false: the sink has failed. */
bool line_put(struct line *line, struct sink *sink);

#endif
