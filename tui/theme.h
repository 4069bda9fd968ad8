/*
 * How each role of style.h looks: colours for terminals with true colour or 256, with 16 and with 8
 * of them, and attributes for those without any. The dark theme is built in, so that nothing
 * depends on installed files; the others are files of themes/, which change what they name and
 * keep the rest. A theme belongs to its caller; all functions are pure, any thread.
 */
#ifndef SCHEDTOP_TUI_THEME_H
#define SCHEDTOP_TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/style.h"
#include "util/ini.h"

enum theme_depth {
	THEME_RICH, /* 256 colours and more */
	THEME_16,
	THEME_8,
	THEME_MONO, /* attributes alone */
	THEME_DEPTH_COUNT,
};

/* A colour is the terminal's own, a number of its palette, or THEME_RGB | 0xrrggbb. */
#define THEME_OWN (-1)
#define THEME_RGB (1 << 24)

struct theme_look {
	int32_t color, back;
	unsigned attributes; /* enum style_attribute */
};

struct theme {
	/* 0xrrggbb: what the terminal's own colours are taken to be. Not painted: colours are chosen,
	   and tested, to be read on this ground. */
	int32_t ground, text;
	struct theme_look look[THEME_DEPTH_COUNT][STYLE_COUNT];
};

extern const struct theme theme_dark;

/* Names that a user may choose from. Longer ones are left out. */
#define THEME_NAME_MAX 48
#define THEMES_MAX     64

/*
 * Reads a theme file over theme_dark. A depth for which the file says nothing of a role gets what
 * comes nearest to what it says for the one above. Bad lines go to the sink. Only a file that can't
 * be read fails, as in ini.h.
 */
enum status theme_read(struct theme *out, const char *path, const struct ini_sink *sink,
                       struct error *error);
/* The same of text in memory. */
void theme_read_text(struct theme *out, const char *name, const char *text, size_t size,
                     const struct ini_sink *sink);

/*
 * The look of a role on a terminal of so many colours (0: none): numbers of its palette, or
 * 0xrrggbb where `direct` says that the terminal takes those (terminfo's RGB).
 */
struct theme_look theme_look(const struct theme *theme, enum style style, int colors, bool direct);

/* 0xrrggbb of a colour, as xterm shows its palette; `own` stands for THEME_OWN. */
int32_t theme_rgb(int32_t color, int32_t own);

#endif
