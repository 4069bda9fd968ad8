#include "tui/trail.h"

#define ELLIPSIS        0x2026
#define SEPARATOR       " › "
#define SEPARATOR_WIDTH 3

/* The end of the text that fits into so many cells. */
static const char *end_of(const struct canvas *canvas, const char *text, int cells)
{
	while (*text && canvas_text_width(canvas, text) > cells) {
		text++;
		while ((*text & 0xc0) == 0x80) /* the rest of the same character */
			text++;
	}
	return text;
}

/* A name tells most by its package and by its last letters. */
static int draw_step(struct pane line, int x, enum style style, const char *text, int cells)
{
	if (canvas_text_width(line.canvas, text) <= cells)
		return pane_text(line, x, 0, style, text);
	int before = cells / 2, after = cells - before - 1;
	pane_text(pane_sub(line, x, 0, before, 1), 0, 0, style, text);
	pane_glyph(line, x + before, 0, style, ELLIPSIS);
	return pane_text(line, x + before + 1, 0, style, end_of(line.canvas, text, after));
}

static int widest(const int *width, int n)
{
	int most = 0;
	for (int i = 1; i < n; i++)
		if (width[i] > width[most])
			most = i;
	return most;
}

int trail_width(const struct canvas *canvas, const struct trail *trail)
{
	int all = -SEPARATOR_WIDTH;
	for (int n = 0; n < TRAIL_STEPS && trail->step[n]; n++)
		all += canvas_text_width(canvas, trail->step[n]) + SEPARATOR_WIDTH;
	return all > 0 ? all : 0;
}

int trail_draw(struct pane line, int x, const struct trail *trail)
{
	int width[TRAIL_STEPS], n = 0, all = -SEPARATOR_WIDTH;
	for (; n < TRAIL_STEPS && trail->step[n]; n++) {
		width[n] = canvas_text_width(line.canvas, trail->step[n]);
		all += width[n] + SEPARATOR_WIDTH;
	}
	for (int most; n && all > line.width - x && width[most = widest(width, n)] > 1; all--)
		width[most]--;
	for (int i = 0; i < n; i++) {
		if (i > 0)
			x = pane_text(line, x, 0, STYLE_DIM, SEPARATOR);
		x = draw_step(line, x, i == n - 1 ? STYLE_STRONG : STYLE_DIM, trail->step[i], width[i]);
	}
	return x < line.width ? x : line.width;
}
