#include "tui/plot.h"

#include <math.h>

#define LEVELS 8
#define STRONG_LEAST \
	(1.0 / 4) /* from this share of a cell's time on a state gets its full colour */

static const enum state state_of[LANE_STATE_COUNT] = {
	[LANE_UNKNOWN] = STATE_UNKNOWN, [LANE_IDLE] = STATE_IDLE,
	[LANE_RUNNING] = STATE_RUNNING, [LANE_GC] = STATE_GC,
	[LANE_SYSCALL] = STATE_SYSCALL, [LANE_SCHEDULER] = STATE_SCHEDULER,
};

/* How a state of a P looks. */
static const struct state_look *plot_state(enum lane_state state)
{
	return &state_look[state_of[state]];
}

/* From the left of a bar; the legend says it in the same order. */
static const enum lane_state order[] = {LANE_RUNNING, LANE_GC, LANE_SYSCALL, LANE_SCHEDULER,
                                        LANE_IDLE};
#define ORDER_COUNT (sizeof order / sizeof *order)

static uint32_t lane_glyph(enum lane_state state, bool ascii)
{
	return state_glyph(state_of[state], ascii);
}

uint32_t plot_level(double ratio, bool ascii)
{
	static const char ascii_level[LEVELS + 1] = ".:-=+*#@";
	if (!(ratio > 0))
		ratio = 0;
	int level = ratio >= 1 ? LEVELS - 1 : (int)(ratio * LEVELS);
	return ascii ? (uint32_t)ascii_level[level] : 0x2581 + (uint32_t)level;
}

/* --- glyph sets ----------------------------------------------------------------------------- */

/* Dots of a cell that one character can set, and the bits of its rows from the top, by column. */
#define GRID_COLUMNS_MAX 2
struct grid {
	int columns, rows;
	uint8_t bit[GRID_COLUMNS_MAX][4];
};
enum { SET_ASCII, SET_BLOCKS, SET_BRAILLE };
static const struct grid grid[] = {
	[SET_ASCII] = {1, 1, {{1}}},
	[SET_BLOCKS] = {1, 2, {{1, 2}}},
	[SET_BRAILLE] = {2, 4, {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}},
};

static int set_of(const struct canvas *canvas)
{
	return canvas->ascii ? SET_ASCII : canvas->blocks ? SET_BLOCKS : SET_BRAILLE;
}

int plot_density(const struct canvas *canvas)
{
	return grid[set_of(canvas)].columns;
}

/* --- sparklines ----------------------------------------------------------------------------- */

/* Dots of a column of braille that is filled up to the ratio: at least one. */
static unsigned filled_dots(double ratio, int column)
{
	const struct grid *g = &grid[SET_BRAILLE];
	int height = !(ratio > 0) ? 1 : ratio >= 1 ? g->rows : 1 + (int)(ratio * g->rows);
	unsigned bits = 0;
	for (int row = g->rows - 1; row >= 0 && row >= g->rows - height; row--)
		bits |= g->bit[column][row];
	return bits;
}

static uint32_t braille_spark(const double value[2], double max)
{
	unsigned bits = 0;
	for (int column = 0; column < 2; column++)
		if (!isnan(value[column]))
			bits |= filled_dots(max > 0 ? value[column] / max : 0, column);
	return bits ? 0x2800 + bits : ' ';
}

void plot_spark(struct pane pane, enum style style, const double *value, size_t n, double max)
{
	size_t density = (size_t)plot_density(pane.canvas);
	for (size_t cell = 0; cell * density < n && (int)cell < pane.width; cell++) {
		size_t last = n - 1 - cell * density;
		uint32_t glyph = ' ';
		if (density == 2)
			glyph = braille_spark((double[]){last > 0 ? value[last - 1] : NAN, value[last]}, max);
		else if (!isnan(value[last]))
			glyph = plot_level(max > 0 ? value[last] / max : 0, pane.canvas->ascii);
		if (glyph != ' ')
			pane_glyph(pane, pane.width - 1 - (int)cell, 0, style, glyph);
	}
}

