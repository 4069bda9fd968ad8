#include "tui/clip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define BEGIN       "\033]52;c;"
#define END         "\a"
#define SCREEN_PART 76 /* base64 in one of screen's pieces */

enum clip_way clip_way(const char *term, const char *tmux, const char *sty)
{
	if (tmux && *tmux)
		return CLIP_TMUX;
	if ((sty && *sty) || (term && strncmp(term, "screen", 6) == 0))
		return CLIP_SCREEN;
	/* The console of Linux has no clipboard, and older ones print what they don't know. */
	return term && strcmp(term, "linux") == 0 ? CLIP_NOT : CLIP_PLAIN;
}

/* RFC 4648; in pieces with `between` after each `part` characters (0: in one). */
static void put_base64(FILE *out, const char *text, size_t part, const char *between)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strlen(text), written = 0;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned bits = (unsigned)(unsigned char)text[i] << 16;
		bits |= left > 1 ? (unsigned)(unsigned char)text[i + 1] << 8 : 0;
		bits |= left > 2 ? (unsigned)(unsigned char)text[i + 2] : 0;
		if (part && written > 0 && written % part == 0)
			fputs(between, out);
		fprintf(out, "%c%c%c%c", digit[bits >> 18], digit[bits >> 12 & 63],
		        left > 1 ? digit[bits >> 6 & 63] : '=', left > 2 ? digit[bits & 63] : '=');
		written += 4;
	}
}

static void put(FILE *out, const char *text, enum clip_way way)
{
	if (way == CLIP_SCREEN) {
		fputs("\033P" BEGIN, out);
		put_base64(out, text, SCREEN_PART, "\033\\\033P");
		fputs(END "\033\\", out);
		return;
	}
	fputs(BEGIN, out);
	put_base64(out, text, 0, NULL);
	fputs(END, out);
	if (way != CLIP_TMUX)
		return;
	/* Escapes are doubled in what goes through. */
	fputs("\033Ptmux;\033" BEGIN, out);
	put_base64(out, text, 0, NULL);
	fputs(END "\033\\", out);
}

char *clip_sequence(const char *text, enum clip_way way, size_t *length)
{
	char *bytes = NULL;
	FILE *out = way == CLIP_NOT ? NULL : open_memstream(&bytes, length);
	if (!out)
		return NULL;
	put(out, text, way);
	text_stream_close(out, &bytes);
	return bytes;
}
