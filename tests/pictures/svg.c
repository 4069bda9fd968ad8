#include "tests/pictures/svg.h"

#include <stdbool.h>

/* Of a cell, in pixels: what fonts of 13 take, and a width and a height that eighths and dots
   divide well enough. */
enum { CELL_WIDTH = 8, CELL_HEIGHT = 16, MARGIN = 8, FONT = 13, BASELINE = 12, DOT = 2 };

/* --- looks ------------------------------------------------------------------------------------ */

struct ink {
	int32_t color, back; /* 0xrrggbb */
	unsigned attributes;
};

static struct ink ink_of(const struct theme *theme, enum style style)
{
	struct theme_look look = theme_look(theme, style, 256, false);
	struct ink ink = {theme_rgb(look.color, theme->text), theme_rgb(look.back, theme->ground),
	                  look.attributes};
	if (look.attributes & STYLE_REVERSE)
		ink = (struct ink){ink.back, ink.color, ink.attributes};
	return ink;
}

static void write_styles(FILE *out, const struct theme *theme)
{
	fprintf(out,
	        "<style>text{font:%dpx 'DejaVu Sans Mono',Menlo,Consolas,monospace;"
	        "white-space:pre}path{shape-rendering:crispEdges}\n",
	        FONT);
	for (int style = 0; style < STYLE_COUNT; style++) {
		struct ink ink = ink_of(theme, (enum style)style);
		fprintf(out, ".s%d{fill:#%06x%s%s%s}.d%d{stroke:#%06x}\n", style, (unsigned)ink.color,
		        ink.attributes & STYLE_BOLD ? ";font-weight:bold" : "",
		        ink.attributes & STYLE_FAINT ? ";opacity:.6" : "",
		        ink.attributes & STYLE_UNDERLINE ? ";text-decoration:underline" : "", style,
		        (unsigned)ink.color);
	}
	fputs("</style>\n", out);
}

/* --- runs of cells ---------------------------------------------------------------------------- */

static int left_of(int x)
{
	return MARGIN + x * CELL_WIDTH;
}

static int top_of(int y)
{
	return MARGIN + y * CELL_HEIGHT;
}

enum kind { KIND_BLANK, KIND_TEXT, KIND_BLOCK, KIND_SHADE, KIND_BRAILLE };

static enum kind kind_of(uint32_t glyph)
{
	if (glyph == ' ')
		return KIND_BLANK;
	if (glyph >= 0x2591 && glyph <= 0x2593)
		return KIND_SHADE;
	if (glyph >= 0x2580 && glyph <= 0x2590)
		return KIND_BLOCK;
	return glyph >= 0x2800 && glyph < 0x2900 ? KIND_BRAILLE : KIND_TEXT;
}

/* The end of the cells from x on that are alike: the same style and, of graphs, the same glyph.
   Text goes on over single blanks. */
static int run_end(const struct canvas *canvas, int x, int y)
{
	const struct cell *first = canvas_at(canvas, x, y);
	enum kind kind = kind_of(first->glyph);
	int end = x + 1;
	for (; end < canvas->width; end++) {
		const struct cell *cell = canvas_at(canvas, end, y), *next = canvas_at(canvas, end + 1, y);
		enum kind other = kind_of(cell->glyph);
		if (kind == KIND_TEXT && other == KIND_BLANK && next && next->style == first->style &&
		    kind_of(next->glyph) == KIND_TEXT)
			continue;
		if (other != kind || (kind != KIND_BLANK && cell->style != first->style) ||
		    (kind >= KIND_BLOCK && kind != KIND_BRAILLE && cell->glyph != first->glyph))
			break;
	}
	return end;
}

/* The ground of cells that have one of their own. */
static void write_grounds(FILE *out, const struct canvas *canvas, const struct theme *theme, int y)
{
	for (int x = 0, end; x < canvas->width; x = end) {
		const struct cell *cell = canvas_at(canvas, x, y);
		struct ink ink = ink_of(theme, cell->style);
		for (end = x + 1; end < canvas->width; end++)
			if (canvas_at(canvas, end, y)->style != cell->style)
				break;
		if (ink.back != theme->ground)
			fprintf(out, "<path fill=\"#%06x\" d=\"M%d %dh%dv%dh%dz\"/>\n", (unsigned)ink.back,
			        left_of(x), top_of(y), (end - x) * CELL_WIDTH, CELL_HEIGHT,
			        -(end - x) * CELL_WIDTH);
	}
}

static void write_glyph(FILE *out, uint32_t glyph)
{
	char text[5];
	glyph_encode(glyph, text);
	switch (glyph) {
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '&':
		fputs("&amp;", out);
		break;
	default:
		fputs(text, out);
	}
}

