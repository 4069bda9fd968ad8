#include "tui/frame.h"

#include <string.h>

#include "tui/header.h"
#include "tui/help.h"

const struct view *const views[] = {&view_overview, &view_goroutines, &view_threads, &view_latency,
                                    &view_findings};
const size_t views_count = sizeof views / sizeof(void *);

static struct tabs tabs_of(const struct view *current)
{
	struct tabs tabs = {.n = views_count};
	for (size_t i = 0; i < views_count; i++) {
		tabs.name[i] = views[i]->name;
		if (views[i] == current)
			tabs.current = i;
	}
	return tabs;
}

int frame_tab_at(const struct canvas *canvas, const struct view *view, int x, int y)
{
	struct tabs tabs = tabs_of(view);
	return tabs_at(canvas, &tabs, x, y);
}

/* What needs somebody who carries out orders. */
#define LIVE_ALONE                                                                              \
	(COMMAND_BIT(COMMAND_CAPTURE) | COMMAND_BIT(COMMAND_FLIGHT) | COMMAND_BIT(COMMAND_FOLLOW) | \
	 COMMAND_BIT(COMMAND_INTERVAL) | COMMAND_BIT(COMMAND_SLOWER) | COMMAND_BIT(COMMAND_FASTER))

/* What needs a row. */
#define ROWS_ALONE                                                                         \
	(COMMAND_BIT(COMMAND_EXPAND) | COMMAND_BIT(COMMAND_UP) | COMMAND_BIT(COMMAND_SEARCH) | \
	 COMMAND_BIT(COMMAND_SORT))

enum context frame_context(const struct view *view, bool recorded)
{
	return (enum context)(view->context | (recorded ? CONTEXT_REPLAY : 0));
}

void frame_draw_help(struct pane pane, const struct view *view, bool recorded,
                     const struct keymap *keys, struct view_place *place)
{
	const struct help help = {.name = view->name,
	                          .context = frame_context(view, recorded),
	                          .keys = keys,
	                          .tabs = tabs_of(view),
	                          .screen = COMMAND_LIVE,
	                          .without = recorded ? LIVE_ALONE : 0};
	help_draw(pane, &help, place);
}

void frame_draw(struct canvas *canvas, const struct view *view, const struct view_data *data,
                struct view_place *place, uint64_t without)
{
	struct pane page = pane_of(canvas), foot = pane_row(page, page.height - 1);
	if (history_count(data->history) > 0) {
		header_draw(pane_row(page, 0), data);
		view_begin(place);
		view->draw(pane_sub(page, 0, 1, page.width, page.height - 2), data, place);
	} else {
		pane_text(page, 1, 0, STYLE_STRONG, "schedtop");
		pane_text(page, 1, 2, STYLE_DIM, "waiting for the first reading");
		place->rows = place->page = 0;
	}
	if (!data->playback.recorded)
		without |= COMMAND_BIT(data->paused ? COMMAND_PAUSE : COMMAND_NEWEST);
	without |= place->filter[0] || place->expanded ? 0 : COMMAND_BIT(COMMAND_CLOSE);
	if (place->rows <= place->page && !view->sorts)
		without |= COMMAND_BIT(COMMAND_UP) | (place->compact ? 0 : COMMAND_BIT(COMMAND_COMPACT));
	if (place->rows == 0)
		without |= ROWS_ALONE;
	if (place->rows == 0 && !place->filter[0])
		without |= COMMAND_BIT(COMMAND_FILTER);
	if (!data->capture)
		without |= COMMAND_BIT(COMMAND_CAPTURE) | COMMAND_BIT(COMMAND_FLIGHT);
	struct tabs tabs = tabs_of(view);
	int x = tabs_draw(foot, &tabs);
	keymap_draw(pane_sub(foot, x, 0, foot.width - x, 1), data->keys ? data->keys : &keymap_default,
	            frame_context(view, data->playback.recorded), without);
}
