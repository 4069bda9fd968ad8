#include "tui/paint.h"

#include <stdlib.h>
#include <string.h>

#define BLANK     ' '
#define ERASE_MIN 4     /* changed blanks at the end of a row that are worth a sequence */
#define KEPT      16384 /* bytes of memory that are kept between frames */

static const struct theme_look plain = {THEME_OWN, THEME_OWN, 0};

struct paint {
	char *bytes;
	size_t capacity, length, taken;
	bool failed;          /* out of memory */
	struct canvas *shown; /* what the terminal shows; NULL: unknown */

	/* For the length of a frame. */
	const struct paint_means *means;
	const struct canvas *canvas;
	int x, y;    /* where the terminal's cursor is */
	bool placed; /* that is known */
	struct theme_look look;
};

struct paint *paint_create(void)
{
	return calloc(1, sizeof(struct paint));
}

void paint_destroy(struct paint *p)
{
	if (!p)
		return;
	canvas_destroy(p->shown);
	free(p->bytes);
	free(p);
}

void paint_forget(struct paint *p)
{
	canvas_destroy(p->shown);
	p->shown = NULL;
}

const char *paint_bytes(const struct paint *p, size_t *length)
{
	*length = p->length - p->taken;
	return p->bytes + p->taken;
}

void paint_take(struct paint *p, size_t length)
{
	p->taken += length;
	if (p->taken < p->length)
		return;
	p->length = p->taken = 0;
	if (p->capacity > KEPT) {
		free(p->bytes);
		p->bytes = NULL;
		p->capacity = 0;
	}
}

static void append(struct paint *p, const char *s, size_t length)
{
	if (p->length + length > p->capacity) {
		size_t capacity = p->capacity ? p->capacity : 1024;
		while (capacity < p->length + length)
			capacity *= 2;
		char *bytes = realloc(p->bytes, capacity);
		p->failed = p->failed || !bytes;
		if (!bytes)
			return;
		p->bytes = bytes;
		p->capacity = capacity;
	}
	memcpy(p->bytes + p->length, s, length);
	p->length += length;
}

bool paint_send(struct paint *p, const char *bytes, size_t length)
{
	size_t before = p->length;
	append(p, bytes, length);
	return p->length == before + length;
}

static void append_text(struct paint *p, const char *s)
{
	append(p, s, strlen(s));
}

/* --- looks ---------------------------------------------------------------------------------- */

static const struct theme_look *look_of(const struct paint *p, const struct cell *cell)
{
	return &p->means->look[cell->style];
}

static bool same_look(const struct theme_look *a, const struct theme_look *b)
{
	return a->color == b->color && a->back == b->back && a->attributes == b->attributes;
}

/* Do blanks of both looks look the same? The colour of what is not there does not matter. */
static bool same_paper(const struct theme_look *a, const struct theme_look *b)
{
	const unsigned seen = STYLE_REVERSE | STYLE_UNDERLINE;
	if (same_look(a, b))
		return true;
	return a->back == b->back && !(a->attributes & seen) && !(b->attributes & seen);
}

static bool looks_right(const struct paint *p, const struct cell *cell,
                        const struct theme_look *look)
{
	const struct theme_look *wanted = look_of(p, cell);
	return cell->glyph == BLANK ? same_paper(wanted, look) : same_look(wanted, look);
}

static void take_off(struct paint *p)
{
	if (same_look(&p->look, &plain))
		return;
	append_text(p, p->means->plain);
	p->look = plain;
}

/* Few terminals can switch off a single attribute: what must go goes with everything else. */
static void put_on(struct paint *p, enum style style)
{
	const struct theme_look *wanted = &p->means->look[style];
	if ((p->look.attributes & ~wanted->attributes) ||
	    (wanted->color == THEME_OWN && p->look.color != THEME_OWN) ||
	    (wanted->back == THEME_OWN && p->look.back != THEME_OWN))
		take_off(p);
	for (int i = 0; i < PAINT_ATTRIBUTE_COUNT; i++)
		if (wanted->attributes & ~p->look.attributes & (1U << i))
			append_text(p, p->means->attribute[i]);
	if (wanted->color != p->look.color)
		append_text(p, p->means->color[style]);
	if (wanted->back != p->look.back)
		append_text(p, p->means->back[style]);
	p->look = *wanted;
}

/* --- the cursor ----------------------------------------------------------------------------- */

/*
 * Is every terminal sure to move on by one cell? Those are the characters of our own sentences and
 * graphs. Names can hold others, about whose width wcwidth(3) and the terminal may disagree.
 */
static bool is_sure(const struct cell *cell)
{
	uint32_t g = cell->glyph;
	return cell->width == 1 && (g < 0x300 || (g >= 0x2010 && g < 0x2060) ||
	                            (g >= 0x2190 && g < 0x2600) || (g >= 0x2800 && g < 0x2900));
}

/* The cells from the cursor to x once more, if that takes fewer bytes than `limit`; its length, or
   0 when it does not. */