static void write_text(FILE *out, const struct canvas *canvas, int x, int end, int y)
{
	fprintf(out, "<text class=\"s%d\" x=\"%d\" y=\"%d\"", canvas_at(canvas, x, y)->style,
	        left_of(x), top_of(y) + BASELINE);
	if (end - x > 1)
		fprintf(out, " textLength=\"%d\"", (end - x) * CELL_WIDTH);
	fputs(">", out);
	for (; x < end; x++)
		if (canvas_at(canvas, x, y)->width > 0)
			write_glyph(out, canvas_at(canvas, x, y)->glyph);
	fputs("</text>\n", out);
}

/* The part of its cell that a block element fills, in eighths. */
static void block_of(uint32_t glyph, int *left, int *top, int *right, int *bottom)
{
	*left = *top = 0;
	*right = *bottom = 8;
	if (glyph == 0x2580)
		*bottom = 4;
	else if (glyph <= 0x2588)
		*top = 8 - (int)(glyph - 0x2580);
	else if (glyph <= 0x258f)
		*right = (int)(0x2590 - glyph);
	else if (glyph == 0x2590)
		*left = 4;
}

static void write_block(FILE *out, const struct canvas *canvas, int x, int end, int y)
{
	const struct cell *cell = canvas_at(canvas, x, y);
	int left, top, right, bottom;
	bool shade = kind_of(cell->glyph) == KIND_SHADE;
	block_of(shade ? 0x2588 : cell->glyph, &left, &top, &right, &bottom);
	fprintf(out, "<path class=\"s%d\"", cell->style);
	if (shade)
		fprintf(out, " opacity=\".%d\"", 3 + 2 * (int)(cell->glyph - 0x2591));
	fputs(" d=\"", out);
	/* What fills its cells from side to side is one piece. */
	int pieces = left == 0 && right == 8 ? 1 : end - x, wide = (end - x) / pieces;
	for (int i = 0; i < pieces; i++) {
		int width = (wide - 1) * CELL_WIDTH + (right - left) * CELL_WIDTH / 8;
		fprintf(out, "M%d %dh%dv%dh%dz", left_of(x + i) + left * CELL_WIDTH / 8,
		        top_of(y) + top * CELL_HEIGHT / 8, width, (bottom - top) * CELL_HEIGHT / 8, -width);
	}
	fputs("\"/>\n", out);
}

static void write_braille(FILE *out, const struct canvas *canvas, int x, int end, int y)
{
	static const uint8_t bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	fprintf(out, "<path class=\"d%d\" stroke-width=\"%d\" d=\"", canvas_at(canvas, x, y)->style,
	        DOT);
	for (int row = 0; row < 4; row++) {
		int at = -1; /* where the pen is; -1: not in this row yet */
		for (int column = 0; column < 2 * (end - x); column++) {
			if (!(canvas_at(canvas, x + column / 2, y)->glyph & bit[row][column % 2]))
				continue;
			int to = left_of(x) + column * CELL_WIDTH / 2 + 1;
			if (at < 0)
				fprintf(out, "M%d %d", to, top_of(y) + row * CELL_HEIGHT / 4 + DOT);
			else
				fprintf(out, "m%d 0", to - at);
			fprintf(out, "h%d", DOT);
			at = to + DOT;
		}
	}
	fputs("\"/>\n", out);
}

static void write_row(FILE *out, const struct canvas *canvas, int y)
{
	for (int x = 0, end; x < canvas->width; x = end) {
		end = run_end(canvas, x, y);
		switch (kind_of(canvas_at(canvas, x, y)->glyph)) {
		case KIND_BLANK:
			break;
		case KIND_TEXT:
			write_text(out, canvas, x, end, y);
			break;
		case KIND_BLOCK:
		case KIND_SHADE:
			write_block(out, canvas, x, end, y);
			break;
		case KIND_BRAILLE:
			write_braille(out, canvas, x, end, y);
		}
	}
}

void svg_write(FILE *out, const struct canvas *canvas, const struct theme *theme, const char *title)
{
	int width = 2 * MARGIN + canvas->width * CELL_WIDTH;
	int height = 2 * MARGIN + canvas->height * CELL_HEIGHT;
	fprintf(out,
	        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	        "viewBox=\"0 0 %d %d\">\n<title>",
	        width, height, width, height);
	for (; *title; title++)
		write_glyph(out, (uint32_t)(unsigned char)*title);
	fputs("</title>\n", out);
	write_styles(out, theme);
	fprintf(out, "<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#%06x\"/>\n", width, height,
	        (unsigned)theme->ground);
	for (int y = 0; y < canvas->height; y++) {
		write_grounds(out, canvas, theme, y);
		write_row(out, canvas, y);
	}
	fputs("</svg>\n", out);
}