void plot_area(struct pane pane, enum style style, const double *value, size_t n, double max)
{
	double part[CANVAS_WIDTH_MAX * GRID_COLUMNS_MAX], step = max / pane.height;
	n = n < sizeof part / sizeof *part ? n : sizeof part / sizeof *part;
	for (int row = 0; row < pane.height; row++) {
		double low = row * step;
		for (size_t i = 0; i < n; i++)
			part[i] = row > 0 && !(value[i] > low) ? NAN : value[i] - low;
		plot_spark(pane_row(pane, pane.height - 1 - row), style, part, n, step);
	}
}

/* --- bars and lanes ------------------------------------------------------------------------- */

/* Cells of each part: whole ones first, then one each to the largest remainders. */
static void apportion(const struct lane_share *share, int width, int cells[ORDER_COUNT])
{
	double rest[ORDER_COUNT], sum = 0;
	int left = width;
	for (size_t i = 0; i < ORDER_COUNT; i++)
		sum += share->share[order[i]];
	for (size_t i = 0; i < ORDER_COUNT; i++) {
		double exact = share->share[order[i]] / sum * width;
		cells[i] = (int)exact;
		rest[i] = exact - cells[i];
		left -= cells[i];
	}
	while (left-- > 0) {
		size_t most = 0;
		for (size_t i = 1; i < ORDER_COUNT; i++)
			if (rest[i] > rest[most])
				most = i;
		cells[most]++;
		rest[most] = -1;
	}
}

void plot_bar(struct pane pane, const struct lane_share *share)
{
	if (!share->known || share->share[LANE_UNKNOWN] > 0.999)
		return;
	int cells[ORDER_COUNT], x = 0;
	apportion(share, pane.width, cells);
	for (size_t i = 0; i < ORDER_COUNT; i++)
		for (int n = 0; n < cells[i]; n++)
			pane_glyph(pane, x++, 0, plot_state(order[i])->style,
			           lane_glyph(order[i], pane.canvas->ascii));
}

/* By height, the highest step left out so that neighbouring lanes stay apart; in ASCII three steps
 * of ink. */
static uint32_t running_glyph(double share, bool ascii)
{
	if (!ascii)
		return 0x2581 + (uint32_t)(fmin(share, 0.999) * (LEVELS - 1));
	return share >= 0.5 ? '#' : share >= STRONG_LEAST / 2 ? '+' : '-';
}

void plot_lane(struct pane pane, int x, const struct lane_share *share)
{
	if (!share->known || share->share[LANE_UNKNOWN] >= 0.5)
		return;
	bool ascii = pane.canvas->ascii;
	double known = 1 - share->share[LANE_UNKNOWN], most = 0;
	enum lane_state state = LANE_IDLE;
	for (size_t i = 0; i < ORDER_COUNT; i++) {
		double part = share->share[order[i]] / known;
		if (order[i] != LANE_IDLE && part >= plot_state(order[i])->least && part > most) {
			state = order[i];
			most = part;
		}
	}
	const struct state_look *look = plot_state(state);
	uint32_t glyph = state == LANE_RUNNING
	                     ? running_glyph(1 - share->share[LANE_IDLE] / known, ascii)
	                     : lane_glyph(state, ascii);
	pane_glyph(pane, x, 0, most < STRONG_LEAST ? look->weak : look->style, glyph);
}

int plot_stacked(const double *share, size_t n, double lo, double hi, double *filled)
{
	int found = -1;
	double begin = 0, most = 0;
	*filled = 0;
	for (size_t i = 0; i < n; i++) {
		double end = begin + share[i], part = (fmin(end, hi) - fmax(begin, lo)) / (hi - lo);
		begin = end;
		if (part <= 0)
			continue;
		*filled += part;
		if (part > most) {
			found = (int)i;
			most = part;
		}
	}
	return found;
}