static size_t rewrite(const struct paint *p, int x, char *to, size_t limit)
{
	size_t length = 0;
	for (int at = p->x; at < x; at++) {
		const struct cell *cell = canvas_at(p->canvas, at, p->y);
		char glyph[5];
		size_t bytes = (size_t)glyph_encode(cell->glyph, glyph);
		if (length + bytes >= limit || !is_sure(cell) || !looks_right(p, cell, &p->look))
			return 0;
		memcpy(to + length, glyph, bytes);
		length += bytes;
	}
	return length;
}

static void place(struct paint *p, int x, int y)
{
	size_t (*move)(char *, enum paint_way, int, int) = p->means->move;
	char best[PAINT_BYTES_MAX], other[PAINT_BYTES_MAX];
	size_t length = 0, n;
	if (p->placed && p->y == y && p->x == x)
		return;
	if (p->placed && p->y == y) {
		length = move(best, PAINT_COLUMN, x, 0);
		n = p->x < x ? move(other, PAINT_RIGHT, x - p->x, 0) : 0;
		if (n > 0 && (length == 0 || n < length))
			memcpy(best, other, length = n);
		n = p->x < x ? rewrite(p, x, other, length ? length : sizeof other) : 0;
		if (n > 0)
			memcpy(best, other, length = n);
	}
	if (length == 0)
		length = move(best, PAINT_TO, x, y);
	append(p, best, length);
	p->x = x;
	p->y = y;
	p->placed = true;
}

/* --- the picture ---------------------------------------------------------------------------- */

static bool differs(const struct paint *p, const struct cell *shown, const struct cell *wanted)
{
	return shown->glyph != wanted->glyph || shown->width != wanted->width ||
	       !looks_right(p, wanted, look_of(p, shown));
}

/* Where the blanks begin that a row ends with, if erasing them is worth it; otherwise its width. */
static int erase_from(const struct paint *p, const struct cell *shown, const struct cell *wanted)
{
	int from = p->canvas->width, changed = 0;
	while (p->means->erase[0] && from > 0) {
		const struct cell *cell = &wanted[from - 1];
		if (cell->glyph != BLANK || cell->width != 1 || !same_paper(look_of(p, cell), &plain))
			break;
		from--;
		changed += differs(p, &shown[from], cell);
	}
	return changed >= ERASE_MIN ? from : p->canvas->width;
}

static void paint_cell(struct paint *p, int x, int y, const struct cell *cell)
{
	char glyph[5];
	place(p, x, y);
	if (!looks_right(p, cell, &p->look))
		put_on(p, cell->style);
	int length = glyph_encode(cell->glyph, glyph);
	append(p, glyph, (size_t)length);
	p->x += cell->width;
	/* Terminals differ in where the cursor is behind the end of a row. */
	p->placed = is_sure(cell) && p->x < p->canvas->width;
}

static void paint_row(struct paint *p, int y)
{
	const struct canvas *canvas = p->canvas;
	const struct cell *shown = canvas_at(p->shown, 0, y), *wanted = canvas_at(canvas, 0, y);
	int from = erase_from(p, shown, wanted);
	bool doubtful = false; /* the cell before may cover this one */
	for (int x = 0; x < from; x++) {
		const struct cell *cell = &wanted[x];
		if (cell->width == 0) /* came with the wide character before */
			continue;
		if (!doubtful && !differs(p, &shown[x], cell))
			continue;
		bool corner = y == canvas->height - 1 && x + cell->width >= canvas->width;
		if (corner && p->means->corner_scrolls)
			continue;
		paint_cell(p, x, y, cell);
		doubtful = !is_sure(cell);
	}
	if (from == canvas->width)
		return;
	place(p, from, y);
	if (!same_paper(&p->look, &plain))
		take_off(p);
	append_text(p, p->means->erase);
}

/* A screen without anything on it, as far as blanks are what `clear` leaves. */
static struct canvas *begin(struct paint *p, const struct canvas *canvas)
{
	struct canvas *empty = canvas_create(canvas->width, canvas->height, canvas->ascii);
	if (!empty)
		return NULL;
	if (!same_paper(&p->means->look[STYLE_TEXT], &plain))
		memset(empty->cell, 0, (size_t)empty->width * (size_t)empty->height * sizeof *empty->cell);
	append_text(p, p->means->plain);
	append_text(p, p->means->clear);
	return empty;
}

bool paint_frame(struct paint *p, const struct paint_means *means, const struct canvas *canvas)
{
	p->means = means;
	p->canvas = canvas;
	p->look = plain;
	p->placed = false;
	p->failed = false;
	if (p->shown && (p->shown->width != canvas->width || p->shown->height != canvas->height))
		paint_forget(p);
	if (!p->shown)
		p->shown = begin(p, canvas);
	if (!p->shown)
		return false;
	for (int y = 0; y < canvas->height; y++)
		paint_row(p, y);
	take_off(p);
	size_t cells = (size_t)canvas->width * (size_t)canvas->height;
	memcpy(p->shown->cell, canvas->cell, cells * sizeof *canvas->cell);
	if (p->failed)
		paint_forget(p);
	return !p->failed;
}
