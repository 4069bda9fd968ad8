#include "tui/plot.h"

#include <math.h>

#define LEVELS 8
#define STRONG_LEAST \
	(1.0 / 4) /* from this share of a cell's time on a state gets its full colour */

/* A collection is short and matters; a P passes through system calls and the scheduler all the
 * time. */
const struct plot_state plot_state[LANE_STATE_COUNT] = {
	[LANE_UNKNOWN] = {STYLE_DIM, STYLE_DIM, ' ', ' ', NULL, 1},
	[LANE_IDLE] = {STYLE_IDLE, STYLE_IDLE, 0xb7, '.', "idle", 1},
	[LANE_RUNNING] = {STYLE_RUNNING, STYLE_RUNNING, 0x2588, '#', "running", 1.0 / 32},
	[LANE_GC] = {STYLE_GC_FILL, STYLE_GC, 0x2591, 'g', "GC", 1.0 / 32},
	[LANE_SYSCALL] = {STYLE_SYSCALL_FILL, STYLE_SYSCALL, 0x2592, 'S', "syscall", 1.0 / 8},
	[LANE_SCHEDULER] = {STYLE_SCHEDULER, STYLE_SCHEDULER, ':', ':', "sched", 1.0 / 8},
};

/* From the left of a bar; the legend says it in the same order. */
static const enum lane_state order[] = {LANE_RUNNING, LANE_GC, LANE_SYSCALL, LANE_SCHEDULER,
                                        LANE_IDLE};
#define ORDER_COUNT (sizeof order / sizeof *order)

static uint32_t state_glyph(enum lane_state state, bool ascii)
{
	return ascii ? plot_state[state].ascii : plot_state[state].glyph;
}

uint32_t plot_level(double ratio, bool ascii)
{
	static const char ascii_level[LEVELS + 1] = ".:-=+*#@";
	if (!(ratio > 0))
		ratio = 0;
	int level = ratio >= 1 ? LEVELS - 1 : (int)(ratio * LEVELS);
	return ascii ? (uint32_t)ascii_level[level] : 0x2581 + (uint32_t)level;
}

void plot_spark(struct pane pane, enum style style, const double *value, size_t n, double max)
{
	for (size_t i = 0; i < n; i++) {
		double v = value[n - 1 - i];
		int x = pane.width - 1 - (int)i;
		if (x < 0)
			break;
		if (!isnan(v))
			pane_glyph(pane, x, 0, style, plot_level(max > 0 ? v / max : 0, pane.canvas->ascii));
	}
}

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
			pane_glyph(pane, x++, 0, plot_state[order[i]].style,
			           state_glyph(order[i], pane.canvas->ascii));
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
		if (order[i] != LANE_IDLE && part >= plot_state[order[i]].least && part > most) {
			state = order[i];
			most = part;
		}
	}
	const struct plot_state *look = &plot_state[state];
	uint32_t glyph = state == LANE_RUNNING
	                     ? running_glyph(1 - share->share[LANE_IDLE] / known, ascii)
	                     : state_glyph(state, ascii);
	pane_glyph(pane, x, 0, most < STRONG_LEAST ? look->weak : look->style, glyph);
}

void plot_legend(struct pane pane)
{
	int x = pane.width;
	for (size_t i = ORDER_COUNT; i-- > 0;) {
		const struct plot_state *state = &plot_state[order[i]];
		int width = 2 + canvas_text_width(pane.canvas, state->legend);
		if (x - width < 0)
			return;
		x -= width;
		pane_glyph(pane, x, 0, state->style, state_glyph(order[i], pane.canvas->ascii));
		pane_text(pane, x + 2, 0, STYLE_DIM, state->legend);
		x -= 2;
	}
}
