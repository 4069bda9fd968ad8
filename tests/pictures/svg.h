/*
 * A canvas as an SVG image, as a terminal with true colour would show it: text stays text, and what
 * graphs are made of is drawn, so that it looks the same with every font. The same canvas and theme
 * give the same bytes. For pictures in documents; no state, any thread.
 */
#ifndef SCHEDTOP_TESTS_PICTURES_SVG_H
#define SCHEDTOP_TESTS_PICTURES_SVG_H

#include <stdio.h>

#include "tui/canvas.h"
#include "tui/theme.h"

/* `title` is what the image is said to show; plain text. Errors are the stream's. */
void svg_write(FILE *out, const struct canvas *canvas, const struct theme *theme,
               const char *title);

#endif
