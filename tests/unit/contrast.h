/*
 * How well eyes can tell colours, for the tests of themes: pure functions of sRGB colours,
 * 0xrrggbb.
 */
#ifndef SCHEDTOP_TESTS_CONTRAST_H
#define SCHEDTOP_TESTS_CONTRAST_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/theme.h"

#define CONTRAST_TRUE_COLOR (1 << 24)

/* sRGB (IEC 61966-2-1) to linear light. */
void contrast_linear(int32_t rgb, double out[3]);
/* WCAG 2.1, contrast ratio: 1 to 21. */
double contrast_ratio(int32_t a, int32_t b);
/* The colour that a role's characters (or what is below them) have in the end on a terminal of so
   many colours, reversed or not. */
int32_t contrast_rgb(const struct theme *theme, enum style style, int colors, bool back);
/* A shaded area shows both: its character and its ground. */
bool contrast_is_area(enum style style);
/* How well a role is seen: what is read, or a line, against what is below it; of an area the better
   one of both against the theme's ground. */
double contrast_of(const struct theme *theme, enum style style, int colors);

#endif
