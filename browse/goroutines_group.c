/* The second page of Goroutines: of one group, those that lead in some state. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "browse/goroutines.h"
#include "trace/elapsed.h"
#include "tui/trail.h"
#include "util/text.h"

enum { HEAD_LINES = 3 };

/* --- rows ----------------------------------------------------------------------------------- */

/* The name that all of the group do not share. */
static uint32_t other_name(const struct leaders_wanted *group, const struct goroutine_time *g)
{
	return group->function == NAME_ERROR ? g->function : g->creator;
}

static void fill(struct goroutines_row *row, const struct canvas *canvas,
                 const struct trace_data *data, const struct leaders_wanted *group,
                 const struct goroutine_time *g)
{
	char other[PAGE_CELL];
	*row = (struct goroutines_row){.latency_max_ns = g->latency_max_ns,
	                               .starts = g->starts,
	                               .id = g->id};
	for (size_t i = 0; i < GO_STATUS_COUNT; i++) {
		row->state_ns[i] = g->state_ns[i];
		add_ns(&row->lived_ns, g->state_ns[i]);
	}
	words_name(other, canvas, &data->analysis->names, other_name(group, g), "");
	snprintf(row->text, sizeof row->text, "G%" PRIu64 "%s%.300s", g->id, other[0] ? "  " : "",
	         other);
}

/* The caller frees; NULL: none, or no memory. */
static struct goroutines_row *make_rows(const struct canvas *canvas, const struct trace_data *data,
                                        struct view_place *place,
                                        const struct leaders_wanted *group, int *n)
{
	size_t all, kept = 0;
	struct filter filter;
	struct goroutine_time *g =
		leaders_choose(data->leaders, &data->analysis->goroutines, group, data->last_ns, &all);
	struct goroutines_row *row = all ? calloc(all, sizeof *row) : NULL;
	filter_open(&filter, place->filter);
	for (size_t i = 0; row && i < all; i++) {
		fill(&row[kept], canvas, data, group, &g[i]);
		kept += filter_matches(&filter, row[kept].text);
	}
	filter_close(&filter);
	free(g);
	if (kept)
		qsort_r(row, kept, sizeof *row, goroutines_compare, place);
	*n = (int)kept;
	return row;
}

uint64_t goroutines_selected(const struct trace_data *data, const struct view_place *place,
                             const struct goroutines_view *view)
{
	const struct canvas canvas = {.ascii = false};
	struct view_place same = *place;
	int n;
	struct goroutines_row *row = make_rows(&canvas, data, &same, &view->group, &n);
	const struct goroutines_row *selected = goroutines_selected_row(place, row, n);
	uint64_t id = selected ? selected->id : 0;
	free(row);
	return id;
}

/* --- the page ------------------------------------------------------------------------------- */

/* All of the group, whether they lead or not. */
static struct goroutines_row sum_of(const struct trace_data *data,
                                    const struct leaders_wanted *group)
{
	struct goroutines_row sum = {0};
	const struct goroutines *g = &data->analysis->goroutines;
	for (size_t i = 0; i < g->groups; i++) {
		const struct goroutine_kind *kind = &g->group[i];
		if (!leaders_are(group, kind->function, kind->creator))
			continue;
		sum.count += kind->goroutines;
		for (size_t k = 0; k < GO_STATUS_COUNT; k++)
			add_ns(&sum.state_ns[k], kind->state_ns[k]);
	}
	for (size_t i = 0; i < g->slots; i++) {
		const struct goroutine_time *one = &g->slot[i];
		if (one->state == TRACE_NOT_EXIST || (g->only && g->only != one->id) ||
		    !leaders_are(group, one->function, one->creator))
			continue;
		sum.count++;
		for (size_t k = 0; k < GO_STATUS_COUNT; k++)
			add_ns(&sum.state_ns[k], one->state_ns[k]);
		add_ns(&sum.state_ns[one->state], elapsed_ns(one->since_ns, data->last_ns));
	}
	return sum;
}

void goroutines_group_name(char to[PAGE_CELL], const struct canvas *canvas,
                           const struct trace_data *data, const struct leaders_wanted *group)
{
	char creator[PAGE_CELL];
	const struct names *names = &data->analysis->names;
	if (group->function != NAME_ERROR) {
		words_name(to, canvas, names, group->function, "(unknown)");
	} else if (group->creator != NAME_ERROR) {
		words_name(creator, canvas, names, group->creator, "(before the trace)");
		snprintf(to, PAGE_CELL, "created by %.300s", creator);
	} else {
		snprintf(to, PAGE_CELL, "all");
	}
}

static void draw_head(struct pane pane, const struct trace_data *data,
                      const struct leaders_wanted *group, int shown)
{
	struct goroutines_row sum = sum_of(data, group);
	char name[PAGE_CELL], count[32];
	goroutines_group_name(name, pane.canvas, data, group);
	text_count(count, sizeof count, (int64_t)(sum.count & INT64_MAX));
	const struct trail trail = {{trace_view_goroutines.name, name}};
	int x = trail_draw(pane_sub(pane, 0, 0, pane.width * 2 / 3, 1), 1, &trail);
	pane_print(pane, x + 2, 0, STYLE_TEXT, "%s goroutine%s%s", count, sum.count == 1 ? "" : "s",
	           (uint64_t)shown < sum.count ? "; those that lead:" : "");
	goroutines_draw_states(pane_sub(pane, 1, 1, pane.width - 2, 1), sum.state_ns);
}

void goroutines_draw_group(struct pane pane, const struct trace_data *data,
                           struct view_place *place, const struct goroutines_view *view)
{
	int n;
	struct goroutines_row *row = make_rows(pane.canvas, data, place, &view->group, &n);
	struct pane list = pane_sub(pane, 0, HEAD_LINES, pane.width, pane.height - HEAD_LINES);
	draw_head(pane, data, &view->group, n);
	goroutines_draw_list(list, row, n, place, ROWS_GOROUTINES, data->summary->sampled_hz > 0);
	if (n == 0)
		pane_text(list, 1, 2, STYLE_DIM,
		          place->filter[0] ? "nothing that the filter leaves" : "none of them was seen");
	free(row);
}
