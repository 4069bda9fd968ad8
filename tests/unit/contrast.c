#include "tests/unit/contrast.h"

#include <math.h>

void contrast_linear(int32_t rgb, double out[3])
{
	for (int i = 0; i < 3; i++) {
		double c = (double)(rgb >> (16 - 8 * i) & 0xff) / 255;
		out[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
	}
}

double contrast_ratio(int32_t a, int32_t b)
{
	double luminance[2];
	for (int i = 0; i < 2; i++) {
		double c[3];
		contrast_linear(i ? b : a, c);
		luminance[i] = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
	}
	double light = fmax(luminance[0], luminance[1]), dark = fmin(luminance[0], luminance[1]);
	return (light + 0.05) / (dark + 0.05);
}

int32_t contrast_rgb(const struct theme *theme, enum style style, int colors, bool back)
{
	bool direct = colors == CONTRAST_TRUE_COLOR;
	struct theme_look look = theme_look(theme, style, colors, direct);
	bool swapped = look.attributes & STYLE_REVERSE;
	int32_t color = back != swapped ? look.back : look.color;
	int32_t own = back != swapped ? theme->ground : theme->text;
	if (direct)
		return color == THEME_OWN ? own : color;
	return theme_rgb(color, own);
}

bool contrast_is_area(enum style style)
{
	return style == STYLE_GC_FILL || style == STYLE_SYSCALL_FILL;
}

double contrast_of(const struct theme *theme, enum style style, int colors)
{
	int32_t color = contrast_rgb(theme, style, colors, false);
	int32_t back = contrast_rgb(theme, style, colors, true);
	return contrast_is_area(style)
	           ? fmax(contrast_ratio(color, theme->ground), contrast_ratio(back, theme->ground))
	           : contrast_ratio(color, back);
}
