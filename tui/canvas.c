#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define BLANK       ' '
#define REPLACEMENT '?'
#define SOFT_HYPHEN 0xad
#define ELLIPSIS    0x2026

static int clamp(int value, int min, int max)
{
	return value < min ? min : value > max ? max : value;
}

struct canvas *canvas_create(int width, int height, bool ascii)
{
	struct canvas *canvas = calloc(1, sizeof *canvas);
	if (!canvas)
		return NULL;
	canvas->width = clamp(width, 1, CANVAS_WIDTH_MAX);
	canvas->height = clamp(height, 1, CANVAS_HEIGHT_MAX);
	canvas->ascii = ascii;
	canvas->cell = calloc((size_t)canvas->width * (size_t)canvas->height, sizeof *canvas->cell);
	if (!canvas->cell) {
		free(canvas);
		return NULL;
	}
	canvas_clear(canvas);
	return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
	if (!canvas)
		return;
	free(canvas->cell);
	free(canvas);
}

void canvas_clear(struct canvas *canvas)
{
	size_t n = (size_t)canvas->width * (size_t)canvas->height;
	for (size_t i = 0; i < n; i++)
		canvas->cell[i] = (struct cell){BLANK, STYLE_TEXT, 1};
	canvas->overdrawn = 0;
}

static struct cell *cell_at(const struct canvas *canvas, int x, int y)
{
	return &canvas->cell[(size_t)y * (size_t)canvas->width + (size_t)x];
}

const struct cell *canvas_at(const struct canvas *canvas, int x, int y)
{
	bool inside = x >= 0 && y >= 0 && x < canvas->width && y < canvas->height;
	return inside ? cell_at(canvas, x, y) : NULL;
}

struct pane pane_of(struct canvas *canvas)
{
	return (struct pane){canvas, 0, 0, canvas->width, canvas->height};
}

/* Cuts [*at, *at + *length) to [0, limit). */
static void clip(int *at, int *length, int limit)
{
	int from = clamp(*at, 0, limit);
	int wanted = *length > 0 ? *length : 0;
	int to = *at > limit - wanted ? limit : clamp(*at + wanted, 0, limit);
	*at = from;
	*length = to > from ? to - from : 0;
}

struct pane pane_sub(struct pane pane, int x, int y, int width, int height)
{
	clip(&x, &width, pane.width);
	clip(&y, &height, pane.height);
	return (struct pane){pane.canvas, pane.x + x, pane.y + y, width, height};
}

struct pane pane_row(struct pane pane, int y)
{
	return pane_sub(pane, 0, y, pane.width, 1);
}

/*
 * Decodes one character and returns the bytes it took. Overlong forms, surrogates, what lies above
 * U+10FFFF and torn sequences count as one bad byte.
 */
static int decode(const char *text, uint32_t *glyph)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int length = s[0] < 0x80             ? 1
	             : (s[0] & 0xe0) == 0xc0 ? 2
	             : (s[0] & 0xf0) == 0xe0 ? 3
	             : (s[0] & 0xf8) == 0xf0 ? 4
	                                     : 0;
	*glyph = REPLACEMENT;
	if (length == 0)
		return 1;
	uint32_t value = length == 1 ? s[0] : s[0] & (0xffU >> (length + 1));
	for (int i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (s[i] & 0x3fU);
	}
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 1;
	*glyph = value;
	return length;
}

int glyph_encode(uint32_t glyph, char to[5])
{
	int n = glyph < 0x80 ? 1 : glyph < 0x800 ? 2 : glyph < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (int i = n - 1; i > 0; i--) {
		to[i] = (char)(0x80 | (glyph & 0x3f));
		glyph >>= 6;
	}
	to[0] = (char)(lead[n] | glyph);
	to[n] = '\0';
	return n;
}

/* What our own sentences use beyond ASCII, for terminals that have nothing else. */
static uint32_t glyph_ascii(uint32_t glyph)
{
	static const struct {
		uint32_t glyph;
		char ascii;
	} table[] = {
		{0xb5, 'u'},     {0xb7, '.'},    {0xd7, 'x'},    {0x2013, '-'}, {0x2014, '-'},
		{0x203a, '>'},   {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'},
		{ELLIPSIS, '~'}, {0x2190, '<'},  {0x2191, '^'},  {0x2192, '>'}, {0x2193, 'v'},
		{0x2264, '<'},   {0x2265, '>'},
	};
	if (glyph >= 0x20 && glyph < 0x7f)
		return glyph;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].glyph == glyph)
			return (uint32_t)table[i].ascii;
	return REPLACEMENT;
}

/* What is really drawn for `glyph`, and the cells it takes: 0, 1 or 2. */
static int presentable(const struct canvas *canvas, uint32_t *glyph)
{
	int width = *glyph ? wcwidth((wchar_t)*glyph) : -1;
	if (width == 0)
		return 0;
	if (width < 0 || canvas->ascii) {
		*glyph = canvas->ascii ? glyph_ascii(*glyph) : REPLACEMENT;
		return 1;
	}
	/* Terminals disagree whether it is shown. */
	if (*glyph == SOFT_HYPHEN)
		*glyph = '-';
	return width;
}