#define STACK_LEAST (1.0 / 16) /* what fills less of a cell is not seen */

void plot_stack(struct pane pane, int x, const struct lane_share *share)
{
	if (!share->known || share->share[LANE_UNKNOWN] >= 0.5)
		return;
	bool ascii = pane.canvas->ascii;
	double stacked[ORDER_COUNT];
	size_t n = 0;
	for (; n < ORDER_COUNT && order[n] != LANE_IDLE; n++)
		stacked[n] = share->share[order[n]] / (1 - share->share[LANE_UNKNOWN]);
	for (int i = 0; i < pane.height; i++) {
		double filled;
		int found = plot_stacked(stacked, n, i / (double)pane.height, (i + 1) / (double)pane.height,
		                         &filled);
		if (found < 0 || filled < STACK_LEAST)
			return;
		enum lane_state state = order[found];
		uint32_t glyph = lane_glyph(state, ascii);
		if (state == LANE_RUNNING && ascii)
			glyph = filled >= 0.5 ? '#' : '-';
		else if (state == LANE_RUNNING)
			glyph = plot_level(filled - STACK_LEAST, false);
		else if (filled < 0.5 && i > 0)
			return;
		pane_glyph(pane, x, pane.height - 1 - i, plot_state(state)->style, glyph);
	}
}

void plot_legend(struct pane pane)
{
	int x = pane.width;
	for (size_t i = ORDER_COUNT; i-- > 0;) {
		const struct state_look *state = plot_state(order[i]);
		int width = 2 + canvas_text_width(pane.canvas, state->brief);
		if (x - width < 0)
			return;
		x -= width;
		pane_glyph(pane, x, 0, state->style, lane_glyph(order[i], pane.canvas->ascii));
		pane_text(pane, x + 2, 0, STYLE_DIM, state->brief);
		x -= 2;
	}
}

/* --- distributions -------------------------------------------------------------------------- */

/* The window that is the bar, then the marks. */
static const struct {
	enum style style;
	uint32_t glyph, ascii;
} window_look[PLOT_WINDOWS] = {
	{STYLE_RUNNABLE, 0x2588, '#'}, /* in braille: a full cell of it */
	{STYLE_STRONG, 0x2502, '|'},
	{STYLE_TEXT, 0x25cb, 'o'},
};

uint32_t plot_window_glyph(int i, const struct canvas *canvas)
{
	if (canvas->ascii)
		return window_look[i].ascii;
	return i == 0 && !canvas->blocks ? 0x28ff : window_look[i].glyph;
}

enum style plot_window_style(int i)
{
	return window_look[i].style;
}

/* The last cell of a bar, of which a part 0...1 is filled. */
static uint32_t bar_end(double part, const struct canvas *canvas)
{
	if (canvas->ascii)
		return part >= 0.5 ? '#' : '-';
	if (!canvas->blocks)
		return part > 0.5 ? 0x28ff : 0x2847;
	int eighths = (int)ceil(part * LEVELS);
	return 0x2590 - (uint32_t)(eighths < 1 ? 1 : eighths); /* ▏ to █ */
}

static void draw_overlay_bar(struct pane pane, double cells)
{
	int whole = (int)cells;
	for (int x = 0; x < whole; x++)
		pane_glyph(pane, x, 0, window_look[0].style, plot_window_glyph(0, pane.canvas));
	if (cells > whole)
		pane_glyph(pane, whole, 0, window_look[0].style, bar_end(cells - whole, pane.canvas));
}

