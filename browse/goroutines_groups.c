/* The first page of Goroutines: groups, by the function they start with or by their creator. */
#include <stdlib.h>
#include <string.h>

#include "browse/assists.h"
#include "browse/goroutines.h"
#include "trace/elapsed.h"
#include "trace/idmap.h"
#include "trace/tables.h"

enum grouping { BY_FUNCTION, BY_CREATOR };

struct rows {
	struct goroutines_row *row;
	size_t n, capacity;
	struct idmap of; /* by name */
	bool by_creator;
};

/* NULL: no memory. */
static struct goroutines_row *row_of(struct rows *rows, uint32_t function, uint32_t creator)
{
	uint32_t name = rows->by_creator ? creator : function;
	uint32_t i = idmap_get(&rows->of, name);
	if (i != IDMAP_NONE)
		return &rows->row[i];
	if (!wire_grow(&rows->row, &rows->capacity, rows->n, sizeof *rows->row) ||
	    !idmap_put(&rows->of, name, (uint32_t)rows->n))
		return NULL;
	rows->row[rows->n] = (struct goroutines_row){.name = name, .id = name};
	return &rows->row[rows->n++];
}

static void add_states(struct goroutines_row *row, const int64_t state_ns[GO_STATUS_COUNT],
                       int64_t latency_max_ns, uint64_t starts)
{
	for (size_t i = 0; i < GO_STATUS_COUNT; i++)
		add_ns(&row->state_ns[i], state_ns[i]);
	if (latency_max_ns > row->latency_max_ns)
		row->latency_max_ns = latency_max_ns;
	row->starts += starts;
}

static void add_groups(struct rows *rows, const struct trace_data *data)
{
	const struct goroutines *g = &data->analysis->goroutines;
	for (size_t i = 0; i < g->groups; i++) {
		const struct goroutine_kind *group = &g->group[i];
		struct goroutines_row *row = row_of(rows, group->function, group->creator);
		if (!row)
			return;
		row->count += group->goroutines;
		add_states(row, group->state_ns, group->latency_max_ns, group->starts);
		goroutines_add_waits(&row->waits, g, group->reasons, &data->analysis->names);
	}
}

/* Those that live are in no group yet. */
static void add_living(struct rows *rows, const struct trace_data *data)
{
	const struct goroutines *g = &data->analysis->goroutines;
	for (size_t i = 0; i < g->slots; i++) {
		const struct goroutine_time *one = &g->slot[i];
		if (one->state == TRACE_NOT_EXIST || (g->only && g->only != one->id))
			continue;
		struct goroutines_row *row = row_of(rows, one->function, one->creator);
		if (!row)
			return;
		row->count++;
		add_states(row, one->state_ns, one->latency_max_ns, one->starts);
		add_ns(&row->state_ns[one->state], elapsed_ns(one->since_ns, data->last_ns));
		goroutines_add_waits(&row->waits, g, one->reasons, &data->analysis->names);
	}
}

static void add_assists(struct rows *rows, const struct assists *a)
{
	for (size_t i = 0; i < a->groups; i++) {
		struct goroutines_row *row = row_of(rows, a->group[i].function, a->group[i].creator);
		if (!row)
			return;
		add_ns(&row->assist_ns, a->group[i].ns);
	}
}

/* The caller frees; NULL: no memory, or none. */
static struct goroutines_row *make_rows(const struct canvas *canvas, const struct trace_data *data,
                                        struct view_place *place, int *n)
{
	struct rows rows = {.by_creator = place->grouping == BY_CREATOR};
	struct filter filter;
	size_t kept = 0;
	add_groups(&rows, data);
	add_living(&rows, data);
	add_assists(&rows, data->assists);
	idmap_finish(&rows.of);
	filter_open(&filter, place->filter);
	for (size_t i = 0; i < rows.n; i++) {
		words_name(rows.row[i].text, canvas, &data->analysis->names, rows.row[i].name,
		           rows.by_creator ? "(before the trace)" : "(unknown)");
		if (filter_matches(&filter, rows.row[i].text))
			rows.row[kept++] = rows.row[i];
	}
	filter_close(&filter);
	if (kept)
		qsort_r(rows.row, kept, sizeof *rows.row, goroutines_compare, place);
	*n = (int)kept;
	return rows.row;
}

bool goroutines_selected_group(const struct trace_data *data, const struct view_place *place,
                               struct leaders_wanted *group)
{
	const struct canvas canvas = {.ascii = false};
	struct view_place same = *place;
	int n;
	struct goroutines_row *row = make_rows(&canvas, data, &same, &n);
	const struct goroutines_row *selected = goroutines_selected_row(place, row, n);
	bool found = selected != NULL;
	if (found)
		*group = place->grouping == BY_CREATOR
		             ? (struct leaders_wanted){NAME_ERROR, selected->name}
		             : (struct leaders_wanted){selected->name, NAME_ERROR};
	free(row);
	return found;
}

void goroutines_draw_groups(struct pane pane, const struct trace_data *data,
                            struct view_place *place)
{
	int n;
	struct goroutines_row *row = make_rows(pane.canvas, data, place, &n);
	goroutines_draw_list(pane, row, n, place,
	                     place->grouping == BY_CREATOR ? ROWS_CREATORS : ROWS_FUNCTIONS,
	                     data->summary->sampled_hz > 0);
	if (n == 0)
		pane_text(pane, 1, 2, STYLE_DIM,
		          place->filter[0] ? "nothing that the filter leaves" : "no goroutine was seen");
	free(row);
}