/* Before a cell is overwritten: the other half of a wide character that was there becomes blank. */
static void release(struct canvas *canvas, int x, int y)
{
	struct cell *cell = cell_at(canvas, x, y);
	if (cell->width == 2 && x + 1 < canvas->width)
		cell_at(canvas, x + 1, y)[0] = (struct cell){BLANK, cell->style, 1};
	if (cell->width == 0 && x > 0)
		cell_at(canvas, x - 1, y)[0] = (struct cell){BLANK, cell->style, 1};
	*cell = (struct cell){BLANK, cell->style, 1};
}

/* Draws a character of known width; what does not fit whole is left out. */
static void put(struct pane pane, int x, int y, enum style style, uint32_t glyph, int width)
{
	if (x < 0 || y < 0 || y >= pane.height || width > pane.width || x > pane.width - width)
		return;
	struct canvas *canvas = pane.canvas;
	x += pane.x;
	y += pane.y;
	const struct cell *before = cell_at(canvas, x, y);
	bool written = before->glyph != BLANK || before->width != 1;
	canvas->overdrawn += written && glyph != before->glyph;
	release(canvas, x, y);
	if (width == 2) {
		release(canvas, x + 1, y);
		*cell_at(canvas, x + 1, y) = (struct cell){BLANK, (uint8_t)style, 0};
	}
	*cell_at(canvas, x, y) = (struct cell){glyph, (uint8_t)style, (uint8_t)width};
}

void pane_glyph(struct pane pane, int x, int y, enum style style, uint32_t glyph)
{
	int width = presentable(pane.canvas, &glyph);
	if (width > 0)
		put(pane, x, y, style, glyph, width);
}

int pane_text(struct pane pane, int x, int y, enum style style, const char *text)
{
	while (*text && x < pane.width) {
		uint32_t glyph;
		text += decode(text, &glyph);
		int width = presentable(pane.canvas, &glyph);
		if (width == 0)
			continue;
		if (x + width > pane.width) { /* half a character: a blank keeps the place */
			put(pane, x, y, style, BLANK, 1);
			return pane.width;
		}
		put(pane, x, y, style, glyph, width);
		x += width;
	}
	return x;
}

int pane_print(struct pane pane, int x, int y, enum style style, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return pane_text(pane, x, y, style, text);
}

int canvas_text_width(const struct canvas *canvas, const char *text)
{
	int total = 0;
	while (*text && total < CANVAS_WIDTH_MAX) {
		uint32_t glyph;
		text += decode(text, &glyph);
		total += presentable(canvas, &glyph);
	}
	return total;
}

int pane_fit(struct pane pane, int x, int y, enum style style, const char *text)
{
	int room = pane.width - x;
	if (canvas_text_width(pane.canvas, text) <= room)
		return pane_text(pane, x, y, style, text);
	if (room <= 0)
		return x;
	pane_text(pane_sub(pane, 0, 0, pane.width - 1, pane.height), x, y, style, text);
	pane_glyph(pane, pane.width - 1, y, style, ELLIPSIS);
	return pane.width;
}

/* The bytes of text that fit a line of `room` cells, up to a space if there is one among them. */
static size_t line_length(const struct canvas *canvas, const char *text, int room)
{
	size_t length = 0, words = 0;
	int width = 0;
	while (text[length]) {
		uint32_t glyph;
		int bytes = decode(text + length, &glyph);
		width += presentable(canvas, &glyph);
		if (width > room && length > 0)
			return words ? words : length;
		if (text[length] == ' ' && length > 0)
			words = length;
		length += (size_t)bytes;
	}
	return length;
}

int pane_wrap(struct pane pane, enum style style, const char *text)
{
	int lines = 0;
	while (*text) {
		char line[CANVAS_WIDTH_MAX];
		size_t length = line_length(pane.canvas, text, pane.width);
		if (lines == pane.height - 1)
			pane_fit(pane, 0, lines, style, text);
		snprintf(line, sizeof line, "%.*s", (int)length, text);
		if (lines < pane.height - 1)
			pane_text(pane, 0, lines, style, line);
		lines++;
		text += length;
		while (*text == ' ')
			text++;
	}
	return lines;
}

void pane_right(struct pane pane, int y, enum style style, const char *text)
{
	int x = pane.width - canvas_text_width(pane.canvas, text);
	pane_fit(pane, x > 0 ? x : 0, y, style, text);
}

void pane_clear(struct pane pane)
{
	for (int y = 0; y < pane.height; y++)
		for (int x = 0; x < pane.width; x++) {
			release(pane.canvas, pane.x + x, pane.y + y);
			*cell_at(pane.canvas, pane.x + x, pane.y + y) = (struct cell){BLANK, STYLE_TEXT, 1};
		}
}

void pane_mark(struct pane pane, int x, int y, enum style style, uint32_t glyph)
{
	pane_clear(pane_sub(pane, x, y, 1, 1));
	pane_glyph(pane, x, y, style, glyph);
}

void pane_restyle(struct pane pane, enum style style)
{
	for (int y = 0; y < pane.height; y++)
		for (int x = 0; x < pane.width; x++)
			cell_at(pane.canvas, pane.x + x, pane.y + y)->style = (uint8_t)style;
}