void plot_overlay(struct pane pane, const double share[PLOT_WINDOWS], double max)
{
	int taken = -1;
	if (pane.width < 1 || !(max > 0))
		return;
	if (share[0] > 0)
		draw_overlay_bar(pane, fmin(share[0] / max, 1) * pane.width);
	for (int i = 1; i < PLOT_WINDOWS; i++) {
		if (!(share[i] > 0))
			continue;
		int x = (int)ceil(fmin(share[i] / max, 1) * pane.width) - 1;
		/* Marks at the same place stand side by side. */
		if (x == taken)
			x += x + 1 < pane.width ? 1 : -1;
		pane_mark(pane, x, 0, window_look[i].style, plot_window_glyph(i, pane.canvas));
		taken = x;
	}
}

/* --- charts --------------------------------------------------------------------------------- */

struct chart {
	const struct grid *grid;
	int columns, rows; /* in dots */
	size_t n;
	double low, range; /* logarithms */
};

/* The row of dots, from the top, of a line at a column; -1: it has no value there. */
static int dot_row(const struct chart *c, const struct plot_line *line, int column)
{
	if (column < 0 || column >= c->columns)
		return -1;
	double value = line->value[(size_t)column * c->n / (size_t)c->columns];
	if (!(value > 0))
		return -1;
	double height = fmin(fmax((log(value) - c->low) / c->range, 0), 1);
	return c->rows - 1 - (int)lround(height * (c->rows - 1));
}

/* The dots of a line in one column: its own, and those that join it with the column before. */
struct stroke {
	int here, before; /* rows; here < 0: none */
};

static struct stroke stroke_at(const struct chart *c, const struct plot_line *line, int column)
{
	struct stroke stroke = {.here = dot_row(c, line, column)};
	if (line->dotted && column % 2)
		stroke.here = -1;
	stroke.before = line->dotted ? stroke.here : dot_row(c, line, column - 1);
	if (stroke.before < 0)
		stroke.before = stroke.here;
	return stroke;
}

static bool is_on(const struct stroke *s, int row)
{
	if (s->here < 0)
		return false;
	return row == s->here || (row > s->here && row < s->before) ||
	       (row < s->here && row > s->before);
}

static unsigned cell_dots(const struct chart *c, const struct stroke stroke[GRID_COLUMNS_MAX],
                          int y)
{
	unsigned bits = 0;
	for (int column = 0; column < c->grid->columns; column++)
		for (int row = 0; row < c->grid->rows; row++)
			if (is_on(&stroke[column], y * c->grid->rows + row))
				bits |= c->grid->bit[column][row];
	return bits;
}

static uint32_t dots_glyph(unsigned bits, int set, char ascii)
{
	static const uint32_t half[] = {' ', 0x2580, 0x2584, 0x2588};
	return set == SET_BRAILLE ? 0x2800 + bits : set == SET_BLOCKS ? half[bits] : (uint32_t)ascii;
}

void plot_chart(struct pane pane, const struct plot_line *line, size_t lines, size_t n, double min,
                double max)
{
	int set = set_of(pane.canvas);
	if (n == 0 || !(min > 0) || !(max > min))
		return;
	struct chart c = {&grid[set],
	                  pane.width * grid[set].columns,
	                  pane.height * grid[set].rows,
	                  n,
	                  log(min),
	                  log(max) - log(min)};
	lines = lines < PLOT_LINES_MAX ? lines : PLOT_LINES_MAX;
	for (int x = 0; x < pane.width; x++) {
		struct stroke stroke[PLOT_LINES_MAX][GRID_COLUMNS_MAX];
		for (size_t i = 0; i < lines; i++)
			for (int column = 0; column < c.grid->columns; column++)
				stroke[i][column] = stroke_at(&c, &line[i], x * c.grid->columns + column);
		for (int y = 0; y < pane.height; y++) {
			unsigned all = 0;
			size_t seen = lines; /* none */
			for (size_t i = 0; i < lines; i++) {
				unsigned bits = cell_dots(&c, stroke[i], y);
				all |= bits;
				seen = bits ? i : seen;
			}
			if (seen < lines)
				pane_glyph(pane, x, y, line[seen].style, dots_glyph(all, set, line[seen].ascii));
		}
	}
}
